"""The opener of federations: every file of the project, nothing from outside it."""

from __future__ import annotations

import pytest
from lepton_openers.federations import folder

from lepton_audit import Unopenable
from lepton_audit.testing.pinned import pinned


def opened(path, tmp_path, **options):
    return folder.open(pinned("federation", path, scratch=tmp_path, options=options))


def test_every_file_is_listed_by_its_path(tmp_path):
    project = tmp_path / "p"
    (project / "a" / "__pycache__").mkdir(parents=True)
    (project / "a" / "b.py").write_text("x = 1\n")
    (project / "a" / "__pycache__" / "b.pyc").write_bytes(b"\0")
    (project / "run.sh").write_text("true\n")
    assert list(opened(project, tmp_path).files) == ["a/b.py", "run.sh"]


def test_a_link_that_leaves_the_folder_is_left_out(tmp_path):
    project = tmp_path / "p"
    project.mkdir()
    (tmp_path / "secret.py").write_text("x = 1\n")
    (project / "own.py").write_text("x = 1\n")
    (project / "link.py").symlink_to(tmp_path / "secret.py")
    assert list(opened(project, tmp_path).files) == ["own.py"]


@pytest.mark.parametrize("commands", [["missing.sh"], ["../outside.sh"]])
def test_a_declared_command_file_must_be_in_the_folder(tmp_path, commands):
    project = tmp_path / "p"
    project.mkdir()
    (project / "own.py").write_text("x = 1\n")
    (tmp_path / "outside.sh").write_text("true\n")
    with pytest.raises(Unopenable, match="no command file"):
        opened(project, tmp_path, commands=commands)


def test_a_file_is_no_federation(tmp_path):
    (tmp_path / "f").write_text("x")
    with pytest.raises(Unopenable, match="must be a folder"):
        opened(tmp_path / "f", tmp_path)


def test_an_empty_folder_is_no_federation(tmp_path):
    (tmp_path / "p").mkdir()
    with pytest.raises(Unopenable, match="holds no file"):
        opened(tmp_path / "p", tmp_path)
