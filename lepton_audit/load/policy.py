"""A policy's name or file -> Policy, ready to be judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lepton_audit.facts.canonical import digest
from lepton_audit.facts.policy import Control, Gate, Policy, PolicyMetadata
from lepton_audit.facts.shipped import shipped
from lepton_audit.load.check import rule_problems
from lepton_audit.load.inherit import Inherited, filled, inherit
from lepton_audit.load.problems import BadInput, Mark, Problem, nearest
from lepton_audit.load.tree import Node, plain
from lepton_audit.load.validate import attempt, validated
from lepton_audit.registry import Registry


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy, and the tree of each control, which knows where each value came from."""

    policy: Policy
    file: Path
    controls: dict[str, Node]


def known_policies(registry: Registry) -> dict[str, Path]:
    """Id -> file, of the built-in policies and those of the plugins; the file is named like the id. Raises BadInput."""
    files = [*sorted(shipped("policies").glob("*.yaml")), *registry.policy_files]
    found: dict[str, Path] = {}
    for file in files:
        if file.stem in found and found[file.stem] != file:
            raise BadInput(
                [Problem(Mark(str(file)), f"policy {file.stem!r} is also in {found[file.stem]}", "each id once")]
            )
        found[file.stem] = file
    return found


def load_policy(named: str, registry: Registry, base: Path | None = None) -> LoadedPolicy:
    """The policy of that id or file: inherited, tailored, filled in, and checked against the probes. Raises BadInput."""
    known = known_policies(registry)
    file = _find(named, known, base or Path.cwd())
    if file is None:
        next_step = nearest(named, known) or "See `lepton-audit policy list`."
        raise BadInput([Problem(Mark(named), "there is no such policy", "a policy's id, or a YAML file", next_step)])
    inherited = inherit(file, lambda name, folder: _find(name, known, folder))
    controls = {name: filled(control, inherited.parameters) for name, control in inherited.controls.items()}
    policy = _policy(inherited, _models(controls, registry))
    return LoadedPolicy(policy, file, controls)


def _find(named: str, known: dict[str, Path], base: Path) -> Path | None:
    """An id wins over a file of the same name; a file is named with a path or an ending."""
    if named in known:
        return known[named]
    file = base / named
    return file if file.is_file() else None


def _models(controls: dict[str, Node], registry: Registry) -> Sequence[Control]:
    problems: list[Problem] = []
    models: list[Control] = []
    for node in controls.values():
        wrong, control = attempt(node, Control, plain(node))
        problems += wrong
        if control is not None:
            problems += rule_problems(node, control, registry)
            models.append(control)
    if problems:
        raise BadInput(problems)
    return models


def _policy(inherited: Inherited, controls: Sequence[Control]) -> Policy:
    metadata = validated(inherited.metadata, PolicyMetadata)
    gate = validated(inherited.gate, Gate) if inherited.gate else Gate()
    parameters = {name: plain(node) for name, node in sorted(inherited.parameters.items())}
    said = [
        metadata.model_dump(mode="json"),
        gate.model_dump(mode="json"),
        [c.model_dump(mode="json", by_alias=True) for c in controls],
    ]
    return Policy(metadata=metadata, controls=tuple(controls), gate=gate, parameters=parameters, digest=digest(said))
