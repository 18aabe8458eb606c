"""Do ranks, cores, GPUs, network cards and file systems fit together? What the doctor says of all ranks."""

from collections import Counter
from collections.abc import Iterator, Sequence

from esim.backends.kernel_cache import cache_directory
from esim.tools.file_systems import MEMORY, judge_cache, judge_output
from esim.tools.finding import FALLS_BACK, FAST, MISSING, NOTE, Finding
from esim.tools.rank_survey import RankReport, by_node, compact, headline


def ranks(reports: Sequence[RankReport]) -> list[Finding]:
    """Layout, binding, threads, GPUs and MPI library of several ranks."""
    return [
        Finding("ranks", headline(reports)),
        *binding(reports),
        *threads(reports),
        *gpus(reports),
        *libraries(reports),
    ]


def binding(reports: Sequence[RankReport]) -> Iterator[Finding]:
    """Whether ranks have cores of their own, within one NUMA domain."""
    for node, there in by_node(reports).items():
        used = Counter(core for one in there for core in one.cores)
        shared = [core for core, count in used.items() if count > 1]
        if shared:
            users = [one.rank for one in there if set(one.cores) & set(shared)]
            found = f"{len(users)} ranks of {node} are not bound to cores of their own: they share {compact(shared)}"
            advice = "srun --cpu-bind=cores --cpus-per-task=N, or mpirun -bind-to core:N (Open MPI: --map-by slot:PE=N)"
            yield Finding("CPU binding", found, FALLS_BACK, advice)
            return
    wide = [one for one in reports if len(one.numa) > 1]
    if wide:
        found = f"rank {wide[0].rank} has cores of NUMA domains {compact(wide[0].numa)}"
        yield Finding("CPU binding", found, FALLS_BACK, "one rank for each NUMA domain is faster")
        return
    yield Finding("CPU binding", "each rank has cores of its own", FAST)


def threads(reports: Sequence[RankReport]) -> Iterator[Finding]:
    """Whether there are as many cores as threads, on each node and for each rank."""
    for one in reports:
        if one.wanted is not None and one.wanted > len(one.cores):
            found = (
                f"{one.wanted} asked for, and rank {one.rank} has {len(one.cores)} cores; {one.threads} used"
            )
            advice = "give each rank as many cores (srun --cpus-per-task), or lower OMP_NUM_THREADS"
            yield Finding("threads", found, FALLS_BACK, advice)
            break
    for node, there in by_node(reports).items():
        cores = len(set().union(*(one.cores for one in there)))
        busy = sum(one.threads for one in there)
        if busy > cores:
            found = f"oversubscribed: {busy} threads of {len(there)} ranks on {cores} cores of {node}"
            yield Finding("threads", found, FALLS_BACK, f"start at most {cores} ranks x threads on a node")
            return
    count = {one.threads for one in reports}
    yield Finding("threads", f"{compact(count)} for each rank, no more than cores", FAST)


def gpus(reports: Sequence[RankReport]) -> Iterator[Finding]:
    """Whether each rank has a GPU of its own, next to its cores."""
    using = [one for one in reports if one.gpu_identity is not None]
    if not using:
        return
    if len(using) < len(reports):
        without = next(one for one in reports if one.gpu_identity is None)
        yield Finding(
            "GPUs of ranks",
            f"{len(reports) - len(using)} ranks have none, such as {without.rank} on {without.node}: all take the CPU",
            FALLS_BACK,
            "start all ranks on nodes with GPUs (--gpus-per-node)",
        )
        return
    for node, there in by_node(using).items():
        taken = [one.gpu_identity for one in there]
        if len(set(taken)) < len(taken):
            yield Finding(
                "GPUs of ranks",
                f"{len(taken)} ranks of {node} share {len(set(taken))} GPUs",
                FALLS_BACK,
                "start one rank a GPU, and let each see all GPUs of its node (srun --gpu-bind=none)",
            )
            return
    far = [one for one in using if one.gpu_numa is not None and one.numa and one.gpu_numa not in one.numa]
    if far:
        one = far[0]
        yield Finding(
            "GPUs of ranks",
            f"rank {one.rank} has cores of NUMA domain {compact(one.numa)}, and its GPU is next to {one.gpu_numa}",
            FALLS_BACK,
            "srun --cpu-bind=map_ldom:..., the domains in the order of the GPUs (nvidia-smi topo -m)",
        )
        return
    yield Finding("GPUs of ranks", "each rank has one of its own", FAST)


def libraries(reports: Sequence[RankReport]) -> Iterator[Finding]:
    """Whether all ranks have the same MPI library."""
    found = sorted({" ".join((one.library or "none").split()) for one in reports})
    if len(found) > 1:
        yield Finding(
            "MPI of ranks",
            f"different ones: {'; '.join(found)}",
            MISSING,
            "load the same module on all nodes",
        )
    else:
        yield Finding("MPI of ranks", found[0], NOTE)


def file_systems(reports: Sequence[RankReport]) -> list[Finding]:
    """The file systems of this folder, into which runs write, and of the compile cache."""
    first, nodes = reports[0], by_node(reports)
    blind = [one for one in reports if not one.sees_output]
    output, cache = judge_output(first.output), judge_cache(first.cache)
    found = [
        Finding(
            "output folder",
            f"file system: {first.output or 'unknown'}",
            FALLS_BACK if output else NOTE,
            output,
        ),
        Finding(
            "compile cache",
            f"file system: {first.cache or 'unknown'}, {cache_directory()}",
            FALLS_BACK if cache else NOTE,
            cache,
        ),
    ]
    if blind:
        text = f"the folder of the first rank is not seen on {blind[0].node} (file system: {blind[0].output})"
        found.append(
            Finding("output folder", text, MISSING, "run in a folder on a file system that all nodes share")
        )
    elif len(nodes) > 1 and not any(one.output in MEMORY for one in reports):
        found.append(Finding("output folder", f"seen on all {len(nodes)} nodes", FAST))
    return found
