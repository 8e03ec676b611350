"""Policies x target -> requests and judgements. Pure: nothing runs, nothing is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from lepton_audit.declare.kinds import AssetRef, refs
from lepton_audit.declare.probe import Input, Probe
from lepton_audit.facts.evidence import EvidencePart
from lepton_audit.facts.fields import fields_by_path
from lepton_audit.facts.judgement import Absent, Basis, Check, Judgement, Requested, Unknown, Unplannable
from lepton_audit.facts.look import Effort, Request
from lepton_audit.facts.policy import Control, Policy, Requirement, Rule
from lepton_audit.facts.target import Target
from lepton_audit.registry import Registry


@dataclass(frozen=True)
class Circumstances:
    """What every request of a run shares."""

    base: str
    seed: int
    effort: Effort


@dataclass(frozen=True)
class Plan:
    """What to look at, each once, and what to judge by it."""

    requests: dict[str, Request]
    judgements: tuple[Judgement, ...]


Binding = dict[str, str]
"""A probe's parameter -> an asset's name."""


def plan(policies: Sequence[Policy], target: Target, registry: Registry, circumstances: Circumstances) -> Plan:
    """The plan of the run. A control that two policies share word for word is judged once."""
    planner = _Planner(target, registry, circumstances)
    judgements = tuple(
        chain.from_iterable(planner.judgements(policy, control) for policy, control in _controls(policies))
    )
    return Plan(planner.requests, judgements)


def _controls(policies: Sequence[Policy]) -> Iterator[tuple[Policy, Control]]:
    seen: dict[str, list[Control]] = {}
    for policy in policies:
        for control in policy.controls:
            if control not in seen.setdefault(control.id, []):
                seen[control.id].append(control)
                yield policy, control


class _Planner:
    """Collects requests while it goes through the controls."""

    def __init__(self, target: Target, registry: Registry, circumstances: Circumstances) -> None:
        self.target, self.registry, self.circumstances = target, registry, circumstances
        self.requests: dict[str, Request] = {}
        self._refs: dict[str, dict[str, str]] = {}
        """Asset kind -> its options that name other assets -> of which kind."""
        self._digests: dict[tuple[str, tuple[tuple[str, str], ...], str], str] = {}

    def judgements(self, policy: Policy, control: Control) -> Iterator[Judgement]:
        absent = control.not_applicable or self.target.not_applicable.controls.get(control.id)
        if control.attest:
            yield Judgement(policy.metadata.id, control, None, {}, (), Absent(absent) if absent else None)
        for rule in control.rules:
            checks = self.checks(rule)
            for assets, basis in [({}, Absent(absent))] if absent else self.bases(rule, control.id):
                yield Judgement(policy.metadata.id, control, rule, assets, checks, basis)

    def bases(self, rule: Rule, control: str) -> Iterable[tuple[Binding, Basis]]:
        """Each set of assets that the rule is about, with where its evidence comes from."""
        probe = self.registry.probes.get(rule.probe)
        if probe is None:
            because = f"no loaded plugin brings the probe {rule.probe!r}"
            return [({}, Unplannable("no_plugin", because, "See the report's faults; mend the plugin."))]
        first = probe.inputs[0]
        names = [rule.on[first.name]] if first.name in rule.on else self.names(first.kind.name)
        if not names:
            return [({}, self.absence(rule, first.kind.name))]
        reasons = {name: self.target.not_applicable.assets.get(name, {}).get(control) for name in names}
        return [
            ({first.name: name}, Absent(why)) if why else self.basis(rule, probe, name) for name, why in reasons.items()
        ]

    def names(self, kind: str) -> list[str]:
        return [name for name, asset in self.target.assets.items() if asset.kind == kind]

    def absence(self, rule: Rule, kind: str) -> Absent | Unknown:
        reason = self.target.not_applicable.kinds.get(kind) or rule.if_absent
        if reason:
            return Absent(reason)
        next_step = (
            f"Declare it under `assets`, or say under `not_applicable: {{kinds: {{{kind}: why}}}}` why there is none."
        )
        return Unknown(f"the target declares no asset of kind {kind}", next_step)

    def basis(self, rule: Rule, probe: Probe, first: str) -> tuple[Binding, Basis]:
        """The rule's assets that go with the first one, and the request for them."""
        assets = {probe.inputs[0].name: first}
        for given in probe.inputs[1:]:
            named = self.companion(rule, given, first)
            if isinstance(named, Unplannable):
                return assets, named
            if named is not None:
                assets[given.name] = named
        return assets, Requested(self.request(rule, probe, assets))

    def companion(self, rule: Rule, given: Input, first: str) -> str | Unplannable | None:
        """Which asset a further parameter stands for: the rule says it, the first asset does, or there is but one."""
        named = rule.on.get(given.name) or self.named_by(first, given)
        if named is not None or given.optional:
            return str(named) if named is not None else None
        candidates = self.names(given.kind.name)
        if len(candidates) == 1:
            return candidates[0]
        because = f"which {given.kind.name} is the {given.name} of {first!r}? The target has {len(candidates)}"
        return Unplannable("unbound", because, f"Write `{given.name}: NAME` in the asset {first!r}.")

    def named_by(self, first: str, given: Input) -> str | None:
        """The asset that the first one's options name for the parameter; an option that names no asset doesn't count."""
        asset = self.target.assets[first]
        if asset.kind not in self._refs:
            self._refs[asset.kind] = {
                name: ref.kind for name, ref in refs(self.registry.kinds[asset.kind].options, AssetRef)
            }
        fits = self._refs[asset.kind].get(given.name) == given.kind.name
        return asset.options.get(given.name) if fits else None

    def request(self, rule: Rule, probe: Probe, assets: Binding) -> str:
        key = (probe.id, tuple(assets.items()), repr(rule.with_))
        if key not in self._digests:
            request = self.new_request(rule, probe, assets)
            self._digests[key] = request.digest
            self.requests.setdefault(request.digest, request)
        return self._digests[key]

    def new_request(self, rule: Rule, probe: Probe, assets: Binding) -> Request:
        shared = self.circumstances
        return Request(
            probe=probe.id,
            version=probe.version,
            provider=self.registry.provider(probe.id),
            inputs={parameter: self.target.assets[name] for parameter, name in assets.items()},
            settings=probe.settings.model_validate(rule.with_).model_dump(mode="json"),
            seed=shared.seed if "rng" in probe.injected else 0,
            effort=shared.effort if "effort" in probe.injected else "quick",
            permissions=self.target.permissions,
            base=shared.base,
            roots=self.target.roots,
        )

    def checks(self, rule: Rule) -> tuple[Check, ...]:
        probe = self.registry.probes.get(rule.probe)
        if probe is None:
            return ()
        return tuple(
            chain.from_iterable(self.checks_of(name, said, probe.evidence) for name, said in rule.require.items())
        )

    def checks_of(
        self, name: str, said: Requirement, model: type[EvidencePart], items: tuple[str, ...] = ()
    ) -> Iterator[Check]:
        field = fields_by_path(model)[name]
        for operator, limit in said.limits().items():
            yield Check(name, operator, limit, field.unit, field.strength, items)
        for inner, inner_said in (said.each or {}).items():
            if field.items is not None:
                yield from self.checks_of(inner, inner_said, field.items, (*items, name))
