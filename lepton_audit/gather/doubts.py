"""No doubt is lost: one that names a field that isn't there is a doubt about every field."""

from __future__ import annotations

import re

from lepton_audit.facts.evidence import Doubt, Evidence, EvidencePart
from lepton_audit.facts.fields import fields_by_path

_INDEX = re.compile(r"\[[^\]]*\]")


def with_known_doubts(evidence: EvidencePart) -> EvidencePart:
    """The evidence, each of its doubts on fields of its model, or on all of them."""
    if not isinstance(evidence, Evidence) or not evidence.doubts:
        return evidence
    known = frozenset(_paths(type(evidence)))
    return evidence.model_copy(update={"doubts": tuple(_known(doubt, known) for doubt in evidence.doubts)})


def _known(doubt: Doubt, known: frozenset[str]) -> Doubt:
    fields = tuple(_INDEX.sub("", field) for field in doubt.fields)  # items of a list aren't counted
    return doubt.model_copy(update={"fields": fields if known.issuperset(fields) else ()})


def _paths(model: type[EvidencePart], prefix: str = "") -> list[str]:
    """Every field by its dotted path, the fields of a list's items among them."""
    paths = []
    for field in fields_by_path(model).values():
        paths.append(prefix + field.path)
        if field.shape == "parts" and field.items:
            paths += _paths(field.items, f"{prefix}{field.path}.")
    return paths
