# Each rank computes on the vector engine of its local number.
# shellcheck disable=SC2016 # is expanded on the rank
RANK=(bash -c 'export VE_NLCPY_NODELIST="${SLURM_LOCALID:-${OMPI_COMM_WORLD_LOCAL_RANK:-${MPI_LOCALRANKID:-0}}}"
    exec "$@"' rank)
