"""Where the built-in policies and the report templates lie, in a wheel and in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Room = Literal["policies", "templates"]
_PACKAGE = Path(__file__).resolve().parents[1]
_IN_CHECKOUT = {"policies": "policies", "templates": "reports/templates"}


class NothingShipped(FileNotFoundError):
    """Neither the installed package nor a checkout holds the room: the installation is broken."""

    def __init__(self, room: Room, looked_in: tuple[Path, ...]) -> None:
        places = " and ".join(map(str, looked_in))
        super().__init__(f"{room}: no such folder (looked in {places}); install lepton-audit again")
        self.room = room


def shipped(room: Room) -> Path:
    """The folder of the room: the wheel's if there is one, else the checkout's.

    Raises: NothingShipped.
    """
    places = (_PACKAGE / "shipped" / room, _PACKAGE.parent / _IN_CHECKOUT[room])
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise NothingShipped(room, places)
    return found
