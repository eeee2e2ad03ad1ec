"""One filter, one total: summary, series, heat map, breakdowns, list and file (demands.md D2, D10, D25).

For random rows, filters and viewers. The rows are also counted here one by one, in plain words, for the
conditions that can be said in a line.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.access import Principal
from ringlake.flows.answers.breakdown import BreakdownQuery
from ringlake.flows.answers.heatmap import HeatmapQuery
from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.series import SeriesQuery
from ringlake.flows.answers.summary import SummaryQuery
from ringlake.flows.answers.values import Value
from ringlake.model.directory import Workspace
from ringlake.model.tables import CALLS, LEGS, MESSAGES
from ringlake.query.filters import parse
from ringlake.stores.lake import ObjectLake, as_rows
from ringlake.stores.objects import MemoryObjects
from tests.unit.export.files import body
from tests.unit.export.world import World

pytestmark = pytest.mark.slow

FIRST, DAYS = date(2026, 3, 27), 6
NOW = datetime(2026, 4, 2, 12, tzinfo=UTC)
# Europe's clocks change on 29 March, in the middle.
ZONES = ["Europe/Warsaw", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
OUTCOMES = ["answered", "no_answer", "caller_abandoned", "busy", "voicemail"]
EMPTY: dict[str, object] = {"string": ""}

rows_ = st.lists(
    st.fixed_dictionaries(
        {
            "channel": st.sampled_from(["call", "call", "message"]),
            "minute": st.integers(0, (DAYS + 2) * 24 * 60 - 1),
            "user": st.sampled_from(["", "operator", "manager"]),
            "team": st.sampled_from(["", "t1"]),
            "number": st.sampled_from(["n1", "n2", ""]),
            "direction": st.sampled_from(["inbound", "outbound", "internal"]),
            "outcome": st.sampled_from(OUTCOMES),
            "wait": st.none() | st.integers(0, 40),
            "open": st.booleans(),
            "spam": st.booleans(),
            "call": st.sampled_from([1, 1, 1, 0]),
        }
    ),
    max_size=25,
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "channels": st.sampled_from([["call"], ["message"], ["call", "message"]]),
        "directions": st.lists(st.sampled_from(["inbound", "outbound", "internal"]), min_size=1, max_size=2),
        "include_internal": st.just(True),
        "users": st.lists(st.sampled_from(["", "operator", "manager"]), min_size=1, max_size=2),
        "teams": st.just(["t1"]),
        "numbers": st.just(["n1"]),
        "outcomes": st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=2),
        "only_unanswered": st.just(True),
        "kinds": st.sampled_from([["voice"], ["sms"], ["voice", "sms"], ["call_inbound"], ["sms_outbound"]]),
        "hours": st.sampled_from(["open", "closed"]),
        "weekdays": st.sampled_from([[7], [1, 2, 6]]),
        "hour_from": st.sampled_from(["02:00", "08:30", "22:00"]),
        "hour_to": st.sampled_from(["03:00", "12:15"]),
        "wait_min_s": st.integers(0, 10),
        "wait_max_s": st.integers(10, 30),
        "zone": st.sampled_from(["", "Pacific/Kiritimati", "Asia/Kolkata"]),
        "tags": st.just(["vip"]),
        "without_spam": st.just(True),
    },
)


def lake_of(made: list[dict[str, Any]]) -> ObjectLake:
    lake = ObjectLake(MemoryObjects())
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) - timedelta(days=1)
    days: dict[str, dict[str, list[dict[str, object]]]] = {}
    for n, drawn in enumerate(made):
        at = start + timedelta(minutes=drawn["minute"])
        is_call = drawn["channel"] == "call"
        table = CALLS if is_call else MESSAGES
        row: dict[str, object] = {c.name: EMPTY.get(c.type) for c in table.columns}
        known: dict[str, object] = {
            "record_id": f"c:{n}",
            "kind": "voice" if is_call else "sms",
            "direction": drawn["direction"],
            "outcome": drawn["outcome"],
            "status": "received",
            "user_id": drawn["user"],
            "team_id": drawn["team"],
            "business_number_id": drawn["number"],
            "unattributed": "" if drawn["user"] else "group_call",
            "started_at": at,
            "wait_s": drawn["wait"],
            "in_open_hours": int(drawn["open"]),
            "is_spam": int(drawn["spam"]),
            "is_call": drawn["call"],
            "is_message": 1,
            "is_inbound": int(drawn["direction"] == "inbound"),
            "is_outbound": int(drawn["direction"] == "outbound"),
            "recordings": 0,
            "tags": "vip;new" if drawn["open"] else "",
        }
        row |= {name: value for name, value in known.items() if name in row}
        day = days.setdefault(at.date().isoformat(), {CALLS.name: [], MESSAGES.name: [], LEGS.name: []})
        day[table.name].append(row)
        if is_call and n % 2:
            leg: dict[str, object] = {c.name: EMPTY.get(c.type) for c in LEGS.columns}
            day[LEGS.name].append(leg | {"record_id": f"c:{n}", "row_kind": "leg", "seq": 1, "user_id": "operator"})
    for name, tables in days.items():
        for table in (CALLS, MESSAGES, LEGS):
            lake.write(table, "acme", name, as_rows(table, tables[table.name]), None)
    return lake


class Screens:
    """Every place where people read a total, over one lake."""

    def __init__(self, made: list[dict[str, Any]], zone: str, user: str) -> None:
        self.world = World()
        self.world.now = NOW
        self.world.lake = lake_of(made)
        self.world.directory.put_workspace(Workspace(id="acme", name="Acme", zone=zone, country="PL"))
        self.rooms = self.world.answers
        self.viewer: Principal = self.world.viewer(user)

    def totals(self, asked: dict[str, Any]) -> dict[str, int]:
        metrics = {**asked, "include_spam": True, "metrics": ["calls", "messages"]}
        cards = self.rooms.summary.summary(self.viewer, parse(SummaryQuery, metrics), NOW).metrics
        lines = self.rooms.series.series(self.viewer, parse(SeriesQuery, metrics), NOW).lines
        hours = self.rooms.series.series(self.viewer, parse(SeriesQuery, {**metrics, "granularity": "hour"}), NOW).lines
        people = self.rooms.breakdown.breakdown(
            self.viewer, parse(BreakdownQuery, {**metrics, "by": "user", "all": True}), NOW
        )
        heat = [
            self.rooms.heatmap.heatmap(self.viewer, parse(HeatmapQuery, _one(metrics, name)), NOW)
            for name in ("calls", "messages")
        ]
        return {
            "summary": sum(_whole(card.value) for card in cards),
            "series by day": sum(int(value or 0) for line in lines for value in line.values),
            "total of the series": sum(_whole(line.total.value) for line in lines),
            "series by hour": sum(int(value or 0) for line in hours for value in line.values),
            "breakdown": sum(_whole(value) for part in people.parts for value in part.values),
            "heat map": sum(cell.value for part in heat for cell in part.cells),
            "list": len(self.listed(asked)),
            "file": self.file(asked),
            **self.charts(asked),
        }

    def charts(self, asked: dict[str, Any]) -> dict[str, int]:
        """The files of the same numbers (demands.md D54)."""
        metrics = ["calls", "messages"]
        spam = {**asked, "include_spam": True}
        wanted: dict[str, tuple[str, dict[str, object], list[str]]] = {
            "file of the series": ("chart", {"chart": "series", "metrics": metrics}, metrics),
            "file of hours": ("chart", {"chart": "series", "metrics": metrics, "granularity": "hour"}, metrics),
            "file of people": ("chart", {"chart": "breakdown", "by": "user", "metrics": metrics}, metrics),
            "file of the heat map": ("chart", {"chart": "heatmap", "metric": "interactions"}, ["interactions"]),
            "file of the team": ("team", {"metrics": metrics}, metrics),
            "file of numbers": ("numbers", {"metrics": metrics}, metrics),
        }
        found = {}
        for name, (report, options, columns) in wanted.items():
            data = body(self.world, self.viewer.user.id, report=report, filter=spam, options=options)
            rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
            found[name] = sum(int(row[column]) for row in rows for column in columns)
        return found

    def listed(self, asked: dict[str, Any]) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            page = parse(
                ListQuery, {**asked, "limit": 7, "columns": ["record_id"], "cursor": cursor, "count": not cursor}
            )
            answer = self.rooms.interactions.page(self.viewer, page, NOW)
            if not cursor:
                count = answer.count
            found += [str(row.record_id) for row in answer.rows]
            if not answer.next:
                break
            cursor = answer.next
        assert count == len(found) == len(set(found))
        return found

    def file(self, asked: dict[str, Any]) -> int:
        data = body(self.world, self.viewer.user.id, filter=asked)
        return len(list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))))


def _whole(value: Value) -> int:
    return int(value.value or 0)


def _one(metrics: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in metrics.items() if key != "metrics"} | {"metric": name}


@given(rows_, filters, st.sampled_from(ZONES), st.sampled_from(["owner", "manager", "operator", "member"]))
@settings(max_examples=25)
def test_one_filter_has_one_total_everywhere(made: Any, asked: dict[str, Any], zone: str, user: str) -> None:
    wanted = {"from": str(FIRST), "to": str(FIRST + timedelta(days=DAYS - 1)), **asked}
    if user == "member":
        wanted.pop("numbers", None)

    found = Screens(made, zone, user).totals(wanted)

    assert len(set(found.values())) == 1, found


@given(rows_, st.sampled_from(ZONES), st.sampled_from(["", "Asia/Kolkata"]))
@settings(max_examples=25)
def test_the_total_is_the_number_of_rows_of_these_local_days(made: Any, zone: str, other: str) -> None:
    wanted = {"from": str(FIRST), "to": str(FIRST + timedelta(days=DAYS - 1)), "zone": other}
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) - timedelta(days=1)
    local = ZoneInfo(other or zone)
    expected = 0
    for row in made:
        day = (start + timedelta(minutes=row["minute"])).astimezone(local).date()
        counts = row["channel"] == "message" or row["call"] == 1
        expected += counts and row["direction"] != "internal" and FIRST <= day < FIRST + timedelta(days=DAYS)

    assert set(Screens(made, zone, "owner").totals(wanted).values()) == {expected}


def test_without_spam_screen_and_list_agree_too() -> None:
    made = [
        {
            "channel": "call", "minute": 1500 + n, "user": "operator", "team": "t1", "number": "n1",
            "direction": "inbound", "outcome": "answered", "wait": 3, "open": True, "spam": n == 1, "call": 1,
        }
        for n in range(3)
    ]  # fmt: skip
    screens = Screens(made, "Europe/Warsaw", "owner")
    asked = {"from": str(FIRST), "to": str(FIRST + timedelta(days=DAYS - 1))}
    summary = screens.rooms.summary.summary(screens.viewer, parse(SummaryQuery, {**asked, "metrics": ["calls"]}), NOW)

    assert summary.metrics[0].value.value == 2
    assert len(screens.listed({**asked, "without_spam": True})) == 2
    assert len(screens.listed(asked)) == 3


def test_a_screen_says_which_filter_and_zone_it_answers() -> None:
    screens = Screens([], "Europe/Warsaw", "owner")
    asked = {"from": str(FIRST), "to": str(FIRST), "zone": "Asia/Kathmandu", "metrics": ["calls"]}
    meta = screens.rooms.summary.summary(screens.viewer, parse(SummaryQuery, asked), NOW).meta

    assert meta.zone == "Asia/Kathmandu"
    assert meta.filter["zone"] == "Asia/Kathmandu"
    assert msgspec.structs.asdict(meta)["start_utc"] == datetime(2026, 3, 26, 18, 15, tzinfo=UTC)
