"""Reports that are mailed at local times: what people do with them, and the tick that makes them jobs."""

from __future__ import annotations

from .editing import Scheduling
from .ordering import Ordering
from .ticking import Ticked, Ticking

__all__ = ["Ordering", "Scheduling", "Ticked", "Ticking"]
