#!/bin/bash
# esim on CPU nodes under Slurm.
#
#   esim job cpu --nodes 4 --config my.yaml > job.sh    fills in the number of nodes and the configuration
#   sbatch --account=PROJECT --partition=QUEUE job.sh
#
# Install once, on the login node, with the MPI of the site (its module loaded, no wheel of MPI):
#   module load python openmpi && python3 -m venv ~/esim && ~/esim/bin/pip install esim-hpc
#   MPI4PY_LIBMPI=/path/to/libmpi.so     only if another MPI than the module's is found: see `esim doctor`
#   ~/esim/bin/esim example tohoku2011     a scenario to begin with, into this folder
#
# Before the time limit Slurm sends USR1; esim-run then writes a checkpoint and ends with code 75, the job is
# put back into the queue, and goes on from the checkpoint. Output and log stay the same.

#SBATCH --job-name=esim
#SBATCH --nodes=1
# One rank for each NUMA domain, and as many threads as it has cores: `lscpu | grep -i numa` on a node.
# 8 x 16 suits two AMD EPYC of 64 cores, 2 x 24 two Intel Xeon of 24 cores.
#SBATCH --ntasks-per-node=8
#SBATCH --cpus-per-task=16
#SBATCH --hint=nomultithread
#SBATCH --exclusive
#SBATCH --time=04:00:00
# Three minutes for the checkpoint. Slurm may be up to a minute early.
#SBATCH --signal=B:USR1@180
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=esim-%j.log

CONFIG=tohoku2011.yaml
OUT=${OUT:-out/$SLURM_JOB_ID}
MOST_RESTARTS=20

# source ~/esim/bin/activate
# module load openmpi

# Slurm starts the ranks: pmix for Open MPI, pmi2 for MPICH and its relatives (`srun --mpi=list`).
LAUNCH=(srun --mpi=pmix --cpu-bind=cores)
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK # srun does not take it over by itself

# Threads of a rank stay on its cores, and give way while they wait.
export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK
export NUMBA_NUM_THREADS=$SLURM_CPUS_PER_TASK
export OMP_PLACES=cores OMP_PROC_BIND=close OMP_WAIT_POLICY=passive

# Compiled kernels are kept here; by default in ~/.cache, which every node must be able to write.
# export ESIM_CACHE_DIR=$SCRATCH/esim-cache
# Only where the file system has no locks, and HDF5 says so:
# export HDF5_USE_FILE_LOCKING=FALSE

# A job that was put back into the queue goes on from its last checkpoint, or starts afresh if it has none.
START=()
if compgen -G "$OUT/checkpoint/step_*/manifest.json" > /dev/null; then
    START=(--resume)
elif [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ]; then
    START=(--set output.overwrite=true)
fi

warned= pid=
trap 'warned=yes; [ -z "$pid" ] || kill -USR1 "$pid"' USR1
"${LAUNCH[@]}" esim-run "$CONFIG" --output "$OUT" --backend cpu "${START[@]}" &
pid=$!
[ -z "$warned" ] || kill -USR1 "$pid" # the signal came before the run had a number
code=0
wait "$pid" || code=$?
# A signal ends `wait`, not the run: wait again.
while [ -n "$warned" ] && [ "$code" -gt 128 ]; do
    warned=
    code=0
    wait "$pid" || code=$?
done

# 75: stopped with a checkpoint. 138: the signal came before the run could listen to it.
if [ "$code" -eq 75 ] || [ "$code" -eq 138 ]; then
    if [ "${SLURM_RESTART_COUNT:-0}" -lt "$MOST_RESTARTS" ]; then
        scontrol requeue "$SLURM_JOB_ID"
        exit 0
    fi
    echo "esim: not finished after $MOST_RESTARTS restarts" >&2
fi
exit "$code"
