"""waivers.yaml -> Waivers."""

from __future__ import annotations

from pathlib import Path

from lepton_audit.facts.waiver import Waiver, Waivers
from lepton_audit.load.problems import BadInput, Problem, reading
from lepton_audit.load.tree import place
from lepton_audit.load.validate import validated
from lepton_audit.load.yaml12 import parse_file


def load_waivers(file: Path | None, beside: Path) -> tuple[Waiver, ...]:
    """The waivers of the file, or of `waivers.yaml` beside the target, or none. Raises BadInput."""
    found = file or beside / "waivers.yaml"
    with reading(found):
        return _read(found, optional=file is None)


def _read(found: Path, *, optional: bool) -> tuple[Waiver, ...]:
    if optional and not found.exists():
        return ()
    node = parse_file(found)
    waivers = validated(node, Waivers).waivers
    ids = [waiver.id for waiver in waivers]
    twice = [i for i, name in enumerate(ids) if name in ids[:i]]
    if twice:
        raise BadInput(
            [
                Problem(place(node, ("waivers", i, "id")), f"waiver {ids[i]!r} was given already", "each id once")
                for i in twice
            ]
        )
    return waivers
