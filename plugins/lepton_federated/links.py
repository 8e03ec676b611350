"""TLS and node authentication of a whole federation, from commands, connections and code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lepton_federated import flags, transports
from lepton_federated.code.values import Constant, Made, Value
from lepton_federated.connections import connections
from lepton_federated.deployment import Deployment
from lepton_federated.followed import Code
from lepton_federated.project import Project
from lepton_federated.tristate import Known, capped, worst


@dataclass(frozen=True)
class Links:
    """How the nodes of a federation are linked."""

    tls: Known
    authenticated: Known
    insecure: tuple[str, ...]
    servers: tuple[str, ...]
    nodes: tuple[str, ...]


def flower_links(project: Project, deployed: Deployment, code: Code, raw: tuple[str, ...]) -> Links:
    """The links of a Flower federation. A server must be seen for a yes."""
    superlinks, supernodes = deployed.of("superlink"), deployed.of("supernode")
    entries = list(connections(project))
    started = list(_started(code))
    plain = [link for link in transports.links(code.made, code.set) if link.where in raw and link.encrypted is False]
    servers = [*map(flags.encrypted, superlinks), *(one.encrypted for one in started if one.server)]
    others = [
        *map(flags.encrypted, supernodes),
        *(not one.insecure for one in entries),
        *(one.encrypted for one in started if not one.server),
    ]
    known = worst([*servers, *others, *(False for _ in plain)])
    certain = bool(servers) and deployed.complete
    admitted = worst([*map(flags.authenticated, superlinks), *(False for one in started if one.server)])
    return Links(
        capped(known, certain=certain),
        capped(admitted, certain=deployed.complete),
        (
            *(text for command in (*superlinks, *supernodes) for text in flags.insecure(command)),
            *(one.where for one in entries if one.insecure),
            *(f"{one.where} {one.how}" for one in (*started, *plain) if one.encrypted is False),
        ),
        (*(c.where for c in superlinks), *(one.where for one in started if one.server)),
        (*(c.where for c in supernodes), *(one.where for one in started if not one.server)),
    )


def _started(code: Code) -> Iterator[transports.Link]:
    """Servers and participants that Flower's deprecated functions start; they know no node authentication."""
    for made in code.made:
        if made.callee.startswith("flwr") and made.name == "start_server":
            how, known = "start_server without certificates", _given(made.given("certificates"))
            yield transports.Link(made.where, how, server=True, encrypted=known)
        elif made.callee.startswith("flwr") and made.name in {"start_client", "start_numpy_client"}:
            yield transports.Link(made.where, f"{made.name} insecure", server=False, encrypted=_secure(made))


def _given(value: Value | None) -> Known:
    held = [atom.value for atom in value or () if isinstance(atom, Constant)]
    return value is not None and None not in held


def _secure(made: Made) -> Known:
    """Certificates switch TLS on; without them `insecure` decides, which is on by default."""
    if _given(made.given("root_certificates")):
        return True
    stated = [atom.value for atom in made.given("insecure") or () if isinstance(atom, Constant)]
    return stated == [False]


def generic_links(code: Code) -> Links:
    """The links that a project's own code opens."""
    found = transports.links(code.made, code.set)
    known = transports.encrypted(found)
    admitted = transports.authentication(code.made, code.set, code.reached)
    return Links(
        capped(known, certain=code.complete),
        capped(admitted, certain=code.complete) if known is not False else (False if admitted is False else None),
        tuple(f"{one.where} {one.how}" for one in found if one.encrypted is False),
        tuple(one.where for one in found if one.server),
        tuple(one.where for one in found if not one.server),
    )
