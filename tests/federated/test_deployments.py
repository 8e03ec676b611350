"""Commands that start a node, in each kind of file that may state one; and files that can't be understood."""

from __future__ import annotations

import pytest

START = "deploy/superlink.sh"
CERTIFICATES = "--ssl-ca-certfile=ca.crt --ssl-certfile=server.pem --ssl-keyfile=server.key"
GOOD = f"{CERTIFICATES} --enable-supernode-auth"
LIST = ", ".join(f'"{word}"' for word in GOOD.split())

COMPOSE = """\
services:
  superlink:
    image: flwr/superlink:${{FLWR_VERSION:-1.41.0}}
    command:
{arguments}
  node-1:
    image: flwr/supernode:1.41.0
    command: ["--root-certificates", "ca.crt"]
"""
KUBERNETES = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: superlink}}
spec:
  template:
    spec:
      containers:
        - name: superlink
          image: registry.example.org/fl:1
          command: ["flower-superlink"]
          args: [{arguments}]
"""
UNIT = """\
[Unit]
Description=flower-superlink --insecure is never used here
[Service]
Environment="CERTS=/etc/fl"
# ExecStart=/usr/bin/flower-superlink --insecure
ExecStart=/usr/bin/flower-superlink {arguments}
"""
MAKE = """\
CERTS := certs
FLAGS = {arguments}
.PHONY: up
up: ## flower-superlink --insecure
\t@flower-superlink $(FLAGS)
"""


def as_items(arguments: str) -> str:
    return "\n".join(f"      - {word}" for word in arguments.split())


FORMATS = {
    "Compose, as a list": ("compose.yml", lambda words: COMPOSE.format(arguments=as_items(words))),
    "Compose, as a text": ("docker-compose.yaml", lambda words: f"services:\n  s:\n    image: flwr/superlink:1\n    command: {words}\n"),
    "Compose, with an entrypoint": ("compose.yaml", lambda words: f"services:\n  s:\n    image: own\n    entrypoint: [flower-superlink]\n    command: {words.split()}\n"),
    "Kubernetes": ("k8s/superlink.yaml", lambda words: KUBERNETES.format(arguments=", ".join(f'"{w}"' for w in words.split()))),
    "Dockerfile, exec form": ("Dockerfile", lambda words: "FROM flwr/superlink:1.41.0\nCMD [" + ", ".join(f'"{w}"' for w in words.split()) + "]\n"),
    "Dockerfile, shell form": ("server.Dockerfile", lambda words: f"FROM python:3.11\n# CMD flower-superlink --insecure\nCMD flower-superlink {words}\n"),
    "Dockerfile, entrypoint": ("Containerfile", lambda words: f'FROM python:3.11 AS a\nFROM a\nENTRYPOINT ["flower-superlink"]\nCMD {words.split()}\n'.replace("'", '"')),
    "systemd": ("superlink.service", lambda words: UNIT.format(arguments=words)),
    "Makefile": ("Makefile", lambda words: MAKE.format(arguments=words)),
    "Procfile": ("Procfile", lambda words: f"link: flower-superlink {words}\n"),
    "supervisor": ("supervisord.conf", lambda words: f"[program:link]\ncommand=flower-superlink {words}\n"),
    "a task of pyproject.toml": ("tasks.toml", lambda words: f'[tool.poe.tasks]\nlink = "flower-superlink {words}"\n'),
    "a CI step": (".github/workflows/up.yml", lambda words: f"jobs:\n  up:\n    steps:\n      - run: |\n          set -e\n          flower-superlink {words}\n"),
    "a script without an ending": ("bin/up", lambda words: f"#!/bin/sh\nflower-superlink {words}\n"),
    "Python": ("up.py", lambda words: f"import subprocess\nsubprocess.run({['flower-superlink', *words.split()]!r}, check=True)\n"),
    "docker run": ("up.sh", lambda words: f"docker run --rm -p 9092:9092 flwr/superlink:1.41.0 {words}\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
def test_secure_commands_are_cleared_in_every_kind_of_file(changed, kind):
    name, text = FORMATS[kind]
    seen = changed({START: None, name: text(GOOD)})
    assert (seen.tls, seen.node_authentication, len(seen.superlink_commands)) == (True, True, 1), seen


@pytest.mark.parametrize("kind", FORMATS)
def test_insecure_commands_are_found_in_every_kind_of_file(changed, kind):
    name, text = FORMATS[kind]
    seen = changed({name: text("--insecure")})
    assert (seen.tls, seen.node_authentication, len(seen.superlink_commands)) == (False, False, 2), seen
    assert [flag.rpartition(":")[0] for flag in seen.insecure_flags] == [name]


@pytest.mark.parametrize("kind", FORMATS)
def test_tls_without_authentication_is_told_apart_in_every_kind_of_file(changed, kind):
    name, text = FORMATS[kind]
    seen = changed({START: None, name: text(CERTIFICATES)})
    assert (seen.tls, seen.node_authentication) == (True, False)


def test_an_image_s_arguments_come_from_the_compose_file_that_builds_it(changed):
    files = {
        START: None,
        "server/Dockerfile": 'FROM python:3.11\nENTRYPOINT ["flower-superlink"]\nCMD ["--insecure"]\n',
        "compose.yml": f"services:\n  link:\n    build: ./server\n    command: {GOOD.split()}\n",
    }
    assert changed(files).tls is False, "the image may still be run by itself"
    files["server/Dockerfile"] = 'FROM python:3.11\nENTRYPOINT ["flower-superlink"]\n'
    seen = changed(files)
    assert (seen.tls, seen.superlink_commands) == (True, ("compose.yml:3",))


def test_an_image_whose_arguments_come_from_nowhere_is_unknown(changed):
    seen = changed({START: None, "Dockerfile": 'FROM python:3.11\nENTRYPOINT ["flower-superlink"]\n'})
    assert (seen.tls, seen.node_authentication, seen.superlink_commands) == (None, None, ("Dockerfile:2",))


def test_a_line_that_nobody_wrote_is_not_read_and_not_skipped(changed):
    seen = changed({"long.sh": "x" * 400_000 + "((((" * 20_000 + "\nflower-superlink --insecure\n"})
    assert (seen.tls, seen.files_not_understood) == (None, ("long.sh",))


def test_a_compose_override_does_not_hide_what_it_overrides(changed):
    """Flower's own example: compose.yml is insecure, with-tls.yml replaces its command."""
    files = {
        START: None,
        "compose.yml": "services:\n  superlink:\n    image: flwr/superlink:1\n    command: [--insecure]\n",
        "with-tls.yml": f"services:\n  superlink:\n    command: {GOOD.split()}\n",
    }
    seen = changed(files)
    assert (seen.tls, seen.superlink_commands) == (False, ("compose.yml:3", "with-tls.yml:3"))


def test_only_declared_command_files_are_read(changed):
    seen = changed({"dev.sh": "flower-superlink --insecure\n"}, commands=["deploy/superlink.sh", "deploy/supernode.sh"])
    assert seen.tls is True


BROKEN = {
    "Python": ("credit/client_app.py", "def broken(:\n", ("differential_privacy", "secure_aggregation", "raw_data_uploaded")),
    "Python beside the app": ("credit/extra.py", "def broken(:\n", ("differential_privacy", "secure_aggregation", "raw_data_uploaded")),
    "pyproject": ("pyproject.toml", "[tool.flwr\n", ("tls", "secure_aggregation", "differential_privacy", "raw_data_uploaded")),
    "TOML": (".flwr/config.toml", "[superlink\ninsecure = true\n", ("tls",)),
    "YAML": ("compose.yml", "services: [\n  superlink: {flwr/superlink\n", ("tls", "node_authentication")),
    "shell": ("dev.sh", "flower-superlink --insecure 'never closed\n", ("tls", "node_authentication")),
    "a script of another kind": ("up.ps1", "flower-superlink --insecure\n", ("tls", "node_authentication")),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_cannot_be_understood_is_a_doubt_and_never_skipped(changed, kind):
    name, text, fields = BROKEN[kind]
    seen = changed({name: text})
    assert name in seen.files_not_understood
    assert all(getattr(seen, field) is None for field in fields)
    assert any(set(fields) <= set(doubt.fields) for doubt in seen.doubts)


def test_a_broken_file_does_not_hide_a_defect_that_was_seen(changed):
    seen = changed({"dev.sh": "flower-superlink --insecure\n", "compose.yml": "a: [\n"})
    assert seen.tls is False


def test_no_secret_of_a_file_gets_into_the_evidence(changed):
    seen = changed({"dev.sh": "TOKEN=hunter2 flower-superlink --insecure --database postgres://u:hunter2@h/d\n"})
    assert "hunter2" not in seen.model_dump_json()


def test_twenty_nested_variables_do_not_take_for_ever(changed):
    lines = "".join(f"if x; then A{i}=a; else A{i}=b; fi\n" for i in range(20))
    command = "flower-superlink " + " ".join(f"$A{i}" for i in range(20)) + "\n"
    assert changed({"dev.sh": lines + command}).tls is None
