"""The stage of the demo: the company, a branch for each further provider, and a workspace for the captured samples.

Everything that a later run has to know is plain data, so that it can be kept in a file.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from ringlake.model.directory import Role
from tools import admin

from . import captures, deliver, people, seeding, signing

CAPTURED = "Captured samples"
# The bus from which the rule of the installation takes Amazon Connect's events.
EVENT_BUS = "default"


@dataclass
class Place:
    """One workspace with what its providers know: addresses and secrets."""

    workspace: str
    provider: str = ""
    instance: str = ""
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    logins: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def plan(self) -> deliver.Endpoints:
        """(connection, scheme) -> endpoint."""
        found = {}
        for name, endpoint in self.endpoints.items():
            connection, _, scheme = name.partition("/")
            found[connection, scheme] = deliver.Endpoint(endpoint["url"], tuple(endpoint["secrets"]))
        return found

    def company(self, seed: int) -> people.Company:
        """Who works there; of the workspace of samples nobody."""
        return people.branch(self.provider, seed, instance=self.instance)


def company(seed: int, days: Sequence[date]) -> people.Company:
    """The main company of a month, in the middle of which a telephone account changes hands."""
    middle = datetime.combine(days[len(days) // 2], time(13, 5), people.company(seed).tz)
    return people.company(seed, switched=middle)


def main_place(site: admin.Site, name: str, told: people.Company) -> Place:
    seeded = seeding.seed(site, name, "Acme Communications", told, seeding.new_keys)
    return Place(workspace=name, endpoints=_plain(seeded.endpoints), logins=_logins(seeded))


def branch_place(site: admin.Site, provider: str, suffix: str, seed: int) -> Place:
    """A workspace all of whose numbers are at one provider."""
    instance = f"arn:aws:connect:us-east-1:111122223333:instance/aaaaaaaa-0000-4000-8000-{secrets.token_hex(6)}"
    found = Place(
        workspace=f"{provider.replace('_', '-')}{suffix}",
        provider=provider,
        instance=instance if provider == people.AMAZON_CONNECT else people.INSTANCE_ARN,
    )
    title = f"Acme at {provider.replace('_', ' ').title()}"
    seeded = seeding.seed(site, found.workspace, title, found.company(seed), seeding.new_keys)
    found.endpoints, found.logins = _plain(seeded.endpoints), _logins(seeded)
    return found


def sample_place(site: admin.Site, name: str) -> Place:
    """One connection for each set of settings that captures need, live with the published test secrets: a
    capture whose scheme has no clock is authentic here just as it is.
    """
    admin.create_workspace(site, name, CAPTURED, zone="Europe/Warsaw", country="PL")
    place = Place(workspace=name)
    groups: dict[str, list[captures.Captured]] = {}
    for captured in captures.captures(*captures.providers()):
        groups.setdefault(connection_of(captured), []).append(captured)
    for connection, found in groups.items():
        schemes = sorted({c.scheme for c in found}, key=list(signing.SIGNERS).index)
        # Some providers have several places for the same secret.
        own = captures.PUBLISHED.get(found[0].provider, "")
        keys = {scheme: captures.PUBLISHED.get(scheme, own) for scheme in schemes}
        settings = dict(found[0].settings)
        if found[0].provider == people.AMAZON_CONNECT:
            place.instance = _free(site, settings["options"]["instance_arn"])
            settings["options"] = {"instance_arn": place.instance}
        added = admin.add_connection(
            site,
            name,
            found[0].provider,
            connection_id=connection,
            name=connection,
            secret=signing.receiver_secret(schemes[0], keys[schemes[0]]),
            **settings,
        )
        for scheme in schemes[1:]:
            if keys[scheme] != keys[schemes[0]]:
                admin.rotate_connection(site, name, connection, signing.receiver_secret(scheme, keys[scheme]))
        by_bus = found[0].provider == people.AMAZON_CONNECT
        url = f"{deliver.BUS}{place.instance}" if by_bus else added.webhook_url
        for scheme in schemes:
            place.endpoints[f"{connection}/{scheme}"] = {"url": url, "secrets": [keys[scheme]]}
    owner = f"owner@{name}.example.com"
    added_user = admin.add_user(site, name, owner, "Sam Samples", role=Role.OWNER, password=_password())
    place.logins["owner"] = {"email": owner, "password": added_user.password, "role": "owner"}
    return place


def _free(site: admin.Site, instance: str) -> str:
    """The instance of the captures, or another when an earlier stage on this stack has joined it."""
    taken = {
        c.options.get("instance_arn") for w in site.directory.workspaces() for c in site.directory.load(w).connections
    }
    return f"{instance[:-12]}{secrets.token_hex(6)}" if instance in taken else instance


def connection_of(captured: captures.Captured) -> str:
    """Id of the connection that a capture is for: its provider's, or another one with other settings."""
    if not captured.settings or captured.provider in (people.AMAZON_CONNECT, people.FCC):
        return captured.provider
    mark = hashlib.sha256(json.dumps(captured.settings, sort_keys=True).encode()).hexdigest()
    return f"{captured.provider}-{mark[:6]}"


def send_sample(captured: captures.Captured, endpoint: deliver.Endpoint, bus: deliver.Bus) -> tuple[int, bytes]:
    """One capture, signed now; status and body of the answer."""
    if endpoint.url.startswith(deliver.BUS):
        ours = endpoint.url.removeprefix(deliver.BUS).encode()
        theirs = str(captured.settings["options"]["instance_arn"]).encode()
        return bus(captured.request.body.replace(theirs, ours))
    asked = captured.sent_to(endpoint.url, *endpoint.secrets, now=datetime.now(UTC))
    connection = HTTPConnection(urlsplit(asked.url).netloc, timeout=deliver.TIMEOUT_S)
    try:
        return deliver.post(connection, asked)
    finally:
        connection.close()


def described(places: Sequence[Place], function: str) -> list[dict[str, str]]:
    """Every connection for other programs: where it listens, and the secret that its provider signs with.

    What comes by the bus is handed to `function`, because nobody but AWS may put events of AWS on a bus.
    """
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for place in places:
        for (connection, scheme), endpoint in place.plan.items():
            entry = {
                "provider": provider_of(connection),
                "workspace": place.workspace,
                "connection": connection,
                "scheme": scheme,
            }
            if endpoint.url.startswith(deliver.BUS):
                entry |= {"webhook_url": "", "event_bus": EVENT_BUS, "function": function, "test_secret": ""}
                entry["instance_arn"] = endpoint.url.removeprefix(deliver.BUS)
            else:
                entry |= {"webhook_url": endpoint.url, "test_secret": endpoint.secrets[0]}
            found[place.workspace, connection, scheme] = entry
    return list(found.values())


def provider_of(connection: str) -> str:
    """Provider of a connection made here; ids may say more than that."""
    known = sorted(
        {*people.BRANCHES, seeding.OPENPHONE, seeding.GENERIC},
        key=len,
        reverse=True,
    )
    return next(p for p in known if connection.startswith(p))


def _plain(endpoints: deliver.Endpoints) -> dict[str, dict[str, Any]]:
    return {f"{c}/{s}": {"url": e.url, "secrets": list(e.secrets)} for (c, s), e in endpoints.items()}


def _logins(seeded: seeding.Seeded) -> dict[str, dict[str, str]]:
    return {x.person.id: {"email": x.email, "password": x.password, "role": x.person.role} for x in seeded.logins}


def _password() -> str:
    return f"{secrets.token_urlsafe(9)}-Aa1"


def kept(place: Mapping[str, Any]) -> Place:
    """A place as a file has it."""
    return Place(**place)


def keep(place: Place) -> dict[str, Any]:
    return asdict(place)
