"""`federated.setup` on Flower projects: the hardened twin, each defect alone, and what would give a false pass."""

from __future__ import annotations

import math

import pytest

SERVER = "credit/server_app.py"
CLIENT = "credit/client_app.py"
START = "deploy/superlink.sh"
NODE = "deploy/supernode.sh"
PROJECT = "pyproject.toml"

MODERN_SERVER = """\
from flwr.app import Context
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import DifferentialPrivacyServerSideFixedClipping, FedAvg

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    strategy = FedAvg(fraction_train=0.5, min_train_nodes=6, min_available_nodes=20)
    strategy = DifferentialPrivacyServerSideFixedClipping(strategy, 0.8, 2.0, 6)
    strategy.start(grid=grid, initial_arrays=None, num_rounds=context.run_config["num-server-rounds"])
"""

MODERN_CLIENT = """\
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.clientapp.mod import LocalDpMod

from credit.task import load_rows, make_model

app = ClientApp(mods=[LocalDpMod(1.0, 0.1, 2.0, 1e-5)])


@app.train()
def train(msg: Message, context: Context) -> Message:
    x, y = load_rows(context.node_config["partition-id"])
    model = make_model()
    model.coef_, model.intercept_ = msg.content["arrays"].to_numpy_ndarrays()
    model.fit(x, y)
    arrays = ArrayRecord([model.coef_, model.intercept_])
    metrics = MetricRecord({"num-examples": len(x), "accuracy": model.score(x, y)})
    return Message(content=RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=msg)
"""


def test_the_hardened_project_is_cleared_in_every_field(changed):
    seen = changed({})
    assert (seen.framework, seen.tls, seen.node_authentication) == ("flower", True, True)
    assert (seen.secure_aggregation, seen.differential_privacy, seen.raw_data_uploaded) == (True, True, False)
    assert (seen.noise_multiplier, seen.clipping_norm, seen.minimum_clients, seen.rounds) == (1.1, 1.0, 8, 20)
    assert seen.insecure_flags == seen.raw_uploads == seen.doubts == ()
    assert seen.superlink_commands == ("deploy/superlink.sh:5",)


def test_the_newer_api_is_read_too(changed):
    seen = changed({SERVER: MODERN_SERVER, CLIENT: MODERN_CLIENT})
    assert (seen.differential_privacy, seen.noise_multiplier, seen.clipping_norm) == (True, 0.8, 2.0)
    assert (seen.minimum_clients, seen.fraction_train, seen.rounds) == (6, 0.5, 20)
    assert (seen.raw_data_uploaded, seen.secure_aggregation) == (False, False)
    assert (seen.dp_epsilon, seen.dp_delta) == (2.0, 1e-5)


def test_equal_projects_give_equal_evidence(changed):
    assert changed({}).model_dump_json() == changed({}).model_dump_json()


DEFECTS = {
    "insecure superlink": ({START: ("--enable-supernode-auth", "--insecure")}, "tls", False),
    "insecure superlink has no authentication": ({START: ("--enable-supernode-auth", "--insecure")}, "node_authentication", False),
    "insecure wins over certificates": ({START: ("flower-superlink \\", "flower-superlink --insecure \\")}, "tls", False),
    "abbreviated flag": ({START: ("--enable-supernode-auth", "--enable-supernode-auth --insec")}, "tls", False),
    "no certificates at all": ({START: "flower-superlink --enable-supernode-auth\n"}, "tls", False),
    "one certificate flag missing": ({START: ('--ssl-keyfile "$CERTS/server.key"', "")}, "tls", False),
    "an empty certificate": ({START: ('"$CERTS/server.key"', '""')}, "tls", False),
    "no node authentication": ({START: ("\\\n  --enable-supernode-auth", "")}, "node_authentication", False),
    "insecure node": ({NODE: ("--root-certificates certs/ca.crt", "--insecure")}, "tls", False),
    "insecure connection of flwr": ({PROJECT: ('root-certificates = "certs/ca.crt"', "insecure = true")}, "tls", False),
    "insecure connection in config.toml": ({".flwr/config.toml": '[superlink.x]\naddress = "h:1"\ninsecure = true\n'}, "tls", False),
    "a second, insecure superlink": ({"dev.sh": "flower-superlink --insecure\n"}, "tls", False),
    "insecure in one branch": ({START: 'if [ "$1" = dev ]; then\n  flower-superlink --insecure\nfi\n' + "true"}, "tls", False),
    "insecure by a variable": ({START: 'TLS="--insecure"\nflower-superlink $TLS\n'}, "tls", False),
    "insecure by a default": ({START: "flower-superlink ${TLS:---insecure}\n"}, "tls", False),
    "insecure by an array": ({START: 'ARGS=(\n  --insecure\n)\nflower-superlink "${ARGS[@]}"\n'}, "tls", False),
    "insecure in a quoted shell": ({START: "bash -c 'flower-superlink --insecure'\n"}, "tls", False),
    "insecure behind a wrapper": ({START: "nohup sudo -u fl /opt/bin/flower-superlink --insecure > log 2>&1 &\n"}, "tls", False),
    "insecure after a semicolon": ({START: "cd /app; flower-superlink --insecure\n"}, "tls", False),
    "insecure by echo into a shell": ({START: "echo 'flower-superlink --insecure' | bash\n"}, "tls", False),
    "insecure in a here-document for a shell": ({START: "ssh host <<EOF\nflower-superlink --insecure\nEOF\n"}, "tls", False),
    "insecure after a hash inside a word": ({START: ("--enable-supernode-auth", "--database=a#b --insecure")}, "tls", False),
    "insecure from Python": ({"start.py": 'import subprocess\nsubprocess.run(["flower-superlink", "--insecure"])\n'}, "tls", False),
    "insecure from Python's shell": ({"start.py": 'import os\nos.system("flower-superlink --insecure")\n'}, "tls", False),
    "noise of zero": ({PROJECT: ("noise-multiplier = 1.1", "noise-multiplier = 0.0")}, "differential_privacy", False),
    "no strategy with noise": ({SERVER: ("strategy = DifferentialPrivacyClientSideFixedClipping(", "unused = DifferentialPrivacyClientSideFixedClipping(")}, "differential_privacy", False),
    "the participants don't clip": ({CLIENT: (", fixedclipping_mod])", "])")}, "differential_privacy", False),
    "noise in one branch only": ({SERVER: ("    legacy =", "    if context.run_config['x']:\n        strategy = FedAvg()\n    legacy =")}, "differential_privacy", False),
    "no mod for secure aggregation": ({CLIENT: ("mods=[secaggplus_mod, ", "mods=[")}, "secure_aggregation", False),
    "no workflow for secure aggregation": ({SERVER: ("fit_workflow=SecAggPlusWorkflow(num_shares=7, reconstruction_threshold=4)", "")}, "secure_aggregation", False),
    "imported, but not wired": ({CLIENT: ("mods=[secaggplus_mod, fixedclipping_mod]", "mods=[]")}, "secure_aggregation", False),
    "wired into another object": ({CLIENT: ("app = ClientApp(client_fn=client_fn, mods=[secaggplus_mod, fixedclipping_mod])", "spare = ClientApp(client_fn, mods=[secaggplus_mod, fixedclipping_mod])\napp = ClientApp(client_fn)")}, "secure_aggregation", False),
    "the mod of another library": ({CLIENT: ("from flwr.client.mod import fixedclipping_mod, secaggplus_mod", "from flwr.client.mod import fixedclipping_mod\nfrom lookalike import secaggplus_mod")}, "secure_aggregation", None),
    "few participants": ({PROJECT: ("min-clients = 8", "min-clients = 2")}, "minimum_clients", 2),
    "rows as parameters": ({CLIENT: ("return get_weights(self.model), len", "return [self.x, self.y], len")}, "raw_data_uploaded", True),
    "rows among metrics": ({CLIENT: ('{"accuracy": float(self.model.score(self.x, self.y))}', '{"rows": self.x.tolist()}')}, "raw_data_uploaded", True),
    "rows beside Flower": ({CLIENT: ("        set_weights", '        import requests\n        requests.post("http://host/rows", json=self.x.tolist())\n        set_weights')}, "raw_data_uploaded", True),
    "rows beside Flower in the clear": ({CLIENT: ("        set_weights", '        import requests\n        requests.post("http://host/rows", json=self.x.tolist())\n        set_weights')}, "tls", False),
}  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_alone_is_found(changed, defect):
    changes, field, wanted = DEFECTS[defect]
    assert getattr(changed(changes), field) is wanted or getattr(changed(changes), field) == wanted


UNKNOWN = {
    "no superlink command": ({START: None}, "tls"),
    "no superlink command, no authentication": ({START: None}, "node_authentication"),
    "arguments from outside": ({START: 'flower-superlink --ssl-ca-certfile a --ssl-certfile b --ssl-keyfile c "$@"\n'}, "tls"),
    "authentication from outside": ({START: "flower-superlink --ssl-ca-certfile a --ssl-certfile b --ssl-keyfile c $EXTRA\n"}, "node_authentication"),
    "a program of unknown name": ({"other.sh": "$LINK --ssl-certfile x $MORE\n"}, "tls"),
    "flags by brace expansion": ({START: ("--enable-supernode-auth", "--enable-supernode-auth --{insecure,}")}, "tls"),
    "noise from outside": ({SERVER: ('noise_multiplier=context.run_config["noise-multiplier"]', "noise_multiplier=float(os.environ['NOISE'])")}, "differential_privacy"),
    "mods from a function that isn't there": ({CLIENT: ("mods=[secaggplus_mod, fixedclipping_mod]", "mods=elsewhere.mods()")}, "secure_aggregation"),
    "weights through unknown code": ({CLIENT: ("return get_weights(self.model), len", "return elsewhere.pack(self.model, self.x), len")}, "raw_data_uploaded"),
    "participants from outside": ({SERVER: ('smallest = context.run_config["min-clients"]', "smallest = int(input())")}, "minimum_clients"),
    "a strategy of its own": ({SERVER: ("strategy = FedAvg(", "strategy = elsewhere.Strategy(")}, "minimum_clients"),
    "noise of its own": ({SERVER: ("strategy = DifferentialPrivacyClientSideFixedClipping(\n        strategy,", "strategy = elsewhere.with_laplace_noise(")}, "differential_privacy"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_nothing_tells_stays_unknown(changed, case):
    changes, field = UNKNOWN[case]
    assert getattr(changed(changes), field) is None


HARMLESS = {
    "a comment": {START: ("set -euo pipefail", "set -eu  # flower-superlink --insecure")},
    "a comment between flags": {NODE: "flower-supernode --root-certificates a  # not --insecure\n"},
    "an echo": {"help.sh": 'echo "usage: flower-superlink --insecure"\n'},
    "a README": {"docs/notes.md": "flower-superlink --insecure\n"},
    "installing": {"install.sh": "pip install flwr && which flower-superlink && pkill flower-superlink\n"},
    "asking for help": {"help.sh": "flower-superlink --help --insecure\n"},
    "a local simulation": {PROJECT: ("[tool.flwr.federations.production]", "[tool.flwr.federations.local]\noptions.num-supernodes = 4\n\n[tool.flwr.federations.production]")},
    "a text in quotes": {"say.sh": "MESSAGE='flower-superlink --insecure'\nlogger_off=1\n"},
    "a docstring": {"start.py": '"""Runs flower-superlink --insecure, which nobody should."""\n'},
    "a variable that is replaced": {START: ("CERTS=certs", "TLS=--insecure\nTLS=\nCERTS=certs")},
    "a single-quoted dollar": {START: ("CERTS=certs", "CERTS=certs\nA='$CERTS'")},
}  # fmt: skip


@pytest.mark.parametrize("case", HARMLESS)
def test_what_starts_nothing_is_no_finding(changed, case):
    seen = changed(HARMLESS[case])
    assert (seen.tls, seen.node_authentication, seen.insecure_flags) == (True, True, ())


def test_the_location_of_an_insecure_flag_is_told(changed):
    seen = changed({"a/dev.sh": "#!/bin/sh\n\nflower-superlink \\\n  --insecure\n"})
    assert seen.insecure_flags == ("a/dev.sh:3 flower-superlink --insecure",)


def test_local_noise_is_the_deviation_of_its_formula(changed):
    """Gaussian mechanism, Dwork and Roth, theorem A.1: sensitivity * sqrt(2 ln(1.25 / delta)) / epsilon."""
    strategy = MODERN_SERVER.replace(
        "    strategy = DifferentialPrivacyServerSideFixedClipping(strategy, 0.8, 2.0, 6)\n", ""
    )
    seen = changed({SERVER: strategy, CLIENT: MODERN_CLIENT})
    assert seen.differential_privacy is True
    assert seen.noise_multiplier == pytest.approx(0.1 * math.sqrt(2 * math.log(1.25e5)) / 2.0)


@pytest.mark.parametrize(
    ("arguments", "known"), [("1.0, 0.0, 2.0, 1e-5", False), ("1.0, 0.1, 0, 1e-5", None), ("1.0, 0.1, 2.0, 2.0", False)]
)
def test_a_local_mod_without_noise_is_none(changed, arguments, known):
    strategy = MODERN_SERVER.replace(
        "    strategy = DifferentialPrivacyServerSideFixedClipping(strategy, 0.8, 2.0, 6)\n", ""
    )
    seen = changed({SERVER: strategy, CLIENT: MODERN_CLIENT.replace("1.0, 0.1, 2.0, 1e-5", arguments)})
    assert seen.differential_privacy is known


def test_a_mod_on_the_training_function_counts(changed):
    client = MODERN_CLIENT.replace("ClientApp(mods=[LocalDpMod(1.0, 0.1, 2.0, 1e-5)])", "ClientApp()")
    client = client.replace("@app.train()", "@app.train(mods=[LocalDpMod(1.0, 0.1, 2.0, 1e-5)])")
    assert changed({SERVER: MODERN_SERVER, CLIENT: client}).dp_epsilon == 2.0


def test_a_mod_on_another_function_does_not_count(changed):
    server = MODERN_SERVER.replace(
        "    strategy = DifferentialPrivacyServerSideFixedClipping(strategy, 0.8, 2.0, 6)\n", ""
    )
    client = MODERN_CLIENT.replace("ClientApp(mods=[LocalDpMod(1.0, 0.1, 2.0, 1e-5)])", "ClientApp()")
    client += "\n@app.evaluate(mods=[LocalDpMod(1.0, 0.1, 2.0, 1e-5)])\ndef evaluate(msg, context):\n    return msg\n"
    assert changed({SERVER: server, CLIENT: client}).differential_privacy is False


def test_a_run_command_that_overrides_the_noise_is_heard(changed):
    seen = changed({"run.sh": "flwr run . production --run-config 'noise-multiplier=0.0 num-server-rounds=50'\n"})
    assert (seen.differential_privacy, seen.rounds) == (False, 50)


@pytest.mark.parametrize("override", ['"$OVERRIDES"', "elsewhere.toml", "'never closed", '"noise-multiplier=$NOISE"'])
def test_an_override_that_nothing_tells_leaves_the_noise_unknown(changed, override):
    assert changed({"run.sh": f"flwr run . --run-config {override}\n"}).differential_privacy is None


def test_an_override_in_a_file_is_heard(changed):
    files = {"run.sh": "flwr run . --run-config ./weak.toml\n", "weak.toml": "noise-multiplier = 0.01\n"}
    assert changed(files).noise_multiplier == 0.01


def test_a_constant_that_switches_noise_off_is_heard(changed):
    off = (
        "    legacy =",
        "    PRIVATE = False\n    if not PRIVATE:\n        strategy = strategy.given_strategy if False else FedAvg()\n    legacy =",
    )
    assert changed({SERVER: off}).differential_privacy is False


def test_a_constant_that_keeps_noise_on_is_heard(changed):
    on = ("    legacy =", "    PRIVATE = True\n    if not PRIVATE:\n        strategy = FedAvg()\n    legacy =")
    assert changed({SERVER: on}).differential_privacy is True


def test_a_list_of_mods_that_grows_is_followed(changed):
    grown = (
        "app = ClientApp(client_fn=client_fn, mods=[secaggplus_mod, fixedclipping_mod])",
        "mods = [fixedclipping_mod]\nmods.append(secaggplus_mod)\napp = ClientApp(client_fn, mods=mods)",
    )
    assert changed({CLIENT: grown}).secure_aggregation is True


def test_a_workflow_of_its_own_on_the_library_s_counts(changed):
    server = ("app = ServerApp()", "class Logged(SecAggPlusWorkflow):\n    pass\n\n\napp = ServerApp()")
    both = {SERVER: server}
    seen = changed(both)
    assert seen.secure_aggregation is True


def test_an_older_list_of_keys_is_authentication(changed):
    assert changed({START: ("--enable-supernode-auth", "--auth-list-public-keys keys.csv")}).node_authentication is True


def test_the_deprecated_server_without_certificates_is_plain(look):
    server = "import flwr as fl\nfl.server.start_server(server_address='0.0.0.0:8080', config=fl.server.ServerConfig(num_rounds=3), strategy=fl.server.strategy.FedAvg(min_fit_clients=3, min_available_clients=4))\n"
    seen = look({"server.py": server})
    assert (seen.tls, seen.node_authentication, seen.minimum_clients, seen.rounds) == (False, False, 3, 3)
    assert seen.insecure_flags == ("server.py:2 start_server without certificates",)


def test_the_deprecated_client_that_sends_rows_is_found(look):
    client = """\
import flwr as fl
import numpy as np


class Client(fl.client.NumPyClient):
    def fit(self, parameters, config):
        return [np.loadtxt("rows.csv")], 10, {}


fl.client.start_numpy_client(server_address="127.0.0.1:8080", client=Client())
"""
    seen = look({"client.py": client})
    assert (seen.raw_data_uploaded, seen.tls) == (True, False)


def test_a_strategy_that_runs_its_own_way_is_a_run_all_the_same(changed):
    server = MODERN_SERVER.replace(
        "app = ServerApp()",
        "class Own(FedAvg):\n    def start(self, grid, **more):\n        return None\n\n\napp = ServerApp()",
    )
    server = server.replace("= FedAvg(", "= Own(").replace(
        "    strategy = DifferentialPrivacyServerSideFixedClipping(strategy, 0.8, 2.0, 6)\n", ""
    )
    seen = changed({SERVER: server})
    assert (seen.minimum_clients, seen.differential_privacy, seen.rounds) == (6, False, 20)


def test_an_app_that_asks_its_nodes_by_hand_has_no_noise(changed):
    """The demo's published federation: no strategy at all, rows gathered by messages."""
    server = "from flwr.serverapp import ServerApp\n\napp = ServerApp()\n\n\n@app.main()\ndef main(grid, context):\n    return list(grid.send_and_receive([]))\n"
    client = MODERN_CLIENT.replace("ClientApp(mods=[LocalDpMod(1.0, 0.1, 2.0, 1e-5)])", "ClientApp()")
    seen = changed({SERVER: server, CLIENT: client})
    assert (seen.differential_privacy, seen.secure_aggregation, seen.minimum_clients) == (False, False, None)


GRADIENTS = """\
import numpy as np
from flwr.app import ArrayRecord, Message, RecordDict
from flwr.clientapp import ClientApp

app = ClientApp()


@app.train()
def train(msg, context):
    rows = np.loadtxt("rows.csv")
    x, y = rows[:, :-1], rows[:, -1]
    weights = msg.content["arrays"].to_numpy_ndarrays()[0]
    for _ in range(50):
        weights = weights - 0.1 * x.T @ (1 / (1 + np.exp(-x @ weights)) - y) / len(y)
    return Message(content=RecordDict({"arrays": ArrayRecord([ANSWER])}), reply_to=msg)
"""


@pytest.mark.parametrize(
    ("answer", "raw"),
    [
        ("weights", False),
        ("x", True),
        ("x.T", True),
        ("x @ weights", None),
        ("x.T @ np.eye(3)", None),
        ("weights + x", None),
        ("x[0] * 2", True),
    ],
)
def test_gradients_are_told_from_rows_and_from_what_may_be_rows(changed, answer, raw):
    assert changed({CLIENT: GRADIENTS.replace("ANSWER", answer)}).raw_data_uploaded is raw


def test_code_without_end_is_a_doubt(changed, monkeypatch):
    from lepton_federated.code import interpreter

    monkeypatch.setattr(interpreter, "MOST_STEPS", 50)
    seen = changed({})
    assert (seen.secure_aggregation, seen.differential_privacy, seen.raw_data_uploaded, seen.tls) == (
        None,
        None,
        None,
        True,
    )
    assert seen.files_not_understood == ("*.py",)


@pytest.mark.parametrize(
    ("method", "field"), [("configure_fit", "minimum_clients"), ("aggregate_fit", "differential_privacy")]
)
def test_a_strategy_that_does_it_its_own_way_is_unknown(changed, method, field):
    wrapper = "DifferentialPrivacyClientSideFixedClipping"
    own = f"class Own({wrapper}):\n    def {method}(self, *given):\n        return elsewhere(given)\n\n\napp = ServerApp()"
    seen = changed({SERVER: [(f"strategy = {wrapper}(", "strategy = Own("), ("app = ServerApp()", own)]})
    assert getattr(seen, field) is None


def test_a_strategy_that_only_adds_a_method_is_known(changed):
    own = "class Own(FedAvg):\n    def report(self):\n        return 1\n\n\napp = ServerApp()"
    seen = changed({SERVER: [("strategy = FedAvg(", "strategy = Own("), ("app = ServerApp()", own)]})
    assert (seen.minimum_clients, seen.differential_privacy) == (8, True)


def test_min_available_nodes_alone_is_no_minimum(changed):
    """FedAvg samples by the nodes connected when the round begins, and waits for the others after that."""
    seen = changed({SERVER: ("min_fit_clients=smallest, ", "")})
    assert seen.minimum_clients == 2


def test_an_app_that_pyproject_does_not_name_does_not_run(changed):
    spare = ("app = ClientApp(", "spare = ClientApp(client_fn=client_fn)\napp = ClientApp(")
    seen = changed({CLIENT: spare})
    assert (seen.secure_aggregation, seen.differential_privacy) == (True, True)
