"""A doubt is never lost: where it names no field of the evidence, it speaks of every field."""

from __future__ import annotations

import pytest

from lepton_audit import Count, Doubt, Evidence, EvidencePart, measure, part
from lepton_audit.auditing import audit
from lepton_audit.gather.doubts import with_known_doubts

RULE = "probe: strange.look, require: {lines: {equals: 1}}"


class Certificate(EvidencePart):
    bits: Count = measure("Bits", unit="bits", strength="proven")


class Chain(Evidence):
    share: Count = measure("Share", unit="", strength="proven")
    first: Certificate = part("The first")
    certs: tuple[Certificate, ...] = part("All")


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (("share",), ("share",)),
        (("shares",), ()),
        (("share", "shares"), ()),
        (("first.bits",), ("first.bits",)),
        (("certs[0].bits",), ("certs.bits",)),
        (("certs[a.b].bits",), ("certs.bits",)),
        (("certs.bits",), ("certs.bits",)),
        (("certs[0].bit",), ()),
        ((), ()),
    ],
)
def test_a_doubt_speaks_of_fields_that_are_there(said, known):
    doubt, one = Doubt(because="not sure", fields=said), Certificate(bits=1)
    evidence = with_known_doubts(Chain(share=1, first=one, certs=(one,), doubts=(doubt,)))
    assert isinstance(evidence, Evidence)
    assert evidence.doubts[0].fields == known


@pytest.mark.parametrize("field", ["line", "lines[0]", "lines"])
def test_a_doubt_on_a_misspelt_field_leaves_no_pass(field, strange, target, store, policy):
    registry = strange(f"return Seen(lines=1, doubts=(Doubt(because='masked', fields=({field!r},)),))")
    (finding,) = audit(target, [policy(RULE)], store=store, registry=registry).findings
    assert finding.verdict == "undecided"
