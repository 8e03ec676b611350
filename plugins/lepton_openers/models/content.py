"""A model file's bytes: read once, so that what was scanned is what is loaded, and unpacked within bounds."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from lepton_audit import PinnedAsset, Unopenable

MOST_BYTES = 1 << 30
"""Of a file, and of what it unpacks to: beyond it the file is refused as a bomb."""
_STEP, _CHUNK = 1 << 16, 1 << 20


def content_of(asset: PinnedAsset, *, most: int = MOST_BYTES) -> bytes:
    """The bytes of the asset's file. Raises: Unopenable if it is missing, no regular file, empty, or larger than ``most``."""
    path = asset.path
    if path is None or not path.is_file():
        raise Unopenable("there is no model file at the asset's uri", next_step="Point `uri` to the model file.")
    return file_bytes(path, most=most)


def file_bytes(path: Path, *, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file, read once. Raises: Unopenable if it is empty or larger than ``most``."""
    with path.open("rb") as file:
        found = file.read(most + 1)
    if len(found) > most:
        raise Unopenable(
            f"the model file is larger than {most} bytes", next_step="Audit it behind a prediction endpoint."
        )
    if not found:
        raise Unopenable("the model file is empty", next_step="Save the model again.")
    return found


class _Unpacker(Protocol):
    """What zlib, bz2, lzma and lz4 have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _lz4() -> _Unpacker:
    try:
        from lz4.frame import LZ4FrameDecompressor  # type: ignore[import-not-found,unused-ignore]  # an optional library
    except ImportError:
        raise Unopenable(
            "the file is compressed with lz4, and lz4 isn't installed", next_step="pip install lz4"
        ) from None
    found: _Unpacker = LZ4FrameDecompressor()
    return found


_PACKINGS: tuple[tuple[bytes, str, Callable[[], _Unpacker]], ...] = (
    (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(wbits=31)),
    (b"BZh", "bz2", lambda: bz2.BZ2Decompressor()),  # noqa: PLW0108  # a class is no such function
    (b"\xfd7zXZ\x00", "xz", lambda: lzma.LZMADecompressor(memlimit=MOST_BYTES)),
    (b"\x5d\x00", "lzma", lambda: lzma.LZMADecompressor(memlimit=MOST_BYTES)),
    (b"\x04\x22\x4d\x18", "lz4", _lz4),
    (b"\x78", "zlib", lambda: zlib.decompressobj()),  # noqa: PLW0108  # without its own parameters
)


def unpacked(packed: bytes, *, most: int = MOST_BYTES) -> bytes:
    """The pickle inside a file as joblib writes it; the file itself where it isn't compressed. Raises: Unopenable."""
    for magic, name, make in _PACKINGS:
        if packed.startswith(magic):
            try:
                return _drained(make(), packed, name=name, most=most)
            except (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError) as error:
                raise Unopenable(
                    f"the file starts like {name} data, but doesn't decompress as joblib would ({type(error).__name__})",
                    next_step="Save the model again.",
                ) from error
    return packed


def _drained(unpacker: _Unpacker, packed: bytes, *, name: str, most: int) -> bytes:
    pieces, size = [], 0
    for piece in _pieces(unpacker, packed):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise Unopenable(
                f"the file unpacks to more than {most} bytes", next_step="Save the model without compression."
            )
    if not unpacker.eof:
        raise Unopenable(f"the {name} data end too early", next_step="Save the model again.")
    return b"".join(pieces)


def _pieces(unpacker: _Unpacker, packed: bytes) -> Iterator[bytes]:
    """What comes out, a bounded piece at a time: a few bytes of bz2 or xz can hold gigabytes."""
    for start in range(0, len(packed), _STEP):
        waiting, piece = packed[start : start + _STEP], b""
        while waiting or len(piece) == _CHUNK or not getattr(unpacker, "needs_input", True):
            piece = unpacker.decompress(waiting, _CHUNK)
            yield piece
            if unpacker.eof:
                if unpacker.unused_data or start + _STEP < len(packed):
                    raise ValueError("more data after the end")
                return
            waiting = getattr(unpacker, "unconsumed_tail", b"")
