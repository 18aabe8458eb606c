"""`esim animate`: the snapshots of a run as a moving picture."""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command
from esim.cli.options import add_look, chosen_look, rate


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "animate",
        "write the snapshots of a finished run as a moving picture, MP4 or GIF",
        "  esim animate out/tohoku2011                              the water surface: figures/eta.mp4\n"
        "  esim animate out/tohoku2011 --globe --fps 15             as from space\n"
        "  esim animate out/tohoku2011 --projection auto            on the projection that suits the region\n"
        "  esim animate out/tohoku2011 --format gif --extent 138 146 34 42\n"
        "  esim animate out/kumamoto2016 --what vx                  the ground\n"
        "  esim animate out/kumamoto2016 --plane west_east          a plane through the crust\n"
        "  esim animate out/kumamoto2016 --plane depth_10km west_east   two of them\n",
    )
    command.add_argument("run_directory", metavar="OUT", type=Path, help="output directory of a run")
    command.add_argument(
        "--what", metavar="NAME", help="variable of the snapshots (default: eta, or the vertical velocity)"
    )
    command.add_argument(
        "--plane",
        metavar="NAME",
        nargs="+",
        default=(),
        help="planes through the crust, by their names, one below the other",
    )
    command.add_argument(
        "--format", choices=("mp4", "gif"), help="kind of file (default: that of --output, or mp4)"
    )
    command.add_argument(
        "--fps", metavar="N", type=rate, default=10.0, help="snapshots shown per second (default: 10)"
    )
    projection = command.add_mutually_exclusive_group()
    projection.add_argument(
        "--projection",
        choices=("auto", "lambert", "azimuthal", "stereographic", "mercator", "orthographic"),
        help="projection of a grid of longitudes and latitudes: auto takes the one that suits the region "
        "(Lambert conformal conic, azimuthal equidistant around the source, polar stereographic, Mercator)",
    )
    projection.add_argument(
        "--globe",
        action="store_const",
        const="orthographic",
        dest="projection",
        help="as from space: --projection orthographic",
    )
    command.add_argument(
        "--output", metavar="FILE", type=Path, help="file to write (default: OUT/figures/NAME.mp4)"
    )
    add_look(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from esim.analysis.animation.animate import animate
    from esim.analysis.animation.film import chosen_format
    from esim.cli.progress import track

    path = animate(
        options.run_directory,
        options.output,
        what=options.what,
        planes=options.plane,
        format=chosen_format(options.format, options.output),
        fps=options.fps,
        projection=options.projection,
        look=chosen_look(options),
        progress=track,
    )
    print(path)
