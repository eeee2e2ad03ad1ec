"""The company that all scenarios are about, and the stores that they run on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from ringlake.flows.folding import Folded, Snapshots, fold_subjects
from ringlake.flows.ingest import Ingested, ingest, secret_context
from ringlake.model.directory import (
    Account,
    CallSource,
    Connection,
    Directory,
    Hours,
    Lists,
    Number,
    Rate,
    Secret,
    Tariff,
    Team,
    User,
    Workspace,
)
from ringlake.model.events import Delivery
from ringlake.stores.directory import MemoryDirectory, party_key_context, token_digest
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.records import MemoryRecords
from ringlake.stores.vault import MemoryVault
from tests.scenarios.rendering import SECRET, TOKEN
from tests.scenarios.tables import Scenario

WORKSPACE = "acme"
PARTY_SECRET = b"scenario-party-key-0001"
CONNECTIONS = {"generic": "pbx", "openphone": "op"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PEOPLE = {
    "anna": ("Anna Nowak", "anna", "US-anna", "101"),
    "boris": ("Boris Lind", "boris", "US-boris", "102"),
    "celia": ("Celia Ruiz", "celia", "US-celia", "103"),
}


def directory_of(scenario: Scenario) -> Directory:
    """Anna, Boris and Celia; a main number, a shared sales number (team), Anna's own number, one of an advert.

    Extensions 101 to 103 are accounts of Anna, Boris and Celia.
    """
    return Directory(
        workspace=Workspace(
            id=WORKSPACE,
            name="Acme",
            zone=scenario.settings.get("zone", "Europe/Warsaw"),
            country=scenario.settings.get("country", "PL"),
            hours=_hours(scenario.settings.get("open", "")),
            short_abandon_s=int(scenario.settings.get("short_abandon", "5")),
        ),
        connections=tuple(_connection(p) for p in CONNECTIONS),
        users=tuple(
            User(
                id=f"u-{key}",
                email=f"{key}@acme.example",
                name=name,
                accounts=(
                    *(Account(connection="pbx", id=known) for known in (pbx, extension)),
                    Account(connection="op", id=openphone),
                    *_handed_on(key, scenario.settings.get("handed_on", "")),
                ),
            )
            for key, (name, pbx, openphone, extension) in _PEOPLE.items()
        ),
        teams=(Team(id="t-sales", name="Sales"), Team(id="t-service", name="Service")),
        numbers=(
            Number(id="n-main", e164="+48221230000", name="Main", country="PL", provider_ids=("PN-main",)),
            Number(id="n-sales", e164="+48221230001", name="Sales line", country="PL", team="t-sales"),
            Number(id="n-anna", e164="+48221230007", name="Anna direct", country="PL", provider_ids=("PN-anna",)),
            Number(id="n-advert", e164="+48221230009", name="Advert", country="PL", source="s-advert"),
            Number(id="n-us", e164="+12025550101", name="US office", country="US", provider_ids=("PN-us",)),
        ),
        sources=(CallSource(id="s-advert", name="Search advert", medium="cpc", campaign="autumn"),),
        tariffs=tuple(_tariffs(scenario.settings)),
        lists=Lists(
            spam=tuple(scenario.settings.get("spam", "").split()),
            withheld=tuple(scenario.settings.get("withheld", "").split()),
        ),
        party_key_secret=PARTY_SECRET,
    )


def _handed_on(key: str, text: str) -> list[Account]:
    """`desk-7 anna boris 2026-09-14T09:30:00Z`: an account that goes from one user to another at an instant."""
    if not text:
        return []
    account, before, after, at = text.split()
    turn = datetime.fromisoformat(at)
    return [
        *([Account(connection="pbx", id=account, until=turn)] if key == before else []),
        *([Account(connection="pbx", id=account, since=turn)] if key == after else []),
    ]


def _tariffs(settings: Mapping[str, str]) -> Iterator[Tariff]:
    """`EUR 48=0.0100+0.0600/60`: for a prefix its fee, price of a minute and increment in seconds."""
    for setting, channel in (("tariff", "call"), ("text_tariff", "message")):
        currency, *rates = settings.get(setting, "").split() or ("",)
        if currency:
            yield Tariff(id=channel, name=channel, currency=currency, channel=channel, rates=tuple(map(_rate, rates)))


def _rate(text: str) -> Rate:
    prefix, _, price = text.partition("=")
    fee, _, minute = price.partition("+")
    per_minute, _, increment = minute.partition("/")
    return Rate(
        prefix=prefix,
        connect_fee=Decimal(fee),
        per_minute=Decimal(per_minute or 0),
        increment_s=int(increment or 60),
    )


def _connection(provider: str) -> Connection:
    connection = CONNECTIONS[provider]
    ciphertext = MemoryVault().encrypt(SECRET, secret_context(WORKSPACE, connection))
    return Connection(
        id=connection,
        workspace=WORKSPACE,
        provider=provider,
        token_sha256=token_digest(f"{TOKEN}-{provider}"),
        secrets=(Secret(id="s1", ciphertext=ciphertext),),
        zone="Europe/Warsaw",
    )


def _hours(text: str) -> Hours:
    """`Mon-Fri 09:00-17:00`; empty is always open."""
    if not text:
        return Hours()
    days, span = text.split()
    first, last = (_DAYS.index(d) for d in days.split("-"))
    opens, closes = span.split("-")
    return Hours(weekly={str(day + 1): [(opens, closes)] for day in range(first, last + 1)})


@dataclass
class House:
    """Everything between the door and the records, on in-memory stores."""

    directory: MemoryDirectory
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    records: MemoryRecords = field(default_factory=MemoryRecords)
    now: datetime = datetime(2026, 9, 14, 20, 0, tzinfo=UTC)

    def receive(self, delivery: Delivery, provider: str, at: datetime) -> Ingested:
        return ingest(
            delivery,
            provider,
            f"{TOKEN}-{provider}",
            directory=self.directory,
            journal=self.journal,
            vault=MemoryVault(),
            now=at,
        )

    def fold(self, keys: Iterable[str]) -> list[Folded]:
        return fold_subjects(
            keys, journal=self.journal, records=self.records, directory=self.snapshots(), clock=self.clock
        )

    def snapshots(self) -> Snapshots:
        return Snapshots(self.directory, self.clock)

    @property
    def clock(self) -> Callable[[], datetime]:
        return lambda: self.now


def store_of(directory: Directory) -> MemoryDirectory:
    """The directory as a store, its party key encrypted like any other."""
    vault = MemoryVault()
    store = MemoryDirectory(vault)
    workspace = directory.workspace
    secret = vault.encrypt(directory.party_key_secret, party_key_context(workspace.id))
    store.put_workspace(msgspec.structs.replace(workspace, party_secret=secret))
    for connection in directory.connections:
        store.put_connection(connection)
    for user in directory.users:
        store.put_user(workspace.id, user)
    for team in directory.teams:
        store.put_team(workspace.id, team)
    for number in directory.numbers:
        store.put_number(workspace.id, number)
    for source in directory.sources:
        store.put_source(workspace.id, source)
    for tariff in directory.tariffs:
        store.put_tariff(workspace.id, tariff)
    store.put_lists(workspace.id, directory.lists)
    return store
