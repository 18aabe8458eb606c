# Before the time limit Slurm sends USR1; esim-run then writes a checkpoint and ends with code 75, the job is put back
# into the queue, and resumes from the checkpoint. Output and log stay the same. A task of an array of jobs computes its
# members of an ensemble; the job behind the array computes what they have left, and gathers the results of all.
START=()
if [ -n "${ARRAY:-}" ] || [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] || [ -n "$(find "$OUT" -maxdepth 3 -path '*/checkpoint/*' -print -quit 2> /dev/null)" ]; then
    START=(--resume)
fi
SET=()
for setting in "${OVERRIDES[@]}"; do
    SET+=(--set "$setting")
done

warned='' pid=''
trap 'warned=yes; [ -z "$pid" ] || kill -USR1 "$pid"' USR1
"${LAUNCH[@]}" "${RANK[@]}" esim-run "$CONFIG" --output "$OUT" "${SET[@]}" "${START[@]}" &
pid=$!
[ -z "$warned" ] || kill -USR1 "$pid" # the signal came before the run had a number
code=0
wait "$pid" || code=$?
# A signal ends `wait`, not the run: wait again.
while [ -n "$warned" ] && [ "$code" -gt 128 ]; do
    warned=''
    code=0
    wait "$pid" || code=$?
done

# 75: stopped with a checkpoint. 138: the signal came before the run could listen to it.
if [ "$code" -eq 75 ] || [ "$code" -eq 138 ]; then
    if [ "${SLURM_RESTART_COUNT:-0}" -lt "$RESTARTS" ]; then
        scontrol requeue "$SLURM_JOB_ID"
        exit 0
    fi
    printf 'esim: not finished after %s restarts\n' "$RESTARTS" >&2
fi
exit "$code"
