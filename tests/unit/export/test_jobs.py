"""What people do with their jobs: watch, stop, try again, delete; and how many they may have."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from ringlake.errors import Forbidden, LimitReached, NotFound, Taken, Unavailable
from ringlake.files.mail import encoded_size
from ringlake.flows.delivery import ATTEMPTS, Result, Steps
from ringlake.flows.manifest import manifest_key
from ringlake.flows.workshop import LEASE
from ringlake.model.base import to_json
from ringlake.model.directory import Role
from ringlake.model.jobs import Job, JobState, Letter, LetterKind, MailState
from ringlake.stores.queue import MemoryQueue
from tests.unit.export.faults import Meddler
from tests.unit.export.world import FILTER, NOW, WATERMARK, World

DAY = 86_400


def ready(world: World, user_id: str = "member", **body: Any) -> str:
    job_id = world.order(user_id, **body)
    assert world.run(job_id) is Result.DONE
    return job_id


def failed(world: World, user_id: str = "member") -> str:
    """A job whose lake never answered."""
    job_id = world.order(user_id)
    for _ in range(ATTEMPTS):
        with pytest.raises(Unavailable):
            world.run(job_id, lambda store: _Down() if store is world.lake else store)
    # The requester is told when the message comes once more.
    assert world.run(job_id) is Result.FAILED
    return job_id


class _Down:
    def __getattr__(self, name: str) -> object:
        raise Unavailable(name)


def actions(world: World) -> list[str]:
    return [line.action for line in world.directory.audit_lines("acme", "2026-03")]


# ---------------------------------------------------------------- progress and manifest


def test_progress_is_told_every_few_seconds_and_never_reaches_100_before_the_end() -> None:
    world = World()
    world.tick_s = 1
    job_id = world.order()
    told: list[int] = []

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(world.jobs, name)

        def transition(self, job: Job, after: Job) -> Job:
            told.append(world.desk.job(world.viewer("owner"), job_id, world.now).progress)
            return world.jobs.transition(job, after)

    assert world.run(job_id, lambda store: Watched() if store is world.jobs else store) is Result.DONE
    assert told == sorted(told)
    assert any(0 < share < 100 for share in told)
    assert world.desk.job(world.viewer("owner"), job_id, world.now).progress == 100


def test_steps_know_how_much_of_them_is_done() -> None:
    steps = Steps(["a", "b", "c", "d"])
    shares = [steps.share() for _ in steps]
    assert [*shares, steps.share()] == [0, 0.25, 0.5, 0.75, 1]
    assert Steps([]).share() == 1


def test_the_manifest_says_what_is_in_the_file_and_lies_beside_it() -> None:
    world = World()
    job_id = ready(world, "owner")
    job = world.job(job_id)
    said = world.desk.manifest(world.viewer("owner"), job_id, world.now)

    assert world.objects.bodies[manifest_key(job)] == to_json(said)
    assert (said.rows, said.prefixed_cells, said.cut_cells, said.sheets) == (5, 1, 0, 1)
    assert (said.filter, said.zone, said.as_of, said.settings_version) == (FILTER, "Europe/Warsaw", WATERMARK, 1)
    assert said.columns[:2] == ("record_id", "channel")
    body = world.objects.bodies[job.key]
    header = body.decode("utf-8-sig").split("\r\n")[0]
    assert header == ",".join(f'"{name}"' for name in said.columns)
    assert (said.sha256, said.size_bytes) == (job.sha256, len(body))


def test_the_manifest_is_for_those_who_may_have_the_file() -> None:
    world = World()
    job_id = ready(world)
    with pytest.raises(NotFound):
        world.desk.manifest(world.viewer("manager"), job_id, world.now)
    world.change("member", numbers=("n2",))
    with pytest.raises(Forbidden):
        world.desk.manifest(world.viewer("member"), job_id, world.now)


# ---------------------------------------------------------------- cancel, retry, delete


def test_a_queued_job_that_is_cancelled_is_never_made() -> None:
    world = World()
    job_id = world.order("member")
    view = world.desk.cancel(world.viewer("member"), job_id, world.now)

    assert view.state is JobState.CANCELLED
    assert world.run(job_id) is Result.CANCELLED
    assert (world.objects.bodies, world.mail.sent) == ({}, [])
    assert world.desk.cancel(world.viewer("member"), job_id, world.now).state is JobState.CANCELLED
    assert actions(world) == ["export.request", "export.cancel"]


def test_only_the_requester_cancels_retries_and_deletes() -> None:
    world = World()
    job_id = failed(world)
    for use in (world.desk.cancel, world.desk.retry, world.desk.delete):
        for viewer in (world.viewer("owner"), world.viewer("other"), world.viewer("owner", "rival")):
            with pytest.raises(NotFound):
                use(viewer, job_id, world.now)


def test_what_is_finished_cannot_be_cancelled_or_tried_again() -> None:
    world = World()
    job_id = ready(world)
    for use in (world.desk.cancel, world.desk.retry):
        with pytest.raises(Taken):
            use(world.viewer("member"), job_id, world.now)
    assert world.job(job_id).state is JobState.READY


def test_a_failed_job_is_tried_again_with_all_its_attempts() -> None:
    world = World()
    job_id = failed(world)
    (told,) = world.mail.sent
    assert told["Subject"] == "Your export could not be made"

    view = world.desk.retry(world.viewer("member"), job_id, world.now)
    assert (view.state, view.error) == (JobState.QUEUED, "")
    assert world.export_queue.messages[-1] == ("acme", {"workspace": "acme", "job": job_id})
    for _ in range(ATTEMPTS - 1):
        with pytest.raises(Unavailable):
            world.run(job_id, lambda store: _Down() if store is world.lake else store)
    assert world.run(job_id) is Result.DONE

    assert [mail["Subject"] for mail in world.mail.sent] == ["Your export could not be made", "Your export is ready"]
    assert world.job(job_id).attempts == 2 * ATTEMPTS


def test_a_job_that_nobody_finished_within_a_day_can_be_tried_again() -> None:
    world = World()
    job_id = world.order("member")
    with pytest.raises(Taken):
        world.desk.retry(world.viewer("member"), job_id, world.now)
    world.wait(DAY + 1)
    view = world.desk.retry(world.viewer("member"), job_id, world.now)
    assert view.state is JobState.QUEUED
    assert world.run(job_id) is Result.DONE


def test_a_retry_that_cannot_be_queued_leaves_the_job_failed() -> None:
    world = World()
    job_id = failed(world)

    class Down(MemoryQueue):
        def send(self, *_message: object, **_options: object) -> None:
            raise Unavailable("SendMessage")

    world.export_queue = Down()
    with pytest.raises(Unavailable):
        world.desk.retry(world.viewer("member"), job_id, world.now)
    assert world.job(job_id).state is JobState.FAILED


def test_an_old_failure_is_not_tried_again() -> None:
    world = World()
    job_id = failed(world)
    world.wait(30 * DAY)
    with pytest.raises(Taken):
        world.desk.retry(world.viewer("member"), job_id, world.now)


def test_a_deleted_job_is_gone_with_its_file_and_stays_on_record() -> None:
    world = World()
    job_id, kept = ready(world), ready(world)
    viewer = world.viewer("member")
    assert world.desk.delete(viewer, job_id, world.now).state is JobState.EXPIRED

    assert list(world.jobs.rows) == [("acme", kept)]
    assert all(kept in key for key in world.objects.bodies)
    with pytest.raises(NotFound):
        world.desk.link(viewer, job_id, world.now)
    with pytest.raises(NotFound):
        world.desk.delete(viewer, job_id, world.now)
    assert actions(world).count("export.delete") == 1


def test_what_is_under_way_is_cancelled_before_it_is_deleted() -> None:
    world = World()
    job_id = world.order("member")
    viewer = world.viewer("member")
    with pytest.raises(Taken):
        world.desk.delete(viewer, job_id, world.now)
    world.desk.cancel(viewer, job_id, world.now)
    world.desk.delete(viewer, job_id, world.now)
    assert world.run(job_id) is Result.GONE
    assert not world.jobs.rows


# ---------------------------------------------------------------- limits and turns


def test_one_person_has_so_many_files_under_way_and_another_still_gets_his() -> None:
    world = World()
    world.limit(exports_at_once_user=2)
    first = world.order("member")
    world.order("member")
    with pytest.raises(LimitReached) as refused:
        world.order("member")

    assert (refused.value.limit, refused.value.most) == ("exports_at_once_user", 2)
    assert str(refused.value) == "2 of your files are under way; wait until one is ready"
    assert len(world.jobs.rows) == 2
    assert len(world.export_queue.messages) == 2
    world.order("other")
    world.run(first)
    world.order("member")


def test_a_workspace_has_so_many_files_under_way_and_another_still_gets_its_own() -> None:
    world = World()
    world.limit(exports_at_once=2)
    world.order("member")
    world.order("other")
    with pytest.raises(LimitReached, match="2 of the workspace's files"):
        world.order("owner")
    world.desk.export(world.viewer("owner", "rival"), {"filter": FILTER}, world.now)


@pytest.mark.parametrize(("setting", "whose"), [("exports_daily_user", "your"), ("exports_daily", "the workspace's")])
def test_the_limit_of_a_day_says_when_the_next_may_be_asked_for(setting: str, whose: str) -> None:
    world = World()
    limit: dict[str, Any] = {setting: 3}
    world.limit(**limit)
    for _ in range(3):
        ready(world)
        world.wait(3_600)
    with pytest.raises(LimitReached) as refused:
        world.order("member")

    assert (refused.value.limit, refused.value.until) == (setting, NOW + timedelta(days=1))
    assert str(refused.value).startswith(f"3 of {whose} files were asked for within 24 hours")
    assert str(refused.value).endswith("2026-03-12 09:00 UTC")
    world.now = NOW + timedelta(days=1)
    with pytest.raises(LimitReached):
        world.order("member")
    world.wait(1)
    ready(world)
    with pytest.raises(LimitReached) as again:
        world.order("member")
    assert again.value.until == NOW + timedelta(days=1, hours=1)


def test_two_who_ask_in_the_same_moment_cannot_both_have_the_last_place() -> None:
    """One order comes in whole between two steps of another."""
    taken = set()
    for number in range(12):
        world = World()
        world.limit(exports_at_once=1)

        def other(world: World = world) -> None:
            with suppress(LimitReached):
                world.order("other")

        desk = world.desk_over(Meddler(before={number: other}).wrap)
        with suppress(LimitReached):
            desk.export(world.viewer("member"), {"filter": FILTER}, world.now)
        assert len(world.jobs.rows) <= 1
        assert len(world.export_queue.messages) == len(world.jobs.rows)
        taken.add(len(world.jobs.rows))
    assert taken == {1}


def test_files_of_schedules_do_not_count() -> None:
    world = World()
    world.limit(exports_at_once_user=1, exports_daily_user=1)
    job = world.desk.export_job(world.viewer("member"), {"filter": FILTER}, world.now)
    world.desk.order(msgspec.structs.replace(job, schedule="weekly"), world.viewer("member"), world.now)
    assert world.order("member")


def test_a_workspace_with_many_jobs_has_so_many_workers_and_the_rest_wait_their_turn() -> None:
    world = World()
    world.limit(exports_running=2)
    jobs = [world.order(user) for user in ("member", "other", "owner")]
    for job_id in jobs[:2]:
        job = world.job(job_id)
        running = msgspec.structs.replace(job, state=JobState.RUNNING, started_at=world.now, attempts=1, worker=job_id)
        world.jobs.transition(job, running)

    assert world.run(jobs[2]) is Result.WAITS
    assert world.job(jobs[2]).state is JobState.QUEUED
    assert world.job(jobs[2]).attempts == 0
    # A worker that is dead takes no place.
    world.wait(int(LEASE.total_seconds()))
    assert world.run(jobs[2]) is Result.DONE


# ---------------------------------------------------------------- letters


def with_letters(world: World, job_id: str, *letters: Letter, **changes: Any) -> None:
    job = world.job(job_id)
    world.jobs.transition(job, msgspec.structs.replace(job, letters=job.letters + letters, **changes))


def test_owners_are_told_of_a_large_file_and_its_requester_does_not_see_that() -> None:
    world = World()
    world.limit(exports_notice_rows=3)
    job_id = ready(world)

    assert [mail["To"] for mail in world.mail.sent] == ["member@example.com", "owner@example.com"]
    text = world.mail.sent[1].get_body(("plain",))
    assert text is not None
    assert "Mia" in text.get_content()
    view = world.desk.job(world.viewer("member"), job_id, world.now)
    assert [letter.address for letter in view.letters] == ["member@example.com"]
    with pytest.raises(NotFound):
        world.desk.link(world.viewer("owner"), job_id, world.now)

    ready(world, "owner")
    assert [mail["To"] for mail in world.mail.sent[2:]] == ["owner@example.com"]


def test_many_small_files_are_seen_once_they_come_to_a_large_one() -> None:
    world = World()
    world.limit(exports_notice_rows=8)
    for _ in range(4):
        # Three rows each: the third file makes it nine.
        ready(world)
        world.wait(3_600)
    told = [mail for mail in world.mail.sent if mail["To"] == "owner@example.com"]
    assert len(told) == 1
    text = told[0].get_body(("plain",))
    assert text is not None
    assert "Files within 24 hours" in text.get_content()
    assert ": 9" in text.get_content()

    # Those of yesterday are forgotten.
    world.wait(DAY)
    ready(world)
    assert len([mail for mail in world.mail.sent if mail["To"] == "owner@example.com"]) == 1


def test_small_files_are_nobody_elses_business() -> None:
    world = World()
    world.limit(exports_notice_rows=4)
    ready(world)
    assert [mail["To"] for mail in world.mail.sent] == ["member@example.com"]


def test_a_letter_to_an_address_that_came_back_is_not_sent_and_says_why() -> None:
    from ringlake.model.mailing import MailAddress, Standing

    world = World()
    for address, standing in (("a@x.example", Standing.BOUNCED), ("b@x.example", Standing.COMPLAINED)):
        world.addresses.put("acme", MailAddress(address=address, standing=standing), None)
    job_id = world.order("member")
    with_letters(world, job_id, *(Letter(address=f"{name}@x.example", outside=True) for name in "abc"))
    assert world.run(job_id) is Result.DONE

    letters = world.job(job_id).letters
    assert [letter.state.value for letter in letters] == ["sent", "failed", "failed", "sent"]
    assert "came back" in letters[1].error
    assert "unwanted" in letters[2].error
    assert [mail["To"] for mail in world.mail.sent] == ["member@example.com", "c@x.example"]


def test_whoever_left_a_schedule_gets_none_of_its_mails_and_still_what_he_asks_for() -> None:
    from ringlake.model.mailing import Left, MailAddress

    world = World()
    left = MailAddress(address="member@example.com", left=(Left(topic="schedule:weekly", at=NOW),))
    world.addresses.put("acme", left, None)
    asked, weekly = world.order("member"), world.order("member")
    job = world.job(weekly)
    letters = (Letter(address="member@example.com", leave="token"),)
    world.jobs.transition(job, msgspec.structs.replace(job, schedule="weekly", letters=letters))
    world.run(asked)
    world.run(weekly)

    assert world.job(asked).letters[0].state is MailState.SENT
    assert world.job(weekly).letters[0].state is MailState.FAILED
    assert "wants no more" in world.job(weekly).letters[0].error


def test_a_recipient_who_signs_in_fetches_the_file_with_his_own_rights() -> None:
    world = World()
    job_id = world.order("manager")
    with_letters(world, job_id, Letter(address="Owner@example.com"), Letter(address="member@example.com"))
    world.run(job_id)

    owner, member = world.viewer("owner"), world.viewer("member")
    assert world.desk.link(owner, job_id, world.now).url
    view = world.desk.job(owner, job_id, world.now)
    assert [letter.address for letter in view.letters] == ["Owner@example.com"]
    assert view.filter == FILTER
    # Her rights do not cover what the manager sees.
    with pytest.raises(Forbidden):
        world.desk.link(member, job_id, world.now)
    assert world.desk.job(member, job_id, world.now).filter == {}
    for use in (world.desk.cancel, world.desk.retry, world.desk.delete):
        with pytest.raises(NotFound):
            use(owner, job_id, world.now)


@pytest.mark.parametrize(("rows", "sent"), [(0, []), (5, ["owner@example.com"])])
def test_an_empty_file_of_a_schedule_is_not_mailed_where_nobody_wants_it(rows: int, sent: list[str]) -> None:
    from ringlake.model.jobs import Scheduled

    world = World()
    job_id = world.order("owner", FILTER if rows else {"from": "2026-02-01", "to": "2026-02-02"})
    day = date(2026, 3, 9)
    told = Scheduled(name="Weekly", first=day, last=day, zone="Europe/Warsaw", skip_when_empty=True)
    with_letters(world, job_id, schedule="weekly", scheduled=told)
    assert world.run(job_id) is Result.DONE

    assert [mail["To"] for mail in world.mail.sent] == sent
    assert world.job(job_id).letters[0].state is (MailState.SENT if sent else MailState.SKIPPED)


def test_who_cannot_sign_in_gets_a_large_file_packed() -> None:
    import io
    import zipfile

    world = World()
    # Five rows are 1.4 kB, and 0.6 kB when packed.
    world.attach_limit_bytes = encoded_size(1_000)
    job_id = world.order("owner")
    with_letters(world, job_id, Letter(address="anna@outside.example", outside=True))
    world.run(job_id)

    linked, packed = world.mail.sent
    assert not list(linked.iter_attachments())
    (attached,) = packed.iter_attachments()
    job = world.job(job_id)
    assert attached.get_filename() == f"{job.filename}.zip"
    with zipfile.ZipFile(io.BytesIO(attached.get_content())) as found:
        assert found.read(job.filename) == world.objects.bodies[job.key]


def test_a_failure_is_told_to_the_requester_alone() -> None:
    world = World()
    job_id = world.order("member")
    with_letters(world, job_id, Letter(address="anna@outside.example", outside=True))
    world.change("member", role=Role.MEMBER, without=("export",))
    assert world.run(job_id) is Result.FAILED

    assert [(mail["To"], mail["Subject"]) for mail in world.mail.sent] == [
        ("member@example.com", "Your export could not be made")
    ]
    kinds = [(letter.kind, letter.state) for letter in world.job(job_id).letters]
    assert kinds == [
        (LetterKind.FILE, MailState.NONE),
        (LetterKind.FILE, MailState.NONE),
        (LetterKind.FAILURE, MailState.SENT),
    ]


def test_mails_are_in_the_language_of_whom_they_are_for() -> None:
    from ringlake.model.language import Language

    world = World()
    world.limit(language=Language.PL)
    world.change("member", language=Language.ES)
    ready(world)
    ready(world, "other")
    assert [mail["Content-Language"] for mail in world.mail.sent] == ["es", "pl"]
