"""Many walks at once, strictly in turns: each runs until it asks, then all are answered by one question to the model.

A library's attack asks for one input at a time; a model that takes 5 ms per question, or sits behind a network, would take hours.
Only one walk runs at any moment, in the order given, and each has numpy's global stream to itself: nothing depends on scheduling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np

from lepton_robustness.evasion.oracle import Labels
from lepton_robustness.evasion.threat import Floats

Ask = Callable[[Floats], Labels]
Answer = Callable[[Floats], Labels]


class Abandoned(BaseException):
    """The model failed: a walk that waits for an answer will get none."""


class Walk(Thread):
    """One walk: a function that is given somebody to ask."""

    def __init__(self, steps: Callable[[Ask], None], *, seed: int) -> None:
        super().__init__(daemon=True)
        self.steps = steps
        self.stream: Any = np.random.RandomState(seed).get_state()
        self.asked: SimpleQueue[Floats | None] = SimpleQueue()
        self.told: SimpleQueue[Labels | None] = SimpleQueue()
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Takes its steps when it is first told something."""
        try:
            self._told()
            self.steps(self._ask)
        except Abandoned:
            pass
        except BaseException as failure:  # noqa: BLE001  # carried over to the thread that waits
            self.failure = failure
        finally:
            self.asked.put(None)

    def turn(self, answer: Labels) -> Floats | None:
        """Runs the walk until it asks again; its question, or none at its end. Raises what the walk raised."""
        np.random.set_state(self.stream)  # noqa: NPY002  # the one that ART uses
        self.told.put(answer)
        question = self.asked.get()
        self.stream = np.random.get_state()  # noqa: NPY002
        if self.failure is not None:
            raise self.failure
        return question

    def abandon(self) -> None:
        """Ends it wherever it waits."""
        self.told.put(None)
        self.join()

    def _ask(self, question: Floats) -> Labels:
        self.asked.put(question)
        return self._told()

    def _told(self) -> Labels:
        answer = self.told.get()
        if answer is None:
            raise Abandoned
        return answer


def walked(walks: Sequence[Walk], answer: Answer) -> None:
    """All walks are at their end; the global stream is where it was."""
    before = np.random.get_state()  # noqa: NPY002
    try:
        for walk in walks:
            walk.start()
        _rounds(walks, answer)
    finally:
        for walk in walks:
            walk.abandon()
        np.random.set_state(before)  # noqa: NPY002


def _rounds(walks: Sequence[Walk], answer: Answer) -> None:
    nothing = np.zeros(0, dtype=np.int64)
    asking = [(walk, question) for walk in walks if (question := walk.turn(nothing)) is not None]
    while asking:
        labels = answer(np.concatenate([question for _, question in asking]))
        ends = np.cumsum([len(question) for _, question in asking])[:-1]
        told = zip(asking, np.split(labels, ends), strict=True)
        asking = [(walk, question) for (walk, _), own in told if (question := walk.turn(own)) is not None]
