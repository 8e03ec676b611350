"""Tables of five kinds hold the same rows, are read without a trace, and refuse what they can't hold."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys

import duckdb
import pytest
from lepton_openers.tables import csv_file, duckdb_file, parquet_file, postgres, sqlite_file

from lepton_audit import LookFailed, Unopenable, Unreachable
from lepton_audit.testing.pinned import pinned

KINDS = {
    "csv": (csv_file, "csv_path"),
    "parquet": (parquet_file, "parquet_path"),
    "sqlite": (sqlite_file, "sqlite_path"),
    "duckdb": (duckdb_file, "duckdb_path"),
    "postgres": (postgres, "postgres_people"),
}
FILES = sorted(KINDS.keys() - {"postgres"})
ROLES = {"zip": "quasi-identifier", "age": "quasi-identifier", "note": "sensitive"}


@pytest.fixture(params=KINDS)
def kind(request):
    opener, fixture = KINDS[request.param]
    return opener, request.getfixturevalue(fixture)


@pytest.fixture(params=FILES)
def file_kind(request):
    opener, fixture = KINDS[request.param]
    return opener, request.getfixturevalue(fixture)


def lines(table):
    backend = table.expression.get_backend()
    cursor = backend.raw_sql(backend.compile(table.expression))
    return [tuple(row) for row in cursor.fetchall()]


def traces(folder):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir()) if p.is_file()}


def test_every_kind_gives_the_same_rows_and_types(kind, opened):
    table = opened(*kind, options={"columns": ROLES})
    assert sorted(lines(table), key=str) == sorted(
        [("01234", 34, 1.5, "O'Neil"), ("1234", None, 2.25, 'say "hi"'), (None, -7, None, "línea, dos")], key=str
    )
    types = table.expression.schema()
    assert [types[c].is_string() for c in ("zip", "note")] == [True, True]
    assert types["age"].is_integer()
    assert types["weight"].is_floating()


def test_columns_of_a_role_stand_in_the_order_of_the_table(kind, opened):
    table = opened(*kind, options={"columns": dict(reversed(ROLES.items()))})
    assert table.columns("quasi-identifier") == ("zip", "age")
    assert table.columns("sensitive") == ("note",)
    assert table.columns("identifier") == ()


def test_a_missing_column_is_named_with_the_nearest(kind, opened):
    with pytest.raises(Unopenable, match=r"no column 'zpi' \(near: 'zip'\)"):
        opened(*kind, options={"columns": {"zpi": "sensitive", "age": "feature"}})


def test_a_missing_file_a_folder_and_another_format_are_unopenable(file_kind, opened, tmp_path):
    opener, path = file_kind
    with pytest.raises(Unopenable, match="missing"):
        opened(opener, path.with_name("elsewhere"))
    with pytest.raises(Unopenable, match="no regular file"):
        opened(opener, tmp_path)
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(os.urandom(4096) + b'\n"')
    with pytest.raises(Unopenable):
        opened(opener, rubbish)


def test_quotes_and_glob_characters_in_a_path_are_taken_literally(file_kind, opened, tmp_path):
    opener, path = file_kind
    trap = tmp_path / "it's [a-z]*? {x}=1"
    trap.mkdir()
    literal, decoy = trap / "p[eo]*ple's.x", trap / "people's.x"
    literal.write_bytes(path.read_bytes())
    decoy.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2])
    before = traces(trap)
    assert len(lines(opened(opener, literal))) == 3
    assert traces(trap) == before


def test_the_file_and_its_folder_stay_as_they_were(file_kind, opened):
    opener, path = file_kind
    before = traces(path.parent)
    table = opened(opener, path)
    lines(table)
    table.close()
    assert traces(path.parent) == before


@pytest.mark.parametrize("name", ["sqlite", "duckdb", "postgres"])
def test_an_empty_table_is_unopenable(name, opened, request):
    opener, fixture = KINDS[name]
    uri = request.getfixturevalue(fixture)
    _execute(name, uri, "DELETE FROM people")
    with pytest.raises(Unopenable, match="no rows"):
        opened(opener, uri)


def test_a_header_without_rows_and_an_untyped_table_without_rows_are_unopenable(opened, tmp_path, sqlite_path):
    header = tmp_path / "header.csv"
    header.write_text("a,b\n")
    _execute("sqlite", sqlite_path, "CREATE TABLE untyped (a)")
    for opener, uri, options in ((csv_file, header, {}), (sqlite_file, sqlite_path, {"table": "untyped"})):
        with pytest.raises(Unopenable, match="no rows"):
            opened(opener, uri, options=options)


@pytest.mark.parametrize("name", ["sqlite", "duckdb", "postgres"])
def test_several_tables_are_listed_and_one_is_chosen_by_its_exact_name(name, opened, request):
    opener, fixture = KINDS[name]
    uri = request.getfixturevalue(fixture)
    odd = "we\"ird; DROP TABLE people; -- o'clock"
    _execute(name, uri, 'CREATE TABLE "{}" (a INTEGER)'.format(odd.replace('"', '""')))
    _execute(name, uri, 'INSERT INTO "{}" VALUES (7)'.format(odd.replace('"', '""')))  # noqa: S608  # our own
    with pytest.raises(Unopenable, match=r"several tables .*'people'"):
        opened(opener, uri)
    with pytest.raises(Unopenable, match="no table 'peple' \\(near: 'people'\\)"):
        opened(opener, uri, options={"table": "peple"})
    assert lines(opened(opener, uri, options={"table": odd})) == [(7,)]
    assert len(lines(opened(opener, uri, options={"table": "people"}))) == 3


def test_a_table_named_inside_a_file_that_holds_one_is_refused(csv_path, parquet_path, opened):
    for opener, path in ((csv_file, csv_path), (parquet_file, parquet_path)):
        with pytest.raises(Unopenable, match="one table"):
            opened(opener, path, options={"table": "people"})


def _execute(name, uri, statement):
    if name == "postgres":
        import psycopg

        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(statement)
    elif name == "duckdb":
        with duckdb.connect(str(uri)) as connection:
            connection.execute(statement)
    else:
        with sqlite3.connect(uri) as connection:
            connection.execute(statement)
        connection.close()


# SQLite


WRITER = """
import os, sqlite3, sys
c = sqlite3.connect(sys.argv[1]); c.execute("PRAGMA journal_mode = " + sys.argv[2]); c.execute("PRAGMA cache_size = 1")
c.execute("PRAGMA wal_autocheckpoint = 0")
c.execute("BEGIN"); c.executemany("INSERT INTO people (zip) VALUES (?)", [("x" * 900,)] * 200)
if sys.argv[3] == "commit": c.commit()
os._exit(0)
"""


@pytest.mark.parametrize(("mode", "end", "rows"), [("wal", "commit", 203), ("wal", "die", 3), ("delete", "die", 3)])
def test_rows_in_a_sqlite_log_are_seen_and_unfinished_ones_are_not(mode, end, rows, sqlite_path, opened):
    subprocess.run([sys.executable, "-c", WRITER, sqlite_path, mode, end], check=True)
    before = traces(sqlite_path.parent)
    assert mode == "wal" or f"{sqlite_path}-journal" in map(str, before)
    assert len(lines(opened(sqlite_file, sqlite_path))) == rows
    assert traces(sqlite_path.parent) == before


def test_a_sqlite_log_beside_the_file_behind_a_link_is_seen(sqlite_path, opened, tmp_path):
    subprocess.run([sys.executable, "-c", WRITER, sqlite_path, "wal", "commit"], check=True)
    link = tmp_path / "elsewhere"
    link.mkdir()
    (link / "link.db").symlink_to(sqlite_path)
    assert len(lines(opened(sqlite_file, link / "link.db"))) == 203


def test_a_sqlite_table_can_not_be_written(sqlite_path, opened):
    table = opened(sqlite_file, sqlite_path)
    with pytest.raises(sqlite3.Error, match=r"readonly|read.only"):
        table.expression.get_backend().raw_sql("DELETE FROM people")


def test_a_broken_sqlite_file_is_unopenable(tmp_path, opened):
    path = tmp_path / "broken.db"
    path.write_bytes(b"SQLite format 3\x00" + os.urandom(4000))
    with pytest.raises(Unopenable):
        opened(sqlite_file, path)


# DuckDB


def test_rows_in_a_duckdb_log_are_seen(duckdb_path, opened):
    writer = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('PRAGMA disable_checkpoint_on_shutdown');"
        "c.execute('INSERT INTO people (zip) VALUES (9)'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", writer, duckdb_path], check=True)
    before = traces(duckdb_path.parent)
    assert len(before) == 2
    assert len(lines(opened(duckdb_file, duckdb_path))) == 4
    assert traces(duckdb_path.parent) == before


def test_a_duckdb_view_reaches_no_other_file_and_no_extension(duckdb_path, csv_path, opened):
    _execute("duckdb", duckdb_path, f"CREATE VIEW beyond AS SELECT * FROM read_csv('{csv_path}')")  # noqa: S608  # our own
    with pytest.raises(Unopenable, match="DuckDB can't"):
        opened(duckdb_file, duckdb_path, options={"table": "beyond"})
    backend = opened(duckdb_file, duckdb_path, options={"table": "people"}).expression.get_backend()
    for statement in ("INSTALL httpfs", "SET enable_external_access = true", "FROM read_text('/etc/hostname')"):
        with pytest.raises(duckdb.Error):
            backend.raw_sql(statement)


def test_a_duckdb_that_another_process_writes_is_unopenable(duckdb_path, opened):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()",
            duckdb_path,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        holder.stdout.readline()
        with pytest.raises(Unopenable, match="another process"):
            opened(duckdb_file, duckdb_path)
    finally:
        holder.communicate(b"\n")


# PostgreSQL


def test_a_postgres_table_can_not_be_written_and_is_one_snapshot(postgres_people, opened):
    import psycopg

    table = opened(postgres, postgres_people)
    with psycopg.connect(postgres_people, autocommit=True) as other:
        other.execute("INSERT INTO people (zip) VALUES ('9')")
    assert len(lines(table)) == 3
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        table.expression.get_backend().raw_sql("DELETE FROM people")


def test_rows_hidden_by_row_level_security_are_an_error_and_not_a_smaller_table(postgres_people, opened):
    import psycopg

    with psycopg.connect(postgres_people, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS guest")
        owner.execute("CREATE ROLE guest LOGIN")
        owner.execute("GRANT USAGE ON SCHEMA public TO guest")
        owner.execute("GRANT SELECT ON people TO guest")
        owner.execute("ALTER TABLE people ENABLE ROW LEVEL SECURITY")
        owner.execute("CREATE POLICY some_rows ON people USING (age > 0)")
    with pytest.raises(Unopenable, match="may not read all of its rows"):
        opened(postgres, postgres_people.replace("audit@", "guest@"))
    with psycopg.connect(postgres_people, autocommit=True) as owner:
        owner.execute("DROP OWNED BY guest")
        owner.execute("DROP ROLE guest")


def test_a_table_of_another_schema_is_named_with_it(postgres_people, opened):
    _execute("postgres", postgres_people, "CREATE SCHEMA hr")
    _execute("postgres", postgres_people, "CREATE TABLE hr.people AS SELECT 1 AS a")
    assert lines(opened(postgres, postgres_people, options={"table": "hr.people"})) == [(1,)]
    assert len(lines(opened(postgres, postgres_people, options={"table": "people"}))) == 3


def test_an_unreachable_server_is_told_without_its_address(opened):
    pytest.importorskip("psycopg", reason="psycopg comes with the extra `postgres`")
    with pytest.raises(Unreachable) as told:
        opened(postgres, "postgresql://alice:hunter2@127.0.0.1:1/secrets")
    assert not {"hunter2", "alice", "secrets"} & set(str(told.value).replace("'", " ").split())
    assert told.value.__cause__ is None


def test_opening_failures_are_look_failures(scratch, tmp_path):
    assert issubclass(Unopenable, LookFailed)
    with pytest.raises(LookFailed):
        csv_file.open(pinned("table", tmp_path / "none.csv", scratch=scratch))
