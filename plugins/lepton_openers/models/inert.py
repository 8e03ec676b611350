"""Stand-ins for what a pickle names: they keep nothing, do nothing, and only know their name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from lepton_openers.models.allowed import Use


class Inert:
    """An instance of a name that was never imported. Whatever the pickle does with it has no effect."""

    use: Use | None = None

    def __new__(cls, *_: object, **__: object) -> Self:
        return object.__new__(cls)

    def __init__(self, *_: object, **__: object) -> None: ...

    def __setstate__(self, state: object) -> None: ...

    def __setitem__(self, key: object, value: object) -> None: ...

    def append(self, item: object) -> None: ...

    def extend(self, items: Iterable[object]) -> None: ...

    def add(self, item: object) -> None: ...


def inert(name: str, use: Use | None) -> type[Inert]:
    """A class that stands for a name; ``use`` is ``None`` where the name is forbidden."""
    return type(name, (Inert,), {"use": use, "__slots__": ()})
