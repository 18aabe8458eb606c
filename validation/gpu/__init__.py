"""Does everything work on this GPU, and how fast? `esim gpu check` in one command, with a report that names the GPU."""

from esim.validation.gpu.check import PARTS, check

__all__ = ["PARTS", "check"]
