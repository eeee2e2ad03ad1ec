"""Which workspaces read what they collect."""

from __future__ import annotations

# Plans with analytics; a workspace on any other keeps collecting and reads nothing (O1).
PLANS = frozenset({"business", "scale"})
