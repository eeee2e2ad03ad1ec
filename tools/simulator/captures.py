"""The captured deliveries of tests/captures as something that can be sent again today."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import signing
from .render import LEGACY, STANDARD, Notice
from .signing import Request

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "captures"
PROVIDERS = ("openphone", "generic")
# Result of ingest -> status that the sender sees.
HANDSHAKE = "handshake"
STATUS = {"accepted": 200, "quarantined": 200, HANDSHAKE: 200, "not_authentic": 401}
# The published test secrets of the captures by scheme, as their senders hold them; in two halves each.
PUBLISHED: Mapping[str, str] = {
    signing.OPENPHONE: "cHJvdmlkZXJzLWEtbGVnYWN5" + "LXRlc3Qta2V5LTAwMDE=",
    signing.STANDARD: "whsec_" + "Y2Fub25pY2FsLXdlYmhv" + "b2stdGVzdC1rZXktMDAwMDE=",
    signing.AIRCALL: "00112233445566778899" + "aabbccddeeff",
    signing.DIALPAD: "example-dialpad" + "-webhook-secret",
    signing.FCC: "fcc-hook:" + "fcc-test-password-0001",
    signing.NOVOFON: "novofon-test" + "-secret-0001",
    signing.NOVOFON2: "nvf2-test" + "-token-0001",
    signing.RINGCENTRAL: "example-ringcentral" + "-validation-token",
    signing.RINGOSTAT: "rgst-test" + "-token-0001",
    # The seed of bytes 00 to 1f.
    signing.TELNYX: base64.b64encode(bytes(range(32))).decode(),
    signing.TWILIO: "test_twilio_auth_token" + "_0123456789abcdef",
    signing.VONAGE: "example-vonage" + "-signature-secret-000001",
    signing.ZADARMA: "example-zadarma" + "-api-secret",
}
# Who does not know the secret still makes a signature.
STRANGER = b"somebody who knows no secret 001"


@dataclass(frozen=True)
class Captured:
    """One capture. `request` is what was sent, at the address that was called; `signatures` is how many its
    sender made, 0 when it had none; `settings` are those that its connection needs (zone, options, capabilities).
    """

    name: str
    notice: Notice
    expected: str
    request: Request
    scheme: str
    signatures: int
    settings: Mapping[str, Any]
    # What makes it one event: the same again is a duplicate.
    event: tuple[str, ...] = ()

    @property
    def provider(self) -> str:
        return self.notice.connection

    @property
    def sendable(self) -> bool:
        """Whether there is a way to send it: what belongs on the event bus cannot be posted anywhere."""
        return self.provider != signing.AMAZON_CONNECT or self.request.method == "EVENT"

    def sent_to(self, url: str, *secrets: str, now: datetime) -> Request:
        """The request at another address, signed anew with the sender's own secrets (`signing.receiver_secret` is
        what the receiver is told of one). What must be refused is signed by a stranger; what had no signature
        has none again.
        """
        own = urlsplit(self.request.url).query
        request = replace(self.request, url=f"{url}?{own}" if own else url)
        if not self.signatures:
            return request
        if self.expected == "not_authentic":
            secrets = (signing.new_secret(self.scheme, STRANGER),)
        elif self.signatures > 1:
            # As in a rotation: the sender's other key first, which the receiver does not know yet.
            secrets = (signing.new_secret(self.scheme, STRANGER), *secrets)
        return signing.signed(self.scheme, request, secrets, now, self.notice.delivery_id)


def captures(*providers: str, folder: Path = FOLDER) -> list[Captured]:
    """All captures of these providers (without any: of those that the simulated company uses), by name."""
    return [_read(path) for provider in providers or PROVIDERS for path in sorted((folder / provider).glob("*.json"))]


def conflicts(found: Sequence[Captured], home: Callable[[Captured], str]) -> int:
    """How many of these are set aside because the same event has come with another content before; `home` is
    the connection that a capture goes to.
    """
    seen: dict[tuple[str, ...], tuple[bytes, str]] = {}
    aside = 0
    for captured in found:
        if captured.expected == "accepted":
            content = captured.request.body, urlsplit(captured.request.url).query
            aside += seen.setdefault((home(captured), *captured.event), content) != content
    return aside


def providers(folder: Path = FOLDER) -> list[str]:
    """Every provider of which there are captures."""
    found = {json.loads(path.read_text(encoding="utf-8"))["provider"] for path in folder.glob("*/*.json")}
    return sorted(found & {path.name for path in folder.iterdir()})


def _read(path: Path) -> Captured:
    content = json.loads(path.read_text(encoding="utf-8"))
    request = _request(content["request"], content["provider"])
    scheme = signing.scheme_of(content["provider"], request)
    expected = content["expect"]
    identity = expected.get("identity", {})
    return Captured(
        name=f"{path.parent.name}/{path.stem}",
        notice=Notice(
            connection=content["provider"],
            scheme=LEGACY if scheme == signing.OPENPHONE else STANDARD,
            delivery_id=request.header("webhook-id"),
            subject=(identity.get("kind", ""), identity.get("subject_id", "")),
            kind=identity.get("event_type", ""),
            at=datetime.fromisoformat(content["now"]),
            body=request.body,
        ),
        expected=expected["outcome"],
        request=request,
        scheme=scheme,
        signatures=_signatures(scheme, request),
        settings=content.get("connection", {}),
        event=(
            (content["provider"], identity.get("kind", ""), identity.get("subject_id", ""), identity["event_id"])
            if identity
            else ()
        ),
    )


def _request(sent: Mapping[str, Any], provider: str) -> Request:
    address = sent.get("url") or f"https://ringlake.example.com/webhooks/{provider}/-?{sent['query']}".rstrip("?")
    body = (
        base64.b64decode(sent["body_base64"])
        if "body_base64" in sent
        else sent["body"].encode("utf-8", "surrogatepass")
    )
    return Request(sent["method"], address, body, sent["headers"])


def _signatures(scheme: str, request: Request) -> int:
    """Only two schemes know lists of signatures."""
    entries = {
        signing.OPENPHONE: request.header("openphone-signature").split(","),
        signing.STANDARD: request.header("webhook-signature").split(),
    }
    listed = sum(1 for entry in entries.get(scheme, ()) if entry)
    return listed or int(signing.is_signed(scheme, request))
