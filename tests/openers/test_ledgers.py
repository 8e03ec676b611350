"""A ledger is read as it was meant, or not at all; errors say where."""

from __future__ import annotations

import json

import pytest
from lepton_openers.ledgers import csv_ledger, json_ledger, ledgers

from lepton_audit import Unopenable
from lepton_audit.testing.pinned import pinned

LAPLACE = {"id": "a", "mechanism": "laplace", "scale": 10, "sensitivity": 1.0, "adjacency": "add-or-remove-one"}


def opened(tmp_path, text, name="ledger.json", **options):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    opener = csv_ledger if name.endswith(".csv") else json_ledger
    return opener.open(pinned("ledger", path, scratch=tmp_path, options=options))


def of(*releases, **whole):
    return json.dumps({**whole, "releases": list(releases)})


def test_json_and_csv_give_the_same_releases(tmp_path):
    pure = {"id": "b", "mechanism": "pure", "epsilon": 0.5, "count": 3, "sampling": 0.01, "adjacency": "replace-one"}
    as_json = opened(tmp_path, of(LAPLACE, pure, claimed_epsilon=1, claimed_delta=1e-6, records=100))
    rows = (
        "id,mechanism,scale,sensitivity,epsilon,count,sampling,adjacency\n"
        "a,laplace,10,1.0,,,,add-or-remove-one\nb,pure,,,5e-1,3,.01,replace-one\n"
    )
    as_csv = opened(tmp_path, "\ufeff" + rows, "ledger.csv", claimed_epsilon=1, claimed_delta=1e-6, records=100)
    assert as_json.releases == as_csv.releases
    for ledger in (as_json, as_csv):
        assert (ledger.claimed_epsilon, ledger.claimed_delta, ledger.records) == (1, 1e-6, 100)
    assert as_json.releases[1].count == 3


def test_a_ledger_may_claim_nothing(tmp_path):
    ledger = opened(tmp_path, of(LAPLACE, claimed_epsilon=None))
    assert (ledger.claimed_epsilon, ledger.claimed_delta, ledger.records) == (None, None, None)


def test_a_scale_of_zero_is_read_for_the_probe_to_see(tmp_path):
    assert opened(tmp_path, of(LAPLACE | {"scale": 0})).releases[0].scale == 0


@pytest.mark.parametrize(
    "field",
    [
        {"scale": True},
        {"scale": "10"},
        {"scale": -1},
        {"scale": [1]},
        {"sensitivity": -0.5},
        {"epsilon": -1},
        {"delta": -1e-9},
        {"delta": 1.5},
        {"count": 0},
        {"count": 1.5},
        {"count": True},
        {"count": 2**60},
        {"sampling": 0},
        {"sampling": 1.1},
        {"mechanism": "snapping"},
        {"mechanism": "pure", "epsilon": 1, "delta": 1e-6, "scale": None, "sensitivity": None},
        {"mechanism": "pure", "epsilon": 0.1, "scale": 0.0, "sensitivity": None},
        {"mechanism": "pure", "epsilon": 0.1, "scale": None, "sensitivity": 1.0},
        {"mechanism": "approximate", "epsilon": 0.1, "delta": 1e-7, "scale": 1e-9},
        {"adjacency": None},
        {"adjacency": "bounded"},
        {"id": " "},
        {"id": 7},
        {"id": "a\u202eb\x00"},
        {"scales": 3},
    ],
)
def test_a_figure_that_can_not_be_meant_is_refused_with_its_entry(tmp_path, field):
    with pytest.raises(Unopenable, match=r"ledger.json(, releases\[1\])?: ") as told:
        opened(tmp_path, of(LAPLACE, LAPLACE | {"id": "b"} | field))
    assert told.value.next_step


@pytest.mark.parametrize("missing", ["id", "mechanism", "adjacency"])
def test_what_a_release_must_say_is_missed(tmp_path, missing):
    entry = {name: value for name, value in LAPLACE.items() if name != missing}
    with pytest.raises(Unopenable, match=rf"releases\[0\]: `{missing}`"):
        opened(tmp_path, of(entry))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 5000])
def test_what_is_no_finite_number_is_refused(tmp_path, number):
    with pytest.raises(Unopenable):
        opened(tmp_path, of(LAPLACE).replace("10", number, 1))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"releases": [{"id": "a", "id": "b"}]}', "names a field twice"),
        ('{"releases": [\n{]}', "line 2"),
        ("[]", "list of `releases`"),
        ('{"releases": {}}', "list of `releases`"),
        ('{"releases": []}', "no releases"),
        ('{"releases": [7]}', r"releases\[0\]: expected an object"),
        (of(LAPLACE, LAPLACE), "'a' stands there twice"),
        (of(LAPLACE, claimed_epsilon=-1), "claimed_epsilon"),
        (of(LAPLACE, claimed_epsilon=True), "claimed_epsilon"),
        (of(LAPLACE, records=0), "records"),
        (of(LAPLACE, recods=3), "near: `records`"),
        (b"\xff\xfe", "UTF-8"),
        ("", "line 1"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused(tmp_path, text, told):
    with pytest.raises(Unopenable, match=told):
        opened(tmp_path, text)


def test_the_target_file_may_complete_the_ledger_but_not_contradict_it(tmp_path):
    assert opened(tmp_path, of(LAPLACE), records=5).records == 5
    assert opened(tmp_path, of(LAPLACE, records=5), records=5).records == 5
    with pytest.raises(Unopenable, match="`records` is not what the target file says"):
        opened(tmp_path, of(LAPLACE, records=5), records=6)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,mechanism\na,laplace,3\n", "line 2: 3 fields, the header has 2"),
        ("id,mechanism,adjacency,scale\na,laplace,replace-one,nan\n", "line 2: `scale`"),
        ("id,mechanism,adjacency,scale\na,laplace,replace-one,1_0\n", "line 2: `scale`"),
        ("id,mechanism,adjacency,scale\na,laplace,replace-one,True\n", "line 2: `scale`"),
        ("id,mechanism,adjacency,scale\na,laplace,replace-one,1e999\n", "line 2: `scale`"),
        ("id,mechanism,adjacency,count\na,laplace,replace-one,1.0\n", "line 2: `count`"),
        ("id,mechanism,adjacency,scale\na,laplace,replace-one,-1\n", "line 2: `scale` is negative"),
        ("id,mechanism,adjacency\na,laplace,replace-one\na,laplace,replace-one\n", "twice"),
        ("id,id\na,b\n", "line 1: a name stands there twice"),
        ("id,scael\na,1\n", "line 1: unknown field 'scael'; near: `scale`"),
        ('id,mechanism\n"a,laplace\n', "line"),
        ("id,mechanism,adjacency\n", "no releases"),
        ("", "no releases"),
    ],
)
def test_a_csv_that_is_no_ledger_is_refused_with_its_line(tmp_path, text, told):
    with pytest.raises(Unopenable, match=told):
        opened(tmp_path, text, "ledger.csv")


def test_a_missing_file_is_unopenable(tmp_path):
    with pytest.raises(Unopenable, match="can't be read"):
        json_ledger.open(pinned("ledger", tmp_path / "none.json", scratch=tmp_path))


# A folder of ledgers


def folder_of(tmp_path, files, **options):
    folder = tmp_path / "ledgers"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return ledgers.open(pinned("ledger", folder, scratch=tmp_path, format="ledgers", options=options))


CSV = "id,mechanism,scale,sensitivity,adjacency\na,laplace,10,1,add-or-remove-one\n"


def test_the_ledgers_of_a_folder_are_one(tmp_path):
    ten = {f"{i}.json": of(LAPLACE, claimed_epsilon=0.1, claimed_delta=1e-7, records=500) for i in range(10)}
    ledger = folder_of(tmp_path, ten)
    assert [release.id for release in ledger.releases][:2] == ["0.json: a", "1.json: a"]
    assert len(ledger.releases) == 10
    assert (ledger.claimed_epsilon, ledger.records) == (pytest.approx(1.0), 500)
    assert ledger.claimed_delta == pytest.approx(1e-6)


def test_ledgers_that_are_within_the_budget_each_are_not_together(tmp_path):
    from lepton_privacy.budget import BudgetSettings, budget

    ledger = folder_of(tmp_path, {f"{i}.json": of(LAPLACE | {"scale": 0.4}) for i in range(10)})
    assert budget.look(ledger, settings=BudgetSettings(delta=0.0)).epsilon == pytest.approx(25.0)


def test_the_target_file_may_claim_for_the_folder_but_no_more_than_its_ledgers(tmp_path):
    assert folder_of(tmp_path, {"a.json": of(LAPLACE), "b.csv": CSV}, claimed_epsilon=0.2).claimed_epsilon == 0.2
    (tmp_path / "two").mkdir()
    with pytest.raises(Unopenable, match="the target file claims epsilon 9"):
        folder_of(tmp_path / "two", {"a.json": of(LAPLACE, claimed_epsilon=0.1)}, claimed_epsilon=9.0)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "empty"),
        ({"a.json": of(LAPLACE), "b.json.bak": of(LAPLACE)}, "b.json.bak: the folder may hold ledgers only"),
        ({"a.json": of(LAPLACE, claimed_epsilon=1), "b.json": of(LAPLACE)}, "some ledgers claim"),
        ({"a.json": of(LAPLACE, records=3), "b.json": of(LAPLACE, records=4)}, r"don't agree on `records` \(3, 4\)"),
        ({"a.json": of(LAPLACE), "b.json": of()}, "b.json: it has no releases"),
    ],
)
def test_a_folder_in_which_a_ledger_is_lost_or_contradicted_is_refused(tmp_path, files, told):
    with pytest.raises(Unopenable, match=told):
        folder_of(tmp_path, files)


def test_a_file_is_no_folder_of_ledgers(tmp_path):
    (tmp_path / "a.json").write_text(of(LAPLACE))
    with pytest.raises(Unopenable, match="no folder"):
        ledgers.open(pinned("ledger", tmp_path / "a.json", scratch=tmp_path, format="ledgers"))
