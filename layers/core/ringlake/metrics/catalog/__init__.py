"""The dictionary of metrics: one definition per metric for screens, lists, files and SQL (demands.md D28).

docs/metrics.md, the tooltips of `GET /v1/metrics`, the descriptions of the API and the SQL views are
generated from it.
"""

from __future__ import annotations

from . import calls, cases, costs, customers, deals, lines, people, texts, waits
from .metric import Metric

TOPICS: tuple[tuple[str, tuple[Metric, ...]], ...] = (
    ("Calls", calls.METRICS),
    ("Waits and service", waits.METRICS),
    ("Texts", texts.METRICS),
    ("Call backs", cases.METRICS),
    ("Costs and both channels", costs.METRICS),
    ("Lines and response times", lines.METRICS),
    ("People", people.METRICS),
    ("Customers", customers.METRICS),
    ("Quotes and orders", deals.METRICS),
)
METRICS: tuple[Metric, ...] = tuple(metric for _, metrics in TOPICS for metric in metrics)
BY_ID: dict[str, Metric] = {metric.id: metric for metric in METRICS}
