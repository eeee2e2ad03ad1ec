"""What a saved report comes to as an export (features.md N21)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ringlake.errors import InvalidRequest
from ringlake.query.filters import Filter
from ringlake.query.presets import Preset

# Report and fixed options of the routes that can be saved.
_VIEWS: Mapping[str, tuple[str, Mapping[str, object]]] = MappingProxyType(
    {
        "/v1/interactions": ("interactions", {}),
        "/v1/cases": ("cases", {}),
        "/v1/analytics/team": ("team", {}),
        "/v1/analytics/presence": ("presence", {}),
        "/v1/analytics/responses/blocks": ("responses", {}),
        "/v1/analytics/summary": ("chart", {"chart": "summary"}),
        "/v1/analytics/responses": ("chart", {"chart": "responses"}),
        "/v1/analytics/series": ("chart", {"chart": "series"}),
        "/v1/analytics/heatmap": ("chart", {"chart": "heatmap"}),
        "/v1/analytics/breakdown": ("chart", {"chart": "breakdown"}),
        "/v1/analytics/waits": ("chart", {"chart": "waits"}),
        "/v1/analytics/service": ("chart", {"chart": "service"}),
        "/v1/analytics/concurrency": ("chart", {"chart": "concurrency"}),
    }
)
# Where a page of a screen begins and how long it is; a file has no pages.
OF_PAGES = frozenset({"cursor", "limit", "skip", "count"})
RANGE = frozenset({"preset", "from", "to"})
# What stands in the filter of a request; everything else that a route takes is an option.
CONDITIONS = frozenset({field.alias or name for name, field in Filter.model_fields.items()})


def request_of(view: str, parameters: Mapping[str, object]) -> dict[str, Any]:
    """Report, filter, options and columns of an export. Raises `InvalidRequest` for a view that makes no file."""
    if view not in _VIEWS:
        raise InvalidRequest("saved", f"there are no files of {view}")
    report, fixed = _VIEWS[view]
    conditions = {name: value for name, value in parameters.items() if name in CONDITIONS}
    options = {n: v for n, v in parameters.items() if n not in CONDITIONS | OF_PAGES | {"columns"}}
    request: dict[str, Any] = {
        "report": report,
        "filter": conditions,
        "options": {**fixed, **options},
        "columns": parameters.get("columns", []),
    }
    if view == "/v1/interactions":
        # The list shows its own columns, and the last three months unless it is told.
        request["profile"] = "list"
        if not RANGE & conditions.keys():
            request["filter"] = {**conditions, "preset": Preset.LAST_3_MONTHS.value}
    return request
