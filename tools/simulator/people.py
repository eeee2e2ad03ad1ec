"""Who works there, on which numbers, and who calls them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

# Which webhooks a number's provider sends (the names are ours, the contracts are the providers'):
# v2 made in OpenPhone's app, v4 made by its first API, q26 the versioned API of 2026-03-30,
# both a number in migration that sends v2 and q26, pbx our own generic contract.
V2, V4, Q26, BOTH, PBX = "v2", "v4", "q26", "both", "pbx"
# The other kinds are called after their provider; Novofon has two product lines.
RINGOSTAT, NOVOFON, NOVOFON2, ZADARMA, TWILIO = "ringostat", "novofon", "novofon2", "zadarma", "twilio"
AIRCALL, TELNYX, VONAGE, DIALPAD, RINGCENTRAL = "aircall", "telnyx", "vonage", "dialpad", "ringcentral"
AMAZON_CONNECT, FCC, WISEPARTS = "amazon_connect", "fcc", "wiseparts"
BRANCHES = (
    RINGOSTAT,
    NOVOFON,
    ZADARMA,
    TWILIO,
    AIRCALL,
    TELNYX,
    VONAGE,
    DIALPAD,
    RINGCENTRAL,
    AMAZON_CONNECT,
    FCC,
    WISEPARTS,
)
# Kind of webhooks -> provider, which is also the connection's id except for Novofon's second line.
_PROVIDER = {V2: "openphone", V4: "openphone", Q26: "openphone", BOTH: "openphone", PBX: "generic", NOVOFON2: "novofon"}
_CONNECTION = {V2: "openphone", V4: "openphone", Q26: "openphone", BOTH: "openphone", PBX: "generic"}

# Where callers found a number: id -> name.
SOURCES = {"website": "Website", "leaflet": "Leaflet autumn"}
_SOURCE_OF = {"main": "website", "support": "website", "sales": "leaflet", "hotline": "leaflet"}
# What the branch without prices pays: prefix -> fee per call, price of a minute, seconds that are begun as a whole.
RATED = WISEPARTS
RATES = {"1": ("0.01", "0.012", 6), "44": ("0.05", "0.021", 60), "61": ("0", "0.0333", 60)}
# How a number is served: one telephone rings, several at once, or a menu and a queue come first.
PHONE, GROUP, HOTLINE = "phone", "group", "hotline"
# Whose webhooks tell of a menu or a queue; elsewhere the hotline is just another group.
WITH_HOTLINE = frozenset({AIRCALL, TELNYX, DIALPAD, AMAZON_CONNECT, FCC, WISEPARTS})

ANONYMOUS = "anonymous"
INSTANCE_ARN = "arn:aws:connect:us-east-1:111122223333:instance/aaaaaaaa-0000-4000-8000-000000000009"

ZONE = "America/New_York"
COUNTRY = "US"
CURRENCY = "USD"
# ISO weekday -> open intervals, end exclusive.
HOURS: dict[str, list[tuple[str, str]]] = {
    **{str(day): [("09:00", "18:00")] for day in range(1, 6)},
    "6": [("10:00", "14:00")],
}

TEAMS = {"sales": "Sales", "support": "Support", "service": "Service"}

# id, name, role, team, OpenPhone user, account at the telephone system
_STAFF = (
    ("olivia", "Olivia Grant", "owner", "", "US00olivia", "201"),
    ("martin", "Martin Reyes", "manager", "sales", "US00martin", "202"),
    ("priya", "Priya Shah", "manager", "support", "US00priyaS", "203"),
    ("anna", "Anna Nowak", "operator", "sales", "US00annaNo", "204"),
    ("boris", "Boris Adler", "operator", "sales", "US00borisA", "205"),
    ("carla", "Carla Ortiz", "operator", "sales", "US00carlaO", "206"),
    ("david", "David Lindqvist", "operator", "support", "US00davidL", "207"),
    ("elena", "Elena Petrova", "operator", "support", "US00elenaP", "208"),
    ("farid", "Farid Haddad", "operator", "support", "US00faridH", "209"),
    ("grace", "Grace Müller", "operator", "service", "US00graceM", "210"),
    ("hugo", "Hugo Tanaka", "operator", "service", "US00hugoTa", "211"),
    ("ines", "Inês Carvalho", "member", "sales", "US00inesCa", "212"),
)

# id, number, name, team, kind of webhooks, provider's id, people who serve it, share of the calls, of the texts
_LINES = (
    ("main", "+12025550101", "Main line", "sales", V2, "PN00main01", ("anna", "boris", "carla", "martin"), 30, 26),
    ("sales", "+12025550102", "Sales", "sales", Q26, "PN00sales2", ("anna", "boris", "carla"), 20, 26),
    ("support", "+12025550103", "Support", "support", V4, "PN00suppo3", ("david", "elena", "farid", "priya"), 25, 26),
    ("ines", "+12025550104", "Inês direct", "", V4, "PN00inesD4", ("ines",), 6, 8),
    ("moving", "+12025550105", "Field sales", "sales", BOTH, "PN00movin5", ("boris", "carla"), 5, 4),
    (
        "hotline",
        "+12025550106",
        "Service hotline",
        "service",
        PBX,
        "hotline",
        ("grace", "hugo", "farid"),
        14,
        10,
        HOTLINE,
    ),
)
# A branch has all its numbers at one provider: a group, a hotline and somebody's own number.
_BRANCH_LINES = (
    ("sales", "Sales", "sales", ("anna", "boris", "carla"), 40, 60, GROUP),
    ("hotline", "Service hotline", "service", ("grace", "hugo", "farid"), 40, 20, HOTLINE),
    ("ines", "Inês direct", "", ("ines",), 20, 20, PHONE),
)
_BRANCH_STAFF = ("olivia", "anna", "boris", "carla", "grace", "hugo", "farid", "ines")

_AREA_CODES = ("202", "212", "305", "312", "404", "415", "512", "617", "702", "808")
# Share of customers abroad; numbers that their countries set apart for films and books.
_BRANCH_AREAS = ("720", "818", "916")
_ABROAD = (("+442079460", 3), ("+61255501", 2))
_FIRST = (
    "Alex",
    "Bea",
    "Chris",
    "Dana",
    "Eli",
    "Fran",
    "Gus",
    "Hana",
    "Ivo",
    "June",
    "Kai",
    "Lou",
    "Max",
    "Nia",
    "Ola",
)
_LAST = ("Baker", "Cho", "Diaz", "Evans", "Fox", "Gallo", "Hill", "Ito", "Jones", "Katz", "Lopez", "Meyer", "Novak")


@dataclass(frozen=True)
class Person:
    """A colleague. `openphone` and `pbx` are the accounts at the two providers of the main company."""

    id: str
    name: str
    email: str
    role: str
    team: str
    openphone: str
    pbx: str


@dataclass(frozen=True)
class Line:
    """A business number. `sends` is one of V2, V4, Q26, BOTH, PBX. Without a team it is somebody's own."""

    id: str
    e164: str
    name: str
    team: str
    sends: str
    provider_id: str
    people: tuple[str, ...]
    call_share: int
    message_share: int
    manner: str = PHONE

    @property
    def source(self) -> str:
        """Id of the source of its callers, "" for numbers that stand nowhere."""
        return _SOURCE_OF.get(self.id, "")

    @property
    def provider(self) -> str:
        """Name of the provider whose webhooks speak of the number."""
        return _PROVIDER.get(self.sends, self.sends)

    @property
    def connection(self) -> str:
        """Id of the connection that they come in by."""
        return _CONNECTION.get(self.sends, self.sends)


@dataclass(frozen=True)
class Customer:
    """Somebody outside; `weight` makes some of them call again and again."""

    number: str
    name: str
    weight: float
    spam: bool = False


@dataclass(frozen=True)
class Company:
    """The whole stage of a history."""

    zone: str
    people: tuple[Person, ...]
    lines: tuple[Line, ...]
    customers: tuple[Customer, ...]
    hours: dict[str, list[tuple[str, str]]]
    holidays: tuple[str, ...] = ()
    # When the second account of one colleague passes to another.
    switched: datetime | None = None
    # The Amazon Connect instance; one installation joins each to one workspace only.
    instance: str = INSTANCE_ARN

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def person(self, person_id: str) -> Person:
        return next(p for p in self.people if p.id == person_id)

    def line(self, line_id: str) -> Line:
        return next(x for x in self.lines if x.id == line_id)

    @property
    def connections(self) -> tuple[str, ...]:
        """Ids of the connections that the numbers' webhooks come in by."""
        return tuple(dict.fromkeys(x.connection for x in self.lines))

    def is_spam(self, number: str) -> bool:
        """Whether a number is on the company's own list."""
        return any(c.spam for c in self.customers if c.number == number)

    def heir_of(self, account: str) -> str:
        """Who has an account from `switched` on, "" for those that stay where they are."""
        return "grace" if self.switched and account == "app:hugo" else ""

    def is_open(self, at: datetime) -> bool:
        """Whether the company serves its telephones at this instant, by its own clock on the wall."""
        local = at.astimezone(self.tz)
        if local.date().isoformat() in self.holidays:
            return False
        wall = local.strftime("%H:%M")
        return any(start <= wall < end for start, end in self.hours.get(str(local.isoweekday()), ()))


def company(
    seed: int = 1, *, customers: int = 420, holidays: tuple[date, ...] = (), switched: datetime | None = None
) -> Company:
    """The company of a seed: the staff is always the same, the customers differ."""
    chance = random.Random(f"people-{seed}")
    people = tuple(
        Person(id=i, name=n, email=f"{i}@example.com", role=r, team=t, openphone=o, pbx=p)
        for i, n, r, t, o, p in _STAFF
    )
    lines = tuple(Line(*row) for row in _LINES)
    return Company(
        zone=ZONE,
        people=people,
        lines=lines,
        customers=tuple(_customers(chance, customers)),
        hours=HOURS,
        holidays=tuple(d.isoformat() for d in holidays),
        switched=switched,
    )


def branch(provider: str, seed: int = 1, *, customers: int = 60, instance: str = INSTANCE_ARN) -> Company:
    """A company all of whose numbers are at one provider; the same people under that provider's accounts."""
    whole = company(seed, customers=420)
    place = BRANCHES.index(provider)
    lines = []
    for number, (line_id, name, team, people, calls, texts, manner) in enumerate(_BRANCH_LINES):
        e164 = f"+1{_BRANCH_AREAS[number]}55501{place:02d}"
        # Novofon's two product lines stand side by side: the hotline is on the newer one.
        sends = NOVOFON2 if provider == NOVOFON and manner == HOTLINE else provider
        served = manner if manner != HOTLINE or provider in WITH_HOTLINE else GROUP
        lines.append(Line(line_id, e164, name, team, sends, f"{7002}{place:02d}{number}", people, calls, texts, served))
    chance = random.Random(f"branch-{provider}-{seed}")
    return Company(
        zone=whole.zone,
        people=tuple(p for p in whole.people if p.id in _BRANCH_STAFF),
        lines=tuple(lines),
        customers=tuple(_customers(chance, customers)),
        hours=whole.hours,
        instance=instance,
    )


def account(person: Person, kind: str) -> str:
    """The name under which a kind of webhooks speaks of a colleague on a call."""
    number = int(person.pbx)
    return {
        V2: person.openphone,
        V4: person.openphone,
        Q26: person.openphone,
        BOTH: person.openphone,
        RINGOSTAT: f"acmeexample_{person.id}",
        NOVOFON2: f"{323_000 + number}",
        TWILIO: f"client:{person.id}",
        AIRCALL: f"{900_000 + number}",
        TELNYX: f"sip:{person.id}@sip.example.com",
        VONAGE: f"1646555{number - 100:04d}",
        DIALPAD: f"{5_000_000_000_000_000 + number}",
        RINGCENTRAL: f"{400_000 + number}",
        AMAZON_CONNECT: f"{INSTANCE_ARN}/agent/f0000000-0000-4000-8000-{number:012d}",
    }.get(kind, person.pbx)


def aliases(person: Person, kind: str) -> tuple[str, ...]:
    """Every name under which a kind of webhooks may speak of a colleague."""
    more = {
        PBX: (f"sip-{person.id}", f"app-{person.id}"),
        RINGOSTAT: (person.pbx,),
        NOVOFON2: (person.pbx,),
        VONAGE: (f"+{account(person, kind)}",),
    }
    return (account(person, kind), *more.get(kind, ()))


def _customers(chance: random.Random, count: int) -> list[Customer]:
    home = [f"+1{area}5550{tail}" for area in _AREA_CODES for tail in range(107, 200)]
    abroad = [f"{prefix}{chance.randrange(1000):03d}" for prefix, share in _ABROAD for _ in range(count * share // 100)]
    numbers = list(dict.fromkeys(abroad))
    numbers += chance.sample(home, count - len(numbers))
    chance.shuffle(numbers)
    return [
        # Zipf: the tenth customer calls a tenth as often as the first.
        Customer(
            number=number,
            name=f"{chance.choice(_FIRST)} {chance.choice(_LAST)}",
            weight=1 / (rank + 8),
            # Somebody who sells things, and rings often.
            spam=rank in (6, 25),
        )
        for rank, number in enumerate(numbers)
    ]
