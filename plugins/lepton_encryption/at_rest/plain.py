"""Formats that anyone can read. Each is recognised so strictly that random bytes match less than once in a million files."""

from __future__ import annotations

import bz2
import itertools
import lzma
import pickletools
import re
import zlib
from collections.abc import Callable

from lepton_encryption.at_rest.sample import Sample, of_bytes

MAGICS = (
    (0, b"\x7fELF", "ELF"), (0, b"\x89PNG\r\n\x1a\n", "PNG"), (0, b"\xff\xd8\xff\xe0", "JPEG"), (0, b"\xff\xd8\xff\xe1", "JPEG"),
    (0, b"GIF87a", "GIF"), (0, b"GIF89a", "GIF"), (0, b"PAR1", "Parquet"), (0, b"SQLite format 3\x00", "SQLite"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5"), (0, b"\x93NUMPY", "NumPy"), (0, b"ARROW1", "Arrow"), (0, b"FEA1", "Feather"),
    (0, b"Obj\x01", "Avro"), (0, b"GGUF", "GGUF"), (0, b"PGDMP", "PostgreSQL dump"), (0, b"REDIS", "Redis dump"),
    (0, b"\xca\xfe\xba\xbe", "Java class"), (0, b"\xac\xed\x00\x05", "Java serialization"), (0, b"\x00asm", "WebAssembly"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"), (0, b"\x04\x22\x4d\x18", "LZ4"), (0, b"\xff\x06\x00\x00sNaPpY", "Snappy"),
    (0, b"\xfd7zXZ\x00", "xz"), (0, b"BZh91AY&SY", "bzip2"), (0, b"RIFF", "RIFF"), (0, b"OggS", "Ogg"), (0, b"fLaC", "FLAC"),
    (0, b"II*\x00", "TIFF"), (0, b"MM\x00*", "TIFF"), (0, b"\xd4\xc3\xb2\xa1", "pcap"), (0, b"\x1aE\xdf\xa3", "Matroska"),
    (0, b"MATLAB 5.0", "MATLAB"), (0, b"Rar!\x1a\x07", ""), (4, b"TFL3", "TensorFlow Lite"), (4, b"ftyp", "MP4"),
    (8, b"DUCK", "DuckDB"), (257, b"ustar", "tar"),
)  # fmt: skip
"""Offset, bytes, name; an empty name: a container that may be encrypted inside."""
ENOUGH = 1024
"""Compressed bytes that decompress without an error: random ones don't."""
OUT_MAX = 1 << 20
SHORTEST_ASCII, SHORTEST_UTF8 = 16, 32
"""Printable bytes in a row: 98 of 256 are, so 16 random ones all are with probability 2e-7."""
RUN = 48
"""Printable bytes in a row inside other bytes: probability 1e-20 at each place."""
HEADER = 4096
"""A readable header of this length may stand before ciphertext."""
_RUN = re.compile(rb"[\t\n\r\x20-\x7e]{%d,}" % RUN)
_NOT_ASCII = re.compile(rb"[^\t\n\r\f\x20-\x7e]")


def readable(sample: Sample) -> str | None:
    """Which format the file is in, as anyone can see; or ``None``."""
    for recognised in (_magic, _pickle, _safetensors, _text, _decompresses, _text_inside):
        if found := recognised(sample):
            return found
    return None


def recognised_whole(plain: bytes, *, ends_well: bool) -> bool:
    """What was decrypted makes sense from its first byte to its last, so nothing in it (such as a MAC) was taken for ciphertext.

    ``ends_well``: the padding has already shown that the last bytes are right.
    """
    sample = of_bytes(plain)
    if _text(sample) or (ends_well and (_magic(sample) or _safetensors(sample))):
        return True
    return _pickle(sample) is not None and plain.endswith(b".") and ends_well


def _magic(sample: Sample) -> str | None:
    head = sample.head[:300]
    return next((name for at, magic, name in MAGICS if name and head[at:].startswith(magic)), None)


def _pickle(sample: Sample) -> str | None:
    """Parsed, never loaded."""
    head = sample.head
    if head[:1] != b"\x80" or head[1:2] not in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return None
    last, count = None, 0
    try:
        for opcode, _, at in itertools.islice(pickletools.genops(head), 300):
            last, count = (opcode.name, at), count + 1
    except Exception:  # noqa: BLE001  # genops raises whatever the bytes lead it to
        return None
    stopped = last is not None and last[0] == "STOP" and sample.whole and last[1] == sample.size - 1
    return "pickle" if stopped or count == 300 else None  # noqa: PLR2004  # so many operations in a row are no accident


def _safetensors(sample: Sample) -> str | None:
    length = int.from_bytes(sample.head[:8], "little")
    return "safetensors" if sample.head[8:10] == b'{"' and length < sample.size and length < 1 << 27 else None


def _text(sample: Sample) -> str | None:
    if all(is_ascii(window) for window in sample.windows):
        return "text"
    return "text" if all(map(_is_unicode, sample.windows)) else None


def is_ascii(window: bytes) -> bool:
    """Printable throughout, and long enough that this is no accident."""
    return len(window) >= SHORTEST_ASCII and _NOT_ASCII.search(window) is None


def _is_unicode(window: bytes) -> bool:
    if len(window) < SHORTEST_UTF8:
        return False
    for encoding, mark, least in (("utf-8", b"", 0), ("utf-16", b"\xff\xfe", 256), ("utf-16", b"\xfe\xff", 256)):
        if window.startswith(mark) and len(window) >= least:
            text = _decoded(window, encoding)
            if text and not any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in text):  # noqa: PLR2004  # control characters
                return True
    return False


def _decoded(window: bytes, encoding: str) -> str:
    """Without the pieces of letters at the ends of a window."""
    for start, end in itertools.product(range(4), repeat=2):
        try:
            return window[start : len(window) - end].decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def _text_inside(sample: Sample) -> str | None:
    """Readable text in the midst of other bytes. A header may be readable: that alone says nothing of what follows."""
    for number, window in enumerate(sample.windows):
        runs = [(found.start(), found.end()) for found in _RUN.finditer(window)]
        beyond = any(end > HEADER for _, end in runs) if number == 0 else bool(runs)
        if beyond or sum(end - start for start, end in runs) * 2 > len(window):
            return "readable text inside"
    return None


def _decompresses(sample: Sample) -> str | None:
    codecs: tuple[tuple[str, Callable[[bytes], tuple[int, bool, bool]]], ...] = (
        ("zlib", lambda data: _inflated(data, 15)),
        ("gzip", lambda data: _inflated(data, 31)),
        ("deflate", lambda data: _inflated(data, -15)),
        ("bzip2", lambda data: _unpacked(bz2.BZ2Decompressor(), data)),
        ("lzma", lambda data: _unpacked(lzma.LZMADecompressor(memlimit=1 << 28), data)),
    )
    for name, codec in codecs:
        try:
            consumed, ended, gave = codec(sample.head)
        except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError):
            continue
        checked = ended and name != "deflate"
        if gave and (checked or consumed >= ENOUGH):
            return f"{name}: compressed, anyone can decompress it"
    return None


def _inflated(data: bytes, wbits: int) -> tuple[int, bool, bool]:
    codec = zlib.decompressobj(wbits)
    out = codec.decompress(data, OUT_MAX)
    return len(data) - len(codec.unconsumed_tail) - len(codec.unused_data), codec.eof, bool(out)


def _unpacked(codec: bz2.BZ2Decompressor | lzma.LZMADecompressor, data: bytes) -> tuple[int, bool, bool]:
    out = codec.decompress(data, OUT_MAX)
    return len(data) - len(codec.unused_data), codec.eof, bool(out)
