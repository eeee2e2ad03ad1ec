"""Counts and shares of calls."""

from __future__ import annotations

from .metric import Metric

METRICS: tuple[Metric, ...] = ()
