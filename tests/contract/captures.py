"""Captured deliveries with what Ringlake is to make of them (tests/captures/README.md).

`python -m tests.contract.captures` writes the expectations anew, for review.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ringlake import providers
from ringlake.flows.ingest import Ingested, ingest, secret_context
from ringlake.model.base import to_json
from ringlake.model.directory import Connection, Secret, Workspace
from ringlake.model.events import Delivery, RawEvent
from ringlake.model.facts import Fact
from ringlake.model.subjects import Subject
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
}


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
    def delivery(self) -> Delivery:
        request = self.content["request"]
        return Delivery(
            method=request["method"],
            url=f"https://ringlake.example.com/webhooks/{self.provider}/{TOKEN}",
            headers={name.lower(): value for name, value in request["headers"].items()},
            query=request["query"],
            body=request["body"].encode(),
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
    adapter = providers.adapter(seen.provider)
    delivery = seen.delivery
    identity = adapter.identify(delivery, seen.connection)
    return RawEvent(
        subject=Subject(workspace=WORKSPACE, kind=identity.kind, connection=CONNECTION, id=identity.subject_id),
        event_id=identity.event_id,
        event_type=identity.event_type,
        provider=seen.provider,
        adapter=adapter.version,
        body=delivery.body,
        received_at=seen.now,
        occurred_at=identity.occurred_at,
        headers={n: v for n, v in delivery.headers.items() if n in adapter.kept_headers},
        related=identity.related,
    )


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


def main() -> None:
    for seen in captures():
        content = seen.content | {"expect": expectation(seen)}
        seen.path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
