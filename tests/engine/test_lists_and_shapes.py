"""Lists in lists, unknown items, and evidence fields that no requirement could be held against."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_audit.decide import measured
from lepton_audit.declare.assets import BUILT_IN_KINDS, Endpoint, Key
from lepton_audit.declare.kinds import kind_of
from lepton_audit.declare.probe import probe
from lepton_audit.facts.evidence import Evidence, EvidencePart, measure, part
from lepton_audit.facts.fields import fields_by_path
from lepton_audit.facts.judgement import Check, Requested
from lepton_audit.facts.look import EvidenceRecord, Gathered
from lepton_audit.facts.policy import OPERATORS, Control, Gate, Policy, PolicyMetadata, Rule
from lepton_audit.facts.quantities import Bounded, Count, Estimate, Number, Ratio
from lepton_audit.facts.target import Asset, Metadata, Target
from lepton_audit.judge import judged, settled
from lepton_audit.plan import Circumstances, plan
from lepton_audit.registry import Registry


class Certificate(EvidencePart):
    bits: Count | None = measure("Bits of the key", unit="bits", strength="proven")


class Chain(EvidencePart):
    name: str = measure("Name", unit="", strength="proven")
    certs: tuple[Certificate, ...] = part("Certificates")


class Server(EvidencePart):
    chain: tuple[Certificate, ...] = part("Certificates")


class Chains(Evidence):
    certs: tuple[Certificate, ...] = part("Root certificates")
    chains: tuple[Chain, ...] = part("Chains")
    server: Server | None = part("Server")


@probe("strange.chains", version=1)
def chains(endpoint: Endpoint) -> Chains:
    """Chains of certificates."""
    raise AssertionError(endpoint)


@probe("strange.keyed", version=1)
def keyed(endpoint: Endpoint, server_name: Key) -> Chains:
    """Chains of certificates, with a key."""
    raise AssertionError(endpoint, server_name)


def registry(*probes):
    kinds = {kind.name: kind for kind in filter(None, map(kind_of, BUILT_IN_KINDS))}
    return Registry(
        plugins=(), probes={p.id: p for p in probes}, openers={}, kinds=kinds, policy_files=(), providers={}, faults=()
    )


def planned(require, *, of=chains, assets=None):
    rule = Rule.model_validate({"id": "r", "probe": of.id, "require": require})
    control = Control(id="c", title="It holds", severity="high", rules=(rule,))
    policy = Policy(metadata=PolicyMetadata(id="p", version="1"), controls=(control,), gate=Gate(), digest="d")
    named = assets or {"api": Asset(name="api", kind="endpoint", uri="https://h")}
    target = Target(apiVersion="lepton-audit/v1", kind="Target", metadata=Metadata(id="t"), assets=named)
    given_ = registry(of)
    object.__setattr__(given_, "provider", lambda _: "strange 1")
    return plan([policy], target, given_, Circumstances("/", 0, "quick")).judgements[0]


def found(judgement, values):
    record = EvidenceRecord(
        digest="d", probe="p", version=1, provider="x", assets={}, settings={}, seed=0, effort="quick", values=values,
        as_of=datetime.now(UTC), seconds=0.0,
    )  # fmt: skip
    assert isinstance(judgement.basis, Requested)
    return judged(judgement, {judgement.basis.request: Gathered(request="r", record=record)})


IN_CHAINS = {"chains": {"each": {"certs": {"each": {"bits": {"min": 2048}}}}}}


def seen(*bits, root=4096):
    return {
        "certs": [{"bits": root}],
        "chains": [{"name": f"c{i}", "certs": [{"bits": b} for b in of]} for i, of in enumerate(bits)],
        "server": None,
    }


def test_a_list_inside_a_list_is_judged_and_not_its_namesake_at_the_root():
    finding = found(planned(IN_CHAINS), seen([4096], [4096, 512]))
    assert finding.verdict == "fail"
    assert [item.field for item in finding.measured if item.verdict == "fail"] == ["chains[c1].certs[1].bits"]
    assert found(planned(IN_CHAINS), seen([4096], [4096, 4096], root=512)).verdict == "pass"


def test_an_empty_list_inside_a_list_is_undecided():
    finding = found(planned(IN_CHAINS), seen([4096], []))
    assert finding.verdict == "undecided"
    assert "chains[c1].certs[].bits" in finding.because


def test_a_list_inside_a_part_is_judged():
    judgement = planned({"server.chain": {"each": {"bits": {"min": 2048}}}})
    assert found(judgement, seen([1]) | {"server": {"chain": [{"bits": 512}]}}).verdict == "fail"
    assert found(judgement, seen([1]) | {"server": {"chain": [{"bits": 4096}]}}).verdict == "pass"
    assert found(judgement, seen([1])).verdict == "undecided"


@pytest.mark.parametrize("field", ["chains", "chains.certs", "chains.certs.bits"])
def test_a_doubt_on_any_list_on_the_way_covers_the_item(field):
    doubts = {"doubts": [{"because": "x", "fields": [field]}]}
    assert found(planned(IN_CHAINS), seen([4096]) | doubts).verdict == "undecided"
    assert found(planned(IN_CHAINS), seen([512]) | doubts).verdict == "fail"


def test_an_unknown_item_of_a_list_is_undecided_and_no_crash():
    assert found(planned(IN_CHAINS), seen([4096]) | {"chains": [None]}).verdict == "undecided"


def test_many_items_are_all_judged_and_the_telling_ones_kept():
    good = found(planned(IN_CHAINS), seen([4096] * 30_000))
    assert (good.verdict, len(good.measured)) == ("pass", 20)
    assert "30000" in good.because
    bad = found(planned(IN_CHAINS), seen([4096] * 30_000 + [None] * 3_000 + [512] * 3_000))
    assert bad.verdict == "fail"
    verdicts = [item.verdict for item in bad.measured]
    assert [verdicts.count(v) for v in ("fail", "undecided", "pass")] == [1_000, 1_000, 20]
    assert "3000" in bad.because
    assert settled(planned(IN_CHAINS), seen([4096] * 30_000 + [512]))


UNKNOWN_ITEMS = [
    ("excludes", ("x",), ["a", None], "undecided"),
    ("excludes", ("x",), ["x", None], "fail"),
    ("subset_of", ("a",), ["a", None], "undecided"),
    ("subset_of", ("a",), ["b", None], "fail"),
    ("subset_of", ("a",), [], "pass"),
    ("excludes", ("a",), [], "pass"),
    ("min", 5, [6, None], "undecided"),
    ("min", 5, [4, None], "fail"),
    ("max", 5, [None], "undecided"),
    ("max", 5, True, "undecided"),
    ("min", 5, "text", "undecided"),
    ("min", 5, {"low": 6}, "undecided"),
    ("max", 5, {"low": "a", "high": "b"}, "undecided"),
    ("matches", "a+", 3, "undecided"),
    ("matches", "a+", ["a"], "undecided"),
    ("equals", "a", {"a": 1}, "undecided"),
    ("one_of", ("a",), ["a"], "undecided"),
    ("subset_of", ("a",), {"a": 1}, "undecided"),
    ("excludes", ("a",), [{"a": 1}], "undecided"),
    ("excludes", ("a",), "a", "fail"),
]


@pytest.mark.parametrize(("operator", "limit", "value", "verdict"), UNKNOWN_ITEMS)
def test_what_is_unknown_or_of_another_shape_is_undecided(operator, limit, value, verdict):
    assert measured(Check("field", operator, limit, "unit", "proven"), value).verdict == verdict


LIMITS = {"min": 1.0, "max": 1.0, "equals": "a", "one_of": ("a", 1), "subset_of": ("a",), "excludes": ("a",), "matches": "a*"}  # fmt: skip
LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ANY_JSON = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["low", "high", "value", "n", "confidence", "method", "x"]), inner), max_leaves=8)  # fmt: skip


@given(ANY_JSON, st.sampled_from(OPERATORS))
def test_no_value_makes_the_judge_raise(value, operator):
    measured(Check("field", operator, LIMITS[operator], "unit", "proven"), value)


@pytest.mark.parametrize(
    "value",
    ["\ud800", 10**5000, [10**5000], {"value": 10**5000, "low": 1, "high": 2}],
    ids=["surrogate", "huge", "list", "estimate"],
)
def test_no_strange_text_or_number_makes_the_judge_raise(value):
    for operator in OPERATORS:
        measured(Check("field", operator, LIMITS[operator], "unit", "proven"), value)


def test_a_pattern_that_would_take_for_ever_takes_no_time():
    began = time.monotonic()
    verdict = measured(Check("field", "matches", "(a+)+", "", "proven"), "a" * 50_000 + "b").verdict
    assert (verdict, time.monotonic() - began < 5) == ("fail", True)


FREE = {"description": "x", "unit": "", "strength": "proven"}


def declared(annotation):
    field = part("x") if annotation is dict else measure("x", unit="", strength="proven")
    return type("Strange", (EvidencePart,), {"__annotations__": {"x": annotation}, "x": field, "__module__": __name__})


SHAPELESS = [
    dict, dict[str, int], tuple[bool, ...], tuple[Estimate, ...], int | str, Number | Literal["many"], frozenset[str],
    tuple[str, str], tuple[tuple[str, ...], ...], bool | int, Estimate | float, bytes, datetime, object,
    Certificate | Server, Certificate | str, tuple[str | int, ...], Literal["a", 1], tuple[dict[str, int], ...],
]  # fmt: skip


@pytest.mark.parametrize("annotation", SHAPELESS, ids=str)
def test_a_field_that_no_requirement_fits_is_refused_where_it_is_declared(annotation):
    with pytest.raises(TypeError, match=r"Strange\.x"):
        declared(annotation)


SHAPED = [
    (bool, "boolean"), (int | None, "number"), (float, "number"), (Number, "number"), (Count | None, "number"),
    (Ratio, "number"), (Bounded, "number"), (Bounded | None, "number"), (str, "text"), (Literal["a", "b"] | None, "text"),
    (Estimate | None, "estimate"), (tuple[str, ...] | None, "texts"), (tuple[Literal["a"] | None, ...], "texts"),
    (tuple[Number | None, ...], "numbers"), (tuple[Bounded, ...], "numbers"), (Certificate | None, "part"),
    (tuple[Certificate, ...] | None, "parts"),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "shape"), SHAPED, ids=str)
def test_a_field_has_the_shape_of_its_type(annotation, shape):
    assert fields_by_path(declared(annotation))["x"].shape == shape


def test_an_option_that_names_no_asset_is_no_companion():
    assets = {
        "api": Asset(name="api", kind="endpoint", uri="https://h", options={"server_name": "example.org"}),
        "k": Asset(name="k", kind="key", uri="env:K"),
    }
    judgement = planned({"certs": {"each": {"bits": {"min": 1}}}}, of=keyed, assets=assets)
    assert judgement.assets == {"endpoint": "api", "server_name": "k"}
    assert json.dumps(judgement.assets)
