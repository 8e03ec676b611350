"""A pickled model: scanned without importing anything it names, then loaded from the same bytes under the same guards."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterable

from lepton_audit import Unopenable
from lepton_openers.models.allowed import Use, use_of
from lepton_openers.models.guards import GUARDS, Refused, dtype, encode
from lepton_openers.models.inert import inert
from lepton_openers.models.naming import listed, shown
from lepton_openers.models.unpickler import GuardedUnpickler, Names
from lepton_openers.models.versions import version_kept

MOST_NAME = 80
"""Characters of a name in a message."""
NEXT_STEP = "Never load this file. If it is yours, list its own types under `trusted`, or save the model with skops."


def _begun(made: object, *_: object) -> object:
    """What protocols 0 and 1 start an instance from."""
    return made() if isinstance(made, type) else made


_DATA = {("_codecs", "encode"): encode, ("numpy", "dtype"): dtype, ("copyreg", "_reconstructor"): _begun}
"""Only data come out of these, and the scan needs them to know where an array ends."""


class Scanned:
    """The names of a pickle, as stand-ins; remembers those that aren't allowed."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = frozenset(trusted)
        self.forbidden: dict[str, int] = {}
        """Name -> the first byte after it."""

    def find(self, module: str, name: str, *, offset: int) -> tuple[object, Use | None]:
        """A stand-in. Nothing is imported."""
        use = "called" if f"{module}.{name}" in self._trusted else use_of(module, name)
        if use is None:
            self.forbidden.setdefault(shown(f"{module}.{name}", most=MOST_NAME), offset)
        return _DATA.get((module, name)) or inert(name, use), use


class Loaded:
    """The names of a pickle, as what they stand for."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = frozenset(trusted)

    def find(self, module: str, name: str, *, offset: int) -> tuple[object, Use | None]:
        """The thing itself, or its guard. Raises: Refused."""
        full = f"{module}.{name}"
        use = "called" if full in self._trusted else use_of(module, name)
        if use is None:
            raise Refused(f"{shown(full)} near byte {offset}")
        found = GUARDS.get((module, name)) or getattr(importlib.import_module(module), name)
        if full in self._trusted and not isinstance(found, type):
            raise Refused(f"{shown(full)}, which is trusted as a type and is none")
        return found, use


def scan(content: bytes, *, trusted: Iterable[str] = ()) -> None:
    """Nothing: every name, call and state in the pickle is allowed. Raises: Unopenable otherwise; nothing of the file was run."""
    names = Scanned(trusted)
    try:
        _read(content, names)
    except Refused as refused:
        raise _unopenable(names, str(refused)) from refused
    except Exception as error:  # the border with a foreign file: whatever goes wrong, it isn't opened
        raise _unopenable(names, f"it is no whole pickle ({type(error).__name__})") from error
    if names.forbidden:
        raise _unopenable(names, "")


def load(content: bytes, *, trusted: Iterable[str] = ()) -> object:
    """What the pickle holds, after a scan of the same bytes. Raises: Unopenable."""
    scan(content, trusted=trusted)
    try:
        with version_kept():
            return _read(content, Loaded(trusted))
    except Unopenable:
        raise
    except Refused as refused:
        raise Unopenable(
            f"the file holds what pickling a model never writes: {refused}", next_step=NEXT_STEP
        ) from refused
    except Exception as error:  # the border with a foreign file
        raise Unopenable(
            f"the model couldn't be loaded ({type(error).__name__})", next_step="Save the model again."
        ) from error


def _read(content: bytes, names: Names) -> object:
    file = io.BytesIO(content)
    found = GuardedUnpickler(file, names).load()
    if file.tell() != len(content):
        raise Refused(f"{len(content) - file.tell()} bytes after its end")
    return found


def _unopenable(names: Scanned, because: str) -> Unopenable:
    found = [f"{name} near byte {offset}" for name, offset in names.forbidden.items()]
    reasons = [f"it names {listed(found)}" if found else "", because]
    return Unopenable("the pickle was not loaded: " + "; ".join(filter(None, reasons)), next_step=NEXT_STEP)
