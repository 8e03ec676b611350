"""The patients of the demo: real tumour measurements that ship with scikit-learn, and invented persons around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 0
DIAGNOSES = ("malignant", "benign")
AGE_BANDS = ((18, 53), (54, 89))
REGIONS = ("10", "70")
INSURERS = ("private", "statutory")
_CELLS = tuple((band, region, insurer) for band in AGE_BANDS for region in REGIONS for insurer in INSURERS)
_SYLLABLES = ("ba", "dru", "fel", "gim", "kor", "lun", "mev", "nop", "rix", "sol", "tav", "vun")


@dataclass(frozen=True)
class Cohort:
    """Half of the patients trained the scorer; the other half are the holdout. x: (n, 30) float64 in [0, 1]; y: (n,) 0 or 1."""

    features: tuple[str, ...]
    train_x: NDArray[np.float64]
    train_y: NDArray[np.int64]
    holdout_x: NDArray[np.float64]
    holdout_y: NDArray[np.int64]


@dataclass(frozen=True)
class Person:
    """Invented: no such person exists."""

    name: str
    age: int
    zip: str
    insurer: str


def cohort() -> Cohort:
    """The Wisconsin diagnostic breast-cancer data, halved, each feature scaled to the range it has in the training half.

    Source: Street, Wolberg, Mangasarian 1993, as shipped by ``sklearn.datasets.load_breast_cancer``.
    """
    import numpy as np
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import train_test_split

    bunch = load_breast_cancer()
    train, holdout, train_y, holdout_y = train_test_split(
        bunch.data, bunch.target, test_size=0.5, random_state=SEED, stratify=bunch.target
    )
    low, high = train.min(axis=0), train.max(axis=0)
    train, holdout = (np.clip((x - low) / (high - low), 0.0, 1.0) for x in (train, holdout))
    features = tuple(str(name).replace(" ", "_") for name in bunch.feature_names)
    return Cohort(features, train, train_y, holdout, holdout_y)


def persons(labels: NDArray[np.int64]) -> list[Person]:
    """An invented person for each row; each diagnosis is spread evenly over ages, regions and insurers."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    order = [int(row) for label in np.unique(labels) for row in rng.permutation(np.flatnonzero(labels == label))]
    cell_of = {row: _CELLS[place % len(_CELLS)] for place, row in enumerate(order)}
    names = _names(rng)
    return [_person(next(names), *cell_of[row], rng=rng) for row in range(len(labels))]


def _person(name: str, band: tuple[int, int], region: str, insurer: str, *, rng: np.random.Generator) -> Person:
    return Person(name, int(rng.integers(band[0], band[1] + 1)), f"{region}{rng.integers(1000):03d}", insurer)


def _names(rng: np.random.Generator) -> Iterator[str]:
    while True:
        first, last = ("".join(rng.choice(_SYLLABLES, size)).capitalize() for size in (2, 3))
        yield f"{first} {last}"
