"""What a resolved query keeps of the lake's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from ringlake.access import Scope
from ringlake.model.arrow import offsets, wall
from ringlake.model.directory import Ability, Directory, Number, User, Workspace
from ringlake.model.localtime import offset_s, stretches
from ringlake.model.tables import CALLS, CASES, MESSAGES, PRESENCE
from ringlake.query.filters import Filter, parse
from ringlake.query.resolve import ResolvedQuery, resolve
from ringlake.query.rows import Related, columns_read, needs_legs, related, rung_by, select
from tests.unit.query.lake_rows import calls, cases, legs, messages, presence

EVERYTHING = Scope(everything=True)
DAY = datetime(2026, 3, 10, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def query(scope: Scope, asked: Mapping[str, Any] = {}, zone: str = "UTC") -> ResolvedQuery:
    dates = {"from": "2026-03-10", "to": "2026-03-10"} if not {"from", "preset"} & set(asked) else {}
    workspace = Workspace(id="acme", name="Acme", zone=zone, country="PL")
    return resolve(scope, parse(Filter, {**dates, **asked}), workspace, DAY)


def kept(
    table: Any,
    rows: pa.Table,
    asked: Mapping[str, Any],
    scope: Scope = EVERYTHING,
    zone: str = "UTC",
    rung: frozenset[str] = frozenset(),
    parts: frozenset[str] = frozenset(),
) -> list[int]:
    """Positions of the rows that are kept; only the columns that `select` declares are there to be read."""
    asks = query(scope, asked, zone)
    found = select(table, rows.select(sorted({"record_id", *columns_read(table, asks)})), asks, Related(rung, parts))
    return [int(str(i).removeprefix("c:")) for i in found["record_id"].to_pylist()]


def of_calls(values: Sequence[Mapping[str, Any]], asked: Mapping[str, Any], **how: Any) -> list[int]:
    return kept(CALLS, calls(*({"started_at": DAY, **v} for v in values)), asked, **how)


def test_the_first_instant_is_in_and_the_last_is_not() -> None:
    times = ["2026-03-09T23:59:59.999", "2026-03-10T00:00", "2026-03-10T23:59:59.999", "2026-03-11T00:00"]

    assert of_calls([{"started_at": at(time)} for time in times], {}) == [1, 2]


def test_the_evening_of_the_last_day_is_in_the_workspaces_zone() -> None:
    times = ["2026-03-10T03:59", "2026-03-10T04:00", "2026-03-10T23:00", "2026-03-11T03:59"]

    assert of_calls([{"started_at": at(time)} for time in times], {}, zone="America/New_York") == [1, 2, 3]


def test_classifier_rows_are_no_calls() -> None:
    assert of_calls([{"is_call": 1}, {"is_call": 0}], {}) == [0]


CONDITIONS = [
    ({"outcomes": ["busy", "failed"]}, [{"outcome": o} for o in ("busy", "answered", "failed", "")], [0, 2]),
    ({"only_unanswered": True}, [{"outcome": o} for o in ("no_answer", "answered", "voicemail", "")], [0, 2]),
    ({"directions": ["outbound"]}, [{"direction": d} for d in ("outbound", "inbound", "internal", "")], [0]),
    ({}, [{"direction": d} for d in ("outbound", "inbound", "internal", "")], [0, 1, 3]),
    ({"include_internal": True}, [{"direction": d} for d in ("outbound", "internal")], [0, 1]),
    ({"users": ["u1", "u2"]}, [{"user_id": u} for u in ("u1", "", "u2", "u3")], [0, 2]),
    ({"teams": ["t1"]}, [{"team_id": t} for t in ("t1", "t2", "")], [0]),
    ({"numbers": ["n1"]}, [{"business_number_id": n} for n in ("n2", "n1")], [1]),
    ({"queues": ["Sales"]}, [{"queue": q} for q in ("Sales", "sales", "")], [0]),
    ({"campaigns": ["Spring"]}, [{"campaign": c} for c in ("Spring", "")], [0]),
    ({"sources": ["Ads"]}, [{"source": s} for s in ("", "Ads")], [1]),
    ({"reference": "T-1"}, [{"reference": r} for r in ("T-1", "T-10", "")], [0]),
    ({"wait_min_s": 5}, [{"wait_s": w} for w in (4, 5, 6, None)], [1, 2]),
    ({"wait_max_s": 5}, [{"wait_s": w} for w in (4, 5, 6, None)], [0, 1]),
    ({"wait_min_s": 0}, [{"wait_s": w} for w in (0, None)], [0]),
    ({"duration_min_s": 10, "duration_max_s": 20}, [{"talk_s": t} for t in (9, 10, 20, 21, None)], [1, 2]),
    ({"remote": "22 123 45 67"}, [{"remote_number": r} for r in ("+48221234567", "+48221234568", "")], [0]),
    ({"remote": "2345"}, [{"remote_number": r} for r in ("+48221234567", "12345", "2345", "anonymous")], [0, 1, 2]),
    ({"remote": "anonymous"}, [{"remote_number": r} for r in ("+48221234567", "anonymous")], [1]),
    ({"users": ["", "u2"]}, [{"user_id": u} for u in ("u1", "", "u2")], [1, 2]),
    ({"campaigns": [""]}, [{"campaign": c} for c in ("Spring", "", None)], [1, 2]),
    ({"reasons": ["rang_no_answer"]}, [{"missed_reason": r} for r in ("rang_no_answer", "", "spam")], [0]),
    ({"labels": ["repeat", "spam"]}, [{"is_repeat": a, "is_spam": b} for a, b in ((1, 0), (0, 0), (0, 1))], [0, 2]),
    ({"success": True}, [{"is_success": a, "is_no_success": b} for a, b in ((1, 0), (0, 0), (0, 1))], [0]),
    ({"success": False}, [{"is_success": a, "is_no_success": b} for a, b in ((1, 0), (0, 0), (0, 1))], [2]),
    ({"only_missed": True}, [{"is_missed": n} for n in (1, 0, None)], [0]),
    ({"only_unrecovered": True}, [{"is_unrecovered": n} for n in (0, 1)], [1]),
    ({"hangup_by": ["agent", "system"]}, [{"hangup_by": h} for h in ("customer", "agent", "unknown")], [1]),
    ({"hours": "open"}, [{"in_open_hours": n} for n in (1, 0, None)], [0]),
    ({"hours": "closed"}, [{"in_open_hours": n} for n in (1, 0, None)], [1]),
    ({"countries": ["PL", ""]}, [{"remote_country": c} for c in ("PL", "DE", "")], [0, 2]),
    ({"connections": ["main"]}, [{"connection": c} for c in ("other", "main")], [1]),
    ({"tags": ["vip"]}, [{"tags": t} for t in ("vip", "a;vip;b", "vips", "a;b", "")], [0, 1]),
    ({"contact": "k1"}, [{"contact_id": k} for k in ("k1", "k2", "")], [0]),
    ({"party": "p1"}, [{"party_key": k} for k in ("p2", "p1")], [1]),
    ({"record_ids": ["c:2", "c:0", "c:9"]}, [{}, {}, {}], [0, 2]),
    ({"weekdays": [2, 7]}, [{"started_at": DAY}, {"started_at": DAY - timedelta(hours=1)}], [0, 1]),
    ({"weekdays": [1, 3]}, [{"started_at": DAY}], []),
    ({"users": ["u1"], "outcomes": ["busy"]}, [{"user_id": "u1", "outcome": o} for o in ("busy", "failed")], [0]),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "rows", "expected"), CONDITIONS)
def test_conditions_are_joined_by_and_their_values_by_or(
    asked: dict[str, Any], rows: list[Mapping[str, Any]], expected: list[int]
) -> None:
    assert of_calls(rows, asked) == expected


def test_messages_know_statuses_and_none_of_the_conditions_of_calls() -> None:
    rows = messages(*({"started_at": DAY, "status": s} for s in ("delivered", "sent", "undelivered")))

    assert kept(MESSAGES, rows, {"message_statuses": ["delivered", "undelivered"]}) == [0, 2]
    assert kept(MESSAGES, rows, {"channels": ["message", "call"], "outcomes": ["busy"], "wait_min_s": 3}) == [0, 1, 2]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (EVERYTHING, [0, 1, 2, 3]),
        (Scope(), []),
        (Scope(users=("u1",)), [0]),
        (Scope(teams=("t1",)), [1]),
        (Scope(numbers=("n1",)), [2]),
        (Scope(users=("u1",), teams=("t1",), numbers=("n1",)), [0, 1, 2]),
        (Scope(users=("",)), [1, 2, 3]),
    ],
)
def test_scope_comes_before_everything_else(scope: Scope, expected: list[int]) -> None:
    rows = [{"user_id": "u1"}, {"team_id": "t1"}, {"business_number_id": "n1"}, {}]
    assert of_calls(rows, {}, scope=scope) == expected
    assert of_calls(rows, {"only_unanswered": True}, scope=scope) == []


def test_a_filter_cannot_widen_the_scope() -> None:
    rows = [{"user_id": "u1"}, {"user_id": "u2"}]
    assert of_calls(rows, {"users": ["u1", "u2"]}, scope=Scope(users=("u1",))) == [0]


def test_an_unanswered_group_call_is_seen_by_those_it_rang_and_credited_to_nobody() -> None:
    rows = [
        {"unattributed": "group_call", "outcome": "no_answer"},
        {"unattributed": "group_call", "outcome": "no_answer"},
        {"user_id": "u2"},
    ]
    rang = rung_by(
        legs(
            {"record_id": "c:0", "user_id": "u1"},
            {"record_id": "c:1", "user_id": "u3"},
            {"record_id": "c:2", "user_id": "u1"},
            {"record_id": "c:1", "user_id": "u1", "row_kind": "step"},
        ),
        "u1",
    )
    own = Scope(users=("u1",), rung="u1")

    assert rang == {"c:0", "c:2"}
    assert of_calls(rows, {}, scope=own, rung=rang) == [0]
    assert of_calls(rows, {"users": ["u1"]}, scope=own, rung=rang) == []
    assert needs_legs(CALLS, query(own))
    assert not needs_legs(MESSAGES, query(own))
    assert not needs_legs(CALLS, query(EVERYTHING))
    assert needs_legs(CALLS, query(EVERYTHING, {"kinds": ["consultation"]}))


# Zone and window, then UTC times; those with a star start inside the window.
WINDOWS = """
    UTC                  09:00-10:30  2026-03-10T08:59:59 *2026-03-10T09:00 *2026-03-10T10:29:59 2026-03-10T10:30
    UTC                  22:00-06:00  2026-03-10T21:59 *2026-03-10T22:00 *2026-03-11T05:59 2026-03-11T06:00
    Europe/Warsaw        03:00-04:00  2026-03-29T00:59:59 *2026-03-29T01:00 *2026-03-29T01:59 2026-03-29T02:00
    Europe/Warsaw        02:00-03:00  2026-03-29T00:59:59 2026-03-29T01:00
    Europe/Warsaw        02:00-03:00  2026-10-24T23:59 *2026-10-25T00:00 *2026-10-25T01:00 2026-10-25T02:00
    America/New_York     01:30-02:00  *2026-11-01T05:30 *2026-11-01T06:30 2026-11-01T06:00
    Australia/Lord_Howe  01:30-02:00  *2026-04-04T14:30 *2026-04-04T15:00 2026-04-04T15:30
    Asia/Kathmandu       00:00-00:15  2026-03-09T18:14:59 *2026-03-09T18:15 2026-03-09T18:30
"""


@pytest.mark.parametrize("row", WINDOWS.strip().splitlines())
def test_the_hour_window_reads_the_local_clock(row: str) -> None:
    zone, window, *times = row.split()
    start, end = window.split("-")
    instants = [at(time.removeprefix("*")) for time in times]
    days = {"from": str(min(instants).date()), "to": str(max(instants).date() + timedelta(days=1))}
    asked = {**days, "hour_from": start, "hour_to": end}

    inside = [n for n, time in enumerate(times) if time.startswith("*")]
    assert of_calls([{"started_at": instant} for instant in instants], asked, zone=zone) == inside


ZONES = [
    "UTC",
    "Europe/Warsaw",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Africa/Casablanca",
]


@pytest.mark.parametrize("zone", ZONES)
def test_the_wall_clock_of_a_column_is_the_zones_clock_of_each_value(zone: str) -> None:
    tz = ZoneInfo(zone)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    instants = [start + timedelta(minutes=37 * n) for n in range(365 * 24 * 60 // 37)]
    column = pa.array([i.replace(tzinfo=None) for i in instants], pa.timestamp("ms"))

    assert wall(column, tz).to_pylist() == [i.astimezone(tz).replace(tzinfo=None) for i in instants]


@pytest.mark.parametrize("zone", ZONES)
def test_offsets_change_to_the_second(zone: str) -> None:
    tz = ZoneInfo(zone)
    for stretch in stretches(tz, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))[1:]:
        assert offset_s(stretch.start, tz) == stretch.offset_s
        assert offset_s(stretch.start - timedelta(seconds=1), tz) != stretch.offset_s


def test_an_empty_column_has_an_offset_all_the_same() -> None:
    assert offsets(pa.array([], pa.timestamp("ms")), ZoneInfo("Asia/Kolkata")).as_py() == 0
    assert wall(pa.array([None], pa.timestamp("ms")), ZoneInfo("Asia/Kolkata")).to_pylist() == [None]


KINDS = [
    (["voice"], [0, 1, 2]),
    (["call_outbound"], [0]),
    (["call_inbound"], [1]),
    (["call_inbound_campaign"], [2, 3]),
    (["campaign"], [3]),
    (["mobile_app", "survey_outbound"], [4]),
    (["mobile_app_inbound"], []),
    (["mobile_app_outbound"], [4]),
    (["consultation"], [1]),
    (["classifier"], [5]),
    (["sms", "call_outbound"], [0]),
    ([], [0, 1, 2, 3, 4]),
]


@pytest.mark.parametrize(("codes", "expected"), KINDS)
def test_contact_types_are_kinds_directions_and_parts_of_calls(codes: list[str], expected: list[int]) -> None:
    rows: list[Mapping[str, Any]] = [
        {"kind": "voice", "direction": "outbound"},
        {"kind": "voice"},
        {"kind": "voice", "campaign": "Spring"},
        {"kind": "campaign"},
        {"kind": "mobile_app", "direction": "outbound"},
        {"kind": "classifier", "is_call": 0, "direction": ""},
    ]
    parts = related(legs({"record_id": "c:1", "kind": "consultation"}), query(EVERYTHING, {"kinds": codes})).parts

    assert of_calls(rows, {"kinds": codes, "channels": ["call", "message"]}, parts=frozenset(parts)) == expected


def test_texts_have_contact_types_of_their_own() -> None:
    rows = messages(
        *(
            {"started_at": DAY, "kind": kind, "direction": direction}
            for kind, direction in (("sms", "outbound"), ("mms", "inbound"), ("email", "outbound"), ("chat", "inbound"))
        )
    )

    assert kept(MESSAGES, rows, {"kinds": ["sms_outbound", "email"]}) == [0, 2]
    assert kept(MESSAGES, rows, {"kinds": ["sms_inbound", "voice"]}) == [1]
    assert kept(MESSAGES, rows, {"kinds": ["voice"], "channels": ["call", "message"]}) == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"source_number": "+48600000001"}, [0]),
        ({"source_number": "+48220000001"}, [1, 2]),
        ({"destination_number": "+48600000001"}, [1]),
        ({"destination_number": "22 000 00 01"}, [0, 2]),
        ({"destination_number": "+48229999999"}, [0]),
        ({"source_number": "6000"}, [0]),
    ],
)
def test_where_a_call_came_from_and_went_to_depends_on_its_direction(
    asked: dict[str, Any], expected: list[int]
) -> None:
    ours, theirs = "+48220000001", "+48600000001"
    rows = [
        {"direction": "inbound", "business_number": ours, "remote_number": theirs, "entry_number": "+48229999999"},
        {"direction": "outbound", "business_number": ours, "remote_number": theirs, "entry_number": ""},
        {"direction": "internal", "business_number": ours, "remote_number": "", "entry_number": ""},
    ]

    assert of_calls(rows, {**asked, "include_internal": True}) == expected


def test_a_team_is_what_it_was_or_what_it_is_today() -> None:
    directory = Directory(
        workspace=Workspace(id="acme", name="Acme", country="PL"),
        users=(
            User(id="u1", email="a@x", name="A", teams=("t1",)),
            User(id="u2", email="b@x", name="B", teams=("t1",), deleted_at=DAY),
            User(id="u3", email="c@x", name="C", teams=("t2",)),
        ),
        numbers=(Number(id="n1", e164="+48220000001", team="t1"), Number(id="n2", e164="+48220000002")),
    )
    rows = [
        {"user_id": "u3", "team_id": "t1"},
        {"user_id": "u1", "team_id": "t2"},
        {"user_id": "u2", "team_id": "t2"},
        {"user_id": "", "business_number_id": "n1"},
        {"user_id": "", "business_number_id": "n2"},
        {"user_id": "u3", "business_number_id": "n1"},
    ]
    table = calls(*({"started_at": DAY, **row} for row in rows))

    def found(members: str) -> list[int]:
        asked = parse(Filter, {"preset": "today", "teams": ["t1"], "team_members": members})
        asks = resolve(EVERYTHING, asked, directory.workspace, DAY, directory=directory)
        kept_rows = select(CALLS, table.select(sorted({"record_id", *columns_read(CALLS, asks)})), asks)
        return [int(str(i).removeprefix("c:")) for i in kept_rows["record_id"].to_pylist()]

    assert found("stored") == [0]
    assert found("current") == [1, 3]


def test_cases_know_the_conditions_for_which_they_have_columns() -> None:
    def found(asked: Mapping[str, Any], *rows: Mapping[str, Any]) -> list[int]:
        return kept(CASES, cases(*({"started_at": DAY, **row} for row in rows)), asked)

    assert found({"users": ["u1"]}, {"user_id": "u1"}, {"user_id": "u2"}) == [0]
    assert found({"reasons": ["technical"]}, {"reason": "technical"}, {"reason": "spam"}) == [0]
    assert found({"directions": ["outbound"]}, {}) == []
    assert found({"source_number": "+48600000001"}, {"remote_number": "+48600000001"}, {}) == [0]
    assert found(
        {"only_unrecovered": True},
        {"is_recovered": 0, "is_resolved_by_customer": 0},
        {"is_recovered": 1, "is_resolved_by_customer": 0},
        {"is_recovered": 0, "is_resolved_by_customer": 1},
    ) == [0]


def test_presence_is_chosen_by_people_and_reaches_into_the_range() -> None:
    hour = timedelta(hours=1)
    midnight = DAY - 12 * hour
    stretches_ = presence(
        {"started_at": midnight - hour, "ended_at": midnight, "user_id": "u1"},
        {"started_at": midnight - hour, "ended_at": midnight + hour, "user_id": "u1"},
        {"started_at": DAY, "ended_at": None, "user_id": "u1", "team_id": "t1"},
        {"started_at": DAY, "ended_at": DAY + hour, "user_id": "u2"},
        {"started_at": midnight + 24 * hour, "ended_at": None, "user_id": "u1"},
    )

    def found(asked: Mapping[str, Any], scope: Scope = EVERYTHING) -> list[int]:
        asks = query(scope, asked)
        rows = select(PRESENCE, stretches_.select([*sorted(columns_read(PRESENCE, asks)), "line"]), asks)
        return [int(str(line)) for line in rows["line"].to_pylist()]

    assert found({}) == [1, 2, 3]
    assert found({"users": ["u1"], "outcomes": ["busy"], "connections": ["x"]}) == [1, 2]
    assert found({"teams": ["t1"]}) == [2]
    assert found({}, Scope(users=("u2",))) == [3]
    assert found({}, Scope(numbers=("n1",))) == []


def test_dictionaries_are_chosen_from_like_text() -> None:
    rows = calls(
        *(
            {"started_at": DAY, "user_id": user, "tags": tags, "remote_number": number}
            for user, tags, number in (("u1", "vip", "+48600000001"), (None, "", ""), ("", "a;vip", "+48600000002"))
        )
    )
    coded = rows
    for at, name in enumerate(rows.column_names):
        if pa.types.is_string(rows.schema.field(name).type):
            coded = coded.set_column(at, name, rows[name].dictionary_encode())
    for asked in ({"users": [""]}, {"users": ["u1"]}, {"tags": ["vip"]}, {"remote": "00001"}, {"users": ["u9"]}):
        assert kept(CALLS, coded, asked) == kept(CALLS, rows, asked)
    hiding = Scope(everything=True, hides=(Ability.SEE_NUMBERS,))
    assert select(CALLS, coded, query(hiding))["remote_number"].to_pylist() == ["+48•••••••01", "", "+48•••••••02"]
