"""The whole demo: built, started, audited over its real services, stopped."""

from __future__ import annotations

import psutil
import pytest

from lepton_audit import audit
from lepton_audit.auditing import Options
from lepton_audit.demo import FLAWS, POLICIES, build, running
from lepton_audit.demo.vault import PASSPHRASE
from lepton_audit.load.problems import BadInput

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def audited(state, folder):
    build(folder / "system", state)
    with running(folder / "system", state) as target:
        return audit(target, POLICIES, store=f"sqlite:///{folder}/store.db", options=Options(jobs=2))


@pytest.fixture(scope="module")
def of_published(tmp_path_factory):
    return audited("published", tmp_path_factory.mktemp("audit-published"))


@pytest.fixture(scope="module")
def of_hardened(tmp_path_factory):
    return audited("hardened", tmp_path_factory.mktemp("audit-hardened"))


def verdicts(report):
    return {finding.verdict for finding in report.findings}


def test_the_published_state_is_nonconformant(of_published):
    assert (of_published.verdict, of_published.gate.exit_code) == ("nonconformant", 1)
    assert "error" not in verdicts(of_published)


@pytest.mark.parametrize(
    ("flaw", "control"),
    [(flaw, control) for flaw in FLAWS for control in flaw.controls],
    ids=lambda v: getattr(v, "asset", v),
)
def test_each_flaw_of_the_published_state_is_found(of_published, flaw, control):
    found = [f for f in of_published.findings if f.control == control and flaw.asset in f.assets.values()]
    assert [(f.probe, f.verdict) for f in found] == [(flaw.probe, "fail")]


def test_what_no_probe_sees_is_unattested_in_the_published_state(of_published):
    kept = [f.verdict for f in of_published.findings if f.control == "storage-limitation"]
    assert kept == ["unattested"]


def test_the_hardened_state_is_conformant_and_everything_about_it_is_decided(of_hardened):
    bad = [(f.control, f.assets, f.because) for f in of_hardened.findings if f.verdict not in {"pass", "attested"}]
    assert bad == []
    assert (of_hardened.verdict, of_hardened.gate.exit_code) == ("conformant", 0)
    assert of_hardened.faults == ()


def test_both_states_are_asked_the_same(of_published, of_hardened):
    asked = [{(f.control, *list(f.assets.values())[:1]) for f in r.findings} for r in (of_published, of_hardened)]
    assert asked[0] == asked[1]


def test_no_key_and_no_name_is_in_the_report(of_published, published):
    text = of_published.model_dump_json()
    names = [line.split(",")[0] for line in (published / "data/patients.csv").read_text().splitlines()[1:]]
    assert PASSPHRASE.decode() not in text
    assert PASSPHRASE.hex() not in text
    assert not [name for name in names if name in text]


def test_bad_input_stops_the_services(published):
    with pytest.raises(BadInput), running(published, "published") as target:
        audit(target, ["no-such-policy"])
    assert not [p for p in psutil.Process().children(recursive=True) if "lepton_audit.demo.serving" in p.cmdline()]
