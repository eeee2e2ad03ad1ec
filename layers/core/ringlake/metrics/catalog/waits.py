"""How long callers wait and how well they are served."""

from __future__ import annotations

from .metric import Metric

METRICS: tuple[Metric, ...] = ()
