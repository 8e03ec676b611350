"""Where a plugin's source lies, and what it says: changed source makes evidence stale (law 3)."""

from __future__ import annotations

import hashlib
import secrets
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lepton_audit.facts.canonical import digest


def sources_of(modules: Iterable[str]) -> tuple[Path, ...]:
    """The top-level packages, or single files, that the modules belong to. Empty where one can't be found."""
    tops = {module.partition(".")[0] for module in modules} - {"lepton_audit", "builtins"}
    files = [getattr(sys.modules.get(top), "__file__", None) for top in tops]
    if not files or None in files:
        return ()
    paths = [Path(file) for file in files if file]
    return tuple(sorted(path.parent if path.name == "__init__.py" else path for path in paths))


@cache
def source_digest(sources: tuple[Path, ...]) -> str:
    """SHA-256 over every file of the sources but bytecode. What can't be read is never equal to anything, not even itself."""
    files = [file for root in sources for file in sorted(root.rglob("*") if root.is_dir() else [root]) if _counts(file)]
    if not files:
        return f"unknown-{secrets.token_hex(8)}"
    return digest([(str(file), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files])[:16]


def _counts(file: Path) -> bool:
    return file.is_file() and file.suffix != ".pyc"
