"""What participants send to the server: rows of their data, or parameters.

Known limits: what goes through code that can't be followed is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lepton_federated.code.values import ROWS, Bundle, Constant, Made, Origin, Value, origins, root
from lepton_federated.flower import Returned
from lepton_federated.tristate import Known

_RECORD = re.compile(
    r"(?:^|\.)(?:ArrayRecord|Array|ConfigRecord|ParametersRecord|ConfigsRecord|FitRes|GetParametersRes|ndarrays_to_parameters)(?:\.\w+)?$"
)
_FIGURES = re.compile(r"(?:^|\.)(?:MetricRecord|MetricsRecord|EvaluateRes|Status)(?:\.\w+)?$")
POSTING = re.compile(
    r"(?:requests|httpx)\.(?:post|put|patch|request)|urllib\.request\.(?:urlopen|Request)|xmlrpc\.client\..*|paho\.mqtt\.publish\.\w+"
)
POSTING_METHODS = frozenset(
    {"post", "put", "patch", "sendall", "send", "sendto", "send_bytes", "request", "publish", "emit"}
)
UNTOLD = frozenset((Origin.UNKNOWN, Origin.DERIVED, Origin.GROUPS, Origin.PARTIAL))
_PAYLOADS = ("data", "json", "content", "files", "body", "payload")


@dataclass(frozen=True)
class Sent:
    """Something that goes to the server."""

    value: Value
    where: str
    figures: bool
    """It is meant for single figures: alone it doesn't tell that no rows are sent."""


def uploaded(sent: Iterable[Sent]) -> tuple[Known, tuple[str, ...]]:
    """Whether rows are sent, and where."""
    everything = list(sent)
    raw = [one.where for one in everything if ROWS & origins(one.value)]
    if raw:
        return True, tuple(dict.fromkeys(raw))
    weighty = [one for one in everything if not one.figures]
    unknown = any(UNTOLD & origins(one.value) for one in everything)
    return (None if unknown or not weighty else False), ()


def of_answers(returned: Iterable[Returned]) -> Iterator[Sent]:
    """What the functions of a Flower participant return."""
    for one in returned:
        if one.function == "message":
            yield from _parts(one.value, "the client app")
        else:
            yield from _tuple(one)


def _tuple(returned: Returned) -> Iterator[Sent]:
    """`fit` returns parameters, a count and metrics; `evaluate` a loss, a count and metrics."""
    where = f"the client's {returned.function}"
    for atom in returned.value:
        if isinstance(atom, Bundle) and returned.function == "fit":
            for at, item in enumerate(atom.items):
                yield Sent(item, where, at > 0)
        elif isinstance(atom, Made) and (_RECORD.search(atom.callee) or _FIGURES.search(atom.callee)):
            yield from _parts(frozenset((atom,)), where)
        else:
            yield Sent(frozenset((atom,)), where, returned.function == "evaluate")


def _parts(value: Value, where: str) -> Iterator[Sent]:
    """The records inside a message."""
    for atom in value:
        if isinstance(atom, Made) and atom.name == "Message":
            yield from _parts(atom.given("content", 0) or frozenset(), atom.where)
        elif isinstance(atom, Made) and atom.name == "RecordDict":
            yield from (sent for item in (*atom.args, *atom.keywords.values()) for sent in _parts(item, atom.where))
        elif isinstance(atom, Made) and (_RECORD.search(atom.callee) or _FIGURES.search(atom.callee)):
            figures = bool(_FIGURES.search(atom.callee))
            yield from (Sent(item, atom.where, figures) for item in (*atom.args, *atom.keywords.values()))
        elif isinstance(atom, Bundle):
            yield from (sent for item in atom.items for sent in _parts(item, where))
        elif not (isinstance(atom, Constant) and atom.value is None):
            yield Sent(frozenset((atom,)), where, figures=False)


def of_posts(made: Iterable[Made]) -> Iterator[Sent]:
    """What is posted or written to a socket by a participant; a server's answers aren't."""
    for one in made:
        if POSTING.fullmatch(one.callee) or (
            one.name in POSTING_METHODS and one.receiver is not None and not _answers(one)
        ):
            yield from (Sent(value, one.where, figures=False) for value in _payload(one))
            beside = (*one.args, *one.keywords.values())
            yield from (Sent(value, one.where, figures=True) for value in beside if ROWS & origins(value))


def _answers(made: Made) -> bool:
    """It goes to whoever connected: a server's answer."""
    below = made.receiver
    while isinstance(below, Made):
        if below.name == "accept":
            return True
        below = below.receiver
    return not isinstance(root(made), Made)


def _payload(made: Made) -> Iterator[Value]:
    named = [made.keywords[name] for name in _PAYLOADS if name in made.keywords]
    yield from named
    if not named:
        first = 0 if made.name in {"sendall", "send", "sendto", "send_bytes"} else 1
        yield from made.args[first : first + 1] if made.name != "request" else made.args[2:3]
