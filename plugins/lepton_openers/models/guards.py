"""Guards around the few functions that a pickle may call: each passes on only what pickling itself would have written."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Refused(Exception):
    """The pickle asks for something that pickling a model never writes."""


def require(holds: object, what: str) -> None:
    """Nothing. Raises: Refused where it doesn't hold."""
    if not holds:
        raise Refused(what)


def encode(text: str, encoding: str = "latin1") -> bytes:
    """The bytes that protocols 0 to 2 wrote as text."""
    require(isinstance(text, str) and encoding == "latin1", "_codecs.encode with another codec than latin1")
    return text.encode("latin-1")


def no_bytes() -> bytes:
    """What protocols 0 to 2 wrote as a call."""
    return b""


def dtype(code: str, *flags: object) -> np.dtype[Any]:
    """A fresh plain type; structured ones get their fields from `checked_dtype_state`."""
    import numpy as np

    require(
        isinstance(code, str) and code[:1].isalpha() and code.isalnum(),
        "numpy.dtype of something else than a type code",
    )
    require(len(flags) <= 2 and all(flag in (0, 1) for flag in flags), "numpy.dtype with other arguments")  # noqa: PLR2004  # align, copy
    return np.dtype(code, copy=True)


def checked_dtype_state(plain: np.dtype[Any], state: object) -> None:
    """Nothing. Raises: Refused unless numpy itself would have written this state: a forged one makes numpy read wild pointers."""
    import numpy as np

    require(isinstance(state, tuple) and len(state) >= 8 and state[0] in (3, 4), "a numpy type of another version")  # noqa: PLR2004  # numpy's own layout
    assert isinstance(state, tuple)  # noqa: S101  # for the type checker
    order, names, fields, size = state[1], state[3], state[4], state[5]
    if names is None:
        wanted: np.dtype[Any] = plain.newbyteorder(order) if order in ("<", ">") else plain
    else:
        require(not any(found[0].hasobject for found in fields.values()), "a numpy structure that holds objects")
        parts = [fields[name] for name in names]
        require(all(len(found) == 2 for found in parts), "a numpy structure with titles")  # noqa: PLR2004  # type and offset
        wanted = np.dtype(
            {
                "names": list(names),
                "formats": [f[0] for f in parts],
                "offsets": [f[1] for f in parts],
                "itemsize": size,
            },
            align=bool(state[7] & 0x80),
        )
    written: Any = wanted.__reduce__()
    require(_same(written[2], state) and wanted.itemsize == plain.itemsize, "a forged numpy type")


def _same(written: tuple[Any, ...], state: tuple[Any, ...]) -> bool:
    """Alignment and order are numpy's own business where they don't matter to size or pointers."""
    return written[2:6] == state[2:6] and written[7:8] == state[7:8] and written[8:] == state[8:]


def checked_array_state(array: NDArray[Any], state: object) -> None:
    """Nothing. Raises: Refused unless this fills a fresh array with as many bytes or objects as its shape says."""
    import numpy as np

    require(isinstance(state, tuple) and len(state) == 5, "an array of another version")  # noqa: PLR2004  # numpy's own layout
    assert isinstance(state, tuple)  # noqa: S101  # for the type checker
    require(array.shape == (0,) and array.base is None and type(array) is np.ndarray, "an array filled twice")
    require(isinstance(state[2], np.dtype), "an array without a type")
    _require_data(state[1], state[2], state[4])


def _require_data(shape: object, kind: np.dtype[Any], held: object) -> None:
    """Nothing. Raises: Refused unless there are as many objects as the shape says; numpy itself counts only bytes."""
    require(isinstance(shape, tuple) and all(type(size) is int and size >= 0 for size in shape), "an array of no shape")
    assert isinstance(shape, tuple)  # noqa: S101  # for the type checker
    if not kind.hasobject:
        require(isinstance(held, bytes | str), "an array without its data")
        return
    require(
        kind.names is None and isinstance(held, list) and len(held) == math.prod(shape), "an array of too few objects"
    )


def reconstruct(subtype: object, shape: object, code: object) -> NDArray[Any]:
    """The empty array that pickling starts from."""
    import numpy as np

    require(subtype is np.ndarray and shape == (0,) and code in (b"b", "b"), "an array that isn't made empty")
    return np.ndarray((0,), dtype="b")


def reconstruct_masked(subtype: object, base: object, shape: object, code: object) -> object:
    """The empty masked array that pickling starts from."""
    import numpy as np
    from numpy.ma import core

    require(
        subtype is np.ma.MaskedArray and base is np.ndarray and shape == (0,), "a masked array that isn't made empty"
    )
    require(code in (b"b", "b"), "a masked array that isn't made empty")
    return core.__dict__["_mareconstruct"](subtype, base, (0,), "b")


def checked_masked_state(array: NDArray[Any], state: object) -> None:
    """Nothing. Raises: Refused as `checked_array_state` does."""
    import numpy as np

    require(isinstance(state, tuple) and len(state) == 7, "a masked array of another version")  # noqa: PLR2004  # numpy's own layout
    assert isinstance(state, tuple)  # noqa: S101  # for the type checker
    require(array.shape == (0,) and isinstance(state[2], np.dtype), "a masked array filled twice")
    _require_data(state[1], state[2], state[4])
    require(isinstance(state[5], bytes | str), "a masked array without its mask")


def scalar(kind: np.dtype[Any], data: bytes = b"") -> object:
    """One number."""
    import numpy as np

    require(isinstance(kind, np.dtype) and not kind.hasobject, "a numpy scalar that holds an object")
    raw = data.encode("latin-1") if isinstance(data, str) else data
    require(isinstance(raw, bytes) and len(raw) == kind.itemsize, "a numpy scalar of another size")
    return np.frombuffer(raw, dtype=kind)[0] if kind.itemsize else kind.type()


def frombuffer(data: bytes | bytearray, kind: np.dtype[Any], shape: tuple[int, ...], order: str) -> NDArray[Any]:
    """An array of protocol 5."""
    import numpy as np

    require(
        isinstance(data, bytes | bytearray) and isinstance(kind, np.dtype), "an array over something else than bytes"
    )
    require(isinstance(shape, tuple) and order in ("C", "F"), "an array of no shape")
    return np.frombuffer(bytearray(data), dtype=kind).reshape(shape, order="F" if order == "F" else "C")


def reconstructor(made: object, base: object, state: object) -> object:
    """The instance that protocols 0 and 1 start from."""
    import copyreg

    require(isinstance(made, type) and base in (object, dict), "copyreg._reconstructor over another base")
    return copyreg._reconstructor(made, base, state)  # type: ignore[attr-defined]  # noqa: SLF001  # pickle's own function


def gathered(kind: Callable[..., object]) -> Callable[..., object]:
    """A container that takes one list or tuple: a range could fill the memory."""

    def make(*items: object) -> object:
        require(len(items) <= 1 and all(isinstance(i, list | tuple) for i in items), f"{kind.__name__} of no list")
        return kind(*items)

    return make


def random_state(*arguments: object) -> object:
    """A numpy RandomState; its second argument is a function that it calls, so it must be numpy's own."""
    from numpy.random import _pickle

    require(
        arguments and arguments[1:] in ((), (_pickle.__dict__["__bit_generator_ctor"],)),
        "a RandomState over another function",
    )
    return _pickle.__dict__["__randomstate_ctor"](bits(arguments[0]))


def generator(*arguments: object) -> object:
    """A numpy Generator, in the same way."""
    from numpy.random import _pickle

    require(
        arguments and arguments[1:] in ((), (_pickle.__dict__["__bit_generator_ctor"],)),
        "a Generator over another function",
    )
    return _pickle.__dict__["__generator_ctor"](bits(arguments[0]))


def bits(kind: object = "MT19937") -> object:
    """A numpy BitGenerator, by name, by type, or one that is there already."""
    from numpy.random import BitGenerator, _pickle

    if isinstance(kind, BitGenerator):
        return kind
    require(isinstance(kind, str) or (isinstance(kind, type) and issubclass(kind, BitGenerator)), "no BitGenerator")
    return _pickle.__dict__["__bit_generator_ctor"](kind)


def tree(features: object, classes: object, outputs: object) -> object:
    """An empty tree of scikit-learn."""
    import numpy as np
    from sklearn.tree import _tree

    require(
        isinstance(features, int) and features > 0 and isinstance(outputs, int) and outputs > 0,
        "a tree without features",
    )
    require(
        isinstance(classes, np.ndarray) and classes.dtype == np.intp and classes.shape == (outputs,),
        "a tree without classes",
    )
    return _tree.Tree(features, classes, outputs)


def fresh(kind: object) -> object:
    """An empty object of a compiled class of scikit-learn: what its `newObj` does."""
    homes = ("sklearn.metrics._dist_metrics", "sklearn.neighbors._ball_tree", "sklearn.neighbors._kd_tree")
    require(isinstance(kind, type) and kind.__module__ in homes, "newObj of another class")
    made: Any = kind
    return made.__new__(made)


GUARDS: dict[tuple[str, str], Callable[..., object]] = {
    ("_codecs", "encode"): encode,
    ("builtins", "bytes"): no_bytes,
    ("builtins", "frozenset"): gathered(frozenset),
    ("builtins", "set"): gathered(set),
    ("copyreg", "_reconstructor"): reconstructor,
    ("numpy", "dtype"): dtype,
    ("numpy._core.multiarray", "_reconstruct"): reconstruct,
    ("numpy._core.multiarray", "scalar"): scalar,
    ("numpy._core.numeric", "_frombuffer"): frombuffer,
    ("numpy.ma.core", "_mareconstruct"): reconstruct_masked,
    ("numpy.random._pickle", "__bit_generator_ctor"): bits,
    ("numpy.random._pickle", "__generator_ctor"): generator,
    ("numpy.random._pickle", "__randomstate_ctor"): random_state,
    ("sklearn.metrics._dist_metrics", "newObj"): fresh,
    ("sklearn.neighbors._ball_tree", "newObj"): fresh,
    ("sklearn.neighbors._kd_tree", "newObj"): fresh,
    ("sklearn.tree._tree", "Tree"): tree,
}
"""Name -> what is called in its place."""
