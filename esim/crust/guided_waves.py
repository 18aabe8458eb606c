"""How well does the ground guide waves whose energy goes against their crests? It decides how layers absorb."""

from esim.media.crust.wave_speeds import Speeds

# Where ground is faster, by any ratio, than what lies beside or below it, a plate can guide such waves; so can soft
# layers in which P is fast, and any ground of a great contrast. What lies between the two numbers counts in part.
INVERSION = (1.0, 1.02)
VP_VS = (2.0, 2.5)
CONTRAST = (3.0, 3.5)


def guiding_contrast(speeds: Speeds, inversion: float) -> float:
    """The ratio of the fastest to the slowest waves, as far as the ground guides: 1 where it becomes faster downwards.

    inversion is that of a `MediumSurvey`. Chosen by runs of 8,000 to 15,000 steps, see
    validation/results/crust.md.
    """
    contrast = speeds.fastest / speeds.slowest
    part = max(
        _part(inversion, INVERSION), _part(speeds.largest_ratio, VP_VS), _part(contrast, CONTRAST)
    )  # of 0 to 1
    return 1 + part * (contrast - 1)


def _part(value: float, between: tuple[float, float]) -> float:
    low, high = between
    return min(max((value - low) / (high - low), 0.0), 1.0)
