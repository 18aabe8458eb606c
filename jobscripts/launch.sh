export PATH="$COMMANDS:$PATH"
cd -- "$FOLDER" || exit
printf 'esim: %s, job %s, start %s\n' "$TITLE" "$SLURM_JOB_ID" "$((${SLURM_RESTART_COUNT:-0} + 1))"

# Who starts the ranks: srun where it offers what the MPI library needs (`srun --mpi=list`), else its mpirun.
[[ $LAUNCHER == "srun "* ]] || LAUNCHER=$(esim doctor --launcher "$LAUNCHER") || exit
case $LAUNCHER in
"srun "*)
    LAUNCH=(srun --mpi="${LAUNCHER#srun }" --nodes="$NODES" --ntasks="$RANKS" --cpus-per-task="$THREADS" "${BIND[@]}")
    ;;
"mpirun openmpi")
    LAUNCH=(mpirun -n "$RANKS" --map-by "ppr:$RANKS_PER_NODE:node:PE=$THREADS" --bind-to core)
    ;;
"mpirun mpich")
    LAUNCH=(mpirun -n "$RANKS" -ppn "$RANKS_PER_NODE" -bind-to "core:$THREADS")
    ;;
*)
    LAUNCH=(mpirun -n "$RANKS" -ppn "$RANKS_PER_NODE")
    ;;
esac

# Threads of a rank stay on its cores, and give way while they wait.
export OMP_NUM_THREADS=$THREADS NUMBA_NUM_THREADS=$THREADS
export OMP_PLACES=cores OMP_PROC_BIND=close OMP_WAIT_POLICY=passive I_MPI_PIN_DOMAIN=omp

# Only where the file system has no locks, and HDF5 says so:
# export HDF5_USE_FILE_LOCKING=FALSE
