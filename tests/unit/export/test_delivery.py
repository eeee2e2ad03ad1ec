"""One job makes one file and at most one mail, whatever fails and however often its message comes."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import pytest

from ringlake.errors import Conflict, Unavailable
from ringlake.flows.delivery import ATTEMPTS, LEASE, Result, answer
from ringlake.model.jobs import JobState, MailState
from ringlake.stores.mail import MailRefused, MailUncertain
from tests.unit.export.world import Killed, Saboteur, World, strikes

PAST_LEASE = int(LEASE.total_seconds()) + 1


def check(world: World, job_id: str) -> None:
    """The file is there once, is what the job says, and at most one mail went."""
    job = world.job(job_id)
    assert job.state is JobState.READY
    assert list(world.objects.bodies) == [job.key]
    body = world.objects.bodies[job.key]
    assert hashlib.sha256(body).hexdigest() == job.sha256
    assert (len(body), body.count(b"\r\n") - 1) == (job.size_bytes, job.rows)
    assert job.rows == 5
    assert len(world.mail.sent) <= 1
    if job.mail is MailState.SENT:
        assert len(world.mail.sent) == 1


def deliver_until_done(world: World, job_id: str) -> None:
    """The message comes again and again, each time after the queue's visibility time-out."""
    for _ in range(10):
        world.wait(5_400)
        try:
            if world.run(job_id) is not Result.GONE:
                return
        except (Unavailable, Conflict):
            continue
    raise AssertionError("never done")


@pytest.mark.parametrize("error", [Killed, lambda: Unavailable("store"), lambda: RuntimeError("bug")])
def test_one_failure_anywhere_and_redelivery_make_one_file_and_one_mail(error: Callable[[], BaseException]) -> None:
    unsent: list[str] = []

    def attempt(saboteur: Saboteur) -> None:
        world = World()
        job_id = world.order()
        try:
            world.run(job_id, saboteur.wrap)
        except (Killed, Unavailable, Conflict, RuntimeError):
            deliver_until_done(world, job_id)
        check(world, job_id)
        if not world.mail.sent:
            unsent.append(saboteur.struck)

    struck = list(strikes(error, attempt))

    assert len(struck) > 20
    assert {"MemoryObjects.write_parts before", "MemoryObjects.write_parts after", "MemoryMail.send after"} <= set(
        struck
    )
    # At most once costs this: where the claim or the sending itself went wrong, nobody dares to send again.
    assert set(unsent) <= {"MemoryJobs.transition", "MemoryMail.send"}


def test_a_message_that_comes_ten_times_changes_nothing() -> None:
    world = World()
    job_id = world.order()
    assert world.run(job_id) is Result.DONE
    after = world.job(job_id)

    assert [world.run(job_id) for _ in range(9)] == [Result.DONE] * 9

    assert world.job(job_id) == after
    assert len(world.mail.sent) == 1
    check(world, job_id)


def test_a_running_job_is_left_to_its_worker_until_the_lease_is_over() -> None:
    world = World()
    job_id = world.order()
    with pytest.raises(Killed):
        world.run(job_id, Saboteur(3, Killed, after=False).wrap)
    assert world.job(job_id).state is JobState.RUNNING

    world.wait(PAST_LEASE - 2)
    with pytest.raises(Unavailable):
        world.run(job_id)
    world.wait(2)
    assert world.run(job_id) is Result.DONE
    check(world, job_id)


def test_two_workers_at_once_make_one_file_and_one_mail() -> None:
    for _ in range(10):
        world = World()
        job_id = world.order()
        barrier = threading.Barrier(2)

        def work(world: World = world, job_id: str = job_id, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                world.run(job_id)
            except (Unavailable, Conflict):
                return

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        check(world, job_id)
        assert world.job(job_id).mail is MailState.SENT


def test_a_finished_file_whose_worker_died_is_taken_over_and_not_written_again() -> None:
    world = World()
    job_id = world.order()
    killer = Saboteur(0, Killed, after=True)
    killer.fail_at = next(n for n in range(60) if _last_call(n, job=World()) == "MemoryObjects.write_parts")
    with pytest.raises(Killed):
        world.run(job_id, killer.wrap)
    (key,) = world.objects.bodies
    etag = world.objects.etag(key)

    world.wait(PAST_LEASE)
    counting = Saboteur(10_000, Killed, after=False)
    assert world.run(job_id, counting.wrap) is Result.DONE

    assert "MemoryObjects.write_parts" not in counting.calls
    assert world.objects.etag(key) == etag
    check(world, job_id)


def _last_call(number: int, job: World) -> str:
    saboteur = Saboteur(number, Killed, after=True)
    with pytest.raises(Killed):
        job.run(job.order(), saboteur.wrap)
    return saboteur.struck


def test_after_the_last_attempt_the_requester_is_told() -> None:
    world = World()
    job_id = world.order()
    for _ in range(ATTEMPTS):
        with pytest.raises(Unavailable):
            world.run(job_id, lambda store: _Down(store) if store is world.lake else store)

    job = world.job(job_id)
    assert (job.state, job.attempts) == (JobState.FAILED, ATTEMPTS)
    assert job.error == "The file could not be made. Please ask for it again later."
    assert world.run(job_id) is Result.FAILED
    assert not world.objects.bodies
    assert not world.mail.sent


def test_a_complete_file_is_not_given_up_when_the_attempts_are() -> None:
    world = World()
    job_id = world.order()

    class NoRecord:
        def __getattr__(self, name: str) -> object:
            if name == "audit":
                raise Unavailable(name)
            return getattr(world.directory, name)

    for _ in range(ATTEMPTS):
        with pytest.raises(Unavailable):
            world.run(job_id, lambda store: NoRecord() if store is world.directory else store)
    assert world.run(job_id) is Result.DONE
    check(world, job_id)


def test_a_worker_that_dies_every_time_is_not_tried_for_ever() -> None:
    world = World()
    job_id = world.order()
    for _ in range(ATTEMPTS):
        with pytest.raises(Killed):
            world.run(job_id, Saboteur(5, Killed, after=False).wrap)
        world.wait(PAST_LEASE)

    assert world.run(job_id) is Result.FAILED
    assert world.job(job_id).state is JobState.FAILED


class _Down:
    def __init__(self, _store: object) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        raise Unavailable(name)


def test_a_requester_who_was_deleted_gets_no_file() -> None:
    world = World()
    job_id = world.order("member")
    world.change("member", deleted_at=world.now)

    assert world.run(job_id) is Result.FAILED
    assert world.job(job_id).error == "Your rights do not cover this file any more."
    assert not world.objects.bodies


def test_an_unknown_job_is_gone() -> None:
    assert World().run("no-such-job") is Result.GONE


@pytest.mark.parametrize(
    ("error", "mail", "sent"),
    [
        (MailRefused("MessageRejected"), MailState.FAILED, 0),
        (MailUncertain("ReadTimeoutError"), MailState.FAILED, 0),
    ],
)
def test_a_mail_that_was_refused_or_lost_leaves_the_file_and_says_so(
    error: Exception, mail: MailState, sent: int
) -> None:
    world = World()
    job_id = world.order()

    assert world.run(job_id, lambda store: _Postbox(error) if store is world.mail else store) is Result.DONE
    assert world.run(job_id) is Result.DONE

    job = world.job(job_id)
    assert (job.state, job.mail, len(world.mail.sent)) == (JobState.READY, mail, sent)
    assert job.error.endswith("The file is ready to download.")


def test_a_mail_that_was_throttled_is_sent_later() -> None:
    world = World()
    job_id = world.order()
    with pytest.raises(Unavailable):
        world.run(job_id, lambda store: _Postbox(Unavailable("Throttling")) if store is world.mail else store)
    assert world.job(job_id).mail is MailState.NONE

    assert world.run(job_id) is Result.DONE
    assert world.job(job_id).mail is MailState.SENT
    check(world, job_id)


class _Postbox:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def send(self, _message: object) -> None:
        raise self.error


def test_an_address_that_cannot_be_mailed_to_leaves_the_file() -> None:
    world = World()
    world.change("owner", email="not an address")
    job_id = world.order()

    assert world.run(job_id) is Result.DONE
    assert world.job(job_id).mail is MailState.FAILED
    assert not world.mail.sent


def test_small_files_travel_in_the_mail_and_large_ones_as_a_link() -> None:
    for limit, attached in ((7_000_000, 1), (1_000, 0)):
        world = World()
        world.attach_limit_bytes = limit
        job_id = world.order()
        world.run(job_id)
        (message,) = world.mail.sent

        assert len(list(message.iter_attachments())) == attached
        text = message.get_body(("plain",))
        assert text is not None
        assert f"https://ringlake.example.com/v1/exports/{job_id}/download" in text.get_content()
        assert message["To"] == "owner@example.com"


def test_of_a_batch_only_what_failed_comes_again(capsys: pytest.CaptureFixture[str]) -> None:
    def work(_workspace: str, job_id: str) -> Result:
        if job_id == "2":
            raise Unavailable("GetItem: Throttling")
        return Result.DONE

    bodies = [(f"m{n}", f'{{"workspace": "acme", "job": "{n}"}}') for n in range(1, 4)]

    assert answer(bodies, work) == ["m2"]
    assert [line.count("acme") for line in capsys.readouterr().out.splitlines()] == [1, 1, 1]
