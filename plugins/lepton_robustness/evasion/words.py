"""What `robustness.evasion` is told, what it says, and what it goes on from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lepton_audit import Count, Estimate, Evidence, EvidencePart, Frozen, Number, Settings, measure, part

Norm = Literal["linf", "l2"]
Scale = Literal["raw", "range", "std"]
Knowledge = Literal["gradients", "scores", "labels"]
AttackName = Literal["linear", "fgsm", "pgd", "neighbours", "subset-search", "score-gradient", "hopskipjump"]


class EvasionSettings(Settings):
    """How strong the opponent is. ``eps`` has no default: how much change must be withstood is the policy's to say."""

    eps: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
    """Largest change of an input, in the norm, in units of ``scale``."""
    norm: Norm = "linf"
    """``linf``: every feature may change by eps. ``l2``: the Euclidean length of all changes is at most eps."""
    scale: Scale = "raw"
    """Unit of eps: ``raw`` the holdout's own, ``range`` each feature's range, ``std`` its standard deviation."""
    max_samples: Annotated[int, Field(strict=True, ge=1)] | None = None
    """Rows to draw at most; absent: with effort quick 200, or 100 where only labels are given; with effort full the whole holdout."""
    max_queries: Annotated[int, Field(strict=True, ge=1)] | None = None
    """Questions to the model per attacked sample at most; absent: what the attacks need. Running out is a doubt."""
    confidence: Annotated[float, Field(strict=True, gt=0, lt=1)] = 0.95
    """Of every interval, at whatever sample the look is stopped."""
    masking_tolerance: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.02
    """Share of attacked samples that only gradient-free attacks may break before the gradients are doubted."""


class Attempts(EvidencePart):
    """What one attack did."""

    attack: AttackName = measure("Name of the attack", unit="name", strength="proven")
    knowledge: Knowledge = measure("What the attack asks of the model", unit="name", strength="proven")
    tried: Count = measure(
        "Samples it was tried on: those that every cheaper attack left standing", unit="rows", strength="proven"
    )
    broken: Count = measure("Samples it broke, confirmed by the model", unit="rows", strength="proven")
    rejected: Count = measure(
        "Its candidates that left the norm, the range or a constraint", unit="rows", strength="proven"
    )
    planted: Count = measure("Vulnerable twins it was tested on before", unit="models", strength="proven")
    found: Count = measure("Vulnerable twins it broke", unit="models", strength="proven")


class EvasionEvidence(Evidence):
    """How many of the holdout's rows are answered right, and stay so under attack."""

    robust_accuracy: Estimate = measure(
        "Share of rows that are answered right and that no attack broke; an upper bound unless `exact`",
        unit="ratio",
        strength="tested",
    )
    clean_accuracy: Estimate = measure(
        "Share of rows answered right without an attack", unit="ratio", strength="tested"
    )
    majority_share: Number = measure(
        "Share of the distinct rows that have the most frequent label: what a model without use is right on",
        unit="ratio",
        strength="proven",
    )
    clean_uplift: Estimate = measure(
        "Clean accuracy over the majority share: at most 0 for a model that always answers the same",
        unit="ratio",
        strength="tested",
    )
    drawn: Count = measure("Distinct rows drawn from the holdout so far", unit="rows", strength="proven")
    attacked: Count = measure("Drawn rows that were answered right, and so attacked", unit="rows", strength="proven")
    broken: Count = measure("Attacked rows with a confirmed adversarial example", unit="rows", strength="proven")
    rows: Count = measure("Rows of the holdout", unit="rows", strength="proven")
    distinct_rows: Count = measure(
        "Rows of the holdout that differ in a feature or the label: only these are drawn",
        unit="rows",
        strength="proven",
    )
    norm: Norm = measure("Norm of the change", unit="name", strength="proven")
    eps: Number = measure("Largest change of an input, in the norm", unit="see scale", strength="proven")
    scale: Scale = measure(
        "Unit of eps: the features' own, their range, or their standard deviation", unit="name", strength="proven"
    )
    attacks: tuple[AttackName, ...] = measure("Attacks in force, cheapest first", unit="names", strength="proven")
    knowledge: Knowledge = measure("The most that an attack asked of the model", unit="name", strength="proven")
    exact: bool = measure("Every survivor is proven robust by the closed form", unit="yes or no", strength="proven")
    attempts: tuple[Attempts, ...] = part("Each attack's work")
    queries: Count = measure("Inputs that the model was asked about", unit="queries", strength="proven")
    classes: Count = measure("Classes of the model", unit="classes", strength="proven")
    features: Count = measure("Features of the model's input", unit="features", strength="proven")
    changeable: Count = measure("Features that the attacks may change", unit="features", strength="proven")
    changeable_share: Number = measure(
        "Share of the features that the attacks may change", unit="ratio", strength="proven"
    )
    immutable: Count = measure("Features declared immutable", unit="features", strength="proven")
    integer: Count = measure("Features that may only take whole values", unit="features", strength="proven")
    observed_ranges: Count = measure(
        "Features without a declared range: the holdout's minimum and maximum were used",
        unit="features",
        strength="proven",
    )
    mean_changed: Number | None = measure(
        "Mean number of features that an adversarial example changes", unit="features", strength="tested"
    )
    mean_distance: Number | None = measure(
        "Mean size of an adversarial example's change, as found", unit="see scale", strength="tested"
    )
    blind: Count = measure("Survivors on which the gradient was zero or not a number", unit="rows", strength="tested")
    masked: Count = measure("Samples that only gradient-free attacks broke", unit="rows", strength="tested")
    starved: Count = measure("Survivors whose attacks ran out of queries", unit="rows", strength="proven")
    unstable: Count = measure("Rows to which the model gave two answers", unit="rows", strength="tested")
    missed_twins: Count = measure("Vulnerable twins that no attack broke", unit="models", strength="proven")
    controls: Count = measure("Samples attacked without any limit of size, as a check", unit="rows", strength="proven")
    reachable: Count = measure("Of these, samples with an input of another answer", unit="rows", strength="tested")


class AttackTally(Frozen):
    """Counts of one attack so far."""

    tried: Count = 0
    broken: Count = 0
    rejected: Count = 0
    planted: Count = 0
    found: Count = 0

    def plus(self, more: AttackTally) -> AttackTally:
        """The sum of both, count for count."""
        return AttackTally(**{name: getattr(self, name) + getattr(more, name) for name in AttackTally.model_fields})


class EvasionState(Frozen):
    """All that the probe goes on from: the seed, which rows were drawn, and what was counted."""

    seed: Count
    drawing: str
    """SHA-256 of the drawn rows and the settings: a state fits only them."""
    drawn: Count = 0
    correct: Count = 0
    broken: Count = 0
    attacks: tuple[AttackTally, ...] = ()
    queries: Count = 0
    changed: Count = 0
    distance: Number = 0.0
    blind: Count = 0
    masked: Count = 0
    starved: Count = 0
    unstable: Count = 0
    missed_twins: Count = 0
    controls: Count = 0
    reachable: Count = 0
