"""Quotes and orders."""

from __future__ import annotations

from .metric import Metric

METRICS: tuple[Metric, ...] = ()
