"""A workspace whose mail is kept in memory, and SES's notices about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from functions.mail import mail
from ringlake.access import Principal
from ringlake.flows.mailing.asking import Asking
from ringlake.flows.mailing.fates import Fate, fate_of
from ringlake.flows.mailing.links import Links
from ringlake.flows.mailing.postmaster import Noted, Postmaster
from ringlake.model.directory import Role, User, Workspace
from ringlake.model.language import Language
from ringlake.model.mailing import MailAddress
from ringlake.stores.addresses import Confirmations, MemoryAddresses, MemoryPasses
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.mail import MemoryMail
from ringlake.stores.vault import MemoryVault

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SENDER, PUBLIC = "reports@example.com", "https://ringlake.example.com"
USERS = (
    User(id="olga", email="olga@example.com", name="Olga", role=Role.OWNER, sub="s-olga", language=Language.PL),
    User(id="max", email="max@example.com", name="Max", role=Role.MANAGER, sub="s-max"),
    User(id="gone", email="gone@example.com", name="Gone", role=Role.OWNER, suspended_at=NOW),
)


class PostOffice:
    def __init__(self) -> None:
        self.now = NOW
        self.addresses, self.passes, self.mail = MemoryAddresses(), MemoryPasses(), MemoryMail()
        self.directory = MemoryDirectory(MemoryVault())
        self.directory.put_workspace(Workspace(id="acme", name="Acme & Sons", zone="Europe/Warsaw"))
        for user in USERS:
            self.directory.put_user("acme", user)

    @property
    def confirmations(self) -> Confirmations:
        return Confirmations(self.addresses, self.passes)

    @property
    def links(self) -> Links:
        return Links(addresses=self.addresses, passes=self.passes, directory=self.directory)

    @property
    def postmaster(self) -> Postmaster:
        return Postmaster(
            addresses=self.addresses, directory=self.directory, mail=self.mail, sender=SENDER, public_url=PUBLIC,
            clock=lambda: self.now,
        )  # fmt: skip

    @property
    def asking(self) -> Asking:
        return Asking(
            addresses=self.addresses, confirmations=self.confirmations, directory=self.directory, mail=self.mail,
            sender=SENDER, public_url=PUBLIC,
        )  # fmt: skip

    def viewer(self, user_id: str = "olga") -> Principal:
        user = next(user for user in self.directory.load("acme").users if user.id == user_id)
        return Principal(workspace="acme", user=user)

    def put(self, address: str, **fields: Any) -> MailAddress:
        held = self.addresses.get("acme", address)
        known = held or MailAddress(address=address)
        changed = msgspec.structs.replace(known, **fields, version=known.version + 1)
        self.addresses.put("acme", changed, held)
        return changed

    def known(self, address: str) -> MailAddress:
        found = self.addresses.get("acme", address)
        assert found is not None
        return found

    def told(self, notice: dict[str, Any]) -> Noted:
        fate = fate_of(notice)
        assert fate is not None
        return self.postmaster.note(fate)

    def serve(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the function work on these stores."""
        monkeypatch.setattr(mail, "links", lambda: self.links)
        monkeypatch.setattr(mail, "postmaster", lambda: self.postmaster)
        monkeypatch.setattr(mail, "now", lambda: self.now)


def notice(
    kind: str, to: str = "anna@example.com", workspace: str | None = "acme", at: datetime = NOW, **told: Any
) -> dict[str, Any]:
    """What SES says of one mail, in the shape of a configuration set's event."""
    sent = at - timedelta(seconds=3)
    tags = {"ses:configuration-set": ["ringlake-dev"], "mail": ["scheduled"]}
    usual: dict[str, dict[str, Any]] = {
        "Delivery": {"recipients": [to]},
        "Bounce": {
            "bounceType": "Permanent", "bounceSubType": "General", "feedbackId": "f1",
            "bouncedRecipients": [{"emailAddress": to, "diagnosticCode": "smtp; 550 5.1.1 user unknown"}],
        },
        "Complaint": {"feedbackId": "f1", "complaintFeedbackType": "abuse"},
        "Reject": {"reason": "Bad content"},
        "Send": {},
    }  # fmt: skip
    return {
        "eventType": kind,
        "mail": {
            "messageId": "m1", "timestamp": _written(sent), "destination": [to],
            "tags": tags | ({"workspace": [workspace]} if workspace else {}),
        },
        kind.lower(): {"timestamp": _written(at), **usual[kind], **told},
    }  # fmt: skip


def by_sns(document: dict[str, Any] | str) -> dict[str, Any]:
    text = document if isinstance(document, str) else json.dumps(document)
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text}}]}


def fate(kind: str, **told: Any) -> Fate:
    found = fate_of(notice(kind, **told))
    assert found is not None
    return found


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
