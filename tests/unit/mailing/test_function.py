"""The function: notices of SES in, pages out, and nothing personal in a log line."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from functions.mail import mail
from ringlake.errors import Conflict, Unavailable
from ringlake.files.mail.words import words
from ringlake.model.language import Language
from ringlake.model.mailing import Standing
from tests.unit.mailing.post import NOW, PostOffice, by_sns, notice

CONFIRM, LEAVE = "/mail/confirm/{token}", "/mail/unsubscribe/{token}"
OUT = "out@example.org"


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    office = PostOffice()
    office.serve(monkeypatch)
    return office


def ask(
    route: str, token: str, *, method: str = "GET", body: str = "", encoded: bool = False, language: str = "en"
) -> dict[str, Any]:
    sent = base64.b64encode(body.encode()).decode() if encoded else body
    found = mail.handler(
        {
            "routeKey": f"{method} {route}", "pathParameters": {"token": token},
            "queryStringParameters": {"language": language}, "body": sent, "isBase64Encoded": encoded,
        },
        None,
    )  # fmt: skip
    assert found is not None
    return found


class Buttons(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.wishes: list[str | None] = []
        self.forms: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button":
            self.wishes.append(dict(attrs)["value"])
        if tag == "form":
            self.forms.append(dict(attrs))


def test_a_page_asks_and_its_button_does_it(office: PostOffice) -> None:
    token = office.confirmations.ask("acme", OUT, "max", NOW)
    page = ask(CONFIRM, token)
    assert page["statusCode"] == 200
    assert "Acme &amp; Sons" in page["body"]
    assert Buttons(page["body"]).wishes == ["agree"]
    # The form goes to the page's own address.
    assert Buttons(page["body"]).forms == [{"method": "post"}]
    assert not office.confirmations.confirmed("acme", OUT)

    done = ask(CONFIRM, token, method="POST", body="wish=agree", encoded=True)
    assert done["statusCode"] == 200
    assert "from now on" in done["body"]
    assert office.confirmations.confirmed("acme", OUT)


@pytest.mark.parametrize(
    ("body", "encoded"),
    [
        ("List-Unsubscribe=One-Click", False),
        ("List-Unsubscribe=One-Click", True),
        ('--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n', True),
        ("", False),
        ("wish=leave", False),
        ("wish=nonsense", False),
        ("=" * 100_000, True),
    ],
)
def test_one_click_of_a_mail_program_is_enough(office: PostOffice, body: str, encoded: bool) -> None:
    token = office.confirmations.leave("acme", OUT, "schedule:s1", NOW)
    assert ask(LEAVE, token, method="POST", body=body, encoded=encoded)["statusCode"] == 200
    assert office.addresses.blocked("acme", OUT, "schedule:s1") is Standing.UNSUBSCRIBED
    assert office.addresses.blocked("acme", OUT, "schedule:s2") is None


def test_the_page_of_leaving_offers_more_and_the_way_back(office: PostOffice) -> None:
    token = office.confirmations.leave("acme", OUT, "schedule:s1", NOW)
    assert Buttons(ask(LEAVE, token)["body"]).wishes == ["leave", "leave_all"]
    assert Buttons(ask(LEAVE, token, method="POST", body="wish=leave")["body"]).wishes == ["return", "leave_all"]
    assert Buttons(ask(LEAVE, token, method="POST", body="wish=leave_all")["body"]).wishes == ["return"]
    assert office.addresses.blocked("acme", OUT, "alert:a1") is Standing.UNSUBSCRIBED
    assert Buttons(ask(LEAVE, token, method="POST", body="wish=return")["body"]).wishes == ["leave", "leave_all"]
    assert office.addresses.blocked("acme", OUT, "schedule:s1") is None


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("route", [CONFIRM, LEAVE, "/mail/other/{token}"])
@pytest.mark.parametrize("token", ["", "x", "x" * 500, "../../v1/me"])
def test_a_link_that_is_none_has_a_page_that_tells_nothing(
    office: PostOffice, method: str, route: str, token: str
) -> None:
    page = ask(route, token, method=method)
    assert page["statusCode"] == 404
    assert "Acme" not in page["body"]
    assert Buttons(page["body"]).wishes == []


@pytest.mark.parametrize("error", [Unavailable("GetItem"), Conflict("x"), RuntimeError("anna@example.com")])
def test_a_failure_has_a_page_and_tells_no_data(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    token = office.confirmations.leave("acme", OUT, "schedule:s1", NOW)
    monkeypatch.setattr(office.passes, "find", fail)
    page = ask(LEAVE, token, method="POST")
    assert page["statusCode"] == 503
    assert "try again" in page["body"]
    assert "anna@example.com" not in capsys.readouterr().out + page["body"]


def test_pages_load_nothing_hand_on_nothing_and_are_kept_nowhere(office: PostOffice) -> None:
    for page in (ask(LEAVE, office.confirmations.leave("acme", OUT, "t", NOW)), ask(LEAVE, "x")):
        headers = page["headers"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert not re.search(r"<script|src=|href=|url\(|http", page["body"])


@pytest.mark.parametrize("language", Language)
def test_pages_are_in_the_language_of_the_mail(office: PostOffice, language: Language) -> None:
    token = office.confirmations.leave("acme", OUT, "t", NOW)
    for page in (ask(LEAVE, token, language=language), ask(LEAVE, "x", language=language)):
        assert f'<html lang="{language}">' in page["body"]
    assert words(language)["page"]["leave"] in ask(LEAVE, token, language=language)["body"]
    assert '<html lang="en">' in ask(LEAVE, token, language="xx")["body"]


def test_a_workspaces_name_is_only_text(office: PostOffice) -> None:
    workspace = office.directory.settings("acme")
    import msgspec

    office.directory.put_workspace(msgspec.structs.replace(workspace, name="<script>alert(1)</script>{token}"))
    token = office.confirmations.leave("acme", OUT, "t", NOW)
    for body in ("", "wish=leave_all"):
        page = ask(LEAVE, token, method="POST", body=body)["body"]
        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_a_complaint_has_a_page_too(office: PostOffice) -> None:
    token = office.confirmations.ask("acme", OUT, "max", NOW)
    office.put(OUT, standing=Standing.COMPLAINED)
    page = ask(CONFIRM, token, method="POST", body="wish=agree")
    assert "reported as unwanted" in page["body"]
    assert Buttons(page["body"]).wishes == []


# ---------------------------------------------------------------- notices


def test_notices_are_counted_by_what_they_are(office: PostOffice, capsys: pytest.CaptureFixture[str]) -> None:
    texts: list[dict[str, Any] | str] = [
        notice("Delivery"), notice("Bounce"), notice("Complaint"), notice("Reject"), notice("Send"),
        notice("Bounce", bounceType="Transient"), "Successfully validated SNS topic for Amazon SES event publishing.",
        "[]", "1", '{"eventType": "Bounce"}',
    ]  # fmt: skip
    for text in texts:
        assert mail.handler(by_sns(text), None) is None

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = [next(name for name in line if name.startswith("Mail")) for line in lines]
    assert names == [
        "MailDelivered", "MailBounced", "MailComplained", "MailUnsent", "MailIgnored", "MailRefused",
        "MailUnreadable", "MailUnreadable", "MailUnreadable", "MailUnreadable",
    ]  # fmt: skip
    assert [line.get("did") for line in lines[:3]] == ["nothing", "stopped", "stopped"]
    assert all(line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Ringlake" for line in lines)


def test_no_log_line_names_an_address_or_a_token(office: PostOffice, capsys: pytest.CaptureFixture[str]) -> None:
    token = office.confirmations.leave("acme", OUT, "schedule:s1", NOW)
    ask(LEAVE, token, method="POST")
    ask(LEAVE, "wrong-token")
    for kind in ("Delivery", "Bounce", "Complaint"):
        mail.handler(by_sns(notice(kind, to=OUT)), None)
    printed = capsys.readouterr().out
    for secret in (OUT, "example.org", token, "wrong-token", "550 5.1.1"):
        assert secret not in printed


def test_a_notice_that_cannot_be_kept_comes_again(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("PutItem")

    monkeypatch.setattr(office.addresses, "put", fail)
    with pytest.raises(Unavailable):
        mail.handler(by_sns(notice("Bounce")), None)
