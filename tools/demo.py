"""The whole path on the local stack, from webhooks to the mailed file, with every number checked.

    make demo        (that is: make up; python -m tools.demo)

A simulator invents a company's month and knows everything about it. Its providers' webhooks go
to the deployed stack, badly: repeated, out of order, some lost and sent again later. Then the
lake, Athena, the mailed CSV and a report must say exactly what happened; anything else ends
with exit code 1 and says where to look.

A second run on the same stack sends the captured samples again (all of them duplicates by
then) and one more day, and checks the sums of everything sent so far.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tools import admin
from tools.simulator import captures, compare, deliver, people, render, seeding
from tools.simulator.history import extra_day, history, month
from tools.simulator.observe import Observer, attachment, csv_rows, point_at_stack, text_of, wait_for
from tools.simulator.truth import Truth, file_rows, totals, truth
from tools.stack import client, server, state
from tools.stack.server import StackError

FOLDER = state.LOCAL / "demo"
MEMORY = FOLDER / "state.json"
SEED, SCALE, DAYS = 2026, 1.0, 30
CONCURRENCY = 6
# Whom the demo signs in as, one of each role.
SHOWN = ("olivia", "martin", "anna", "ines")
DAILY_REPORT = "calls_and_talk_time_per_day_and_user"
WEEKLY_REPORT = "missed_rate_per_week"
NICKNAMES = {DAILY_REPORT: "daily", WEEKLY_REPORT: "weekly"}
LOOK_AT_REPORTS = "the log of the report function and ringlake/reports"
# Sending, folding and the roll-up of a month take about a minute; a slow machine may take longer.
FOLD_PATIENCE_S = 300.0

console = Console(highlight=False, soft_wrap=True)


@dataclass
class Memory:
    """What a later run has to know, tied to one stack, one deployed code and one version of the simulator."""

    stack_id: str
    simulator: str
    workspace: str
    samples: str
    month: list[str]
    logins: dict[str, dict[str, str]]
    endpoints: dict[str, dict[str, Any]]
    sample_endpoints: dict[str, dict[str, Any]]
    extra_days: int = 0
    # True once anything has been sent.
    begun: bool = False
    month_sent: bool = False
    # True from before a day is sent until all of it is: the run was interrupted.
    sending: bool = False
    captures_sent: bool = False

    @property
    def days(self) -> list[date]:
        """Every day that has been sent, oldest first."""
        first = [date.fromisoformat(d) for d in self.month]
        return [extra_day(first, n) for n in range(self.extra_days, 0, -1)] + first

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
    digest = hashlib.sha256(f"{SEED} {SCALE} {DAYS}".encode())
    for name in ("people", "history", "truth", "render"):
        digest.update((Path(__file__).parent / "simulator" / f"{name}.py").read_bytes())
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
            memory = set_stage(admin.open_site(description["stack_name"]), stack_id, people.company(SEED))
    return memory


def set_stage(site: admin.Site, stack_id: str, company: people.Company) -> Memory:
    """Two workspaces: the company's, and one for the captured samples, so that tenants can be seen apart."""
    taken = set(site.directory.workspaces())
    suffix = "" if "acme" not in taken else f"-{secrets.token_hex(2)}"
    acme = seeding.seed(site, f"acme{suffix}", "Acme Communications", company, seeding.new_secrets())
    admin.create_workspace(site, f"samples{suffix}", "Captured samples", zone="Europe/Warsaw", country="PL")
    samples = seeding.connect(site, f"samples{suffix}", company, seeding.new_secrets())
    yesterday = datetime.now(UTC).astimezone(company.tz).date() - timedelta(days=1)
    memory = Memory(
        stack_id=stack_id,
        simulator=simulator_version(),
        workspace=acme.workspace,
        samples=f"samples{suffix}",
        month=[d.isoformat() for d in month(yesterday, DAYS)],
        logins={x.person.id: {"email": x.email, "password": x.password, "role": x.person.role} for x in acme.logins},
        endpoints=_plain(acme.endpoints),
        sample_endpoints=_plain(samples),
    )
    memory.save()
    state.update(
        workspace=memory.workspace,
        users=[memory.logins[person] for person in SHOWN],
        connections=[
            {"provider": connection, "webhook_url": endpoint.url, "test_secret": endpoint.secrets[0]}
            for (connection, _), endpoint in acme.endpoints.items()
        ],
    )
    return memory


def _plain(endpoints: deliver.Endpoints) -> dict[str, dict[str, Any]]:
    return {f"{c}/{s}": {"url": e.url, "secrets": list(e.secrets)} for (c, s), e in endpoints.items()}


def _endpoints(plain: Mapping[str, Mapping[str, Any]]) -> deliver.Endpoints:
    found = {}
    for name, endpoint in plain.items():
        connection, _, scheme = name.partition("/")
        found[connection, scheme] = deliver.Endpoint(endpoint["url"], tuple(endpoint["secrets"]))
    return found


# --- sending


def send_captures(memory: Memory, findings: Findings) -> None:
    """Every captured sample, signed now; the tampered one must be refused."""
    endpoints = _endpoints(memory.sample_endpoints)
    again = memory.captures_sent
    statuses: Counter[int] = Counter()
    counts: Counter[str] = Counter()
    unexpected = []
    found = captures.captures()
    for captured in found:
        url = urlsplit(endpoints[captured.notice.connection, captured.notice.scheme].url)
        connection = HTTPConnection(url.netloc, timeout=deliver.TIMEOUT_S)
        headers = captured.headers_now(endpoints, datetime.now(UTC))
        status, body = deliver.post(connection, url.path, captured.notice.body, headers)
        connection.close()
        statuses[status] += 1
        if status == HTTPStatus.OK:
            counts.update(json.loads(body))
        if status != captures.STATUS[captured.expected]:
            unexpected.append(f"{captured.name}: {status}")
    memory.captures_sent = True
    memory.save()
    expected = Counter(captures.STATUS[c.expected] for c in found)
    look = "tests/captures and the log of the ingest function"
    findings.add("samples answered 200", statuses[200], expected[200], look)
    findings.add("samples refused with 401", statuses[401], expected[401], look)
    events = {c.event for c in found if c.expected == "accepted"}
    accepted = sum(c.expected == "accepted" for c in found)
    findings.add("samples stored as new", counts["accepted"], 0 if again else len(events), look)
    findings.add("samples known already", counts["duplicates"], accepted if again else accepted - len(events), look)
    quarantined = sum(c.expected == "quarantined" for c in found)
    findings.add("samples put into quarantine", counts["quarantined"], quarantined, look)
    findings.details.extend(unexpected)
    console.print(f"  {len(found)} samples: {statuses[200]} taken, {statuses[401]} refused")


def send(memory: Memory, notices: Sequence[render.Notice], seed: int, findings: Findings) -> None:
    """Deliver with faults and count what was answered."""
    attempts = deliver.plan(notices, deliver.Faults(), seed)
    todo = [a for a in attempts if not a.lost]
    lost = len(attempts) - len(todo)
    console.print(
        f"  {len(notices)} webhooks; {sum(a.repeat for a in todo)} arrive twice, "
        f"{lost} get lost and are sent again, all of them out of order"
    )
    interrupted, memory.sending = memory.sending, True
    memory.save()
    columns = (TextColumn("  sending"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(todo))
        sent = deliver.deliver(
            attempts,
            _endpoints(memory.endpoints),
            concurrency=CONCURRENCY,
            progress=lambda: progress.advance(task),
        )
    counts: Counter[str] = Counter()
    for answer in sent.answers:
        if answer.status == HTTPStatus.OK:
            counts.update(json.loads(answer.body))
    retried = sum(a.tries - 1 for a in sent.answers)
    memory.sending, memory.month_sent = False, True
    memory.save()
    console.print(f"  {sent.rate:.0f} webhooks/s by {CONCURRENCY} senders, {retried} tries again after 5xx or silence")
    look = "the log of the ingest function: .local/stack/logs/emulator.log"
    findings.add("sent", len(sent.answers), len(todo), look)
    findings.add("answered 2xx", sent.by_status[200], len(todo), look)
    repeats = sum(a.repeat for a in todo)
    if retried or interrupted:
        # What was stored before an answer got lost comes back as a duplicate.
        findings.add("accepted + duplicates", counts["accepted"] + counts["duplicates"], len(todo), look)
    else:
        findings.add("accepted", counts["accepted"], len(notices), look)
        findings.add("duplicates", counts["duplicates"], repeats, look)
    findings.add("quarantined", counts["quarantined"], 0, look)


# --- what came of it


def wait_until_folded(observer: Observer, memory: Memory, events: int, known: Truth, findings: Findings) -> None:
    """Until the records have seen every event."""
    columns = (TextColumn("  folding"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=events)

        def look() -> Any:
            seen = observer.folded(memory.workspace, known.parts)
            progress.update(task, completed=seen.events)
            return seen if seen.events >= events else None

        folded = wait_for("the fold of all events", look, patience_s=FOLD_PATIENCE_S, poll_s=1.0)
    console.print(f"  {folded.events} events became {folded.total} records")
    look_at = "the log of the fold function, and quarantine"
    findings.add("events folded", folded.events, events, look_at)
    findings.add("records", folded.total, known.records, look_at)


def check_lake(observer: Observer, memory: Memory, known: Truth, findings: Findings) -> None:
    """Every row of the lake against the story, column by column."""
    look = "ringlake/fold and ringlake/metrics/rows.py; the story is tools/simulator"
    calls = observer.lake("calls", memory.workspace)
    real = [row for row in calls if row["is_call"]]
    messages = observer.lake("messages", memory.workspace)
    findings.add("calls in the lake", len(real), len(known.calls), look)
    findings.add("texts in the lake", len(messages), len(known.messages), look)
    findings.add("dispositions without a call", len(calls) - len(real), len(known.classifier_rows), look)
    findings.rows("cells of calls that differ", compare.differences(known.calls, real), look)
    findings.rows("cells of texts that differ", compare.differences(known.messages, messages), look)


FINANCE = """
select direction, outcome, sum(is_call) as calls, sum(coalesce(talk_s, 0)) as talk_s
from calls
where workspace = '{workspace}' and day between '{first}' and '{last}' and is_call = 1
group by direction, outcome
order by direction, outcome
"""


def ask_athena(observer: Observer, memory: Memory, known: Truth, findings: Findings) -> None:
    """A question of finance in plain SQL; its sums are the totals of the final table."""
    last = memory.days[-1] + timedelta(days=1)
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
    asked = {"filter": {"from": memory.days[0].isoformat(), "to": memory.days[-1].isoformat()}}
    said = observer.call("POST", "/v1/exports", token, asked)
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
    dates = {"first_date": memory.days[0].isoformat(), "last_date": memory.days[-1].isoformat()}
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
    user_days = len(totals(known.calls.values(), "local_date", "user_id"))
    findings.add("user days in the daily report", len(days), user_days, LOOK_AT_REPORTS)
    talked = sum(int(row["talk_s"]) for row in days)
    findings.add("talk time in the daily report", _clock(talked), _clock(known.talk_s), LOOK_AT_REPORTS)


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
    company = people.company(SEED)
    memory = staged(description)
    memory.begun = True
    memory.save()
    if memory.month_sent:
        memory.extra_days += not memory.sending
        todo = memory.days[:1]
        title = f"One more day, {todo[0]}"
    else:
        todo, title = memory.days, f"The month {memory.month[0]} to {memory.month[-1]}"
    with phase("Captured samples"):
        send_captures(memory, findings)
    with phase(title):
        send(memory, render.notices(history(company, SEED, todo, SCALE)), SEED + memory.extra_days, findings)
    story = history(company, SEED, memory.days, SCALE)
    known = truth(story)
    with phase("Fold"):
        wait_until_folded(observer, memory, len(render.notices(story)), known, findings)
    with phase("Roll-up to the lake"):
        observer.roll_up(memory.workspace)
        check_lake(observer, memory, known, findings)
    with phase("SQL"):
        ask_athena(observer, memory, known, findings)
    with phase("Export by mail"):
        export(observer, memory, known, findings)
    with phase("Finance reports by mail"):
        reports(observer, memory, known, findings)
    return memory


def stage() -> int:
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
    sys.exit(stage() if sys.argv[1:] == ["stage"] else main())
