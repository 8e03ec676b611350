"""What ciphertext can't look like. Passing proves nothing: good compression passes too.

Source: Pearson's chi-square test of uniformity, with expected counts >= 5 (Cochran 1954); p-values corrected after Bonferroni.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lepton_encryption.at_rest.sample import Sample

P = 1e-6
"""Probability with which true ciphertext may be called none. Source: FACTS of this project: zlib is seen from 64 KiB on, LZMA never."""
P_BLOCKS = 1e-9
"""Stricter where thousands of small blocks are tested: the tail of the approximation is heavier there."""
BLOCK = 4096
PERIODS = 64
PERIOD_BYTES = PERIODS * 256 * 8
LEAST = 256 * 5
"""Bytes from which on the test is valid."""
NEAR = 1 << 20
HEADER = 64
"""Bytes at the front that may be a header, or an initial vector of zeros: repeats there say nothing of what follows."""


def pattern(sample: Sample) -> str | None:
    """What in the bytes can't be ciphertext of a sound mode, or ``None``."""
    import numpy as np

    windows = [np.frombuffer(window, dtype=np.uint8) for window in sample.windows]
    repeats = _repeats(windows)
    if repeats:
        return f"{repeats} blocks of 8 bytes repeat: readable structure, or a cipher in ECB mode"
    for window in windows:
        if found := _uneven(window):
            return found
    return _periodic(windows[0])


def _repeats(windows: list[NDArray[np.uint8]]) -> int:
    """Equal aligned blocks beyond chance; first at every alignment of the beginning, then in all that was read."""
    first = windows[0][HEADER:]
    near = [_beyond_chance([first[start:NEAR]]) for start in range(8)]
    return max([*near, _beyond_chance([first, *windows[1:]])])


def _beyond_chance(windows: list[NDArray[np.uint8]]) -> int:
    """Of n random blocks of 64 bits, about n^2 / 2^65 pairs are equal (birthday bound), as a Poisson count."""
    import numpy as np
    from scipy.special import pdtrc

    blocks = np.concatenate([np.frombuffer(w[: len(w) // 8 * 8].tobytes(), dtype=np.uint64) for w in windows])
    extra = len(blocks) - len(np.unique(blocks))
    if not extra:
        return 0
    return extra if pdtrc(extra - 1, len(blocks) ** 2 / 2**65) < P / 16 else 0


def _uneven(window: NDArray[np.uint8]) -> str | None:
    if len(window) < LEAST:
        return None
    import numpy as np
    from scipy.special import chdtr, chdtrc

    whole = _chi_square(np.bincount(window, minlength=256)[None, :])[0]
    if min(chdtrc(255, whole), chdtr(255, whole)) < P / 8:
        return f"its bytes are not evenly spread (chi-square {whole:.0f} on 255 degrees of freedom)"
    count = len(window) // BLOCK
    if count:
        places = np.repeat(np.arange(count) * 256, BLOCK) + window[: count * BLOCK]
        worst = _chi_square(np.bincount(places, minlength=count * 256).reshape(count, 256)).max()
        if chdtrc(255, worst) * count < P_BLOCKS:
            return f"a part of it is not evenly spread (chi-square {worst:.0f} on 255 degrees of freedom)"
    return None


def _periodic(window: NDArray[np.uint8]) -> str | None:
    """A key that is shorter than the text and only added to it leaves the text's unevenness at its own period."""
    if len(window) < PERIOD_BYTES:
        return None
    import numpy as np
    from scipy.special import chdtrc

    part = window[:PERIOD_BYTES].astype(np.int64)
    for period in range(2, PERIODS + 1):
        columns = (np.arange(len(part)) % period) * 256 + part
        counts = np.bincount(columns, minlength=period * 256).reshape(period, 256)
        if chdtrc(255 * period, _chi_square(counts).sum()) * PERIODS < P_BLOCKS:
            return f"its bytes are not evenly spread at every {period}th place: a short key, repeated"
    return None


def _chi_square(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    import numpy as np

    expected = counts.sum(axis=1, keepdims=True) / 256
    found: NDArray[np.float64] = np.square(counts - expected).sum(axis=1) / expected[:, 0]
    return found
