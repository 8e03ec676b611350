"""Small tables of every kind, with the same rows."""

from __future__ import annotations

import sqlite3

import duckdb
import pytest

from lepton_audit.testing.pinned import pinned

ROWS = [("01234", 34, 1.5, "O'Neil"), ("1234", None, 2.25, 'say "hi"'), (None, -7, None, "línea, dos")]
CREATE = "CREATE TABLE {} (zip TEXT, age BIGINT, weight DOUBLE PRECISION, note TEXT)"


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def opened(scratch):
    """Opens a table, and closes it after the test."""
    live = []

    def opens(opener, uri, **asset):
        live.append(opener.open(pinned("table", uri, scratch=scratch, **asset)))
        return live[-1]

    yield opens
    for table in live:
        table.close()


@pytest.fixture
def sqlite_path(tmp_path):
    path = tmp_path / "people.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(CREATE.format("people"))
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", ROWS)
    connection.close()
    return path


@pytest.fixture
def duckdb_path(tmp_path):
    path = tmp_path / "people.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(CREATE.format("people"))
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", ROWS)
    return path


@pytest.fixture
def parquet_path(tmp_path, duckdb_path):
    path = tmp_path / "people.parquet"
    with duckdb.connect(str(duckdb_path)) as connection:
        connection.execute(f"COPY people TO '{path}'")
    return path


@pytest.fixture
def csv_path(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text('zip,age,weight,note\n01234,34,1.5,O\'Neil\n1234,,2.25,"say ""hi"""\n,-7,,"línea, dos"\n', "utf-8")
    return path


@pytest.fixture
def postgres_people(postgres_url):
    """Address of a database with the table `people`, made anew for each test."""
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("DROP SCHEMA IF EXISTS hr CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute(CREATE.format("people"))
        connection.cursor().executemany("INSERT INTO people VALUES (%s, %s, %s, %s)", ROWS)
    return postgres_url
