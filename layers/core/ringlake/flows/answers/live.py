"""The live board asked for once, the ticket that lets a screen watch it, and joining a call (features.md R1-R21,
R38-R40; demands.md D65, D67).
"""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from ringlake.access import Principal, scope
from ringlake.access.scope import shows
from ringlake.errors import Forbidden, NotFound, Taken
from ringlake.files.csv import BOM, guarded
from ringlake.flows.directory.office import Stores, line
from ringlake.flows.live import TICKET_LIFE, Rows, seen_by
from ringlake.fold.board import SUPERVISE_URL, can_supervise
from ringlake.model.base import Answer
from ringlake.model.board import BoardFilter, Header, LiveCall, Person, View
from ringlake.model.calls import CallRecord, LiveState
from ringlake.model.directory import Connection, Directory
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.query.filters import parse
from ringlake.query.watching import LiveFilter
from ringlake.stores.boards import Boards, Ticket
from ringlake.stores.walls import Walls

from .facts import Facts
from .question import Answers

# A program's address, but none that a browser would run.
_ADDRESS = re.compile(r"(?!(?:javascript|data|vbscript|blob|file):)[a-z][a-z0-9+.\-]*:.+", re.DOTALL)


class LiveMeta(Answer, frozen=True, kw_only=True):
    """What the answer is about; `as_of` is the moment at which the records were read."""

    workspace: str
    zone: str
    as_of: datetime
    settings_version: int
    filter: dict[str, object]


class LiveBoard(Answer, frozen=True, kw_only=True):
    """The live board at one moment: counts, calls by start, people by id."""

    meta: LiveMeta
    header: Header
    calls: tuple[LiveCall, ...]
    people: tuple[Person, ...]


class LiveTicket(Answer, frozen=True, kw_only=True):
    """Connect to `url` before `expires_at`; the ticket is good for one connection."""

    url: str
    expires_at: datetime


class Mode(StrEnum):
    """R38, R39: the agent hears a supervisor who whispers, the customer never does."""

    LISTEN = "listen"
    WHISPER = "whisper"


class SuperviseBody(BaseModel):
    """How to join a call."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = Mode.LISTEN


class Joining(Answer, frozen=True, kw_only=True):
    """An address that the viewer's own telephony program opens; nothing has happened yet (R40)."""

    call: str
    mode: Mode
    url: str


class Screens(NamedTuple):
    """Where boards are watched: their store, the address of the WebSocket API, and the walls."""

    boards: Boards
    url: str
    walls: Walls


class Watching(Answers):
    """Use cases of people who look at live calls."""

    def __init__(self, stores: Stores, facts: Facts, screens: Screens) -> None:
        super().__init__(stores.directory, facts, stores.records)
        self._rows = Rows(stores.records, stores.contacts)
        self._screens = screens

    def ticket(self, viewer: Principal, now: datetime) -> LiveTicket:
        """Browsers cannot send a header with a WebSocket, so a ticket stands for the token (docs/adr/0086)."""
        self.paid(viewer)
        token, until = secrets.token_urlsafe(32), now + TICKET_LIFE
        self._screens.boards.issue(token, Ticket(workspace=viewer.workspace, user_id=viewer.user.id, expires_at=until))
        return LiveTicket(url=f"{self._screens.url}?ticket={token}", expires_at=until)

    def board(self, viewer: Principal, asked: LiveFilter, now: datetime) -> LiveBoard:
        """What a screen would show now, from the records themselves. Raises `PlanTooLow`."""
        directory, seen = self._seen(viewer, asked.plain(), now)
        workspace = directory.workspace
        meta = LiveMeta(
            workspace=workspace.id,
            zone=workspace.zone,
            as_of=now,
            settings_version=workspace.settings_version,
            filter=asked.model_dump(mode="json", exclude_defaults=True),
        )
        return LiveBoard(meta=meta, header=seen.header, calls=seen.calls, people=seen.people)

    def file(self, viewer: Principal, asked: LiveFilter, now: datetime) -> tuple[str, bytes]:
        """Name and bytes of the calls of the board as CSV (demands.md D67); a line of the record says who took it."""
        directory, seen = self._seen(viewer, asked.plain(), now)
        wanted = asked.model_dump(mode="json", exclude_defaults=True)
        self._directory.audit(line(viewer, now, "live.export", rows=len(seen.calls), filter=wanted))
        zone = directory.workspace.tz
        out = io.StringIO(newline="")
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(_COLUMNS)
        for call in seen.calls:
            writer.writerow(guarded(cell) for cell in _cells(call, directory, now))
        at = now.astimezone(zone)
        return f"live-{at:%Y-%m-%d-%H%M%S}", BOM + out.getvalue().encode()

    def supervise(self, viewer: Principal, record_id: str, body: object, now: datetime) -> Joining:
        """The address by which the viewer's program joins a call that is being talked on, and a line of the record.

        Raises `NotFound` for a call that the viewer does not see, `Taken` for one that nobody talks on, and
        `Forbidden` where the connection cannot be joined, or the viewer has no account at it (R40).
        """
        self.paid(viewer)
        asked = parse(SuperviseBody, body)
        record = self._call(viewer, record_id)
        if record.live is not LiveState.IN_PROGRESS:
            raise Taken("nobody is talking on this call")
        connection = self._directory.find(viewer.workspace, Connection, record.connection)
        template = connection.options.get(SUPERVISE_URL, "") if connection else ""
        if connection is None or not can_supervise(connection) or not _ADDRESS.fullmatch(template):
            raise Forbidden("calls of this connection cannot be joined")
        account = next((a.id for a in viewer.user.accounts if a.connection == connection.id and a.holds(now)), "")
        if not account:
            raise Forbidden("joining needs an account of yours at the same connection")
        values = {
            "call": record.provider_id,
            "agent": record.user.account,
            "account": account,
            "mode": asked.mode.value,
        }
        # On record first: whatever happens afterwards, it was asked for.
        said = line(viewer, now, "call.supervise", record.record_id, mode=asked.mode.value, connection=connection.id)
        self._directory.audit(said)
        return Joining(call=record.record_id, mode=asked.mode, url=_filled(template, values))

    def _call(self, viewer: Principal, record_id: str) -> CallRecord:
        connection, colon, subject_id = record_id.partition(":")
        if not colon or not subject_id or "#" in connection:
            raise NotFound(record_id)
        subject = Subject(workspace=viewer.workspace, kind=SubjectKind.CALL, connection=connection, id=subject_id)
        for row in self._records.get_many([subject.key]):
            record = row.record
            whole = isinstance(record, CallRecord) and record.counts_as_call and not row.consequences.stale
            if whole and isinstance(record, CallRecord) and shows(scope(viewer.user), record):
                return record
        raise NotFound(record_id)

    def _seen(self, viewer: Principal, wanted: BoardFilter, now: datetime) -> tuple[Directory, View]:
        self.paid(viewer)
        directory = self._directory.load(viewer.workspace, key=False)
        whole = self._rows.whole(viewer.workspace, directory, now)
        return directory, seen_by(viewer.user, wanted, whole)


def _filled(template: str, values: dict[str, str]) -> str:
    """`{call}`, `{agent}`, `{account}` and `{mode}` of an address; values cannot change its form."""
    return re.sub(r"\{(call|agent|account|mode)\}", lambda m: quote(values[m[1]], safe=""), template)


_COLUMNS = (
    "call_id",
    "type",
    "employee",
    "department",
    "status",
    "status_s",
    "customer_number",
    "customer_name",
    "business_number",
    "business_number_name",
    "wait_s",
    "menu_s",
    "talk_s",
    "scheme",
    "queue",
    "started_at",
)


def _cells(call: LiveCall, directory: Directory, now: datetime) -> Iterator[str]:
    """The cells of one row; ages are those of this moment."""

    def age(since: datetime | None) -> str:
        return "" if since is None else str(max(int((now - since).total_seconds()), 0))

    on_it = call.employees or call.ringing
    teams = [t.name for t in directory.teams if t.id in call.employee_teams] or [call.team_name]
    yield call.id
    yield call.type.value
    yield "; ".join(employee.name for employee in on_it)
    yield "; ".join(teams)
    yield call.status.value
    yield age(call.status_since)
    yield call.customer_number
    yield call.customer_name
    yield call.business_number
    yield call.business_number_name
    yield age(call.waiting_since) if call.answered_at is None else "" if call.wait_s is None else str(call.wait_s)
    yield age(call.started_at) if call.in_menu else "" if call.menu_s is None else str(call.menu_s)
    yield age(call.answered_at)
    yield call.scheme
    yield call.queue
    yield call.started_at.astimezone(directory.workspace.tz).isoformat(timespec="seconds")
