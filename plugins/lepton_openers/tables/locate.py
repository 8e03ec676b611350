"""Where a table's file lies, and a name for it that no engine takes for a pattern."""

from __future__ import annotations

from pathlib import Path

from lepton_audit import PinnedAsset, Unopenable


def regular_file(asset: PinnedAsset) -> Path:
    """The asset's file.

    Raises: Unopenable if it is missing, a folder, or can't be read.
    """
    if asset.path is None or not asset.path.exists():
        raise Unopenable(f"table {asset.name}: the file is missing", next_step="Correct `uri` in the target file.")
    if not asset.path.is_file():
        raise Unopenable(f"table {asset.name}: it is no regular file", next_step="Name a file in `uri`.")
    return asset.path


def magic(asset: PinnedAsset, length: int = 16) -> bytes:
    """The file's first bytes."""
    try:
        with regular_file(asset).open("rb") as file:
            return file.read(length)
    except OSError as error:
        raise Unopenable(f"table {asset.name}: the file can't be read ({error.strerror})") from error


def plain_name(asset: PinnedAsset, suffix: str) -> Path:
    """A link in the scratch folder to the file: its name holds no quote and no glob character."""
    link = asset.scratch / f"lepton-table{suffix}"
    link.unlink(missing_ok=True)
    link.symlink_to(regular_file(asset).resolve())
    return link
