"""What finance signs: a report that mails itself, an invoice beside our charges, a month that is closed."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from ringlake.model.schedules import Due
from ringlake.stores.schedules import DynamoSchedules
from tools.simulator.observe import Observer, attachment, csv_rows
from tools.simulator.truth import Row, Truth

from .files import show_mail
from .findings import Findings, console
from .memory import FOLDER, Memory

WEEKLY_REPORT = "missed_rate_per_week"
LOOK_AT_SCHEDULES = "the log of the schedule function, GET /v1/schedules/{id}/runs and ringlake/flows/schedules"
LOOK_AT_INVOICES = "GET /v1/invoices/{id}/entries and ringlake/metrics/reconcile.py"
LOOK_AT_CLOSINGS = "GET /v1/closings/{month} and ringlake/flows/finance/months.py"
MORNING = "08:00"
MAPPING = {
    "columns": {
        "id": "Call",
        "number": "Number",
        "remote": "Other party",
        "started_at": "Start",
        "amount": "Price",
        "currency": "Currency",
    },
    "zone": "UTC",
}


def scheduled(observer: Observer, memory: Memory, known: Truth, findings: Findings) -> None:
    """A report of every week: its clock is put back to the last time that it was due, twice; one mail comes."""
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])
    me = observer.asked("/v1/me", token)
    zone = ZoneInfo(me["workspace"]["zone"])
    last_due = _last_monday(datetime.now(zone))
    order = {
        "name": "Missed calls, every week",
        "what": {"kind": "report", "name": WEEKLY_REPORT},
        "timing": {"cadence": "weekly", "weekday": 1, "at": MORNING},
        "recipients": [{"user": me["user"]["id"]}],
    }
    made = _done(observer.call("POST", "/v1/schedules", token, order), HTTPStatus.CREATED)
    path = f"/v1/schedules/{made['id']}"
    before = observer.mails()
    store = DynamoSchedules(observer.outputs["DirectoryTable"])
    for _ in range(2):
        due = store.times(memory.workspace)[made["id"]]
        store.advance(Due(workspace=memory.workspace, schedule=made["id"], at=due), last_due.astimezone(UTC))
        observer.mail_what_is_due()
    mail = observer.mail_to(login["email"], before)
    show_mail(mail)
    rows = csv_rows(attachment(mail)[1])
    runs = observer.asked(f"{path}/runs", token)["runs"]
    findings.add("runs of the week's report", len(runs), 1, LOOK_AT_SCHEDULES)
    sent = [m for m in observer.mails() - before if login["email"] in m.read_text("utf-8", "replace")]
    findings.add("mails of the week's report", len(sent), 1, LOOK_AT_SCHEDULES)
    findings.add("it can be left by one click", "List-Unsubscribe-Post" in mail, True, LOOK_AT_SCHEDULES)
    first = last_due.date() - timedelta(days=7)
    week = [r for r in known.calls.values() if first <= date.fromisoformat(str(r["local_date"])) < last_due.date()]
    for name in ("offered", "missed"):
        told = sum(row[f"is_{name}"] == 1 for row in week)
        findings.add(f"{name} in the week's report", sum(int(r[name]) for r in rows), told, LOOK_AT_SCHEDULES)
    version = observer.call("GET", path, token).headers["etag"]
    _done(observer.call("DELETE", path, token, headers={"if-match": version}), HTTPStatus.OK)


def _last_monday(now: datetime) -> datetime:
    """The last Monday morning that is over, on the clock of `now`."""
    at = now.replace(hour=8, minute=0, second=0, microsecond=0)
    monday = at - timedelta(days=at.weekday())
    return monday if monday < now else monday - timedelta(days=7)


# --- the invoice


def invoice(observer: Observer, memory: Memory, known: Truth, findings: Findings) -> None:
    """The provider's invoice for the month, made of the story: one line is left out, one invented, one dearer."""
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])
    charged = _charged(known)
    connection = str(charged[0]["connection"])
    left_out, dearer = charged[len(charged) // 3], charged[len(charged) // 2]
    lines = [_line(row, "0.0500" if row is dearer else None) for row in charged if row is not left_out]
    invented = {**_line(charged[-1], None), "Call": "CA-never-made", "Other party": "+442079460999", "Price": "1.2500"}
    content = _csv([*lines, invented])
    (FOLDER / "invoice.csv").write_bytes(content)
    path = f"/v1/invoice-mappings/{connection}"
    said = observer.call("GET", path, token)
    version = {"if-match": said.headers["etag"]} if said.status == HTTPStatus.OK else {}
    _done(observer.call("PUT", path, token, MAPPING, version), HTTPStatus.OK)
    period = f"from={memory.days[0].isoformat()}&to={memory.last.isoformat()}"
    sent = observer.call(
        "POST", f"/v1/invoices?connection={connection}&{period}", token, content, {"content-type": "text/csv"}
    )
    taken = _done(sent, HTTPStatus.OK)
    tally = taken["invoice"]["tally"]
    entries = observer.asked(
        f"/v1/invoices/{taken['invoice']['id']}/entries?states=missing&states=extra&states=different", token
    )["entries"]
    table = Table("", "call", "invoice", "ours", "difference", title=f"{connection}: {len(lines) + 1} lines compared")
    for entry in entries:
        cells = (entry["invoiced_amount"], entry["charged_amount"], entry["difference"])
        table.add_row(
            entry["state"],
            Text(entry["line_id"] or entry["record_id"]),
            *(str(c) if c is not None else "-" for c in cells),
        )
    console.print(table)
    planted = {
        ("missing", "", str(left_out["record_id"])),
        ("extra", "CA-never-made", ""),
        ("different", str(dearer["provider_id"]), str(dearer["record_id"])),
    }
    found = Counter((e["state"], e["line_id"], e["record_id"]) for e in entries)
    findings.add("differences of the invoice", dict(found), dict(Counter(planted)), LOOK_AT_INVOICES)
    findings.add("lines that agree", tally["matched"], len(lines) - 1, LOOK_AT_INVOICES)


def _charged(known: Truth) -> list[Row]:
    """Calls of the connection with most prices of its provider, in the order of their start."""
    priced = [r for r in known.calls.values() if r.get("cost_source") == "provider" and r["cost_amount"] is not None]
    most, _ = Counter(str(row["connection"]) for row in priced).most_common(1)[0]
    return sorted((r for r in priced if r["connection"] == most), key=lambda r: str(r["started_at"]))


def _line(row: Row, dearer_by: str | None) -> dict[str, str]:
    amount = Decimal(str(row["cost_amount"])) + Decimal(dearer_by or 0)
    return {
        "Call": str(row["provider_id"]),
        "Number": str(row["business_number"]),
        "Other party": str(row["remote_number"]),
        "Start": f"{row['started_at']}Z",
        "Price": str(amount),
        "Currency": str(row["cost_currency"]),
    }


def _csv(lines: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


# --- the month


def closing(observer: Observer, memory: Memory, findings: Findings) -> None:
    """Close the month before this one, and look at it again: the same digest."""
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])
    today = datetime.now(ZoneInfo(observer.asked("/v1/me", token)["workspace"]["zone"])).date()
    month = f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    body = {"reason": "the month is over", "again": True}
    closed = _done(observer.call("POST", f"/v1/closings/{month}", token, body), HTTPStatus.OK)
    looked = observer.asked(f"/v1/closings/{month}", token)
    for told, title in ((closed["sha256"], "frozen"), (looked["sha256_now"], "now")):
        console.print(Text(f"  {month} {title:6s} {told}"))
    for part in looked["sums"]:
        money = f"{part['amount']} {part['currency']}" if part["currency"] else "no amount known"
        console.print(Text(f"  {part['table']}: {part['rows']} rows, {money}"))
    findings.add("digest of the closed month", looked["sha256_now"], closed["sha256"], LOOK_AT_CLOSINGS)
    findings.add("the closed month is intact", looked["intact"], True, LOOK_AT_CLOSINGS)


def _done(said: Any, status: HTTPStatus) -> Any:
    if said.status != status:
        raise RuntimeError(f"the API answered {said.status}, not {status.value}: {said.body.decode()[:500]}")
    return said.json
