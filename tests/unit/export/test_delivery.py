"""One job makes one file and at most one mail, whatever fails and however often its message comes."""

from __future__ import annotations

import hashlib
import threading

import pytest

from ringlake.errors import Conflict, Unavailable
from ringlake.flows.delivery import AGAIN_S, ATTEMPTS, TURN_S, Message, Result, answer
from ringlake.flows.letters import TRIES
from ringlake.flows.manifest import manifest, manifest_key
from ringlake.flows.workshop import LEASE, Later
from ringlake.model.base import to_json
from ringlake.model.jobs import JobState, MailState
from ringlake.stores.mail import MailRefused, MailThrottled, MailUncertain, Refusal
from ringlake.stores.queue import MemoryQueue
from tests.unit.export.faults import Killed, Meddler, failing
from tests.unit.export.world import World

PAST_LEASE = int(LEASE.total_seconds()) + 1


def check(world: World, job_id: str) -> None:
    """The file is there once, is what the job says, and at most one mail went."""
    job = world.job(job_id)
    assert job.state is JobState.READY
    assert sorted(world.objects.bodies) == [job.key, manifest_key(job)]
    body = world.objects.bodies[job.key]
    assert hashlib.sha256(body).hexdigest() == job.sha256
    assert (len(body), body.count(b"\r\n") - 1) == (job.size_bytes, job.rows)
    assert job.rows == 5
    assert world.objects.bodies[manifest_key(job)] == to_json(manifest(job))
    (letter,) = job.letters
    assert len(world.mail.sent) <= 1
    if letter.state is MailState.SENT:
        assert len(world.mail.sent) == 1


def mailed(world: World, job_id: str) -> MailState:
    (letter,) = world.job(job_id).letters
    return letter.state


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
        world.run(job_id, failing(8, Killed, after=False).wrap)
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
        assert mailed(world, job_id) is MailState.SENT


def test_a_finished_file_whose_worker_died_is_taken_over_and_not_written_again() -> None:
    world = World()
    job_id = world.order()
    written = next(n for n in range(60) if _last_call(n, World()) == "MemoryObjects.write_parts")
    with pytest.raises(Killed):
        world.run(job_id, failing(written, Killed, after=True).wrap)
    (key,) = world.objects.bodies
    assert key == world.job(job_id).key
    etag = world.objects.etag(key)

    world.wait(PAST_LEASE)
    counting = Meddler()
    assert world.run(job_id, counting.wrap) is Result.DONE

    assert "MemoryObjects.write_parts" not in counting.calls
    assert world.objects.etag(key) == etag
    check(world, job_id)


def _last_call(number: int, world: World) -> str:
    killer = failing(number, Killed, after=True)
    with pytest.raises(Killed):
        world.run(world.order(), killer.wrap)
    return killer.named(number)


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
    ((to, subject),) = [(said["To"], said["Subject"]) for said in world.mail.sent]
    assert (to, subject) == ("owner@example.com", "Your export could not be made")
    assert world.run(job_id) is Result.FAILED
    assert len(world.mail.sent) == 1


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
            world.run(job_id, failing(9, Killed, after=False).wrap)
        world.wait(PAST_LEASE)

    assert world.run(job_id) is Result.FAILED
    assert world.job(job_id).error.startswith("The file could not be finished in time.")


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


SENTENCES = [
    (MailRefused("MessageRejected", Refusal.RECIPIENT_UNVERIFIED), "verify this address in SES, or ask AWS"),
    (MailRefused("MessageRejected", Refusal.SENDER_UNVERIFIED), "sender's address is not verified"),
    (MailRefused("AccountSendingPausedException", Refusal.PAUSED), "its reputation page in the console says why"),
    (MailRefused("AccessDenied", Refusal.MISCONFIGURED), "check the role's rights"),
    (MailRefused("InvalidParameterValue"), "SES refused the mail. (InvalidParameterValue)"),
    (MailUncertain("ReadTimeoutError"), "The mail may not have left."),
]


@pytest.mark.parametrize(("error", "says"), SENTENCES)
def test_a_mail_that_was_refused_or_lost_leaves_the_file_and_says_what_to_do(error: Exception, says: str) -> None:
    world = World()
    job_id = world.order()

    assert world.run(job_id, lambda store: _Postbox(error) if store is world.mail else store) is Result.DONE
    assert world.run(job_id) is Result.DONE

    (letter,) = world.job(job_id).letters
    assert (letter.state, len(world.mail.sent)) == (MailState.FAILED, 0)
    assert says in letter.error
    check(world, job_id)


def test_a_mail_that_was_throttled_is_sent_later() -> None:
    world = World()
    job_id = world.order()
    throttled = _Postbox(MailThrottled("Throttling"))
    with pytest.raises(Later) as later:
        world.run(job_id, lambda store: throttled if store is world.mail else store)
    assert later.value.seconds == 120
    (letter,) = world.job(job_id).letters
    assert (letter.state, letter.tries) == (MailState.NONE, 1)
    assert letter.error.endswith("its limit per second or per day is reached. It is tried again.")

    assert world.run(job_id) is Result.DONE
    assert mailed(world, job_id) is MailState.SENT
    assert world.job(job_id).letters[0].error == ""
    check(world, job_id)


def test_a_mail_that_is_throttled_all_the_time_is_given_up() -> None:
    world = World()
    job_id = world.order()
    throttled = _Postbox(MailThrottled("Throttling"))
    for _ in range(TRIES - 1):
        with pytest.raises(Later):
            world.run(job_id, lambda store: throttled if store is world.mail else store)
    assert world.run(job_id, lambda store: throttled if store is world.mail else store) is Result.DONE
    (letter,) = world.job(job_id).letters
    assert (letter.state, letter.tries) == (MailState.FAILED, TRIES)
    assert letter.error.endswith("Ask for the file again later.")


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
    assert mailed(world, job_id) is MailState.FAILED
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
        assert f"https://ringlake.example.com/app/exports?job={job_id}" in text.get_content()
        assert message["To"] == "owner@example.com"


def test_of_a_batch_only_what_failed_comes_again(capsys: pytest.CaptureFixture[str]) -> None:
    def work(_workspace: str, job_id: str) -> Result:
        if job_id == "2":
            raise Unavailable("GetItem: Throttling")
        if job_id == "3":
            raise Later("another worker is at it", 955)
        return Result.DONE

    messages = [Message(f"m{n}", f'{{"workspace": "acme", "job": "{n}"}}', f"r{n}") for n in range(1, 5)]
    queue = MemoryQueue()

    assert answer(messages, work, queue) == ["m2"]
    assert [line.count("acme") for line in capsys.readouterr().out.splitlines()] == [1, 1, 1, 1]
    assert queue.postponed == {"r2": AGAIN_S}
    # Whoever waits gets a message of its own, as late as the queue can hold it back.
    assert (queue.messages, queue.delays) == ([("acme", {"workspace": "acme", "job": "3"})], [900])


def test_what_has_to_wait_for_its_turn_is_sent_again_and_uses_up_no_delivery() -> None:
    queue = MemoryQueue()
    message = Message("m1", '{"workspace": "acme", "job": "1"}', "r1")

    assert answer([message], lambda *_: Result.WAITS, queue) == []
    assert (queue.messages, queue.delays) == ([("acme", {"workspace": "acme", "job": "1"})], [TURN_S])

    class Down(MemoryQueue):
        def send(self, *_args: object, **_options: object) -> None:
            raise Unavailable("SendMessage")

        def postpone(self, *_args: object) -> None:
            raise Unavailable("ChangeMessageVisibility")

    # A queue that does not answer keeps the message.
    assert answer([message], lambda *_: Result.WAITS, Down()) == ["m1"]
