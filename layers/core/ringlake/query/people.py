"""What may be asked about people's time: a range, a zone, and whose; conditions on calls have no meaning there."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .filters import Day, Filter, Ids, parse
from .presets import Preset


class PeopleFilter(BaseModel):
    """Either `preset` or both `from` and `to`, local dates of the zone, both inclusive.

    `users` and `teams` choose people, by the teams that they are in today; without them it is everybody whom
    the viewer may see. The zone is the workspace's unless `zone` asks for another one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, str_strip_whitespace=True)

    preset: Preset | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    zone: Annotated[str, StringConstraints(max_length=64)] = ""
    users: Ids = []
    teams: Ids = []

    @property
    def asked(self) -> Filter:
        """The same as a filter; raises `InvalidRequest` naming the field."""
        names = PeopleFilter.model_fields.keys() & self.model_fields_set
        return parse(Filter, {name: getattr(self, name) for name in sorted(names)})
