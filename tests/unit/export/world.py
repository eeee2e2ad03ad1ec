"""A small installation in memory: people of every role, a lake of two days, and a clock that can be moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
from api_answers import Rooms

from ringlake.access import Principal
from ringlake.flows.alerts.editing import AlertBook
from ringlake.flows.answers import AnswerRooms, Screens
from ringlake.flows.answers.facts import CachedFacts
from ringlake.flows.delivery import Result
from ringlake.flows.directory import Offices, Stores
from ringlake.flows.exports import Sources, run_export
from ringlake.flows.finance import Finance, FinanceStores
from ringlake.flows.mailing.asking import Asking
from ringlake.flows.report import run_report
from ringlake.flows.requests import Desk
from ringlake.flows.schedules import Ordering, Scheduling
from ringlake.flows.workshop import Post, Workshop
from ringlake.model.directory import Ability, Number, Role, Team, User, Workspace
from ringlake.model.jobs import Job
from ringlake.model.tables import CALLS, LEGS, MESSAGES
from ringlake.stores.addresses import Confirmations, MemoryAddresses, MemoryPasses
from ringlake.stores.alerts import MemoryAlerts
from ringlake.stores.arrivals import MemoryArrivals
from ringlake.stores.athena import MemoryAthena
from ringlake.stores.boards import MemoryBoards
from ringlake.stores.columns import LakeColumns
from ringlake.stores.contacts import MemoryContacts
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.finance import MemoryFinance
from ringlake.stores.identities import MemoryIdentities
from ringlake.stores.jobs import MemoryJobs
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.lake import ObjectLake
from ringlake.stores.mail import MemoryMail
from ringlake.stores.marks import MemoryMarks
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.queue import MemoryQueue
from ringlake.stores.records import MemoryRecords
from ringlake.stores.refolds import MemoryRefolds
from ringlake.stores.saved import MemorySavedReports
from ringlake.stores.schedules import MemorySchedules
from ringlake.stores.vault import MemoryVault
from ringlake.stores.walls import MemoryWalls
from tests.unit.query.lake_rows import calls, legs, messages

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
WATERMARK = datetime(2026, 3, 11, 8, 59, tzinfo=UTC)
FILTER = {"from": "2026-03-09", "to": "2026-03-10"}

USERS = (
    User(id="owner", email="owner@example.com", name="Olga", role=Role.OWNER, sub="s-owner"),
    User(id="manager", email="manager@example.com", name="Max", role=Role.MANAGER, manages=("t1",), sub="s-manager"),
    User(id="operator", email="operator@example.com", name="Otto", role=Role.OPERATOR, sub="s-operator"),
    User(id="member", email="member@example.com", name="Mia", role=Role.MEMBER, numbers=("n1",), sub="s-member"),
    User(id="other", email="other@example.com", name="Ola", role=Role.MEMBER, numbers=("n2",), sub="s-other"),
)


def at(day: int, hour: int) -> dict[str, datetime]:
    return {"started_at": datetime(2026, 3, day, hour, tzinfo=UTC)}


@cache
def _filled_lake() -> dict[str, bytes]:
    """Objects of the lake; writing Parquet for every test would take most of their time."""
    objects = MemoryObjects()
    lake = ObjectLake(objects)
    mine = {"user_id": "operator", "team_id": "t1", "business_number_id": "n1"}
    days = {
        "2026-03-08": (calls({"record_id": "c:night", **at(8, 23), **mine}), messages(), legs()),
        "2026-03-09": (
            calls(
                {"record_id": "c:1", **at(9, 8), **mine, "remote_name": "=1+1"},
                {"record_id": "c:2", **at(9, 9), "business_number_id": "n2", "outcome": "busy"},
                {"record_id": "c:group", **at(9, 10), "unattributed": "group_call", "outcome": "no_answer"},
            ),
            messages({"record_id": "m:1", **at(9, 8), "business_number_id": "n1", "team_id": "t1"}),
            legs({"record_id": "c:group", "user_id": "operator"}, {"record_id": "c:2", "user_id": "operator"}),
        ),
        "2026-03-10": (calls({"record_id": "c:late", **at(10, 23), **mine}), messages(), legs()),
    }
    for day, parts in days.items():
        for table, rows in zip((CALLS, MESSAGES, LEGS), parts, strict=True):
            lake.write(table, "acme", day, rows, None)
    lake.write(CALLS, "rival", "2026-03-09", calls({"record_id": "c:foreign", **at(9, 8)}), None)
    return objects.bodies


class World:
    """`workspace` is `acme`; `rival` is another one with a call of the same shape."""

    def __init__(self) -> None:
        self.now, self.tick_s = NOW, 0
        self.vault = MemoryVault()
        self.directory = MemoryDirectory(self.vault)
        self.contacts, self.marks, self.records = MemoryContacts(), MemoryMarks(), MemoryRecords()
        self.journal, self.arrivals, self.refolds = MemoryJournal(), MemoryArrivals(), MemoryRefolds()
        self.boards = MemoryBoards()
        self.walls = MemoryWalls()
        self.identities, self.saved, self.raw = MemoryIdentities(), MemorySavedReports(), MemoryObjects()
        self.schedules, self.addresses, self.passes = MemorySchedules(), MemoryAddresses(), MemoryPasses()
        self.jobs, self.objects, self.mail = MemoryJobs(), MemoryObjects(), MemoryMail()
        objects = MemoryObjects()
        objects.bodies = dict(_filled_lake())
        self.files, self.lake, self.kept = objects, ObjectLake(objects), MemoryFinance()
        self.export_queue, self.report_queue = MemoryQueue(), MemoryQueue()
        self.alerts = MemoryAlerts()
        self.athena = MemoryAthena(lambda _sql, _params: pa.table({"day": ["=1"], "calls": [3]}))
        self.attach_limit_bytes = 7_000_000
        for workspace in ("acme", "rival"):
            self.directory.put_workspace(
                Workspace(id=workspace, name=workspace.title(), zone="Europe/Warsaw", country="PL")
            )
            self.directory.set_watermark(workspace, WATERMARK)
        for user in USERS:
            self.directory.put_user("acme", user)
        self.directory.put_user(
            "rival", User(id="owner", email="o@rival.example", name="R", role=Role.OWNER, sub="s-rival")
        )
        self.directory.put_team("acme", Team(id="t1", name="Sales"))
        self.directory.put_number("acme", Number(id="n1", e164="+48221230001"))

    def clock(self) -> datetime:
        """Stands still, or goes on by `tick_s` with every look."""
        self.now += timedelta(seconds=self.tick_s)
        return self.now

    @property
    def desk(self) -> Desk:
        return self.desk_over(lambda store: store)

    def desk_over(self, wrap: Callable[[Any], Any]) -> Desk:
        return Desk(
            jobs=wrap(self.jobs),
            directory=wrap(self.directory),
            saved=wrap(self.saved),
            exports=wrap(self.objects),
            export_queue=wrap(self.export_queue),
            report_queue=wrap(self.report_queue),
        )

    @property
    def stores(self) -> Stores:
        return Stores(
            directory=self.directory,
            contacts=self.contacts,
            marks=self.marks,
            records=self.records,
            journal=self.journal,
            arrivals=self.arrivals,
            refolds=self.refolds,
            saved=self.saved,
            lake=self.lake,
            vault=self.vault,
            identities=self.identities,
            public_url="https://ringlake.example.com",
            raw=self.raw,
        )

    @property
    def offices(self) -> Offices:
        return Offices(self.stores)

    @property
    def answers(self) -> AnswerRooms:
        return AnswerRooms(
            self.stores,
            CachedFacts(LakeColumns(self.lake)),
            Screens(self.boards, "wss://live.example.com/live", self.walls),
        )

    @property
    def rooms(self) -> Rooms:
        """What the API's handlers are given."""
        return Rooms(
            self.desk,
            self.directory,
            self.offices,
            self.answers,
            self.scheduling,
            self.asking,
            finance=self.finance,
            alerts=self.alert_book,
        )

    @property
    def alert_book(self) -> AlertBook:
        return AlertBook(
            alerts=self.alerts,
            directory=self.directory,
            addresses=self.addresses,
            vault=self.vault,
            asking=self.asking,
        )

    @property
    def finance(self) -> Finance:
        return Finance(FinanceStores(directory=self.directory, lake=self.lake, files=self.files, kept=self.kept))

    @property
    def confirmations(self) -> Confirmations:
        return Confirmations(self.addresses, self.passes)

    @property
    def ordering(self) -> Ordering:
        return Ordering(self.desk, self.answers.summary, self.saved, self.confirmations)

    @property
    def scheduling(self) -> Scheduling:
        return Scheduling(
            schedules=self.schedules,
            directory=self.directory,
            jobs=self.jobs,
            addresses=self.addresses,
            asking=self.asking,
            desk=self.desk,
            ordering=self.ordering,
        )

    @property
    def asking(self) -> Asking:
        return Asking(
            addresses=self.addresses,
            confirmations=self.confirmations,
            directory=self.directory,
            mail=self.mail,
            sender="reports@example.com",
            public_url="https://ringlake.example.com",
        )

    def viewer(self, user_id: str, workspace: str = "acme") -> Principal:
        users = {user.id: user for user in self.directory.load(workspace).users}
        return Principal(workspace=workspace, user=users[user_id])

    def change(self, user_id: str, **fields: Any) -> None:
        import msgspec

        self.directory.put_user("acme", msgspec.structs.replace(self.viewer(user_id).user, **fields))

    def limit(self, workspace: str = "acme", **settings: Any) -> None:
        """Change settings of a workspace."""
        import msgspec

        self.directory.put_workspace(msgspec.structs.replace(self.directory.settings(workspace), **settings))

    def grant(self, user_id: str, *abilities: Ability) -> None:
        self.change(user_id, abilities=abilities)

    @property
    def post(self) -> Post:
        return Post(
            sender="reports@example.com",
            public_url="https://ringlake.example.com/",
            attach_limit_bytes=self.attach_limit_bytes,
        )

    def order(self, user_id: str = "owner", filter: dict[str, Any] | None = None, **body: Any) -> str:
        """Ask for an export; returns the id of the job."""
        return self.desk.export(self.viewer(user_id), {"filter": filter or FILTER, **body}, self.now).id

    def sources(self, wrap: Callable[[Any], Any] = lambda store: store) -> Sources:
        return Sources(
            directory=wrap(self.directory),
            lake=wrap(self.lake),
            records=wrap(self.records),
            marks=wrap(self.marks),
            journal=wrap(self.journal),
            raw=wrap(self.raw),
        )

    def run(self, job_id: str, wrap: Callable[[Any], Any] = lambda store: store) -> Result:
        """What one delivery of the export's message does."""
        return run_export(
            "acme",
            job_id,
            sources=self.sources(wrap),
            shop=self.shop(wrap),
        )

    def shop(self, wrap: Callable[[Any], Any] = lambda store: store) -> Workshop:
        return Workshop(
            jobs=wrap(self.jobs),
            directory=wrap(self.directory),
            exports=wrap(self.objects),
            mail=wrap(self.mail),
            addresses=wrap(self.addresses),
            post=self.post,
            clock=self.clock,
        )

    def run_report(self, job_id: str, wrap: Callable[[Any], Any] = lambda store: store) -> Result:
        return run_report(
            "acme",
            job_id,
            athena=wrap(self.athena),
            shop=self.shop(wrap),
        )

    def job(self, job_id: str) -> Job:
        found = self.jobs.get("acme", job_id)
        assert found is not None
        return found

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
