# Dask on the nodes of this job: scheduler, the program itself, and workers, each of them one rank.
export ESIM_DASK_THREADS=$THREADS ESIM_DASK_MEMORY=$WORKER_MEMORY
exec "${LAUNCH[@]}" python "$PROGRAM" "$OUT"
