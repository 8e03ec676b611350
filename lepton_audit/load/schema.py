"""JSON Schemas of the file formats, with which an editor completes and checks."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from lepton_audit.facts.docstrings import attribute_texts
from lepton_audit.facts.frozen import Frozen
from lepton_audit.facts.policy import PolicyFile
from lepton_audit.facts.report import Report
from lepton_audit.facts.target import Target
from lepton_audit.facts.waiver import Waivers
from lepton_audit.registry import Registry

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: dict[str, type[BaseModel]] = {"target": Target, "policy": PolicyFile, "waivers": Waivers, "report": Report}


def schema_of(name: str, registry: Registry) -> dict[str, Any]:
    """The JSON Schema of ``target``, ``policy``, ``waivers`` or ``report``."""
    mode: Any = "serialization" if name == "report" else "validation"
    schema = _MODELS[name].model_json_schema(by_alias=True, mode=mode)
    if name == "target":
        _open_assets(schema, registry)
    if name == "policy":
        _open_parameters(schema)
    _describe(schema, _MODELS[name], registry)
    return {**schema, "$schema": DIALECT, "title": f"lepton-audit {name}"}


def _describe(schema: dict[str, Any], root: type[BaseModel], registry: Registry) -> None:
    """The texts below the models' attributes stand in the schema."""
    known: dict[str, type[BaseModel]] = {model.__name__: model for model in _all_models(Frozen)}
    known |= {f"asset-{kind.name}": kind.options for kind in registry.kinds.values()}
    for name, definition in [(root.__name__, schema), *schema.get("$defs", {}).items()]:
        texts = attribute_texts(known[name]) if name in known else {}
        for field, said in definition.get("properties", {}).items():
            model_field = (
                next((n for n, f in known[name].model_fields.items() if field in (n, f.alias)), field)
                if name in known
                else field
            )
            if model_field in texts:
                said.setdefault("description", texts[model_field])


def _all_models(model: type[Frozen]) -> list[type[Frozen]]:
    return [model, *(below for child in model.__subclasses__() for below in _all_models(child))]


def _open_assets(schema: dict[str, Any], registry: Registry) -> None:
    """Each kind of asset with its own options beside the common keys."""
    definitions = schema["$defs"]
    common = {
        key: value
        for key, value in definitions.pop("Asset")["properties"].items()
        if key not in ("name", "options", "kind")
    }
    names = []
    for kind in registry.kinds.values():
        options = kind.options.model_json_schema(by_alias=True)
        definitions |= options.pop("$defs", {})
        properties = {
            "kind": {"const": kind.name, "description": kind.summary},
            **common,
            **options.get("properties", {}),
        }
        required = ["kind", "uri", *options.get("required", [])]
        definitions[f"asset-{kind.name}"] = {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
        names.append({"$ref": f"#/$defs/asset-{kind.name}"})
    ids = next(iter(schema["properties"]["assets"].get("patternProperties", {".*": None})))
    schema["properties"]["assets"] = {
        "type": "object",
        "propertyNames": {"pattern": ids},
        "additionalProperties": {"oneOf": names},
    }


def _open_parameters(schema: dict[str, Any]) -> None:
    """Where a number stands, ``${name}`` may stand; a limit is there or left out, never null."""
    for operator in schema["$defs"]["Requirement"]["properties"].values():
        operator.pop("default", None)
        operator["anyOf"] = [said for said in operator["anyOf"] if said != {"type": "null"}]
    reference = {"type": "string", "pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"}
    for name in ("min", "max", "one_of", "subset_of", "excludes"):
        said = schema["$defs"]["Requirement"]["properties"][name]
        said["anyOf"] = [*said.get("anyOf", []), reference]
