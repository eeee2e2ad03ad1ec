"""On the deployed stack: somebody outside is asked, agrees and leaves; a mail comes back.

The emulator hands no notices of SES to the topic, so the test writes the one that SES would.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ringlake.model.directory import Role
from ringlake.model.language import Language
from ringlake.model.mailing import Standing
from ringlake.stores.addresses import Confirmations, DynamoAddresses, DynamoPasses
from tests.deployed import Stack
from tools import admin
from tools.simulator.observe import text_of, wait_for

PASSWORD = "Correct-horse-1-battery"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Office:
    """A workspace with one owner, who has signed in."""

    workspace: str
    owner: str
    token: str
    addresses: DynamoAddresses
    confirmations: Confirmations


@pytest.fixture(scope="module")
def office(stack: Stack) -> Office:
    workspace = f"mail{secrets.token_hex(4)}"
    owner = f"owner-{workspace}@example.com"
    admin.create_workspace(stack.site, workspace, "Łódź & Sons", language=Language.PL)
    admin.add_user(stack.site, workspace, owner, "Olga", role=Role.OWNER, password=PASSWORD)
    table = stack.outputs["DirectoryTable"]
    addresses = DynamoAddresses(table)
    return Office(
        workspace,
        owner,
        stack.observer.sign_in(owner, PASSWORD),
        addresses,
        Confirmations(addresses, DynamoPasses(table)),
    )


def test_somebody_outside_agrees_by_the_link_of_the_mail_that_asks_him(stack: Stack, office: Office) -> None:
    out, observer = f"out-{office.workspace}@example.org", stack.observer
    before = observer.mails()
    asked = observer.call("POST", "/v1/mail/addresses", office.token, {"address": out})
    assert (asked.status, asked.json["state"]) == (202, "asked")

    mail = observer.mail_to(out, before)
    assert mail["Content-Language"] == "pl"
    link = re.search(r"https?://\S+(/mail/confirm/\S+)", text_of(mail))
    assert link
    page = observer.call("GET", link[1])
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Łódź &amp; Sons" in page.body.decode()
    assert not office.confirmations.confirmed(office.workspace, out)

    assert observer.call("POST", link[1], body=b"wish=agree", headers=FORM).status == 200
    (found,) = observer.asked("/v1/mail/addresses", office.token)["addresses"]
    assert (found["address"], found["state"]) == (out, "ok")


def test_one_click_of_a_mail_program_leaves(stack: Stack, office: Office) -> None:
    out = f"reader-{office.workspace}@example.org"
    token = office.confirmations.leave(office.workspace, out, "schedule:s1", datetime.now(UTC))
    path = f"/mail/unsubscribe/{token}?language=ru"

    assert 'lang="ru"' in stack.observer.call("GET", path).body.decode()
    assert office.addresses.blocked(office.workspace, out, "schedule:s1") is None
    assert stack.observer.call("POST", path, body=b"List-Unsubscribe=One-Click", headers=FORM).status == 200
    assert office.addresses.blocked(office.workspace, out, "schedule:s1") is Standing.UNSUBSCRIBED
    assert stack.observer.call("POST", path.replace(token, "x" * 43)).status == 404


def test_a_mail_that_comes_back_stops_mail_until_somebody_lifts_it(
    stack: Stack, office: Office, aws: Callable[[str], Any]
) -> None:
    old, now = f"old-{office.workspace}@example.org", datetime.now(UTC).isoformat()
    topics = aws("sns").get_paginator("list_topics").paginate()
    (topic,) = (t["TopicArn"] for page in topics for t in page["Topics"] if t["TopicArn"].endswith("-mail"))
    notice = {
        "eventType": "Bounce",
        "bounce": {"bounceType": "Permanent", "feedbackId": secrets.token_hex(8), "timestamp": now},
        "mail": {
            "messageId": "m1", "timestamp": now, "destination": [old], "tags": {"workspace": [office.workspace]},
        },
    }  # fmt: skip
    before = stack.observer.mails()
    aws("sns").publish(TopicArn=topic, Message=json.dumps(notice))

    wait_for("the bounce", lambda: office.addresses.blocked(office.workspace, old))
    assert old in text_of(stack.observer.mail_to(office.owner, before))
    lifted = stack.observer.call("DELETE", f"/v1/mail/addresses/{old}", office.token)
    assert (lifted.status, lifted.json["state"]) == (200, "ok")
    assert office.addresses.blocked(office.workspace, old) is None
