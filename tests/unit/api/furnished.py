"""A workspace with at least one thing of each kind, a rival beside it, and the ids by which they are found."""

from __future__ import annotations

import base64

import msgspec

from ringlake.flows.finance.invoices import Asked as Import
from ringlake.model.calls import CallRecord
from ringlake.model.consequences import Case, Consequences
from ringlake.model.directory import Connection, Role, User
from ringlake.model.facts import Direction
from ringlake.model.mailing import MailAddress, Standing
from ringlake.model.marks import CaseState
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.directory import party_key_context
from ringlake.stores.records import Loaded
from tests.unit.api.asking import There
from tests.unit.export.world import World

# Stands in what is acme's alone, and in nothing that a request says.
SECRET = "Zyzzyva-of-acme"
ROLES = {role.value: f"s-{role.value}" for role in Role}


def furnished() -> tuple[World, There]:
    world = World()
    for workspace in ("acme", "rival"):
        sealed = world.vault.encrypt(b"0123456789abcdef0123456789abcdef", party_key_context(workspace))
        kept = world.directory.settings(workspace)
        world.directory.put_workspace(msgspec.structs.replace(kept, party_secret=sealed))
    world.directory.put_user(
        "acme", User(id="admin", email="admin@example.com", name="Ada", role=Role.ADMIN, sub="s-admin")
    )
    world.directory.put_user("acme", User(id="extra", email="extra@example.com", name=SECRET, teams=("t1",)))
    world.directory.put_connection(Connection(id="c", workspace="acme", provider="generic", name=SECRET))
    owner, offices = world.viewer("owner"), world.offices
    contact = offices.contacts.create(owner, {"name": SECRET, "numbers": ["600100200"]}, world.now).document.id
    source = offices.sources.create(owner, {"name": SECRET}, world.now).document.id
    rates = [{"prefix": "48", "per_minute": "0.1"}]
    tariff = offices.tariffs.create(owner, {"name": SECRET, "currency": "EUR", "rates": rates}, world.now).document.id
    wrong = {"reason": SECRET, "since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"}
    rating = world.rooms.money.ratings.order(owner, wrong, world.now).number
    offices.connections.create(owner, {"provider": "generic", "id": "second"}, world.now)
    secret = offices.connections.rotate(owner, "second", {}, world.now).document.secrets[-1]
    calls = ["c:1", "c:group", "c:a/b c"]
    for record_id in calls:
        _put(world, record_id)
    export = world.order("owner")
    world.run(export)
    run = world.desk.run(owner, "missed_rate_per_week", {"from": "2026-03-01", "to": "2026-03-10"}, world.now).id
    report = world.desk.reports(owner)[0].name
    body = {
        "name": SECRET, "what": {}, "timing": {"cadence": "daily", "at": "08:00"}, "recipients": [{"user": "owner"}],
    }  # fmt: skip
    schedule = world.scheduling.create(owner, body, world.now).document.id
    world.scheduling.run(owner, schedule, {}, world.now)
    told = {"recipients": [{"user": "owner"}], "webhook": "https://hooks.example.com/in"}
    rule = {"name": SECRET, "kind": "waiting", "threshold": 3, **told}
    wall = world.answers.walls.create(owner, {"name": SECRET}, world.now).wall.id
    alert = world.rooms.alerts.create(owner, rule, world.now).document.id
    world.rooms.alerts.test(owner, alert, world.now)
    columns = {"started_at": "Start", "number": "From", "amount": "Net"}
    finance = world.finance
    finance.invoices.put_mapping(owner, "c", {"columns": columns, "currency": "EUR"}, None, world.now)
    sheet = f"Start,From,Net\n2026-03-09 08:00,{SECRET},1\n".encode()
    invoice = finance.invoices.take(owner, sheet, Import(connection="c", name=SECRET), world.now).invoice
    finance.months.close(owner, "2026-02", {"reason": SECRET}, world.now)
    back = MailAddress(address="back@client.example", standing=Standing.BOUNCED, reason=SECRET, version=1)
    world.addresses.put("acme", back, None)
    records = [*calls[:2], "~" + base64.urlsafe_b64encode(calls[2].encode()).decode().rstrip("=")]
    ids = {
        "/v1/exports/": [export, run],
        "/v1/reports/": [report],
        "/v1/reports/runs/": [run],
        "/v1/interactions/": records,
        "/v1/calls/": records,
        "/v1/cases/": records,
        "/v1/live/calls/": records,
        "/v1/live/walls/": [wall],
        "/v1/people/": ["operator", "extra"],
        "/v1/customers/": [contact],
        "/v1/directory/connections/": ["c", "second"],
        "/v1/directory/connections/{id}/secrets/": ["second", secret],
        "/v1/directory/users/": ["extra"],
        "/v1/directory/teams/": ["t1"],
        "/v1/directory/numbers/": ["n1"],
        "/v1/directory/contacts/": [contact],
        "/v1/directory/sources/": [source],
        "/v1/directory/tariffs/": [tariff],
        "/v1/charges/ratings/": [str(rating)],
        "/v1/schedules/": [schedule],
        "/v1/invoice-mappings/": ["c"],
        "/v1/invoices/": [invoice.id if invoice else ""],
        "/v1/closings/": ["2026-02"],
        "/v1/alerts/": [alert],
        "/v1/mail/addresses/": [back.address],
    }
    queries = {
        "users": ["operator", "extra", ""],
        "teams": ["t1", ""],
        "numbers": ["n1", ""],
        "sources": [source, ""],
        "connection": ["c"],
        "connections": ["c"],
        "contact": [contact],
        "record_ids": calls,
        "remote": ["+48600100200", "anonymous"],
    }
    return world, There(ids=ids, queries=queries, day="2026-03-09", kept={})


def _put(world: World, record_id: str) -> None:
    about = Subject(workspace="acme", kind=SubjectKind.CALL, connection="c", id=record_id.partition(":")[2])
    record = CallRecord(
        record_id=record_id,
        workspace="acme",
        connection="c",
        provider="generic",
        provider_id=about.id,
        started_at=world.now,
        business_number_id="n1",
        direction=Direction.INBOUND,
    )
    world.records.put(about, record, Loaded(key=about.key))
    (loaded,) = world.records.get_many([about.key])
    case = Case(
        state=CaseState.OPEN, opened_at=world.now, last_missed_at=world.now, reason="no_answer", misses=(record_id,)
    )
    world.records.note(loaded, Consequences(case=case))
