"""YAML 1.2: safe, bounded, and every value knows where it stands."""

from __future__ import annotations

import time

import pytest

from lepton_audit.load.problems import BadInput
from lepton_audit.load.tree import place, plain
from lepton_audit.load.yaml12 import MAX_BYTES, parse, parse_file


def test_scalars_are_those_of_yaml_1_2():
    text = "{on: yes, a: [1, 0x10, 0o17, 1e3, .5, -2, ~, 'x', true, False, no, 012, 2020-01-01, 1_000, 1:30, <<]}"
    said = [1, 16, 15, 1000.0, 0.5, -2, None, "x", True, False, "no", 12, "2020-01-01", "1_000", "1:30", "<<"]
    assert plain(parse(text, "f")) == {"on": "yes", "a": said}


def test_every_value_and_key_knows_its_place():
    node = parse("a: 1\nb:\n  - x\n  - {c: d}\n", "f.yaml")
    assert str(place(node, ("b", 1, "c"))) == "f.yaml:4:9"
    assert str(place(node, ("b", 1, "c"), of_key=True)) == "f.yaml:4:6"


def test_aliases_are_filled_in():
    assert plain(parse("a: &x {b: 1}\nc: *x\n", "f")) == {"a": {"b": 1}, "c": {"b": 1}}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(12)
)
BAD = {
    "a duplicate key": ("a: 1\nb: 2\na: 3\n", "f:3:1: key 'a' was given already at f:1:1"),
    "a duplicate key under another spelling": ("'a': 1\na: 3\n", "f:2:1: key 'a'"),
    "a python tag": ("a: !!python/object/apply:os.system [x]\n", "f:1:4: tag"),
    "a tag on a key": ("!!str a: 1\n", "tag"),
    "infinity": ("a: .inf\n", ".inf is no finite number"),
    "not a number": ("a: .NaN\n", ".NaN is no finite number"),
    "a number beyond all bounds": ("a: [1e999]\n", None),
    "an alias of itself": ("a: &a [*a]\n", "no anchor before it"),
    "an alias of nothing": ("a: *b\n", "alias"),
    "an alias bomb": (BOMB, "aliases add too much"),
    "a deep nest": ("[" * 200 + "]" * 200, "nested too deeply"),
    "a nest without end": ("[" * 100_000, "nested too deeply"),
    "two documents": ("a: 1\n---\nb: 1\n", "f:2:1: a second document"),
    "nothing": ("# only a comment\n", "the file is empty"),
    "a broken indentation": ("a: b: c\n", "f:1:5: not YAML"),
    "a tab": ("a:\n\t- b\n", "not YAML"),
    "a key that's a list": ("? [a]\n: b\n", "a key that isn't a text"),
    "a control character": ("a: \x01\n", "not YAML"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_bad_yaml_is_refused_at_its_place_and_soon(text, said):
    began = time.monotonic()
    if said is None:
        assert plain(parse(text, "f")) == {"a": ["1e999"]}
        return
    with pytest.raises(BadInput) as caught:
        parse(text, "f")
    assert said in str(caught.value)
    assert time.monotonic() - began < 5


def test_a_hundred_megabytes_are_refused_unread(tmp_path):
    file = tmp_path / "huge.yaml"
    with file.open("wb") as huge:
        huge.truncate(100 * 2**20)
    with pytest.raises(BadInput, match=f"at most {MAX_BYTES} bytes"):
        parse_file(file)


@pytest.mark.parametrize(("content", "said"), [(None, "can't be read: No such file"), (b"\xff\xfe\xfa", "isn't UTF-8")])
def test_an_unreadable_file_is_refused(tmp_path, content, said):
    file = tmp_path / "file.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        parse_file(file)
