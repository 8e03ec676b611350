"""The ledgers' true losses: Laplace by hand, Gaussian with dp-accounting's PLD."""

from __future__ import annotations

import json

import pytest
from dp_accounting import GaussianDpEvent, SelfComposedDpEvent
from dp_accounting.pld import PLDAccountant

DELTA = 1e-6
NAMES = ("averages", "export", "counts", "training")


def ledger(folder, name):
    return json.loads((folder / f"privacy/{name}.json").read_text())


def loss(release):
    times = release.get("count", 1)
    if release["scale"] == 0:
        return float("inf")
    if release["mechanism"] == "laplace":
        return times * release["sensitivity"] / release["scale"]
    event = GaussianDpEvent(noise_multiplier=release["scale"] / release["sensitivity"])
    return PLDAccountant().compose(SelfComposedDpEvent(event, times)).get_epsilon(DELTA)


@pytest.mark.parametrize("name", NAMES)
def test_each_published_ledger_spends_more_than_one(published, name):
    assert sum(map(loss, ledger(published, name)["releases"])) > 5


@pytest.mark.parametrize("name", NAMES)
def test_each_hardened_ledger_stays_within_its_claim_and_clearly_below_three(hardened, name):
    content = ledger(hardened, name)
    assert sum(map(loss, content["releases"])) <= content["claimed_epsilon"] < 2.5


def test_the_hardened_training_ledger_tells_what_the_federations_server_does(hardened):
    (rounds,) = ledger(hardened, "training")["releases"]
    server = (hardened / "federation/clinic/server_app.py").read_text()
    assert f"noise_multiplier={rounds['scale']}, clipping_norm={rounds['sensitivity']}" in server
    assert f"num_rounds={rounds['count']}" in server


def test_the_published_gaussian_claims_far_less_than_it_loses(published):
    content = ledger(published, "averages")
    assert loss(content["releases"][0]) > 10 * content["claimed_epsilon"]


@pytest.mark.parametrize("name", ["export", "training"])
def test_two_published_releases_have_no_noise_at_all(published, name):
    assert ledger(published, name)["releases"][0]["scale"] == 0
