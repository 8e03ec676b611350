"""Names of places in the page: unique, short, and never made of a foreign text as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lepton_audit.facts.finding import Finding

_FINGERPRINT = re.compile(r"[0-9a-f]{16}")


class Anchors:
    """Gives out the page's ids. A finding keeps its fingerprint, so that a link to it holds from run to run."""

    def __init__(self, digests: Iterable[str], probes: Iterable[str]) -> None:
        self._evidence = {digest: f"e{at}" for at, digest in enumerate(digests, 1)}
        self._probes = {probe: f"p{at}" for at, probe in enumerate(probes, 1)}
        self._controls: dict[tuple[str, str], str] = {}
        self._blocks: dict[str, int] = {}
        self._findings: dict[int, str] = {}
        self._taken: set[str] = set()

    def evidence(self, digest: str) -> str | None:
        """The place of the record, if the report holds it."""
        return self._evidence.get(digest)

    def probe(self, probe: str | None) -> str | None:
        """The place of the probe's method, if the report tells it."""
        return self._probes.get(probe or "")

    def control(self, key: tuple[str, str]) -> str:
        """The place where the control's texts stand: its first block."""
        return self._controls.setdefault(key, f"c{len(self._controls) + 1}")

    def block(self, key: tuple[str, str]) -> tuple[str, bool]:
        """The place of the control's next block, and whether it is its first."""
        name = self.control(key)
        before = self._blocks.get(name, 0)
        self._blocks[name] = before + 1
        return (f"{name}-{before}" if before else name), not before

    def finding(self, finding: Finding) -> str:
        """The place of the finding."""
        if id(finding) not in self._findings:
            self._findings[id(finding)] = self._new(finding.fingerprint)
        return self._findings[id(finding)]

    def _new(self, fingerprint: str) -> str:
        name = f"f-{fingerprint}" if _FINGERPRINT.fullmatch(fingerprint) else f"f{len(self._taken) + 1}"
        name = name if name not in self._taken else f"{name}-{len(self._taken) + 1}"
        self._taken.add(name)
        return name
