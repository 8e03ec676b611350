"""A CSV file is read whole, as it was meant, or not at all."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lepton_openers.tables import csv_file

from lepton_audit import Unopenable
from lepton_audit.testing.pinned import pinned

PRIVATE = "Zaphod"


@pytest.fixture
def read(tmp_path, scratch):
    def reads(text, **options):
        path = tmp_path / "t.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        table = csv_file.open(pinned("table", path, scratch=scratch, options=options))
        backend = table.expression.get_backend()
        found = [tuple(row) for row in backend.raw_sql(backend.compile(table.expression)).fetchall()]
        table.close()
        return found

    return reads


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("zip\n01234\n1234\n", [("01234",), ("1234",)]),
        ("n\n0\n-1\n999999999999999999\n", [(0,), (-1,), (999999999999999999,)]),
        ("n\n0\n-0\n", [("0",), ("-0",)]),
        ("n\n1\n+1\n", [("1",), ("+1",)]),
        ("n\n1\n 1\n", [("1",), (" 1",)]),
        ("n\n9223372036854775807\n9223372036854775808\n", [("9223372036854775807",), ("9223372036854775808",)]),
        ("n\n1.5\n2\n", [(1.5,), (2.0,)]),
        ("n\n1.0\n1.00\n", [("1.0",), ("1.00",)]),
        ("n\n0.1\n0.10000000000000000001\n", [("0.1",), ("0.10000000000000000001",)]),
        ("n\n1.5\n1e999\n", [("1.5",), ("1e999",)]),
        ("n\n1.5\nnan\n", [("1.5",), ("nan",)]),
        ("b\ntrue\nfalse\n", [("true",), ("false",)]),
        ("d\n2024-01-02\n", [("2024-01-02",)]),
        ("n\n1\n\n2\n", [(1,), (None,), (2,)]),
        ('a,b\n"",NULL\n,NA\n', [(None, "NULL"), (None, "NA")]),
        ('a,b\n1,"x\ny"\n', [(1, "x\ny")]),
        ('a,b\r\n1,"x\ny"\r\n2,z\r\n', [(1, "x\ny"), (2, "z")]),
        ("\ufeffa,b\n1,2\n", [(1, 2)]),
        ("a;b\n1,5;2\n", [("1,5", 2)]),
        ("a\tb\n1\t2\n", [(1, 2)]),
        (",a\n0,x\n1,y\n", [(0, "x"), (1, "y")]),
        ("a,b\n#1,2\n", [("#1", 2)]),
        ("a,b\n1,2", [(1, 2)]),
    ],
)
def test_text_stays_text_unless_a_number_says_the_same(read, text, rows):
    assert read(text) == rows


def test_a_late_row_decides_a_column_too(read):
    numbers = "".join(f"{i}\n" for i in range(1, 50_000))
    assert read(f"n\n{numbers}007\n")[0] == ("1",)


@pytest.mark.parametrize(
    "text",
    [
        f"a,b\n1,2\n{PRIVATE}\n",
        f"a,b\n1,{PRIVATE},3\n",
        f"a,b\n1,{PRIVATE},\n",
        f'a,b\n1,2\n3,"{PRIVATE}\n4,5\n',
        f'a,b\n1,"{PRIVATE}" x\n',
        f'a,b\n1,"{PRIVATE}\n2,"x\n',
        f"a,b\r\n1,{PRIVATE}\n3,4\r\n",
        f"a,b\n1,{PRIVATE}é\n".encode("latin-1"),
        f"a,b\n1,{PRIVATE}\n".encode("utf-16"),
        f"a,a\n1,{PRIVATE}\n",
        f"a,A\n1,{PRIVATE}\n",
        f"a,\n1,{PRIVATE}\n",
        "",
        "\n",
    ],
)
def test_what_is_no_regular_csv_is_refused_and_not_quoted(read, text):
    with pytest.raises(Unopenable) as told:
        read(text)
    assert PRIVATE not in str(told.value) + told.value.next_step
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__ or told.value.__context__ is None


def test_a_ragged_row_is_told_with_its_line(read):
    with pytest.raises(Unopenable, match="line 3 has 1 fields, the header 2"):
        read("a,b\n1,2\n3\n")


def test_a_missing_header_is_told_without_the_row_that_stands_there(read):
    with pytest.raises(Unopenable, match="is the header missing") as told:
        read(f"{PRIVATE},39\nAnna,40\n", columns={"name": "identifier", "age": "quasi-identifier"})
    assert PRIVATE not in str(told.value)


def test_the_delimiter_is_the_one_that_gives_the_declared_columns(read):
    assert read("a,x;b\n1,2;3\n", columns={"b": "feature"}) == [("1,2", 3)]


FIELDS = st.text(st.sampled_from('ab01.,;"\n \té-+e'), max_size=5)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    rows=st.lists(st.tuples(FIELDS, FIELDS), min_size=1, max_size=8),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_pythons_writer_wrote_is_read_back_in_full(read, rows, quoting):
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\n").writerows([("first", "second"), *rows])
    found = read(text.getvalue(), columns={"first": "feature", "second": "feature"})
    assert len(found) == len(rows)
    for column in (0, 1):
        wanted = [row[column] or None for row in rows]
        got = [row[column] for row in found]
        if any(isinstance(value, str) for value in got):
            assert got == wanted
        else:
            assert got == [None if value is None else float(value) for value in wanted]
            assert len(set(got)) == len(set(wanted))
