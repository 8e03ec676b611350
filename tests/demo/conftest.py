"""Both states of the demo, built once."""

from __future__ import annotations

import pytest

from lepton_audit.demo import build


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    build(folder, "published")
    return folder


@pytest.fixture(scope="session")
def hardened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hardened")
    build(folder, "hardened")
    return folder
