"""Acme's notebooks: an asset kind, an opener, three probes and a policy, all behind one entry point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lepton_audit import (
    AssetOptions,
    Count,
    Estimate,
    Evidence,
    Frozen,
    LookFailed,
    Opener,
    PinnedAsset,
    Probe,
    Settings,
    Sharper,
    Unopenable,
    asset_kind,
    hookimpl,
    measure,
    opener,
    probe,
)

if TYPE_CHECKING:
    import numpy as np


class NotebookOptions(AssetOptions):
    """Options of a `notebook` asset."""

    ruled: bool = False


@asset_kind("notebook", options=NotebookOptions)
class Notebook(Protocol):
    """Lines of text."""

    lines: tuple[str, ...]
    path: Path


@dataclass(frozen=True)
class TextNotebook:
    lines: tuple[str, ...]
    path: Path


@opener("notebook", formats=("text",), suffixes=(".note",))
def open_notebook(asset: PinnedAsset) -> TextNotebook:
    """The notebook's lines."""
    if asset.path is None:
        raise Unopenable("a notebook is a file")
    return TextNotebook(tuple(asset.path.read_text(encoding="utf-8").splitlines()), asset.path)


class Lines(Evidence):
    """How many lines there are, and how many of them are empty."""

    lines: Count = measure("Lines in the notebook", unit="lines", strength="proven")
    empty: Count = measure("Lines without text", unit="lines", strength="proven")


@probe("acme.lines", version=1)
def lines(notebook: Notebook) -> Lines:
    """The notebook is short enough to be read.

    What it does: counts lines.
    Why it matters: nobody reads a long notebook.
    Source: Acme, reading habits, 2026.
    Known limits: it doesn't read them.
    """
    return Lines(lines=len(notebook.lines), empty=sum(not line for line in notebook.lines))


class MoodSettings(Settings):
    """How much noise the mood has."""

    noise: float = 1.0


class Mood(Evidence):
    """A number that depends on the seed alone."""

    mood: float = measure("The notebook's mood", unit="points", strength="tested")


@probe("acme.mood", version=1)
def mood(notebook: Notebook, settings: MoodSettings, rng: np.random.Generator) -> Mood:
    """The notebook is in a good mood."""
    if not notebook.lines:
        raise LookFailed("an empty notebook has no mood", next_step="Write something.")
    return Mood(mood=float(rng.normal(0.0, settings.noise)))


class Share(Evidence):
    """The share of lines that begin with `x`."""

    share: Estimate = measure("Share of lines that begin with x", unit="share", strength="tested")


class Read(Frozen):
    """How far the probe has read."""

    seen: int
    hits: int


@probe("acme.share", version=1)
def share(notebook: Notebook, resume: Read | None) -> Iterator[Sharper[Share, Read]]:
    """Lines begin with x.

    Hoeffding's interval with a union bound over the chunks: valid under optional stopping.
    """
    from math import log, sqrt

    seen, hits = (resume.seen, resume.hits) if resume else (0, 0)
    while seen < len(notebook.lines):
        chunk = notebook.lines[seen : seen + 10]
        seen, hits = seen + len(chunk), hits + sum(line.startswith("x") for line in chunk)
        step = -(-seen // 10)
        width = sqrt(log(2 * step * (step + 1) / 0.05) / (2 * seen))
        value = hits / seen
        estimate = Estimate(
            value=value,
            low=max(0.0, value - width),
            high=min(1.0, value + width),
            confidence=0.95,
            n=seen,
            method="Hoeffding, union",
        )
        yield Sharper(Share(share=estimate), Read(seen=seen, hits=hits), last=seen == len(notebook.lines))


@hookimpl
def lepton_asset_kinds() -> Iterable[type]:
    return [Notebook]


@hookimpl
def lepton_openers() -> Iterable[Opener]:
    return [open_notebook]


@hookimpl
def lepton_probes() -> Iterable[Probe]:
    return [lines, mood, share]


@hookimpl
def lepton_policies() -> Iterable[Path]:
    return [Path(str(resources.files("acme_lepton") / "acme-house.yaml"))]
