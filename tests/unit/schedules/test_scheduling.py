"""What people do with schedules (features.md N19, N21, demands.md D57, D58)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ringlake.errors import Forbidden, InvalidRequest, LimitReached, NotFound, Outdated, PlanTooLow, Taken, Unversioned
from ringlake.flows.schedules.views import ScheduleView
from ringlake.model.base import to_json
from ringlake.model.directory import Ability, Role, User
from ringlake.model.jobs import JobState, MailState
from ringlake.model.schedules import RunState
from tests.unit.schedules.scheduled import DAILY, OUTSIDE, Scheduled

DUE = datetime(2026, 3, 12, 7, tzinfo=UTC)


@pytest.fixture
def world() -> Scheduled:
    made = Scheduled()
    made.directory.put_user("acme", User(id="admin", email="admin@example.com", name="Ada", role=Role.ADMIN))
    return made


def change(world: Scheduled, user_id: str, schedule: ScheduleView, **body: Any) -> ScheduleView:
    viewer = world.viewer(user_id)
    return world.scheduling.change(viewer, schedule.id, {**DAILY, **body}, "*", world.now).document


def test_a_schedule_says_when_it_runs_next_and_over_what(world: Scheduled) -> None:
    made = world.make(timing={"cadence": "quarterly", "day": "last", "month": 1, "at": "07:30", "zone": "Asia/Kolkata"})
    shown = world.scheduling.show(world.viewer("owner"), made.id)

    assert shown.document == made
    assert shown.etag == "1"
    assert made.due_at == datetime(2026, 4, 30, 2, 0, tzinfo=UTC)
    assert (made.next_first, made.next_last) == (date(2026, 1, 1), date(2026, 3, 31))
    assert world.scheduling.all(world.viewer("owner")).schedules == (made,)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"timing": {"cadence": "hourly", "at": "08:00"}}, "timing.cadence"),
        ({"timing": {"cadence": "daily", "at": "24:00"}}, "timing.at"),
        ({"timing": {"cadence": "daily", "at": "08:00", "zone": "Mars/Base"}}, "timing.zone"),
        ({"timing": {"cadence": "daily", "at": "08:00", "weekday": 1}}, "timing.weekday"),
        ({"timing": {"cadence": "weekly", "at": "08:00", "day": 1}}, "timing.day"),
        ({"timing": {"cadence": "monthly", "at": "08:00", "day": 32}}, "timing.day"),
        ({"timing": {"cadence": "quarterly", "at": "08:00", "month": 4}}, "timing.month"),
        ({"timing": {"cadence": "monthly", "at": "08:00", "month": 1}}, "timing.month"),
        ({"recipients": []}, "recipients"),
        ({"recipients": [{"user": "nobody"}]}, "recipients.0.user"),
        ({"recipients": [{"user": "owner"}, {"user": "owner"}]}, "recipients.1"),
        # A user's address is the user.
        ({"recipients": [{"user": "owner"}, {"address": "OWNER@example.com"}]}, "recipients.1"),
        ({"recipients": [{"user": "owner", "address": OUTSIDE}]}, "recipients.0.user"),
        ({"recipients": [{"address": "a@b.example, c@d.example"}]}, "recipients.0.address"),
        ({"recipients": [{"address": "a@b.example\r\nBcc: x@y.example"}]}, "recipients.0.address"),
        ({"what": {"request": {"filter": {"from": "2026-01-01", "to": "2026-01-02"}}}}, "what.request.filter.from"),
        ({"what": {"request": {"filter": {"preset": "today"}}}}, "what.request.filter.preset"),
        ({"what": {"request": {"filter": {"zone": "UTC"}}}}, "what.request.filter.zone"),
        ({"what": {"request": {"filter": {"users": "u1"}}}}, "what.request.filter.users"),
        ({"what": {"request": {"filter": []}}}, "what.request.filter"),
        ({"what": {"request": {"format": "csv"}}}, "what.request.format"),
        ({"what": {"request": {"colour": "red"}}}, "what.request.colour"),
        ({"what": {"request": {"saved": "r-none"}}}, "what.request.saved"),
        ({"what": {"kind": "export", "name": "missed_rate_per_week"}}, "what.name"),
        ({"what": {"kind": "report"}}, "what.name"),
        ({"what": {"kind": "report", "name": "nothing"}}, "what.name"),
        (
            {"what": {"kind": "report", "name": "missed_rate_per_week", "request": {"first_date": "2026-01-01"}}},
            "what.request.first_date",
        ),
        ({"what": {"kind": "report", "name": "missed_rate_per_week", "request": {"x": "y"}}}, "what.request.x"),
        (
            {
                "what": {"kind": "report", "name": "missed_rate_per_week"},
                "timing": {"cadence": "daily", "at": "08:00", "zone": "Asia/Tokyo"},
            },
            "timing.zone",
        ),
        # Rows of a year are more than a file of rows covers (features.md, conflicts: Range limits).
        ({"timing": {"cadence": "yearly", "at": "08:00"}}, "timing.cadence"),
        ({"dialect": "data", "format": "xlsx"}, "dialect"),
        ({"owner": "member"}, "owner"),
        ({"name": ""}, "name"),
        ({"name": "Sales\r\nBcc: a@b.example"}, "name"),
        ({"name": "Sales \u202etxt.exe"}, "name"),
    ],
)
def test_a_wrong_field_is_named_as_the_schedule_has_it(world: Scheduled, fields: dict[str, Any], at: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        world.make(**fields)
    assert refusal.value.field == at
    assert world.schedules.kept == {}
    assert world.mail.sent == []


def test_one_sees_ones_own_and_administrators_see_all(world: Scheduled) -> None:
    mine, theirs = world.make("owner", name="b"), world.make("member", name="a")
    own = world.scheduling.all(world.viewer("member")).schedules
    assert [(one.id, one.mine) for one in own] == [(theirs.id, True)]
    assert [(one.id, one.mine) for one in world.scheduling.all(world.viewer("admin")).schedules] == [
        (theirs.id, False), (mine.id, False),
    ]  # fmt: skip
    viewer = world.viewer("member")
    for act in (
        lambda: world.scheduling.show(viewer, mine.id),
        lambda: world.scheduling.change(viewer, mine.id, DAILY, "*", world.now),
        lambda: world.scheduling.delete(viewer, mine.id, world.now),
        lambda: world.scheduling.pause(viewer, mine.id, world.now),
        lambda: world.scheduling.resume(viewer, mine.id, world.now),
        lambda: world.scheduling.run(viewer, mine.id, {}, world.now),
        lambda: world.scheduling.runs(viewer, mine.id),
        lambda: world.scheduling.show(world.viewer("owner", "rival"), mine.id),
    ):
        with pytest.raises(NotFound):
            act()


def test_an_administrator_who_sees_less_does_not_change_what_goes_out_in_the_owners_name(world: Scheduled) -> None:
    schedule = world.make("owner")
    world.change("admin", without=(Ability.SEE_NUMBERS,))
    with pytest.raises(Forbidden):
        change(world, "admin", schedule, recipients=[{"user": "admin"}])
    with pytest.raises(Forbidden):
        world.scheduling.run(world.viewer("admin"), schedule.id, {}, world.now)
    # To stop it he may.
    assert world.scheduling.pause(world.viewer("admin"), schedule.id, world.now).document.paused_at == world.now


def test_customers_numbers_in_a_filter_are_masked_for_who_may_not_see_them(world: Scheduled) -> None:
    schedule = world.make("owner", what={"request": {"filter": {"remote": "+48600100200"}}})
    assert schedule.what.request["filter"] == {"remote": "+48600100200"}
    world.change("admin", without=(Ability.SEE_NUMBERS,))
    (shown,) = world.scheduling.all(world.viewer("admin")).schedules
    assert "600100" not in str(shown.what)


def test_an_administrator_takes_a_schedule_over_whose_owner_has_left(world: Scheduled) -> None:
    schedule = world.make("member")
    world.change("member", deleted_at=world.now)
    world.tick(DUE)
    with pytest.raises(Forbidden):
        change(world, "admin", schedule)
    taken = change(world, "admin", schedule, owner="admin")

    assert (taken.owner, taken.stopped, taken.stopped_at) == ("admin", "", None)
    assert world.tick(DUE + timedelta(days=1)).ordered == 1
    assert world.ordered[-1].requester == "admin"


def test_nobody_makes_a_schedule_of_files_that_he_may_not_have(world: Scheduled) -> None:
    with pytest.raises(Forbidden):
        world.make("member", dialect="data")
    with pytest.raises(Forbidden):
        world.make("member", what={"kind": "report", "name": "missed_rate_per_week"})
    world.change("member", without=(Ability.EXPORT,))
    with pytest.raises(Forbidden):
        world.make("member")


def test_a_plan_without_analytics_has_no_schedules(world: Scheduled) -> None:
    world.directory.put_workspace(msgspec.structs.replace(world.directory.settings("acme"), plan="starter"))
    with pytest.raises(PlanTooLow):
        world.make()
    with pytest.raises(PlanTooLow):
        world.scheduling.all(world.viewer("owner"))


def test_a_change_is_made_from_the_version_that_was_read(world: Scheduled) -> None:
    schedule, viewer = world.make(), world.viewer("owner")
    after = world.scheduling.change(viewer, schedule.id, {**DAILY, "name": "New"}, '"1"', world.now)
    assert (after.document.name, after.etag) == ("New", "2")
    with pytest.raises(Outdated):
        world.scheduling.change(viewer, schedule.id, DAILY, '"1"', world.now)
    with pytest.raises(Unversioned):
        world.scheduling.change(viewer, schedule.id, DAILY, None, world.now)


def test_a_schedule_can_be_sent_back_as_it_came(world: Scheduled) -> None:
    """Also what is usual and therefore left out inside."""
    schedule = world.make(
        timing={"cadence": "monthly", "day": "last", "at": "08:00"},
        recipients=[{"user": "owner"}, {"address": OUTSIDE, "language": "pl"}],
    )
    shown = msgspec.json.decode(to_json(schedule))
    keep = ("name", "what", "timing", "format", "dialect", "headers", "language", "skip_when_empty")
    body = {name: shown[name] for name in keep}
    body["recipients"] = [{n: one[n] for n in ("user", "address", "language")} for one in shown["recipients"]]
    again = change(world, "owner", schedule, **body)
    assert msgspec.structs.replace(again, version=1) == schedule


def test_a_deleted_schedule_is_gone(world: Scheduled) -> None:
    schedule, viewer = world.make(), world.viewer("owner")
    world.scheduling.delete(viewer, schedule.id, world.now)
    assert world.scheduling.all(viewer).schedules == ()
    with pytest.raises(NotFound):
        world.scheduling.show(viewer, schedule.id)
    assert world.schedules.times("acme") == {}


def test_a_paused_schedule_has_no_next_time_until_it_is_resumed(world: Scheduled) -> None:
    schedule, viewer = world.make(), world.viewer("owner")
    paused = world.scheduling.pause(viewer, schedule.id, world.now).document
    assert (paused.due_at, paused.next_first, paused.paused_at) == (None, None, world.now)
    resumed = world.scheduling.resume(viewer, schedule.id, DUE + timedelta(days=9)).document
    assert (resumed.due_at, resumed.paused_at) == (DUE + timedelta(days=10), None)


def test_a_schedule_that_stopped_is_resumed_once_its_reason_is_gone(world: Scheduled) -> None:
    schedule, admin = world.make("member"), world.viewer("admin")
    world.change("member", suspended_at=world.now)
    world.tick(DUE)
    with pytest.raises(Forbidden):
        world.scheduling.resume(admin, schedule.id, world.now)
    world.change("member", suspended_at=None)
    resumed = world.scheduling.resume(admin, schedule.id, world.now).document
    assert (resumed.stopped, resumed.due_at) == ("", DUE + timedelta(days=1))


# ---------------------------------------------------------------- people outside


def test_somebody_outside_is_asked_once_and_gets_nothing_before_he_agreed(world: Scheduled) -> None:
    schedule = world.make(recipients=[{"user": "owner"}, {"address": OUTSIDE}])
    (mail,) = world.mail.sent
    assert str(mail["To"]) == OUTSIDE
    assert [(one.user, one.address, one.state) for one in schedule.recipients] == [
        ("owner", "", "ok"), ("", OUTSIDE, "unconfirmed"),
    ]  # fmt: skip
    assert schedule.recipients[1].asked_at == world.now
    change(world, "owner", schedule, recipients=[{"address": OUTSIDE}])
    world.make("member", recipients=[{"address": OUTSIDE}])
    assert len(world.mail.sent) == 1
    world.agree()
    shown = world.scheduling.show(world.viewer("owner"), schedule.id).document
    assert [one.state for one in shown.recipients] == ["ok"]


def test_who_wants_no_mail_is_not_asked_again(world: Scheduled) -> None:
    world.leave(OUTSIDE)
    schedule = world.make(recipients=[{"user": "owner"}, {"address": OUTSIDE}])
    assert world.mail.sent == []
    assert schedule.recipients[1].state == "unsubscribed"


def test_outsiders_are_on_record(world: Scheduled) -> None:
    schedule = world.make(recipients=[{"address": OUTSIDE}])
    lines = world.directory.audit_lines("acme", "2026-03")
    (made,) = [line for line in lines if line.action == "schedule.create"]
    assert (made.target, made.user_id) == (schedule.id, "owner")
    assert made.detail["outside"] == [OUTSIDE]


# ---------------------------------------------------------------- runs


def test_run_now_mails_the_last_full_period_to_who_asks(world: Scheduled) -> None:
    schedule = world.make(recipients=[{"user": "member"}])
    run = world.scheduling.run(world.viewer("owner"), schedule.id, {}, world.now)

    (job,) = world.ordered
    assert (run.job, run.state, run.by, run.job_state) == (job.id, RunState.ORDERED, "owner", JobState.QUEUED)
    assert (run.first, run.last) == (date(2026, 3, 10), date(2026, 3, 10))
    assert [(one.who, one.state) for one in run.letters] == [("owner", MailState.NONE)]
    # It stands beside the run of the schedule itself.
    assert world.tick(DUE).ordered == 1
    assert world.scheduling.run(world.viewer("owner"), schedule.id, {"everyone": True}, world.now).letters[0].who == (
        "member"
    )
    assert len(world.scheduling.runs(world.viewer("owner"), schedule.id).runs) == 3


def test_run_now_with_nobody_to_mail_to_says_so(world: Scheduled) -> None:
    schedule = world.make(recipients=[{"address": OUTSIDE}])
    with pytest.raises(Taken, match="unconfirmed"):
        world.scheduling.run(world.viewer("owner"), schedule.id, {"everyone": True}, world.now)
    assert world.ordered == []


def test_runs_that_people_ask_for_are_few_a_day(world: Scheduled) -> None:
    schedule, viewer = world.make(), world.viewer("owner")
    for minute in range(10):
        world.scheduling.run(viewer, schedule.id, {}, world.now + timedelta(minutes=minute))
    with pytest.raises(LimitReached) as refusal:
        world.scheduling.run(viewer, schedule.id, {}, world.now + timedelta(hours=23))
    assert refusal.value.until == world.now + timedelta(days=1)
    world.scheduling.run(viewer, schedule.id, {}, refusal.value.until)


def test_the_history_says_what_became_of_each_period(world: Scheduled) -> None:
    schedule = world.make(recipients=[{"user": "owner"}, {"address": OUTSIDE}])
    world.agree()
    world.tick(DUE)
    world.run(world.ordered[0].id)
    world.leave()
    world.tick(DUE + timedelta(days=3))

    page = world.scheduling.runs(world.viewer("owner"), schedule.id)
    assert page.next == ""
    third, second, first = page.runs[0], page.runs[1], page.runs[-1]
    assert (first.state, first.job_state, first.error) == (RunState.ORDERED, JobState.READY, "")
    assert first.rows is not None
    assert [(one.who, one.state) for one in first.letters] == [
        ("owner", MailState.SENT), (OUTSIDE, MailState.SENT),
    ]  # fmt: skip
    assert (second.state, second.job_state, second.letters) == (RunState.MISSED, None, ())
    assert [(one.who, one.reason) for one in third.left_out] == [(OUTSIDE, "unsubscribed")]


def test_a_long_history_comes_in_pages(world: Scheduled) -> None:
    schedule, viewer = world.make(), world.viewer("owner")
    world.tick(DUE + timedelta(days=24))
    first = world.scheduling.runs(viewer, schedule.id)
    rest = world.scheduling.runs(viewer, schedule.id, first.next)
    assert (len(first.runs), len(rest.runs), rest.next) == (20, 5, "")
    days = [run.first for run in (*first.runs, *rest.runs)]
    assert days == sorted(days, reverse=True)
