"""Asset kinds: what a target may be made of, and which options each part takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from lepton_audit.facts.frozen import Frozen
from lepton_audit.facts.look import Pin
from lepton_audit.facts.target import Permissions

P = TypeVar("P", bound=type)


@dataclass(frozen=True)
class FileRef:
    """Marks an option that names a file beside the target: checked for escapes, pinned with the asset."""


@dataclass(frozen=True)
class AssetRef:
    """Marks an option that names another asset of the target, of this kind."""

    kind: str


FilePath = Annotated[str, FileRef()]


class AssetOptions(Frozen):
    """What an asset of this kind may say beside `kind`, `uri`, `format` and `title`."""


@dataclass(frozen=True)
class AssetKind:
    """A kind of asset: its name in target files, its protocol in probes, its options."""

    name: str
    protocol: type
    options: type[AssetOptions]
    summary: str


def asset_kind(name: str, *, options: type[AssetOptions] = AssetOptions) -> Callable[[P], P]:
    """Makes a protocol class usable as the annotation of a probe's parameter."""

    def mark(protocol: P) -> P:
        summary = (protocol.__doc__ or "").strip().partition("\n")[0]
        protocol.__asset_kind__ = AssetKind(name=name, protocol=protocol, options=options, summary=summary)  # type: ignore[attr-defined]  # a mark on the class
        return protocol

    return mark


def kind_of(protocol: object) -> AssetKind | None:
    """The asset kind that a class was marked with, or ``None``."""
    found = vars(protocol).get("__asset_kind__") if isinstance(protocol, type) else None
    return found if isinstance(found, AssetKind) else None


def refs(options: type[AssetOptions], mark: type) -> Iterator[tuple[str, Any]]:
    """The option fields that carry a `FileRef` or `AssetRef`, with that mark; also as ``X | None``."""
    for name, field in options.model_fields.items():
        candidates = [
            *field.metadata,
            *(m for arg in get_args(field.annotation) for m in getattr(arg, "__metadata__", ())),
        ]
        yield from ((name, found) for found in candidates if isinstance(found, mark))


@dataclass(frozen=True)
class PinnedAsset:
    """What an opener gets, in the child: an asset whose content was pinned, and what may be done with it."""

    name: str
    kind: str
    uri: str
    """As in the target, with ``${env:NAME}`` filled in. Never put it in evidence or a message."""
    format: str | None
    options: Any
    """An instance of the kind's options model."""
    path: Path | None
    """Where the content lies, for a file or a folder."""
    files: dict[str, Path]
    """Each `FileRef` option that is set -> its path."""
    permissions: Permissions
    scratch: Path
    """A folder of the look's own, removed after it."""
    pin: Pin | None = None
