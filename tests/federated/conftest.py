"""A hardened Flower project, file by file, from which every other is made by one change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lepton_federated.evidence import FederationSetup
from lepton_federated.setup import setup
from lepton_openers.federations import folder

from lepton_audit.testing.pinned import pinned

PYPROJECT = """\
[project]
name = "credit-federation"
version = "1.0.0"

[tool.flwr.app]
publisher = "example"

[tool.flwr.app.components]
serverapp = "credit.server_app:app"
clientapp = "credit.client_app:app"

[tool.flwr.app.config]
num-server-rounds = 20
noise-multiplier = 1.1
clipping-norm = 1.0
min-clients = 8

[tool.flwr.federations.production]
address = "superlink.example.org:9093"
root-certificates = "certs/ca.crt"
"""

SERVER = """\
from flwr.common import Context
from flwr.server import Grid, LegacyContext, ServerApp, ServerConfig
from flwr.server.strategy import DifferentialPrivacyClientSideFixedClipping, FedAvg
from flwr.server.workflow import DefaultWorkflow, SecAggPlusWorkflow

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    smallest = context.run_config["min-clients"]
    strategy = FedAvg(fraction_fit=1.0, min_fit_clients=smallest, min_available_clients=smallest)
    strategy = DifferentialPrivacyClientSideFixedClipping(
        strategy,
        noise_multiplier=context.run_config["noise-multiplier"],
        clipping_norm=context.run_config["clipping-norm"],
        num_sampled_clients=smallest,
    )
    legacy = LegacyContext(
        context=context, config=ServerConfig(num_rounds=context.run_config["num-server-rounds"]), strategy=strategy
    )
    workflow = DefaultWorkflow(fit_workflow=SecAggPlusWorkflow(num_shares=7, reconstruction_threshold=4))
    workflow(grid, legacy)
"""

CLIENT = """\
from flwr.client import ClientApp, NumPyClient
from flwr.client.mod import fixedclipping_mod, secaggplus_mod
from flwr.common import Context

from credit.task import get_weights, load_rows, make_model, set_weights


class CreditClient(NumPyClient):
    def __init__(self, x, y):
        self.x, self.y = x, y
        self.model = make_model()

    def fit(self, parameters, config):
        set_weights(self.model, parameters)
        self.model.fit(self.x, self.y)
        return get_weights(self.model), len(self.x), {"accuracy": float(self.model.score(self.x, self.y))}


def client_fn(context: Context):
    x, y = load_rows(context.node_config["partition-id"])
    return CreditClient(x, y).to_client()


app = ClientApp(client_fn=client_fn, mods=[secaggplus_mod, fixedclipping_mod])
"""

TASK = """\
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression


def make_model():
    return LogisticRegression()


def get_weights(model):
    return [model.coef_, model.intercept_]


def set_weights(model, parameters):
    model.coef_, model.intercept_ = parameters


def load_rows(partition):
    rows = pd.read_csv(f"data/{partition}.csv")
    return rows.drop(columns="label").to_numpy(), np.asarray(rows["label"])
"""

SUPERLINK = """\
#!/usr/bin/env bash
set -euo pipefail
CERTS=certs
# never: flower-superlink --insecure
flower-superlink \\
  --ssl-ca-certfile "$CERTS/ca.crt" \\
  --ssl-certfile "$CERTS/server.pem" --ssl-keyfile "$CERTS/server.key" \\
  --enable-supernode-auth
"""

SUPERNODE = """\
#!/usr/bin/env bash
exec flower-supernode --root-certificates certs/ca.crt --superlink superlink.example.org:9092 \\
  --auth-supernode-private-key keys/node
"""

README = "Never run `flower-superlink --insecure`.\n\n    flower-superlink --insecure\n"

HARDENED = {
    "pyproject.toml": PYPROJECT,
    "credit/__init__.py": "",
    "credit/server_app.py": SERVER,
    "credit/client_app.py": CLIENT,
    "credit/task.py": TASK,
    "deploy/superlink.sh": SUPERLINK,
    "deploy/supernode.sh": SUPERNODE,
    "README.md": README,
}

Look = Callable[..., FederationSetup]


def written(root: Path, files: dict[str, str]) -> Path:
    """The folder with these files in it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """What the probe sees of a project of these files."""

    def looked(files: dict[str, str], **options: object) -> FederationSetup:
        root = written(tmp_path / "project", files)
        return setup.look(folder.open(pinned("federation", root, scratch=tmp_path, options=options)))

    return looked


@pytest.fixture
def changed(look: Look) -> Look:
    """What the probe sees of the hardened project after one change: a file -> its new text, or (old, new) pieces of it, or a list of these."""

    def looked(changes: dict[str, object], **options: object) -> FederationSetup:
        files = dict(HARDENED)
        for name, change in changes.items():
            if change is None:
                del files[name]
            elif isinstance(change, tuple | list):
                for old, new in [change] if isinstance(change, tuple) else change:
                    assert old in files[name], f"{old!r} isn't in {name}"
                    files[name] = files[name].replace(old, new)
            else:
                files[name] = str(change)
        return look(files, **options)

    return looked
