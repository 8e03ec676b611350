"""Shared by all rooms: a real PostgreSQL server, started by the first test that asks for it."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")


def pytest_configure(config):
    """Warnings are errors, but not those of a library about another library."""
    ibis_on_duckdb = "ignore:fetch_arrow_table\\(\\) is deprecated:DeprecationWarning"
    config.addinivalue_line("filterwarnings", ibis_on_duckdb)


@pytest.fixture(scope="session")
def postgres_url():
    """``postgresql://`` address of an empty database on loopback; its server ends with the session."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server programs (initdb, postgres) on this machine")
    account = _account()
    if account is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is no other account to run it as")
    folder = Path(tempfile.mkdtemp(prefix="lepton-pg-"))
    try:
        yield from _served(programs, folder, account)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _served(programs, folder, account):
    user = {"user": account} if os.getuid() == 0 else {}
    if user:
        shutil.chown(folder, account)
    data, port = folder / "data", _free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **user}
    command = [programs / "initdb", "-D", data, "-U", "audit", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8"]
    subprocess.run(command, check=True, **quiet)
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen([programs / "postgres", "-D", data, *options], start_new_session=True, **quiet)
    try:
        url = f"postgresql://audit@127.0.0.1:{port}/postgres"
        _answering(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answering(url, server):
    psycopg = pytest.importorskip("psycopg", reason="psycopg isn't installed")
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            assert server.poll() is None, "the PostgreSQL server ended"
            assert time.monotonic() < until, "the PostgreSQL server didn't answer"
            time.sleep(0.05)
        else:
            return


def _programs():
    beside = shutil.which("initdb")
    found = [Path(beside).resolve().parent] if beside else []
    found += [path for pattern in PLACES for path in sorted(Path("/").glob(pattern[1:]), reverse=True)]
    return next((path for path in found if (path / "initdb").exists() and (path / "postgres").exists()), None)


def _account():
    if os.getuid() != 0:
        return getpass.getuser()
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
