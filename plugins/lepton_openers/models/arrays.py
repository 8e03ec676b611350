"""The arrays that joblib writes as raw bytes between the opcodes of a pickle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, BinaryIO

from lepton_openers.models.guards import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")


class ArrayAhead:
    """What joblib writes before an array's bytes: shape, order, type and padding."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: object) -> None:
        require(isinstance(state, dict) and {"shape", "order", "dtype"} <= state.keys(), "an array without a shape")
        assert isinstance(state, dict)  # noqa: S101  # for the type checker
        self.state = state

    @property
    def holds_objects(self) -> bool:
        """Its elements are a pickle of their own."""
        import numpy as np

        require(isinstance(self.state["dtype"], np.dtype), "an array without a type")
        return bool(self.state["dtype"].hasobject)

    def read(self, file: BinaryIO, *, left: int) -> NDArray[Any]:
        """The array whose bytes come next, of which ``left`` are left. Raises: Refused if its shape wants more than there are."""
        import numpy as np

        shape, kind = self.state["shape"], self.state["dtype"]
        require(isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape), "an array of no shape")
        size = math.prod(shape) * kind.itemsize
        if self.state.get("numpy_array_alignment_bytes") is not None:
            left -= 1 + len(file.read(file.read(1)[0]))
        require(size <= left and (kind.itemsize or math.prod(shape) < MOST_EMPTY), "an array larger than the file")
        flat = (
            np.frombuffer(bytearray(file.read(size)), dtype=kind, count=math.prod(shape))
            if size
            else np.empty(math.prod(shape), kind)
        )
        flat = flat.astype(kind.newbyteorder("="), copy=False)
        return flat.reshape(shape[::-1]).T if self.state["order"] == "F" else flat.reshape(shape)


MOST_EMPTY = 1 << 20
"""Elements of an array whose elements have no bytes."""
