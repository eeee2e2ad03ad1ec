"""Import and export as files: every mistake by line and column, nothing half done, and back again."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.errors import InvalidRequest, NotFound
from ringlake.files.csv import BOM
from ringlake.flows.directory import sheets, transfers
from ringlake.flows.directory.sheets import Imported
from ringlake.model.contacts import Contact
from ringlake.model.directory import Ability, Account, CallSource, Connection, Number, Role, Team, User
from ringlake.stores.directory import party_key_context
from ringlake.stores.identities import Person
from tests.unit.export.world import World

KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def world() -> World:
    return company()


def company() -> World:
    world = World()
    sealed = world.vault.encrypt(KEY, party_key_context("acme"))
    world.directory.put_workspace(msgspec.structs.replace(world.directory.settings("acme"), party_secret=sealed))
    world.directory.put_connection(Connection(id="c1", workspace="acme", provider="generic"))
    world.directory.put_number("acme", Number(id="n2", e164="+48221230002", name="Two"))
    for user in world.directory.load("acme").users:
        world.identities.people[user.sub] = Person(email=user.email, password="chosen")
    return world


def load(world: World, kind: str, text: str | bytes, user: str = "owner", *, dry_run: bool = False) -> Imported:
    run = getattr(world.offices.transfers, f"import_{kind}")
    data = text if isinstance(text, bytes) else text.encode()
    report: Imported = run(world.viewer(user), data, world.now, dry_run=dry_run)
    return report


def counts(report: Imported) -> tuple[int, int, int, int]:
    return report.created, report.changed, report.unchanged, report.error_count


def errors(report: Imported) -> list[tuple[int, str]]:
    return [(one["line"], one["column"]) for one in report.errors]


# ---------------------------------------------------------------- form


@pytest.mark.parametrize(
    "data",
    [
        b'"id","e164","name"\r\n"","+48221230009","Line"\r\n',
        BOM + b"id;e164;name\n;+48221230009;Line\n",
        b"name\te164\tid\r\nLine\t+48221230009\t\r\n\r\n",
        b"E164,Name\n'+48221230009,Line",
        b'e164,name\r"22 123 00 09"," Line "\r',
        b"e164;name\r\n 48221230009 ;Line\r\n;\r\n",
    ],
)
def test_a_file_may_look_as_any_program_writes_it(world: World, data: bytes) -> None:
    assert counts(load(world, "numbers", data)) == (1, 0, 0, 0)
    assert [n.e164 for n in world.directory.load("acme").numbers if n.name == "Line"] == ["+48221230009"]


def test_cells_may_hold_line_ends_quotes_and_what_stands_between_cells(world: World) -> None:
    text = 'name,numbers,field.note\r\n"Beta; ""the"" firm",600 100 200,"first\r\nsecond, third"\r\nX,112,\r\n'
    report = load(world, "contacts", text)
    assert errors(report) == [(4, "numbers")]
    report = load(world, "contacts", text.replace("112", ""))
    (kept,) = [c for c in world.contacts.page("acme").contacts if c.numbers]
    assert (kept.name, kept.fields) == ('Beta; "the" firm', {"note": "first\r\nsecond, third"})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"name\nx\n", "the column 'e164' is missing"),
        (b"e164,e164\n1,2\n", "is there twice"),
        (b"e164,colour\n1,red\n", "there is no column 'colour'"),
        (b"e164\n\xff\n", "is not UTF-8 (line 2)"),
        ("e164\n+48".encode("utf-16"), "is not UTF-8"),
        (b"e164\n1\x002\n", "NUL"),
        (b'e164\n"unfinished', "line 2"),
        (b'e164\n"a"b\n', "line 2"),
        (b"e164\n" + b"1\n" * (transfers.MOST_NUMBERS + 1), "more than 2000 lines"),
        (b"e164\n" + b" " * sheets.MAX_BYTES, "larger than"),
    ],
)
def test_what_is_no_such_file_is_said_so(world: World, data: bytes, reason: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        load(world, "numbers", data)
    assert reason in str(refused.value)


def test_a_line_with_too_many_or_too_few_cells_is_named(world: World) -> None:
    report = load(world, "numbers", "e164,name\n+48221230009\n+48221230010,a,b\n+48221230011,c\n")
    assert errors(report) == [(2, ""), (3, "")]


ATOM = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=6).map(str.strip).filter(bool)


@given(st.lists(ATOM, max_size=4))
def test_values_of_a_cell_come_back_whatever_they_hold(values: list[str]) -> None:
    assert sheets.split(sheets.joined(values)) == values


CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), max_size=12)
NAME = CELL.map(str.strip).filter(bool)


@given(st.data())
def test_whatever_users_are_called_their_file_comes_back_unchanged(data: st.DataObject) -> None:
    """Names and accounts that look like formulas, numbers, separators or other columns."""
    world = company()
    for n in range(3):
        accounts = data.draw(st.lists(NAME, max_size=3, unique=True))
        user = User(
            id=f"r{n}",
            email=f"r{n}@example.com",
            name=data.draw(NAME),
            role=data.draw(st.sampled_from([Role.MEMBER, Role.MANAGER])),
            abilities=tuple(data.draw(st.lists(st.sampled_from(Ability), max_size=2, unique=True))),
            accounts=tuple(Account(connection="c1", id=f"{n}{name}") for name in accounts),
        )
        world.directory.put_user("acme", user)
    file = world.offices.transfers.export_users(world.viewer("owner"), world.now)
    before = world.directory.load("acme")
    report = load(world, "users", file)
    assert (report.changed, report.created, report.errors) == (0, 0, ())
    assert world.directory.load("acme") == before


# ---------------------------------------------------------------- users


def test_users_are_made_changed_and_left_alone(world: World) -> None:
    text = (
        "id,email,name,role,teams,numbers,accounts,signs_in\n"
        ",new@example.com,New Person,operator,sales,+48 22 123 00 01|n2,c1:US1|c1:US2 [2026-01-01T00:00:00Z/],yes\n"
        "member,mia@example.com,Mia,member,,n1,,yes\n"
        ",owner@example.com,Olga,owner,,,,yes\n"
        ",paper@example.com,Paper,,,,,no\n"
    )
    rehearsed = load(world, "users", text, dry_run=True)
    assert counts(rehearsed) == (2, 1, 1, 0)
    assert not rehearsed.applied
    assert world.identities.find("new@example.com") == ""

    done = load(world, "users", text)
    assert (counts(done), done.applied) == ((2, 1, 1, 0), True)
    users = {user.email: user for user in world.directory.load("acme").users}
    made = users["new@example.com"]
    assert (made.role, made.teams, made.numbers) == (Role.OPERATOR, ("t1",), ("n1", "n2"))
    assert [(a.id, a.since is not None) for a in made.accounts] == [("US1", False), ("US2", True)]
    assert world.identities.people[made.sub].mails == 1
    assert (users["mia@example.com"].id, world.identities.people["s-member"].email) == ("member", "mia@example.com")
    assert users["paper@example.com"].sub == ""
    assert {one.accounts for one in world.refolds.open("acme")} == {("US1",), ("US2",)}
    (said,) = [one for one in world.directory.audit_lines("acme", "2026-03") if one.action == "users.import"]
    assert said.detail["roles"] == {made.id: "operator"}


def test_every_mistake_is_listed_and_nothing_is_applied(world: World) -> None:
    before = world.directory.load("acme")
    text = (
        "id,email,name,role,abilities,teams,accounts,signs_in\n"
        ",good@example.com,Good,member,,,,\n"
        ",no-address,Name,member,,,,\n"
        ",a@example.com,,chief,fly,Nowhere,c9:1|nonsense,maybe\n"
        "nobody,b@example.com,B,member,,,,\n"
        ",member@example.com,Twice,member,,,,\n"
        "member,member@example.com,Mia,member,,,,\n"
        ",twin@example.com,Twin,,,,,\n"
        ",Twin@example.com,Twin,,,,,\n"
    )
    report = load(world, "users", text)

    assert not report.applied
    assert set(errors(report)) >= {(3, "email"), (5, "id"), (7, "id"), (8, "email"), (9, "email")}
    assert {column for line, column in errors(report) if line == 4} & {"signs_in", "accounts", "name"}
    assert report.error_count == len(report.errors)
    assert world.directory.load("acme") == before
    assert world.identities.find("good@example.com") == ""


def test_rights_in_a_file_are_bounded_as_everywhere(world: World) -> None:
    world.directory.put_user("acme", User(id="admin", email="ad@example.com", name="A", role=Role.ADMIN, sub="s-admin"))
    refused = load(world, "users", "email,name,role\nx@example.com,X,owner\nowner@example.com,Olga,member\n", "admin")
    assert errors(refused) == [(2, "role"), (3, "role")]
    last = load(world, "users", "email,name,role\nowner@example.com,Olga,admin\n")
    assert errors(last) == [(2, "role")]
    assert "last owner" in last.errors[0]["reason"]


def test_the_last_owner_hands_over_in_one_file(world: World) -> None:
    world.change("manager", role=Role.ADMIN)
    text = "email,name,role\nowner@example.com,Olga,admin\nmanager@example.com,Max,owner\n"
    assert counts(load(world, "users", text)) == (0, 2, 0, 0)
    assert {u.id: u.role for u in world.directory.load("acme").users}["manager"] is Role.OWNER


def test_an_address_of_another_workspace_is_refused_before_anything_is_done(world: World) -> None:
    world.identities.people["s-rival"] = Person(email="o@rival.example", password="x")
    report = load(world, "users", "email,name\nfine@example.com,F\no@rival.example,R\n")
    assert errors(report) == [(3, "email")]
    assert world.identities.find("fine@example.com") == ""


def test_more_new_people_than_the_pool_takes_are_split(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "MOST_INVITED", 2)
    text = "email,name\n" + "".join(f"p{n}@example.com,P\n" for n in range(3))
    assert errors(load(world, "users", text)) == [(4, "email")]


def test_a_column_that_is_missing_leaves_and_an_empty_cell_empties(world: World) -> None:
    world.change("member", abilities=(Ability.REPORTS,), teams=("t1",))
    load(world, "users", "email,teams\nmember@example.com,\n")
    assert (world.viewer("member").user.teams, world.viewer("member").user.abilities) == ((), (Ability.REPORTS,))


def test_users_come_back_from_their_own_file_unchanged(world: World) -> None:
    world.directory.put_team("acme", Team(id="t2", name="Sales | West \\ Süd"))
    world.directory.put_team("acme", Team(id="t3", name="t1"))
    world.change(
        "member",
        name="=HYPERLINK(1)",
        abilities=(Ability.REPORTS, Ability.SEE_COSTS),
        without=(Ability.EXPORT,),
        teams=("t2", "t3"),
        manages=("t1",),
        accounts=(
            Account(connection="c1", id="a|b\\c:d"),
            Account(connection="c1", id="+48601", since=world.now),
            Account(connection="c1", id="x", until=world.now),
        ),
    )
    world.change("other", sub="")
    world.change("operator", deleted_at=world.now)
    data = world.offices.transfers.export_users(world.viewer("owner"), world.now)
    report = load(world, "users", data)

    assert counts(report) == (0, 0, 4, 0)
    cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert not any("otto" in cell.lower() for cell in cells)


# ---------------------------------------------------------------- numbers


def test_numbers_are_made_and_changed_by_id_or_number(world: World) -> None:
    world.directory.put_source("acme", CallSource(id="s1", name="Poster"))
    text = (
        "id,e164,name,team,source,provider_ids,country\n"
        ",+1 202 555 0143,New York,,poster,PN1|PN2,\n"
        ",+48221230001,Renamed,Sales,s1,,\n"
        "n2,+48221230005,Two,,,,PL\n"
    )
    assert counts(load(world, "numbers", text)) == (1, 2, 0, 0)
    numbers = {number.e164: number for number in world.directory.load("acme").numbers}
    assert (numbers["+12025550143"].country, numbers["+12025550143"].provider_ids) == ("US", ("PN1", "PN2"))
    assert (numbers["+48221230001"].id, numbers["+48221230001"].team, numbers["+48221230001"].source) == (
        "n1",
        "t1",
        "s1",
    )
    assert numbers["+48221230005"].id == "n2"
    assert len(world.refolds.open("acme")) == 3


def test_mistakes_of_numbers_are_listed(world: World) -> None:
    text = (
        "id,e164,team,provider_ids\n"
        ",112,,\n"
        ",+48221230009,Nowhere,PN1\n"
        ",+48 22 123 00 09,,PN1\n"
        "n9,+48221230010,,\n"
        "n1,+48221230002,,\n"
    )
    report = load(world, "numbers", text, dry_run=True)
    assert errors(report) == [
        (2, "e164"), (3, "e164"), (3, "provider_ids"), (3, "team"), (4, "e164"), (4, "provider_ids"), (5, "id"),
        (6, "e164"),
    ]  # fmt: skip


def test_numbers_come_back_from_their_own_file_unchanged(world: World) -> None:
    world.directory.put_number(
        "acme", Number(id="n3", e164="+442079460000", name="-1+1", country="GB", provider_ids=("|", "a b"))
    )
    world.directory.put_number("acme", Number(id="n4", e164="+48221230004", name="Gone", deleted_at=world.now))
    load(world, "numbers", "id,e164,country\nn1,+48221230001,PL\nn2,+48221230002,PL\n")
    data = world.offices.transfers.export_numbers(world.viewer("owner"), world.now)
    assert counts(load(world, "numbers", data)) == (0, 0, 3, 0)


# ---------------------------------------------------------------- contacts


def contacts(world: World) -> dict[str, Contact]:
    return {contact.name: contact for contact in world.contacts.page("acme").contacts}


def test_contacts_are_made_once_however_often_the_file_comes(world: World) -> None:
    text = "name,numbers,email,field.tier\nCarla,600 100 200|+48225550000,c@example.com,gold\nDan,,,\n"
    assert counts(load(world, "contacts", text)) == (2, 0, 0, 0)
    assert len(contacts(world)["Carla"].party_keys) == 2
    again = load(world, "contacts", text.splitlines()[0] + "\n" + text.splitlines()[1] + "\n")
    assert counts(again) == (0, 0, 1, 0)
    changed = load(world, "contacts", "name,numbers,field.tier\nCarla B.,+48600100200,\n")
    assert counts(changed) == (0, 1, 0, 0)
    carla = contacts(world)["Carla B."]
    assert (carla.numbers, carla.fields, carla.email) == (("+48600100200",), {}, "c@example.com")
    assert len(world.records.dirty("acme", 10)) == 2


def test_contacts_come_back_from_their_own_file_unchanged(world: World) -> None:
    load(world, "contacts", 'name,numbers,field.a b,field.z\n"@SUM(1)",600100200,"x\ny",\nDan,,,=1\n"O\'Hara",,,\n')
    world.contacts.put("acme", Contact(id="desk:CT1", name="Theirs", updated_at=world.now))
    world.contacts.put("acme", Contact(id="k-gone", name="Gone", updated_at=world.now, deleted_at=world.now))
    data, following = world.offices.transfers.export_contacts(world.viewer("owner"), world.now)
    assert following == ""
    assert counts(load(world, "contacts", data)) == (0, 0, 4, 0)
    assert b"Gone" not in data


def test_an_export_goes_on_where_an_import_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    load(world, "contacts", "name\n" + "".join(f"P{n}\n" for n in range(7)))
    monkeypatch.setattr(transfers, "MOST_CONTACTS", 3)
    seen: list[str] = []
    after = ""
    while True:
        data, after = world.offices.transfers.export_contacts(world.viewer("owner"), world.now, after)
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        assert len(rows) <= 3
        seen += [row["name"] for row in rows]
        if not after:
            break
    assert sorted(seen) == [f"P{n}" for n in range(7)]


def test_mistakes_of_contacts_are_listed(world: World) -> None:
    world.contacts.put("acme", Contact(id="desk:CT1", name="Theirs", updated_at=world.now))
    load(world, "contacts", "name,numbers\nOne,600100200\n")
    one = contacts(world)["One"]
    world.contacts.put("acme", msgspec.structs.replace(one, id="k-two"))
    text = (
        "id,name,numbers,email\n"
        ",,600100201,\n"
        ",X,112|+48600100203,nobody\n"
        "desk:CT1,Mine now,,\n"
        "desk:CT1,Theirs,,\n"
        ",Which,600100200,\n"
        "k-nothing,Y,,\n"
    )
    report = load(world, "contacts", text, dry_run=True)
    assert errors(report) == [(2, "name"), (3, "email"), (4, "id"), (6, "id"), (7, "id")]
    numbers = load(world, "contacts", "name,numbers\nX,112|+48600100203|x\n", dry_run=True)
    assert [one["reason"].partition(":")[0] for one in numbers.errors] == ["value 1", "value 3"]


def test_many_contacts_are_named_anew_by_going_through_history(world: World) -> None:
    lines = "".join(f"P{n},+4860010{n:04}\n" for n in range(250))
    report = load(world, "contacts", f"name,numbers\n{lines}")
    assert report.created == 250
    assert [one.id for one in world.refolds.open("acme")] == ["contacts"]
    assert world.records.dirty("acme", 10) == []


def test_many_numbers_and_accounts_are_followed_by_going_through_history(world: World) -> None:
    lines = "".join(f"+4822700{n:04}\n" for n in range(201))
    assert load(world, "numbers", f"e164\n{lines}").created == 201
    assert [one.id for one in world.refolds.open("acme")] == ["numbers"]
    people = "".join(f"p{n}@example.com,P,c1:A{n},no\n" for n in range(201))
    assert load(world, "users", f"email,name,accounts,signs_in\n{people}").created == 201
    assert {one.id for one in world.refolds.open("acme")} == {"numbers", "accounts"}
    assert len(world.records.dirty("acme", 10)) == 1


def test_many_people_are_invited_side_by_side(world: World) -> None:
    lines = "".join(f"p{n}@example.com,P\n" for n in range(200))
    assert load(world, "users", f"email,name\n{lines}").applied
    subs = {user.sub for user in world.directory.load("acme").users if user.email.startswith("p")}
    assert len(subs) == 200
    assert all(world.identities.people[sub].mails == 1 for sub in subs)


def test_ten_thousand_lines_are_taken_and_one_more_is_not(world: World) -> None:
    lines = "".join(f"P{n}\n" for n in range(transfers.MOST_CONTACTS))
    assert load(world, "contacts", f"name\n{lines}", dry_run=True).created == 10_000
    with pytest.raises(InvalidRequest, match="more than 10000 lines"):
        load(world, "contacts", f"name\n{lines}one more\n", dry_run=True)


def test_what_is_wrong_everywhere_is_counted_and_listed_as_far_as_an_answer_holds(world: World) -> None:
    report = load(world, "contacts", "name,email\n" + "X,nobody\n" * 3_000, dry_run=True)
    assert (report.error_count, len(report.errors)) == (3_000, sheets.LISTED)


def test_exports_are_on_record_without_their_content(world: World) -> None:
    load(world, "contacts", "name,numbers\nCarla,600100200\n")
    owner = world.viewer("owner")
    world.offices.transfers.export_contacts(owner, world.now)
    world.offices.transfers.export_users(owner, world.now)
    world.offices.transfers.export_numbers(owner, world.now)
    lines = [one for one in world.directory.audit_lines("acme", "2026-03") if one.action.endswith("export")]
    assert {(one.action, one.detail["rows"]) for one in lines} == {
        ("contacts.export", 1), ("users.export", 5), ("numbers.export", 2),
    }  # fmt: skip
    assert "600100200" not in repr(lines)
    assert "Carla" not in repr(lines)


def test_a_file_reaches_no_other_workspace(world: World) -> None:
    rival: Any = world.viewer("owner", "rival")
    report = world.offices.transfers.import_numbers(rival, b"id,e164\nn1,+48221230001\n", world.now, dry_run=False)
    assert errors(report) == [(2, "id")]
    with pytest.raises(NotFound):
        world.offices.numbers.show(rival, "n1")
