"""Saved reports, in the directory's table; deleted ones stay."""

from __future__ import annotations

from ringlake.model.saved import SavedReport

from .versions import Documents, DynamoDocuments, MemoryDocuments

type SavedReports = Documents[SavedReport]
MemorySavedReports = MemoryDocuments[SavedReport]


class DynamoSavedReports(DynamoDocuments[SavedReport]):
    """Partition `workspace#<id>#reports`."""

    def __init__(self, table: str) -> None:
        super().__init__(table, "reports", SavedReport)
