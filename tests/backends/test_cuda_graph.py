"""Launches that follow each other are recorded once and replayed; what varies from step to step is read anew."""

from typing import NamedTuple

import numpy as np
import pytest

from esim.backends.activity import ActivityMap
from esim.backends.cuda.graph import PLAIN, Bound, Constants, Replay, Varying


class Params(NamedTuple):
    """Constants of a kernel, one of which varies."""

    gain: float
    time: float

    @staticmethod
    def varying():
        return ("time",)


class Recorder:
    """A device whose recorded launches keep the values they were given, as those of a CUDA graph do."""

    xp = np

    def __init__(self, able=True):
        self.graphs, self._able, self._recorded, self.launched = True, able, None, 0

    def put(self, values, array):
        assert self._recorded is None, "a copy would become part of the graph"
        array[...] = values

    def launcher(self, kernel):
        def launch(*given):
            if self._recorded is not None:
                self._recorded.append(lambda: kernel(*given))
            else:
                self.launched += 1
                kernel(*given)

        return launch

    def record(self, work):
        if not self._able:
            self.graphs = False
            return None
        self._recorded = []
        work()
        made, self._recorded = self._recorded, None
        return lambda: [launch() for launch in made]


def bound(device, kernel, seen, count=None):
    return Bound(device.launcher(kernel), (seen,), count)


def heard(seen, p, now):
    seen.append((p.gain, float(now[0])))


@pytest.fixture
def device():
    return Recorder()


def steps(device, replay, gains, varying):
    for n, gain in enumerate(gains):
        replay(Constants(Params(gain, float(n)), varying))


def test_a_replay_sees_what_varies_and_launches_nothing_itself(device):
    seen, varying = [], Varying(device, Params, np.dtype("float64"))
    replay = Replay(device, [bound(device, heard, seen), bound(device, heard, seen)])
    steps(device, replay, [2.0] * 6, varying)
    assert seen == [(2.0, float(n)) for n in range(6) for _ in range(2)]
    assert device.launched == 2 * PLAIN


def test_other_fixed_constants_are_not_taken_from_the_recording(device):
    seen, varying = [], Varying(device, Params, np.dtype("float64"))
    replay = Replay(device, [bound(device, heard, seen)])
    gains = [2.0, 2.0, 2.0, 5.0, 2.0]
    steps(device, replay, gains, varying)
    assert [gain for gain, _ in seen] == gains and [time for _, time in seen] == [0, 1, 2, 3, 4]


def test_constants_made_earlier_are_used_with_their_own_values(device):
    seen, varying = [], Varying(device, Params, np.dtype("float64"))
    launch = bound(device, heard, seen)
    early, late = (Constants(Params(1.0, time), varying) for time in (7.0, 8.0))
    launch(early), launch(late), launch(early)
    assert [time for _, time in seen] == [7.0, 8.0, 7.0]


def test_what_cannot_be_recorded_is_launched_one_by_one():
    device, seen = Recorder(able=False), []
    varying = Varying(device, Params, np.dtype("float64"))
    steps(device, Replay(device, [bound(device, heard, seen)]), [1.0] * 5, varying)
    assert len(seen) == device.launched == 5 and not device.graphs


def test_the_work_of_replays_is_counted(device):
    seen, varying, rest = [], Varying(device, Params, np.dtype("float64")), ActivityMap()
    count = rest.count(((0, 3), (0, 4)), np.full(1, 5), np.asarray)
    steps(device, Replay(device, [bound(device, heard, seen, count)]), [1.0] * 7, varying)
    assert rest.work() == (5, 7 * 12)


def test_constants_of_known_value_have_it():
    class Known(NamedTuple):
        zero: float
        one: float

    Constants(Known(0.0, 1.0), None)
    with pytest.raises(ValueError, match="one is 1"):
        Constants(Known(0.0, 2.0), None)


def test_launches_without_constants_are_replayed_too(device):
    done = []
    replay = Replay(device, [device.launcher(lambda: done.append(1))])
    for _ in range(4):
        replay()
    assert len(done) == 4 and device.launched == PLAIN


def test_constants_made_once_are_filled_in_at_each_step(device):
    seen, varying = [], Varying(device, Params, np.dtype("float64"))
    replay = Replay(device, [bound(device, heard, seen)])
    constants = Constants(Params(2.0, 0.0), varying)
    for n in range(6):
        replay(constants.fill(float(n)))
    assert seen == [(2.0, float(n)) for n in range(6)]
    assert device.launched == PLAIN
