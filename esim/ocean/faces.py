"""What flows through the faces of cells, where others than the step of the deep solver have the last word on a cell?"""

from collections.abc import Mapping, Sequence
from typing import Any

from esim.kernels.ocean import deep_faces, deep_water
from esim.ocean.domain import Domain
from esim.parallel.decomposition import Box, common
from esim.timestepping.step_plan import Launch

MARGIN = 2  # cells beyond a face from which what flows there is found


class FlowThroughFaces:
    """The flow through faces of a deep grid, from the transport at the centres of cells.

    It is found anew where a state is given by its transport, and under two-way nests; and what the step knows of the
    ground is kept up to date.
    """

    def __init__(
        self, domain: Domain, states: Sequence[Any], arrays: Mapping[str, Any], constants: Any
    ) -> None:
        """arrays are what a step reads: bed, rows, sea, ground; constants those of a step."""
        self._domain, self._states, self._arrays, self._constants = domain, states, arrays, constants
        (nj, ni) = (n + 2 * domain.block.halo for n in domain.block.shape)
        self._all: Box = (MARGIN, nj - MARGIN + 1), (MARGIN, ni - MARGIN + 1)
        self._ground = domain.backend.bind(deep_water.GROUND, ((1, nj), (1, ni)), dict(arrays))
        self._everywhere = [self._bind(state, self._all) for state in states]
        self._under_nests: list[list[Launch]] = [[] for _ in states]

    def leave_to_nest(self, box: tuple[int, int, int, int]) -> None:
        """Say that a two-way nest has the last word on cells (j0, j1, i0, i1) of the grid."""
        block, h = self._domain.block, self._domain.block.halo
        faces: list[tuple[int, int]] = []
        for (first, last), own, limits in zip(
            (box[:2], box[2:]), ((block.j0, block.j1), (block.i0, block.i1)), self._all, strict=True
        ):
            low, high = common((first + 1, last), (own[0] - h, own[1] + h))
            faces.append(common((low - own[0] + h, high - own[0] + h), limits))
        if all(low < high for low, high in faces):
            for launches, state in zip(self._under_nests, self._states, strict=True):
                launches.append(self._bind(state, (faces[0], faces[1])))

    def follow_ground(self) -> None:
        """Take over the bed as it is."""
        self._ground(self._constants)

    def follow_transport(self, number: int) -> None:
        """Take over all of the transport of a state of a number, halo included."""
        self._everywhere[number](self._constants)

    def follow_nests(self, number: int) -> None:
        """Take over what nests have left in a state of a number, halo included."""
        for launch in self._under_nests[number]:
            launch(self._constants)

    def _bind(self, state: Any, box: Box) -> Launch:
        given = {
            **{name: self._arrays[name] for name in ("rows", "sea")},
            "transport": state[1:3],
            "flow": state[deep_water.FU : deep_water.FV + 1],
        }
        return self._domain.backend.bind(deep_faces.FLOW_FROM_CENTRES, box, given)
