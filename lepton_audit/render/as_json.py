"""report.json: the contract for tools."""

from __future__ import annotations

import json
from typing import Any

from lepton_audit.facts.report import Report


def render_json(report: Report) -> str:
    """The report as JSON: keys in the order of the models, free mappings sorted, a newline at the end.

    `Report.model_validate_json` gives the same report back.
    """
    content = report.model_dump(mode="json", by_alias=True)
    _sort_free_mappings(content)
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _sort_free_mappings(content: dict[str, Any]) -> None:
    """Puts what has no declared order in order, in place: the text must not depend on who finished first."""
    for finding in content["findings"]:
        finding["assets"] = _in_order(finding["assets"])
    for record in content["evidence"].values():
        for name in ("assets", "settings", "values"):
            record[name] = {key: _in_order(value) for key, value in sorted(record[name].items())}
    content["evidence"] = dict(sorted(content["evidence"].items()))


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value
