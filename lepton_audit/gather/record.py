"""An answer -> an evidence record: checked against the probe's model, pinned, digested."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import rfc8785
from pydantic import ValidationError

from lepton_audit.declare.probe import Probe
from lepton_audit.facts.canonical import digest
from lepton_audit.facts.evidence import EvidencePart, volatile_fields
from lepton_audit.facts.look import EvidenceRecord, Gathered, GatherFailed, Outcome, Request, Seen
from lepton_audit.gather.answer import evidence_of
from lepton_audit.gather.doubts import with_known_doubts
from lepton_audit.gather.in_child import Testimony


def recorded(request: Request, probe: Probe, answer: Testimony, seen: dict[str, Seen]) -> Outcome:
    """The answer as a record, or a failure if it isn't the evidence that the probe declares."""
    try:
        evidence = with_known_doubts(evidence_of(answer.said, probe))
        record = _record(request, answer, seen, evidence)
    except (ValidationError, rfc8785.CanonicalizationError) as error:
        fields = error.errors(include_input=False)[0]["loc"] if isinstance(error, ValidationError) else ()
        because = f"the answer isn't {probe.evidence.__name__}: {type(error).__name__} at {'.'.join(map(str, fields)) or 'a number'}"
        return GatherFailed(
            request=request.digest, kind="crash", because=because, next_step="Report it to the plugin's author."
        )
    return Gathered(request=request.digest, record=record, state=answer.said.state, exhausted=answer.said.last)


def _record(request: Request, answer: Testimony, seen: dict[str, Seen], evidence: EvidencePart) -> EvidenceRecord:
    said = {
        "probe": request.probe,
        "version": request.version,
        "provider": request.provider,
        "settings": request.settings,
        "seed": request.seed,
        "effort": request.effort,
    }
    values = evidence.model_dump(mode="json")
    return EvidenceRecord(
        **said,
        assets=seen,
        values=values,
        digest=evidence_digest(said, seen, steady(evidence)),
        as_of=datetime.now(UTC),
        seconds=round(answer.seconds, 3),
        confinement=answer.confinement,
    )


def evidence_digest(said: Mapping[str, Any], seen: Mapping[str, Seen], values: Mapping[str, Any]) -> str:
    """Names evidence by what was asked, of which content, and what was seen; times and durations stay out."""
    assets = {name: asset.model_dump(mode="json", exclude={"as_of"}) for name, asset in seen.items()}
    return digest({**said, "assets": assets, "values": values})


def steady(evidence: EvidencePart) -> dict[str, Any]:
    """The values without the volatile ones, at every depth."""
    out = set(volatile_fields(type(evidence)))
    return {name: _steady(getattr(evidence, name)) for name in type(evidence).model_fields if name not in out}


def _steady(value: Any) -> Any:
    if isinstance(value, EvidencePart):
        return steady(value)
    if isinstance(value, (tuple, list)):
        return [_steady(item) for item in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
