"""A policy's name or file -> Policy, ready to be judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lepton_audit.facts.canonical import digest
from lepton_audit.facts.policy import Control, Gate, Policy, PolicyMetadata
from lepton_audit.facts.shipped import shipped
from lepton_audit.load.check import rule_problems
from lepton_audit.load.inherit import LONGEST, Inherited, filled, inherit
from lepton_audit.load.problems import BadInput, Mark, Problem, nearest, reading
from lepton_audit.load.tree import Node, plain
from lepton_audit.load.validate import attempt, validated
from lepton_audit.registry import Registry

UNINSTALL = "Mend or uninstall the plugin that brings it, or name the policy by its file."


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy, and the tree of each control, which knows where each value came from."""

    policy: Policy
    file: Path
    controls: dict[str, Node]


def known_policies(registry: Registry) -> dict[str, Path]:
    """Id -> file, of every policy that can be asked for by its id: the built-in ones and those of the plugins."""
    named = _files_by_name(registry)
    return {name: files[0] for name, files in named.items() if len(files) == 1 and _is_file(files[0])}


def _files_by_name(registry: Registry) -> dict[str, list[Path]]:
    """A file is named like its policy's id. A built-in policy wins over a plugin's."""
    built_in = {file.stem: [file] for file in sorted(shipped("policies").glob("*.yaml"))}
    brought: dict[str, list[Path]] = {}
    for file in dict.fromkeys(registry.policy_files):
        brought.setdefault(file.stem, []).append(file)
    return brought | built_in


def load_policy(named: str, registry: Registry, base: Path | None = None) -> LoadedPolicy:
    """The policy of that id or file: inherited, tailored, filled in, and checked against the probes. Raises BadInput."""
    known = _files_by_name(registry)
    file = _find(named, known, base or Path.cwd())
    if file is None:
        next_step = nearest(named, known) or "See `lepton-audit policy list`."
        what = "there is no such policy"
        raise BadInput([Problem(Mark(_short(named)), what, "a policy's id, or a YAML file", next_step)])
    with reading(file):
        inherited = inherit(file, lambda name, folder: _find(name, known, folder))
        controls = {name: filled(control, inherited.parameters) for name, control in inherited.controls.items()}
        policy = _policy(inherited, _models(controls, registry))
    return LoadedPolicy(policy, file, controls)


def _find(named: str, known: dict[str, list[Path]], base: Path) -> Path | None:
    """An id wins over a file of the same name; a file is named with a path or an ending. Raises BadInput."""
    if named not in known:
        file = base / named
        return file if _is_file(file) else None
    first, *others = known[named]
    if others:
        also = " and ".join(map(str, others))
        raise BadInput([Problem(Mark(str(first)), f"policy {named!r} is also in {also}", "each id once", UNINSTALL)])
    if not _is_file(first):
        raise BadInput([Problem(Mark(str(first)), f"the file of policy {named!r} is missing", "a file", UNINSTALL)])
    return first


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except (OSError, ValueError):  # a name too long, or one that no file can have
        return False


def _short(named: str) -> str:
    return named if len(named) <= LONGEST else named[:LONGEST] + "..."


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
