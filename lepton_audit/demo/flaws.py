"""Which flaws the published state has, and where the audit must find each."""

from __future__ import annotations

from lepton_audit.facts.frozen import Frozen


class Flaw(Frozen):
    """A planted flaw, and the finding that must tell it: this probe, on this asset, for these controls of lepton-baseline."""

    number: int | None
    """In the list of the published design's flaws; none for what that list doesn't number."""
    flaw: str
    probe: str
    asset: str
    controls: tuple[str, ...]


def _in_ledger(number: int, ledger: str, flaw: str, *, claim: bool = True) -> Flaw:
    controls = ("privacy-budget", "privacy-claim") if claim else ("privacy-budget",)
    return Flaw(number=number, flaw=flaw, probe="privacy.budget", asset=ledger, controls=controls)


FLAWS: tuple[Flaw, ...] = (
    Flaw(
        number=1,
        flaw="Records are encrypted with AES-CBC, without authentication, under 14 characters that stand in the source.",
        probe="encryption.at-rest",
        asset="records",
        controls=("encryption-at-rest", "tamper-evidence"),
    ),
    _in_ledger(4, "averages", "A Gaussian mechanism has standard deviation 1/epsilon, whatever the sensitivity."),
    _in_ledger(5, "export", "A release that claims noise is identical to its input."),
    _in_ledger(6, "counts", "The larger epsilon was taken, because it was thought to protect more.", claim=False),
    _in_ledger(7, "training", "The noise never reaches the gradient."),
    Flaw(
        number=7,
        flaw="Delta = 1e-6 is claimed on a table of two rows.",
        probe="privacy.budget",
        asset="training",
        controls=("privacy-failure",),
    ),
    Flaw(
        number=8,
        flaw="A federation in which participants upload their rows: no TLS, no authentication, no secure aggregation.",
        probe="federated.setup",
        asset="federation",
        controls=(
            "federation-encryption",
            "federation-authentication",
            "federation-aggregation",
            "federation-noise",
            "federation-cohort",
            "federation-minimisation",
        ),
    ),
    Flaw(
        number=9,
        flaw="Robustness was reported as clean accuracy; the scorer falls to small changes.",
        probe="robustness.evasion",
        asset="scorer",
        controls=("adversarial-robustness",),
    ),
    Flaw(
        number=9,
        flaw="It falls as well to whoever can only ask its API.",
        probe="robustness.evasion",
        asset="served-scorer",
        controls=("adversarial-robustness",),
    ),
    Flaw(
        number=11,
        flaw="The scorer's parameters lie in the open, as an unsigned pickle beside the data.",
        probe="encryption.at-rest",
        asset="parameters",
        controls=("encryption-at-rest",),
    ),
    Flaw(
        number=14,
        flaw="The prediction API is served over plain HTTP.",
        probe="encryption.tls",
        asset="api",
        controls=("encryption-in-transit",),
    ),
    Flaw(
        number=None,
        flaw="The partner gateway accepts TLS 1.0 and static RSA, with an expired certificate that it signed itself.",
        probe="encryption.tls",
        asset="gateway",
        controls=("encryption-in-transit", "forward-secrecy", "endpoint-certificate"),
    ),
    Flaw(
        number=None,
        flaw="Persons stand alone in the released table with their exact age and zip code.",
        probe="privacy.k-anonymity",
        asset="patients",
        controls=("anonymity", "sensitive-diversity"),
    ),
)
OUT_OF_SIGHT: dict[int, str] = {
    2: "source/keys.py makes an RSA key pair and uses neither half: no probe reads source code yet.",
    3: "source/homomorphic.py computes x^3 mod 17: no probe computes with a cipher yet.",
    10: "source/detector.py learned flower species, not attacks: no probe measures detectors yet.",
    12: "docs/encryption.md shows a 64-bit AES key: no probe reads documents yet.",
    13: "backups/ and logs/ know whom data/ has erased: an attestation, until a probe follows an erasure.",
}
"""Flaws that the published state has, and that the six probes of this version can't see."""
