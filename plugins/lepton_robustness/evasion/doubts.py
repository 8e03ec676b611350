"""Why the attacks may have seen less than there is. A doubt turns a pass into `undecided`, never a fail."""

from __future__ import annotations

from collections.abc import Iterator

from lepton_audit import Doubt
from lepton_robustness.evasion.words import EvasionSettings, EvasionState

ROBUST = ("robust_accuracy",)


def doubts(
    state: EvasionState, settings: EvasionSettings, *, exact: bool, disagrees: bool, misled: float
) -> Iterator[Doubt]:
    """Every reason that the counts give."""
    attacked = state.correct
    if state.unstable:
        yield Doubt(
            because=f"the model gave two answers to the same input on {state.unstable} of {state.drawn} rows",
            fields=("robust_accuracy", "clean_accuracy", "clean_uplift"),
        )
    if disagrees:
        yield Doubt(
            because="the framework's own object and the model answer differently: its gradients were not used",
            fields=ROBUST,
        )
    if misled > settings.masking_tolerance and not exact:
        yield Doubt(
            because=f"on {misled:.0%} of rows the highest score is another class's than the answer: scores mislead the attacks",
            fields=ROBUST,
        )
    if state.missed_twins:
        yield Doubt(
            because=f"no attack broke {state.missed_twins} of the planted vulnerable twins: the attacks are too weak here",
            fields=ROBUST,
        )
    if state.controls and not state.reachable:
        yield Doubt(
            because="even a change without limit met no other answer: the attacks see nothing of this model",
            fields=ROBUST,
        )
    if state.starved:
        yield Doubt(
            because=f"the attacks on {state.starved} survivors ran out of queries: raise max_queries", fields=ROBUST
        )
    if state.blind and not exact:
        yield Doubt(
            because=f"the gradient was zero or not a number on {state.blind} survivors (gradient masking)",
            fields=ROBUST,
        )
    if state.masked > settings.masking_tolerance * attacked:
        yield Doubt(
            because=f"{state.masked} of {attacked} samples were broken only by attacks that follow no gradient, given or estimated (gradient masking)",
            fields=ROBUST,
        )
