"""The budget of a ledger: nothing is left out, and no claim is believed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from lepton_openers.ledgers import LiveLedger, json_ledger
from lepton_privacy.budget import BudgetSettings, budget
from pydantic import ValidationError

from lepton_audit import LedgerOptions, LookRefused, Release
from lepton_audit.testing.pinned import pinned

ADD, REPLACE = "add-or-remove-one", "replace-one"


def release(mechanism="laplace", adjacency=ADD, **figures):
    figures = {"id": "r", "scale": 10.0, "sensitivity": 1.0} | figures
    return Release(mechanism=mechanism, adjacency=adjacency, **figures)


def look(*releases, delta=1e-6, **whole):
    options = LedgerOptions(**whole)
    named = tuple(r.model_copy(update={"id": f"{r.id}{i}"}) for i, r in enumerate(releases))
    told = (options.claimed_epsilon, options.claimed_delta, options.records)
    return budget.look(LiveLedger("releases", named, *told, options), settings=BudgetSettings(delta=delta))


def test_three_hundred_laplace_releases_cost_less_than_their_sum():
    seen = look(release(count=300))
    assert (seen.basic_epsilon, seen.method, seen.releases, seen.draws) == (30.0, "pld", 1, 300)
    assert seen.epsilon == pytest.approx(8.995, abs=1e-3)
    assert seen.rdp_epsilon == pytest.approx(9.553, abs=1e-3)
    assert (seen.unaccounted, seen.flaws, seen.doubts) == (0, (), ())


def test_the_order_and_the_spelling_of_the_ledger_do_not_matter():
    one, other = release(scale=4.0), release("gaussian", scale=7.0)
    assert look(one, other, one).epsilon == look(other, one.model_copy(update={"count": 2})).epsilon


@pytest.mark.parametrize(
    ("flaw", "because"),
    [
        ({"scale": 0.0}, "no noise"),
        ({"scale": None}, "scale missing"),
        ({"sensitivity": None}, "sensitivity missing"),
        ({"sensitivity": 0.0}, "sensitivity zero"),
        ({"scale": 1e-320}, "bound nothing"),
        ({"mechanism": "pure"}, "epsilon and delta missing"),
        ({"mechanism": "approximate", "epsilon": 1.0}, "delta missing"),
        ({"mechanism": "approximate", "epsilon": 1.0, "delta": 1.0}, "bound nothing"),
    ],
)
def test_one_release_without_a_bound_leaves_the_ledger_without_one(flaw, because):
    seen = look(release(), release(**{"mechanism": "gaussian"} | flaw), claimed_epsilon=1.0)
    assert (seen.epsilon, seen.basic_epsilon, seen.rdp_epsilon, seen.claim_excess) == ("unbounded",) * 4
    assert (seen.unaccounted, seen.method, seen.flaws[0].release) == (1, "none", "r1")
    assert because in seen.flaws[0].because
    assert seen.noiseless == (flaw.get("scale") == 0.0)


def test_a_gaussian_is_unbounded_at_delta_zero_and_laplace_is_not():
    assert look(release("gaussian"), delta=0.0).epsilon == "unbounded"
    assert look(release(count=3), delta=0.0).epsilon == 0.3


def test_claims_that_exceed_delta_leave_no_bound():
    spent = release("approximate", epsilon=0.1, delta=6e-7)
    assert look(spent).epsilon == pytest.approx(0.1, abs=1e-3)
    assert look(spent, spent).epsilon == "unbounded"


def test_adjacencies_are_never_mixed_in_silence():
    alone, mixed = look(release(), release()), look(release(), release(adjacency=REPLACE))
    assert (alone.adjacency, alone.mixed_adjacency) == (ADD, False)
    assert (mixed.adjacency, mixed.mixed_adjacency) == (REPLACE, True)
    assert mixed.basic_epsilon == pytest.approx(0.3)
    assert look(release(adjacency=REPLACE), release(adjacency=REPLACE)).epsilon == alone.epsilon


def test_a_claim_on_the_whole_is_met_at_its_own_delta():
    honest = look(release(count=300), claimed_epsilon=9.0, claimed_delta=1e-6)
    assert honest.claim_excess == pytest.approx(-0.005, abs=1e-3)
    assert look(release(count=300), claimed_epsilon=9.0).claim_excess == pytest.approx(21.0)
    assert look(release("gaussian"), claimed_epsilon=9.0).claim_excess == "unbounded"


def test_the_published_flaws_are_found_and_the_clean_twin_is_cleared():
    deviation = release("gaussian", epsilon=0.1)  # flaw 4: 1/epsilon, no sensitivity's part, no delta
    silent = release(scale=0.0, epsilon=0.1)  # flaw 5: a release identical to its input
    larger = [release(scale=e, epsilon=e) for e in (0.1, 10.0)]  # flaw 6: a larger epsilon protects more
    seen = look(deviation, silent, *larger, claimed_epsilon=1.0, claimed_delta=1e-6, records=2)
    assert (seen.understated_claims, seen.overstated_claims, seen.inverted_claims) == (3, 1, 2)
    assert (seen.noiseless, seen.epsilon, seen.claims) == (1, "unbounded", 4)
    assert (seen.records, seen.delta_times_records) == (2, 2e-6)
    twin = look(
        *[release(scale=1 / e, epsilon=e) for e in (0.1, 0.5)], claimed_epsilon=0.6, claimed_delta=1e-6, records=1000
    )
    assert (twin.understated_claims, twin.overstated_claims, twin.inverted_claims, twin.unaccounted) == (0, 0, 0, 0)
    assert twin.claim_excess <= 0


def test_delta_times_records_takes_the_greater_delta():
    assert look(release(), records=10**7).delta_times_records == 10.0
    assert look(release(), records=100, claimed_epsilon=1.0, claimed_delta=0.1).delta_times_records == 10.0
    assert look(release()).delta_times_records is None


def test_a_ledger_that_claims_nothing_exceeds_no_claim():
    seen = look(release())
    assert (seen.claimed_epsilon, seen.claim_excess, seen.claims, seen.understated_claims) == (None, 0.0, 0, 0)
    assert look(release(scale=0.0)).claim_excess == 0.0
    assert look(release(scale=0.0)).epsilon == "unbounded"


def claimed(mechanism="pure", **figures):
    return release(mechanism, **{"scale": None, "sensitivity": None, "epsilon": 0.1} | figures)


def test_releases_believed_on_their_claim_alone_are_counted():
    seen = look(claimed(), claimed("approximate", delta=1e-7), release(epsilon=0.1), claimed_epsilon=0.3)
    assert (seen.unverifiable, seen.claims, seen.unaccounted) == (2, 1, 0)
    assert look(release(epsilon=0.1)).unverifiable == 0


def test_a_claim_on_a_release_that_has_no_noise_is_not_believed():
    seen = look(claimed(scale=0.0), claimed_epsilon=0.1)
    assert (seen.epsilon, seen.unaccounted, seen.noiseless, seen.claim_excess) == ("unbounded", 1, 1, "unbounded")
    assert "no noise" in seen.flaws[0].because


def test_delta_times_records_counts_the_releases_own_deltas():
    assert look(release("gaussian", epsilon=0.0, delta=0.9), records=100).delta_times_records == 90.0
    thrice = claimed("approximate", delta=0.01, count=3)
    assert look(thrice, thrice, records=100).delta_times_records == pytest.approx(6.0)
    assert look(claimed("approximate", delta=0.9, count=9), records=100).delta_times_records == 100.0
    honest = release("gaussian", delta=1e-6, epsilon=5.0)
    assert look(honest, honest, records=1000).delta_times_records == 1e-3


def test_delta_is_the_policys_word():
    with pytest.raises(ValidationError):
        BudgetSettings()
    for wrong in (True, "1e-6", 1.0, -1e-9, float("nan")):
        with pytest.raises(ValidationError):
            BudgetSettings(delta=wrong)


@dataclass
class Hollow:
    """A ledger of another opener, without releases."""

    name: str = "hollow"
    releases: tuple[()] = ()
    claimed_epsilon: float | None = 1.0
    claimed_delta: float | None = None
    records: int | None = None


def test_a_ledger_without_releases_is_refused():
    with pytest.raises(LookRefused, match="no releases"):
        budget.look(Hollow(), settings=BudgetSettings(delta=1e-6))


def test_a_ledger_from_a_file_ends_in_evidence(tmp_path):
    path = tmp_path / "ledger.json"
    path.write_text(
        '{"claimed_epsilon": 1, "records": 500, "releases": [{"id": "mean", "mechanism": "laplace", "scale": 2, '
        '"sensitivity": 1, "adjacency": "add-or-remove-one"}]}'
    )
    seen = budget.look(json_ledger.open(pinned("ledger", path, scratch=tmp_path)), settings=BudgetSettings(delta=1e-6))
    assert (seen.epsilon, seen.claim_excess) == (pytest.approx(0.5, abs=1e-4), -0.5)
    assert seen == seen.model_validate_json(seen.model_dump_json())


def test_both_probes_are_registered_and_explained():
    import lepton_privacy

    found = {probe.id: probe for probe in lepton_privacy.lepton_probes()}
    assert sorted(found) == ["privacy.budget", "privacy.k-anonymity"]
    for probe in found.values():
        assert all((probe.docs.title, probe.docs.what, probe.docs.why, probe.docs.source, probe.docs.limits))
