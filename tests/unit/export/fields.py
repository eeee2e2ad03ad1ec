"""Every column that any export may have: all reports, profiles and charts, with every metric there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ringlake.files.sheet import Field
from ringlake.flows.answers.dimensions import By
from ringlake.flows.answers.heatmap import HeatmapQuery
from ringlake.flows.answers.listed import COLUMNS
from ringlake.flows.answers.measures import addable, measurable
from ringlake.flows.exports import REPORTS
from ringlake.flows.exports.chart import CHARTS
from ringlake.metrics.catalog import METRICS

from .files import made
from .world import World

_METRICS = [metric.id for metric in METRICS if measurable(metric)]
_COUNTED = [metric.id for metric in METRICS if measurable(metric) and addable(metric) and metric.unit != "money"]


def every_field() -> dict[str, Field]:
    """By name; two reports give one name one meaning."""
    world = World()
    return {field.name: field for asked in _requests() for field in made(world, **asked).sheet.fields}


def _requests() -> Iterator[dict[str, Any]]:
    options: dict[str, Any]
    for name, report in REPORTS.items():
        if name == "chart":
            continue
        options = {"metrics": _METRICS} if "metrics" in report.model({}).model_fields else {}
        for profile in report.profiles:
            chosen = [*COLUMNS] if profile == "list" else []
            yield {"report": name, "profile": profile, "options": options, "columns": chosen}
    for chart, one in CHARTS.items():
        options = {"chart": chart}
        fields = one.query.model_fields
        if "metrics" in fields:
            options |= {"metrics": _METRICS}
        if "by" in fields and chart in ("series", "breakdown"):
            options |= {"by": By.USER.value}
        if "compare" in fields:
            options |= {"compare": True}
        if issubclass(one.query, HeatmapQuery):
            for metric in _COUNTED:
                yield {"report": "chart", "options": {**options, "metric": metric}}
        else:
            yield {"report": "chart", "options": options}
