"""Writes the company into an installation's directory, so that its providers can be heard.

The one module here that knows Ringlake: it goes through the same functions as the command line
`tools.admin`, whatever stores stand behind the site.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from ringlake.model.directory import Ability, Role
from tools import admin

from .deliver import Endpoint, Endpoints
from .people import COUNTRY, CURRENCY, PBX, TEAMS, Company, Person
from .render import LEGACY, STANDARD

OPENPHONE, GENERIC = "openphone", "generic"
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


@dataclass(frozen=True)
class Secrets:
    """The providers' secrets: OpenPhone's two generations are live on one connection at once."""

    legacy: str
    standard: str
    generic: str


def seed(site: admin.Site, workspace: str, name: str, company: Company, keys: Secrets) -> Seeded:
    """Workspace, teams, numbers, connections and users of the company."""
    hours: dict[str, Any] = {"weekly": company.hours, "holidays": list(company.holidays)}
    admin.create_workspace(site, workspace, name, zone=company.zone, country=COUNTRY, currency=CURRENCY, hours=hours)
    for team_id, team in TEAMS.items():
        admin.add_team(site, workspace, team, team_id=team_id)
    for line in company.lines:
        admin.add_number(
            site,
            workspace,
            line.e164,
            number_id=line.id,
            name=line.name,
            country=COUNTRY,
            team=line.team,
            provider_ids=[line.provider_id],
        )
    endpoints = connect(site, workspace, company, keys)
    logins = tuple(_user(site, workspace, company, person) for person in company.people)
    return Seeded(workspace=workspace, logins=logins, endpoints=endpoints)


def connect(site: admin.Site, workspace: str, company: Company, keys: Secrets) -> Endpoints:
    """The two provider accounts; OpenPhone moves from one generation to the next, so both secrets are live."""
    numbers = ", ".join(f"{x.provider_id}={x.e164}" for x in company.lines if x.sends != PBX)
    openphone = admin.add_connection(
        site,
        workspace,
        OPENPHONE,
        connection_id=OPENPHONE,
        name="OpenPhone",
        secret=keys.legacy,
        options={"numbers": numbers},
    )
    admin.rotate_connection(site, workspace, OPENPHONE, keys.standard)
    generic = admin.add_connection(site, workspace, GENERIC, connection_id=GENERIC, name="Hotline", secret=keys.generic)
    return {
        (OPENPHONE, LEGACY): Endpoint(openphone.webhook_url, (keys.legacy,)),
        (OPENPHONE, STANDARD): Endpoint(openphone.webhook_url, (keys.standard,)),
        (GENERIC, STANDARD): Endpoint(generic.webhook_url, (keys.generic,)),
    }


def new_secrets() -> Secrets:
    """Fresh secrets in the forms in which the providers show them."""
    return Secrets(
        legacy=admin.new_secret().removeprefix("whsec_"), standard=admin.new_secret(), generic=admin.new_secret()
    )


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
        accounts=[
            {"connection": OPENPHONE, "id": person.openphone},
            {"connection": GENERIC, "id": person.pbx},
        ],
    )
    return Login(person=person, email=email, password=added.password)
