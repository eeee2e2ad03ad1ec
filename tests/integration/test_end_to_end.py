"""From a webhook to the mailed file, through the deployed stack, against what the simulator knows."""

from __future__ import annotations

import io
import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pyarrow.parquet as pq
import pytest

from ringlake import providers
from ringlake.flows.ingest import MAX_WEBHOOK_BODY
from tests.deployed import DAYS, ROUGH, SEED, Stack
from tools.simulator import captures, compare, deliver, people, render, seeding, stage
from tools.simulator.deals import deals
from tools.simulator.history import History, history
from tools.simulator.observe import attachment, csv_rows, text_of, wait_for
from tools.simulator.signing import Request
from tools.simulator.truth import Row, Truth, file_rows, sums, totals, truth

REPORT = "calls_and_talk_time_per_day_and_user"


@pytest.fixture(scope="session")
def export(
    stack: Stack, seeded: seeding.Seeded, story: History, sent: deliver.Sent
) -> Callable[..., tuple[dict[str, Any], EmailMessage]]:
    """Ask for a file as somebody and wait for the mail."""

    def ask(person: str, form: Mapping[str, object] = {}, **filters: object) -> tuple[dict[str, Any], EmailMessage]:
        login = seeded.login(person)
        token = stack.observer.sign_in(login.email, login.password)
        before = stack.observer.mails()
        wanted = {"from": story.days[0].isoformat(), "to": story.days[-1].isoformat(), **filters}
        said = stack.observer.call("POST", "/v1/exports", token, {"filter": wanted, **form})
        assert said.status == 202, said.body
        job = stack.observer.job(f"/v1/exports/{said.json['id']}", token)
        assert job["state"] == "ready", job
        return job, stack.observer.mail_to(login.email, before)

    return ask


def _rows(mail: EmailMessage) -> list[dict[str, str]]:
    """Rows of the attached file, without the apostrophes that keep a spreadsheet from changing numbers."""
    _, content = attachment(mail)
    return [{k: v[1:] if v.startswith("'+") else v for k, v in row.items()} for row in csv_rows(content)]


# --- webhooks


def test_every_delivery_is_answered_and_every_event_is_taken_once(sent: deliver.Sent, story: History) -> None:
    counts: Counter[str] = Counter()
    for answer in sent.answers:
        assert answer.status == 200, answer.body
        counts.update(json.loads(answer.body))
    assert counts["accepted"] + counts["duplicates"] == len(sent.answers)
    if all(answer.tries == 1 for answer in sent.answers):
        assert counts["accepted"] == len(render.notices(story))
    assert counts["quarantined"] == 0


@pytest.mark.untouched
def test_the_records_are_those_of_the_story(
    stack: Stack, seeded: seeding.Seeded, story: History, sent: deliver.Sent, known: Truth
) -> None:
    folded = stack.observer.folded(seeded.workspace, known.parts)
    assert folded.events == len(render.notices(story))
    assert folded.records["message"] == len(known.messages)
    assert folded.records["deal"] == len(deals(story))
    assert folded.total - folded.records["presence"] == known.records + len(deals(story))


def test_the_lake_says_of_every_call_text_case_and_day_of_presence_what_happened(
    stack: Stack, seeded: seeding.Seeded, story: History, sent: deliver.Sent, known: Truth
) -> None:
    found = compare.lake(known, story.days, lambda table: stack.observer.lake(table, seeded.workspace))
    assert known.cases
    assert known.presence
    wrong = [d for differences in found.values() for d in differences]
    assert not wrong, compare.summary(wrong)


# One that has its legs as calls of their own, one whose body is a token and who reports presence, one that
# tells no time but the start, and one that comes over the bus.
BRANCHES = ("twilio", "dialpad", "zadarma", "amazon_connect")


@pytest.fixture(scope="session")
def branches(stack: Stack) -> dict[str, tuple[stage.Place, History]]:
    """A workspace for each of these providers, with two days of its webhooks."""
    found = {}
    for provider in BRANCHES:
        place = stage.branch_place(stack.site, provider, f"-{secrets.token_hex(4)}", SEED)
        found[provider] = place, history(place.company(SEED), SEED, DAYS[:2], 0.12)
    for place, story in found.values():
        attempts = deliver.plan(render.notices(story), ROUGH, seed=2)
        answers = deliver.deliver(attempts, place.plan, concurrency=4, bus=stack.observer.hand_over).answers
        assert {answer.status for answer in answers} == {200}
    expected = {place.workspace: len(render.notices(story)) for place, story in found.values()}
    parts = {place.workspace: truth(story).parts for place, story in found.values()}

    def look() -> bool | None:
        seen = stack.observer.folded_all(parts)
        return True if all(seen[w].events >= n for w, n in expected.items()) else None

    wait_for("the fold of the branches", look, poll_s=0.5)
    stack.observer.roll_up(*expected)
    return found


@pytest.mark.parametrize("provider", BRANCHES)
def test_every_other_providers_words_become_what_happened(
    stack: Stack, branches: dict[str, tuple[stage.Place, History]], provider: str
) -> None:
    place, story = branches[provider]
    known = truth(story, datetime.now(UTC))
    found = compare.lake(known, story.days, lambda table: stack.observer.lake(table, place.workspace))
    assert known.calls
    wrong = [d for differences in found.values() for d in differences]
    assert not wrong, compare.summary(wrong)


def test_everything_again_changes_no_byte_of_the_lake(
    stack: Stack, aws: Callable[[str], Any], seeded: seeding.Seeded, story: History, sent: deliver.Sent
) -> None:
    def etags() -> dict[str, str]:
        found = aws("s3").list_objects_v2(
            Bucket=stack.outputs["LakeBucket"], Prefix=f"calls/workspace={seeded.workspace}/"
        )
        return {entry["Key"]: entry["ETag"] for entry in found["Contents"]}

    before = etags()
    notices = render.notices(story)[:60]
    again = deliver.deliver(deliver.plan(notices, deliver.NONE, seed=1), seeded.endpoints)
    assert [json.loads(a.body)["duplicates"] for a in again.answers] == [1] * len(notices)
    stack.observer.roll_up(seeded.workspace)
    assert etags() == before


def test_every_capture_of_every_provider_is_answered_as_its_expectation_says(stack: Stack) -> None:
    place = stage.sample_place(stack.site, f"c-{secrets.token_hex(4)}")
    found = [c for c in captures.captures(*captures.providers()) if c.sendable]
    assert {c.provider for c in found} <= set(providers.names())
    assert {c.provider for c in found} >= {*people.BRANCHES, seeding.OPENPHONE, seeding.GENERIC}
    for captured in found:
        endpoint = place.plan[stage.connection_of(captured), captured.scheme]
        status, body = stage.send_sample(captured, endpoint, stack.observer.hand_over)
        assert status == captures.STATUS[captured.expected], captured.name
        if status != 200:
            assert b"signature" not in body.lower()
    kept = stack.observer.journal()[place.workspace]
    assert kept.events == len({(stage.connection_of(c), *c.event) for c in found if c.expected == "accepted"})
    aside = sum(c.expected == "quarantined" for c in found)
    assert kept.aside == aside + captures.conflicts(found, stage.connection_of)


def test_a_capture_without_a_clock_is_authentic_just_as_it_is(stack: Stack) -> None:
    """Nothing is signed anew: the workspace of samples knows the published secrets."""
    place = stage.sample_place(stack.site, f"c-{secrets.token_hex(4)}")
    for provider in ("aircall", "dialpad", "novofon", "ringcentral", "ringostat", "zadarma"):
        captured = next(c for c in captures.captures(provider) if c.expected == "accepted" and not c.settings)
        endpoint = place.plan[stage.connection_of(captured), captured.scheme]
        query = urlsplit(captured.request.url).query
        status, _ = _send(replace(captured.request, url=f"{endpoint.url}?{query}" if query else endpoint.url))
        assert status == 200, captured.name


def test_a_wrong_signature_an_unknown_address_and_a_huge_body_are_refused(
    seeded: seeding.Seeded, story: History
) -> None:
    notice = next(n for n in render.notices(story) if n.scheme == render.LEGACY)
    endpoint = seeded.endpoints[notice.connection, notice.scheme]
    signed = render.request(notice, endpoint.url, endpoint.secrets, datetime.now(UTC))
    assert _send(replace(signed, body=signed.body + b" "))[0] == 401
    assert _send(replace(signed, headers={"content-type": "application/json"}))[0] == 401
    elsewhere = endpoint.url.rpartition("/")[0] + "/" + secrets.token_urlsafe(32)
    assert _send(replace(signed, url=elsewhere))[0] == 404
    other_provider = endpoint.url.replace(f"/{notice.connection}/", "/nobody/")
    assert _send(replace(signed, url=other_provider))[0] == 404
    assert _send(replace(signed, body=b"x" * (MAX_WEBHOOK_BODY + 1)))[0] == 413


def _send(asked: Request) -> tuple[int, bytes]:
    connection = HTTPConnection(urlsplit(asked.url).netloc, timeout=30)
    try:
        return deliver.post(connection, asked)
    finally:
        connection.close()


# --- SQL


def test_athena_counts_what_happened(
    stack: Stack, seeded: seeding.Seeded, story: History, sent: deliver.Sent, known: Truth
) -> None:
    rows = stack.observer.athena(
        "select user_id, direction, outcome, sum(is_call) as calls, sum(coalesce(talk_s, 0)) as talk_s "
        f"from calls where workspace = '{seeded.workspace}' and day >= '{story.days[0].isoformat()}' and is_call = 1 "
        "group by user_id, direction, outcome"
    )
    columns = ("user_id", "direction", "outcome")
    assert {tuple(r[c] for c in columns): int(r["calls"]) for r in rows} == totals(known.calls.values(), *columns)
    talked = {tuple(r[c] for c in columns): int(r["talk_s"]) for r in rows}
    assert talked == dict(sums(known.calls.values(), "talk_s", *columns))


def test_nobody_reads_a_table_without_naming_the_workspace(stack: Stack, sent: deliver.Sent) -> None:
    with pytest.raises(RuntimeError, match="workspace"):
        stack.observer.athena("select count(*) as calls from calls where day >= '2026-01-01'")


def test_a_report_arrives_by_mail_with_the_same_totals(
    stack: Stack, seeded: seeding.Seeded, story: History, sent: deliver.Sent, known: Truth
) -> None:
    login = seeded.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    before = stack.observer.mails()
    dates = {"first_date": story.days[0].isoformat(), "last_date": story.days[-1].isoformat()}
    said = stack.observer.call("POST", f"/v1/reports/{REPORT}/runs", token, {"parameters": dates})
    assert said.status == 202, said.body
    assert stack.observer.job(f"/v1/reports/runs/{said.json['id']}", token)["state"] == "ready"
    rows = _rows(stack.observer.mail_to(login.email, before))
    # As on the screens: spam is in no number (metrics.md Notation).
    wanted = [row for row in known.calls.values() if not row["is_spam"]]
    assert len(wanted) < len(known.calls)
    counted = {(r["local_date"], r["user_id"]): int(r["calls_made"]) + int(r["calls_received"]) for r in rows}
    assert counted == totals(wanted, "local_date", "user_id")
    talked = {(r["local_date"], r["user_id"]): int(r["talk_s"]) for r in rows}
    assert talked == dict(sums(wanted, "talk_s", "local_date", "user_id"))


# --- files


def test_the_mailed_file_is_the_story_row_by_row(
    export: Callable[..., tuple[dict[str, Any], EmailMessage]], seeded: seeding.Seeded, known: Truth
) -> None:
    job, mail = export("olivia")
    rows = _rows(mail)
    wrong = compare.differences(file_rows(known), rows)
    assert not wrong, compare.summary(wrong)
    assert job["rows"] == len(rows)
    assert mail["To"] == seeded.login("olivia").email
    assert "+1" not in str(mail["Subject"])
    assert str(len(rows)) in text_of(mail).replace(",", "").replace(" ", "")


def test_a_file_opens_in_a_spreadsheet_without_changing_a_number(
    export: Callable[..., tuple[dict[str, Any], EmailMessage]],
) -> None:
    _, mail = export("olivia", channels=["call"])
    name, content = attachment(mail)
    assert name.endswith(".csv")
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n")
    cells = [cell for row in csv_rows(content) for cell in row.values()]
    assert cells
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t")]


def test_files_of_other_reports_and_formats_tell_the_same_story(
    export: Callable[..., tuple[dict[str, Any], EmailMessage]],
    stack: Stack,
    seeded: seeding.Seeded,
    story: History,
    known: Truth,
) -> None:
    expected = file_rows(known)
    job, mail = export(
        "olivia", {"report": "detailed", "format": "xlsx", "headers": "codes", "options": {"paths": "all"}}
    )
    name, content = attachment(mail)
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    header, *cells = sheet.iter_rows(values_only=True)
    detailed = [dict(zip(header, row, strict=True)) for row in cells]
    assert name.endswith(".xlsx")
    assert len(detailed) == job["rows"] > len(expected)
    assert {row["record_id"] for row in detailed} == {*expected}
    assert sum(row["talk_s"] or 0 for row in detailed) == sum(int(row.get("talk_s") or 0) for row in expected.values())

    job, mail = export("olivia", {"report": "messages", "format": "parquet"})
    found = pq.read_table(io.BytesIO(attachment(mail)[1])).to_pylist()
    texts = {record_id for record_id, row in expected.items() if row["channel"] == "message"}
    assert {row["record_id"] for row in found} == texts
    assert job["rows"] == len(texts)

    login = seeded.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    asked = f"from={story.days[0].isoformat()}&to={story.days[-1].isoformat()}&metrics=calls"
    (card,) = stack.observer.call("GET", f"/v1/analytics/summary?{asked}", token).json["metrics"]
    _, mail = export("olivia", {"report": "team", "format": "jsonl", "options": {"metrics": ["calls"]}})
    team = [json.loads(line) for line in attachment(mail)[1].splitlines()]
    assert sum(row["calls"] for row in team) == card["value"]["value"]


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        ("anna", lambda row: row["user_id"] == "anna"),
        ("ines", lambda row: row["business_number"] == "+12025550104"),
        ("martin", lambda row: row["team_id"] == "sales" or row["user_id"] == "martin"),
    ],
    ids=["an operator sees what is hers", "a member sees the numbers assigned", "a manager sees the team"],
)
def test_everybody_gets_only_what_is_theirs(
    export: Callable[..., tuple[dict[str, Any], EmailMessage]],
    stack: Stack,
    seeded: seeding.Seeded,
    person: str,
    sees: Callable[[Row], bool],
) -> None:
    rows: list[Row] = [r for r in stack.observer.lake("calls", seeded.workspace) if r["is_call"]]
    rows += stack.observer.lake("messages", seeded.workspace)
    _, mail = export(person)
    found = {row["record_id"] for row in _rows(mail)}
    expected = {row["record_id"] for row in rows if sees(row)}
    assert expected
    assert found == expected


# --- access


def test_without_a_token_nothing_is_told(stack: Stack) -> None:
    for method, path in (("GET", "/v1/me"), ("POST", "/v1/exports"), ("GET", "/v1/exports/none")):
        assert stack.observer.call(method, path).status == 401
        assert stack.observer.call(method, path, "no.such.token").status == 401


def test_an_operator_runs_no_report_over_the_whole_workspace(stack: Stack, seeded: seeding.Seeded) -> None:
    login = seeded.login("anna")
    token = stack.observer.sign_in(login.email, login.password)
    said = stack.observer.call("POST", f"/v1/reports/{REPORT}/runs", token, {"parameters": {}})
    assert said.status == 403


def test_a_file_of_somebody_else_is_not_there(
    export: Callable[..., tuple[dict[str, Any], EmailMessage]], stack: Stack, seeded: seeding.Seeded
) -> None:
    job, _ = export("olivia", channels=["message"])
    for person in ("boris", "ines"):
        login = seeded.login(person)
        token = stack.observer.sign_in(login.email, login.password)
        for path in (f"/v1/exports/{job['id']}", f"/v1/exports/{job['id']}/download"):
            assert stack.observer.call("GET", path, token).status == 404


def test_another_workspace_sees_none_of_it(
    export: Callable[..., tuple[dict[str, Any], EmailMessage]], stack: Stack, story: History
) -> None:
    job, _ = export("olivia", channels=["message"])
    other = seeding.seed(stack.site, f"o-{secrets.token_hex(4)}", "Another company", story.company, seeding.new_keys)
    login = other.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    assert stack.observer.call("GET", f"/v1/exports/{job['id']}", token).status == 404
    listed = stack.observer.call("GET", "/v1/exports", token)
    assert listed.status == 200
    assert job["id"] not in listed.body.decode()


def test_a_wrong_field_of_a_filter_is_named(stack: Stack, seeded: seeding.Seeded) -> None:
    login = seeded.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    said = stack.observer.call("POST", "/v1/exports", token, {"filter": {"from": "2026-11-05", "to": "2026-11-01"}})
    assert said.status == 400
    assert "to" in said.body.decode()
