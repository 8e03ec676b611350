"""Files that are copied as they are: the federation's project, its deployment commands, the published source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lepton_audit.demo.system import State

SHIPPED = Path(__file__).parent / "files"
ENDING = ".in"
"""Keeps tools from taking a specimen for a part of this package."""


def copy(state: State, folder: Path) -> None:
    """Every file of the state lies at its place in the folder."""
    for shipped in sorted((SHIPPED / state).rglob(f"*{ENDING}")):
        place = folder / shipped.relative_to(SHIPPED / state).with_suffix("")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(shipped.read_bytes())
