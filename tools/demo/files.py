"""Files that arrive by mail."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.table import Table
from rich.text import Text

from ringlake.files.words import Words
from ringlake.model.language import Language
from tools.simulator import compare
from tools.simulator.observe import Observer, attachment, csv_rows, text_of
from tools.simulator.truth import Truth, file_rows, totals
from tools.stack import state

from .findings import Findings, clock, console
from .memory import FOLDER, Memory

DAILY_REPORT = "calls_and_talk_time_per_day_and_user"
WEEKLY_REPORT = "missed_rate_per_week"
NICKNAMES = {DAILY_REPORT: "daily", WEEKLY_REPORT: "weekly"}
LOOK_AT_REPORTS = "the log of the report function and ringlake/reports"


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
        # Too large to travel: the mail brings a link to the dashboard, which asks for the file as its reader.
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


def detailed(observer: Observer, memory: Memory, known: Truth, findings: Findings) -> None:
    """The same calls with a row for each step, as a spreadsheet (features.md F53)."""
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])
    dates = {"from": memory.days[0].isoformat(), "to": memory.last.isoformat()}
    wanted = {"report": "detailed", "format": "xlsx", "filter": {**dates, "channels": ["call"]}}
    said = observer.call("POST", "/v1/exports", token, wanted)
    if said.status != HTTPStatus.ACCEPTED:
        raise RuntimeError(f"POST /v1/exports was answered {said.status}: {said.body.decode()[:500]}")
    job = observer.job(f"/v1/exports/{said.json['id']}", token)
    look = "the log of the export function and ringlake/flows/exports"
    findings.add("spreadsheet", job["state"], "ready", look)
    content = _fetched(observer.call("GET", f"/v1/exports/{said.json['id']}/download", token))
    path = FOLDER / job["filename"]
    path.write_bytes(content)
    console.print(f"  saved as {path.relative_to(state.ROOT)} ({len(content):,} bytes)")
    header, *rows = _cells(content)
    words = Words(Language.EN)
    calls, talked, step = (header.index(words.column(name)) for name in ("record_id", "talk_s", "step_no"))
    told = sum(int(row["talk_s"] or 0) for row in known.calls.values())
    findings.add("calls in the spreadsheet", len({row[calls] for row in rows}), len(known.calls), look)
    steps = sum(row[step] is not None for row in rows)
    console.print(
        f"  {len(rows):,} rows for {len(known.calls):,} calls; {steps:,} of them are steps of a campaign's calls"
    )
    findings.add("steps in the spreadsheet", steps > 0, True, look)
    # Durations stand on the first row of a call only, so that their sum is right.
    findings.add("talk time in the spreadsheet", _sum(row[talked] for row in rows), told, look)


def _cells(content: bytes) -> list[tuple[Any, ...]]:
    """Rows of the first sheet, read by another library than the one that wrote them."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    return list(book.worksheets[0].iter_rows(values_only=True))


def _sum(cells: Iterable[Any]) -> int:
    return sum(int(cell) for cell in cells if cell is not None)


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
    findings.add("talk time in the daily report", clock(talked), clock(told), LOOK_AT_REPORTS)
