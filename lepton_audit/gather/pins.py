"""Pins: the content of an asset at one moment, so that a changed target shows."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from lepton_audit.declare.kinds import AssetKind, FileRef, refs
from lepton_audit.facts.canonical import digest
from lepton_audit.facts.look import FailureKind, Pin, Request, Seen
from lepton_audit.facts.target import Asset
from lepton_audit.load.target import is_file

SIDE_FILES = ("-wal", "-journal", ".wal")
"""What a database keeps beside its file."""


class Unpinnable(Exception):
    """An asset's files can't be read."""

    kind: FailureKind = "unopenable"

    def __init__(self, asset: str, because: str) -> None:
        super().__init__(f"asset {asset!r}: {because}")
        self.because = f"asset {asset!r}: {because}"


class EscapesTarget(Unpinnable):
    """An asset's path leads out of the target's folders by a symbolic link."""


def seen(request: Request, kinds: dict[str, AssetKind]) -> dict[str, Seen]:
    """Every asset of the request as it is now: pinned, or as of this moment. Raises Unpinnable."""
    return {name: _seen(asset, request, kinds[asset.kind]) for name, asset in request.inputs.items()}


def _seen(asset: Asset, request: Request, kind: AssetKind) -> Seen:
    shown = Seen(name=asset.name, kind=asset.kind, uri=asset.uri)
    if not is_file(asset.uri):
        return shown.model_copy(update={"as_of": datetime.now(UTC)})
    options = [asset.options[field] for field, _ in refs(kind.options, FileRef) if asset.options.get(field)]
    return shown.model_copy(update={"pin": _pin(asset, request, [asset.uri, *options])})


def _pin(asset: Asset, request: Request, texts: list[str]) -> Pin:
    base = Path(request.base)
    inside = [(base / root).resolve() for root in (".", *request.roots)]
    parts: list[tuple[str, str]] = []
    size = 0
    try:
        for text in texts:
            for path in _files(base / text):
                if not any(path.resolve().is_relative_to(root) for root in inside):
                    raise EscapesTarget(asset.name, f"{path.name!r} leads out of the target's folders")
                parts.append((os.path.relpath(path, base), _fingerprint(path)))
                size += path.lstat().st_size
    except OSError as error:
        raise Unpinnable(asset.name, f"{error.strerror or 'unreadable'}: {_relative(error.filename, base)}") from error
    return Pin(sha256=digest(sorted(parts)), files=len(parts), size=size)


def _files(path: Path) -> Iterator[Path]:
    """The file and what a database keeps beside it, or everything below the folder."""
    if not path.is_dir():
        yield path
        yield from (side for suffix in SIDE_FILES if (side := path.with_name(path.name + suffix)).is_file())
        return
    for folder, folders, names in os.walk(path, onerror=_raise):
        folders.sort()
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from (Path(folder) / name for name in sorted([*names, *links]))


def _raise(error: OSError) -> None:
    raise error


def _fingerprint(path: Path) -> str:
    """Mode and SHA-256 of a file; only the kind of a socket, pipe or link to a folder."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        return f"{stat.filemode(mode)} {path.readlink() if path.is_symlink() else ''}"
    with path.open("rb") as file:
        return f"{stat.filemode(mode)} {hashlib.file_digest(file, 'sha256').hexdigest()}"


def _relative(name: str | bytes | None, base: Path) -> str:
    return os.path.relpath(os.fsdecode(name), base) if name else ""
