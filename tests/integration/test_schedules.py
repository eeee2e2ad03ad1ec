"""A scheduled report on the deployed stack: asked, agreed, due, sent once, left by one click."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from ringlake.model.schedules import Due
from ringlake.stores.schedules import DynamoSchedules
from tests.deployed import SEED, Stack
from tools.simulator import deliver, people, render, seeding
from tools.simulator.history import history
from tools.simulator.observe import attachment, csv_rows, text_of, wait_for
from tools.simulator.truth import truth

pytestmark = pytest.mark.slow


def page(method: str, url: str, body: bytes = b"") -> int:
    """Status of a page that a mail leads to, for somebody who is not signed in."""
    _, place, path, query, _ = urlsplit(url)
    connection = HTTPConnection(place, timeout=30)
    try:
        target = f"{path}?{query}" if query else path
        connection.request(method, target, body, {"content-type": "application/x-www-form-urlencoded"})
        return connection.getresponse().status
    finally:
        connection.close()


def mails_to(stack: Stack, address: str) -> list[EmailMessage]:
    return [mail for mail in stack.observer._opened(sorted(stack.observer.mails())) if address in str(mail["To"])]


def test_a_report_whose_time_has_come_is_one_job_and_one_mail_to_everybody(
    stack: Stack, aws: Callable[[str], Any]
) -> None:
    company = people.company(SEED)
    today = datetime.now(UTC).astimezone(ZoneInfo(company.zone)).date()
    wednesday = today - timedelta(days=today.isoweekday() + 4)
    story = history(company, SEED, (wednesday,), 0.3)
    known = truth(story)
    place = seeding.seed(stack.site, f"s-{secrets.token_hex(4)}", "Weekly", company, seeding.new_keys)
    deliver.deliver(deliver.plan(render.notices(story), deliver.NONE, seed=1), place.endpoints)
    expected = len(render.notices(story))
    wait_for(
        "the fold of all events",
        lambda: True if stack.observer.folded(place.workspace, known.parts).events >= expected else None,
        poll_s=0.5,
    )
    stack.observer.roll_up(place.workspace)
    login, outside = place.login("olivia"), f"boss-{place.workspace}@client.example.com"
    token = stack.observer.sign_in(login.email, login.password)

    def ask(method: str, path: str, body: object = None) -> Any:
        said = stack.observer.call(method, path, token, body)
        assert said.status < 300, said.body
        return said.json

    made = ask(
        "POST",
        "/v1/schedules",
        {
            "name": "Every week",
            "what": {"request": {}},
            "timing": {"cadence": "weekly", "weekday": today.isoweekday(), "at": "00:00"},
            "recipients": [{"user": "olivia"}, {"address": outside, "language": "es"}],
        },
    )
    path = f"/v1/schedules/{made['id']}"
    assert [one["state"] for one in made["recipients"]] == ["ok", "unconfirmed"]

    (question,) = wait_for("the question", lambda: mails_to(stack, outside) or None)
    (link,) = set(re.findall(r"https?://\S+/mail/confirm/\S+", text_of(question)))
    # Looking at the page agrees to nothing: scanners of mail look too.
    assert page("GET", link) == 200
    assert ask("GET", path)["recipients"][1]["state"] == "unconfirmed"
    assert page("POST", link) == 200
    assert ask("GET", path)["recipients"][1]["state"] == "ok"

    # A week ago it would have been due today.
    store = DynamoSchedules(stack.outputs["DirectoryTable"])
    due = Due(workspace=place.workspace, schedule=made["id"], at=store.times(place.workspace)[made["id"]])
    store.advance(due, due.at - timedelta(days=7))

    def tick(_number: int) -> Any:
        answer = aws("lambda").invoke(FunctionName=stack.outputs["FunctionSchedule"], Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.loads(answer["Payload"].read())

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(tick, range(3)))
    tick(4)
    (run,) = ask("GET", f"{path}/runs")["runs"]
    assert (run["state"], run["first"], run["last"]) == (
        "ordered",
        (wednesday - timedelta(days=2)).isoformat(),
        (wednesday + timedelta(days=4)).isoformat(),
    )
    job = stack.observer.job(f"/v1/exports/{run['job']}", token)
    assert (job["state"], job["rows"]) == ("ready", len(known.calls) + len(known.messages))

    def sent() -> bool | None:
        (now,) = ask("GET", f"{path}/runs")["runs"]
        return True if [one["state"] for one in now["letters"]] == ["sent", "sent"] else None

    wait_for("both mails", sent)
    # The message once more, as the queue may bring it.
    again = json.dumps({"workspace": place.workspace, "job": run["job"]})
    queue = aws("sqs")
    queue.send_message(QueueUrl=stack.outputs["ExportQueueUrl"], MessageBody=again, MessageGroupId=place.workspace)
    wait_for("an empty queue", lambda: True if _waiting(queue, stack.outputs["ExportQueueUrl"]) == 0 else None)
    reports = {to: [m for m in mails_to(stack, to) if m["List-Unsubscribe"]] for to in (login.email, outside)}
    assert [len(found) for found in reports.values()] == [1, 1]
    for (mail,) in reports.values():
        assert len(csv_rows(attachment(mail)[1])) == job["rows"]
    assert reports[outside][0]["Content-Language"] == "es"
    assert reports[login.email][0]["List-Unsubscribe"] != reports[outside][0]["List-Unsubscribe"]

    # One click, as a mail program does it (RFC 8058).
    leave = str(reports[outside][0]["List-Unsubscribe"]).strip("<>")
    assert page("POST", leave, b"List-Unsubscribe=One-Click") == 200
    assert ask("GET", path)["recipients"][1]["state"] == "unsubscribed"
    by_hand = ask("POST", f"{path}/run", {"everyone": True})
    assert [one["who"] for one in by_hand["left_out"]] == [outside]
    assert [one["who"] for one in by_hand["letters"]] == ["olivia"]


def _waiting(queue: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = queue.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)
