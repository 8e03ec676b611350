"""The probe `privacy.budget`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from lepton_audit import (
    Bounded,
    Count,
    Evidence,
    EvidencePart,
    Ledger,
    LookRefused,
    Number,
    Release,
    Settings,
    measure,
    part,
    probe,
)
from lepton_privacy.accounting.claims import Claim, claims, inverted
from lepton_privacy.accounting.costs import Adjacency, Cost, adjacency_of, believed, cost, counted
from lepton_privacy.accounting.totals import NO_TOTAL, bounded, total

Delta = Annotated[float, Field(strict=True, ge=0, lt=1)]


class BudgetSettings(Settings):
    """At which delta the loss is told: the policy's word, so it has no default."""

    delta: Delta
    """Probability with which epsilon may be exceeded."""


class Flaw(EvidencePart):
    """A release that can't be accounted for, or whose claim its noise contradicts."""

    release: str = measure("Id of the release in the ledger", unit="name", strength="proven")
    because: str = measure("What is wrong", unit="text", strength="proven")


class Budget(Evidence):
    """What a ledger of releases has cost."""

    epsilon: Bounded = measure(
        "Total loss at `delta`, the lowest of three upper bounds", unit="epsilon", strength="proven"
    )
    basic_epsilon: Bounded = measure("Sum of the losses of all draws", unit="epsilon", strength="proven")
    rdp_epsilon: Bounded = measure("Total loss by Rényi accounting", unit="epsilon", strength="proven")
    method: str = measure("Accountant of epsilon: `pld`, `rdp`, `basic` or `none`", unit="name", strength="proven")
    delta: Number = measure("Probability with which epsilon may be exceeded", unit="probability", strength="proven")
    adjacency: str = measure("Neighbouring tables that epsilon speaks of", unit="name", strength="proven")
    mixed_adjacency: bool = measure("The ledger mixes both adjacencies", unit="bool", strength="proven")
    claimed_epsilon: Number | None = measure("Total loss that the ledger claims", unit="epsilon", strength="proven")
    claimed_delta: Number | None = measure("Delta of that claim", unit="probability", strength="proven")
    claim_excess: Bounded = measure(
        "Total loss at the delta of the claim (0 if it names none), less the claim; 0 where no total is claimed",
        unit="epsilon",
        strength="proven",
    )
    releases: Count = measure("Releases in the ledger", unit="releases", strength="proven")
    draws: Count = measure("Times that something was released", unit="draws", strength="proven")
    unaccounted: Count = measure(
        "Releases without a finite bound, for want of noise or of a figure", unit="releases", strength="proven"
    )
    noiseless: Count = measure("Releases whose scale is zero", unit="releases", strength="proven")
    unverifiable: Count = measure(
        "Releases believed on their claim alone, without noise to compare it with", unit="releases", strength="proven"
    )
    claims: Count = measure("Claims on releases with noise", unit="claims", strength="proven")
    understated_claims: Count = measure("Claims below what the noise costs", unit="claims", strength="proven")
    overstated_claims: Count = measure("Claims above what the noise costs", unit="claims", strength="proven")
    inverted_claims: Count = measure("Claims that fall where the loss rises", unit="claims", strength="proven")
    records: Count | None = measure("Persons in the data, as the ledger says", unit="persons", strength="proven")
    delta_times_records: Number | None = measure(
        "Persons whose data may be given away whole: the greatest delta of policy, claim and releases, times the persons",
        unit="persons",
        strength="proven",
    )
    flaws: tuple[Flaw, ...] = part("Releases that can't be accounted for, and claims below the cost")


@probe("privacy.budget", version=1, preload=("numpy", "scipy", "dp_accounting.pld.privacy_loss_distribution"))
def budget(ledger: Ledger, settings: BudgetSettings) -> Budget:
    """The total privacy loss of all releases is known, and what is claimed of it is true.

    What it does:
        Composes every release of the ledger into one privacy loss distribution, rounded towards more loss, and tells
        epsilon at the given delta. Basic composition and Rényi accounting stand beside it; epsilon is the lowest, since each is an upper
        bound. A release without noise or without its figures makes epsilon unbounded; none is left out. Compares the claim on
        the whole at the claim's own delta, and the claim on each release with what its noise costs. Counts the releases (`pure`,
        `approximate`) whose claim is all there is.
    Why it matters:
        Losses add up over releases. A budget that leaves out one of them, or believes a claim that the noise contradicts, is no limit.
    Source:
        Dwork and Roth (2014). Koskela, Jälkö, Honkela (2020) and Doroshenko et al. (2022), privacy loss distributions.
        Balle and Wang (2018), Gaussian. Balle, Barthe, Gaboardi (2018), sampling. Kairouz, Oh, Viswanath (2015), the worst
        mechanism for an epsilon and delta. Canonne, Kamath, Steinke (2020), discrete Gaussian, Rényi conversion.
    Known limits:
        It sees one ledger: what was released of the same persons under another asset is not added, so ledgers of the same
        persons must be one asset (a folder of ledgers, format `ledgers`). It believes the ledger: a release that isn't in it, another noise than it says, or noise drawn once for a whole vector
        is not seen. If one release is under `replace-one`, so is epsilon: noise against a row more or less then counts with
        twice its sensitivity, a claim by group privacy, and sampling not at all. Different adjacencies' epsilons differ by up
        to two. Discrete Gaussian noise is taken for a single number's. Floating-point leaks of a sampler aren't seen. With more than 64
        different releases, or losses of one draw beyond 600, Rényi accounting or the sum answers. The rounding errors
        of Fourier transforms are estimated, not proven, and taken from delta.
    """
    releases = tuple(ledger.releases)
    if not releases:
        raise LookRefused(
            f"ledger {ledger.name}: it has no releases", next_step="Record the releases, or name their ledger."
        )
    adjacency = adjacency_of(releases)
    flaws = _unaccounted(releases, adjacency)
    spent = counted(releases, adjacency) if not flaws else None
    found = claims(releases)
    at_delta = total(spent, settings.delta) if spent else NO_TOTAL
    return Budget(
        epsilon=bounded(at_delta.least),
        basic_epsilon=bounded(at_delta.basic),
        rdp_epsilon=bounded(at_delta.renyi),
        method=at_delta.method,
        delta=settings.delta,
        adjacency=adjacency,
        mixed_adjacency=len({release.adjacency for release in releases}) > 1,
        claimed_epsilon=ledger.claimed_epsilon,
        claimed_delta=ledger.claimed_delta,
        claim_excess=_excess(ledger, spent),
        releases=len(releases),
        draws=sum(release.count for release in releases),
        unaccounted=len(flaws),
        noiseless=sum(r.scale == 0 for r in releases),
        unverifiable=sum(believed(r) for r in releases),
        claims=len(found),
        understated_claims=sum(claim.understated for claim in found),
        overstated_claims=sum(claim.overstated for claim in found),
        inverted_claims=inverted(found),
        records=ledger.records,
        delta_times_records=_expected(ledger, settings.delta),
        flaws=(*flaws, *_understated(found)),
    )


def _unaccounted(releases: Sequence[Release], adjacency: Adjacency) -> tuple[Flaw, ...]:
    return tuple(Flaw(release=r.id, because=_why(r)) for r in releases if cost(r, adjacency) is None)


def _why(release: Release) -> str:
    if believed(release) and release.scale != 0:
        missing = [name for name in ("epsilon", "delta") if getattr(release, name) is None]
        return f"{' and '.join(missing)} missing" if missing else "its epsilon and delta bound nothing"
    for name in ("scale", "sensitivity"):
        value = getattr(release, name)
        if value is None:
            return f"{name} missing"
        if value == 0:
            return "no noise: its scale is zero" if name == "scale" else "sensitivity zero: it bounds nothing"
    return "its figures bound nothing"


def _understated(found: Sequence[Claim]) -> list[Flaw]:
    return [
        Flaw(
            release=c.release.id, because=f"claims epsilon {c.release.epsilon}, but its noise costs {bounded(c.least)}"
        )
        for c in found
        if c.understated
    ]


def _excess(ledger: Ledger, spent: dict[Cost, int] | None) -> Bounded:
    """What is claimed of nothing is exceeded by nothing."""
    if ledger.claimed_epsilon is None:
        return 0.0
    epsilon = bounded((total(spent, ledger.claimed_delta or 0.0) if spent else NO_TOTAL).least)
    return "unbounded" if epsilon == "unbounded" else round(epsilon - ledger.claimed_epsilon, 9)


def _expected(ledger: Ledger, delta: float) -> float | None:
    """Deltas of releases that are believed add up; that of a claim on noise is only one way to tell its cost."""
    if ledger.records is None:
        return None
    failing = math.fsum(r.count * (r.delta or 0.0) for r in ledger.releases if believed(r))
    each = max(r.delta or 0.0 for r in ledger.releases)
    return max(delta, ledger.claimed_delta or 0.0, min(failing, 1.0), each) * ledger.records
