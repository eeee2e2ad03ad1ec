"""How badly the providers' deliveries arrive, and the sender that makes it so over HTTP."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from .render import Notice, request
from .signing import Request


@dataclass(frozen=True)
class Faults:
    """Shares of the notices that meet each fault; `reorder` is how many places one may slip."""

    duplicated: float = 0.03
    reorder: int = 25
    delayed: float = 0.02
    lost: float = 0.015


NONE = Faults(duplicated=0, reorder=0, delayed=0, lost=0)


@dataclass(frozen=True)
class Attempt:
    """One try to hand a notice over; a lost one never leaves, its notice comes again later."""

    notice: Notice
    repeat: bool = False
    lost: bool = False


def plan(notices: Sequence[Notice], faults: Faults, seed: int) -> list[Attempt]:
    """The attempts in the order they are made. Every notice arrives at least once."""
    chance = random.Random(f"faults-{seed}")
    end = float(len(notices))
    placed: list[tuple[float, int, Attempt]] = []

    def place(at: float, attempt: Attempt) -> None:
        placed.append((at, len(placed), attempt))

    for number, notice in enumerate(notices):
        at = number + chance.uniform(0, faults.reorder)
        if chance.random() < faults.delayed:
            at = chance.uniform(at, end)
        if chance.random() < faults.lost:
            place(at, Attempt(notice, lost=True))
            at = chance.uniform(at, end + faults.reorder)
        place(at, Attempt(notice))
        if chance.random() < faults.duplicated:
            place(chance.uniform(at, end + faults.reorder), Attempt(notice, repeat=True))
    return [attempt for _, _, attempt in sorted(placed, key=lambda p: p[:2])]


# Address of what is handed to the installation's event bus and not posted.
BUS = "bus:"


@dataclass(frozen=True)
class Endpoint:
    """Where one kind of webhooks of one connection goes, and the secrets that sign it. `url` begins with
    `BUS` for events, which no HTTP request can bring.
    """

    url: str
    secrets: tuple[str, ...]


# (connection, scheme) of a notice -> its endpoint.
Endpoints = Mapping[tuple[str, str], Endpoint]


@dataclass(frozen=True)
class Answer:
    """What the receiver said in the end to one attempt, after `tries` tries."""

    attempt: Attempt
    status: int
    body: bytes
    tries: int
    seconds: float


@dataclass
class Sent:
    """Everything that came back."""

    answers: list[Answer] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def by_status(self) -> Counter[int]:
        return Counter(a.status for a in self.answers)

    @property
    def rate(self) -> float:
        """Answers in a second."""
        return len(self.answers) / self.seconds if self.seconds else 0.0


# Providers try for a day; a sender on the same machine gives up sooner. 0 stands for no answer at all.
TRIES = 7
FIRST_PAUSE_S = 0.2
TIMEOUT_S = 30.0
NO_ANSWER = 0


def post(connection: http.client.HTTPConnection, asked: Request) -> tuple[int, bytes]:
    """One request on a kept connection; (0, reason) when nothing came back."""
    parts = urlsplit(asked.url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        connection.request(asked.method, target, body=asked.body or None, headers=dict(asked.headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return NO_ANSWER, repr(error).encode()


# Hands one event over as the bus would, and says what came of it: a status and a body.
Bus = Callable[[bytes], tuple[int, bytes]]


def no_bus(_event: bytes) -> tuple[int, bytes]:
    """Where nobody listens."""
    return NO_ANSWER, b"no bus"


def deliver(
    attempts: Iterable[Attempt],
    endpoints: Endpoints,
    *,
    concurrency: int = 6,
    progress: Callable[[], None] = lambda: None,
    bus: Bus = no_bus,
) -> Sent:
    """Send all attempts that are not lost, a few at a time, as stubborn as a provider: again after
    any 5xx or silence, signed anew each time. What is no webhook goes by the `bus`.
    """
    left = iter([a for a in attempts if not a.lost])
    lock = threading.Lock()
    sent = Sent()

    def work() -> None:
        kept: dict[str, http.client.HTTPConnection] = {}
        while True:
            with lock:
                attempt = next(left, None)
            if attempt is None:
                break
            endpoint = endpoints[attempt.notice.connection, attempt.notice.scheme]
            answer = _hand_over(attempt, endpoint, kept, bus)
            with lock:
                sent.answers.append(answer)
            progress()
        for connection in kept.values():
            connection.close()

    start = time.monotonic()
    threads = [threading.Thread(target=work, name=f"sender-{n}", daemon=True) for n in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent.seconds = time.monotonic() - start
    return sent


def _hand_over(attempt: Attempt, endpoint: Endpoint, kept: dict[str, http.client.HTTPConnection], bus: Bus) -> Answer:
    by_bus = endpoint.url.startswith(BUS)
    host = "" if by_bus else urlsplit(endpoint.url).netloc
    connection = kept.setdefault(host, http.client.HTTPConnection(host or "localhost", timeout=TIMEOUT_S))
    start, pause = time.monotonic(), FIRST_PAUSE_S
    status, body, tries = NO_ANSWER, b"", 0
    while tries < TRIES:
        tries += 1
        if by_bus:
            status, body = bus(attempt.notice.body)
        else:
            asked = request(attempt.notice, endpoint.url, endpoint.secrets, datetime.now(UTC))
            status, body = post(connection, asked)
        if status != NO_ANSWER and status < 500:
            break
        time.sleep(pause)
        pause *= 2
    return Answer(attempt, status, body, tries, time.monotonic() - start)
