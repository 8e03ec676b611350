"""In the child: open the assets, run the probe, write down what it saw. The answer goes to a file, never to stdout."""

from __future__ import annotations

import json
import random
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lepton_audit.declare.failures import Forbidden, LookFailed
from lepton_audit.declare.kinds import FileRef, PinnedAsset, refs
from lepton_audit.declare.probe import Probe, Sharper
from lepton_audit.facts.canonical import digest
from lepton_audit.facts.look import Request
from lepton_audit.facts.target import Asset
from lepton_audit.gather.addresses import filled_uri
from lepton_audit.gather.answer import Answered, Refused, write_answer
from lepton_audit.gather.openers import opener_of
from lepton_audit.load.target import is_file
from lepton_audit.registry import Registry


class WrongAnswer(TypeError):
    """A probe returned something that isn't the evidence it declares."""


def look(request: Request, state: str | None, registry: Registry, scratch: Path, talk: socket.socket) -> None:
    """The answer lies in the scratch folder: evidence, or why there is none."""
    try:
        probe = registry.probes[request.probe]
        live = {name: _opened(asset, request, registry, scratch) for name, asset in request.inputs.items()}
        given = probe.look(**live, **_injected(probe, request, state))
        _testify(probe, given, lambda answer: write_answer(scratch, answer), talk)
    except BaseException as error:  # noqa: BLE001  # the border `look`: whatever it was becomes a value
        traceback.print_exc()
        write_answer(scratch, _refusal(error))


def _refusal(error: BaseException) -> Refused:
    if isinstance(error, LookFailed):
        with suppress(ValidationError):  # a kind of failure that isn't a look's to claim
            return Refused.model_validate(
                {"failed": error.kind, "because": str(error.because), "next_step": str(error.next_step)}
            )
    if isinstance(error, MemoryError):
        return Refused(failed="memory", because="the look ran out of memory")
    return Refused(failed="crash", because=_crash(error))


def _crash(error: BaseException) -> str:
    """The type and the place; the message stays out, since it may hold a personal value."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}, in {frames[-1].name}" if frames else ""
    return f"{type(error).__name__}{place} (its message may hold personal values; `--debug` prints it on the terminal)"


def _opened(asset: Asset, request: Request, registry: Registry, scratch: Path) -> Any:
    opener = opener_of(asset, registry)
    if opener.runs_code and not request.permissions.run_code:
        because = f"opening asset {asset.name!r} ({asset.format or Path(asset.uri).suffix}) may run code of the target"
        raise Forbidden(
            because, next_step="Allow it with `permissions: {run_code: true}`, or use a format that holds no code."
        )
    kind = registry.kinds[asset.kind]
    options = kind.options.model_validate_json(json.dumps(asset.options), strict=True)
    base = Path(request.base)
    own = scratch / f"asset-{asset.name}"
    own.mkdir(exist_ok=True)
    pinned = PinnedAsset(
        name=asset.name,
        kind=asset.kind,
        uri=filled_uri(asset),
        format=asset.format,
        options=options,
        path=base / asset.uri if is_file(asset.uri) else None,
        files={field: base / value for field, _ in refs(kind.options, FileRef) if (value := getattr(options, field))},
        permissions=request.permissions,
        scratch=own,
    )
    return opener.open(pinned)


def _testify(probe: Probe, given: Any, write: Callable[[Answered], None], talk: socket.socket) -> None:
    """What the probe gives is written down; sharper evidence as long as the parent wants it."""
    if probe.state is None:
        write(_answer(probe, given, None, last=True))
        return
    steps: Iterator[Sharper[Any, Any]] = given
    answer = None
    for step in steps:
        if not isinstance(step, Sharper) or not isinstance(step.state, probe.state):
            raise WrongAnswer(f"probe {probe.id} yielded {type(step).__name__}")
        answer = _answer(probe, step.evidence, step.state.model_dump_json(), last=step.last)
        write(answer)
        if step.last or not _go_on(talk):
            break
    else:
        if answer is not None:
            write(answer.model_copy(update={"last": True}))  # it came to its end without saying so
    with suppress(Exception):
        given.close()


def _go_on(talk: socket.socket) -> bool:
    """The parent has judged the evidence, and wants it sharper."""
    talk.sendall(b"?")
    return talk.recv(1) == b"+"


def _answer(probe: Probe, evidence: Any, state: str | None, *, last: bool) -> Answered:
    if not isinstance(evidence, probe.evidence):
        raise WrongAnswer(f"probe {probe.id} returned {type(evidence).__name__}, not {probe.evidence.__name__}")
    return Answered(values=evidence.model_dump(mode="json"), state=state, last=last)


def _injected(probe: Probe, request: Request, state: str | None) -> dict[str, Any]:
    makers: dict[str, Callable[[], Any]] = {
        "settings": lambda: probe.settings.model_validate_json(json.dumps(request.settings), strict=True),
        "effort": lambda: request.effort,
        "rng": lambda: _generator(request),
        "resume": lambda: probe.state.model_validate_json(state) if probe.state and state else None,
    }
    return {name: make() for name, make in makers.items() if name in probe.injected}


def _generator(request: Request) -> Any:
    """The look's own stream of randomness; libraries that use global state are seeded from it too."""
    import numpy as np

    rng = np.random.default_rng([request.seed, int(digest([request.probe, sorted(request.inputs)])[:12], 16)])
    random.seed(int(rng.integers(2**32)))
    np.random.seed(int(rng.integers(2**32)))  # noqa: NPY002  # ART and others draw from the global stream
    return rng
