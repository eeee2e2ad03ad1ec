"""Walls of the live board, in the directory's table; withdrawn ones stay."""

from __future__ import annotations

from ringlake.model.walls import Wall

from .versions import Documents, DynamoDocuments, MemoryDocuments

type Walls = Documents[Wall]
MemoryWalls = MemoryDocuments[Wall]


class DynamoWalls(DynamoDocuments[Wall]):
    """Partition `workspace#<id>#walls`."""

    def __init__(self, table: str) -> None:
        super().__init__(table, "walls", Wall)
