"""The project's modules: which file an import means."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import PurePosixPath


def file_of(module: str, files: Mapping[str, ast.Module]) -> str | None:
    """The project's file of a dotted module name, wherever the source folder starts."""
    tails = (module.replace(".", "/") + ".py", module.replace(".", "/") + "/__init__.py")
    found = [name for name in files for tail in tails if name == tail or name.endswith("/" + tail)]
    return min(found, key=lambda name: (name.count("/"), name), default=None)


def absolute(module: str | None, level: int, file: str) -> str:
    """The dotted name that a relative import means, seen from the file."""
    if not level:
        return module or ""
    folder = PurePosixPath(file).parent
    for _ in range(level - 1):
        folder = folder.parent
    package = ".".join(part for part in folder.parts if part not in {"", ".", "/"})
    return ".".join(part for part in (package, module or "") if part)
