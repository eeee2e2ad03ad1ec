"""People's time and rings at their boundaries (features.md R28-R37; metrics.md Occupancy, Availability)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ringlake.metrics.rings import Handled, Rings, each_ring, handled, rings, rung_spans
from ringlake.metrics.staff import (
    Beside,
    availability,
    beside_talks,
    busy,
    by_day,
    instant,
    ms,
    shifts,
    staffed,
    status_seconds,
    stretches,
    strip,
    total,
)
from ringlake.model.facts import PresenceStatus
from ringlake.model.localtime import midnight
from tests.unit.metrics.people import DAY, clock, leg, legs, line, presence, stretch

UTC = ZoneInfo("UTC")
WARSAW = ZoneInfo("Europe/Warsaw")


def seconds(talking: int = 0, online: int = 0, dnd: int = 0, offline: int = 0) -> dict[PresenceStatus, int]:
    return {
        PresenceStatus.TALKING: talking,
        PresenceStatus.ONLINE: online,
        PresenceStatus.DND: dnd,
        PresenceStatus.OFFLINE: offline,
    }


# --- status seconds


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Europe/Warsaw", date(2026, 3, 29), 82_800),
        ("Europe/Warsaw", date(2026, 3, 30), 86_400),
        ("Europe/Warsaw", date(2026, 10, 25), 90_000),
        ("America/St_Johns", date(2026, 3, 8), 82_800),
        ("Australia/Lord_Howe", date(2026, 4, 5), 88_200),
        ("Asia/Kathmandu", date(2026, 3, 4), 86_400),
    ],
)
def test_the_four_statuses_of_a_full_day_sum_to_its_real_length(zone: str, day: date, length: int) -> None:
    where = ZoneInfo(zone)
    a, b = midnight(day, where), midnight(day + timedelta(days=1), where)
    online, offline = a + timedelta(hours=9, milliseconds=900), a + timedelta(hours=17, milliseconds=100)
    rows = [
        stretch("anna", "offline", a, online),
        stretch("anna", "online", online, offline),
        stretch("anna", "offline", offline, b),
    ]
    now = b + timedelta(days=3)

    found = status_seconds(by_day(stretches(presence(rows), now), [day], where))

    assert sum(found["anna", 0].values()) == length
    assert found["anna", 0][PresenceStatus.ONLINE] == 28_800


def test_today_counts_to_now_with_the_stretch_that_lasts() -> None:
    rows = presence(line("anna", ("00:00", "offline"), ("09:00", "online")))

    found = status_seconds(by_day(stretches(rows, clock("10:30:20.999")), [DAY], UTC))

    assert found == {("anna", 0): seconds(online=5420, offline=32_400)}


def test_yesterdays_stretch_that_is_still_open_ends_where_today_begins() -> None:
    yesterday = line("anna", ("20:00", "online"), day=DAY - timedelta(days=1))
    today = line("anna", ("00:00", "offline"))

    found = status_seconds(
        by_day(stretches(presence(yesterday + today), clock("01:00")), [DAY - timedelta(days=1), DAY], UTC)
    )

    assert found == {("anna", 0): seconds(online=4 * 3600), ("anna", 1): seconds(offline=3600)}


def test_a_stretch_that_lasts_over_midnight_counts_on_both_days() -> None:
    rows = presence(line("anna", ("23:00", "talking"), day=DAY - timedelta(days=1)))

    found = status_seconds(by_day(stretches(rows, clock("00:10")), [DAY - timedelta(days=1), DAY], UTC))

    assert found == {("anna", 0): seconds(talking=3600), ("anna", 1): seconds(talking=600)}


def test_who_has_no_line_is_not_there_and_accounts_of_nobody_are_not_people() -> None:
    rows = presence([{**stretch("", "online", clock("09:00"), clock("10:00")), "line": "account:c:1"}])

    assert status_seconds(by_day(stretches(rows, clock("12:00")), [DAY], UTC)) == {}


def test_another_zone_cuts_the_same_stretches_at_its_own_midnights() -> None:
    rows = presence(line("anna", ("00:00", "online"), ("24:00", "end")))
    kathmandu = ZoneInfo("Asia/Kathmandu")

    found = status_seconds(by_day(stretches(rows, clock("48:00")), [DAY, DAY + timedelta(days=1)], kathmandu))

    assert found == {("anna", 0): seconds(online=65_700), ("anna", 1): seconds(online=20_700)}
    assert total(found.values()) == seconds(online=86_400)


# --- the strip of a day

FIXTURE = line(
    "anna",
    ("00:00", "offline"), ("12:08", "online"), ("17:47", "talking"), ("17:58", "online"), ("19:27", "offline"),
    ("24:00", "end"),
    zone=WARSAW,
)  # fmt: skip


def local(segments: object) -> list[str]:
    return [
        f"{s.start.astimezone(WARSAW):%H:%M}-{s.end.astimezone(WARSAW):%H:%M} {s.status}"
        for s in segments  # type: ignore[attr-defined]
    ]


def test_the_days_strip_is_the_one_of_the_specification() -> None:
    """features.md R34: offline until 12:08, online to 19:27, talking 17:47-17:58 inside it, offline after."""
    now = clock("48:00")
    segments = strip(by_day(stretches(presence(FIXTURE), now), [DAY], WARSAW), now)

    assert local(segments) == [
        "00:00-12:08 offline",
        "12:08-17:47 online",
        "17:47-17:58 talking",
        "17:58-19:27 online",
        "19:27-00:00 offline",
    ]
    assert not any(s.lasts for s in segments)


def test_the_strip_of_today_ends_now_and_says_that_it_lasts() -> None:
    now = clock("18:00", zone=WARSAW)
    segments = strip(by_day(stretches(presence(FIXTURE), now), [DAY], WARSAW), now)

    assert local(segments)[-1] == "17:58-18:00 online"
    assert [s.lasts for s in segments] == [False, False, False, True]


# --- shifts


def test_a_night_shift_is_one_shift_with_its_totals_unsplit() -> None:
    yesterday = DAY - timedelta(days=1)
    rows = line("anna", ("00:00", "offline"), ("22:00", "online"), ("24:00", "end"), day=yesterday)
    rows += line("anna", ("00:00", "talking"), ("00:30", "online"), ("02:00", "offline"), ("02:59", "online"))[:-1]
    rows += line("anna", ("02:59", "dnd"), ("06:00", "offline"), ("24:00", "end"))

    [shift] = shifts(stretches(presence(rows), clock("48:00")), clock("48:00"), clock("00:00", yesterday))

    assert (shift.start, shift.end) == (clock("22:00", yesterday), clock("06:00"))
    assert shift.seconds == seconds(talking=1800, online=7200 + 5400, dnd=3 * 3600 + 60, offline=59 * 60)
    assert sum(shift.seconds.values()) == 8 * 3600
    assert not shift.lasts
    assert not shift.begun_before


def test_away_for_an_hour_parts_two_shifts_and_a_second_less_does_not() -> None:
    def found(back: str) -> int:
        rows = line("anna", ("08:00", "online"), ("09:00", "offline"), (back, "online"), ("12:00", "end"))
        return len(shifts(stretches(presence(rows), clock("48:00")), clock("48:00"), clock("00:00")))

    assert (found("09:59:59.999"), found("10:00")) == (1, 2)


def test_a_shift_that_was_going_on_says_so_and_one_that_lasts_too() -> None:
    rows = line("anna", ("00:00", "online"), ("06:00", "offline"), ("09:00", "online"))

    first, second = shifts(stretches(presence(rows), clock("10:00")), clock("10:00"), clock("00:00"))

    assert (first.begun_before, first.lasts, second.begun_before, second.lasts) == (True, False, False, True)


# --- occupancy, utilisation


def occupied(rows: list[dict[str, Any]], *told: dict[str, Any]) -> tuple[float | None, float | None]:
    cut = by_day(stretches(presence(rows), clock("48:00")), [DAY], UTC)
    beside = beside_talks(cut, rung_spans(legs(*told)))
    of = busy(total(status_seconds(cut).values()), beside.get("anna", Beside()))
    return of.occupancy, of.utilisation


WORKED = line(
    "anna", ("09:00", "online"), ("09:10", "talking"), ("09:20", "dnd"), ("09:30", "offline"), ("10:00", "end")
)


def test_occupancy_is_talk_and_ring_of_the_time_there_and_utilisation_talk_of_the_time_logged_in() -> None:
    assert occupied(WORKED, leg("anna", "answered", 60, at=clock("09:09"))) == (11 / 20, 10 / 30)


def test_rings_at_once_count_once_and_a_ring_during_a_talk_is_talk() -> None:
    rung = [
        leg("anna", "no_answer", 60, at=clock("09:05")),
        leg("anna", "no_answer", 60, at=clock("09:05:30")),
        leg("anna", "no_answer", 60, at=clock("09:15")),
        leg("anna", "no_answer", 60, at=clock("09:25")),
        leg("boris", "no_answer", 300, at=clock("09:00")),
    ]
    assert occupied(WORKED, *rung) == ((90 + 600) / 1200, 600 / 1800)


def test_a_phone_that_rings_all_the_time_is_no_more_than_wholly_occupied() -> None:
    assert occupied(WORKED, leg("anna", "no_answer", 7200, at=clock("08:30")))[0] == 1.0


def test_wrap_up_is_work_and_a_ring_during_it_counts_once() -> None:
    """metrics.md Occupancy: talking, wrap-up and ringing; Utilisation: talk, hold and wrap-up."""
    rows = line(
        "anna", ("09:00", "talking"), ("09:10", "wrapup"), ("09:15", "online"), ("09:30", "dnd"), ("10:00", "end")
    )
    rung = leg("anna", "no_answer", 180, at=clock("09:14"))

    assert occupied(rows) == (15 / 30, 15 / 60)
    assert occupied(rows, rung) == (17 / 30, 15 / 60)


def test_who_was_never_there_has_no_occupancy() -> None:
    assert occupied(line("anna", ("09:00", "dnd"), ("10:00", "end"))) == (None, 0.0)
    assert occupied(line("anna", ("09:00", "offline"), ("10:00", "end"))) == (None, None)


# --- availability


def spans(*hours: tuple[str, str]) -> list[tuple[int, int]]:
    return [(ms(clock(a)), ms(clock(b))) for a, b in hours]


WHOLE = spans(("00:00", "24:00"))


def test_availability_is_the_share_of_open_hours_with_somebody_there() -> None:
    rows = line("anna", ("08:00", "online"), ("10:00", "offline"), ("24:00", "end"))
    rows += line("boris", ("09:30", "talking"), ("11:00", "dnd"), ("12:00", "online"), ("13:00", "end"))
    there = staffed(by_day(stretches(presence(rows), clock("48:00")), [DAY], UTC))

    found = availability(spans(("09:00", "17:00")), there, WHOLE)

    assert found.share == 3 / 8
    assert found.gaps == tuple(spans(("11:00", "12:00"), ("13:00", "17:00")))


def test_open_hours_of_which_nothing_is_known_are_told_apart_and_in_no_share() -> None:
    open_hours = spans(("09:00", "17:00"), ("33:00", "41:00"))
    known = availability(open_hours, spans(("09:00", "17:00")), WHOLE)
    unknown = availability(open_hours, [], [])

    assert (known.share, known.unknown_ms, known.gaps) == (1.0, 8 * 3_600_000, ())
    assert (unknown.share, unknown.unknown_ms, unknown.gaps) == (None, 16 * 3_600_000, ())


def test_never_open_has_no_availability() -> None:
    assert availability([], WHOLE, WHOLE).share is None


def test_neighbouring_stretches_leave_no_gap() -> None:
    rows = line("anna", ("09:00", "online"), ("12:00", "end")) + line("boris", ("12:00", "talking"), ("17:00", "end"))
    there = staffed(by_day(stretches(presence(rows), clock("48:00")), [DAY], UTC))
    assert there == spans(("09:00", "17:00"))


# --- rings


def rung(*told: dict[str, Any], threshold_s: int = 5) -> dict[str, Rings]:
    return rings(each_ring(legs(*told), threshold_s))


def test_five_seconds_are_not_missed_and_a_tenth_more_is() -> None:
    """features.md R28; both are rings."""
    found = rung(leg("anna", "no_answer", 5.0), leg("boris", "no_answer", 5.1))

    assert found == {"anna": Rings(rung=1, short=1), "boris": Rings(rung=1, missed=1)}


@pytest.mark.parametrize(
    ("outcome", "rang_s", "field"),
    [
        ("answered", 60.0, "answered"),
        ("answered", 1.0, "answered"),
        ("declined", 1.0, "declined"),
        ("declined", 60.0, "declined"),
        ("answered_elsewhere", 5.001, "elsewhere"),
        ("answered_elsewhere", 5.0, "short"),
        ("no_answer", 5.001, "missed"),
        ("no_answer", 0.0, "short"),
        ("failed", 30.0, "missed"),
    ],
)
def test_each_ring_is_in_exactly_one_count(outcome: str, rang_s: float, field: str) -> None:
    assert rung(leg("anna", outcome, rang_s)) == {"anna": Rings(rung=1)._replace(**{field: 1})}


def test_a_threshold_of_nought_leaves_rings_of_no_length_out() -> None:
    found = rung(leg("anna", "no_answer", 0.0), leg("anna", "no_answer", 0.001), threshold_s=0)
    assert found == {"anna": Rings(rung=2, missed=1, short=1)}


def test_what_never_rang_still_rings_or_is_beside_the_path_is_no_ring() -> None:
    beside = [leg("anna", "no_answer", 60, kind=kind) for kind in ("consultation", "survey_post_call")]
    other = [leg("anna", "failed", None), leg("anna", "", 60), leg("", "no_answer", 60)]
    step = leg("anna", "no_answer", 60, row_kind="step")

    assert rung(*beside, *other, step) == {}


def test_talk_is_by_leg_so_that_two_people_of_one_call_have_their_own() -> None:
    first = leg("anna", "answered", 3, 100, record_id="c:1")
    second = leg("boris", "answered", 3, 50, record_id="c:1")
    third = leg("anna", "answered", 3, 31, record_id="c:2")

    found = handled(legs(first, second, third, leg("anna", "no_answer", 9)))

    assert found == {"anna": Handled(2, 131), "boris": Handled(1, 50)}
    assert found["anna"].aht == 65.5
    assert Handled().aht is None


def test_instants_are_kept_to_the_millisecond_also_before_1970() -> None:
    for at in (datetime(1969, 12, 31, 23, 59, 59, 1000, UTC), clock("09:00:00.123")):
        assert instant(ms(at)) == at
