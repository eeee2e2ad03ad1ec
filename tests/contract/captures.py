"""Captured deliveries with what Ringlake is to make of them (tests/captures/README.md).

`python -m tests.contract.captures [provider ...]` writes the expectations anew, for review.
`python -m tests.contract.captures import <folder> <provider>` makes captures of a folder of sample
requests (tests/contract/importing.py).
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

import tools  # noqa: F401  (makes the library known when this is run as a module)
from ringlake import providers
from ringlake.flows.ingest import Ingested, ingest, raw_event, secret_context
from ringlake.model.base import to_json
from ringlake.model.directory import Connection, Secret, Workspace
from ringlake.model.events import Delivery, RawEvent
from ringlake.model.facts import Fact
from ringlake.stores.directory import MemoryDirectory, token_digest
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.vault import MemoryVault

FOLDER = Path(__file__).parent.parent / "captures"
WORKSPACE, CONNECTION, TOKEN = "acme", "line", "token-of-the-test-connection-0001"
STANDARD = "whsec" + "_"
# Published test keys, in two halves each.
SECRETS = {
    "openphone app": "cHJvdmlkZXJzLWEtbGVnYWN5" + "LXRlc3Qta2V5LTAwMDE=",
    "openphone first": STANDARD + "cHJvdmlkZXJzLWEtcXVv" + "LXRlc3Qta2V5LTAwMDAwMDE=",
    "openphone second": STANDARD + "cHJvdmlkZXJzLWEtcXVv" + "LXRlc3Qta2V5LTAwMDAwMDI=",
    "generic": STANDARD + "Y2Fub25pY2FsLXdlYmhv" + "b2stdGVzdC1rZXktMDAwMDE=",
    "aircall": "00112233445566778899" + "aabbccddeeff",
    "dialpad": "example-dialpad" + "-webhook-secret",
    "fcc": "fcc-hook:" + "fcc-test-password-0001",
    "novofon": "novofon-test" + "-secret-0001",
    "novofon 2.0": "nvf2-test" + "-token-0001",
    "ringcentral": "example-ringcentral" + "-validation-token",
    "ringostat": "rgst-test" + "-token-0001",
    # The public key that belongs to the seed of bytes 00 to 1f (tools/simulator/signing.py).
    "telnyx": "A6EHv/POEL4dcN0Y50vA" + "mWfk1jCbpQ1fHdyGZBJVMbg=",
    "twilio": "test_twilio_auth_token" + "_0123456789abcdef",
    "vonage": "example-vonage" + "-signature-secret-000001",
    "zadarma": "example-zadarma" + "-api-secret",
}
# How far from its own clock a provider's delivery may arrive; providers without a window are not here.
WINDOWS: Mapping[str, timedelta] = {
    "generic": timedelta(seconds=300),
    "openphone": timedelta(seconds=300),
    "telnyx": timedelta(seconds=300),
    "vonage": timedelta(hours=24),
}
# Set-up requests that a sender tries an address out with: answered, not signed, stored nowhere.
SET_UP = "handshake"


class Capture(NamedTuple):
    path: Path
    content: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def provider(self) -> str:
        return str(self.content["provider"])

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.content["now"])

    @property
    def outcome(self) -> str:
        return str(self.content["expect"]["outcome"])

    @property
    def secrets(self) -> list[bytes]:
        return [SECRETS[name].encode() for name in self.content["secrets"]]

    @property
    def valid(self) -> bool:
        """Whether the signature is good, by the word of whoever made the request."""
        return bool(self.content["valid"])

    @property
    def says(self) -> dict[str, Any]:
        """What the request means, by the word of whoever made it; empty where nothing was said."""
        return dict(self.content.get("says", {}))

    @property
    def body(self) -> bytes:
        request = self.content["request"]
        if "body_base64" in request:
            return base64.b64decode(request["body_base64"], validate=True)
        return str(request["body"]).encode()

    @property
    def url(self) -> str:
        """The address that the sender called: its own where it is signed, else this installation's."""
        request = self.content["request"]
        if "url" in request:
            return str(request["url"])
        address = f"https://ringlake.example.com/webhooks/{self.provider}/{TOKEN}"
        return f"{address}?{request['query']}" if request["query"] else address

    @property
    def delivery(self) -> Delivery:
        request = self.content["request"]
        return Delivery(
            method=request["method"],
            url=self.url,
            headers={name.lower(): value for name, value in request["headers"].items()},
            query=urlsplit(self.url).query,
            body=self.body,
        )

    @property
    def connection(self) -> Connection:
        vault = MemoryVault()
        context = secret_context(WORKSPACE, CONNECTION)
        sealed = tuple(Secret(id=str(n), ciphertext=vault.encrypt(s, context)) for n, s in enumerate(self.secrets))
        settings = msgspec.convert(
            {
                "id": CONNECTION,
                "workspace": WORKSPACE,
                "provider": self.provider,
                "token_sha256": token_digest(TOKEN),
                **self.content.get("connection", {}),
            },
            Connection,
        )
        return msgspec.structs.replace(settings, secrets=sealed)


def captures(*folders: str) -> list[Capture]:
    """All captures of these folders, by name."""
    wanted = folders or tuple(sorted(p.name for p in FOLDER.iterdir() if p.is_dir()))
    return [
        Capture(path, json.loads(path.read_text(encoding="utf-8")))
        for folder in wanted
        for path in sorted((FOLDER / folder).glob("*.json"))
    ]


def capture(name: str) -> Capture:
    path = FOLDER / f"{name}.json"
    return Capture(path, json.loads(path.read_text(encoding="utf-8")))


class House(NamedTuple):
    """The in-memory stores of one workspace with one connection."""

    directory: MemoryDirectory
    journal: MemoryJournal
    vault: MemoryVault

    def take(self, delivery: Delivery, provider: str, now: datetime, token: str = TOKEN) -> Ingested:
        return ingest(
            delivery,
            provider,
            token,
            directory=self.directory,
            journal=self.journal,
            vault=self.vault,
            now=now,
        )

    def stored(self) -> list[RawEvent]:
        return [event for events in self.journal.items.values() for event in events.values()]


def house(*connections: Connection) -> House:
    vault = MemoryVault()
    found = House(MemoryDirectory(vault), MemoryJournal(), vault)
    found.directory.put_workspace(Workspace(id=WORKSPACE, name="Acme"))
    for connection in connections:
        found.directory.put_connection(connection)
    return found


def event_of(seen: Capture) -> RawEvent:
    """What ingest would keep of a capture, without the flow."""
    adapter, connection = providers.adapter(seen.provider), seen.connection
    identity = adapter.identify(seen.delivery, connection)
    return raw_event(seen.delivery, connection, adapter, identity, seen.now)


def shown(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """Facts as they stand in an expectation."""
    plain: list[dict[str, Any]] = json.loads(to_json(list(facts)))
    return [{name: value for name, value in fact.items() if name != "received_at"} for fact in plain]


def expectation(seen: Capture) -> dict[str, Any]:
    """What Ringlake makes of a capture now."""
    result = house(seen.connection).take(seen.delivery, seen.provider, seen.now)
    if result.outcome != "accepted":
        return {"outcome": result.outcome.value} | ({"field": result.field} if result.field else {})
    adapter = providers.adapter(seen.provider)
    identity = adapter.identify(seen.delivery, seen.connection)
    return {
        "outcome": result.outcome.value,
        "identity": json.loads(to_json(identity)),
        "facts": shown(adapter.parse(event_of(seen), seen.connection)),
    }


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["import"]:
        from .importing import bring

        bring(Path(arguments[1]), arguments[2])
        arguments = arguments[2:3]
    for seen in captures(*arguments):
        content = seen.content | {"expect": expectation(seen)}
        seen.path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
