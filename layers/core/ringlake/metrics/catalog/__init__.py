"""The dictionary of metrics: one definition per metric for screens, lists, files and SQL (demands.md D28).

docs/metrics.md, the tooltips of `GET /v1/metrics`, the descriptions of the API and the SQL views are
generated from it.
"""

from __future__ import annotations

from . import calls, cases, costs, customers, deals, lines, people, texts, waits
from .metric import Metric

METRICS: tuple[Metric, ...] = (
    *calls.METRICS,
    *waits.METRICS,
    *texts.METRICS,
    *cases.METRICS,
    *costs.METRICS,
    *lines.METRICS,
    *people.METRICS,
    *customers.METRICS,
    *deals.METRICS,
)
BY_ID: dict[str, Metric] = {metric.id: metric for metric in METRICS}
