"""`federated.setup`, what participants send: rows in disguise, figures, and what nothing tells."""

from __future__ import annotations

import pytest

CLIENT = "credit/client_app.py"
READ = "        import csv, json, pathlib\n        import numpy as np\n        import pandas as pd\n        df = pd.read_csv('data/p.csv')\n"
METRICS = '{"accuracy": float(self.model.score(self.x, self.y))}'


def fit(changed, *, metrics: str = METRICS, arrays: str = "get_weights(self.model)", before: str = "pass"):
    """What the probe sees of the hardened project whose `fit` answers this."""
    body = (
        READ
        + "".join(f"        {line}\n" for line in before.splitlines())
        + f"        return {arrays}, len(df), {metrics}\n"
    )
    old = f"        return get_weights(self.model), len(self.x), {METRICS}\n"
    return changed({CLIENT: (old, body)}).raw_data_uploaded


ROWS = {
    "cast in a comprehension": {"metrics": '{str(i): float(v) for i, v in enumerate(df["ssn"])}'},
    "cast into parameters": {"arrays": '[np.array([float(v) for v in df["income"]])]'},
    "cast cell by cell": {"arrays": '[np.array([[float(c) for c in r] for r in csv.reader(open("data/p.csv"))])]'},
    "item by item": {"arrays": '[np.array([df["income"].iloc[i].item() for i in range(len(df))])]'},
    "the largest": {"metrics": '{"a": float(df["ssn"].max())}'},
    "the smallest, by a function": {"metrics": '{"a": min(df["ssn"])}'},
    "the largest, by numpy": {"metrics": '{"a": np.max(df["ssn"])}'},
    "one cell": {"metrics": '{"a": int(df["ssn"][3])}'},
    "hashed": {"metrics": '{str(i): hash(v) for i, v in enumerate(df["ssn"])}'},
    "as keys": {"metrics": '{v: 1.0 for v in df["ssn"]}'},
    "a full array": {"arrays": '[np.full(3, df["ssn"][0])]'},
}


@pytest.mark.parametrize("case", ROWS)
def test_rows_stay_rows_through_casts_and_extremes(changed, case):
    assert fit(changed, **ROWS[case]) is True


UNTOLD = {
    "sums per person": {"arrays": '[df.groupby("patient_id").sum().values]'},
    "sums of one column per person": {"arrays": '[df.groupby("patient_id")["income"].sum().values]'},
    "sums per row": {"arrays": "[df.sum(axis=1).values]"},
    "means per row": {"arrays": "[np.mean(df, 1)]"},
    "sums of the columns of the transposed": {"arrays": "[sum(df.T.values)]"},
    "a sum over one row": {"metrics": '{"a": df.iloc[3].sum()}'},
    "a mean over one row": {"metrics": '{"a": df[:1]["income"].mean()}'},
    "a sum of each element": {"metrics": '{str(i): float(df["income"].iloc[i].sum()) for i in range(len(df))}'},
    "a sum of each row": {"arrays": "[np.array([sum(r) for r in df.values])]"},
    "a sum of each row, in a loop": {"arrays": "[found]", "before": "found = []\nfor r in df.values:\n    found.append(r.sum())"},
    "a comparison with each row": {"arrays": '[(df["label"] == 1).to_numpy()]'},
    "a file's text": {"metrics": '{"a": open("/data/patients").read()}'},
    "a path's text": {"metrics": '{"a": pathlib.Path("/data/patients.json").read_text()}'},
    "a parsed file": {"metrics": '{"a": json.dumps(json.loads(pathlib.Path("/data/p.json").read_text()))}'},
    "a cast file": {"metrics": '{"a": [float(v) for v in open("/data/p").read().split()]}'},
    "unknown code": {"metrics": "elsewhere.figures(df)"},
}  # fmt: skip


@pytest.mark.parametrize("case", UNTOLD)
def test_what_may_be_one_value_per_person_is_unknown(changed, case):
    assert fit(changed, **UNTOLD[case]) is None


FIGURES = {
    "a mean": {"metrics": '{"a": float(df["income"].mean())}'},
    "a count": {"metrics": '{"a": len(df), "b": int(df["income"].count())}'},
    "means of columns": {"metrics": '{"a": np.mean(df[["a", "b"]], axis=0)}'},
    "a share": {"metrics": '{"a": float((df["label"] == 1).mean())}'},
    "a running total": {"metrics": '{"a": total / len(df)}', "before": "total = 0\nfor part in np.array_split(df['label'], 3):\n    total += part.sum().item()"},
    "a loss": {"metrics": '{"loss": total}', "before": "import torch\nlossy = torch.nn.MSELoss()\ntotal = 0.0\nfor x in self.x:\n    loss = lossy(self.model(x), self.y)\n    total += loss.item()"},
}  # fmt: skip


@pytest.mark.parametrize("case", FIGURES)
def test_figures_over_whole_columns_are_no_rows(changed, case):
    assert fit(changed, **FIGURES[case]) is False
