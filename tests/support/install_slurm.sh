#!/bin/sh
# Installs Slurm and munge for `make test-slurm`; where that cannot be, the tests say why they are skipped.
PATH=$PATH:/usr/sbin:/sbin
for program in slurmctld slurmd sbatch munged; do
    command -v "$program" > /dev/null || missing=yes
done
[ -n "${missing:-}" ] || exit 0
if ! command -v apt-get > /dev/null; then
    echo "Slurm is not installed, and there is no apt-get to install it"
elif [ "$(id -u)" != 0 ]; then
    echo "Slurm is not installed, and only root can install it"
else
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq > /dev/null 2>&1
    apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge > /dev/null 2>&1 ||
        echo "Slurm could not be installed by apt-get"
fi
exit 0
