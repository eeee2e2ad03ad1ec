"""Presence in the roll-up, step by step (the properties are in tests/property/test_presence_rollup.py)."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ringlake.flows.presence import CHUNK, rederive, rederive_account, rederive_everyone, relinked
from ringlake.model.calls import Leg, LiveState, Party
from ringlake.model.consequences import Consequences
from ringlake.model.directory import Account, Connection, Team
from ringlake.model.facts import PresenceFact, PresenceStatus
from ringlake.model.subjects import presence_subject_id
from ringlake.model.tables import PRESENCE
from ringlake.stores.lake import lake_key
from tests.unit.lake.making import call
from tests.unit.presence.house import MONDAY, WORKSPACE, House, Relink, Step, person, presence

DESK = Account(connection="line", id="desk")


class Company(House):
    """Anna has the desk; words and calls are told by hours after Monday, 00:00 UTC (02:00 in Warsaw)."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, list[PresenceFact]] = {}
        self.revisions: Counter[str] = Counter()
        self.link("u-anna", DESK)
        self.link("u-boris")

    def link(self, who: str, *accounts: Account, **fields: Any) -> None:
        user = msgspec.structs.replace(person(who, accounts), **fields)
        self.take(Step(self.now, Relink(user)))

    def says(self, word: str, hour: float, account: str = "desk", device: str = "") -> None:
        at = MONDAY + timedelta(hours=hour)
        key = presence_subject_id(account, at)
        fact = PresenceFact(
            account=account, status=PresenceStatus(word), raw=word, at=at, received_at=at, device=device
        )
        self.said.setdefault(key, []).append(fact)
        self.take(Step(at, presence(key, self.said[key])))

    def talks(self, who: str, start: float, end: float | None, name: str = "c1", **fields: Any) -> None:
        at = MONDAY + timedelta(hours=start)
        ended = None if end is None else MONDAY + timedelta(hours=end)
        leg = Leg(leg_id="L1", party=Party(user_id=who, name=who, account="desk"), answered_at=at, ended_at=ended)
        self.revisions[name] += 1
        live = {"live": LiveState.IN_PROGRESS, "outcome": None} if ended is None else {}
        times = {"ended_at": ended, "revision": self.revisions[name], "legs": (leg,)}
        self.take(Step(at, call(name, at, **{**live, **times, **fields})))

    def until(self, hour: float) -> None:
        self.now = MONDAY + timedelta(hours=hour)
        assert self.roll_up()

    def line(self, whose: str = "u-anna", day: date | None = None) -> list[str]:
        """`08:00-17:00 online` in UTC, all days or one UTC day, cuts at midnights joined."""
        found: list[tuple[datetime, datetime | None, str]] = []
        for row in (row for _, rows in sorted(self.rows().items()) for row in rows):
            if whose in (row["user_id"], row["user_account"]) and day in (None, row["started_at"].date()):
                if found and found[-1][1:] == (row["started_at"], row["status"]):
                    found[-1] = (found[-1][0], row["ended_at"], row["status"])
                else:
                    found.append((row["started_at"], row["ended_at"], row["status"]))
        return [f"{a:%a %H:%M}-{b:%a %H:%M} {s}" if b else f"{a:%a %H:%M}- {s}" for a, b, s in found]


def test_the_line_of_a_day_is_open_until_the_day_is_over() -> None:
    company = Company()
    company.says("online", 8)
    company.until(9)
    assert company.line() == ["Sun 22:00-Mon 08:00 offline", "Mon 08:00- online"]

    company.until(25)
    assert company.line() == ["Sun 22:00-Mon 08:00 offline", "Mon 08:00- online"]
    monday, tuesday = (company.rows()[lake_key(PRESENCE, "acme", f"2026-09-{day}")] for day in (14, 15))
    assert sum(row["seconds"] for row in monday) == 86_400
    assert [row["ended_at"] for row in tuesday] == [None]


def test_an_idle_run_writes_nothing() -> None:
    company = Company()
    company.says("online", 8)
    company.until(9)
    company.until(9.1)
    before = dict(company.objects.bodies)
    company.until(9.2)

    assert company.objects.bodies == before


def test_without_accounts_that_report_the_lake_holds_no_presence() -> None:
    company = Company()
    company.talks("u-anna", 8, 9)
    company.until(30)

    assert not [key for key in company.objects.bodies if key.startswith("presence/")]


def test_days_on_which_nothing_ran_are_caught_up() -> None:
    company = Company()
    company.says("online", 8)
    company.until(9)
    company.until(4 * 24 + 1)

    assert company.line() == ["Sun 22:00-Mon 08:00 offline", "Mon 08:00- online"]
    assert company.line(day=date(2026, 9, 16)) == ["Wed 00:00-Thu 00:00 online"]


def test_a_run_over_midnight_does_not_lose_the_turn_of_the_day() -> None:
    """The watermark of a long run may lie on the next day: then the day has turned within the run."""
    company = Company()
    for minute in range(12):
        company.says("online", 20 + minute / 60, f"phone-{minute}")
    company.says("online", 20)
    company.until(21)
    for minute in range(12):
        company.says("offline", 22 + minute / 60, f"phone-{minute}")
    ticks = iter(range(10_000))

    def clock() -> datetime:
        return MONDAY + timedelta(hours=24, seconds=2 * next(ticks) - 12)

    company.roll_up(batch=2, clock=clock)
    assert (company.directory.watermark("acme") or MONDAY).day == 15
    company.until(24.5)

    assert company.line(day=date(2026, 9, 15)) == ["Tue 00:00- online"]
    assert all(row["ended_at"] for row in company.rows()[lake_key(PRESENCE, "acme", "2026-09-14")])


def test_a_late_word_changes_the_days_until_the_next_one_and_no_further() -> None:
    company = Company()
    company.says("online", 8)
    company.says("online", 3 * 24 + 9)
    company.until(3 * 24 + 10)
    company.says("offline", 17)
    company.until(3 * 24 + 11)

    assert company.line() == [
        "Sun 22:00-Mon 08:00 offline",
        "Mon 08:00-Mon 17:00 online",
        "Mon 17:00-Thu 09:00 offline",
        "Thu 09:00- online",
    ]


def test_a_call_that_goes_to_somebody_else_is_taken_from_the_line() -> None:
    company = Company()
    company.link("u-boris", Account(connection="line", id="mobile"))
    company.says("online", 8)
    company.says("online", 8, "mobile")
    company.talks("u-anna", 9, 10)
    company.until(11)
    assert "Mon 09:00-Mon 10:00 talking" in company.line()

    company.talks("u-boris", 9, 10)
    company.until(12)
    assert company.line() == ["Sun 22:00-Mon 08:00 offline", "Mon 08:00- online"]
    assert "Mon 09:00-Mon 10:00 talking" in company.line("u-boris")


def test_a_call_over_midnight_changes_both_days() -> None:
    company = Company()
    company.says("online", 8)
    company.talks("u-anna", 23, 26)
    company.until(27)
    assert "Mon 23:00-Tue 02:00 talking" in company.line()

    company.talks("u-anna", 23, 23.5)
    company.until(28)
    assert [row for row in company.line() if "talking" in row] == ["Mon 23:00-Mon 23:30 talking"]


def test_the_row_names_the_calls_that_it_was_taken_from() -> None:
    company = Company()
    company.says("online", 8)
    company.talks("u-anna", 9, 10)
    company.talks("u-anna", 9.5, 11, "c2")
    company.until(12)
    [talking] = [row for rows in company.rows().values() for row in rows if row["status"] == "talking"]

    assert (talking["calls"], talking["raw"], talking["seconds"], talking["talking_s"]) == (
        "line:c1;line:c2", "", 7200, 7200,
    )  # fmt: skip


def test_a_call_that_lasts_keeps_the_line_talking_until_it_ends() -> None:
    company = Company()
    company.says("online", 8)
    company.talks("u-anna", 9, None)
    company.until(10)
    assert company.line()[-1] == "Mon 09:00- talking"

    company.talks("u-anna", 9, 11)
    company.until(12)
    assert company.line()[-2:] == ["Mon 09:00-Mon 11:00 talking", "Mon 11:00- online"]


def test_a_call_whose_end_never_came_tells_nothing() -> None:
    company = Company()
    company.says("online", 8)
    company.talks("u-anna", 9, None)
    company.until(10)
    [key] = [key for key in company.records.rows if "#call#" in key]
    [loaded] = company.records.get_many([key])
    company.records.note(loaded, Consequences(stale=True))
    company.until(15)

    assert company.line()[-1] == "Mon 08:00- online"


def test_a_user_carries_name_and_only_team() -> None:
    company = Company()
    company.directory.put_team("acme", Team(id="t1", name="Sales"))
    company.link("u-anna", DESK, teams=("t1",))
    company.says("online", 8)
    company.until(9)
    row = company.rows()[lake_key(PRESENCE, "acme", "2026-09-14")][0]

    assert (row["line"], row["user_name"], row["team_id"], row["team_name"]) == ("user:u-anna", "Anna", "t1", "Sales")


# --- what is decided anew


def test_an_account_that_is_given_to_somebody_takes_its_history_along() -> None:
    company = Company()
    company.says("online", 8, "found")
    company.says("offline", 17, "found")
    company.until(50)
    assert company.line("found")[1] == "Mon 08:00-Mon 17:00 online"

    company.link("u-boris", Account(connection="line", id="found"))
    company.until(50.1)

    assert company.line("found") == []
    assert company.line("u-boris")[1] == "Mon 08:00-Mon 17:00 online"


def test_an_account_that_is_taken_away_leaves_no_line_behind() -> None:
    company = Company()
    company.says("online", 8)
    company.until(50)
    company.link("u-anna")
    company.until(50.1)

    assert company.line() == []
    assert company.line("desk")[1].startswith("Mon 08:00-")


def test_an_account_that_ends_keeps_what_was() -> None:
    company = Company()
    company.says("online", 8)
    company.until(50)
    company.link("u-anna", Account(connection="line", id="desk", until=MONDAY + timedelta(hours=30)))
    company.until(50.1)

    # Warsaw's Tuesday ends at 22:00 UTC.
    assert company.line()[1:] == ["Mon 08:00-Tue 06:00 online", "Tue 06:00-Tue 22:00 offline"]


def test_a_deleted_user_loses_the_days_after_and_gets_them_back() -> None:
    company = Company()
    company.says("online", 8)
    company.until(50)
    company.link("u-anna", DESK, deleted_at=MONDAY + timedelta(hours=30))
    company.until(50.1)
    assert company.line()[-1] == "Tue 06:00-Tue 22:00 offline"

    company.link("u-anna", DESK)
    company.until(50.2)
    assert company.line()[-1] == "Mon 08:00- online"


def test_a_long_history_is_derived_again_a_month_in_each_run() -> None:
    company = Company()
    days = 3 * CHUNK + 5
    for day in range(0, days, 10):
        company.says("online", day * 24 + 8)
    company.until(days * 24)
    assert company.line() == ["Sun 22:00-Mon 08:00 offline", "Mon 08:00- online"]
    company.link("u-anna", Account(connection="line", id="desk", until=MONDAY + timedelta(hours=9)))
    runs = 0
    while company.records.dirt:
        runs += 1
        company.until(days * 24 + runs / 60)

    assert company.line()[1:] == ["Mon 08:00-Mon 09:00 online", "Mon 09:00-Mon 22:00 offline"]
    assert runs == 4


def test_when_the_zone_changes_the_lines_begin_at_its_midnights() -> None:
    company = Company()
    company.says("online", 8)
    company.until(30)
    company.directory.put_workspace(msgspec.structs.replace(WORKSPACE, zone="America/New_York"))
    rederive_everyone("acme", None, company.records)
    company.until(30.1)

    assert company.line()[0] == "Mon 04:00-Mon 08:00 offline"


def test_whose_do_not_disturb_is_believed_may_change() -> None:
    company = Company()
    company.says("dnd", 8, device="Desk/1")
    company.until(30)
    assert company.line()[1] == "Mon 08:00- online"

    company.directory.put_connection(
        Connection(id="line", workspace="acme", provider="generic", options={"dnd_devices": "desk"}, token_sha256="t")
    )
    rederive_everyone("acme", None, company.records)
    company.until(30.1)
    assert company.line()[1] == "Mon 08:00- dnd"


@pytest.mark.parametrize("of_account", [True, False])
def test_deriving_again_repairs_a_line(of_account: bool) -> None:
    company = Company()
    company.says("online", 8)
    company.until(30)
    wanted = company.line()
    company.objects.bodies.pop(lake_key(PRESENCE, "acme", "2026-09-14"))
    if of_account:
        rederive_account("acme", "line", "desk", date(2026, 9, 14), company.records)
    else:
        rederive("acme", "u-anna", date(2026, 9, 14), company.records)
    company.until(30.1)

    assert company.line() == wanted


def test_a_change_that_is_about_no_account_asks_for_nothing() -> None:
    company = Company()
    anna = person("u-anna", (DESK,))
    relinked("acme", anna, msgspec.structs.replace(anna, name="Ann"), company.records)

    company.until(1)
    relinked("acme", anna, msgspec.structs.replace(anna, name="Ann"), company.records)
    assert not company.records.dirt


def test_marks_hold_no_name_of_an_account() -> None:
    company = Company()
    company.link("u-anna", Account(connection="line", id="+48600100200"))

    assert company.records.dirt
    assert not [key for key in company.records.dirt if "600100200" in key]
