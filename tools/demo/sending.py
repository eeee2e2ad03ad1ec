"""What the providers have to say, and how it is delivered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tools.simulator import captures, deliver, people, present, render, stage
from tools.simulator.deals import deals
from tools.simulator.history import History, history
from tools.simulator.observe import Kept, Observer
from tools.simulator.stage import Place
from tools.simulator.truth import Truth, truth

from .findings import Findings, console
from .memory import SEED, Memory

CONCURRENCY = 6


def send_captures(memory: Memory, observer: Observer, findings: Findings) -> None:
    """Every captured sample of every provider, signed now; what was tampered with must be refused."""
    place = stage.kept(memory.samples)
    again = memory.captures_sent
    before = observer.journal().get(place.workspace, Kept())
    statuses: Counter[int] = Counter()
    unexpected = []
    found = [c for c in captures.captures(*captures.providers()) if c.sendable]
    for captured in found:
        endpoint = place.plan[stage.connection_of(captured), captured.scheme]
        status, body = stage.send_sample(captured, endpoint, observer.hand_over)
        statuses[status] += 1
        if status != captures.STATUS[captured.expected]:
            answer = body[:80].decode("utf-8", "replace")
            unexpected.append(f"{captured.name}: {status} ({answer}), not {captures.STATUS[captured.expected]}")
    after = observer.journal().get(place.workspace, Kept())
    memory.captures_sent = True
    memory.save()
    outcomes = Counter(c.expected for c in found)
    look = "tests/captures and the log of the ingest function"
    refused = outcomes["not_authentic"]
    findings.add("samples answered 200", statuses[200], len(found) - refused, look)
    findings.add("samples refused with 401", statuses[401], refused, look)
    events = {(stage.connection_of(c), *c.event) for c in found if c.expected == "accepted"}
    findings.add("samples stored as new", after.events - before.events, 0 if again else len(events), look)
    aside = 0 if again else outcomes["quarantined"] + captures.conflicts(found, stage.connection_of)
    findings.add("samples put into quarantine", after.aside - before.aside, aside, look)
    findings.details.extend(unexpected)
    console.print(
        f"  {len(found)} samples of {len({c.provider for c in found})} providers: "
        f"{statuses[200]} taken, {statuses[401]} refused"
    )


class Tally(NamedTuple):
    """Deliveries to one workspace: sent, found new in its journal, set aside."""

    sent: int = 0
    accepted: int = 0
    aside: int = 0

    @property
    def duplicates(self) -> int:
        return self.sent - self.accepted - self.aside


@dataclass
class Told:
    """One workspace's story with what is known of it, and what was said about its deliveries."""

    place: Place
    story: History
    known: Truth
    notices: list[render.Notice]

    @property
    def records(self) -> int:
        """Folded records: calls and texts, their parts, quotes, and what each account said on a day."""
        reported = {(n.connection, n.subject[1], n.at.date()) for n in self.notices if n.subject[0] == "presence"}
        return self.known.records + len(deals(self.story)) + len(reported)


def told(
    place: Place,
    company: people.Company,
    days: Sequence[date],
    scale: float,
    arrival: datetime,
    scenes: Sequence[present.Scene] = (),
) -> Told:
    story = sum((scene.story for scene in scenes), start=history(company, SEED, days, scale))
    return Told(place, story, truth(story, arrival), render.notices(story))


def send(
    memory: Memory,
    observer: Observer,
    notices: Mapping[str, Sequence[render.Notice]],
    fresh: Collection[str],
    findings: Findings,
) -> dict[str, Tally]:
    """Deliver what each workspace's providers have to say, with faults; how much was sent and how it was
    answered. All but the `fresh` ones have said it before.
    """
    places = {place.workspace: place for place in (stage.kept(memory.main), *memory.places)}
    attempts: list[deliver.Attempt] = []
    endpoints: dict[tuple[str, str], deliver.Endpoint] = {}
    for workspace, waiting in notices.items():
        for (connection, scheme), endpoint in places[workspace].plan.items():
            endpoints[f"{workspace}/{connection}", scheme] = endpoint
        own = [replace(n, connection=f"{workspace}/{n.connection}") for n in waiting]
        attempts += deliver.plan(own, deliver.Faults(), SEED + memory.extra_days)
    todo = [a for a in attempts if not a.lost]
    lost = len(attempts) - len(todo)
    repeats = sum(a.repeat for a in todo)
    console.print(
        f"  {len(todo) - repeats} webhooks; {repeats} arrive twice, "
        f"{lost} get lost and are sent again, all of them out of order"
    )
    interrupted, memory.sending = memory.sending, True
    memory.save()
    before = observer.journal()
    columns = (TextColumn("  sending"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(todo))
        sent = deliver.deliver(
            attempts,
            endpoints,
            concurrency=CONCURRENCY,
            progress=lambda: progress.advance(task),
            bus=observer.hand_over,
        )
    after = observer.journal()
    memory.sending = False
    memory.save()
    numbers = Counter(a.attempt.notice.connection.partition("/")[0] for a in sent.answers)
    said = {
        workspace: Tally(numbers[workspace], *(b - a for a, b in zip(before.get(workspace, Kept()), kept, strict=True)))
        for workspace in notices
        for kept in [after.get(workspace, Kept())]
    }
    retried = sum(a.tries - 1 for a in sent.answers)
    console.print(f"  {sent.rate:.0f} webhooks/s by {CONCURRENCY} senders, {retried} tries again after 5xx or silence")
    look = "the log of the ingest function: .local/stack/logs/emulator.log"
    findings.add("sent", len(sent.answers), len(todo), look)
    findings.add("answered 2xx", sent.by_status[200], len(todo), look)
    new = sum(len(notices[workspace]) for workspace in fresh)
    if not interrupted:
        findings.add("accepted", sum(t.accepted for t in said.values()), new, look)
        findings.add("duplicates", sum(t.duplicates for t in said.values()), len(todo) - new, look)
    findings.add("quarantined", sum(t.aside for t in said.values()), 0, look)
    return said
