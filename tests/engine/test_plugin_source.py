"""Law 3: a look is stale when anything of the plugin changed that made it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from lepton_audit.auditing import audit
from lepton_audit.registry import load_registry, source_digest

PROBES = '''
    import os
    from pathlib import Path
    from acme_lepton import Notebook
    from lepton_audit import Count, Evidence, measure, probe

    class Seen(Evidence):
        lines: Count = measure("Lines", unit="lines", strength="proven")

    @probe("strange.read", version=1)
    def read(notebook: Notebook) -> Seen:
        """It reads a file of its own."""
        return Seen(lines=int((Path(__file__).parent / "number.txt").read_text()) + len(os.environ.get("STRANGE", "")))
'''
HOOKS = """
    from lepton_audit import hookimpl
    from strange_package.probes import read

    class Plugin:
        @hookimpl
        def lepton_probes(self):
            return [read]

    plugin = Plugin()

    @hookimpl
    def lepton_probes():
        return [read]
"""


@pytest.fixture(params=["strange_package.hooks", "strange_package.hooks:plugin"])
def package(request, acme, on_path, tmp_path):
    folder = tmp_path / "site" / "strange_package"
    meta = tmp_path / "site" / "strange_package-1.0.dist-info"
    for made in (folder, meta):
        made.mkdir(parents=True)
    for name, text in {"__init__.py": "", "probes.py": PROBES, "hooks.py": HOOKS, "number.txt": "1"}.items():
        (folder / name).write_text(dedent(text))
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: strange_package\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text(f"[lepton_audit]\nstrange = {request.param}\n")
    on_path(tmp_path / "site")
    return folder


@pytest.fixture
def reused(target, store, policy):
    def count():
        source_digest.cache_clear()
        house = policy("probe: strange.read, require: {lines: {equals: 1}}")
        report = audit(target, [house], store=store, registry=load_registry())
        return report.coverage.reused, report.findings[0].verdict

    return count


@pytest.mark.parametrize("changed", ["probes.py", "number.txt", "hooks.py"])
def test_any_changed_file_of_the_package_repeats_the_look(changed, package, reused):
    assert reused() == (0, "pass")
    assert reused() == (1, "pass")
    file = package / changed
    file.write_text(file.read_text().replace("1", "2") if changed == "number.txt" else file.read_text() + "# changed\n")
    assert reused() == (0, "fail" if changed == "number.txt" else "pass")


def test_a_variable_that_the_target_doesn_t_name_is_not_seen(package, reused, monkeypatch):
    assert reused() == (0, "pass")
    monkeypatch.setenv("STRANGE", "x")
    assert reused() == (1, "pass")


def test_a_plugin_whose_source_can_t_be_found_is_never_reused():
    assert source_digest(()) == source_digest(())
    source_digest.cache_clear()
    first = source_digest(())
    source_digest.cache_clear()
    assert first != source_digest(())
