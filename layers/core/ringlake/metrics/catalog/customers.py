"""Customers: who calls, how often, with what success."""

from __future__ import annotations

from .metric import Metric

METRICS: tuple[Metric, ...] = ()
