"""When did this rank last show a sign of life? Written by the main thread, read by the watchdog.

Imports nothing: the loop and the writer call it.
"""

START, STEP, OUTPUT = "start-up", "step", "output"
FADING = (
    0.99  # of the slowest step, that each later one leaves: a step counts as recent for some hundred others
)


class Pulse:
    """Signs of life of one process, its phase, and its slowest recent step [s].

    A sign is the end of a step, of a phase, or of a call on the writer thread. checkpoint is step and simulated
    time [s] of the last complete checkpoint, None before the first.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A run starts up."""
        self.signs = 0
        self.steps = 0
        self.slowest = 0.0
        self.phase = START
        self.checkpoint: tuple[int, float] | None = None

    def sign(self) -> None:
        """Something was done."""
        self.signs += 1

    def enter(self, phase: str) -> None:
        """Another phase begins."""
        self.phase = phase
        self.signs += 1

    def step(self, seconds: float) -> None:
        """A step has ended, which took so long [s]."""
        self.phase = STEP
        self.steps += 1
        self.signs += 1
        faded = FADING * self.slowest
        self.slowest = seconds if seconds > faded else faded


PULSE = Pulse()
