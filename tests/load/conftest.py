"""Files to load, and the registry of the first-party plugins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from lepton_audit.registry import Registry, load_registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file; its path."""

    def write(text: str, name: str = "file.yaml") -> Path:
        file = tmp_path / name
        file.write_text(dedent(text))
        return file

    return write
