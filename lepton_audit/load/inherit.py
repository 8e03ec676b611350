"""Policy inheritance on trees, so that every value keeps the place where it was written.

`extends` brings controls and parameters, `parameters` sets them, `tailor` changes controls, `${name}` is filled in last.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lepton_audit.facts.policy import SEVERITIES, Gate, Parameter, PolicyFile
from lepton_audit.load.problems import BadInput, Problem, nearest
from lepton_audit.load.tree import Node, as_json, place, plain
from lepton_audit.load.validate import attempt
from lepton_audit.load.yaml12 import parse_file

_PARAMETER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
LONGEST = 200
"""So much of a name is told."""
Find = Callable[[str, Path], Path | None]
"""What `extends` names, and the folder of the file that names it -> the policy's file."""


@dataclass
class Inherited:
    """A policy's controls and parameters as trees, with all that it extends."""

    file: Path
    metadata: Node
    gate: Node | None = None
    controls: dict[str, Node] = field(default_factory=dict)
    parameters: dict[str, Node] = field(default_factory=dict)
    """Parameter -> its value."""
    disputed: dict[str, Problem] = field(default_factory=dict)
    """Parameter -> why this policy must say itself which of its parents' values holds."""


def inherit(file: Path, find: Find, chain: tuple[Path, ...] = ()) -> Inherited:
    """The policy with all that it extends; parameters aren't filled in yet. Raises BadInput."""
    file = file.resolve()
    node = _checked(file)
    here = Inherited(file, node.fields()["metadata"])
    parents: list[Inherited] = []
    for named in (node.get("extends") or Node([], node.mark)).items():
        parents.append(inherit(_parent(named, file, find, (*chain, file)), find, (*chain, file)))
        _add(here, parents[-1], named)
    _set_parameters(here, node.get("parameters"))
    _add_controls(here, node.get("controls"))
    for tailoring in (node.get("tailor") or Node([], node.mark)).items():
        _tailor(here, tailoring)
    here.gate = node.get("gate") or min((parent.gate for parent in parents), key=_severity, default=None)
    return here


def _severity(gate: Node | None) -> int:
    """How grave a failure must be for the gate; a policy without one has the default gate."""
    said = gate.get("fail_on") if gate else None
    return SEVERITIES.index(said.value if said else Gate().fail_on)


def _checked(file: Path) -> Node:
    """The file's tree, checked for its outline; what holds parameters is checked when they are filled in."""
    node = parse_file(file)
    value = plain(node)
    if isinstance(value, dict) and isinstance(value.get("controls"), list):
        value = value | {"controls": []}
    problems, _ = attempt(node, PolicyFile, value)
    for index, control in enumerate((node.get("controls") or Node([], node.mark)).items()):
        if not isinstance((control.get("id") or control).value, str):
            problems.append(Problem(place(node, ("controls", index)), "a control needs an id", "a mapping with `id`"))
    if problems:
        raise BadInput(problems)
    return node


def _parent(named: Node, file: Path, find: Find, chain: tuple[Path, ...]) -> Path:
    name = str(named.value)
    found = find(name, file.parent)
    if found is None:
        shown = repr(name if len(name) <= LONGEST else f"{name[:LONGEST]}...")
        raise BadInput(
            [
                Problem(
                    named.mark,
                    f"unknown policy {shown}",
                    "a policy's id, or a file",
                    "See `lepton-audit policy list`.",
                )
            ]
        )
    if found.resolve() in chain:
        circle = " -> ".join(path.name for path in (*chain, found))
        raise BadInput(
            [Problem(named.mark, f"`extends` goes in a circle: {circle}", "no policy among its own ancestors")]
        )
    return found


def _add(here: Inherited, parent: Inherited, named: Node) -> None:
    for name, control in parent.controls.items():
        if name in here.controls and as_json(here.controls[name]) != as_json(control):
            what = f"control {name!r} comes from two of the extended policies, and they differ"
            raise BadInput(
                [Problem(named.mark, what, "extended policies that agree", f"one stands at {here.controls[name].mark}")]
            )
        here.controls[name] = control
    for name, value in parent.parameters.items():
        other = here.parameters.setdefault(name, value)
        if as_json(other) != as_json(value):
            what = (
                f"two of the extended policies set parameter {name!r}, and they differ: {other.mark} and {value.mark}"
            )
            next_step = f"Write the value that holds under `parameters: {{{name}: ...}}`."
            here.disputed[name] = Problem(named.mark, what, "extended policies that agree", next_step)


def _set_parameters(here: Inherited, node: Node | None) -> None:
    """The parameters that the file sets; what its parents dispute must be among them."""
    for name, said in (node.fields() if node else {}).items():
        here.parameters[name] = _set_parameter(name, said, here.parameters)
        here.disputed.pop(name, None)
    if here.disputed:
        raise BadInput(list(here.disputed.values()))


def _set_parameter(name: str, said: Node, known: dict[str, Node]) -> Node:
    if isinstance(said.value, dict):
        problems, parameter = attempt(said, Parameter, plain(said))
        if parameter is None:
            raise BadInput(problems)
        said = said.value["default"]
    elif name not in known:
        what, mark = f"no extended policy has a parameter {name!r}", said.key or said.mark
        raise BadInput([Problem(mark, what, "{default: ...} for a new one", nearest(name, known))])
    if said.value is None:
        raise BadInput(
            [Problem(said.mark, f"parameter {name!r} has no value", "a number, a text, a list or a mapping")]
        )
    return said


def _add_controls(here: Inherited, node: Node | None) -> None:
    for control in node.items() if node else []:
        name = str(control.fields()["id"].value)
        if name in here.controls:
            what = f"control {name!r} stands already at {here.controls[name].mark}"
            raise BadInput([Problem(control.mark, what, "each id once", "Change an inherited control with `tailor`.")])
        here.controls[name] = control


def _tailor(here: Inherited, tailoring: Node) -> None:
    said = tailoring.fields()
    name = str(said["control"].value)
    if name not in here.controls:
        raise BadInput(
            [
                Problem(
                    said["control"].mark,
                    f"unknown control {name!r}",
                    "an inherited control",
                    nearest(name, here.controls),
                )
            ]
        )
    _refuse_emptying(said["set"])
    why = said["rationale"]
    changed = _overlaid(here.controls[name], said["set"], f"tailored: {why.value}")
    tailored = [*(changed.get("tailored") or Node([], why.mark)).items(), why]
    here.controls[name] = Node(
        changed.fields() | {"tailored": Node(list(tailored), why.mark)}, changed.mark, changed.key
    )


def _refuse_emptying(node: Node) -> None:
    """A tailoring takes nothing out in silence: no rules, no requirements, no identity, no rationale of another."""
    fixed = [node.fields()[name] for name in ("id", "tailored") if name in node.fields()]
    if fixed:
        names = [name for name in ("id", "tailored") if name in node.fields()]
        raise BadInput(
            [Problem(fixed[0].key or fixed[0].mark, f"`{names[0]}` can't be tailored", "other keys of the control")]
        )
    _refuse_empty(node)


def _refuse_empty(node: Node) -> None:
    for name, below in node.fields().items():
        if name in ("rules", "require") and not below.value:
            what = f"a tailoring can't empty `{name}`"
            next_step = "To take the control out, set `not_applicable` to the reason."
            raise BadInput([Problem(below.key or below.mark, what, f"`{name}` with something in it", next_step)])
        _refuse_empty(below)
    for below in node.items():
        _refuse_empty(below)


def _overlaid(old: Node, new: Node, via: str) -> Node:
    """The old tree with the new one's leaves; a list of things with an `id` is changed by those ids."""
    if isinstance(old.value, dict) and isinstance(new.value, dict):
        merged = {
            name: _overlaid(old.value[name], child, via) if name in old.value else child.renamed(via=via)
            for name, child in new.value.items()
        }
        return Node(old.value | merged, old.mark, old.key, old.via)
    if isinstance(old.value, list) and isinstance(new.value, dict):
        return Node(_by_id(old.value, new, via), old.mark, old.key, old.via)
    return new.renamed(key=old.key, via=via)


def _by_id(items: list[Node], new: Node, via: str) -> list[Node]:
    ids = [str((item.get("id") or item).value) for item in items]
    for name, child in new.fields().items():
        if name not in ids:
            raise BadInput(
                [Problem(child.key or child.mark, f"unknown id {name!r}", "an id of the list", nearest(name, ids))]
            )
    return [
        _overlaid(item, new.fields()[name], via) if name in new.fields() else item
        for name, item in zip(ids, items, strict=True)
    ]


def filled(node: Node, parameters: dict[str, Node]) -> Node:
    """The tree with every ``${name}`` replaced by the parameter's value. Raises BadInput."""
    if isinstance(node.value, dict):
        return Node(
            {name: filled(child, parameters) for name, child in node.value.items()}, node.mark, node.key, node.via
        )
    if isinstance(node.value, list):
        return Node([filled(child, parameters) for child in node.value], node.mark, node.key, node.via)
    if isinstance(node.value, str) and "${" in node.value:
        return _filled_text(node, node.value, parameters)
    return node


def _filled_text(node: Node, text: str, parameters: dict[str, Node]) -> Node:
    names = _PARAMETER.findall(text)
    missing = next((name for name in names if name not in parameters), None)
    if missing is not None or not names:
        what = f"unknown parameter {missing!r}" if missing else f"{text!r} names no parameter"
        raise BadInput([Problem(node.mark, what, "${name} of a parameter", nearest(missing or "", parameters))])
    via = "; ".join(f"parameter {name}, set at {parameters[name].mark}" for name in names)
    if text == f"${{{names[0]}}}":
        return Node(parameters[names[0]].value, node.mark, node.key, via)
    composed = next((name for name in names if isinstance(parameters[name].value, (list, dict))), None)
    if composed:
        raise BadInput(
            [Problem(node.mark, f"parameter {composed!r} is a list or mapping, and can't stand inside a text")]
        )
    return Node(_PARAMETER.sub(lambda match: str(parameters[match[1]].value), text), node.mark, node.key, via)
