"""Writes the company into an installation's directory, so that its providers can be heard.

The one module here that knows Ringlake: it goes through the same functions as the command line
`tools.admin`, whatever stores stand behind the site.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ringlake.access import Principal
from ringlake.flows.directory.office import ANY
from ringlake.model.directory import Ability, Role
from ringlake.model.events import Delivery
from tools import admin

from . import signing
from .deliver import BUS, Endpoint, Endpoints
from .people import (
    AIRCALL,
    AMAZON_CONNECT,
    COUNTRY,
    CURRENCY,
    DIALPAD,
    FCC,
    NOVOFON2,
    RATED,
    RATES,
    RINGCENTRAL,
    SOURCES,
    TEAMS,
    VONAGE,
    WISEPARTS,
    Company,
    Person,
    account,
    aliases,
)
from .render import Notice, request

OPENPHONE, GENERIC = "openphone", "generic"
NAMES = {OPENPHONE: "OpenPhone", GENERIC: "Hotline", FCC: "Focus Contact Center", NOVOFON2: "Novofon 2.0"}
# Who may take files away, beside what the role allows.
GRANTS = {
    "owner": (Ability.EXPORT, Ability.RAW_EXPORT, Ability.REPORTS),
    "manager": (Ability.EXPORT, Ability.REPORTS),
    "operator": (Ability.EXPORT,),
    "member": (Ability.EXPORT,),
}


@dataclass(frozen=True)
class Login:
    """Somebody who can sign in."""

    person: Person
    email: str
    password: str


@dataclass(frozen=True)
class Seeded:
    """A workspace ready to receive: who can sign in, where webhooks go and what signs them."""

    workspace: str
    logins: tuple[Login, ...]
    endpoints: Endpoints

    def login(self, person_id: str) -> Login:
        return next(x for x in self.logins if x.person.id == person_id)


# (connection, scheme) -> the sender's secret.
Keys = Callable[[str, str], str]

# Kinds of webhooks that need more than their provider's name: how they sign, and settings of the connection.
SCHEMES: Mapping[str, tuple[str, ...]] = {
    OPENPHONE: (signing.OPENPHONE, signing.STANDARD),
    GENERIC: (signing.STANDARD,),
    FCC: (signing.STANDARD, signing.FCC),
    WISEPARTS: (signing.STANDARD,),
    NOVOFON2: (signing.NOVOFON2,),
}
OPTIONS: Mapping[str, Mapping[str, str]] = {
    GENERIC: {"dnd_devices": "Ringlake Desk"},
    FCC: {"call_prefix": "fcc-"},
    NOVOFON2: {"line": "2.0"},
}
# Whose do-not-disturb is believed (features.md R35).
CAPABILITIES: Mapping[str, tuple[str, ...]] = {AIRCALL: ("dnd",), DIALPAD: ("dnd",), RINGCENTRAL: ("dnd",)}


def seed(site: admin.Site, workspace: str, name: str, company: Company, keys: Keys) -> Seeded:
    """Workspace, teams, numbers, connections and users of the company."""
    hours: dict[str, Any] = {"weekly": company.hours, "holidays": list(company.holidays)}
    admin.create_workspace(site, workspace, name, zone=company.zone, country=COUNTRY, currency=CURRENCY, hours=hours)
    for team_id, team in TEAMS.items():
        admin.add_team(site, workspace, team, team_id=team_id)
    somebody = Principal(workspace=workspace, user=admin.ACTOR)
    sources = {
        key: site.offices.sources.create(somebody, {"name": name}, admin.now()).document.id
        for key, name in SOURCES.items()
    }
    spam = [c.number for c in company.customers if c.spam]
    site.offices.lists.put(somebody, {"spam": spam}, ANY, admin.now())
    for line in company.lines:
        admin.add_number(
            site,
            workspace,
            line.e164,
            number_id=line.id,
            name=line.name,
            country=COUNTRY,
            team=line.team,
            source=sources.get(line.source, ""),
            provider_ids=[line.provider_id],
        )
    endpoints = connect(site, workspace, company, keys)
    if RATED in company.connections:
        rates = [
            {"prefix": prefix, "connect_fee": fee, "per_minute": minute, "increment_s": increment}
            for prefix, (fee, minute, increment) in RATES.items()
        ]
        tariff = {"name": "Outbound", "currency": CURRENCY, "connection": RATED, "rates": rates}
        site.offices.tariffs.create(somebody, tariff, admin.now())
    logins = tuple(_user(site, workspace, company, person) for person in company.people)
    return Seeded(workspace=workspace, logins=logins, endpoints=endpoints)


def connect(site: admin.Site, workspace: str, company: Company, keys: Keys) -> Endpoints:
    """The provider accounts of all numbers. Where two schemes are in use, both secrets are live."""
    endpoints = {}
    for connection in company.connections:
        provider = next(x.provider for x in company.lines if x.connection == connection)
        schemes = SCHEMES.get(connection, (provider,))
        secret, *others = (keys(connection, scheme) for scheme in schemes)
        options = dict(OPTIONS.get(connection, {}))
        if connection == OPENPHONE:
            options["numbers"] = ", ".join(
                f"{x.provider_id}={x.e164}" for x in company.lines if x.provider == OPENPHONE
            )
        if connection == VONAGE:
            # Colleagues are reached at telephones of their own.
            options["agents"] = ", ".join(f"+{account(p, VONAGE)}" for p in company.people)
        if connection == AMAZON_CONNECT:
            options["instance_arn"] = company.instance
        added = admin.add_connection(
            site,
            workspace,
            provider,
            connection_id=connection,
            name=NAMES.get(connection, connection.replace("_", " ").title()),
            secret=signing.receiver_secret(schemes[0], secret),
            options=options,
            capabilities=CAPABILITIES.get(connection, ()),
        )
        # Amazon Connect has no webhook: its events come over the bus, and the instance is the address.
        url = f"{BUS}{company.instance}" if connection == AMAZON_CONNECT else added.webhook_url
        endpoints[connection, schemes[0]] = Endpoint(url, (secret,))
        for scheme, other in zip(schemes[1:], others, strict=True):
            admin.rotate_connection(site, workspace, connection, signing.receiver_secret(scheme, other))
            endpoints[connection, scheme] = Endpoint(added.webhook_url, (other,))
    return endpoints


def new_keys(_connection: str, scheme: str) -> str:
    """A fresh secret in the form in which the provider shows it."""
    return signing.new_secret(scheme, secrets.token_bytes(32))


def same_keys(connection: str, scheme: str) -> str:
    """The same secret each time, for tests."""
    return signing.new_secret(scheme, hashlib.sha256(f"{connection} {scheme}".encode()).digest())


def _user(site: admin.Site, workspace: str, company: Company, person: Person) -> Login:
    # One address signs in to one workspace, and several may stand side by side on one stack.
    email = f"{person.id}@{workspace}.example.com"
    added = admin.add_user(
        site,
        workspace,
        email,
        person.name,
        role=Role(person.role),
        user_id=person.id,
        password=f"{secrets.token_urlsafe(9)}-Aa1",
        abilities=GRANTS[person.role],
        teams=[person.team] if person.team else [],
        manages=[person.team] if person.role == "manager" else [],
        numbers=[x.id for x in company.lines if person.id in x.people],
        accounts=_accounts(company, person),
    )
    return Login(person=person, email=email, password=added.password)


def _accounts(company: Company, person: Person) -> list[dict[str, Any]]:
    """Whatever the connections call this colleague."""
    kinds = {x.connection: x.sends for x in company.lines}
    found: list[dict[str, Any]] = [
        {"connection": c, "id": name} for c, kind in kinds.items() for name in aliases(person, kind)
    ]
    for entry in found if company.switched else ():
        if entry["id"] == "app-hugo":
            entry["until"] = company.switched
    if company.switched and company.heir_of("app:hugo") == person.id and GENERIC in kinds:
        found.append({"connection": GENERIC, "id": "app-hugo", "since": company.switched})
    return found


def door(endpoint: Endpoint) -> tuple[str, str]:
    """Provider and token that the address names; in place of a token the instance where there is no webhook."""
    if endpoint.url.startswith(BUS):
        return AMAZON_CONNECT, endpoint.url.removeprefix(BUS)
    _, _, provider, token = urlsplit(endpoint.url).path.split("/")
    return provider, token


def delivery(notice: Notice, endpoint: Endpoint, now: datetime) -> Delivery:
    """A signed notice as the receiver's entry hands it on."""
    if endpoint.url.startswith(BUS):
        return Delivery(method="EVENT", url="", headers={}, query="", body=notice.body)
    asked = request(notice, endpoint.url, endpoint.secrets, now)
    headers = {name.lower(): value for name, value in asked.headers.items()}
    query = urlsplit(asked.url).query
    return Delivery(method=asked.method, url=asked.url, headers=headers, query=query, body=asked.body)
