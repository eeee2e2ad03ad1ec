"""The envelopes in events/ are what the functions understand."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from functions.fold import fold
from functions.ingest import ingest
from functions.live import live
from functions.mail import mail
from ringlake import settings
from ringlake.flows.alerts.hooks import Asked
from ringlake.stores.boards import Ticket
from tests.contract.captures import SECRETS, TOKEN, WORKSPACE, capture, house
from tests.unit.live.hall import Hall
from tests.unit.mailing.post import PostOffice
from tools import invoke
from tools.template_rules import contract

EVENTS = Path(__file__).resolve().parents[2] / "events"
NAMES = sorted(path.name for path in EVENTS.glob("*.json"))
# When the files were signed.
SIGNED_AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def event(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / name).read_text(encoding="utf-8"))
    return found


@pytest.fixture(autouse=True)
def _public_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGLAKE_PUBLIC_URL", "https://ringlake.example.com")
    settings.read.cache_clear()


def test_every_function_has_an_envelope_and_every_envelope_a_line_in_the_table() -> None:
    readme = (EVENTS / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([\w.]+)`", readme, re.MULTILINE)) == NAMES
    named = {invoke.function_of(name) for name in NAMES} | {"archive"}
    assert named == set(contract.FUNCTIONS.values())


def test_a_name_that_tells_no_function_is_refused() -> None:
    with pytest.raises(SystemExit, match="begins with none of"):
        invoke.function_of("other.json")


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("http_")])
def test_http_envelopes_come_by_a_route_of_the_template(name: str) -> None:
    seen = event(name)
    assert seen["routeKey"] in contract.ROUTES
    assert ("authorizer" in seen["requestContext"]) is (seen["routeKey"] not in contract.OPEN_ROUTES)
    greedy = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", seen["routeKey"])
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", greedy)
    match = re.fullmatch(pattern, f"{seen['requestContext']['http']['method']} {seen['rawPath']}")
    assert match
    assert match.groupdict() == seen.get("pathParameters", {})
    assert all(header == header.lower() for header in seen["headers"])


@pytest.mark.parametrize(
    ("name", "like", "outcome"),
    [
        ("http_webhook_openphone.json", "openphone/legacy_v2_02_call_completed_answered", "accepted"),
        ("http_webhook_generic.json", "generic/08_fcc_completed", "accepted"),
        ("http_webhook_form.json", "generic/08_fcc_completed", "quarantined"),
        ("http_webhook_check.json", "generic/08_fcc_completed", "not_authentic"),
    ],
)
def test_webhooks_are_taken_at_the_time_of_their_signature(name: str, like: str, outcome: str) -> None:
    at_home = house(capture(like).connection)
    delivery = ingest.opened(event(name))
    assert delivery.url == f"https://ringlake.example.com{event(name)['rawPath']}"
    taken = at_home.take(delivery, event(name)["pathParameters"]["provider"], SIGNED_AT)
    assert taken.outcome == outcome


@pytest.mark.parametrize("name", ["http_webhook_openphone.json", "http_webhook_generic.json"])
def test_an_old_envelope_can_be_signed_anew(name: str) -> None:
    later = datetime(2027, 5, 1, tzinfo=UTC)
    like = "openphone/legacy_v2_02_call_completed_answered" if "openphone" in name else "generic/08_fcc_completed"
    seen, at_home = capture(like), house(capture(like).connection)
    secret = SECRETS[seen.content["secrets"][0]]
    stale = at_home.take(ingest.opened(event(name)), seen.provider, later)
    fresh = invoke.signed_for(event(name), TOKEN, secret, later.timestamp())
    assert stale.outcome == "not_authentic"
    assert at_home.take(ingest.opened(fresh), seen.provider, later).outcome == "accepted"


def test_the_stream_batch_rings_for_calls_and_messages_only() -> None:
    rung = fold.doorbells(event("stream_journal.json")["Records"])
    assert {key.split("#")[1] for key, _ in rung} == {"call", "message"}
    assert len(rung) == 3
    assert all(set(record["dynamodb"]["Keys"]) == {"pk", "sk"} for record in event("stream_journal.json")["Records"])


def test_the_records_batch_holds_what_the_filter_lets_through() -> None:
    records = event("stream_records.json")["Records"]
    assert {record["dynamodb"]["Keys"]["pk"]["S"].split("#")[1] for record in records} == {"call", "presence"}
    for record in records:
        images = [record["dynamodb"].get(name, {}) for name in ("NewImage", "OldImage")]
        assert any("live_ws" in image for image in images)


def test_a_screen_comes_and_says_what_it_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    monkeypatch.setattr(live, "stores", lambda: hall.live)
    came = event("websocket_connect.json")
    hall.boards.issue("example", Ticket(workspace="acme", user_id="u-olga", expires_at=hall.clock() + timedelta(1)))
    assert live.handler(came, None) == {"statusCode": 200}
    assert live.handler(event("websocket_message.json"), None) == {"statusCode": 200}
    assert json.loads(hall.wire.sent[came["requestContext"]["connectionId"]][0])["type"] == "snapshot"
    assert live.handler(event("stream_records.json"), None) == {"batchItemFailures": []}


@pytest.mark.parametrize("name", ["sqs_export.json", "sqs_report.json"])
def test_work_is_named_by_workspace_and_job(name: str) -> None:
    (record,) = event(name)["Records"]
    assert set(json.loads(record["body"])) == {"workspace", "job"}
    assert record["attributes"]["MessageGroupId"] == WORKSPACE


def test_a_notice_is_named_by_workspace_rule_and_event() -> None:
    (record,) = event("sqs_hook.json")["Records"]
    assert msgspec.json.decode(record["body"], type=Asked).workspace == record["attributes"]["MessageGroupId"]


def test_a_persons_envelope_can_be_made_anothers() -> None:
    claims = invoke.called_by(event("http_api_me.json"), "somebody")["requestContext"]["authorizer"]["jwt"]["claims"]
    assert claims["sub"] == "somebody"
    assert claims["token_use"] == "access"


def test_mails_that_came_back_and_links_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    office = PostOffice()
    office.serve(monkeypatch)
    for name, state in [("sns_mail_delivery.json", None), ("sns_mail_bounce.json", "bounced"),
                        ("sns_mail_complaint.json", "complained")]:  # fmt: skip
        assert mail.handler(event(name), None) is None
        assert office.addresses.blocked("acme", "anna@example.com") == state
    for name in ("http_mail_confirm.json", "http_mail_unsubscribe.json"):
        # The files' token is nobody's.
        assert mail.handler(event(name), None)["statusCode"] == 404  # type: ignore[index]
