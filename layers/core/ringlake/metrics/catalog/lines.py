"""Lines and staffing: concurrency, Erlang, response times of texts."""

from __future__ import annotations

from .metric import Metric

METRICS: tuple[Metric, ...] = ()
