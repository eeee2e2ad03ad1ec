"""A telephone system of our own that posts signed webhooks by the published contract (docs/providers/generic.md)."""

from __future__ import annotations

import http.client
import json
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ringlake.providers.signatures import sign_standard


class Pbx:
    """One connection of a workspace; `secret` is the one that its deliveries are signed with."""

    def __init__(self, webhook_url: str, secret: str) -> None:
        url = urlsplit(webhook_url)
        self._place, self._path = url.netloc, url.path
        self._secret = secret
        self._connection = http.client.HTTPConnection(self._place, timeout=30)

    def post(self, kind: str, subject: dict[str, Any]) -> None:
        """One event of `call.…` or `presence.…`, now."""
        at = datetime.now(UTC)
        body = json.dumps(
            {"type": kind, "timestamp": at.isoformat(), "data": {kind.partition(".")[0]: subject}}
        ).encode()
        delivery = f"evt_{secrets.token_hex(8)}"
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": sign_standard(self._secret.encode(), delivery, int(at.timestamp()), body),
        }
        self._connection.request("POST", self._path, body=body, headers=headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said

    def close(self) -> None:
        self._connection.close()
