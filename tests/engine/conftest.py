"""Plugins as a third party installs them, and small targets for them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from lepton_audit.registry import Registry, load_registry

HERE = Path(__file__).parent
STRANGE = '''
    import json, os, socket, sys, time, signal
    from collections.abc import Iterator
    from lepton_audit import *
    from lepton_audit import Count, Doubt, Evidence, Frozen, Number, Sharper, Unopenable, Unreachable, hookimpl, measure, probe
    from acme_lepton import Notebook

    class Seen(Evidence):
        lines: Count = measure("Lines", unit="lines", strength="proven")

    class Read(Frozen):
        n: int

    def say(text):
        """Write a raw answer, past the engine."""
        with open("answer.json", "w") as file:
            file.write(text)

    {probe}

    @hookimpl
    def lepton_probes():
        return [look]
'''
LOOK = '''@probe("strange.look", version=1)
    def look(notebook: Notebook) -> Seen:
        """It looks."""
        path = notebook.path
        {body}
        return Seen(lines=1)
'''
REFINE = '''@probe("strange.look", version=1)
    def look(notebook: Notebook, resume: Read | None) -> Iterator[Sharper[Seen, Read]]:
        """It looks again and again."""
        path = notebook.path
        {body}
        yield Sharper(Seen(lines=9), Read(n=9), last=True)
'''
Site = Callable[..., Path]


@pytest.fixture(scope="session")
def acme_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the acme plugin from its own project."""
    folder = tmp_path_factory.mktemp("site")
    project = HERE.parent / "acme"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--target",
        folder,
        project,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def acme(acme_site: Path, on_path: Callable[[Path], None]) -> Registry:
    """The registry with the acme plugin, here and in child processes."""
    on_path(acme_site)
    return load_registry()


@pytest.fixture
def on_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Makes a folder importable, here and in child processes; its modules are forgotten afterwards."""
    before = set(sys.modules)

    def add(folder: Path) -> None:
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")])))

    yield add
    for name in set(sys.modules) - before:
        if name.startswith(("acme_lepton", "strange_")):
            del sys.modules[name]


@pytest.fixture
def site(tmp_path: Path, on_path: Callable[[Path], None]) -> Site:
    """Installs a module as a plugin: its file, and the metadata that makes its entry point known."""

    def install(name: str, source: str) -> Path:
        folder = tmp_path / "strange-site"
        meta = folder / f"{name}-1.0.dist-info"
        meta.mkdir(parents=True)
        (folder / f"{name}.py").write_text(dedent(source))
        (meta / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (meta / "entry_points.txt").write_text(f"[lepton_audit]\n{name} = {name}\n")
        on_path(folder)
        return folder

    return install


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A store of the test's own."""
    return str(tmp_path / "store.sqlite")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A target with one notebook of twenty lines, every other one beginning with x."""
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "a.note").write_text("".join(f"{'xy'[i % 2]} line {i}\n" for i in range(20)))
    file = folder / "target.yaml"
    file.write_text(
        dedent("""\
        apiVersion: lepton-audit/v1
        kind: Target
        metadata: {id: notes}
        assets:
          a: {kind: notebook, uri: a.note}
        """)
    )
    return file


@pytest.fixture
def policy(tmp_path: Path) -> Callable[..., str]:
    """Writes a policy with one control per (probe, require) pair; its file."""

    def write(*rules: str, name: str = "house", severity: str = "high") -> str:
        controls = "".join(
            f"  - {{id: control-{i}, title: It holds, severity: {severity}, rules: [{{id: rule, {rule}}}]}}\n"
            for i, rule in enumerate(rules)
        )
        file = tmp_path / f"{name}.yaml"
        head = f"apiVersion: lepton-audit/v1\nkind: Policy\nmetadata: {{id: {name}, version: 1.0.0}}\ncontrols:\n"
        file.write_text(head + controls)
        return str(file)

    return write


@pytest.fixture
def strange(acme: Registry, site: Site) -> Callable[[str], Registry]:
    """The registry with a probe `strange.look` of this body."""
    return lambda body: _strange(site, LOOK.replace("{body}", body))


@pytest.fixture
def refining(acme: Registry, site: Site) -> Callable[[str], Registry]:
    """The registry with a refinable probe `strange.look` of this body."""
    return lambda body: _strange(site, REFINE.replace("{body}", body))


def _strange(site: Site, source: str) -> Registry:
    site("strange_plugin", STRANGE.replace("{probe}", source))
    registry = load_registry()
    assert registry.faults == ()
    return registry
