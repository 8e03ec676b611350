"""Targets: every reference is checked, and every problem says what, where, what was expected, and the next step."""

from __future__ import annotations

import pytest

from lepton_audit.load.problems import BadInput
from lepton_audit.load.target import load_target

HEAD = "apiVersion: lepton-audit/v1\nkind: Target\nmetadata: {id: t}\n"
GOOD = (
    HEAD
    + """\
permissions: {run_code: true, write: [scorer]}
assets:
  scorer: {kind: model, uri: models/scorer.joblib, format: joblib, holdout: holdout, features: {age: {immutable: true, low: 0}}}
  holdout: {kind: table, uri: data/holdout.parquet, columns: {age: quasi-identifier, label: label}}
  api: {kind: endpoint, uri: "https://127.0.0.1:8443", ca: certs/ca.pem}
  rows: {kind: table, uri: "postgresql://auditor:${env:PGPASSWORD}@127.0.0.1/db", table: people}
attestations: {dpo: {by: DPO office, on: 2026-10-01, expires: 2027-10-01}}
not_applicable: {kinds: {federation: Nobody else takes part.}, controls: {x: Not here.}}
"""
)


def test_a_good_target_is_loaded_whole(written, registry):
    read = load_target(written(GOOD), registry.kinds)
    assert list(read.target.assets) == ["scorer", "holdout", "api", "rows"]
    assert read.target.assets["scorer"].options == {
        "holdout": "holdout",
        "features": {"age": {"immutable": True, "low": 0}},
    }
    assert str(read.target.attestations["dpo"].on) == "2026-10-01"


def test_comments_and_layout_don_t_change_the_digest(written, registry):
    one = load_target(written(GOOD), registry.kinds)
    two = load_target(written("# said differently\n" + GOOD.replace("{id: t}", "{ 'id': t }")), registry.kinds)
    other = load_target(written(GOOD.replace("low: 0", "low: 1")), registry.kinds)
    assert one.digest == two.digest != other.digest


ASSETS = HEAD + "assets:\n"
BAD = {
    "an unknown key": (HEAD + "assests: {}\n", ":4:1: unknown key 'assests'", "did you mean assets or attestations?"),
    "a missing key": ("kind: Target\nmetadata: {id: t}\nassets: {}\n", "apiVersion: Field required", ""),
    "another apiVersion": (HEAD.replace("v1", "v2") + "assets: {}\n", ":1:13: apiVersion", "lepton-audit/v1"),
    "an unknown kind": (
        ASSETS + "  a: {kind: modle, uri: x}\n",
        ":5:13: unknown asset kind 'modle'",
        "did you mean model?",
    ),
    "an unknown option": (
        ASSETS + "  a: {kind: model, uri: x, hold_out: y}\n",
        ":5:28: unknown key 'hold_out'",
        "did you mean holdout?",
    ),
    "an option of a wrong type": (ASSETS + "  a: {kind: table, uri: x, columns: [b]}\n", ":5:37", "object"),
    "a role that doesn't exist": (
        ASSETS + "  a: {kind: table, uri: x, columns: {b: quasi}}\n",
        ":5:41",
        "quasi-identifier",
    ),
    "a text for a boolean": (HEAD + "permissions: {run_code: 'yes'}\nassets: {}\n", ":4:25", "run_code"),
    "a number for a text": (HEAD.replace("id: t", "id: 7") + "assets: {}\n", ":3:16", "metadata.id"),
    "an asset that isn't there": (
        ASSETS + "  a: {kind: model, uri: x, holdout: b}\n",
        ":5:37: 'b' is no table",
        "kind table",
    ),
    "an asset of another kind": (
        ASSETS + "  a: {kind: model, uri: x, holdout: b}\n  b: {kind: ledger, uri: y}\n",
        ":5:37: 'b' is no table",
        "kind table",
    ),
    "a path upwards": (
        ASSETS + "  a: {kind: table, uri: ../secret.csv}\n",
        ":5:25: path '../secret.csv' leads out",
        "roots",
    ),
    "an absolute path": (ASSETS + "  a: {kind: table, uri: /etc/passwd}\n", "leads out of the target", "roots"),
    "an option's path upwards": (
        ASSETS + '  a: {kind: endpoint, uri: "https://h", ca: ../ca.pem}\n',
        "leads out of the target",
        "roots",
    ),
    "a password": (
        ASSETS + '  a: {kind: table, uri: "postgresql://u:geheim@h/d"}\n',
        "a password or other secret stands in the uri",
        "${env:NAME}",
    ),
    "a write permission for nobody": (HEAD + "permissions: {write: [b]}\nassets: {}\n", ":4:23: unknown asset 'b'", ""),
    "an absent kind that is there": (
        ASSETS + "  a: {kind: ledger, uri: y}\nnot_applicable: {kinds: {ledger: None.}}\n",
        ":6:26: kind 'ledger' is said to be absent",
        "one or the other",
    ),
    "an empty reason": (HEAD + "assets: {}\nnot_applicable: {kinds: {ledger: ''}}\n", ":5:34", "at least 1 character"),
    "an attestation by nobody": (
        HEAD + "assets: {}\nattestations: {dpo: {on: 2026-10-01}}\n",
        "by: Field required",
        "",
    ),
    "a date that is none": (HEAD + "assets: {}\nattestations: {dpo: {by: x, on: soon}}\n", ":5:33", "date"),
    "a list": ("- a\n", ":1:1", "object"),
}


@pytest.mark.parametrize(("text", "said", "also"), BAD.values(), ids=BAD)
def test_a_bad_target_is_refused_at_its_place(text, said, also, written, registry):
    with pytest.raises(BadInput) as caught:
        load_target(written(text), registry.kinds)
    assert said in str(caught.value)
    assert also in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_symbolic_link_out_of_the_target_is_an_escape(written, registry, tmp_path):
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(BadInput, match="leads out of the target"):
        load_target(written(ASSETS + "  a: {kind: table, uri: link/passwd}\n"), registry.kinds)


def test_a_declared_root_lets_a_path_out(written, registry):
    text = HEAD + "roots: [/srv/data]\nassets: {a: {kind: table, uri: /srv/data/x.csv}}\n"
    assert load_target(written(text), registry.kinds).target.assets["a"].uri == "/srv/data/x.csv"


def test_every_problem_is_told_at_once(written, registry):
    text = (
        ASSETS + "  a: {kind: modle, uri: x}\n  b: {kind: table, uri: ../x}\n  c: {kind: model, uri: x, holdout: q}\n"
    )
    with pytest.raises(BadInput) as caught:
        load_target(written(text), registry.kinds)
    assert len(caught.value.problems) == 3
