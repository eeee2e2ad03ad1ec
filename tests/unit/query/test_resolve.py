"""Presets, limits and bounds, across changes of the clock and ends of months (O17-O21, F8, D3-D5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ringlake.access import Scope
from ringlake.errors import Forbidden, InvalidRequest
from ringlake.model.directory import Ability, Workspace
from ringlake.query.filters import Filter, parse
from ringlake.query.presets import Preset, add_months, dates_of
from ringlake.query.resolve import Kind, ResolvedQuery, Search, pinned, resolve

EVERYTHING = Scope(everything=True)
NOW = datetime(2026, 5, 31, 10, tzinfo=UTC)


def workspace(zone: str = "Europe/Warsaw", country: str = "PL") -> Workspace:
    return Workspace(id="acme", name="Acme", zone=zone, country=country)


def resolved(
    zone: str = "Europe/Warsaw",
    now: datetime = NOW,
    kind: Kind = Kind.ROWS,
    country: str = "PL",
    zone_asked: str = "",
    **asked: Any,
) -> ResolvedQuery:
    return resolve(EVERYTHING, parse(Filter, {**asked, "zone": zone_asked}), workspace(zone, country), now, kind)


def dates(first: object, last: object) -> dict[str, Any]:
    return {"from": str(first), "to": str(last)}


PRESETS = """
    preset           today       first       last
    today            2026-05-31  2026-05-31  2026-05-31
    yesterday        2026-03-01  2026-02-28  2026-02-28
    yesterday        2028-03-01  2028-02-29  2028-02-29
    last_3_days      2026-05-31  2026-05-29  2026-05-31
    last_7_days      2026-05-31  2026-05-25  2026-05-31
    last_4_weeks     2026-03-10  2026-02-11  2026-03-10
    last_3_months    2026-05-31  2026-03-01  2026-05-31
    last_3_months    2026-04-15  2026-01-16  2026-04-15
    last_3_months    2028-05-31  2028-03-01  2028-05-31
    last_3_months    2026-02-28  2025-11-29  2026-02-28
    last_12_months   2026-05-31  2025-06-01  2026-05-31
    last_12_months   2028-02-29  2027-03-01  2028-02-29
    month_to_date    2026-05-31  2026-05-01  2026-05-31
    month_to_date    2026-05-01  2026-05-01  2026-05-01
    quarter_to_date  2026-05-31  2026-04-01  2026-05-31
    quarter_to_date  2026-12-31  2026-10-01  2026-12-31
    quarter_to_date  2026-01-01  2026-01-01  2026-01-01
    year_to_date     2026-05-31  2026-01-01  2026-05-31
    previous_month   2026-05-31  2026-04-01  2026-04-30
    previous_month   2026-01-15  2025-12-01  2025-12-31
    previous_month   2028-03-31  2028-02-01  2028-02-29
"""


@pytest.mark.parametrize("row", PRESETS.strip().splitlines()[1:])
def test_a_preset_means_these_dates(row: str) -> None:
    preset, today, first, last = row.split()
    assert dates_of(Preset(preset), date.fromisoformat(today)) == (date.fromisoformat(first), date.fromisoformat(last))


def test_the_table_names_every_preset() -> None:
    assert {row.split()[0] for row in PRESETS.strip().splitlines()[1:]} == {preset.value for preset in Preset}


BOUNDS = """
    zone                 from        to          start_utc            end_utc              days
    UTC                  2026-03-10  2026-03-10  2026-03-10T00:00:00  2026-03-11T00:00:00  2026-03-10
    Europe/Warsaw        2026-03-10  2026-03-10  2026-03-09T23:00:00  2026-03-10T23:00:00  2026-03-09..2026-03-10
    America/New_York     2026-03-08  2026-03-08  2026-03-08T05:00:00  2026-03-09T04:00:00  2026-03-08..2026-03-09
    America/New_York     2026-11-01  2026-11-01  2026-11-01T04:00:00  2026-11-02T05:00:00  2026-11-01..2026-11-02
    Europe/Warsaw        2026-03-29  2026-03-29  2026-03-28T23:00:00  2026-03-29T22:00:00  2026-03-28..2026-03-29
    Europe/Warsaw        2026-10-25  2026-10-25  2026-10-24T22:00:00  2026-10-25T23:00:00  2026-10-24..2026-10-25
    Asia/Kolkata         2026-03-10  2026-03-11  2026-03-09T18:30:00  2026-03-11T18:30:00  2026-03-09..2026-03-11
    Asia/Kathmandu       2026-03-10  2026-03-10  2026-03-09T18:15:00  2026-03-10T18:15:00  2026-03-09..2026-03-10
    Australia/Lord_Howe  2026-04-05  2026-04-05  2026-04-04T13:00:00  2026-04-05T13:30:00  2026-04-04..2026-04-05
    Australia/Lord_Howe  2026-10-04  2026-10-04  2026-10-03T13:30:00  2026-10-04T13:00:00  2026-10-03..2026-10-04
    Pacific/Kiritimati   2026-03-10  2026-03-10  2026-03-09T10:00:00  2026-03-10T10:00:00  2026-03-09..2026-03-10
    Pacific/Pago_Pago    2026-03-10  2026-03-10  2026-03-10T11:00:00  2026-03-11T11:00:00  2026-03-10..2026-03-11
    Africa/Cairo         2026-04-24  2026-04-24  2026-04-23T22:00:00  2026-04-24T21:00:00  2026-04-23..2026-04-24
    America/Havana       2026-11-01  2026-11-01  2026-11-01T04:00:00  2026-11-02T05:00:00  2026-11-01..2026-11-02
"""


@pytest.mark.parametrize("row", BOUNDS.strip().splitlines()[1:])
def test_local_dates_become_these_utc_bounds_and_days(row: str) -> None:
    zone, first, last, start, end, days = row.split()

    query = resolved(zone, **dates(first, last))

    assert query.start_utc == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert query.end_utc == datetime.fromisoformat(end).replace(tzinfo=UTC)
    first_day, _, last_day = days.partition("..")
    assert (query.days[0], query.days[-1]) == (first_day, last_day or first_day)
    assert len(query.days) == (date.fromisoformat(query.days[-1]) - date.fromisoformat(query.days[0])).days + 1


def test_days_follow_each_other_without_gap_or_overlap_over_a_year() -> None:
    for zone in ("Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"):
        day, end = date(2026, 1, 1), None
        while day < date(2027, 1, 1):
            query = resolved(zone, **dates(day, day))
            assert end in (None, query.start_utc)
            day, end = day + timedelta(days=1), query.end_utc


def test_today_is_the_workspaces_today() -> None:
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)

    assert resolved("Europe/Warsaw", late, preset="today").from_date == date(2026, 3, 11)
    assert resolved("America/New_York", late, preset="today").from_date == date(2026, 3, 10)


@pytest.mark.parametrize(
    ("first", "last", "fits"),
    [
        ("2026-01-15", "2026-04-15", True),
        ("2026-01-15", "2026-04-16", False),
        ("2025-11-30", "2026-02-28", True),
        ("2025-11-30", "2026-03-01", False),
        ("2027-11-30", "2028-02-29", True),
        ("2026-10-31", "2027-01-31", True),
    ],
)
def test_rows_span_at_most_three_calendar_months(first: str, last: str, fits: bool) -> None:
    if fits:
        resolved(**dates(first, last))
        return
    with pytest.raises(InvalidRequest, match="at most 3 calendar months") as refused:
        resolved(**dates(first, last))
    assert refused.value.field == "to"


def test_aggregates_span_at_most_two_years() -> None:
    resolved(kind=Kind.AGGREGATES, preset="last_12_months")
    resolved(kind=Kind.AGGREGATES, **dates("2024-06-01", "2026-06-01"))
    with pytest.raises(InvalidRequest, match="24 calendar months"):
        resolved(kind=Kind.AGGREGATES, **dates("2024-06-01", "2026-06-02"))


def test_a_preset_that_is_too_long_for_rows_names_the_preset() -> None:
    with pytest.raises(InvalidRequest) as refused:
        resolved(preset="last_12_months")
    assert refused.value.field == "preset"


@pytest.mark.parametrize("last", ["9999-12-31", "9999-12-30"])
def test_the_end_of_the_calendar_is_an_error_of_the_field(last: str) -> None:
    with pytest.raises(InvalidRequest):
        resolved(**dates("9999-12-01", last))


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [("2026-01-31", 1, "2026-02-28"), ("2026-03-31", -1, "2026-02-28"), ("2026-12-15", 1, "2027-01-15")],
)
def test_months_are_clamped_at_their_end(start: str, months: int, end: str) -> None:
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "from"),
        ({"from": "2026-03-01"}, "to"),
        ({"to": "2026-03-01"}, "from"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"from": "yesterday", "to": "2026-03-01"}, "from"),
        ({"from": "2026-02-29", "to": "2026-03-01"}, "from"),
        ({"preset": "last_week"}, "preset"),
        ({"preset": "today", "from": "2026-03-01"}, "preset"),
        ({"preset": "today", "hour_from": "24:00"}, "hour_from"),
        ({"preset": "today", "hour_to": "9:00"}, "hour_to"),
        ({"preset": "today", "channels": ["fax"]}, "channels.0"),
        ({"preset": "today", "directions": ["incoming"]}, "directions.0"),
        ({"preset": "today", "outcomes": ["answered", "lost"]}, "outcomes.1"),
        ({"preset": "today", "message_statuses": ["read"]}, "message_statuses.0"),
        ({"preset": "today", "users": ["x" * 129]}, "users.0"),
        ({"preset": "today", "kinds": ["voice", "fax"]}, "kinds"),
        ({"preset": "today", "reasons": ["bored"]}, "reasons.0"),
        ({"preset": "today", "labels": ["vip"]}, "labels.0"),
        ({"preset": "today", "hours": "night"}, "hours"),
        ({"preset": "today", "weekdays": [0]}, "weekdays.0"),
        ({"preset": "today", "zone": "Mars/Olympus"}, "zone"),
        ({"preset": "today", "zone": "../../etc/passwd"}, "zone"),
        ({"preset": "today", "source_number": "12"}, "source_number"),
        ({"preset": "today", "record_ids": ["x"] * 201}, "record_ids"),
        ({"preset": "today", "users": "u1"}, "users"),
        ({"preset": "today", "remote": "123"}, "remote"),
        ({"preset": "today", "remote": "+1 2-3"}, "remote"),
        ({"preset": "today", "wait_min_s": -1}, "wait_min_s"),
        ({"preset": "today", "wait_min_s": 10, "wait_max_s": 9}, "wait_max_s"),
        ({"preset": "today", "duration_min_s": "soon"}, "duration_min_s"),
        ({"preset": "today", "workspace": "other"}, "workspace"),
        ({"preset": "today", "scope": {"everything": True}}, "scope"),
        ([], "body"),
        (None, "body"),
        ("today", "body"),
    ],
)
def test_a_wrong_filter_names_its_field(asked: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(Filter, asked)
    assert refused.value.field == field
    assert refused.value.reason


@pytest.mark.parametrize(
    ("asked", "channels"),
    [
        ({}, ("call", "message")),
        ({"outcomes": ["busy"]}, ("call",)),
        ({"only_unanswered": True}, ("call",)),
        ({"wait_min_s": 0}, ("call",)),
        ({"duration_max_s": 10}, ("call",)),
        ({"queues": ["Sales"]}, ("call",)),
        ({"reasons": ["spam"]}, ("call",)),
        ({"labels": ["repeat"]}, ("call",)),
        ({"success": False}, ("call",)),
        ({"only_missed": True}, ("call",)),
        ({"only_unrecovered": True}, ("call",)),
        ({"hangup_by": ["agent"]}, ("call",)),
        ({"tags": ["vip"]}, ("call",)),
        ({"kinds": ["voice"]}, ("call",)),
        ({"kinds": ["sms_outbound", "email"]}, ("message",)),
        ({"kinds": ["sms", "voice"]}, ("call", "message")),
        ({"hours": "open"}, ("call", "message")),
        ({"message_statuses": ["delivered"]}, ("message",)),
        ({"outcomes": ["busy"], "message_statuses": ["delivered"]}, ("call", "message")),
        ({"outcomes": ["busy"], "channels": ["message", "call"]}, ("call", "message")),
        ({"channels": ["message"]}, ("message",)),
    ],
)
def test_conditions_of_one_channel_leave_the_other_out_unless_asked(
    asked: dict[str, Any], channels: tuple[str, ...]
) -> None:
    assert resolved(preset="today", **asked).predicates.channels == channels


@pytest.mark.parametrize(
    ("asked", "directions"),
    [
        ({}, ("", "inbound", "outbound")),
        ({"include_internal": True}, ()),
        ({"directions": ["inbound"]}, ("inbound",)),
        ({"directions": ["internal"]}, ("internal",)),
        ({"directions": ["inbound"], "include_internal": True}, ("inbound", "internal")),
    ],
)
def test_internal_calls_are_in_only_when_asked_for(asked: dict[str, Any], directions: tuple[str, ...]) -> None:
    assert resolved(preset="today", **asked).predicates.directions == directions


@pytest.mark.parametrize(
    ("text", "exact", "part"),
    [
        ("+48 22 123 45 67", "+48221234567", ""),
        ("0048221234567", "+48221234567", ""),
        ("22 123 45 67", "+48221234567", ""),
        ("1234", "1234", "1234"),
        ("123 45 67", "+481234567", "1234567"),
        ("00 12 34", "001234", "1234"),
        ("anonymous", "anonymous", ""),
    ],
)
def test_a_remote_number_is_searched_whole_or_in_part(text: str, exact: str, part: str) -> None:
    asked = resolved(preset="today", remote=text).predicates
    assert asked.remote == Search(exact=exact, part=part)


@pytest.mark.parametrize(
    ("asked", "minutes"),
    [
        ({}, None),
        ({"hour_from": "09:00", "hour_to": "17:30"}, (540, 1050)),
        ({"hour_from": "22:00", "hour_to": "06:00"}, (1320, 360)),
        ({"hour_from": "08:00", "hour_to": "08:00"}, None),
        ({"hour_from": "18:00"}, (1080, 0)),
        ({"hour_to": "08:00"}, (0, 480)),
        ({"hour_from": "00:00"}, None),
    ],
)
def test_the_hour_window_wraps_past_midnight(asked: dict[str, Any], minutes: tuple[int, int] | None) -> None:
    assert resolved(preset="today", **asked).predicates.minutes == minutes


FISCAL = """
    first  preset           today       from
    4      year_to_date     2026-05-31  2026-04-01
    4      year_to_date     2026-03-31  2025-04-01
    4      quarter_to_date  2026-03-31  2026-01-01
    2      quarter_to_date  2026-01-15  2025-11-01
    2      quarter_to_date  2026-02-01  2026-02-01
    12     year_to_date     2026-12-01  2026-12-01
    12     quarter_to_date  2026-02-28  2025-12-01
    1      year_to_date     2026-05-31  2026-01-01
"""


@pytest.mark.parametrize("row", FISCAL.strip().splitlines()[1:])
def test_quarters_and_years_are_those_of_the_fiscal_year(row: str) -> None:
    month, preset, today, first = row.split()
    named = msgspec.structs.replace(workspace("UTC"), fiscal_month=int(month))
    now = datetime.combine(date.fromisoformat(today), datetime.min.time(), UTC)
    query = resolve(EVERYTHING, parse(Filter, {"preset": preset}), named, now, Kind.AGGREGATES)
    assert (query.from_date.isoformat(), query.to_date.isoformat()) == (first, today)


def test_a_reader_may_ask_for_another_zone_and_is_told_so() -> None:
    query = resolved(
        "Europe/Warsaw", zone_asked="Asia/Kathmandu", preset="today", now=datetime(2026, 3, 9, 18, 30, tzinfo=UTC)
    )

    assert query.zone == "Asia/Kathmandu"
    assert (query.from_date, query.start_utc) == (date(2026, 3, 10), datetime(2026, 3, 9, 18, 15, tzinfo=UTC))


def test_whose_current_members_are_not_known_cannot_be_asked() -> None:
    asked = parse(Filter, {"preset": "today", "teams": ["t1"], "team_members": "current"})
    with pytest.raises(InvalidRequest) as refused:
        resolve(EVERYTHING, asked, workspace(), NOW)
    assert refused.value.field == "team_members"


@pytest.mark.parametrize("field", ["remote", "source_number", "destination_number"])
def test_who_may_not_see_numbers_may_not_search_for_them(field: str) -> None:
    blind = Scope(everything=True, hides=(Ability.SEE_NUMBERS,))
    with pytest.raises(Forbidden):
        resolve(blind, parse(Filter, {"preset": "today", field: "+48600000001"}), workspace(), NOW)


def test_a_member_may_not_name_a_number_of_others() -> None:
    mine = Scope(numbers=("n1",))
    resolve(mine, parse(Filter, {"preset": "today", "numbers": ["n1"]}), workspace(), NOW)
    with pytest.raises(Forbidden):
        resolve(mine, parse(Filter, {"preset": "today", "numbers": ["n1", "n2"]}), workspace(), NOW)


def test_a_stored_filter_means_the_same_dates_on_any_later_day() -> None:
    asked = parse(Filter, {"preset": "last_7_days", "outcomes": ["busy"], "hour_from": "09:00"})
    first = resolve(EVERYTHING, asked, workspace(), NOW)

    stored = pinned(asked, first).stored()
    later = resolve(EVERYTHING, parse(Filter, stored), workspace(), NOW + timedelta(days=20))

    assert stored == {"from": "2026-05-25", "to": "2026-05-31", "outcomes": ["busy"], "hour_from": "09:00"}
    assert later == first
