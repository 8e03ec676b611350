"""`federated.setup` on client-server code of a project's own: the published design's "centralised federated learning"."""

from __future__ import annotations

import pytest

from lepton_audit import LookRefused

SERVER = """\
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

UPLOADS = []


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        UPLOADS.append(json.loads(self.rfile.read(length)))
        self.send_response(204)
        self.end_headers()


HTTPServer(("0.0.0.0", 8000), Collector).serve_forever()
"""
CLIENT = """\
import requests
from sklearn.datasets import load_iris

SERVER = "http://127.0.0.1:8000"


def upload(rows, labels):
    requests.post(f"{SERVER}/upload", json={"x": rows.tolist(), "y": labels.tolist()}, timeout=5)


if __name__ == "__main__":
    iris = load_iris()
    upload(iris.data, iris.target)
"""
SECURE_SERVER = """\
import ssl
from http.server import BaseHTTPRequestHandler, HTTPServer


class Averager(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(204)


server = HTTPServer(("0.0.0.0", 8443), Averager)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.pem", "server.key")
context.verify_mode = ssl.CERT_REQUIRED
context.load_verify_locations("clients.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
SECURE_CLIENT = """\
import requests
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

iris = load_iris()
model = LogisticRegression().fit(iris.data, iris.target)
update = {"coef": model.coef_.tolist(), "intercept": model.intercept_.tolist(), "n": len(iris.data)}
requests.post("https://fl.example.org:8443/update", json=update, cert=("node.pem", "node.key"), verify="ca.pem", timeout=5)
"""
SOCKET_SERVER = """\
import pickle
import socket

listener = socket.socket()
listener.bind(("0.0.0.0", 9000))
listener.listen()
connection, _ = listener.accept()
rows = pickle.loads(connection.recv(1 << 20))
connection.sendall(pickle.dumps("thanks"))
"""
SOCKET_CLIENT = """\
import pickle
import socket

import numpy as np


class Participant:
    def __init__(self):
        self.rows = np.loadtxt("rows.csv", delimiter=",")
        self.link = socket.create_connection(("server", 9000))

    def share(self):
        message = pickle.dumps({"rows": self.rows})
        self.link.sendall(message)


Participant().share()
"""


def test_the_published_design_is_found_in_every_field(look):
    seen = look({"server.py": SERVER, "client.py": CLIENT})
    assert seen.framework == "generic"
    assert (seen.tls, seen.node_authentication, seen.raw_data_uploaded) == (False, False, True)
    assert (seen.secure_aggregation, seen.differential_privacy) == (False, False)
    assert seen.raw_uploads == ("client.py:8",)
    assert seen.insecure_flags == ("client.py:8 post to http://", "server.py:15 http.server.HTTPServer")


def test_its_twin_with_mutual_tls_and_parameters_is_cleared(look):
    seen = look({"server.py": SECURE_SERVER, "client.py": SECURE_CLIENT})
    assert (seen.tls, seen.node_authentication, seen.raw_data_uploaded, seen.insecure_flags) == (True, True, False, ())


def test_plain_sockets_and_pickled_rows_are_found(look):
    seen = look({"server.py": SOCKET_SERVER, "client.py": SOCKET_CLIENT})
    assert (seen.tls, seen.node_authentication, seen.raw_data_uploaded) == (False, False, True)


def test_what_the_server_answers_is_no_upload(look):
    assert look({"server.py": SOCKET_SERVER}).raw_data_uploaded is None


CASES = {
    "one of two links is plain": ({"client.py": SECURE_CLIENT, "server.py": SECURE_SERVER, "old.py": CLIENT}, "tls", False),
    "no certificate check": ({"client.py": SECURE_CLIENT.replace('verify="ca.pem"', "verify=False"), "server.py": SECURE_SERVER}, "tls", False),
    "the url comes from outside": ({"client.py": SECURE_CLIENT.replace('"https://fl.example.org:8443/update"', "input()"), "server.py": SECURE_SERVER}, "tls", None),
    "the url is plain by default": ({"client.py": SECURE_CLIENT.replace('"https://fl.example.org:8443/update"', '__import__("os").environ["U"]').replace("import requests", "import os\nimport requests").replace('__import__("os").environ["U"]', 'os.environ.get("U", "http://h")'), "server.py": SECURE_SERVER}, "tls", False),
    "only the client is here": ({"client.py": SECURE_CLIENT}, "tls", None),
    "the server asks for no certificate": ({"client.py": SECURE_CLIENT, "server.py": SECURE_SERVER.replace("context.verify_mode = ssl.CERT_REQUIRED\n", "")}, "node_authentication", False),
    "the server looks at a header": ({"client.py": CLIENT, "server.py": SERVER.replace("length =", 'token = self.headers.get("Authorization")\n        length =')}, "node_authentication", None),
    "noise of its own": ({"server.py": SERVER, "client.py": CLIENT.replace("rows.tolist()", "(rows + numpy.random.laplace(0, 1, rows.shape)).tolist()").replace("import requests", "import numpy\nimport requests")}, "differential_privacy", None),
    "masks of its own": ({"server.py": SERVER, "client.py": CLIENT + "\n\ndef pairwise_mask(update):\n    return update\n"}, "secure_aggregation", None),
    "rows through unknown code": ({"server.py": SERVER, "client.py": CLIENT.replace("rows.tolist()", "elsewhere.pack(rows)").replace("labels.tolist()", "1")}, "raw_data_uploaded", None),
    "rows in disguise": ({"server.py": SERVER, "client.py": CLIENT.replace("rows.tolist()", "json.dumps(base64.b64encode(pickle.dumps(rows[:10]))").replace("import requests", "import base64, json, pickle\nimport requests").replace("(rows[:10]))", "(rows[:10])))").replace(')))), "y"', '))), "y"')}, "raw_data_uploaded", True),
    "flask without TLS": ({"server.py": "from flask import Flask\napp = Flask(__name__)\napp.run('0.0.0.0', 80)\n", "client.py": CLIENT}, "tls", False),
    "grpc without TLS": ({"server.py": "import grpc\nserver = grpc.server(None)\nserver.add_insecure_port('[::]:1')\n"}, "tls", False),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_difference_alone_is_told(look, case):
    files, field, wanted = CASES[case]
    assert getattr(look(files), field) is wanted


@pytest.mark.parametrize(
    "files",
    [
        {"notes.md": "flower-superlink --insecure"},
        {"model.py": "import numpy as np\nx = np.ones(3)\n"},
        {"broken.py": "def ("},
    ],
)
def test_a_folder_without_a_federation_is_refused(look, files):
    with pytest.raises(LookRefused, match="holds nothing of a federation"):
        look(files)


def test_what_was_declared_must_be_there(look):
    with pytest.raises(LookRefused, match="nothing of Flower"):
        look({"server.py": SERVER, "client.py": CLIENT}, framework="flower")


def test_a_flower_project_declared_generic_is_refused(changed):
    with pytest.raises(LookRefused, match="is a Flower project"):
        changed({}, framework="generic")
