"""What the floor raises."""

from __future__ import annotations


class StoreUnusable(Exception):
    """The store can't be opened or written."""

    def __init__(self, url: str, because: str) -> None:
        super().__init__(f"store {url}: {because}")
        self.because = because
