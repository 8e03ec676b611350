"""Openers of what lies at rest: artifacts (a file or a folder) and keys."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from lepton_audit import ArtifactOptions, Opener, PinnedAsset, Unopenable, opener

KEY_BYTES_MAX = 65536
"""No symmetric key, password or PEM file of a key is longer."""


@dataclass(frozen=True)
class FilesAtRest:
    """A file, or a folder of files, at rest."""

    name: str
    root: Path
    files: tuple[Path, ...]
    options: ArtifactOptions


@opener("artifact", formats=("file", "folder"), suffixes=("*",))
def artifact(asset: PinnedAsset) -> FilesAtRest:
    """Every regular file under the asset's path, sorted.

    Raises: Unopenable for a missing path, a folder that can't be listed, a file that can't be read, a symbolic link that leaves the folder.
    """
    root = _existing(asset)
    files = tuple(sorted(_files(root), key=os.fsencode))
    for path in files:
        _readable(path, root)
    return FilesAtRest(asset.name, root, files, asset.options)


def _existing(asset: PinnedAsset) -> Path:
    if asset.path is None or not asset.path.exists():
        raise Unopenable(
            f"nothing lies where the artifact {asset.name!r} is declared", next_step="Correct the asset's uri."
        )
    return asset.path.resolve()


def _files(root: Path) -> Iterator[Path]:
    if not root.is_dir():
        if not root.is_file():
            raise Unopenable(
                "the artifact is neither a file nor a folder", next_step="Name a regular file, or a folder of such."
            )
        yield root
        return
    for folder, subfolders, names in os.walk(root, onerror=_unlistable):
        for name in (*subfolders, *names):
            path = Path(folder, name)
            if path.is_symlink():
                _inside(path, root)
            elif stat.S_ISREG(path.lstat().st_mode):
                yield path


def _unlistable(error: OSError) -> NoReturn:
    raise Unopenable(
        f"a folder of the artifact can't be listed: {error.strerror}", next_step="Let the audit's user read it."
    ) from error


def _inside(link: Path, root: Path) -> None:
    """Nothing, for a link whose end lies in the folder: it is looked at where it lies."""
    try:
        end = link.resolve(strict=True)
    except (OSError, RuntimeError):
        end = None
    if end is None or not end.is_relative_to(root):
        raise Unopenable(
            f"{printable(link, root)} is a symbolic link that leaves the folder, or leads nowhere",
            next_step="Declare the place it leads to as an asset of its own, or remove the link.",
        )


def _readable(path: Path, root: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise Unopenable(
            f"{printable(path, root)} can't be read: {error.strerror}", next_step="Let the audit's user read it."
        ) from error


def printable(path: Path, root: Path) -> str:
    """The path relative to the root, as text that every encoding can write."""
    relative = path.name if path == root else str(path.relative_to(root))
    return os.fsencode(relative).decode("utf-8", "backslashreplace")


@dataclass(frozen=True)
class SecretKey:
    """A secret key. Its representation doesn't show it."""

    name: str
    _material: bytes = field(repr=False)
    exposed: bool | None = None
    """Others than its owner may read or change the file."""

    def material(self) -> bytes:
        """The key's bytes."""
        return self._material


@opener("key", formats=("key",), suffixes=("*",), schemes=("env",))
def key(asset: PinnedAsset) -> SecretKey:
    """The key's bytes, from a file or from ``env:NAME``, decoded as its option `encoding` says.

    Raises: Unopenable for an absent, empty, overlong or undecodable key; the message never shows it.
    """
    return SecretKey(asset.name, _decoded(_stored(asset), asset.options.encoding, asset.name), _exposed(asset))


def _exposed(asset: PinnedAsset) -> bool | None:
    """Any permission of the group or of others; a variable of this process is in no file."""
    if asset.uri.startswith("env:"):
        return False
    try:
        return None if asset.path is None else bool(asset.path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return None


def _stored(asset: PinnedAsset) -> bytes:
    found = _from_environment(asset.uri) if asset.uri.startswith("env:") else _from_file(asset.path)
    if not found or len(found) > KEY_BYTES_MAX:
        state = "is too long to be a key" if found else "is absent, empty or unreadable"
        raise Unopenable(
            f"the key {asset.name!r} {state}", next_step="Correct the uri, or set the environment variable."
        )
    return found


def _from_environment(uri: str) -> bytes | None:
    return os.environb.get(os.fsencode(uri.removeprefix("env:").removeprefix("//")))


def _from_file(path: Path | None) -> bytes | None:
    if path is None or not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return file.read(KEY_BYTES_MAX + 1)
    except OSError:
        return None


def _decoded(stored: bytes, encoding: str, name: str) -> bytes:
    import base64

    compact = b"".join(stored.split())
    try:
        if encoding == "hex":
            return base64.b16decode(compact, casefold=True) or _nothing()
        if encoding == "base64":
            return base64.b64decode(compact.translate(bytes.maketrans(b"-_", b"+/")), validate=True) or _nothing()
    except ValueError:
        raise Unopenable(
            f"the key {name!r} is not written in {encoding}", next_step="Correct the asset's option `encoding`."
        ) from None
    return stored


def _nothing() -> NoReturn:
    raise ValueError


OPENERS: tuple[Opener, ...] = (artifact, key)
