"""Everything a run is told: target, policies, waivers; checked against each other before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lepton_audit.facts.canonical import digest
from lepton_audit.facts.look import Effort
from lepton_audit.facts.policy import Control, Policy
from lepton_audit.facts.waiver import Waiver
from lepton_audit.load.policy import LoadedPolicy, load_policy
from lepton_audit.load.problems import BadInput, Problem, nearest
from lepton_audit.load.target import LoadedTarget, load_target
from lepton_audit.load.tree import Node, place
from lepton_audit.load.waivers import load_waivers
from lepton_audit.registry import Registry


@dataclass(frozen=True)
class Loaded:
    """What the run is about; all of it fits together."""

    target: LoadedTarget
    policies: tuple[Policy, ...]
    waivers: tuple[Waiver, ...]

    def identity(self, software: str, seed: int, effort: Effort, *, fresh: str = "") -> str:
        """What makes two runs the same, so that one can go on where the other was interrupted."""
        policies = [policy.digest for policy in self.policies]
        return digest([self.target.digest, str(self.target.file), policies, software, seed, effort, fresh])


def loaded(target: Path, policies: Sequence[str], waivers: Path | None, registry: Registry) -> Loaded:
    """The run's input. Raises BadInput with every problem of a file at once."""
    read = load_target(target, registry.kinds)
    found = [load_policy(name, registry) for name in policies]
    problems = [problem for policy in found for problem in _misfits(policy, read, registry)]
    if problems:
        raise BadInput(problems)
    return Loaded(read, tuple(policy.policy for policy in found), load_waivers(waivers, read.base))


def _misfits(policy: LoadedPolicy, read: LoadedTarget, registry: Registry) -> Iterator[Problem]:
    """Rules that name assets which the target doesn't have, or of another kind."""
    for control in policy.policy.controls:
        yield from _control_misfits(control, policy.controls[control.id], read, registry)


def _control_misfits(control: Control, node: Node, read: LoadedTarget, registry: Registry) -> Iterator[Problem]:
    assets = read.target.assets
    for index, rule in enumerate(control.rules):
        probe = registry.probes.get(rule.probe)
        wanted = {given.name: given.kind.name for given in probe.inputs} if probe else {}
        for parameter, name in rule.on.items():
            kind = wanted.get(parameter)
            if name not in assets or kind not in (None, assets[name].kind):
                fitting = [other for other, asset in assets.items() if kind in (None, asset.kind)]
                mark = place(node, ("rules", index, "on", parameter))
                yield Problem(
                    mark,
                    f"the target has no {kind or 'asset'} {name!r}",
                    f"an asset of {read.file.name}",
                    nearest(name, fitting),
                )
