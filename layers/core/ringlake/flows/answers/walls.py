"""Walls: addresses of the live board for screens without a sign-in, which can be withdrawn (demands.md D66)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any

import msgspec
from pydantic import Field, model_validator

from ringlake.access import Principal
from ringlake.errors import Conflict, InvalidRequest, NotFound
from ringlake.flows.directory.bodies import Body, Name, Tongue
from ringlake.flows.directory.office import Stores, line, may, new_id
from ringlake.flows.live import stands
from ringlake.model.base import Answer, to_json
from ringlake.model.directory import Ability, User
from ringlake.model.language import Language
from ringlake.model.walls import Theme, Thresholds, Wall, digest_of, new_token
from ringlake.query.filters import parse
from ringlake.query.watching import LiveFilter

from .facts import Facts
from .live import Screens
from .question import Answers

# More walls than this in a workspace are addresses that nobody knows of any more.
MOST = 50
# Bytes of a wall's filter.
MAX_FILTER = 20_000
_Seconds = Annotated[int, Field(ge=0, le=86_400)] | None
_Count = Annotated[int, Field(ge=0, le=10_000)] | None


class ThresholdsBody(Body):
    """From when on a figure is amber or red: a wait in seconds, and how many wait. Without a number for a wait the
    promised time to answer of each call decides.
    """

    wait_amber_s: _Seconds = None
    wait_red_s: _Seconds = None
    waiting_amber: _Count = None
    waiting_red: _Count = None

    @model_validator(mode="after")
    def _amber_comes_first(self) -> ThresholdsBody:
        for amber, red in ((self.wait_amber_s, self.wait_red_s), (self.waiting_amber, self.waiting_red)):
            if amber is not None and red is not None and amber > red:
                raise ValueError("amber comes before red")
        return self


class WallBody(Body):
    """A wall shows what its owner may see, without customers, through `filter`. Without a `language` it speaks the
    workspace's.
    """

    name: Name
    filter: LiveFilter = LiveFilter()
    thresholds: ThresholdsBody = ThresholdsBody()
    language: Tongue = ""
    theme: Theme = Theme.DARK


class WallView(Answer, frozen=True, kw_only=True):
    """A wall. `screens` show it now; `stands` is false when its owner may not look at the calls of others any more."""

    id: str
    name: str
    owner: str
    owner_name: str
    mine: bool
    stands: bool
    screens: int
    filter: dict[str, object]
    thresholds: Thresholds
    language: Language
    theme: Theme
    created_at: datetime


class NewWall(Answer, frozen=True, kw_only=True):
    """The wall, and its address. The secret stands in the address's fragment and nowhere else: it is shown once."""

    wall: WallView
    url: str


class WallList(Answer, frozen=True, kw_only=True):
    """One's own walls by name; everybody's for who administers the workspace."""

    walls: tuple[WallView, ...]


class WallBook(Answers):
    def __init__(self, stores: Stores, facts: Facts, screens: Screens) -> None:
        super().__init__(stores.directory, facts, stores.records)
        self._screens = screens
        self._public_url = stores.public_url

    def all(self, viewer: Principal, now: datetime) -> WallList:
        self.paid(viewer)
        found = [wall for wall in self._screens.walls.all(viewer.workspace) if _sees(viewer, wall)]
        found.sort(key=lambda wall: (wall.name.casefold(), wall.id))
        owners = {user.id: user for user in self.names(viewer).users}
        watching = self._watching(viewer, now) if found else Counter[str]()
        return WallList(walls=tuple(_view(viewer, wall, owners.get(wall.owner), watching[wall.id]) for wall in found))

    def create(self, viewer: Principal, body: Any, now: datetime) -> NewWall:
        """Raises `InvalidRequest` naming the field."""
        workspace, asked = self.paid(viewer), parse(WallBody, body)
        if len(to_json(asked.filter.plain())) > MAX_FILTER:
            raise InvalidRequest("filter", f"longer than {MAX_FILTER} bytes")
        standing = [wall for wall in self._screens.walls.all(viewer.workspace) if wall.deleted_at is None]
        if len(standing) >= MOST:
            raise InvalidRequest("name", f"there are {MOST} walls already: withdraw one first")
        token = new_token(workspace.id, new_id("wall"))
        wall = Wall(
            id=token.wall,
            name=asked.name,
            owner=viewer.user.id,
            digest=digest_of(token.secret),
            filter=asked.filter.plain(),
            thresholds=Thresholds(**asked.thresholds.model_dump()),
            language=Language(asked.language) if asked.language else workspace.language,
            theme=asked.theme,
            created_at=now,
        )
        self._put(viewer, wall, None, "wall.create", now)
        return NewWall(wall=_view(viewer, wall, viewer.user, 0), url=f"{self._public_url}/app/wall#{token.text}")

    def withdraw(self, viewer: Principal, wall_id: str, now: datetime) -> WallView:
        """From now on nobody gets in by its address; who is in is told nothing more. Raises `NotFound` for what is not
        there, and for walls of others unless the viewer administers the workspace.
        """
        self.paid(viewer)
        before = self._screens.walls.get(viewer.workspace, wall_id)
        if before is None or not _sees(viewer, before):
            raise NotFound(wall_id)
        after = msgspec.structs.replace(before, deleted_at=now, version=before.version + 1)
        self._put(viewer, after, before, "wall.withdraw", now)
        return _view(viewer, after, self._directory.find(viewer.workspace, User, after.owner), 0)

    def _watching(self, viewer: Principal, now: datetime) -> Counter[str]:
        return Counter(s.wall for s in self._screens.boards.read(viewer.workspace, now).sockets if s.wall)

    def _put(self, viewer: Principal, wall: Wall, previous: Wall | None, action: str, now: datetime) -> None:
        # A name may hold anything, so it does not go on record.
        conditions = sorted(msgspec.to_builtins(wall.filter))
        self._directory.audit(line(viewer, now, action, wall.id, owner=wall.owner, conditions=conditions))
        try:
            self._screens.walls.put(viewer.workspace, wall, previous)
        except Conflict:
            # Two who withdraw it at once want the same.
            if previous is None:
                raise


def _sees(viewer: Principal, wall: Wall) -> bool:
    return wall.deleted_at is None and (wall.owner == viewer.user.id or may(viewer, Ability.ADMINISTER))


def _view(viewer: Principal, wall: Wall, owner: User | None, screens: int) -> WallView:
    return WallView(
        id=wall.id,
        name=wall.name,
        owner=wall.owner,
        owner_name=owner.name if owner else "",
        mine=wall.owner == viewer.user.id,
        stands=stands(wall, owner),
        screens=screens,
        filter=msgspec.to_builtins(wall.filter),
        thresholds=wall.thresholds,
        language=wall.language,
        theme=wall.theme,
        created_at=wall.created_at,
    )
