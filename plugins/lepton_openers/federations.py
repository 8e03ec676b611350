"""Opens a federation: the folder of a federated-learning project with its deployment commands."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lepton_audit import FederationOptions, Opener, PinnedAsset, Unopenable, opener

NOT_THE_PROJECT = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", "site-packages", ".tox", ".mypy_cache"}
)
"""Folders that hold history, caches and other people's code."""


@dataclass(frozen=True)
class ProjectFolder:
    """A `Federation`: every regular file of the project, by its path relative to the folder."""

    name: str
    root: Path
    files: Mapping[str, Path]
    options: FederationOptions


@opener("federation", formats=("folder",), suffixes=("*",))
def folder(asset: PinnedAsset) -> ProjectFolder:
    """The project's files are listed, without history, caches and installed packages; links that leave it are left out.

    Raises: Unopenable where there is no such folder, it is empty, or a declared command file isn't in it.
    """
    root = asset.path
    if root is None or not root.is_dir():
        raise Unopenable(
            f"federation {asset.name!r} must be a folder", next_step="Name the project's folder in `uri` of the target."
        )
    files = dict(sorted(_files(root)))
    if not files:
        raise Unopenable(f"the folder of federation {asset.name!r} holds no file")
    _demand_commands(asset, files)
    return ProjectFolder(asset.name, root, files, asset.options)


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    home = root.resolve()
    for folder_, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - NOT_THE_PROJECT)
        for path in (Path(folder_, name) for name in names):
            if path.is_file() and path.resolve().is_relative_to(home):
                yield path.relative_to(root).as_posix(), path


def _demand_commands(asset: PinnedAsset, files: Mapping[str, Path]) -> None:
    missing = [name for name in asset.options.commands if name not in files]
    if missing:
        raise Unopenable(
            f"federation {asset.name!r}: no command file {', '.join(missing)} in the folder",
            next_step="Write `commands` as paths relative to the federation's folder.",
        )


OPENERS: tuple[Opener, ...] = (folder,)
