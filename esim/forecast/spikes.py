"""Which values of a record stand out from those beside them, as no wave does?"""

import numpy as np

TIMES = 4.0  # the steps next to a spike are smaller by this
FAR = 5.0  # deviations of the errors of the record, at least


def spikes(values: np.ndarray, deviation: float) -> int:
    """Number of values [m] that are far above, or below, both of their neighbours, where these lie calm.

    NaN are gaps; deviation [m] is that of the errors of the record. On a crest the steps next to it are as large as
    those at the crest, or larger; at a spike they are not.
    """
    known = values[np.isfinite(values)]
    if known.size < 5:
        return 0
    step = np.diff(known)
    up, down = step[1:-2], -step[2:-1]
    jump = np.where(up * down > 0, np.minimum(np.abs(up), np.abs(down)), 0.0)
    beside = np.maximum(np.abs(step[:-3]), np.abs(step[3:]))
    return int((jump > np.maximum(TIMES * beside, FAR * deviation)).sum())
