"""A small office at one telephone system on the deployed stack, for tests of the live board."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ringlake.model.directory import Account, Role
from tests.deployed import Stack
from tests.driver.pbx import Pbx
from tests.driver.screen import Screen
from tools import admin
from tools.simulator.observe import Said
from tools.window import Login

NUMBER, CUSTOMER = "+48221230000", "+48600100200"


@dataclass(frozen=True)
class Office:
    """A workspace with Anna (owner), Boris and Celia (operators) at one telephone system."""

    stack: Stack
    workspace: str
    pbx: Pbx
    tokens: dict[str, str]
    logins: dict[str, Login]

    def call(self, who: str, method: str, path: str, body: object = None) -> Said:
        return self.stack.observer.call(method, path, self.tokens[who], body)

    def ticket(self, who: str) -> Callable[[], str]:
        def ask() -> str:
            said = self.call(who, "POST", "/v1/live/tickets")
            assert said.status == 201, said.body
            return str(said.json["url"])

        return ask

    def screen(self, who: str) -> Screen:
        return Screen(self.ticket(who))

    def ring(self, call: str, *people: str, **more: Any) -> None:
        for n, person in enumerate(people):
            self.said("ringing", call, leg_id=f"{call}-l{n}", agent={"id": person}, **more)

    def said(self, what: str, call: str, **more: Any) -> None:
        base = {"id": call, "direction": "inbound", "from": CUSTOMER, "to": NUMBER}
        self.pbx.post(f"call.{what}", base | more)


@contextmanager
def opened(stack: Stack) -> Iterator[Office]:
    """A new office, of this test module alone."""
    workspace = f"live-{secrets.token_hex(4)}"
    site = stack.site
    admin.create_workspace(site, workspace, "Live", zone="Europe/Warsaw", country="PL")
    admin.add_team(site, workspace, "Sales", team_id="t-sales")
    admin.add_number(site, workspace, NUMBER, number_id="n-main", name="Main", country="PL")
    joined = admin.add_connection(
        site,
        workspace,
        "generic",
        connection_id="pbx",
        capabilities=("supervise",),
        options={"supervise_url": "phone://join?call={call}&as={account}&mode={mode}"},
    )
    tokens, logins = {}, {}
    for name, role in (("anna", Role.OWNER), ("boris", Role.OPERATOR), ("celia", Role.OPERATOR)):
        email = f"{name}-{workspace}@example.com"
        added = admin.add_user(
            site,
            workspace,
            email,
            name.title(),
            role=role,
            user_id=f"u-{name}",
            accounts=(Account(connection="pbx", id=name),),
            teams=("t-sales",) if name == "boris" else (),
        )
        tokens[name] = stack.observer.sign_in(email, added.password)
        logins[name] = Login(email, added.password)
    pbx = Pbx(joined.webhook_url, joined.secret)
    yield Office(stack, workspace, pbx, tokens, logins)
    pbx.close()
