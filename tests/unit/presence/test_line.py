"""One gap-free line per person (features.md R29-R37, demands.md D4, D70)."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ringlake.fold.presence import CARRIED, Change, Channel, Talk, by_local_day, joined, local_spans, seconds, shifts
from ringlake.model.directory import Account, Connection
from ringlake.model.facts import PresenceStatus
from ringlake.model.presence import Interval, LineId, heard_as, in_wrap_up
from tests.unit.presence.making import ANNA, DAY, account, at, links, local_day, person, shown, told

WARSAW = ZoneInfo("Europe/Warsaw")
KYIV = ZoneInfo("Europe/Kyiv")
PHONE_A = LineId(connection="pbx", key="A")


# --- the fixtures of the features


def test_the_first_fixture_of_r37_one_account_hides_what_the_other_does() -> None:
    a = account("A", ("08:00", "online"), ("18:00", "offline"))
    b = account(
        "B", ("08:00", "online"), ("12:00", "dnd"), ("12:10", "offline"), ("13:00", "online"), ("17:00", "offline")
    )

    found = told([a, b])[ANNA].intervals

    assert shown(found) == ["00:00-08:00 offline", "08:00-18:00 online", "18:00-00:00 offline"]
    assert len(found) == 3


@pytest.mark.parametrize("other", ["offline", "dnd"])
def test_the_second_fixture_of_r37_who_talks_on_one_account_talks(other: str) -> None:
    a = account("A", ("08:00", "online"), ("09:00", "talking"), ("09:15", "online"), ("18:00", "offline"))
    b = account("B", ("08:30", other))

    found = shown(told([a, b])[ANNA].intervals)

    assert "09:00-09:15 talking" in found
    assert found[1:4] == ["08:00-09:00 online", "09:00-09:15 talking", "09:15-18:00 online"]


def test_the_fixture_of_r34_a_call_inside_a_day_online() -> None:
    words = [("12:08", "online"), ("17:47", "talking"), ("17:58", "online"), ("19:27", "offline")]
    a = account("A", *words, zone=KYIV)

    assert shown(local_day([a], DAY, KYIV), KYIV) == [
        "00:00-12:08 offline",
        "12:08-17:47 online",
        "17:47-17:58 talking",
        "17:58-19:27 online",
        "19:27-00:00 offline",
    ]


# --- what counts


def test_do_not_disturb_is_above_offline_and_below_online() -> None:
    a = account("A", ("09:00", "dnd"), ("10:00", "offline"))
    b = account("B", ("09:30", "online"), ("09:45", "offline"))

    assert shown(told([a, b])[ANNA].intervals)[1:4] == ["09:00-09:30 dnd", "09:30-09:45 online", "09:45-10:00 dnd"]


@pytest.mark.parametrize(
    ("capable", "options", "device", "counts"),
    [
        ((), {}, "Desk/1", "online"),
        (("dnd",), {}, "Browser/2", "dnd"),
        ((), {"dnd_devices": "Desk"}, "Desk/1", "dnd"),
        ((), {"dnd_devices": "Other, desk"}, "Desk 2.0", "dnd"),
        ((), {"dnd_devices": "Desk"}, "Desktop/1", "online"),
        ((), {"dnd_devices": "Desk"}, "", "online"),
        # A list is the whole truth, also beside the capability.
        (("dnd",), {"dnd_devices": "Desk"}, "Browser/3", "online"),
        ((), {"dnd_devices": " , "}, "Desk/1", "online"),
    ],
)
def test_do_not_disturb_counts_from_capable_devices_alone(
    capable: tuple[str, ...], options: dict[str, str], device: str, counts: str
) -> None:
    connection = Connection(id="pbx", workspace="acme", provider="generic", capabilities=capable, options=options)

    assert heard_as(PresenceStatus.DND, device, connection) == counts
    assert heard_as(PresenceStatus.OFFLINE, device, connection) is PresenceStatus.OFFLINE


def test_the_word_of_a_stretch_is_the_one_it_began_with() -> None:
    a = account("A", ("09:00", "online"), ("10:00", "online"))
    [_, online] = told([a])[ANNA].intervals

    assert (online.status, online.raw) == (PresenceStatus.ONLINE, "online")


def test_a_change_within_the_same_second_has_a_row_and_no_second() -> None:
    a = account("A", ("09:00:00.1", "online"), ("09:00:00.4", "dnd"), ("09:00:02", "offline"))
    found = told([a])[ANNA].intervals

    assert [i.status.value for i in found] == ["offline", "online", "dnd", "offline"]
    assert seconds(found) == {"talking": 0, "online": 0, "dnd": 2, "offline": 86_398}


# --- before the first word, and after the last


def test_before_the_first_word_a_person_is_offline() -> None:
    [before, after] = told([account("A", ("10:00", "online"))])[ANNA].intervals

    assert (before.status, before.raw, before.ended_at) == (PresenceStatus.OFFLINE, "", at("10:00"))
    assert (after.status, after.ended_at) == (PresenceStatus.ONLINE, at("24:00"))


def test_a_status_is_carried_over_the_weekend() -> None:
    friday, monday = date(2026, 3, 6), date(2026, 3, 9)
    a = account("A", (at("17:00", day=friday), "dnd"), (at("08:00", day=monday), "online"))

    assert shown(told([a], friday + timedelta(days=1))[ANNA].intervals) == ["00:00-00:00 dnd"]
    assert shown(told([a], monday)[ANNA].intervals) == ["00:00-08:00 dnd", "08:00-00:00 online"]


def test_of_an_account_that_is_silent_for_a_month_nothing_is_known() -> None:
    a = account("A", ("10:00", "online"))
    last = DAY + CARRIED

    assert shown(told([a], last)[ANNA].intervals) == ["00:00-10:00 online", "10:00-00:00 offline"]
    assert told([a], last + timedelta(days=1)) == {}


def test_who_never_reports_a_status_has_no_line() -> None:
    talk = Talk("pbx:c1", "pbx", at("09:00"), at("09:05"))

    assert told([], talks={"u-anna": [talk]}) == {}


def test_an_account_that_is_nobodys_has_a_line_of_its_own() -> None:
    found = told([account("stranger", ("10:00", "online"))])

    assert list(found) == [LineId(connection="pbx", key="stranger")]
    assert found[LineId(connection="pbx", key="stranger")].account == "stranger"


# --- whose account it is


def test_an_account_that_changes_hands_keeps_what_was() -> None:
    a = account("A", ("08:00", "online"), ("20:00", "offline"))
    anna = person("u-anna", Account(connection="pbx", id="A", until=at("12:00")))
    boris = person("u-boris", Account(connection="pbx", id="A", since=at("14:00")))
    found = told([a], owners=links(anna, boris))

    assert shown(found[ANNA].intervals) == ["00:00-08:00 offline", "08:00-12:00 online", "12:00-00:00 offline"]
    assert shown(found[LineId(user_id="u-boris")].intervals)[1] == "14:00-20:00 online"
    assert shown(found[PHONE_A].intervals) == ["00:00-12:00 offline", "12:00-14:00 online", "14:00-00:00 offline"]
    # The day after, the account is all Boris's.
    assert list(told([a], DAY + timedelta(days=1), owners=links(anna, boris))) == [LineId(user_id="u-boris")]


def test_a_deleted_user_has_a_line_until_the_deletion() -> None:
    a = account("A", ("08:00", "online"))
    anna = person("u-anna", "A", deleted_at=at("12:00"))
    found = told([a], owners=links(anna))

    assert shown(found[ANNA].intervals)[1:] == ["08:00-12:00 online", "12:00-00:00 offline"]
    assert shown(found[PHONE_A].intervals)[1:] == ["12:00-00:00 online"]


def test_a_call_after_the_deletion_of_its_user_is_in_no_line() -> None:
    anna = person("u-anna", "A", deleted_at=at("12:00"))
    talks = {"u-anna": [Talk("pbx:c1", "pbx", at("13:00"), at("13:05"))]}
    found = told([account("A", ("08:00", "online"))], owners=links(anna), talks=talks)

    assert shown(found[ANNA].intervals)[-1] == "12:00-00:00 offline"


def test_a_desk_that_names_its_person_speaks_for_that_person() -> None:
    desk = account("desk", ("08:00", "online"), ("16:00", "online"))
    early, late = desk.changes
    shared = type(desk)(
        connection="pbx", key="desk", account="desk", changes=(early._replace(user="A"), late._replace(user="C"))
    )
    found = told([shared], owners=links(person("u-anna", "A"), person("u-celia", "C")))

    assert shown(found[ANNA].intervals)[1] == "08:00-16:00 online"
    assert shown(found[LineId(user_id="u-celia")].intervals)[1] == "16:00-00:00 online"


# --- calls


def test_legs_of_calls_are_talking_where_the_connection_does_not_say_so() -> None:
    a = account("A", ("08:00", "online"), ("17:00", "offline"))
    talks = [
        Talk("pbx:c1", "pbx", at("09:00"), at("09:15")),
        Talk("pbx:c2", "pbx", at("09:10"), at("09:20")),
        Talk("mobile:c3", "mobile", at("18:00"), at("18:05")),
    ]
    found = told([a], talks={"u-anna": talks})[ANNA].intervals

    assert shown(found) == [
        "00:00-08:00 offline", "08:00-09:00 online", "09:00-09:20 talking", "09:20-17:00 online",
        "17:00-18:00 offline", "18:00-18:05 talking", "18:05-00:00 offline",
    ]  # fmt: skip
    assert [i.calls for i in found if i.status is PresenceStatus.TALKING] == [("pbx:c1", "pbx:c2"), ("mobile:c3",)]


def test_a_connection_that_says_talking_is_taken_at_its_word() -> None:
    a = account("A", ("08:00", "online"), ("09:00:02", "talking"), ("09:15", "online"))
    talks = [Talk("pbx:c1", "pbx", at("09:00"), at("09:15:01")), Talk("mobile:c2", "mobile", at("10:00"), at("10:01"))]

    found = shown(told([a], talks={"u-anna": talks})[ANNA].intervals)

    assert found[2:5] == ["09:00:02-09:15 talking", "09:15-10:00 online", "10:00-10:01 talking"]


def test_a_call_over_midnight_is_talking_on_both_days() -> None:
    a = account("A", ("08:00", "online"))
    talks = {"u-anna": [Talk("pbx:c1", "pbx", at("23:50"), at("24:10"))]}

    assert shown(told([a], talks=talks)[ANNA].intervals)[-1] == "23:50-00:00 talking"
    assert shown(told([a], DAY + timedelta(days=1), talks=talks)[ANNA].intervals)[0] == "00:00-00:10 talking"


# --- the day that lasts


def test_the_last_stretch_of_a_day_that_lasts_is_open() -> None:
    a = account("A", ("08:00", "online"))
    [_, online] = told([a], lasts=True)[ANNA].intervals

    assert (online.started_at, online.ended_at) == (at("08:00"), None)
    assert seconds([online]) == dict.fromkeys(PresenceStatus, 0)
    assert seconds([online], until=at("08:00:30"))[PresenceStatus.ONLINE] == 30


def test_a_talk_that_lasts_leaves_the_line_open() -> None:
    a = account("A", ("08:00", "online"))
    talks = {"u-anna": [Talk("pbx:c1", "pbx", at("09:00"), None)]}

    [*_, talking] = told([a], talks=talks, lasts=True)[ANNA].intervals

    assert (talking.status, talking.ended_at) == (PresenceStatus.TALKING, None)


def test_what_lasts_is_not_cut_at_a_local_midnight_that_has_not_come() -> None:
    a = account("A", ("20:00", "online"))

    lasting = told([a], zone=WARSAW, lasts=True)[ANNA].intervals[-1]
    over = told([a], zone=WARSAW)[ANNA].intervals[-2:]

    assert (lasting.started_at, lasting.ended_at) == (at("20:00"), None)
    assert [(i.started_at, i.ended_at) for i in over] == [(at("20:00"), at("23:00")), (at("23:00"), at("24:00"))]


# --- days


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Europe/Warsaw", date(2026, 3, 29), 82_800),
        ("Europe/Warsaw", date(2026, 10, 25), 90_000),
        ("America/New_York", date(2026, 3, 8), 82_800),
        ("America/St_Johns", date(2026, 11, 1), 90_000),
        ("Australia/Lord_Howe", date(2026, 4, 5), 88_200),
        ("Asia/Kolkata", date(2026, 3, 4), 86_400),
        ("Asia/Kathmandu", date(2026, 3, 4), 86_400),
        ("Pacific/Kiritimati", date(2026, 3, 4), 86_400),
        ("Pacific/Pago_Pago", date(2026, 3, 4), 86_400),
    ],
)
def test_every_local_day_has_its_real_length(zone: str, day: date, length: int) -> None:
    where = ZoneInfo(zone)
    morning = datetime.combine(day, datetime.min.time(), where) + timedelta(hours=8, minutes=7, seconds=3)
    a = account("A", (morning, "online"), (morning + timedelta(hours=2, milliseconds=777), "dnd"))

    found = local_day([a], day, where)

    assert sum(seconds(found).values()) == length
    assert found[0].started_at.astimezone(where).date() == day
    assert all(x.ended_at == y.started_at for x, y in itertools.pairwise(found))


def test_a_line_begins_at_the_local_midnight_before_the_first_word() -> None:
    """22:00 UTC on the day before is midnight in Warsaw in summer; 08:00 UTC is midnight in Los Angeles in winter."""
    summer = date(2026, 7, 1)
    a = account("A", (at("09:00", day=summer), "online"))
    [before] = told([a], summer - timedelta(days=1), zone=WARSAW)[ANNA].intervals
    assert (before.started_at, before.ended_at) == (
        at("22:00", day=summer - timedelta(days=1)),
        at("00:00", day=summer),
    )

    b = account("A", ("20:00", "online"))
    angeles = ZoneInfo("America/Los_Angeles")
    assert told([b], zone=angeles)[ANNA].intervals[0].started_at == at("08:00")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Warsaw", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"])
def test_local_days_cover_the_utc_day(zone: str) -> None:
    spans = local_spans(DAY, ZoneInfo(zone))

    assert spans[0][0] <= at("00:00")
    assert spans[-1][1] >= at("24:00")
    assert all(before[1] == after[0] for before, after in itertools.pairwise(spans))


def test_a_night_shift_is_cut_for_the_day_and_whole_as_a_shift() -> None:
    a = account("A", ("22:00", "online"), ("25:10", "offline"), ("25:40", "online"), ("30:00", "offline"))
    line = [i for day in (DAY, DAY + timedelta(days=1)) for i in told([a], day)[ANNA].intervals]

    days = by_local_day(line, ZoneInfo("UTC"))
    assert {day: seconds(parts)[PresenceStatus.ONLINE] for day, parts in days.items()} == {
        DAY: 7200,
        DAY + timedelta(days=1): 4200 + 15_600,
    }
    [shift] = shifts(line)
    assert (shift.started_at, shift.ended_at) == (at("22:00"), at("30:00"))
    assert seconds(shift.intervals)[PresenceStatus.ONLINE] == 27_000
    assert seconds(shift.intervals)[PresenceStatus.OFFLINE] == 1800
    assert len(shifts(line, pause=timedelta(minutes=10))) == 2


def test_cuts_at_midnights_disappear_when_a_line_is_joined() -> None:
    def part(start: str, end: str, status: PresenceStatus, *calls: str) -> Interval:
        return Interval(status=status, started_at=at(start), ended_at=at(end), calls=calls)

    online, talking = PresenceStatus.ONLINE, PresenceStatus.TALKING
    found = joined(
        [part("24:00", "25:00", talking, "c2"), part("20:00", "23:00", online), part("23:00", "24:00", talking, "c1")]
    )

    assert found == (part("20:00", "23:00", online), part("23:00", "25:00", talking, "c1", "c2"))


def test_work_after_a_call_is_a_stretch_of_its_own_also_beside_another_account_that_is_online() -> None:
    """metrics.md Occupancy counts wrap-up; the four statuses and their sums know nothing of it."""
    desk = account("A", ("08:00", "online"), ("12:00", "offline"))
    words = {"09:00": "talking", "09:10": "wrapup", "09:12": "wrapup-end", "13:00": "offline"}
    stated = {"talking": PresenceStatus.TALKING, "offline": PresenceStatus.OFFLINE}
    said = (Change(at(when), stated.get(word, PresenceStatus.ONLINE), word, "") for when, word in words.items())
    agent = Channel(connection="pbx", key="B", account="B", changes=tuple(said))

    intervals = told([desk, agent])[ANNA].intervals

    online = [(i.started_at, i.ended_at, i.raw) for i in intervals if i.status is PresenceStatus.ONLINE]
    assert online == [
        (at("08:00"), at("09:00"), "online"),
        (at("09:10"), at("09:12"), "wrapup"),
        (at("09:12"), at("13:00"), "wrapup-end"),
    ]
    assert [in_wrap_up(i.status, i.raw) for i in intervals].count(True) == 1


def test_a_word_for_work_after_a_call_means_nothing_of_who_is_not_online() -> None:
    assert in_wrap_up(PresenceStatus.ONLINE, "Wrapup: typing")
    assert not in_wrap_up(PresenceStatus.DND, "wrapup")
    assert not in_wrap_up(PresenceStatus.ONLINE, "wrapup-end")
