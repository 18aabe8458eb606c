#!/bin/bash
# esim on nodes with NVIDIA A100 and InfiniBand under Slurm: one rank for each GPU.
#
#   esim job a100 --nodes 4 --config my.yaml > job.sh   fills in the number of nodes and the configuration
#   sbatch --account=PROJECT --partition=QUEUE job.sh
#
# Install once, on the login node, with the CUDA-aware MPI of the site (its module loaded, no wheel of MPI):
#   module load python openmpi && python3 -m venv ~/esim && ~/esim/bin/pip install 'esim-hpc[cuda]'
#   srun --gpus=1 ~/esim/bin/esim doctor     on a GPU node: is MPI CUDA-aware, which transports has UCX?
#   srun --gpus=1 ~/esim/bin/esim gpu check --minutes 10 --output .     are results right there, and how fast are they?
#   ~/esim/bin/esim example tohoku2011     a scenario to begin with, into this folder
#
# Before the time limit Slurm sends USR1; esim-run then writes a checkpoint and ends with code 75, the job is
# put back into the queue, and goes on from the checkpoint. Output and log stay the same.

#SBATCH --job-name=esim
#SBATCH --nodes=1
# As many ranks as GPUs. Every rank sees all GPUs of its node and takes the one of its local number: so copies from GPU
# to GPU by cuda_ipc work, which --gpus-per-task or a binding of GPUs may prevent.
#SBATCH --gpus-per-node=4
#SBATCH --ntasks-per-node=4
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
LAUNCH=(srun --mpi=pmix --cpu-bind=cores --gpu-bind=none)
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK # srun does not take it over by itself
# The n-th rank should run on the cores next to the n-th GPU: the column "NUMA Affinity" of `nvidia-smi topo -m`, which
# is often 3 1 7 5 or 3 2 1 0, not 0 1 2 3. Name the domains here, and Slurm binds cores and memory to them:
# LAUNCH=(srun --mpi=pmix --cpu-bind=map_ldom:3,1,7,5 --mem-bind=local --gpu-bind=none)

# MPI is asked whether it takes buffers on the GPU. 1: it does, though it does not say so. 0: use host memory.
# export ESIM_CUDA_AWARE_MPI=1
export MPICH_GPU_SUPPORT_ENABLED=1 # Cray MPICH
export MPIR_CVAR_ENABLE_GPU=1      # MPICH

# Open MPI: UCX carries the messages.
export OMPI_MCA_pml=ucx OMPI_MCA_osc=ucx
# UCX: reliable InfiniBand between nodes; shared memory, NVLink and copies by the GPU within a node. Leave out
# gdr_copy where the module gdrdrv is missing; `ucx_info -d` lists what there is.
export UCX_TLS=rc,self,sm,cuda_copy,cuda_ipc,gdr_copy
# Large messages are read straight from GPU memory by the network card (GPUDirect; module nvidia_peermem).
export UCX_IB_GPU_DIRECT_RDMA=yes UCX_RNDV_SCHEME=get_zcopy UCX_RNDV_THRESH=8192
export UCX_MEMTYPE_CACHE=n # memory from CuPy's pool is otherwise mistaken for host memory by some versions
# UCX takes the cards nearest to a GPU by itself. To name them (`nvidia-smi topo -m`), one for all ranks:
# export UCX_NET_DEVICES=mlx5_0:1
# or the n-th for the n-th GPU of a node:
# LAUNCH+=(bash -c 'export UCX_NET_DEVICES=mlx5_$SLURM_LOCALID:1; exec "$@"' rank)

# Compiled kernels are kept here; by default in ~/.cache, which every node must be able to write. One rank of each node
# compiles while the others wait: a minute or two at the first run, nothing later. A folder on a local disk of the
# nodes is empty in every job; take one that stays.
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
"${LAUNCH[@]}" esim-run "$CONFIG" --output "$OUT" --backend cuda "${START[@]}" &
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
