from __future__ import annotations

import joblib
import numpy as np
import pytest
from lepton_openers.models.pickled import pickled_model
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lepton_audit.testing.pinned import pinned


@pytest.mark.parametrize(
    "model", [LogisticRegression(max_iter=500), make_pipeline(StandardScaler(), RandomForestClassifier(10))]
)
def test_a_saved_classifier_answers_as_the_original_did(tmp_path, model):
    x, y = load_iris(return_X_y=True)
    fitted = model.fit(x, y)
    joblib.dump(fitted, tmp_path / "m.joblib")
    live = pickled_model.open(pinned("model", tmp_path / "m.joblib", scratch=tmp_path))
    assert np.array_equal(live.predict(x), fitted.predict(x))
    assert np.allclose(live.scores(x), fitted.predict_proba(x))
