"""`esim bench` and `esim doctor`: what is fast on this machine?"""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command
from esim.cli.options import count


def add(commands: Commands) -> None:
    """Adds the commands and their options."""
    _add_bench(commands)
    _add_doctor(commands)


def _add_bench(commands: Commands) -> None:
    command = add_command(
        commands,
        "bench",
        "measure the bandwidth of this machine and the speed of each kernel against it",
        "  esim bench\n"
        "  esim bench --threads 1 2 --json bench.json\n"
        "  esim bench --backend numpy --size 500\n"
        "  esim bench --rates                        what plans predict times from, once on each machine\n"
        "  esim bench --rates --ranks 4 --threads 8  as where four ranks of eight threads share a node\n"
        "  esim bench --peers                        other programs beside esim, as measured; runs nothing\n",
    )
    command.add_argument("--json", metavar="FILE", type=Path, help="write the results to this file")
    command.add_argument(
        "--size",
        metavar="N",
        type=count,
        help="ocean of N x N cells (default: 2000; on a GPU as many as fit)",
    )
    command.add_argument(
        "--volume",
        metavar="N",
        type=count,
        help="crust of N x N x N cells (default: 256; on a GPU what fits)",
    )
    command.add_argument(
        "--threads", metavar="N", type=count, nargs="+", help="numbers of threads (default: 1 and all cores)"
    )
    command.add_argument(
        "--backend", choices=("auto", "numpy", "cpu", "cuda"), default="auto", help="default: auto"
    )
    command.add_argument(
        "--precision", choices=("float32", "float64"), default="float32", help="default: float32"
    )
    command.add_argument(
        "--rates",
        action="store_true",
        help="measure each kind of work as plans and --check need it, and keep that beside the compiled kernels",
    )
    command.add_argument(
        "--ranks",
        metavar="N",
        type=count,
        default=1,
        help="with --rates: ranks on a node, all at once (default: 1)",
    )
    command.add_argument(
        "--peers",
        action="store_true",
        help="print what other programs reached beside esim on the same machine; measures nothing",
    )
    command.add_argument("--all", action="store_true", help="with --rates: also of what few runs have")
    command.set_defaults(run=_run_bench)


def _add_doctor(commands: Commands) -> None:
    command = add_command(
        commands,
        "doctor",
        "report what is fast on this machine, what falls back, and what to do about it",
        "  esim doctor\n"
        "  srun -n 1 --gpus 1 esim doctor     on a compute node\n"
        "  mpirun -n 4 esim doctor            what each of the ranks has\n"
        "  esim doctor --json > machine.json\n",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument(
        "--launcher",
        choices=("auto", "srun", "mpirun"),
        nargs="?",
        const="auto",
        help="print only what starts ranks here: srun and its protocol, or whose mpirun",
    )
    command.set_defaults(run=_run_doctor)


def _run_bench(options: argparse.Namespace) -> int:
    if options.peers:
        from esim.tools.peers import lines

        print(*lines(), sep="\n")
        return 0
    if options.rates:
        return _measure_rates(options)
    from esim.tools.bench import main as bench

    return bench(options)


def _measure_rates(options: argparse.Namespace) -> int:
    import os

    from esim.backends import devices
    from esim.drivers.measure import MEASUREMENTS, USUAL, measure
    from esim.planning.rates import Way, cache_file

    backend = devices.best().name if options.backend == "auto" else options.backend
    kinds = MEASUREMENTS if options.all else USUAL
    for threads in options.threads or [max(1, len(os.sched_getaffinity(0)) // options.ranks)]:
        way = Way(backend, options.precision, threads, options.ranks)
        print(f"{way.key}:")
        measure(way, kinds, lambda text: print(f"  {text}", flush=True))
    print(f"kept in {cache_file('rates')}")
    return 0


def _run_doctor(options: argparse.Namespace) -> None:
    if options.launcher is not None:
        from esim.parallel.launcher import launcher

        print(*launcher(options.launcher))
        return
    from esim.tools.doctor import report

    report(options.json)
