"""Links that a project's own Python code opens: sockets, HTTP, gRPC; whether each is under TLS, and whether the server checks who comes.

Known limits: a proxy in front of the server isn't seen; tokens in headers are noticed, not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass

from lepton_federated.code.interpreter import Set
from lepton_federated.code.values import Constant, Made, Named, Value, root, single
from lepton_federated.commands import UNKNOWN as UNKNOWN_TEXT
from lepton_federated.tristate import Known, worst

POSTS = re.compile(
    r"(?:requests|httpx)\.(?:post|put|patch|request|Session|Client|AsyncClient)|urllib\.request\.(?:urlopen|Request)|xmlrpc\.client\.ServerProxy|websockets\.connect|socketio\.Client"
)
OPENED_LATER = frozenset({"Session", "Client", "AsyncClient"})
PLAIN = re.compile(r"http\.client\.HTTPConnection|grpc\.(?:aio\.)?insecure_channel|add_insecure_port")
SECURE = re.compile(r"http\.client\.HTTPSConnection|grpc\.(?:aio\.)?secure_channel|add_secure_port")
SOCKETS = re.compile(r"socket\.(?:socket|create_connection)")
SERVERS = re.compile(
    r"(?:http\.server|socketserver|xmlrpc\.server|wsgiref\.simple_server)\.(?:\w*Server|make_server)|asyncio\.start_server|websockets\.serve"
    r"|socket\.create_server|uvicorn\.run|multiprocessing\.connection\.Listener"
)
AUTHENTICATING = re.compile(
    r".*(?:authori[sz]|authenticat|compare_digest|verify_token|check_token|api_?key|hmac|jwt|login).*", re.IGNORECASE
)


@dataclass(frozen=True)
class Link:
    """One place where a link is opened."""

    where: str
    how: str
    _: KW_ONLY
    server: bool
    encrypted: Known


@dataclass(frozen=True)
class Wraps:
    """What TLS contexts were put around, and how they were set."""

    wrapped: frozenset[int]
    demanding: frozenset[int]
    """Identities of the contexts that demand a certificate of the other side."""
    by_context: dict[int, set[int]]


def wraps(made: Iterable[Made], settings: Iterable[Set]) -> Wraps:
    """Sockets and servers that a context wraps."""
    by_context: dict[int, set[int]] = {}
    for one in made:
        if one.name == "wrap_socket":
            context = id(one.receiver) if one.receiver is not None else 0
            by_context.setdefault(context, set()).update(id(root(atom)) for value in one.args[:1] for atom in value)
    demanding = {id(atom) for one in settings if one.name == "verify_mode" and _required(one.value) for atom in one.of}
    return Wraps(frozenset().union(*by_context.values()), frozenset(demanding), by_context)


def _required(value: Value) -> bool:
    return value == frozenset((Named("ssl.CERT_REQUIRED"),))


def links(made: Iterable[Made], settings: Iterable[Set]) -> list[Link]:
    """Every link that the code opens, in order."""
    calls = list(made)
    around = wraps(calls, settings)
    return [link for one in calls for link in _links(one, around, calls)]


def _links(made: Made, around: Wraps, calls: list[Made]) -> Iterator[Link]:
    if POSTS.fullmatch(made.callee) or (made.name in {"post", "put", "patch"} and _client(made)):
        yield from _posted(made)
    elif PLAIN.fullmatch(made.callee):
        yield Link(made.where, made.name, server=made.name == "add_insecure_port", encrypted=False)
    elif SECURE.fullmatch(made.callee):
        yield Link(made.where, made.name, server=made.name == "add_secure_port", encrypted=True)
    elif SOCKETS.fullmatch(made.callee) or SERVERS.fullmatch(made.callee):
        yield Link(made.where, made.callee, server=_serves(made, calls), encrypted=_wrapped(made, around))
    elif _is_flask(made):
        stated = made.given("ssl_context")
        known = None if not made.complete else stated is not None and not _nothing(stated)
        yield Link(made.where, "Flask.run", server=True, encrypted=known)


def _is_flask(made: Made) -> bool:
    return made.name == "run" and isinstance(made.receiver, Made) and made.receiver.callee == "flask.Flask"


def _client(made: Made) -> bool:
    below = root(made)
    return isinstance(below, Made) and bool(
        re.fullmatch(r"requests\.Session|httpx\.(?:Async)?Client|aiohttp\.ClientSession", below.callee)
    )


def _posted(made: Made) -> Iterator[Link]:
    """A post's url, and whether the certificate is checked."""
    if made.name in OPENED_LATER and "base_url" not in made.keywords:
        return
    at = 1 if made.name == "request" else 0
    value = made.given("url") or made.given("base_url") or (made.args[at] if at < len(made.args) else frozenset())
    unchecked = "verify" in made.keywords and single(made.given("verify")) is False
    for atom in value:
        url = str(atom.value) if isinstance(atom, Constant) else ""
        if url.startswith(("http://", "ws://")):
            yield Link(made.where, f"{made.name} to {url.partition(':')[0]}://", server=False, encrypted=False)
        elif url.startswith(("https://", "wss://")):
            how = f"{made.name} without certificate check" if unchecked else made.name
            yield Link(made.where, how, server=False, encrypted=not unchecked)
        elif not url.startswith("/") and not (isinstance(atom, Made) and POSTS.fullmatch(atom.callee)):
            yield Link(made.where, made.name, server=False, encrypted=None)


def _serves(made: Made, calls: list[Made]) -> bool:
    return bool(SERVERS.fullmatch(made.callee)) or any(
        one.name in {"bind", "listen"} and root(one) is made for one in calls
    )


def _wrapped(made: Made, around: Wraps) -> Known:
    stated = [name for name in ("ssl", "ssl_context", "ssl_certfile") if name in made.keywords]
    if stated and not any(_nothing(made.keywords[name]) for name in stated):
        return True
    if id(made) in around.wrapped:
        return True
    return False if made.complete else None


def _nothing(value: Value) -> bool:
    return any(isinstance(atom, Constant) and atom.value in (None, False, UNKNOWN_TEXT) for atom in value)


def authentication(made: Iterable[Made], settings: Iterable[Set], reached: Iterable[str]) -> Known:
    """Every server demands a certificate; None where its code may check something else; False where there is nothing of the kind."""
    calls, stated = list(made), list(settings)
    around = wraps(calls, stated)
    servers = [one for one in calls if _is_server(one, calls)]
    if not servers:
        return None
    demanded = {
        identity for context, things in around.by_context.items() if context in around.demanding for identity in things
    }
    if all(id(one) in demanded for one in servers):
        return True
    names = (*(one.callee for one in calls), *reached, *_texts(calls))
    return None if any(AUTHENTICATING.fullmatch(name) for name in names) else False


def _is_server(made: Made, calls: list[Made]) -> bool:
    flask = made.name == "run" and isinstance(made.receiver, Made) and made.receiver.callee == "flask.Flask"
    return (
        flask or bool(SERVERS.fullmatch(made.callee)) or (bool(SOCKETS.fullmatch(made.callee)) and _serves(made, calls))
    )


def _texts(calls: list[Made]) -> Iterator[str]:
    """Constant texts in arguments, such as the name of a header."""
    for one in calls:
        for value in (*one.args, *one.keywords.values()):
            yield from (atom.value for atom in value if isinstance(atom, Constant) and isinstance(atom.value, str))


def encrypted(found: Iterable[Link]) -> Known:
    """Every link is under TLS, the server's among them."""
    every = list(found)
    known = worst(link.encrypted for link in every)
    return known if known is False or any(link.server for link in every) else None
