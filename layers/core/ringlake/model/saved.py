"""Reports that people keep under a name (features.md N21)."""

from __future__ import annotations

from datetime import datetime

from .base import Model


class SavedReport(Model, frozen=True, kw_only=True):
    """A question to one list or analytics route, kept: filter, columns and grouping as its query parameters.

    `view` is the route's path. `settings` are the thresholds that its numbers were made with when it was saved
    (metrics.md Service level). `shared` lets everybody in the workspace use it, each within their own rights.
    `version` rises with every change.
    """

    id: str
    name: str
    owner: str
    view: str
    parameters: dict[str, object] = {}
    settings: dict[str, object] = {}
    shared: bool = False
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1
