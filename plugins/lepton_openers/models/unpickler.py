"""CPython's own unpickler, with nothing left in it that a file could use to run code."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, ClassVar, Protocol

from lepton_openers.models import guards
from lepton_openers.models.allowed import Use, canonical
from lepton_openers.models.arrays import WRAPPER, ArrayAhead
from lepton_openers.models.guards import Refused, require
from lepton_openers.models.inert import Inert

MOST_NESTED = 8
"""Pickles inside arrays inside pickles."""
MOST_BUILT = 64
"""Characters of a name, in a message."""


class Names(Protocol):
    """What a name in a pickle stands for: a stand-in while the file is scanned, the thing itself when it is loaded."""

    def find(self, module: str, name: str, *, offset: int) -> tuple[object, Use | None]:
        """The thing, and what the file may do with it; ``None``: anything, for it is a stand-in. Raises: Refused."""


_CPython: Any = pickle._Unpickler  # type: ignore[attr-defined,unused-ignore]  # noqa: SLF001  # the one whose opcodes can be guarded


class GuardedUnpickler(_CPython):  # type: ignore[misc]  # untyped in the standard library
    """Reads one pickle, as joblib or pickle wrote it; every call, every state and every name passes a guard first."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(_CPython.dispatch)

    def __init__(self, file: io.BytesIO, names: Names, *, depth: int = 0) -> None:
        super().__init__(file)
        self._file = file
        self._names = names
        self._depth = depth
        self._uses: dict[int, tuple[object, Use | None]] = {}
        require(depth <= MOST_NESTED, "pickles nested too deep")

    @property
    def offset(self) -> int:
        """Where in the unpacked file it reads."""
        frame = self._unframer.current_frame
        return self._file.tell() - (len(frame.getvalue()) - frame.tell() if frame else 0)

    @property
    def left(self) -> int:
        """Bytes that are left in the file."""
        return len(self._file.getbuffer()) - self._file.tell()

    def find_class(self, module: str, name: str) -> object:
        known = canonical(module, name)
        if known == WRAPPER:
            return self._noted(ArrayAhead, "made")
        return self._noted(*self._names.find(*known, offset=self.offset))

    def _noted(self, found: object, use: Use | None) -> object:
        self._uses[id(found)] = (found, use)
        return found

    def persistent_load(self, pid: object) -> object:  # noqa: ARG002  # CPython's signature
        raise Refused("a persistent id")

    def get_extension(self, code: int) -> None:  # noqa: ARG002  # CPython's signature
        raise Refused("a code of the extension registry")

    def _may(self, thing: object, wanted: Use) -> None:
        """Nothing. Raises: Refused unless the thing came from a name, and may be used so."""
        found, use = self._uses.get(id(thing), (None, "named"))
        require(found is thing, "a call of something that isn't a name")
        require(use in (None, "called", wanted), f"a call of {getattr(thing, '__name__', '?')[:MOST_BUILT]}")

    def load_reduce(self) -> None:
        self._may(self.stack[-2], "called")
        require(type(self.stack[-1]) is tuple, "a call without arguments")
        super().load_reduce()

    def load_newobj(self) -> None:
        self._may(self.stack[-2], "made" if self.stack[-1] == () else "called")
        require(isinstance(self.stack[-2], type), "an instance of something that is no class")
        super().load_newobj()

    def load_newobj_ex(self) -> None:
        self._may(self.stack[-3], "called")
        require(isinstance(self.stack[-3], type), "an instance of something that is no class")
        super().load_newobj_ex()

    def _instantiate(self, klass: object, args: list[object]) -> None:
        self._may(klass, "called" if args else "made")
        super()._instantiate(klass, args)

    def load_build(self) -> None:
        state, made = self.stack[-1], self.stack[-2]
        require(
            not isinstance(made, type | FunctionType | BuiltinFunctionType | ModuleType),
            "a state for something that is no instance",
        )
        _check_state(made, state)
        super().load_build()
        if isinstance(made, ArrayAhead):
            self.stack[-1] = self._array(made)

    def _array(self, ahead: ArrayAhead) -> object:
        if ahead.holds_objects:
            inner = GuardedUnpickler(self._file, self._names, depth=self._depth + 1)
            return inner.load()
        return ahead.read(self._file, left=self.left)

    def load_bytearray8(self) -> None:
        size = int.from_bytes(self.read(8), "little")
        require(size <= self.left + len(self._file.getbuffer()), "more bytes than there are")
        self.append(bytearray(self.read(size)))

    def load_append(self) -> None:
        require(isinstance(self.stack[-2], list | Inert), "an item for something that is no list")
        super().load_append()

    def load_appends(self) -> None:
        require(
            self.metastack and isinstance(self.metastack[-1][-1], list | Inert), "items for something that is no list"
        )
        super().load_appends()

    def load_setitem(self) -> None:
        require(isinstance(self.stack[-3], dict | Inert), "an item for something that is no dict")
        super().load_setitem()

    def load_setitems(self) -> None:
        require(
            self.metastack and isinstance(self.metastack[-1][-1], dict | Inert), "items for something that is no dict"
        )
        super().load_setitems()

    def load_additems(self) -> None:
        require(
            self.metastack and isinstance(self.metastack[-1][-1], set | Inert), "items for something that is no set"
        )
        super().load_additems()


def _check_state(made: object, state: object) -> None:
    """Nothing. Raises: Refused where the state would reach past the instance's own attributes."""
    parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)  # noqa: PLR2004  # (attributes, slots)
    keys = [key for part in parts if isinstance(part, dict) for key in part]
    require(
        not any(isinstance(key, str) and key.startswith("__") for key in keys), "a state that sets special attributes"
    )
    if isinstance(made, Inert | ArrayAhead):
        return
    kind = f"{type(made).__module__}.{type(made).__name__}"
    if kind == "numpy.ndarray":
        guards.checked_array_state(made, state)  # type: ignore[arg-type]  # its type was just seen
    elif kind.startswith("numpy.ma."):
        guards.checked_masked_state(made, state)  # type: ignore[arg-type]  # its type was just seen
    elif kind.startswith("numpy.dtype"):
        guards.checked_dtype_state(made, state)  # type: ignore[arg-type]  # its type was just seen


def _guarded() -> dict[int, Callable[[Any], None]]:
    guarded = {
        pickle.REDUCE: GuardedUnpickler.load_reduce,
        pickle.NEWOBJ: GuardedUnpickler.load_newobj,
        pickle.NEWOBJ_EX: GuardedUnpickler.load_newobj_ex,
        pickle.BUILD: GuardedUnpickler.load_build,
        pickle.BYTEARRAY8: GuardedUnpickler.load_bytearray8,
        pickle.APPEND: GuardedUnpickler.load_append,
        pickle.APPENDS: GuardedUnpickler.load_appends,
        pickle.SETITEM: GuardedUnpickler.load_setitem,
        pickle.SETITEMS: GuardedUnpickler.load_setitems,
        pickle.ADDITEMS: GuardedUnpickler.load_additems,
    }
    return {opcode[0]: function for opcode, function in guarded.items()}


GuardedUnpickler.dispatch.update(_guarded())
