# Every rank sees all GPUs of its node and takes the one of its local number: so copies from GPU to GPU by cuda_ipc
# work, which --gpus-per-task or a binding of GPUs may prevent.
[ "${LAUNCH[0]}" != srun ] || LAUNCH+=(--gpu-bind=none)

# MPI is asked whether it takes buffers on the GPU. 1: it does, though it does not say so. 0: use host memory.
# export ESIM_CUDA_AWARE_MPI=1
export MPICH_GPU_SUPPORT_ENABLED=1 # Cray MPICH
export MPIR_CVAR_ENABLE_GPU=1      # MPICH
export OMPI_MCA_pml=ucx OMPI_MCA_osc=ucx # Open MPI: UCX carries the messages

# UCX: reliable InfiniBand between nodes; shared memory, NVLink and copies by the GPU within a node. Leave out gdr_copy
# where the module gdrdrv is missing; `ucx_info -d` lists what there is. What the machine file sets counts.
export UCX_TLS=${UCX_TLS:-rc,self,sm,cuda_copy,cuda_ipc,gdr_copy}
# Large messages are read straight from GPU memory by the network card (GPUDirect; module nvidia_peermem).
export UCX_IB_GPU_DIRECT_RDMA=${UCX_IB_GPU_DIRECT_RDMA:-yes}
export UCX_RNDV_SCHEME=${UCX_RNDV_SCHEME:-get_zcopy} UCX_RNDV_THRESH=${UCX_RNDV_THRESH:-8192}
export UCX_MEMTYPE_CACHE=${UCX_MEMTYPE_CACHE:-n} # memory from CuPy's pool is mistaken for host memory by some versions

# Each rank uses the network card next to its GPU; UCX chooses where none are named.
RANK=()
if [ "${#NICS[@]}" -gt 0 ]; then
    # shellcheck disable=SC2016 # is expanded on the rank
    RANK=(bash -c 'read -ra nics <<< "$0"
        local_rank=${SLURM_LOCALID:-${OMPI_COMM_WORLD_LOCAL_RANK:-${MPI_LOCALRANKID:-0}}}
        export UCX_NET_DEVICES="${nics[local_rank % ${#nics[@]}]}"
        exec "$@"' "${NICS[*]}")
fi
