"""`federated.setup`, starts and overrides that no plain command shows."""

from __future__ import annotations

import json

import pytest

RUN = 'flwr run . prod --run-config "noise-multiplier=0.0"'

HIDDEN = {
    "a command put together": {"ops/run.py": 'import os\nbase = "flower-superlink"\nos.system(base + " --insecure")\n'},
    "a program in a variable": {"ops/run.py": 'import subprocess\nP = "flower-superlink"\nsubprocess.run([P, "--insecure"])\n'},
    "the entry point": {"ops/run.py": "from flwr.server.app import run_superlink\nrun_superlink()\n"},
    "the entry point of a module": {"ops/run.py": "import flwr.server.app as a\na.run_superlink()\n"},
    "the entry point in a shell": {"run.sh": 'python -c "from flwr.server.app import run_superlink as r; r()" --insecure\n'},
    "the module in a shell": {"run.sh": "python -m flwr.superlink.cli.flower_superlink --insecure\n"},
    "the module in a Dockerfile": {"Dockerfile": 'FROM python:3.11\nCMD ["python", "-m", "flwr.superlink.cli.flower_superlink"]\n'},
    "PowerShell": {"run.ps1": "flower-superlink --insecure\n"},
    "a notebook": {"run.ipynb": json.dumps({"cells": [{"source": ["!flower-superlink --insecure\n"]}]})},
    "a justfile": {"justfile": "run:\n    flower-superlink --insecure\n"},
}  # fmt: skip


@pytest.mark.parametrize("case", HIDDEN)
def test_a_start_that_is_not_read_is_a_doubt_of_the_links(changed, case):
    seen = changed(HIDDEN[case])
    assert (seen.tls, seen.node_authentication) == (None, None)
    assert set(seen.files_not_understood) == HIDDEN[case].keys()


@pytest.mark.parametrize(
    "start",
    [
        ". ./links.txt",
        "source links.txt",
        "bash links.txt",
        "cat links.txt | sh",
        "sh < ./links.txt",
        "bash -x ./links.txt",
    ],
)
def test_a_file_that_a_shell_is_given_is_read(changed, start):
    seen = changed({"all.sh": f"#!/bin/sh\n{start}\n", "links.txt": "flower-superlink --insecure\n"})
    assert (seen.tls, seen.insecure_flags) == (False, ("links.txt:1 flower-superlink --insecure",))


def test_a_file_that_no_shell_is_given_is_prose(changed):
    assert changed({"links.txt": "flower-superlink --insecure\n"}).tls is True


@pytest.mark.parametrize(
    "text",
    [
        'print("first start flower-superlink")\n',
        'raise SystemExit("flower-superlink is not running")\n',
        'import logging\nlogging.info("waiting for flower-superlink")\n',
        'def wait():\n    """Waits for flower-superlink."""\n',
    ],
)
def test_a_message_that_names_the_program_starts_nothing(changed, text):
    seen = changed({"ops/wait.py": text})
    assert (seen.tls, seen.doubts) == (True, ())


UNREAD = {
    "a justfile": {"justfile": f"run:\n    {RUN}\n"},
    "Jenkins": {"Jenkinsfile": f"pipeline {{ sh '{RUN}' }}\n"},
    "PowerShell": {"run.ps1": RUN + "\n"},
    "a batch file": {"run.bat": RUN + "\r\n"},
    "a notebook": {"run.ipynb": json.dumps({"cells": [{"source": ["!" + RUN]}]})},
}


@pytest.mark.parametrize("case", UNREAD)
def test_an_override_that_is_not_read_leaves_its_settings_unknown(changed, case):
    seen = changed(UNREAD[case])
    assert (seen.differential_privacy, seen.minimum_clients, seen.rounds) == (None, None, None)
    assert (seen.tls, seen.secure_aggregation) == (True, True)


def test_an_override_in_a_list_of_words_is_heard(changed):
    run = 'import subprocess\nsubprocess.run(["flwr", "run", ".", "--run-config", "noise-multiplier=0.0"])\n'
    assert changed({"ops/run.py": run}).differential_privacy is False
