"""What a look writes down, read as the words of a stranger: parsed once, at the edge, and trusted no further."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from lepton_audit.declare.probe import Probe
from lepton_audit.facts.evidence import EvidencePart
from lepton_audit.facts.frozen import Frozen
from lepton_audit.gather.scratch import regular_content

ANSWER = "answer.json"
MAX_ANSWER = 64 * 2**20
LONGEST_TEXT = 2000


def printable(text: str) -> str:
    """The text in one line, short enough, with every character that no terminal, log or report should get escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:LONGEST_TEXT])


Printable = Annotated[str, AfterValidator(printable)]


class Answered(Frozen):
    """Evidence as it came: not yet checked against the probe's evidence model."""

    values: dict[str, Any]
    state: str | None = None
    last: bool = True


class Refused(Frozen):
    """Why there is no evidence; of a look's own failures, not of what is for the engine to say."""

    failed: Literal["crash", "memory", "unopenable", "unreachable", "refused", "forbidden"]
    because: Printable
    next_step: Printable = ""


_SAID: TypeAdapter[Answered | Refused] = TypeAdapter(Annotated[Answered | Refused, Field(union_mode="left_to_right")])


def write_answer(scratch: Path, answer: Answered | Refused) -> None:
    """The answer replaces the one before it in one step. Raises ValueError for a NaN, or for text that isn't Unicode."""
    draft = scratch / f"{ANSWER}.draft"
    text = json.dumps(answer.model_dump(), allow_nan=False, ensure_ascii=False)
    draft.write_bytes(text.encode("utf-8"))
    draft.replace(scratch / ANSWER)


def read_answer(scratch: Path) -> Answered | Refused | None:
    """The answer in the folder; ``None`` where there is none that can be read."""
    content = regular_content(scratch / ANSWER, MAX_ANSWER + 1)
    if content is None or len(content) > MAX_ANSWER:
        return None
    try:
        return _SAID.validate_json(content, strict=True)
    except (ValidationError, RecursionError):
        return None


def evidence_of(answer: Answered, probe: Probe) -> EvidencePart:
    """The values as the evidence that the probe declares. Raises ValidationError."""
    return probe.evidence.model_validate_json(json.dumps(answer.values), strict=True)
