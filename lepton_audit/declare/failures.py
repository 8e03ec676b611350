"""What a probe or an opener raises when it can't look. Each becomes an `error` finding, never a pass."""

from __future__ import annotations

from typing import ClassVar

from lepton_audit.facts.look import FailureKind


class LookFailed(Exception):
    """The look failed; says why, and what the user can do next. Never put a secret or a personal value in it."""

    kind: ClassVar[FailureKind] = "crash"

    def __init__(self, because: str, *, next_step: str = "") -> None:
        super().__init__(because)
        self.because = because
        self.next_step = next_step


class Unopenable(LookFailed):
    """The asset is there, but can't be opened: missing file, wrong format, forbidden content."""

    kind = "unopenable"


class Unreachable(LookFailed):
    """The asset didn't answer."""

    kind = "unreachable"


class LookRefused(LookFailed):
    """The test couldn't see a fault here, so it refuses to look (law 9)."""

    kind = "refused"


class Forbidden(LookFailed):
    """The target's permissions don't allow this look."""

    kind = "forbidden"
