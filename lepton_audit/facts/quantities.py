"""Numbers that can be trusted: strict, finite, and honest about their uncertainty."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lepton_audit.facts.frozen import Frozen

MAX_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact (RFC 8785, section 3.2.2.3; RFC 7493, section 2.2)."""

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite real. ``True``, ``"1.0"``, NaN and the infinities are refused."""

Count = Annotated[int, Field(strict=True, ge=0)]
"""A whole number of things."""

Unbounded = Literal["unbounded"]
"""Written where a quantity has no finite value: it fails every upper bound."""

Bounded = Number | Unbounded

Ratio = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]


class Estimate(Frozen):
    """A quantity known from a sample, with the interval that its method guarantees."""

    value: Number
    low: Number
    """Lower end of the two-sided interval, in the unit of the value."""
    high: Number
    """Upper end of the two-sided interval, in the unit of the value."""
    confidence: Annotated[float, Field(strict=True, gt=0, lt=1)]
    """Probability with which the interval covers the truth."""
    n: Annotated[int, Field(strict=True, ge=1)]
    """Number of independent samples."""
    method: Annotated[str, Field(min_length=1)]
    """How the interval was made, e.g. ``Clopper-Pearson``."""

    @model_validator(mode="after")
    def _ordered(self) -> Estimate:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"an estimate needs low <= value <= high, got {self.low}, {self.value}, {self.high}")
        return self
