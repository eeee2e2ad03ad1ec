"""What a tick makes of schedules whose time has come (features.md N19, demands.md D57, D58)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest

from ringlake import reports as finance
from ringlake.errors import Unavailable
from ringlake.files.mail import encoded_size
from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.summary import SummaryQuery
from ringlake.flows.exports.registry import REPORTS
from ringlake.flows.schedules import Ticked
from ringlake.model.directory import Ability
from ringlake.model.jobs import JobKind, JobState, MailState
from ringlake.model.language import Language
from ringlake.model.mailing import Standing
from ringlake.model.schedules import LeftOut, RunState
from ringlake.model.tables import CALLS
from tests.driver.faults import Crash, Hooked, Nth
from tests.unit.export.world import at
from tests.unit.query.lake_rows import calls
from tests.unit.schedules.scheduled import OUTSIDE, Scheduled, hours
from tools.simulator.observe import attachment, text_of

WEEKLY = {"cadence": "weekly", "at": "08:00"}
DUE = datetime(2026, 3, 12, 7, tzinfo=UTC)


@pytest.fixture
def world() -> Scheduled:
    return Scheduled()


def test_a_report_is_ordered_once_when_its_time_comes_and_not_before(world: Scheduled) -> None:
    schedule = world.make()

    assert world.tick(DUE - timedelta(seconds=1)) == Ticked()
    assert world.tick(DUE) == Ticked(ordered=1)
    assert world.tick(DUE) == Ticked()
    assert world.tick(DUE + hours(1)) == Ticked()

    (job,) = world.ordered
    assert (job.kind, job.requester, job.schedule) == (JobKind.EXPORT, "owner", schedule.id)
    assert {n: job.filter[n] for n in ("from", "to")} == {"from": "2026-03-11", "to": "2026-03-11"}
    assert [letter.address for letter in job.letters] == ["owner@example.com"]
    assert world.export_queue.messages == [("acme", {"workspace": "acme", "job": job.id})]
    (run,) = world.history(schedule)
    assert (run.id, run.state, run.job) == ("2026-03-11_2026-03-11", RunState.ORDERED, job.id)
    assert world.schedules.times("acme") == {schedule.id: DUE + timedelta(days=1)}


def test_every_period_is_ordered_in_its_turn(world: Scheduled) -> None:
    world.make()
    for day in range(3):
        assert world.tick(DUE + timedelta(days=day, minutes=4)).ordered == 1
    assert [job.filter["from"] for job in world.ordered] == ["2026-03-11", "2026-03-12", "2026-03-13"]


def test_the_head_of_the_mail_has_the_numbers_of_the_period_as_the_screen_shows_them(world: Scheduled) -> None:
    answered = {"is_answered": 1, "is_inbound": 1, "is_answered_offered": 1, "is_spam": 0}
    rows = calls(
        {**answered, **at(16, 8), "record_id": "c:16", "talk_s": 60, "wait_s": 4},
        {**answered, **at(16, 9), "record_id": "c:17", "talk_s": 120, "wait_s": 10},
    )
    world.lake.write(CALLS, "acme", "2026-03-16", rows, None)
    world.make(timing={"cadence": "weekly", "weekday": 1, "at": "08:00"}, what={"request": {}}, name="Week")
    world.tick(datetime(2026, 3, 23, 7, tzinfo=UTC))

    *_, job = world.ordered
    told = job.scheduled
    assert told is not None
    assert (told.name, told.first, told.last, told.zone) == (
        "Week", date(2026, 3, 16), date(2026, 3, 22), "Europe/Warsaw",
    )  # fmt: skip
    assert [(f.metric, f.value, f.before, f.unit) for f in told.figures] == [
        ("calls_answered_inbound", 2, 0, "count"),
        ("average_talk_s", 90.0, None, "seconds"),
        ("asa_s", 7.0, None, "seconds"),
    ]
    names = [figure.metric for figure in told.figures]
    asked = SummaryQuery.model_validate({"from": "2026-03-16", "to": "2026-03-22", "metrics": names})
    screen = world.answers.summary.summary(world.viewer("owner"), asked, world.now)
    assert [f.value for f in told.figures] == [one.value.value for one in screen.metrics]


def test_the_numbers_are_of_what_the_owner_sees(world: Scheduled) -> None:
    answered = {"is_answered": 1, "is_inbound": 1, "is_answered_offered": 1, "is_spam": 0, **at(11, 8)}
    rows = calls(
        {**answered, "record_id": "c:n1", "business_number_id": "n1"},
        {**answered, "record_id": "c:n2", "business_number_id": "n2"},
    )
    world.lake.write(CALLS, "acme", "2026-03-11", rows, None)
    for user_id in ("owner", "member"):
        world.make(user_id)
    world.tick(DUE)
    shown = {job.requester: job.scheduled.figures[0].value for job in world.ordered if job.scheduled}
    assert shown == {"owner": 2, "member": 1}


@pytest.mark.parametrize(
    "request_", [{"filter": {"channels": ["message"]}}, {"report": "messages"}, {"report": "presence"}]
)
def test_a_file_that_is_not_about_calls_has_no_numbers_about_them(world: Scheduled, request_: dict[str, Any]) -> None:
    world.make(what={"request": request_})
    world.tick(DUE)
    assert world.ordered[0].scheduled is not None
    assert world.ordered[0].scheduled.figures == ()


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_can_be_scheduled_and_arrives(world: Scheduled, report: str) -> None:
    options = {"chart": "series"} if report == "chart" else {}
    schedule = world.make(
        what={"request": {"report": report, "options": options}},
        timing={"cadence": "monthly", "at": "08:00"},
        format="xlsx",
    )
    assert schedule.due_at is not None
    assert world.tick(schedule.due_at) == Ticked(ordered=1)
    world.run(world.ordered[0].id)

    (job,) = world.ordered
    assert (job.state, job.name, job.filter["to"]) == (JobState.READY, report, "2026-03-31")
    assert [letter.state for letter in job.letters] == [MailState.SENT]
    (mail,) = world.mail.sent
    assert attachment(mail)[0] == job.filename


def test_an_empty_file_is_not_mailed_where_that_was_asked_for(world: Scheduled) -> None:
    for skip in (True, False):
        world.make(name=str(skip), what={"request": {"filter": {"users": ["nobody"]}}}, skip_when_empty=skip)
    world.tick(DUE)
    for job in world.ordered:
        world.run(job.id)
    states = {job.scheduled.name: job.letters[0].state for job in world.ordered if job.scheduled}
    assert states == {"True": MailState.SKIPPED, "False": MailState.SENT}
    assert [job.rows for job in world.ordered] == [0, 0]


def test_somebody_outside_gets_a_large_file_packed_or_is_told_whom_to_ask(world: Scheduled) -> None:
    schedule = world.make(recipients=[{"user": "owner"}, {"address": OUTSIDE}], timing=WEEKLY)
    world.agree()
    owner, moment = world.viewer("owner"), datetime(2026, 3, 16, 9, tzinfo=UTC)

    def mailed(limit: int) -> dict[str, EmailMessage]:
        world.attach_limit_bytes = limit
        asked = world.scheduling.run(owner, schedule.id, {"everyone": True}, moment)
        world.mail.sent.clear()
        world.run(asked.job)
        return {str(mail["To"]): mail for mail in world.mail.sent}

    mailed(7_000_000)
    # A byte too little for the file as it is, and then too little for anything.
    size = world.ordered[0].size_bytes
    assert size
    packed, told = mailed(encoded_size(size) - 1), mailed(100)
    assert attachment(packed["owner@example.com"]) == ("", b"")
    assert "/app/exports?job=" in text_of(packed["owner@example.com"])
    name, content = attachment(packed[OUTSIDE])
    assert name.endswith(".csv.zip")
    with ZipFile(BytesIO(content)) as inside:
        assert inside.namelist() == [name.removesuffix(".zip")]
    assert attachment(told[OUTSIDE]) == ("", b"")
    assert "owner@example.com" in text_of(told[OUTSIDE])
    assert "/app/" not in text_of(told[OUTSIDE])


def test_after_an_outage_the_latest_period_is_sent_and_the_others_are_listed_as_missed(world: Scheduled) -> None:
    schedule = world.make()

    assert world.tick(DUE + timedelta(days=3, hours=2)) == Ticked(ordered=1, missed=3)

    assert [job.filter["from"] for job in world.ordered] == ["2026-03-14"]
    assert [(run.first.day, run.state) for run in world.history(schedule)] == [
        (14, RunState.ORDERED), (13, RunState.MISSED), (12, RunState.MISSED), (11, RunState.MISSED),
    ]  # fmt: skip
    assert world.schedules.times("acme") == {schedule.id: DUE + timedelta(days=4)}


def test_a_schedule_whose_owner_is_gone_or_suspended_ends_with_a_reason(world: Scheduled) -> None:
    for user, field, word in (("manager", "suspended_at", "suspended"), ("operator", "deleted_at", "no longer")):
        schedule = world.make(user, name=user)
        world.change(user, **{field: world.now})

        assert world.tick(DUE).refused == 1

        kept = world.schedules.get("acme", schedule.id)
        assert kept is not None
        assert kept.stopped_at == DUE
        assert word in kept.stopped
        assert schedule.id not in world.schedules.times("acme")
        assert world.history(schedule)[0].state is RunState.REFUSED
        assert [line.action for line in world.directory.audit_lines("acme", "2026-03")][-1] == "schedule.stop"
        world.now = DUE - hours(20)
    assert world.ordered == []
    assert world.tick(DUE + timedelta(days=5)) == Ticked()


def test_rights_of_the_owner_at_run_time_decide(world: Scheduled) -> None:
    world.grant("manager", Ability.RAW_EXPORT)
    schedule = world.make("manager", dialect="data", recipients=[{"user": "owner"}])
    world.grant("manager")

    assert world.tick(DUE).refused == 1
    kept = world.schedules.get("acme", schedule.id)
    assert kept is not None
    assert "raw_export" in kept.stopped


def test_on_a_plan_without_analytics_a_run_is_refused_and_the_schedule_goes_on(world: Scheduled) -> None:
    schedule = world.make()
    workspace = world.directory.settings("acme")
    world.directory.put_workspace(msgspec.structs.replace(workspace, plan="starter"))

    assert world.tick(DUE).refused == 1
    world.directory.put_workspace(workspace)
    assert world.tick(DUE + timedelta(days=1)).ordered == 1
    assert [run.state for run in world.history(schedule)] == [RunState.ORDERED, RunState.REFUSED]


def test_a_mail_waits_an_hour_for_the_numbers_at_its_head_and_then_goes_without(world: Scheduled) -> None:
    world.make()
    world.lake_is_down = True
    for minutes in range(0, 60, 5):
        assert world.tick(DUE + timedelta(minutes=minutes)) == Ticked(failed=1)
    assert world.tick(DUE + timedelta(hours=1)) == Ticked(ordered=1)
    assert world.ordered[0].scheduled is not None
    assert world.ordered[0].scheduled.figures == ()


def test_everybody_gets_a_letter_of_his_own_in_his_language_with_a_way_out_of_his_own(world: Scheduled) -> None:
    world.change("manager", language=Language.PL)
    schedule = world.make(recipients=[{"user": "manager"}, {"user": "member", "language": "es"}, {"address": OUTSIDE}])
    world.agree()
    world.tick(DUE)

    (job,) = world.ordered
    assert [(one.address, one.language, one.outside) for one in job.letters] == [
        ("manager@example.com", Language.PL, False),
        ("member@example.com", Language.ES, False),
        (OUTSIDE, Language.EN, True),
    ]
    assert len({one.leave for one in job.letters}) == 3
    passes = [world.passes.find(one.leave, world.now) for one in job.letters]
    assert [(p.address, p.topic) for p in passes if p] == [
        (one.address, f"schedule:{schedule.id}") for one in job.letters
    ]


def test_who_left_or_bounced_or_never_agreed_is_left_out_and_shown(world: Scheduled) -> None:
    outside = [f"{name}@client.example" for name in ("agreed", "silent", "left", "bounced")]
    world.change("member", suspended_at=world.now)
    schedule = world.make(recipients=[{"user": "member"}, *({"address": address} for address in outside)])
    for address in (outside[0], *outside[2:]):
        world.agree(address)
    world.leave(outside[2], f"schedule:{schedule.id}")
    world.know(outside[3], standing=Standing.BOUNCED)
    world.tick(DUE)

    assert [letter.address for letter in world.ordered[0].letters] == [outside[0]]
    assert world.history(schedule)[0].left_out == (
        LeftOut(who="member", reason="suspended"),
        LeftOut(who=outside[1], reason="unconfirmed"),
        LeftOut(who=outside[2], reason="unsubscribed"),
        LeftOut(who=outside[3], reason="bounced"),
    )


def test_leaving_another_schedule_changes_nothing_here(world: Scheduled) -> None:
    world.make(recipients=[{"address": OUTSIDE}])
    world.agree()
    world.leave(OUTSIDE, "schedule:another")
    assert world.tick(DUE).ordered == 1


def test_with_nobody_left_to_mail_to_no_file_is_made_and_the_schedule_goes_on(world: Scheduled) -> None:
    schedule = world.make(recipients=[{"address": OUTSIDE}])
    assert world.tick(DUE).refused == 1
    assert world.ordered == []
    world.agree()
    assert world.tick(DUE + timedelta(days=1)).ordered == 1
    assert "nobody" in world.history(schedule)[1].reason


def test_a_finance_query_runs_over_the_period_with_its_other_parameters(world: Scheduled) -> None:
    world.make(
        what={"kind": "report", "name": "missed_rate_per_week"},
        timing={"cadence": "monthly", "day": "last", "at": "18:00"},
    )
    world.tick(datetime(2026, 3, 31, 16, tzinfo=UTC))

    (job,) = world.ordered
    assert (job.kind, job.name) == (JobKind.REPORT, "missed_rate_per_week")
    assert job.filter == {"first_date": "2026-02-01", "last_date": "2026-02-28"}
    assert world.report_queue.messages == [("acme", {"workspace": "acme", "job": job.id})]


def test_every_finance_query_can_be_scheduled(world: Scheduled) -> None:
    for name in finance.reports():
        world.make(name=name, what={"kind": "report", "name": name}, timing={"cadence": "yearly", "at": "08:00"})
    assert len(world.schedules.kept) >= 15
    assert world.tick(datetime(2027, 1, 1, 7, tzinfo=UTC)) == Ticked(ordered=len(world.schedules.kept))
    assert {job.name for job in world.ordered} == set(finance.reports())
    assert {job.filter["last_date"] for job in world.ordered} == {"2026-12-31"}


def test_a_saved_report_is_sent_over_the_period_whatever_its_own_range_is(world: Scheduled) -> None:
    saved = _saved(world, parameters={"users": ["operator"], "from": "2026-01-01", "to": "2026-01-31"})
    world.make(what={"request": {"saved": saved}})
    world.tick(DUE)
    (job,) = world.ordered
    assert job.filter["users"] == ["operator"]
    assert (job.filter["from"], job.filter["to"]) == ("2026-03-11", "2026-03-11")


def test_a_schedule_of_a_saved_report_that_is_deleted_ends_with_a_reason(world: Scheduled) -> None:
    saved = _saved(world, parameters={"users": ["operator"]})
    schedule = world.make(what={"request": {"saved": saved}})
    world.answers.saved.delete(world.viewer("owner"), saved, world.now)

    assert world.tick(DUE).refused == 1
    kept = world.schedules.get("acme", schedule.id)
    assert kept is not None
    assert kept.stopped == "what.request.saved: there is no such saved report"


def _saved(world: Scheduled, parameters: dict[str, Any]) -> str:
    body = {"name": "Mine", "view": "/v1/interactions", "parameters": parameters}
    views = {"/v1/interactions": ListQuery}
    return world.answers.saved.create(world.viewer("owner"), body, views, world.now).document.id


def test_what_is_due_at_midnight_waits_until_the_lake_has_all_of_the_day_but_not_for_ever(world: Scheduled) -> None:
    midnight = datetime(2026, 3, 11, 23, tzinfo=UTC)
    world.make(timing={"cadence": "daily", "at": "00:00"})
    assert world.tick(midnight) == Ticked()
    assert world.tick(midnight + timedelta(minutes=5)) == Ticked(ordered=1)
    world.rolls_up = False
    assert world.tick(midnight + timedelta(days=1, minutes=55)) == Ticked()
    assert world.tick(midnight + timedelta(days=1, minutes=60)) == Ticked(ordered=1)
    assert [job.filter["from"] for job in world.ordered] == ["2026-03-11", "2026-03-12"]


def test_days_are_those_of_the_schedules_zone(world: Scheduled) -> None:
    world.make(timing={"cadence": "daily", "at": "00:30", "zone": "Pacific/Auckland"})
    # 12 March, half past midnight in Auckland.
    assert world.tick(datetime(2026, 3, 11, 11, 30, tzinfo=UTC)).ordered == 1
    (job,) = world.ordered
    assert (job.filter["from"], job.filter["zone"]) == ("2026-03-11", "Pacific/Auckland")


def test_when_the_workspace_moves_to_another_zone_no_period_is_left_out_or_sent_twice(world: Scheduled) -> None:
    schedule = world.make()
    workspace = world.directory.settings("acme")
    world.directory.put_workspace(msgspec.structs.replace(workspace, zone="Asia/Tokyo"))
    for minutes in range(0, 3 * 24 * 60, 60):
        world.tick(DUE + timedelta(minutes=minutes))
    assert [run.first.day for run in world.history(schedule)] == [14, 13, 12, 11]
    assert len(world.ordered) == 4


def test_a_period_that_was_sent_is_not_sent_again_when_the_day_is_moved(world: Scheduled) -> None:
    world.now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    schedule = world.make(timing={"cadence": "monthly", "day": 10, "at": "08:00"})
    world.tick(datetime(2026, 3, 10, 7, tzinfo=UTC))
    body = {
        "name": "Later", "what": {"request": {}}, "recipients": [{"user": "owner"}],
        "timing": {"cadence": "monthly", "day": 20, "at": "08:00"},
    }  # fmt: skip
    world.scheduling.change(world.viewer("owner"), schedule.id, body, "*", world.now)

    assert world.tick(datetime(2026, 3, 20, 7, tzinfo=UTC)) == Ticked()
    assert world.tick(datetime(2026, 4, 20, 6, tzinfo=UTC)).ordered == 1
    assert [job.filter["from"] for job in world.ordered] == ["2026-02-01", "2026-03-01"]


def test_a_schedule_that_fails_does_not_keep_the_others_waiting(world: Scheduled) -> None:
    first, second = world.make(name="1"), world.make(name="2")
    broken = min(first.id, second.id)

    class Failing:
        def __init__(self, store: Any) -> None:
            self._store = store

        def __getattr__(self, name: str) -> Any:
            return getattr(self._store, name)

        def get(self, workspace: str, schedule_id: str) -> Any:
            if schedule_id == broken:
                raise Unavailable("for now")
            return self._store.get(workspace, schedule_id)

    def wrap(store: Any) -> Any:
        return Failing(store) if store is world.schedules else store

    assert world.tick(DUE, wrap) == Ticked(ordered=1, failed=1)
    assert world.tick(DUE + timedelta(minutes=5)) == Ticked(ordered=1)
    assert len(world.ordered) == 2


def calls_of_a_tick() -> int:
    world, nth = _ready(), Nth(None, Crash)
    world.tick(DUE, lambda store: Hooked(store, nth))
    return nth.calls


def _ready() -> Scheduled:
    world = Scheduled()
    world.make(recipients=[{"user": "owner"}, {"user": "member"}])
    return world


@pytest.mark.parametrize("error", [Crash, lambda: Unavailable("now")], ids=["crash", "unavailable"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_fault_at_any_call_of_a_store_leaves_one_job_that_is_queued(
    error: Callable[[], BaseException], after: bool
) -> None:
    """Whichever call fails, done or not done, the next ticks end with one job, queued, and one run that says so."""
    for place in range(1, calls_of_a_tick() + 1):
        world, nth = _ready(), Nth(place, error)

        def wrap(store: Any, nth: Nth = nth) -> Any:
            return _After(store, nth) if after else Hooked(store, nth)

        with suppress(Crash, Unavailable):
            world.tick(DUE, wrap)
        for minutes in (5, 10):
            world.tick(DUE + timedelta(minutes=minutes))

        (job,) = world.ordered
        assert [letter.address for letter in job.letters] == ["owner@example.com", "member@example.com"]
        assert {message["job"] for _, message in world.export_queue.messages} == {job.id}, place
        ((_, schedule_id),) = world.schedules.kept
        (run,) = world.schedules.runs("acme", schedule_id)
        assert (run.state, run.job) == (RunState.ORDERED, job.id)
        assert world.schedules.times("acme") == {schedule_id: DUE + timedelta(days=1)}


class _After:
    """A store whose nth call is done, and whose answer is lost."""

    def __init__(self, store: Any, after: Callable[[], None]) -> None:
        self._store, self._after = store, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            result = found(*args, **kwargs)
            self._after()
            return result

        return call


class _Between:
    """A second tick begins just before the nth call of the first."""

    def __init__(self, place: int, world: Scheduled) -> None:
        self._left, self._world = place, world

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._world.tick(DUE)


def test_two_ticks_at_once_order_one_job() -> None:
    for place in range(1, calls_of_a_tick() + 1):
        world = _ready()
        between = _Between(place, world)
        world.tick(DUE, lambda store, between=between: Hooked(store, between))  # type: ignore[misc]

        assert len(world.ordered) == 1
        ((_, schedule_id),) = world.schedules.kept
        (run,) = world.schedules.runs("acme", schedule_id)
        assert run.state is RunState.ORDERED
        assert world.schedules.times("acme") == {schedule_id: DUE + timedelta(days=1)}


def test_what_is_paused_or_deleted_between_is_not_ordered(world: Scheduled) -> None:
    schedule = world.make()
    world.scheduling.pause(world.viewer("owner"), schedule.id, world.now)
    assert world.tick(DUE) == Ticked()
    world.scheduling.resume(world.viewer("owner"), schedule.id, world.now)
    assert world.tick(DUE + hours(1)) == Ticked()
    assert world.tick(DUE + timedelta(days=1)).ordered == 1
    world.scheduling.delete(world.viewer("owner"), schedule.id, world.now)
    assert world.tick(DUE + timedelta(days=2)) == Ticked()
    # What fell into the pause is neither sent nor missed.
    assert [run.first.day for run in world.history(schedule)] == [12]


def test_a_tick_without_time_leaves_the_rest_for_the_next(world: Scheduled) -> None:
    world.make(name="1")
    world.make(name="2")
    times = iter([True, False])

    assert world.tick(DUE, until=lambda: next(times)) == Ticked(ordered=1, waiting=1)
    assert world.tick(DUE + timedelta(minutes=5)) == Ticked(ordered=1)
