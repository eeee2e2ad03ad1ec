"""Asking, looking and downloading: rights, plans, limits, records."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ringlake.access import Principal, Scope
from ringlake.errors import Forbidden, InvalidRequest, NotFound, PlanTooLow, Unavailable
from ringlake.flows.delivery import Result
from ringlake.flows.requests import OwnUser
from ringlake.model.directory import Ability, Role, Workspace
from ringlake.model.jobs import JobKind, JobState, MailState
from ringlake.stores.jobs import PAGE
from ringlake.stores.queue import MemoryQueue
from tests.unit.export.world import FILTER, NOW, World

DAY = 86_400
REPORT = "missed_rate_per_week"
RANGE = {"from": "2026-03-01", "to": "2026-03-10"}


def ready(world: World, user_id: str = "owner", **body: Any) -> str:
    job_id = world.order(user_id, **body)
    assert world.run(job_id) is Result.DONE
    return job_id


def test_a_request_becomes_a_job_and_one_message_of_its_workspace() -> None:
    world = World()
    view = world.desk.export(world.viewer("member"), {"filter": FILTER}, NOW)

    assert (view.state, view.kind, view.dialect, view.download) == (
        JobState.QUEUED,
        JobKind.EXPORT,
        "spreadsheet",
        None,
    )
    assert world.export_queue.messages == [("acme", {"workspace": "acme", "job": view.id})]
    assert world.job(view.id).requester == "member"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "filter.from"),
        (None, "body"),
        ([], "body"),
        ({"filter": {}}, "filter.from"),
        ({"filter": {"preset": "today"}, "format": "pdf"}, "format"),
        ({"filter": {"preset": "today"}, "dialect": "raw"}, "dialect"),
        ({"filter": {"preset": "today"}, "recipient": "x@example.com"}, "recipient"),
        ({"filter": {"preset": "today", "users": [1]}}, "filter.users.0"),
        ({"filter": {"preset": "last_12_months"}}, "filter.preset"),
        ({"filter": {"from": "2026-01-15", "to": "2026-04-16"}}, "filter.to"),
    ],
)
def test_a_wrong_request_names_its_field_and_queues_nothing(body: Any, field: str) -> None:
    world = World()
    with pytest.raises(InvalidRequest) as refused:
        world.desk.export(world.viewer("owner"), body, NOW)
    assert refused.value.field == field
    assert not world.jobs.rows
    assert not world.export_queue.messages


def test_the_data_dialect_needs_its_ability() -> None:
    world = World()
    with pytest.raises(Forbidden):
        world.desk.export(world.viewer("member"), {"filter": FILTER, "dialect": "data"}, NOW)
    world.grant("member", Ability.RAW_EXPORT)
    assert world.desk.export(world.viewer("member"), {"filter": FILTER, "dialect": "data"}, NOW).dialect == "data"


def test_a_request_that_cannot_be_queued_is_marked_failed() -> None:
    world = World()

    class Down(MemoryQueue):
        def send(self, *_message: object, **_options: object) -> None:
            raise Unavailable("SendMessage")

    world.export_queue = Down()
    with pytest.raises(Unavailable):
        world.desk.export(world.viewer("owner"), {"filter": FILTER}, NOW)
    (job,) = world.jobs.rows.values()
    assert job.state is JobState.FAILED


@pytest.mark.parametrize("plan", ["starter", "free", ""])
def test_on_the_lowest_plan_everything_but_who_am_i_asks_to_upgrade(plan: str) -> None:
    world = World()
    job_id = ready(world)
    world.directory.put_workspace(Workspace(id="acme", name="Acme", plan=plan))
    viewer = world.viewer("owner")
    for use in (
        lambda: world.desk.export(viewer, {"filter": FILTER}, NOW),
        lambda: world.desk.jobs(viewer, NOW),
        lambda: world.desk.job(viewer, job_id, NOW),
        lambda: world.desk.link(viewer, job_id, NOW),
        lambda: world.desk.reports(viewer),
        lambda: world.desk.run(viewer, REPORT, RANGE, NOW),
    ):
        with pytest.raises(PlanTooLow):
            use()
    assert world.desk.me(viewer).workspace.analytics is False

    world.directory.put_workspace(Workspace(id="acme", name="Acme", plan="business"))
    assert world.desk.job(viewer, job_id, NOW).state is JobState.READY


@pytest.mark.parametrize("user_id", ["other", "manager", "operator"])
def test_a_job_of_somebody_else_is_not_there(user_id: str) -> None:
    world = World()
    job_id = ready(world, "member")
    for use in (world.desk.job, world.desk.link):
        with pytest.raises(NotFound):
            use(world.viewer(user_id), job_id, NOW)
        with pytest.raises(NotFound):
            use(world.viewer("owner", "rival"), job_id, NOW)
        with pytest.raises(NotFound):
            use(world.viewer("member"), "no-such-job", NOW)


def test_everybody_lists_his_own_jobs_newest_first_page_by_page() -> None:
    world = World()
    world.limit(exports_at_once=1000, exports_at_once_user=1000)
    mine = []
    for _ in range(PAGE + 10):
        mine.append(world.order("member"))
        world.order("other")
        world.wait(1)

    first, before = world.desk.jobs(world.viewer("member"), world.now)
    second, end = world.desk.jobs(world.viewer("member"), world.now, before)

    assert [job.id for job in first + second] == mine[::-1]
    assert before
    assert end == ""
    assert world.desk.jobs(world.viewer("manager"), world.now) == ([], "")


def test_a_link_is_an_address_for_minutes_and_a_line_on_record() -> None:
    world = World()
    job_id = ready(world, "member")
    job = world.job(job_id)

    link = world.desk.link(world.viewer("member"), job_id, NOW)

    assert link.url == f"memory://{job.key}?seconds=300&filename={job.filename}"
    assert link.until == NOW + timedelta(minutes=5)
    lines = world.directory.audit_lines("acme", "2026-03")
    assert [line.action for line in lines] == ["export.request", "export.ready", "export.download"]
    assert {line.user_id for line in lines} == {"member"}
    assert {line.target for line in lines} == {job_id}
    assert lines[2].detail["sha256"] == job.sha256
    assert lines[1].detail["rows"] == job.rows


def test_without_mail_the_file_waits_and_nobody_is_mailed() -> None:
    world = World()
    job_id = ready(world, "member", mail=False)

    view = world.desk.job(world.viewer("member"), job_id, world.now)
    assert (view.state, view.mail, view.letters) == (JobState.READY, MailState.NONE, [])
    assert not world.mail.sent
    assert world.desk.link(world.viewer("member"), job_id, world.now).url


def test_who_answers_for_exports_sees_those_of_everybody_without_content() -> None:
    world = World()
    mine = ready(world, "owner")
    theirs = world.order("member", {**FILTER, "remote": "+48 601 234 567"})

    page = world.desk.everybody(world.viewer("owner"), world.now)

    assert {one.id: (one.requester_name, one.state) for one in page.exports} == {
        mine: ("Olga", JobState.READY),
        theirs: ("Mia", JobState.QUEUED),
    }
    (asked,) = (one for one in page.exports if one.id == theirs)
    assert asked.filter == {**FILTER, "remote": "given"}
    assert "601" not in str(page)
    assert not hasattr(page.exports[0], "download")
    assert world.desk.everybody(world.viewer("owner", "rival"), world.now).exports == []


def test_everybodys_exports_come_page_by_page() -> None:
    world = World()
    world.limit(exports_at_once=1000, exports_at_once_user=1000)
    ids = []
    for _ in range(PAGE + 5):
        ids.append(world.order("member"))
        world.wait(1)

    first = world.desk.everybody(world.viewer("owner"), world.now)
    second = world.desk.everybody(world.viewer("owner"), world.now, first.next)

    assert [one.id for one in [*first.exports, *second.exports]] == ids[::-1]
    assert (first.next, second.next) == (ids[5], "")


def test_what_is_on_record_holds_no_customers_number() -> None:
    world = World()
    world.order("owner", {**FILTER, "remote": "+48 601 234 567"})
    (line,) = world.directory.audit_lines("acme", "2026-03")

    assert line.detail["filter"] == {**FILTER, "remote": "given"}
    assert "601" not in str(line.detail)


def test_before_it_is_ready_and_after_it_expired_there_is_no_file() -> None:
    world = World()
    job_id = world.order("member")
    with pytest.raises(NotFound):
        world.desk.link(world.viewer("member"), job_id, world.now)
    world.run(job_id)
    world.wait(30 * DAY - 1)
    assert world.desk.job(world.viewer("member"), job_id, world.now).download == f"/v1/exports/{job_id}/download"
    world.wait(1)
    view = world.desk.job(world.viewer("member"), job_id, world.now)
    assert (view.state, view.download) == (JobState.EXPIRED, None)
    with pytest.raises(NotFound):
        world.desk.link(world.viewer("member"), job_id, world.now)


@pytest.mark.parametrize(
    ("change", "open_"),
    [
        ({"numbers": ("n1",)}, True),
        ({"numbers": ("n1", "n2")}, True),
        ({"numbers": ("n2",)}, False),
        ({"numbers": ()}, False),
        ({"role": Role.OWNER}, True),
        ({"role": Role.OPERATOR}, False),
    ],
)
def test_a_download_asks_for_the_rights_of_this_moment(change: dict[str, Any], open_: bool) -> None:
    world = World()
    job_id = ready(world, "member")
    world.change("member", **change)
    if open_:
        world.desk.link(world.viewer("member"), job_id, NOW)
    else:
        with pytest.raises(Forbidden):
            world.desk.link(world.viewer("member"), job_id, NOW)


def test_a_data_file_is_closed_when_the_ability_is_taken_away() -> None:
    world = World()
    world.grant("member", Ability.RAW_EXPORT)
    job_id = ready(world, "member", dialect="data")
    world.grant("member")
    with pytest.raises(Forbidden):
        world.desk.link(world.viewer("member"), job_id, NOW)


def test_a_job_that_nobody_finished_within_a_day_is_shown_as_failed() -> None:
    world = World()
    job_id = world.order()
    world.wait(DAY)
    assert world.desk.job(world.viewer("owner"), job_id, world.now).state is JobState.QUEUED
    world.wait(1)
    assert world.desk.job(world.viewer("owner"), job_id, world.now).state is JobState.FAILED


def test_me_says_who_what_and_what_may_be_seen() -> None:
    world = World()
    me = world.desk.me(world.viewer("member"))

    assert me.workspace.zone == "Europe/Warsaw"
    assert me.user == OwnUser(id="member", name="Mia", email="member@example.com", role=Role.MEMBER, language=None)
    assert me.abilities == ("export", "see_content", "see_names", "see_numbers", "work_cases")
    assert me.scope == Scope(numbers=("n1",), hides=(Ability.SEE_COSTS,))


def run(world: World, viewer: Principal, **body: Any) -> str:
    return world.desk.run(viewer, REPORT, {**RANGE, **body}, NOW).id


def test_a_report_run_asks_athena_for_the_viewers_workspace_and_nothing_else() -> None:
    world = World()
    job_id = run(world, world.viewer("owner"))
    assert world.report_queue.messages == [("acme", {"workspace": "acme", "job": job_id})]
    assert world.run_report(job_id) is Result.DONE

    ((sql, params),) = world.athena.asked
    assert ":workspace" in sql
    assert "acme" not in sql
    assert params["workspace"] == "acme"
    job = world.job(job_id)
    assert job.filename == f"ringlake-{REPORT}_2026-03-01_2026-03-10_spreadsheet.csv"
    assert world.objects.bodies[job.key] == b'\xef\xbb\xbf"day","calls"\r\n"\'=1","3"\r\n'
    (message,) = world.mail.sent
    assert message["Subject"] == "Your report is ready"
    assert world.desk.link(world.viewer("owner"), job_id, NOW).url
    assert world.desk.job(world.viewer("owner"), job_id, NOW, JobKind.REPORT).rows == 1


def test_reports_are_for_those_who_see_the_whole_workspace() -> None:
    world = World()
    for user_id in ("manager", "operator", "member"):
        world.grant(user_id, Ability.REPORTS)
        with pytest.raises(Forbidden):
            run(world, world.viewer(user_id))
        with pytest.raises(Forbidden):
            world.desk.reports(world.viewer(user_id))
    world.grant("manager", Ability.REPORTS, Ability.SCOPE_WORKSPACE)
    assert run(world, world.viewer("manager"))
    assert not world.athena.asked


def test_a_report_is_not_run_for_a_requester_who_lost_the_right() -> None:
    world = World()
    job_id = run(world, world.viewer("owner"))
    world.change("owner", role=Role.MEMBER)

    assert world.run_report(job_id) is Result.FAILED
    assert not world.athena.asked


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "first_date"),
        ({"from": "2026-03-01"}, "last_date"),
        ({**RANGE, "parameters": {"workspace": "rival"}}, "workspace"),
        ({**RANGE, "workspace": "rival"}, "workspace"),
        ({"from": "1 March", "to": "2026-03-10"}, "first_date"),
        ({"from": "2026-03-10", "to": "2026-03-01"}, "last_date"),
        ({**RANGE, "dialect": "raw"}, "dialect"),
    ],
)
def test_a_wrong_parameter_of_a_report_is_named(body: dict[str, Any], field: str) -> None:
    world = World()
    with pytest.raises(InvalidRequest) as refused:
        world.desk.run(world.viewer("owner"), REPORT, body, NOW)
    assert refused.value.field == field


def test_an_unknown_report_is_not_there_and_an_export_is_no_run() -> None:
    world = World()
    with pytest.raises(NotFound):
        world.desk.run(world.viewer("owner"), "no_such_report", RANGE, NOW)
    with pytest.raises(NotFound):
        world.desk.job(world.viewer("owner"), world.order(), NOW, JobKind.REPORT)


def test_the_catalogue_names_every_report_and_its_parameters() -> None:
    world = World()
    catalogue = world.desk.reports(world.viewer("owner"))

    assert REPORT in [report.name for report in catalogue]
    for report in catalogue:
        assert report.title
        assert "workspace" not in [parameter.name for parameter in report.parameters]
