"""The whole path on the local stack, from webhooks to the mailed file, with every number checked.

    make demo        (that is: make up; python -m tools.demo)

A simulator invents a company's month and knows everything about it, and a few days of a branch for
each further provider. The providers' webhooks go to the deployed stack, badly: repeated, out of
order, some lost and sent again later. Then the lake (calls, texts, presence, cases), Athena, the
mailed CSV and a report must say exactly what happened; anything else ends with exit code 1 and
says where to look.

A second run on the same stack sends the captured samples again (all of them duplicates by
then) and one more day, and checks the sums of everything sent so far.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAVY
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tools import admin
from tools.simulator import captures, compare, deliver, figures, people, present, render, stage, wire
from tools.simulator.history import History, extra_day, history, month
from tools.simulator.observe import Kept, Observer, attachment, csv_rows, point_at_stack, text_of, wait_for
from tools.simulator.people import BRANCHES
from tools.simulator.stage import Place
from tools.simulator.truth import Truth, file_rows, totals, truth
from tools.stack import client, server, state
from tools.stack.server import StackError

FOLDER = state.LOCAL / "demo"
MEMORY = FOLDER / "state.json"
SEED, SCALE, DAYS = 2026, 1.0, 30
# Each further provider has a few days of a small branch.
BRANCH_SCALE, BRANCH_DAYS = 0.09, 3
CONCURRENCY = 6
# Whom the demo signs in as, one of each role.
SHOWN = ("olivia", "martin", "anna", "ines")
DAILY_REPORT = "calls_and_talk_time_per_day_and_user"
WEEKLY_REPORT = "missed_rate_per_week"
NICKNAMES = {DAILY_REPORT: "daily", WEEKLY_REPORT: "weekly"}
LOOK_AT_REPORTS = "the log of the report function and ringlake/reports"
# Sending, folding and the roll-up of a month take about a minute; a slow machine may take longer.
FOLD_PATIENCE_S = 300.0
LIVE_PATIENCE_S = 60.0
# Shares are sums over sums: only the last digits of a float may differ.
NEAR = 1e-9
# The watched calls were a little earlier, so that they are over by now.
EARLIER = timedelta(minutes=10)

console = Console(highlight=False, soft_wrap=True)


@dataclass
class Memory:
    """What a later run has to know, tied to one stack, one deployed code and one version of the simulator."""

    stack_id: str
    simulator: str
    month: list[str]
    main: dict[str, Any]
    samples: dict[str, Any]
    branches: list[dict[str, Any]]
    extra_days: int = 0
    # True once anything has been sent.
    begun: bool = False
    month_sent: bool = False
    # True from before a day is sent until all of it is: the run was interrupted.
    sending: bool = False
    captures_sent: bool = False
    # When the first texts arrived: of some providers' nothing else is known.
    arrived: str = ""
    # Around each of these instants there were a few calls; False while the last ones have not hung up.
    scenes: list[str] = field(default_factory=list)
    hung_up: bool = True

    @property
    def workspace(self) -> str:
        return str(self.main["workspace"])

    @property
    def logins(self) -> dict[str, dict[str, str]]:
        return stage.kept(self.main).logins

    @property
    def places(self) -> list[Place]:
        """The branches, one for each further provider."""
        return [stage.kept(place) for place in self.branches]

    @property
    def company(self) -> people.Company:
        return stage.company(SEED, self.first_days)

    @property
    def first_days(self) -> list[date]:
        """The days of the month, without those that later runs have added."""
        return [date.fromisoformat(d) for d in self.month]

    @property
    def branch_days(self) -> list[date]:
        return self.first_days[-BRANCH_DAYS:]

    @property
    def days(self) -> list[date]:
        """Every day that has been sent, oldest first."""
        first = self.first_days
        return [extra_day(first, n) for n in range(self.extra_days, 0, -1)] + first

    @property
    def stages(self) -> list[present.Scene]:
        """The calls that were watched while they lasted, of every run."""
        return [present.scene(self.company, SEED, datetime.fromisoformat(at)) for at in self.scenes]

    @property
    def last(self) -> date:
        """The last local day of which anything was told."""
        zone = self.company.tz
        return max([self.days[-1], *(datetime.fromisoformat(at).astimezone(zone).date() for at in self.scenes)])

    def save(self) -> None:
        state.write(MEMORY, asdict(self))


@dataclass
class Line:
    """One number that was found, beside what the simulator knows."""

    title: str
    found: object
    known: object
    look_at: str = ""

    @property
    def right(self) -> bool:
        return self.found == self.known


@dataclass
class Findings:
    """All lines of the final table, and differences of single rows."""

    lines: list[Line] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def add(self, title: str, found: object, known: object, look_at: str = "") -> None:
        self.lines.append(Line(title, found, known, look_at))

    def rows(self, title: str, wrong: Sequence[compare.Difference], look_at: str) -> None:
        self.add(title, len(wrong), 0, look_at)
        if wrong:
            self.details.append(f"{title}:\n{compare.summary(wrong)}")

    @property
    def right(self) -> bool:
        return all(line.right for line in self.lines)


@contextmanager
def phase(title: str) -> Iterator[None]:
    """One part of the demo, with the time it took."""
    console.print(f"[bold]{title}[/bold]")
    began = time.monotonic()
    yield
    console.print(f"  [dim]{time.monotonic() - began:.1f} s[/dim]")


# --- the stage


def simulator_version() -> str:
    """Changes with anything that changes the invented month or its truth."""
    digest = hashlib.sha256(f"{SEED} {SCALE} {DAYS} {BRANCH_SCALE} {BRANCH_DAYS}".encode())
    for path in sorted((Path(__file__).parent / "simulator").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def identity(stack_name: str) -> str:
    """Changes with a new stack and with new code on it: both have to prove the whole month anew."""
    stack = client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    return f"{stack['StackId']} {state.read(state.STATE).get('deployed', '')[:16]}"


def remembered(stack_id: str) -> Memory | None:
    """What the last run left, when it was on this very stack and code.

    A month that was interrupted cannot be told from one that lost something, so it begins anew.
    """
    known = state.read(MEMORY)
    if known.get("stack_id") != stack_id or known.get("simulator") != simulator_version():
        return None
    memory = Memory(**known)
    return None if memory.begun and not memory.month_sent else memory


def staged(description: state.Description) -> Memory:
    """The workspaces with their people and connections: those of this stack, or new ones."""
    stack_id = identity(description["stack_name"])
    memory = remembered(stack_id)
    if memory is None:
        with phase("Workspace, numbers, users, connections"):
            memory = set_stage(admin.open_site(description["stack_name"]), stack_id)
    return memory


def set_stage(site: admin.Site, stack_id: str) -> Memory:
    """The company's workspace, one for the captured samples, and one for each further provider."""
    taken = set(site.directory.workspaces())
    suffix = "" if "acme" not in taken else f"-{secrets.token_hex(2)}"
    today = datetime.now(UTC).astimezone(ZoneInfo(people.ZONE)).date()
    days = month(today - timedelta(days=1), DAYS)
    main = stage.main_place(site, f"acme{suffix}", stage.company(SEED, days))
    samples = stage.sample_place(site, f"samples{suffix}")
    branches = [stage.branch_place(site, provider, suffix, SEED) for provider in BRANCHES]
    memory = Memory(
        stack_id=stack_id,
        simulator=simulator_version(),
        month=[d.isoformat() for d in days],
        main=stage.keep(main),
        samples=stage.keep(samples),
        branches=[stage.keep(place) for place in branches],
    )
    memory.save()
    owners = [place.logins.get("olivia") or place.logins["owner"] for place in (samples, *branches)]
    state.update(
        workspace=memory.workspace,
        users=[memory.logins[person] for person in SHOWN],
        owners=[
            {**login, "workspace": place.workspace} for login, place in zip(owners, (samples, *branches), strict=True)
        ],
        connections=stage.described([main, *branches, samples], state.outputs().get("FunctionConnect", "")),
    )
    return memory


# --- sending


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
        """Folded records: calls and texts, their parts, and what each account said on a day."""
        reported = {(n.connection, n.subject[1], n.at.date()) for n in self.notices if n.subject[0] == "presence"}
        return self.known.records + len(reported)


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


# --- while they talk

LOOK_AT_LIVE = "ringlake/fold/board.py, ringlake/flows/live.py and the log of the live function"
# How the header of the board is called there (features.md R2-R6).
HEADER = {
    "total": "total",
    "waiting": "waiting",
    "waiting_incoming": "waiting_inbound",
    "talking": "talking",
    "talking_incoming": "talking_inbound",
}


def watch(observer: Observer, memory: Memory, findings: Findings) -> None:
    """A few calls around one instant: the board while they last, and after they have hung up."""
    scene = memory.stages[-1]
    place = stage.kept(memory.main)
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])

    def tell(notices: Sequence[render.Notice]) -> None:
        sent = deliver.deliver(deliver.plan(notices, deliver.NONE, SEED), place.plan, concurrency=CONCURRENCY)
        findings.add("live webhooks answered 2xx", sent.by_status[200], len(notices), LOOK_AT_LIVE)

    def board(expected: Mapping[str, int]) -> Any:
        """The board as soon as it says what is expected, or after some patience whatever it says."""
        until = time.monotonic() + LIVE_PATIENCE_S
        while True:
            found = asked(observer, "/v1/live", token)
            if all(found["header"][name] == expected[ours] for name, ours in HEADER.items()):
                return found
            if time.monotonic() > until:
                return found
            time.sleep(0.25)

    memory.hung_up = False
    memory.save()
    tell(scene.told)
    began = time.monotonic()
    shown = board(scene.header)
    show_board(shown)
    console.print(f"  [dim]on the board {time.monotonic() - began:.1f} s after the last webhook[/dim]")
    for name, ours in HEADER.items():
        findings.add(
            f"live: {name.replace('_', ', of which ')}", shown["header"][name], scene.header[ours], LOOK_AT_LIVE
        )
    tell(scene.rest)
    over = board(dict.fromkeys(scene.header, 0))
    findings.add("live after they hung up", over["header"]["total"], 0, LOOK_AT_LIVE)
    memory.hung_up = True
    memory.save()


def show_board(shown: Mapping[str, Any]) -> None:
    head = shown["header"]
    console.print(
        f"  {head['total']} calls: {head['waiting']} waiting ({head['waiting_incoming']} incoming), "
        f"{head['talking']} talking ({head['talking_incoming']} incoming)"
    )
    table = Table("type", "status", "since", "employee", "customer", "number", title="Live board", box=SIMPLE_HEAVY)
    for call in shown["calls"]:
        on_it = ", ".join(e["name"] for e in call["employees"])
        who = on_it or (f"{len(call['ringing'])} ringing" if call["ringing"] else call["queue"] or "menu")
        since = datetime.fromisoformat(call["status_since"]).astimezone(ZoneInfo(people.ZONE))
        customer = call["customer_name"] or call["customer_number"]
        cells = (call["type"], call["status"], f"{since:%H:%M:%S}", who, customer, call["business_number_name"])
        table.add_row(*map(Text, cells))
    console.print(table)


def asked(observer: Observer, path: str, token: str) -> Any:
    """The answer of the API to a question; raises RuntimeError for any other than 200."""
    said = observer.call("GET", path, token)
    if said.status != HTTPStatus.OK:
        raise RuntimeError(f"GET {path} was answered {said.status}: {said.body.decode()[:500]}")
    return said.json


# --- what came of it


def wait_until_folded(observer: Observer, stories: Sequence[Told]) -> tuple[int, int]:
    """Until the records have seen every event; how many events and records there are."""
    columns = (TextColumn("  folding"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    expected = {t.place.workspace: len(t.notices) for t in stories}
    parts = {t.place.workspace: t.known.parts for t in stories}
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=sum(expected.values()))

        def look() -> Any:
            seen = observer.folded_all(parts)
            progress.update(task, completed=sum(f.events for f in seen.values()))
            return seen if all(seen[w].events >= n for w, n in expected.items()) else None

        folded = wait_for("the fold of all events", look, patience_s=FOLD_PATIENCE_S, poll_s=1.0)
    events, records = sum(f.events for f in folded.values()), sum(f.total for f in folded.values())
    console.print(f"  {events} events became {records} records")
    return events, records


def check_folded(observer: Observer, stories: Sequence[Told], findings: Findings) -> None:
    events, records = wait_until_folded(observer, stories)
    look_at = "the log of the fold function, and quarantine"
    findings.add("events folded", events, sum(len(t.notices) for t in stories), look_at)
    findings.add("records", records, sum(t.records for t in stories), look_at)


LOOK_AT_LAKE = "ringlake/fold, ringlake/metrics and the provider's adapter; the story is tools/simulator"


def check_lake(observer: Observer, told: Told, findings: Findings) -> None:
    """Every row of the lake against the story, column by column."""
    calls = observer.lake("calls", told.place.workspace)
    real = [row for row in calls if row["is_call"]]
    known = told.known
    texts = observer.lake("messages", told.place.workspace)
    findings.add("calls in the lake", len(real), len(known.calls), LOOK_AT_LAKE)
    findings.add("texts in the lake", len(texts), len(known.messages), LOOK_AT_LAKE)
    findings.add("dispositions without a call", len(calls) - len(real), len(known.classifier_rows), LOOK_AT_LAKE)
    for kind, wrong in differing(observer, told).items():
        findings.rows(f"{kind} that differ", wrong, LOOK_AT_LAKE)


def differing(observer: Observer, told: Told) -> dict[str, list[compare.Difference]]:
    """By kind of row, every cell of the lake that is not as the story has it."""
    return compare.lake(told.known, told.story.days, lambda table: observer.lake(table, told.place.workspace))


def check_branches(observer: Observer, stories: Sequence[Told], said: Mapping[str, Tally], findings: Findings) -> None:
    """One line for each provider; a difference says which cell of which record it is."""
    titles = ("sent", "new", "again", "calls", "texts", "presence", "cases", "wrong")
    caption = "new: accepted; again: duplicates; presence: seconds; wrong: cells"
    table = Table("provider", title="Every provider, a workspace each", caption=caption, box=SIMPLE_HEAVY)
    table.pad_edge, table.collapse_padding = False, True
    for title in titles:
        table.add_column(title, justify="right")
    for story in stories:
        wrong = [d for found in differing(observer, story).values() for d in found]
        tally = said.get(story.place.workspace, Tally())
        known = story.known
        seconds = sum(known.presence_s.values())
        cells = (tally.sent, tally.accepted, tally.duplicates, len(known.calls), len(known.messages))
        presence = str(seconds or "-")
        mark = Text(str(len(wrong)), style="bold red" if wrong else "green")
        table.add_row(story.place.provider, *map(str, cells), presence, str(len(known.cases)), mark)
        look = f"ringlake/providers/{story.place.provider}.py, then ringlake/fold; {_open_points(story)}"
        findings.rows(f"cells of {story.place.provider} that differ", wrong, look)
    console.print(table)


def _open_points(told: Told) -> str:
    """What the provider's contract leaves open, so that nobody looks for it."""
    wires = {wire.WIRES[line.sends] for line in told.story.company.lines}
    columns = sorted({column for w in wires for column in getattr(w, "SILENT", {})})
    return f"its contract leaves open: {', '.join(columns) or 'nothing'}"


FINANCE = """
select direction, outcome, sum(is_call) as calls, sum(coalesce(talk_s, 0)) as talk_s
from calls
where workspace = '{workspace}' and day between '{first}' and '{last}' and is_call = 1
group by direction, outcome
order by direction, outcome
"""


def ask_athena(observer: Observer, memory: Memory, known: Truth, findings: Findings) -> None:
    """A question of finance in plain SQL; its sums are the totals of the final table."""
    last = memory.last + timedelta(days=1)
    sql = FINANCE.format(workspace=memory.workspace, first=memory.days[0].isoformat(), last=last.isoformat())
    rows = observer.athena(sql)
    table = Table("direction", "outcome", "calls", "talk time", title="Athena: calls by direction and outcome")
    for row in rows:
        table.add_row(row["direction"], row["outcome"], row["calls"], _clock(int(row["talk_s"])))
    console.print(table)
    look = "the query in tools/demo.py, run by hand in Athena"
    counted = {(r["direction"], r["outcome"]): int(r["calls"]) for r in rows}
    findings.add("kinds of calls by SQL", counted, dict(totals(known.calls.values(), "direction", "outcome")), look)
    answered = sum(n for (_, outcome), n in counted.items() if outcome == "answered")
    missed = sum(n for (direction, outcome), n in counted.items() if direction == "inbound" and outcome != "answered")
    findings.add("answered, by SQL", answered, known.answered, look)
    findings.add("inbound unanswered, by SQL", missed, known.missed, look)
    findings.add("talk time, by SQL", _clock(sum(int(r["talk_s"]) for r in rows)), _clock(known.talk_s), look)


def export(observer: Observer, memory: Memory, known: Truth, findings: Findings) -> None:
    """Ask for a file as the owner and compare what the mail brings."""
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])
    before = observer.mails()
    wanted = {"filter": {"from": memory.days[0].isoformat(), "to": memory.last.isoformat()}}
    said = observer.call("POST", "/v1/exports", token, wanted)
    if said.status != HTTPStatus.ACCEPTED:
        raise RuntimeError(f"POST /v1/exports was answered {said.status}: {said.body.decode()[:500]}")
    job = observer.job(f"/v1/exports/{said.json['id']}", token)
    mail = observer.mail_to(login["email"], before)
    show_mail(mail)
    name, content = attachment(mail)
    look = "the log of the export function and the mail in .local/stack/mail"
    if not content:
        # Too large to travel: the mail brings a link to our own download route.
        link = observer.call("GET", f"/v1/exports/{said.json['id']}/download", token)
        name, content = job["filename"], _fetched(link)
    path = FOLDER / Path(name).name
    path.write_bytes(content)
    console.print(f"  saved as {path.relative_to(state.ROOT)} ({len(content):,} bytes)")
    rows = csv_rows(content)
    expected = file_rows(known)
    findings.add("export", job["state"], "ready", look)
    findings.add("rows in the mailed CSV", len(rows), len(expected), look)
    findings.rows("cells of the CSV that differ", compare.differences(expected, map(_without_guard, rows)), look)


def _without_guard(row: Mapping[str, str]) -> dict[str, str]:
    """Undo the apostrophe that keeps a spreadsheet from changing numbers."""
    return {k: v[1:] if v.startswith("'+") else v for k, v in row.items()}


def _fetched(said: Any) -> bytes:
    if said.status == HTTPStatus.OK:
        return bytes(said.body)
    url = urlsplit(said.headers["location"])
    connection = HTTPConnection(url.netloc, timeout=30)
    connection.request("GET", f"{url.path}?{url.query}")
    return connection.getresponse().read()


def show_mail(mail: Any) -> None:
    """Headers and text of the mail that arrived."""
    for name in ("From", "To", "Subject", "Date"):
        console.print(Text(f"  {name}: {mail[name]}"))
    for line in text_of(mail).strip().splitlines():
        console.print(Text(f"  | {line}"))
    for part in mail.iter_attachments():
        console.print(Text(f"  attached: {part.get_filename()}"))


def mailed_report(observer: Observer, memory: Memory, name: str, findings: Findings) -> list[dict[str, str]]:
    """Order one of the finance reports, run on Athena by the report function; its rows as mailed."""
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])
    before = observer.mails()
    dates = {"first_date": memory.days[0].isoformat(), "last_date": memory.last.isoformat()}
    said = observer.call("POST", f"/v1/reports/{name}/runs", token, {"parameters": dates})
    if said.status != HTTPStatus.ACCEPTED:
        raise RuntimeError(f"POST /v1/reports/{name}/runs was answered {said.status}: {said.body.decode()[:500]}")
    job = observer.job(f"/v1/reports/runs/{said.json['id']}", token)
    mail = observer.mail_to(login["email"], before)
    file, content = attachment(mail)
    (FOLDER / Path(file).name).write_bytes(content)
    rows = csv_rows(content)
    console.print(Text(f"  {mail['Subject']}: {file}, {len(rows)} rows"))
    findings.add(f"{NICKNAMES[name]} report", job["state"], "ready", LOOK_AT_REPORTS)
    return rows


def reports(observer: Observer, memory: Memory, known: Truth, findings: Findings) -> None:
    """Two of the named finance queries: missed calls by week, and what each person did each day."""
    weeks = mailed_report(observer, memory, WEEKLY_REPORT, findings)
    columns = {
        "week_start": "week",
        "offered": "offered",
        "answered": "answered",
        "missed": "missed",
        "short_abandons": "short",
        "closed_hours": "closed",
        "missed_rate": "rate",
    }
    table = Table(*columns.values(), title="Athena: missed rate per week")
    for row in weeks:
        table.add_row(*(row[name] for name in columns))
    console.print(table)
    for name in ("offered", "missed", "short_abandons"):
        of_calls = f"is_{name.removesuffix('s')}"
        told = sum(row[of_calls] == 1 for row in known.calls.values())
        findings.add(
            f"{name.replace('_', ' ')} in the weekly report", sum(int(r[name]) for r in weeks), told, LOOK_AT_REPORTS
        )

    days = mailed_report(observer, memory, DAILY_REPORT, findings)
    # Spam is in no number of a report, as on the screens.
    calls = [row for row in known.calls.values() if not row["is_spam"]]
    user_days = len(totals(calls, "local_date", "user_id"))
    findings.add("user days in the daily report", len(days), user_days, LOOK_AT_REPORTS)
    talked, told = sum(int(row["talk_s"]) for row in days), sum(int(row["talk_s"] or 0) for row in calls)
    findings.add("talk time in the daily report", _clock(talked), _clock(told), LOOK_AT_REPORTS)


# --- what the API answers

LOOK_AT_ANSWERS = "ringlake/metrics/catalog and ringlake/flows/answers; the story is tools/simulator/figures.py"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHADES = " ░▒▓█"


def answers(observer: Observer, memory: Memory, main: Told, findings: Findings) -> None:
    """Summary and heat map of everything told so far, as the owner's dashboard asks for them."""
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])
    period = f"from={memory.days[0].isoformat()}&to={memory.last.isoformat()}"
    known = figures.summary(main.story, main.known)
    wanted = "&".join(f"metrics={name}" for name in known)
    found = asked(observer, f"/v1/analytics/summary?{period}&{wanted}", token)
    values = {card["value"]["metric"]: card["value"]["value"] for card in found["metrics"]}
    table = Table("metric", "", title=f"Summary, {found['meta']['zone']}, as of {found['meta']['as_of']}")
    for name, expected in known.items():
        value = values.get(name)
        table.add_row(name.replace("_", " "), _shown(name, value))
        right = value == expected or (
            isinstance(value, float) and isinstance(expected, float) and _near(value, expected)
        )
        findings.add(f"summary: {name.replace('_', ' ')}", expected if right else value, expected, LOOK_AT_ANSWERS)
    console.print(table)

    heat = asked(observer, f"/v1/analytics/heatmap?{period}", token)
    cells = {(c["weekday"], c["hour"]): c["value"] for c in heat["cells"] if c["value"]}
    expected_cells = figures.heat(main.story, main.known)
    show_heat(cells)
    findings.add("heat map", dict(cells), dict(expected_cells), LOOK_AT_ANSWERS)
    peaks = [(p["weekday"], p["hour"]) for p in heat["peaks"]]
    console.print(f"  busiest: {', '.join(p['name'] for p in heat['peaks'])}")
    findings.add("peaks", peaks, figures.peaks(expected_cells, memory.days[0], memory.last), LOOK_AT_ANSWERS)


def show_heat(cells: Mapping[tuple[int, int], int]) -> None:
    most = max(cells.values(), default=1)
    console.print("  [bold]Calls and texts by weekday and hour[/bold]")
    console.print("      " + "".join(f"{hour:<4d}" for hour in range(0, 24, 2)))
    for weekday, name in enumerate(WEEKDAYS, start=1):
        levels = (-(-cells.get((weekday, hour), 0) * (len(SHADES) - 1) // most) for hour in range(24))
        console.print(Text(f"  {name} " + "".join(SHADES[level] * 2 for level in levels)))


def _near(a: float, b: float) -> bool:
    return abs(a - b) < NEAR


def _shown(name: str, value: int | float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1%}"
    return _clock(value) if name.endswith("_s") else f"{value:,}"


# --- the end


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def show(findings: Findings) -> None:
    table = Table("", "found", "known to be true", "", title="Does it add up?")
    for line in findings.lines:
        found, known = (f"{len(v)} kinds" if isinstance(v, dict) else str(v) for v in (line.found, line.known))
        mark = Text("✓", style="green") if line.right else Text("✗", style="bold red")
        table.add_row(line.title, found, known, mark)
    console.print(table)
    for line in findings.lines:
        if not line.right:
            console.print(Text(f"✗ {line.title}: look at {line.look_at}", style="red"))
    for detail in findings.details:
        console.print(Text(detail))


def show_addresses(memory: Memory, api_url: str) -> None:
    console.print(Text(f"\nThe stack keeps running.  API {api_url}  AWS {server.endpoint()}"))
    table = Table("role", "e-mail", "password", title="Users who can sign in")
    for person in SHOWN:
        login = memory.logins[person]
        table.add_row(login["role"], login["email"], login["password"])
    console.print(table)
    console.print("Details are in .local/stack.json; `make down` stops everything.")


def run(description: state.Description, findings: Findings) -> Memory:
    """All phases in order; raises RuntimeError where one cannot go on."""
    point_at_stack(os.environ, description["region"])
    observer = Observer(state.outputs(), description["api_url"], Path(description["mail_dir"]))
    memory = staged(description)
    memory.begun = True
    memory.save()
    company = memory.company
    if memory.month_sent:
        memory.extra_days += not memory.sending
        todo = memory.days[:1]
        title = f"One more day, {todo[0]}, and the branches again"
    else:
        todo, title = memory.days, f"The month {memory.month[0]} to {memory.month[-1]}, {len(BRANCHES)} branches"
    with phase("Captured samples"):
        send_captures(memory, observer, findings)
    memory.arrived = memory.arrived or datetime.now(UTC).isoformat()
    arrival = datetime.fromisoformat(memory.arrived)
    if memory.hung_up:
        memory.scenes.append((datetime.now(UTC) - EARLIER).replace(microsecond=0).isoformat())
    main = told(stage.kept(memory.main), company, memory.days, SCALE, arrival, memory.stages)
    before = told(stage.kept(memory.main), company, memory.days, SCALE, arrival, memory.stages[:-1])
    branches = [told(p, p.company(SEED), memory.branch_days, BRANCH_SCALE, arrival) for p in memory.places]
    with phase(title):
        notices = {main.place.workspace: render.notices(history(company, SEED, todo, SCALE))}
        notices |= {t.place.workspace: t.notices for t in branches}
        fresh = {main.place.workspace} if memory.month_sent else set(notices)
        said = send(memory, observer, notices, fresh, findings)
        memory.month_sent = True
        memory.save()
    with phase("Fold"):
        wait_until_folded(observer, [before, *branches])
    with phase("Calls while they last"):
        watch(observer, memory, findings)
        check_folded(observer, [main, *branches], findings)
    with phase("Roll-up to the lake"):
        observer.roll_up(*(t.place.workspace for t in (main, *branches)))
        check_lake(observer, main, findings)
        check_branches(observer, branches, said, findings)
    with phase("Summary and heat map"):
        answers(observer, memory, main, findings)
    with phase("SQL"):
        ask_athena(observer, memory, main.known, findings)
    with phase("Export by mail"):
        export(observer, memory, main.known, findings)
    with phase("Finance reports by mail"):
        reports(observer, memory, main.known, findings)
    return memory


def set_up() -> int:
    """Only the workspaces, without any traffic: what `make up` leaves for other programs."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        description = state.describe()
        point_at_stack(os.environ, description["region"])
        staged(description)
    except (RuntimeError, StackError) as error:
        console.print(Text(f"The stack runs, but has no workspace: {error}", style="red"))
        return 1
    return 0


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    findings = Findings()
    stopped = None
    try:
        description = state.describe()
        memory = run(description, findings)
    except (RuntimeError, StackError) as error:
        stopped = error
    show(findings)
    if stopped is not None:
        console.print(Text(f"Stopped before the end: {stopped}", style="red"))
    else:
        show_addresses(memory, description["api_url"])
    console.print(f"[dim]{time.monotonic() - began:.0f} s in all[/dim]")
    return 0 if stopped is None and findings.right else 1


if __name__ == "__main__":
    sys.exit(set_up() if sys.argv[1:] == ["stage"] else main())
