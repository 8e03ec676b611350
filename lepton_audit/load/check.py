"""Rules against the probes they name: every id, parameter, setting, field and operator, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from lepton_audit.declare.probe import Probe
from lepton_audit.facts.evidence import EvidencePart
from lepton_audit.facts.fields import FITTING, EvidenceField, fields_by_path
from lepton_audit.facts.pattern import pattern_fault
from lepton_audit.facts.policy import Control, Requirement, Rule
from lepton_audit.load.problems import Mark, Problem, nearest
from lepton_audit.load.tree import Node, place
from lepton_audit.load.validate import attempt
from lepton_audit.registry import Registry

Path = tuple[str | int, ...]


def rule_problems(node: Node, control: Control, registry: Registry) -> list[Problem]:
    """All that is wrong with the control's rules, each at its place."""
    ids = [rule.id for rule in control.rules]
    twice = [i for i, name in enumerate(ids) if name in ids[:i]]
    problems = [
        Problem(place(node, ("rules", i, "id")), f"rule {ids[i]!r} stands twice in this control") for i in twice
    ]
    for index, rule in enumerate(control.rules):
        problems += _rule_problems(node, rule, ("rules", index), registry)
    return problems


def _rule_problems(node: Node, rule: Rule, path: Path, registry: Registry) -> Iterator[Problem]:
    probe = registry.probes.get(rule.probe)
    if probe is None:
        if not registry.faults:  # else the probe may be one of the broken plugin's: an `error` finding, not a typo
            mark = place(node, (*path, "probe"))
            yield Problem(
                mark,
                f"unknown probe {rule.probe!r}",
                "a probe of an installed plugin",
                nearest(rule.probe, registry.probes),
            )
        return
    yield from _binding_problems(node, rule, path, probe)
    yield from attempt(node, probe.settings, rule.with_, at=(*path, "with"))[0]
    yield from requirement_problems(node, rule.require, (*path, "require"), probe.evidence)


def _binding_problems(node: Node, rule: Rule, path: Path, probe: Probe) -> Iterator[Problem]:
    names = [given.name for given in probe.inputs]
    for name in rule.on:
        if name not in names:
            mark = place(node, (*path, "on", name), of_key=True)
            yield Problem(
                mark, f"probe {probe.id} takes no {name!r}", "one of " + ", ".join(names), nearest(name, names)
            )


def requirement_problems(
    node: Node, require: dict[str, Requirement], path: Path, model: type[EvidencePart]
) -> Iterator[Problem]:
    """Fields that the evidence doesn't have, and operators that don't fit a field."""
    known = fields_by_path(model)
    for name, requirement in require.items():
        here = (*path, name)
        if name not in known:
            mark = place(node, here, of_key=True)
            yield Problem(
                mark, f"{model.__name__} has no field {name!r}", "a field of the probe's evidence", nearest(name, known)
            )
        else:
            yield from _operator_problems(node, requirement, here, known[name])


def _operator_problems(node: Node, requirement: Requirement, path: Path, field: EvidenceField) -> Iterator[Problem]:
    used = [*requirement.limits(), *(["each"] if requirement.each else [])]
    for operator in used:
        if operator not in FITTING[field.shape]:
            mark = place(node, (*path, operator), of_key=True)
            fitting = ", ".join(sorted(FITTING[field.shape])) or "a field below it"
            yield Problem(mark, f"{operator!r} doesn't fit {field.path!r}, which is a {field.shape}", fitting)
        else:
            yield from _limit_problems(place(node, (*path, operator)), operator, requirement, field)
    if requirement.each and field.items:
        yield from requirement_problems(node, requirement.each, (*path, "each"), field.items)


def _limit_problems(mark: Mark, operator: str, requirement: Requirement, field: EvidenceField) -> Iterator[Problem]:
    if operator == "matches" and (fault := pattern_fault(str(requirement.matches))):
        yield Problem(mark, f"{requirement.matches!r} is no regular expression: {fault}", "the syntax of RE2")
    wanted = {"number": (int, float), "numbers": (int, float), "boolean": (bool,), "text": (str,), "texts": (str,)}.get(
        field.shape
    )
    limit = requirement.limits().get(operator)  # type: ignore[call-overload]  # `each` has no limit of its own
    for value in limit if isinstance(limit, tuple) else (() if limit is None else (limit,)):
        if wanted and (not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)):
            yield Problem(mark, f"{value!r} is no limit for {field.path!r}", f"a {field.shape.removesuffix('s')}")
