"""Mail: what became of the mails that were sent (SNS), and the pages behind their links (HTTP API)."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from ringlake import settings
from ringlake.errors import NotFound, RinglakeError
from ringlake.flows.mailing.fates import Fate, fate_of
from ringlake.flows.mailing.links import Links, Seen, Wish
from ringlake.flows.mailing.postmaster import Postmaster
from ringlake.logline import measured
from ringlake.model.language import Language
from ringlake.model.mailing import Purpose
from ringlake.stores.addresses import DynamoAddresses, DynamoPasses
from ringlake.stores.directory import DynamoDirectory
from ringlake.stores.mail import SesMail
from ringlake.stores.vault import ClosedVault

SERVICE = "mail"
_PAGES = {"/mail/confirm/{token}": Purpose.CONFIRM, "/mail/unsubscribe/{token}": Purpose.LEAVE}
# A wish is a few letters; mail programs send one line (RFC 8058).
_LONGEST_BODY = 2_000
_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    # The address of the page is what lets somebody speak for another.
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


@cache
def postmaster() -> Postmaster:
    """Over the stores of this deployment."""
    table = settings.read(settings.Tenants).directory_table
    return Postmaster(
        addresses=DynamoAddresses(table),
        directory=DynamoDirectory(table, ClosedVault()),
        mail=SesMail(),
        sender=settings.read(settings.Mail).mail_from,
        public_url=settings.read(settings.Web).public_url,
        clock=now,
    )


@cache
def links() -> Links:
    """Over the stores of this deployment."""
    table = settings.read(settings.Tenants).directory_table
    return Links(
        addresses=DynamoAddresses(table),
        passes=DynamoPasses(table),
        directory=DynamoDirectory(table, ClosedVault()),
    )


def now() -> datetime:
    return datetime.now(UTC)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any] | None:
    """Answer a page, or take in notices. Raises for a notice that could not be kept: it comes again, then waits in
    the dead letters.
    """
    if "Records" in event:
        for record in event["Records"]:
            _note(record["Sns"]["Message"])
        return None
    return _answer(event)


def _note(text: str) -> None:
    began = time.perf_counter()
    counts, said = _noted(text)
    print(measured(SERVICE, now(), counts, ms=(time.perf_counter() - began) * 1000, said=said))


def _noted(text: str) -> tuple[dict[str, int], dict[str, str]]:
    try:
        fate: Fate | None = fate_of(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError):
        # SES writes a line of plain text to a topic that it begins to use; nothing else is no notice.
        return {"MailUnreadable": 1}, {}
    if fate is None:
        return {"MailIgnored": 1}, {}
    did = postmaster().note(fate)
    return {_METRICS[fate.kind]: 1}, {"workspace": fate.workspace, "did": did.value}


_METRICS = {
    "delivered": "MailDelivered",
    "refused": "MailRefused",
    "bounced": "MailBounced",
    "complained": "MailComplained",
    "unsent": "MailUnsent",
}


def _answer(event: Mapping[str, Any]) -> dict[str, Any]:
    """Whatever goes wrong, there is a page that says so."""
    began = time.perf_counter()
    method, _, path = str(event.get("routeKey", "")).partition(" ")
    language = _language(event)
    try:
        seen = _seen(event, method, _PAGES[path])
        status, said = HTTPStatus.OK, _page(seen, language)
    except (NotFound, KeyError):
        status, said = HTTPStatus.NOT_FOUND, _bare("gone", language)
    except Exception as error:  # noqa: BLE001 - nothing may reach the gateway
        # Our own errors name no data (ringlake.errors); what others say may hold anything.
        reason = str(error) if isinstance(error, RinglakeError) else type(error).__name__
        print(json.dumps({"unavailable": reason}))
        status, said = HTTPStatus.SERVICE_UNAVAILABLE, _bare("later", language)
    took = (time.perf_counter() - began) * 1000
    print(measured(SERVICE, now(), {"PageShown": 1}, ms=took, said={"route": f"{method} {path}", "status": status}))
    return {"statusCode": status.value, "headers": _HEADERS, "body": said}


def _seen(event: Mapping[str, Any], method: str, purpose: Purpose) -> Seen:
    token = str((event.get("pathParameters") or {}).get("token", ""))
    if method == "GET":
        return links().look(purpose, token, now())
    return links().follow(purpose, token, _wish(event, purpose), now())


def _wish(event: Mapping[str, Any], purpose: Purpose) -> Wish:
    """The button that was pressed; a mail program's one-click request names none, and means the link's own wish."""
    body = str(event.get("body") or "")[:_LONGEST_BODY]
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body[: len(body) // 4 * 4]).decode("utf-8", "replace")
    usual = Wish.AGREE if purpose is Purpose.CONFIRM else Wish.LEAVE
    named = parse_qs(body).get("wish", [usual.value])[0]
    return Wish(named) if named in set(Wish) else usual


def _language(event: Mapping[str, Any]) -> Language:
    named = str((event.get("queryStringParameters") or {}).get("language", ""))
    return Language(named) if named in set(Language) else Language.EN


def _page(seen: Seen, language: Language) -> str:
    from ringlake.files.mail.pages import PageKind, page

    kind = {
        (Purpose.CONFIRM, False): PageKind.AGREE,
        (Purpose.CONFIRM, True): PageKind.AGREED,
        (Purpose.LEAVE, False): PageKind.LEAVE,
        (Purpose.LEAVE, True): PageKind.LEFT_ALL if seen.all else PageKind.LEFT,
    }[seen.purpose, seen.done]
    return page(PageKind.REFUSED if seen.refused else kind, language, company=seen.company, address=seen.address)


def _bare(kind: str, language: Language) -> str:
    from ringlake.files.mail.pages import PageKind, page

    return page(PageKind(kind), language)
