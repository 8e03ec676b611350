"""target.yaml -> Target, with every reference checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lepton_audit.declare.kinds import AssetKind, AssetRef, FileRef, refs
from lepton_audit.facts.canonical import digest
from lepton_audit.facts.target import Asset, Target
from lepton_audit.load.addresses import holds_secret, leads_nowhere
from lepton_audit.load.problems import BadInput, Problem, nearest, reading
from lepton_audit.load.tree import Node, place, plain
from lepton_audit.load.validate import attempt
from lepton_audit.load.yaml12 import parse_file

COMMON = frozenset(Asset.model_fields) - {"name", "options"}
_ADDRESS = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:(//)?")
LONGEST = 200
"""So much of a path is told."""


@dataclass(frozen=True)
class LoadedTarget:
    """A target, and where its relative paths start."""

    target: Target
    file: Path

    @property
    def base(self) -> Path:
        """The folder of the target's file."""
        return self.file.parent

    @property
    def digest(self) -> str:
        """Names what the file says, whatever its comments and layout."""
        return digest(self.target.model_dump(mode="json", by_alias=True))


def load_target(file: Path, kinds: dict[str, AssetKind]) -> LoadedTarget:
    """The target that the file describes. Raises BadInput with every problem at its place."""
    with reading(file):
        read = _read(file.resolve(), kinds)
        _ = read.digest  # what can't be told in canonical JSON is refused now, not when the run is under way
    return read


def _read(file: Path, kinds: dict[str, AssetKind]) -> LoadedTarget:
    node = parse_file(file)
    problems, target = attempt(node, Target, _reshaped(node))
    if target is None:
        raise BadInput(problems)
    checked = [*_asset_problems(node, target, kinds, file.parent), *_reference_problems(node, target, kinds)]
    if checked:
        raise BadInput(checked)
    return LoadedTarget(target, file)


def _reshaped(node: Node) -> Any:
    """The file's value, with what an asset says beside the common keys moved into `options`."""
    value = plain(node)
    assets = value.get("assets") if isinstance(value, dict) else None
    if isinstance(assets, dict):
        value["assets"] = {name: _asset(name, said) for name, said in assets.items()}
    return value


def _asset(name: str, said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    common = {key: said[key] for key in said if key in COMMON}
    return common | {"name": name, "options": {key: said[key] for key in said if key not in COMMON}}


def _asset_problems(node: Node, target: Target, kinds: dict[str, AssetKind], base: Path) -> Iterator[Problem]:
    for name, asset in target.assets.items():
        path = ("assets", name)
        if asset.kind not in kinds:
            mark = place(node, (*path, "kind"))
            yield Problem(
                mark,
                f"unknown asset kind {asset.kind!r}",
                "one of " + ", ".join(sorted(kinds)),
                nearest(asset.kind, kinds),
            )
            continue
        problems, options = attempt(node, kinds[asset.kind].options, asset.options, at=path)
        yield from problems
        if options is not None:
            yield from _address_problems(node, asset)
            yield from _path_problems(node, target, asset, kinds[asset.kind], base)
            yield from _asset_ref_problems(node, target, asset, kinds[asset.kind])


def _address_problems(node: Node, asset: Asset) -> Iterator[Problem]:
    mark = place(node, ("assets", asset.name, "uri"))
    if holds_secret(asset.uri):
        what = "a password or other secret stands in the uri"
        yield Problem(mark, what, "${env:NAME} in its place", "Set the variable where the audit runs.")
    elif not is_file(asset.uri) and leads_nowhere(asset.uri, endpoint=asset.kind == "endpoint"):
        yield Problem(mark, "the uri is no address", "scheme://host:port with a port of at most 65535")


def _path_problems(node: Node, target: Target, asset: Asset, kind: AssetKind, base: Path) -> Iterator[Problem]:
    named = [("uri", asset.uri)] if is_file(asset.uri) else []
    named += [(field, asset.options[field]) for field, _ in refs(kind.options, FileRef) if asset.options.get(field)]
    for field, text in named:
        mark = place(node, ("assets", asset.name, field))
        shown = repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")
        if not _possible(base / text) or not all(_possible(base / root) for root in target.roots):
            wanted = "a path without links in a circle, zero bytes or overlong names"
            yield Problem(mark, f"path {shown}: no file can be there, or one of `roots` can't be", wanted)
        elif not _inside(base, text, target.roots):
            wanted = "a path below the target's folder, or below one of `roots`"
            next_step = "Add the folder to `roots` if it is meant."
            yield Problem(mark, f"path {shown} leads out of the target", wanted, next_step)


def _possible(path: Path) -> bool:
    """A file could be at the path, whether there is one or not."""
    try:
        path.resolve().lstat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return True
    except (OSError, ValueError, RuntimeError):  # an overlong name, a zero byte, links in a circle
        return False
    return True


def _inside(base: Path, text: str, roots: Iterable[str]) -> bool:
    full = (base / text).resolve()
    return any(full.is_relative_to((base / root).resolve()) for root in (".", *roots))


def is_file(uri: str) -> bool:
    """The uri is a path, and not an address."""
    return _ADDRESS.match(uri) is None


def _asset_ref_problems(node: Node, target: Target, asset: Asset, kind: AssetKind) -> Iterator[Problem]:
    for field, ref in refs(kind.options, AssetRef):
        named = asset.options.get(field)
        if named is not None and (named not in target.assets or target.assets[named].kind != ref.kind):
            candidates = [name for name, other in target.assets.items() if other.kind == ref.kind]
            mark = place(node, ("assets", asset.name, field))
            yield Problem(
                mark,
                f"{named!r} is no {ref.kind} of this target",
                f"an asset of kind {ref.kind}",
                nearest(named, candidates),
            )


def _reference_problems(node: Node, target: Target, kinds: dict[str, AssetKind]) -> Iterator[Problem]:
    write = target.permissions.write
    for index, name in enumerate(write if isinstance(write, tuple) else ()):
        if name not in target.assets:
            mark = place(node, ("permissions", "write", index))
            yield Problem(mark, f"unknown asset {name!r}", "an asset of this target", nearest(name, target.assets))
    for name in target.not_applicable.assets:
        if name not in target.assets:
            mark = place(node, ("not_applicable", "assets", name), of_key=True)
            yield Problem(mark, f"unknown asset {name!r}", "an asset of this target", nearest(name, target.assets))
    for kind in target.not_applicable.kinds:
        mark = place(node, ("not_applicable", "kinds", kind), of_key=True)
        if kind not in kinds:
            yield Problem(mark, f"unknown asset kind {kind!r}", "", nearest(kind, kinds))
        elif any(asset.kind == kind for asset in target.assets.values()):
            yield Problem(
                mark, f"kind {kind!r} is said to be absent, but the target has an asset of it", "one or the other"
            )
