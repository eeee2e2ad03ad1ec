"""What a watcher of the live board asks for, validated at the border (features.md R18-R20)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ringlake.model.board import BoardFilter, CallStatus, CallType

from .filters import Ids, parse


class LiveFilter(BaseModel):
    """Filter of the live board. Different conditions are joined by AND, values of one by OR; an empty list
    restricts nothing.

    `users` and `teams` are met by whoever is on the call or rung by it, and choose the people shown. The other
    conditions are about calls. Internal calls are in only when asked for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    users: Ids = []
    teams: Ids = []
    numbers: Ids = []
    queues: Ids = []
    types: Annotated[list[CallType], Field(max_length=5)] = []
    statuses: Annotated[list[CallStatus], Field(max_length=2)] = []
    include_internal: bool = False

    def plain(self) -> BoardFilter:
        return BoardFilter(
            users=tuple(self.users),
            teams=tuple(self.teams),
            numbers=tuple(self.numbers),
            queues=tuple(self.queues),
            types=tuple(self.types),
            statuses=tuple(self.statuses),
            include_internal=self.include_internal,
        )


def board_filter(raw: Any) -> BoardFilter:
    """A filter as a client sends it; raises `InvalidRequest` naming the fields that are wrong."""
    return parse(LiveFilter, raw, "filter").plain()
