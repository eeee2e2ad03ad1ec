"""The captured deliveries of tests/captures as something that can be sent again today."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .deliver import Endpoints
from .render import LEGACY, STANDARD, Notice, sign

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "captures"
PROVIDERS = ("openphone", "generic")
# Result of ingest -> status that the sender sees.
STATUS = {"accepted": 200, "quarantined": 200, "not_authentic": 401}


@dataclass(frozen=True)
class Captured:
    """One capture; `signatures` is how many its sender made, 0 when it had none."""

    name: str
    notice: Notice
    expected: str
    headers: Mapping[str, str]
    signatures: int
    # What makes it one event: the same again is a duplicate.
    event: tuple[str, ...] = ()

    def headers_now(self, endpoints: Endpoints, now: datetime) -> dict[str, str]:
        """Signed anew with the endpoint's secrets. What must be refused gets the signature of another body."""
        if not self.signatures:
            return dict(self.headers)
        secrets: Sequence[str] = endpoints[self.notice.connection, self.notice.scheme].secrets
        if self.signatures > 1:
            # As in a rotation: the sender's other key first, which the receiver does not know yet.
            secrets = (base64.b64encode(b"a key from before the rotation").decode(), *secrets)
        notice = self.notice
        if self.expected == "not_authentic":
            notice = Notice(
                notice.connection,
                notice.scheme,
                notice.delivery_id,
                notice.subject,
                notice.kind,
                notice.at,
                notice.body + b" ",
            )
        return sign(notice, secrets, now)


def captures(folder: Path = FOLDER) -> list[Captured]:
    """All captures of the providers that have an endpoint, by name."""
    return [_read(path) for provider in PROVIDERS for path in sorted((folder / provider).glob("*.json"))]


def _read(path: Path) -> Captured:
    content = json.loads(path.read_text(encoding="utf-8"))
    headers = {name.lower(): value for name, value in content["request"]["headers"].items()}
    entries = headers.get("webhook-signature", "").split() or headers.get("openphone-signature", "").split(",")
    expected = content["expect"]
    identity = expected.get("identity", {})
    notice = Notice(
        connection=content["provider"],
        scheme=LEGACY if "openphone-signature" in headers else STANDARD,
        delivery_id=headers.get("webhook-id", identity.get("event_id", "")),
        subject=(identity.get("kind", ""), identity.get("subject_id", "")),
        kind=identity.get("event_type", ""),
        at=datetime.fromisoformat(content["now"]),
        body=content["request"]["body"].encode("utf-8", "surrogatepass"),
    )
    return Captured(
        name=f"{path.parent.name}/{path.stem}",
        notice=notice,
        expected=expected["outcome"],
        headers=headers,
        signatures=sum(1 for entry in entries if entry),
        event=(content["provider"], *notice.subject, identity.get("event_id", "")) if identity else (),
    )
