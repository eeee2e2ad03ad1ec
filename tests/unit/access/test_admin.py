"""The admin tool over an installation in memory: what it makes, what it shows once, what it keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ringlake.errors import Forbidden, InvalidRequest, NotFound, Taken
from ringlake.model.directory import Ability, Role
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.vault import MemoryVault
from tools import admin

NOW = datetime.now(UTC)


@pytest.fixture
def site() -> admin.Site:
    vault = MemoryVault()
    return admin.Site(
        directory=MemoryDirectory(vault),
        vault=vault,
        identities=admin.MemoryIdentities(),
        public_url="https://ringlake.example.com",
    )


@pytest.fixture
def acme(site: admin.Site) -> admin.Site:
    admin.create_workspace(site, "acme", "Acme", zone="Europe/Warsaw", country="PL")
    return site


def test_a_workspace_has_a_party_key_of_its_own(acme: admin.Site) -> None:
    admin.create_workspace(acme, "rival", "Rival")
    keys = {acme.directory.load(name).party_key_secret for name in ("acme", "rival")}

    assert [len(key) for key in keys] == [32, 32]
    with pytest.raises(Taken):
        admin.create_workspace(acme, "acme", "Acme again")


@pytest.mark.parametrize("wrong", ["", "Acme", "a#b", "a/b", "-a", "a" * 64, "a b", "ä", "+48601234567"])
def test_ids_fit_into_keys_and_paths(site: admin.Site, wrong: str) -> None:
    with pytest.raises(InvalidRequest):
        admin.create_workspace(site, wrong, "Acme")


def test_ids_that_are_made_tell_nothing(acme: admin.Site) -> None:
    user = admin.add_user(acme, "acme", "anna@example.com", "Anna Nowak").user
    number = admin.add_number(acme, "acme", "+48221230000", name="Main")

    for made in (user.id, number.id):
        assert not any(part in made for part in ("anna", "nowak", "4822", "main"))


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"zone": "Europe/Krakow"}, "zone"), ({"plans": "x"}, "plans"), ({"short_abandon_s": "five"}, "short_abandon_s")],
)
def test_a_wrong_setting_is_named(site: admin.Site, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        admin.create_workspace(site, "acme", "Acme", **fields)
    assert refused.value.field == field


def test_a_connection_is_found_by_the_address_that_is_shown_once(acme: admin.Site) -> None:
    made = admin.add_connection(acme, "acme", "generic")
    token = made.webhook_url.removeprefix("https://ringlake.example.com/webhooks/generic/")

    # 43 characters of base64 hold 256 random bits.
    assert len(token) == 43
    assert acme.directory.connection_by_token(token) == made.connection
    assert token not in str(acme.directory.load("acme"))
    assert made.secret.startswith("whsec_")
    context = {"workspace": "acme", "connection": made.connection.id}
    assert acme.vault.decrypt(made.connection.secrets[0].ciphertext, context) == made.secret.encode()
    assert (made.connection.zone, made.connection.country) == ("Europe/Warsaw", "PL")


def test_the_providers_own_secret_is_kept_as_it_was_typed(acme: admin.Site) -> None:
    made = admin.add_connection(acme, "acme", "openphone", secret="b3Blbg==", options={"a": "1"})
    context = {"workspace": "acme", "connection": made.connection.id}
    assert acme.vault.decrypt(made.connection.secrets[0].ciphertext, context) == b"b3Blbg=="
    with pytest.raises(InvalidRequest, match=r"known providers are .*generic, .*openphone"):
        admin.add_connection(acme, "acme", "nobody")


def test_two_secrets_live_during_a_rotation_and_one_after_it(acme: admin.Site) -> None:
    made = admin.add_connection(acme, "acme", "generic")
    context = {"workspace": "acme", "connection": made.connection.id}

    def live() -> list[bytes]:
        found = acme.directory.load("acme").connection(made.connection.id)
        assert found is not None
        return [acme.vault.decrypt(secret.ciphertext, context) for secret in found.secrets]

    second = admin.rotate_connection(acme, "acme", made.connection.id)
    assert live() == [second.encode(), made.secret.encode()]
    third = admin.rotate_connection(acme, "acme", made.connection.id, "typed-secret")
    assert live() == [b"typed-secret", second.encode()]
    assert admin.retire_secrets(acme, "acme", made.connection.id) == 2
    assert live() == [third.encode()]
    with pytest.raises(NotFound):
        admin.rotate_connection(acme, "acme", "nobody")


def test_a_change_of_role_counts_at_once_and_is_on_record(acme: admin.Site) -> None:
    added = admin.add_user(acme, "acme", "anna@example.com", "Anna", role=Role.OWNER)
    number = admin.add_number(acme, "acme", "+48221230000", number_id="n1")
    assert number.id == "n1"
    with pytest.raises(Forbidden):
        admin.change_user(acme, "acme", added.user.id, role=Role.MEMBER)
    admin.add_user(acme, "acme", "olga@example.com", "Olga", role=Role.OWNER)
    admin.change_user(acme, "acme", added.user.id, role=Role.MEMBER, abilities=[Ability.RAW_EXPORT], numbers=["n1"])
    found = acme.directory.user_by_sub(added.user.sub)
    assert found is not None
    assert (found[1].role, found[1].abilities, found[1].email) == (
        Role.MEMBER,
        (Ability.RAW_EXPORT,),
        "anna@example.com",
    )

    gone = admin.remove_user(acme, "acme", added.user.id)
    assert gone.deleted_at is not None
    assert gone.name == "Anna"
    lines = acme.directory.audit_lines("acme", f"{NOW:%Y-%m}")
    rights = [(line.detail["user_role"], line.detail["state"]) for line in lines if line.target == added.user.id]
    assert rights == [("owner", "active"), ("member", "active"), ("member", "deleted")]
    assert {line.user_id for line in lines} == {"tools.admin"}


@pytest.mark.parametrize("number", ["48221230000", "22 123 00 00", "+48 22 123 00 00", "0048221230000"])
def test_a_business_number_has_one_spelling(acme: admin.Site, number: str) -> None:
    assert admin.add_number(acme, "acme", number).e164 == "+48221230000"


@pytest.mark.parametrize("number", ["+0221230000", "112", "+4822123000012345", "anonymous", "sip:a@b.example", " "])
def test_a_business_number_is_a_number(acme: admin.Site, number: str) -> None:
    with pytest.raises(InvalidRequest):
        admin.add_number(acme, "acme", number)


def test_nothing_is_added_to_a_workspace_that_is_not_there(site: admin.Site) -> None:
    for add in (
        lambda: admin.add_team(site, "nobody", "Sales"),
        lambda: admin.add_number(site, "nobody", "+48221230000"),
        lambda: admin.add_user(site, "nobody", "a@example.com", "A"),
        lambda: admin.add_connection(site, "nobody", "generic"),
    ):
        with pytest.raises(NotFound):
            add()


DOCUMENT = {
    "workspace": {
        "id": "acme",
        "name": "Acme",
        "zone": "Europe/Warsaw",
        "hours": {"weekly": {"1": [["09:00", "17:00"]]}},
    },
    "teams": [{"id": "t1", "name": "Sales"}],
    "numbers": [{"id": "n1", "e164": "+48221230000", "provider_ids": ["PN1"]}],
    "users": [
        {"id": "u1", "email": "a@example.com", "name": "A", "role": "owner", "password": "Given-Passw0rd"},
        {"id": "u2", "email": "b@example.com", "name": "B", "accounts": [{"connection": "c1", "id": "US1"}]},
    ],
    "connections": [{"id": "c1", "provider": "generic"}],
}


def test_importing_twice_changes_nothing(site: admin.Site) -> None:
    said = admin.import_directory(site, DOCUMENT)
    before = site.directory.load("acme")
    again = admin.import_directory(site, DOCUMENT)

    assert site.directory.load("acme") == before
    assert [line.split()[:2] for line in again] == [line.split()[:2] for line in said]
    assert any("https://ringlake.example.com/webhooks/generic/" in line for line in said)
    assert not any("http" in line or "password" in line for line in again)
    assert "Given-Passw0rd" not in " ".join(said)


def test_importing_a_changed_document_keeps_keys_tokens_and_identities(site: admin.Site) -> None:
    admin.import_directory(site, DOCUMENT)
    before = site.directory.load("acme")
    changed = json.loads(json.dumps(DOCUMENT))
    changed["workspace"]["plan"] = "scale"
    changed["users"][1]["role"] = "manager"
    changed["connections"][0]["name"] = "Front desk"
    admin.import_directory(site, changed)
    after = site.directory.load("acme")

    assert (after.workspace.plan, after.users[1].role, after.connections[0].name) == (
        "scale",
        Role.MANAGER,
        "Front desk",
    )
    assert after.party_key_secret == before.party_key_secret
    assert after.connections[0].token_sha256 == before.connections[0].token_sha256
    assert after.connections[0].secrets == before.connections[0].secrets
    assert [user.sub for user in after.users] == [user.sub for user in before.users]


def command(monkeypatch: pytest.MonkeyPatch, site: admin.Site, *words: str) -> str:
    monkeypatch.setattr(admin, "open_site", lambda _stack: site)
    result = CliRunner().invoke(admin.app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commands_of_the_readme(monkeypatch: pytest.MonkeyPatch, site: admin.Site, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        return command(monkeypatch, site, *words)

    run("workspace", "create", "acme", "--name", "Acme", "--zone", "Europe/Warsaw", "--country", "PL")
    added = run("user", "add", "acme", "--email", "ann@acme.example", "--name", "Ann", "--role", "owner")
    joined = run("connection", "add", "acme", "openphone", "--id", "desk", "--option", "a=1")
    run("team", "add", "acme", "--name", "Sales")
    run("number", "add", "acme", "+48221230001", "--name", "Main", "--provider-id", "PN2")
    rotated = run("connection", "rotate", "acme", "desk")
    run("connection", "retire", "acme", "desk")
    user_id = added.split()[1]
    run("user", "add", "acme", "--email", "olga@acme.example", "--name", "Olga", "--role", "owner")
    run("user", "change", "acme", user_id, "--role", "manager", "--ability", "reports")
    document = tmp_path / "directory.json"
    document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    run("import", str(document))
    shown = run("workspace", "show", "acme")
    run("user", "remove", "acme", user_id)

    assert "password (shown once)" in added
    assert "https://ringlake.example.com/webhooks/openphone/" in joined
    assert "signing secret (shown once) whsec_" in rotated
    found = json.loads(shown)
    ann = next(user for user in found["users"] if user["id"] == user_id)
    assert (ann["role"], ann["abilities"]) == ("manager", ["reports"])
    # What is shown again holds no secret, not even a ciphertext.
    assert "party_secret" not in shown
    assert "ciphertext" not in shown
    assert all(isinstance(secret, str) for c in found["connections"] for secret in c["secrets"])


def test_a_provider_without_webhooks_has_neither_address_nor_secret(acme: admin.Site) -> None:
    arn = "arn:aws:connect:us-east-1:111122223333:instance/aaaaaaaa-0000-4000-8000-000000000001"
    made = admin.add_connection(acme, "acme", "amazon_connect", options={"instance_arn": arn})
    assert (made.webhook_url, made.secret, made.connection.secrets) == ("", "", ())
    assert acme.directory.connection_by_token(arn) == made.connection
    with pytest.raises(InvalidRequest, match="instance_arn"):
        admin.add_connection(acme, "acme", "amazon_connect", options={"instance_arn": "my instance"})
    with pytest.raises(Taken):
        admin.add_connection(acme, "acme", "amazon_connect", options={"instance_arn": arn})
