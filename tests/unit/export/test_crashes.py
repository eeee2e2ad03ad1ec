"""Exactly one file, and no mail twice, whatever fails, whoever meddles, and however often a message comes.

The job has letters to the requester and to two people outside, and is large enough for a notice to the owner. Time
goes on by two seconds with every look at the clock, so that the worker tells how far it is between batches.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.errors import Conflict, NotFound, Rejected, Unavailable
from ringlake.flows.delivery import Result
from ringlake.flows.manifest import manifest, manifest_key
from ringlake.flows.workshop import LEASE
from ringlake.model.base import from_json, to_json
from ringlake.model.jobs import Job, JobState, Letter, LetterKind, MailState
from tests.unit.export.faults import Error, Killed, Meddler, failing, strikes
from tests.unit.export.world import World

PAST_LEASE = int(LEASE.total_seconds()) + 1
OUTSIDE = (Letter(address="anna@outside.example", outside=True), Letter(address="ben@outside.example", outside=True))
# The owner's notice comes with the file.
EVERYBODY = {"manager@example.com", "anna@outside.example", "ben@outside.example", "owner@example.com"}
# What an attempt may raise: the message comes again.
AGAIN = (Killed, Unavailable, Conflict, RuntimeError)


def ordered(**form: Any) -> tuple[World, str]:
    world = World()
    world.tick_s = 2
    world.limit(exports_notice_rows=1)
    job_id = world.order("manager", **form)
    job = world.job(job_id)
    world.jobs.transition(job, msgspec.structs.replace(job, letters=job.letters + OUTSIDE))
    return world, job_id


def deliver_until_done(world: World, job_id: str) -> Result:
    """The message comes again and again, each time after the queue's visibility time-out."""
    for _ in range(12):
        world.wait(5_400)
        with suppress(*AGAIN):
            return world.run(job_id)
    raise AssertionError("never done")


def check_mails(world: World, job: Job | None) -> None:
    """Nobody got the same mail twice, and letters say what happened."""
    sent = Counter((str(mail["To"]), str(mail["Message-ID"])) for mail in world.mail.sent)
    assert not sent or max(sent.values()) == 1, sent
    got = Counter(to for to, _ in sent)
    for letter in job.letters if job else ():
        assert letter.state in (MailState.SENT, MailState.FAILED), letter
        if letter.state is MailState.SENT:
            assert got[letter.address] >= 1, letter


def check_ready(world: World, job_id: str) -> None:
    """The file is there once, with its manifest, and is what the job says."""
    job = world.job(job_id)
    assert job.state is JobState.READY
    assert sorted(world.objects.bodies) == [job.key, manifest_key(job)]
    body = world.objects.bodies[job.key]
    assert hashlib.sha256(body).hexdigest() == job.sha256
    assert len(body) == job.size_bytes
    if job.format == "csv":
        assert body.count(b"\r\n") - 1 == job.rows
    assert (job.rows, job.progress) == (3, 100)
    assert world.objects.bodies[manifest_key(job)] == to_json(manifest(job))
    assert {letter.address for letter in job.letters} == EVERYBODY
    check_mails(world, job)
    assert max(Counter(str(mail["To"]) for mail in world.mail.sent).values(), default=0) <= 1


ERRORS: dict[str, Error] = {
    "a dead process": Killed,
    "a store that does not answer": lambda: Unavailable("store"),
    # Such as a conditional put that the SDK repeated because the answer to its first try was lost.
    "a condition that did not hold": lambda: Conflict("store"),
    "a bug": lambda: RuntimeError("bug"),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_one_failure_at_any_call_and_redelivery_make_one_file_and_one_mail_to_each(kind: str) -> None:
    unsent: set[str] = set()

    def attempt(meddler: Meddler, number: int) -> None:
        world, job_id = ordered()
        try:
            world.run(job_id, meddler.wrap)
        except AGAIN:
            deliver_until_done(world, job_id)
        check_ready(world, job_id)
        if len(world.mail.sent) < len(EVERYBODY):
            unsent.add(meddler.named(number))

    struck = list(strikes(ERRORS[kind], attempt))

    assert len(struck) > 60
    for call in ("Jobs.transition", "Objects.write_parts", "Objects.put", "Mail.send", "Addresses.blocked"):
        assert {f"Memory{call} before", f"Memory{call} after"} <= set(struck)
    # At most once costs this: a mail that may have left is not sent again, nor one whose sender died with it.
    sender_dies = kind in ("a dead process", "a bug")
    assert unsent <= {"MemoryMail.send"} | ({"MemoryJobs.transition"} if sender_dies else set())


@pytest.mark.slow
@pytest.mark.parametrize("format", ["xlsx", "jsonl", "parquet"])
def test_every_format_is_made_once_whenever_the_process_dies(format: str) -> None:
    def attempt(meddler: Meddler, _number: int) -> None:
        world, job_id = ordered(format=format)
        try:
            world.run(job_id, meddler.wrap)
        except AGAIN:
            deliver_until_done(world, job_id)
        check_ready(world, job_id)

    assert len(list(strikes(Killed, attempt))) > 60


def test_a_report_run_fails_and_is_taken_up_like_an_export() -> None:
    def attempt(meddler: Meddler, _number: int) -> None:
        world = World()
        body = {"from": "2026-03-01", "to": "2026-03-10"}
        job_id = world.desk.run(world.viewer("owner"), "missed_rate_per_week", body, world.now).id
        try:
            world.run_report(job_id, meddler.wrap)
        except AGAIN:
            for _ in range(3):
                world.wait(5_400)
                with suppress(*AGAIN):
                    world.run_report(job_id)
        job = world.job(job_id)
        assert (job.state, job.rows) == (JobState.READY, 1)
        assert sorted(world.objects.bodies) == [job.key, manifest_key(job)]
        check_mails(world, job)

    for error in ERRORS.values():
        struck = set(strikes(error, attempt))
        assert {"MemoryAthena.run before", "MemoryAthena.run after"} <= struck


def test_a_worker_that_was_believed_dead_and_goes_on_spoils_nothing() -> None:
    number = 0
    while True:
        world, job_id = ordered()

        def overtake(world: World = world, job_id: str = job_id) -> None:
            world.wait(PAST_LEASE)
            assert world.run(job_id) is Result.DONE

        meddler = Meddler(before={number: overtake})
        with suppress(Unavailable, Conflict):
            world.run(job_id, meddler.wrap)
        if not meddler.named(number):
            break
        with suppress(Unavailable, Conflict):
            world.run(job_id)
        check_ready(world, job_id)
        number += 1
    assert number > 30


def test_a_message_that_comes_while_a_worker_is_at_it_does_nothing() -> None:
    number = 0
    while True:
        world, job_id = ordered()

        def second(world: World = world, job_id: str = job_id) -> None:
            with suppress(Unavailable, Conflict):
                world.run(job_id)

        meddler = Meddler(before={number: second})
        with suppress(Unavailable, Conflict):
            world.run(job_id, meddler.wrap)
        if not meddler.named(number):
            break
        deliver_until_done(world, job_id)
        check_ready(world, job_id)
        assert len(world.mail.sent) == len(EVERYBODY)
        number += 1
    assert number > 30


@pytest.mark.parametrize("how", ["cancel", "cancel and delete"])
def test_cancelled_at_any_call_there_is_no_file_and_no_mail_or_it_was_too_late(how: str) -> None:
    number, cancelled, late = 0, 0, 0
    while True:
        world, job_id = ordered()
        refused: list[bool] = []

        def cancel(world: World = world, job_id: str = job_id, refused: list[bool] = refused) -> None:
            viewer = world.viewer("manager")
            try:
                world.desk.cancel(viewer, job_id, world.now)
                if how == "cancel and delete":
                    world.desk.delete(viewer, job_id, world.now)
            except Rejected:
                refused.append(True)

        meddler = Meddler(before={number: cancel})
        with suppress(Unavailable, Conflict):
            world.run(job_id, meddler.wrap)
        if not meddler.named(number):
            break
        deliver_until_done(world, job_id)
        if refused:
            late += 1
            check_ready(world, job_id)
        else:
            cancelled += 1
            assert world.objects.bodies == {}
            assert world.mail.sent == []
            held = world.jobs.get("acme", job_id)
            assert (held.state if held else None) is (JobState.CANCELLED if how == "cancel" else None)
        number += 1
    assert (cancelled > 10, late > 10) == (True, True)


def test_a_worker_notices_between_two_batches_that_nobody_wants_the_file_any_more() -> None:
    world, job_id = ordered()
    told: list[int] = []

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(world.jobs, name)

        def transition(self, job: Job, after: Job) -> Job:
            told.append(after.progress)
            if len(told) == 2:
                world.desk.cancel(world.viewer("manager"), job_id, world.now)
            return world.jobs.transition(job, after)

    assert world.run(job_id, lambda store: Watched() if store is world.jobs else store) is Result.CANCELLED
    assert len(told) == 2
    assert world.objects.bodies == {}


def test_what_is_thrown_away_twice_is_thrown_away_once() -> None:
    """A deletion that fails at any call can be repeated, and nothing of the file is left."""

    def attempt(meddler: Meddler, _number: int) -> None:
        world, job_id = ordered()
        world.run(job_id)
        desk = world.desk_over(meddler.wrap)
        viewer = world.viewer("manager")
        try:
            desk.delete(viewer, job_id, world.now)
        except (Killed, Unavailable):
            with suppress(NotFound):
                world.desk.delete(viewer, job_id, world.now)
        assert world.objects.bodies == {}
        assert world.jobs.rows == {}

    assert len(list(strikes(lambda: Unavailable("store"), attempt))) > 10
    assert len(list(strikes(Killed, attempt))) > 10


fault = st.tuples(st.integers(0, 70), st.sampled_from(sorted(ERRORS)), st.booleans())
action = st.tuples(st.integers(0, 70), st.sampled_from(["cancel", "retry", "delete", "message"]))


@given(st.lists(st.tuples(st.lists(fault, max_size=2), st.lists(action, max_size=2)), min_size=1, max_size=5))
@settings(max_examples=40)
def test_many_failures_and_people_who_meddle_leave_one_file_or_none(
    deliveries: list[tuple[list[tuple[int, str, bool]], list[tuple[int, str]]]],
) -> None:
    world, job_id = ordered()
    viewer = world.viewer("manager")

    def act(name: str) -> Callable[[], None]:
        def meddle() -> None:
            with suppress(Rejected, Unavailable, Conflict):
                if name == "message":
                    world.run(job_id)
                else:
                    getattr(world.desk, name)(viewer, job_id, world.now)

        return meddle

    for faults, actions in deliveries:
        meddler = Meddler(before={number: act(name) for number, name in actions})
        for number, kind, after in faults:
            one = failing(number, ERRORS[kind], after=after)
            meddler = Meddler(before={**meddler.before, **one.before}, after={**meddler.after, **one.after})
        with suppress(*AGAIN):
            world.run(job_id, meddler.wrap)
        world.wait(5_400)
    deliver_until_done(world, job_id)

    held = world.jobs.get("acme", job_id)
    check_mails(world, None)
    if held is not None and held.state is JobState.READY:
        job = held
        body = world.objects.bodies[job.key]
        assert sorted(world.objects.bodies) == [job.key, manifest_key(job)]
        assert hashlib.sha256(body).hexdigest() == job.sha256
        assert from_json(world.objects.bodies[manifest_key(job)], type(manifest(job))) == manifest(job)
        check_mails(world, job)
        files = Counter(
            letter.address
            for letter in job.letters
            if letter.kind is LetterKind.FILE and letter.state is MailState.SENT
        )
        assert max(files.values(), default=0) <= 1
    else:
        assert world.objects.bodies == {}
