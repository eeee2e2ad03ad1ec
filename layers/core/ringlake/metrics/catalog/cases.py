"""Missed callers who need a call back."""

from __future__ import annotations

from .metric import Metric

METRICS: tuple[Metric, ...] = ()
