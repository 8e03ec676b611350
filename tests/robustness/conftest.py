"""Live assets for the probe: real fitted estimators behind the Model protocol, real tables behind Ibis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from lepton_audit import ModelOptions, TableOptions


@dataclass
class Fitted:
    """A fitted scikit-learn estimator as the probe sees it."""

    native: Any
    access: str = "scores"
    name: str = "scorer"
    framework: str = "sklearn"
    options: ModelOptions = field(default_factory=ModelOptions)

    @property
    def classes(self):
        return tuple(c.item() if hasattr(c, "item") else c for c in self.native.classes_)

    def predict(self, x):
        return np.searchsorted(self.native.classes_, self.native.predict(x))

    def scores(self, x):
        if hasattr(self.native, "predict_proba"):
            return self.native.predict_proba(x)
        lead = self.native.decision_function(x)
        return np.column_stack([-lead, lead]) if lead.ndim == 1 else lead


@dataclass
class Asked:
    """A function from inputs to class indices: labels only, as a prediction server may be."""

    answer: Any
    classes: tuple = (0, 1)
    access: str = "labels"
    name: str = "api"
    framework: str = "http"
    native: None = None
    options: ModelOptions = field(default_factory=ModelOptions)
    score: Any = None

    def predict(self, x):
        return self.answer(x)

    def scores(self, x):
        return self.score(x)


@dataclass
class Rows:
    """A table in memory."""

    expression: Any
    options: TableOptions
    name: str = "holdout"

    def columns(self, role):
        return tuple(c for c in self.expression.columns if self.options.columns.get(c) == role)


def rows(x, y, *, names=None, label="label", more=None):
    """A table of features and a label."""
    names = names or [f"x{i}" for i in range(x.shape[1])]
    columns = {name: x[:, i] for i, name in enumerate(names)} | {label: list(y)} | (more or {})
    engine = ibis.duckdb.connect()
    engine.con.register("t", pa.table(columns))
    return Rows(engine.table("t"), TableOptions(columns={label: "label"}))


@pytest.fixture(scope="session")
def table():
    return rows


@pytest.fixture(scope="session")
def fitted():
    return Fitted


@pytest.fixture(scope="session")
def asked():
    return Asked


def looks(model, holdout, *, seed=0, effort="quick", resume=None, **settings):
    """Every yield of a look."""
    from lepton_robustness.evasion.look import evasion
    from lepton_robustness.evasion.words import EvasionSettings

    rng = np.random.default_rng(seed)
    return evasion.look(model, holdout, settings=EvasionSettings(**settings), rng=rng, effort=effort, resume=resume)


@pytest.fixture(scope="session")
def every():
    return looks


@pytest.fixture(scope="session")
def last():
    def run(*args, **kwargs):
        *_, final = looks(*args, **kwargs)
        assert final.last
        return final.evidence

    return run
