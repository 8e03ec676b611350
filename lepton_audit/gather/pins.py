"""Pins: the content of an asset at one moment, so that a changed target shows."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from lepton_audit.declare.kinds import AssetKind, FileRef, refs
from lepton_audit.facts.canonical import digest
from lepton_audit.facts.look import FailureKind, Pin, Request, Seen
from lepton_audit.facts.target import Asset
from lepton_audit.gather.walk import walk
from lepton_audit.load.target import is_file

CHUNK = 2**20


def never() -> bool:
    """Nobody has asked to stop."""
    return False


class Unpinnable(Exception):
    """An asset's files can't be read."""

    kind: FailureKind = "unopenable"

    def __init__(self, asset: str, because: str) -> None:
        super().__init__(f"asset {asset!r}: {because}")
        self.because = f"asset {asset!r}: {because}"


class EscapesTarget(Unpinnable):
    """An asset's path leads out of the target's folders by a symbolic link."""


class PinStopped(Unpinnable):
    """The audit ended, or the time was over, before the asset was read to its end."""

    kind: FailureKind = "timeout"


Stopped = Callable[[], bool]


def seen(request: Request, kinds: dict[str, AssetKind], *, stopped: Stopped = never) -> dict[str, Seen]:
    """Every asset of the request as it is now: pinned, or as of this moment. Raises Unpinnable."""
    return {name: _seen(asset, request, kinds[asset.kind], stopped) for name, asset in request.inputs.items()}


def traces(request: Request, kinds: dict[str, AssetKind]) -> dict[str, str]:
    """Digest of owner, mode, times and extended attributes of every file and folder, of each asset that no probe may write. Raises Unpinnable."""
    found = {}
    for name, asset in request.inputs.items():
        if is_file(asset.uri) and not request.permissions.may_write(asset.name):
            with _unpinnable(asset, request):
                found[name] = digest(sorted(_trace(path, request) for path in _paths(asset, request, kinds)))
    return found


def _trace(path: Path, request: Request) -> list[str]:
    now = path.lstat()
    values = []
    with suppress(AttributeError, OSError):  # neither every system nor every file system has them
        names = sorted(os.listxattr(path, follow_symlinks=False))
        values = [f"{name} {os.getxattr(path, name, follow_symlinks=False).hex()}" for name in names]
    return [
        _text(path, request),
        f"{now.st_uid} {now.st_gid} {now.st_mode:o} {now.st_mtime_ns}",
        *map(_unicode, values),
    ]


def _paths(asset: Asset, request: Request, kinds: dict[str, AssetKind]) -> Iterator[Path]:
    options = [
        asset.options[field] for field, _ in refs(kinds[asset.kind].options, FileRef) if asset.options.get(field)
    ]
    inside = [(Path(request.base) / root).resolve() for root in (".", *request.roots)]
    for text in (asset.uri, *options):
        top = Path(request.base) / text
        for path in walk(top):
            leads = path == top or path.is_symlink()  # whatever else a folder inside holds is inside
            if leads and not any(path.resolve().is_relative_to(root) for root in inside):
                raise EscapesTarget(asset.name, f"{_unicode(path.name)!r} leads out of the target's folders")
            yield path


@contextmanager
def _unpinnable(asset: Asset, request: Request) -> Iterator[None]:
    """Whatever is odd about the files of an asset is said of the asset."""
    try:
        yield
    except OSError as error:
        name = os.path.relpath(os.fsdecode(error.filename), request.base) if error.filename else ""
        raise Unpinnable(asset.name, f"{error.strerror or 'unreadable'}: {_unicode(name)}") from error
    except (ValueError, RuntimeError) as error:  # an embedded NUL; a loop of links
        raise Unpinnable(asset.name, f"a path that can't be read ({type(error).__name__})") from error


def _seen(asset: Asset, request: Request, kind: AssetKind, stopped: Stopped) -> Seen:
    shown = Seen(name=asset.name, kind=asset.kind, uri=asset.uri)
    if not is_file(asset.uri):
        return shown.model_copy(update={"as_of": datetime.now(UTC)})
    parts: list[tuple[str, str]] = []
    size = 0
    with _unpinnable(asset, request):
        for path in _paths(asset, request, {asset.kind: kind}):
            if path.is_symlink() or not path.is_dir():
                parts.append((_text(path, request), _fingerprint(path, asset, stopped)))
                size += path.lstat().st_size
    return shown.model_copy(update={"pin": Pin(sha256=digest(sorted(parts)), files=len(parts), size=size)})


def _fingerprint(path: Path, asset: Asset, stopped: Stopped) -> str:
    """Mode and SHA-256 of a file; only the kind of a socket, pipe or link to a folder."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        return f"{stat.filemode(mode)} {_unicode(str(path.readlink())) if path.is_symlink() else ''}"
    content = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            content.update(chunk)
            if stopped():
                raise PinStopped(asset.name, "it wasn't read to its end in the time of its look")
    return f"{stat.filemode(mode)} {content.hexdigest()}"


def _text(path: Path, request: Request) -> str:
    return _unicode(os.path.relpath(path, request.base))


def _unicode(name: str) -> str:
    """The name as text, also where its bytes aren't."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
