"""What every Directory keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
import pytest

from ringlake.errors import Conflict, NotFound
from ringlake.model.budgets import AbuseRules, Budget, Budgets, Every
from ringlake.model.directory import (
    Ability,
    Account,
    CallSource,
    Connection,
    Goal,
    Goals,
    Lists,
    Number,
    Rate,
    Rating,
    Role,
    Secret,
    Tariff,
    TariffVersion,
    Team,
    User,
    Workspace,
)
from ringlake.model.exchange import DayRates, YearRates
from ringlake.stores.directory import AuditLine, Change, DirectoryStore, party_key_context, token_digest
from ringlake.stores.vault import Vault

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ANNA = User(
    id="u1",
    email="anna@example.com",
    name="Anna Żółć",
    role=Role.MANAGER,
    abilities=(Ability.EXPORT,),
    teams=("t1",),
    accounts=(Account(connection="c1", id="US1"),),
    sub="sub-1",
)
PHONE = Connection(
    id="c1",
    workspace="acme",
    provider="openphone",
    token_sha256=token_digest("token-1"),
    secrets=(Secret(id="s1", ciphertext=b"\x00\xff"),),
    options={"b": "2", "a": "1"},
)


class DirectorySuite:
    """Subclasses give the fixtures `directory`, empty, and the `vault` that it uses."""

    def _workspace(self, directory: DirectoryStore, vault: Vault, name: str = "acme") -> Workspace:
        secret = vault.encrypt(f"key of {name}".encode(), party_key_context(name))
        workspace = Workspace(id=name, name=name.title(), zone="Europe/Warsaw", party_secret=secret)
        directory.put_workspace(workspace)
        return workspace

    def test_everything_of_a_workspace_is_loaded_at_once_with_its_key(
        self, directory: DirectoryStore, vault: Vault
    ) -> None:
        workspace = self._workspace(directory, vault)
        team, number = Team(id="t1", name="Sales"), Number(id="n1", e164="+48221230000", provider_ids=("PN1",))
        directory.put_user("acme", ANNA)
        directory.put_connection(PHONE)
        directory.put_team("acme", team)
        directory.put_number("acme", number)

        found = directory.load("acme")

        assert found.workspace == workspace
        assert (found.connections, found.users, found.teams, found.numbers) == ((PHONE,), (ANNA,), (team,), (number,))
        assert found.party_key_secret == b"key of acme"

    def test_a_workspace_holds_nothing_of_another(self, directory: DirectoryStore, vault: Vault) -> None:
        for name in ("acme", "acme2"):
            self._workspace(directory, vault, name)
            directory.put_user(name, User(id="u1", email=f"{name}@example.com", name=name, sub=f"sub-{name}"))

        assert directory.workspaces() == ["acme", "acme2"]
        assert [user.name for user in directory.load("acme").users] == ["acme"]

    def test_what_is_not_there_is_not_found(self, directory: DirectoryStore) -> None:
        with pytest.raises(NotFound):
            directory.load("nobody")
        with pytest.raises(NotFound):
            directory.settings("nobody")
        assert directory.workspaces() == []
        assert directory.connection_by_token("token") is None
        assert directory.user_by_sub("sub") is None
        assert directory.watermark("nobody") is None

    def test_a_workspace_without_a_key_yet_has_an_empty_one(self, directory: DirectoryStore) -> None:
        directory.put_workspace(Workspace(id="acme", name="Acme"))
        assert directory.load("acme").party_key_secret == b""
        assert directory.settings("acme").name == "Acme"

    def test_a_token_leads_to_its_connection_and_a_sub_to_its_user(
        self, directory: DirectoryStore, vault: Vault
    ) -> None:
        self._workspace(directory, vault)
        directory.put_connection(PHONE)
        directory.put_user("acme", ANNA)

        assert directory.connection_by_token("token-1") == PHONE
        assert directory.user_by_sub("sub-1") == ("acme", ANNA)

    def test_what_is_changed_counts_at_the_next_read(self, directory: DirectoryStore, vault: Vault) -> None:
        self._workspace(directory, vault)
        directory.put_user("acme", ANNA)
        demoted = msgspec.structs.replace(ANNA, role=Role.MEMBER, deleted_at=NOW)
        directory.put_user("acme", demoted)

        assert directory.user_by_sub("sub-1") == ("acme", demoted)
        assert directory.load("acme").users == (demoted,)

    def test_a_new_token_or_sub_ends_the_old_one(self, directory: DirectoryStore, vault: Vault) -> None:
        self._workspace(directory, vault)
        directory.put_connection(PHONE)
        directory.put_user("acme", ANNA)
        directory.put_connection(msgspec.structs.replace(PHONE, token_sha256=token_digest("token-2")))
        directory.put_user("acme", msgspec.structs.replace(ANNA, sub=""))

        assert directory.connection_by_token("token-1") is None
        found = directory.connection_by_token("token-2")
        assert found is not None
        assert found.id == "c1"
        assert directory.user_by_sub("sub-1") is None

    def test_nobody_takes_over_the_token_or_the_sub_of_another(self, directory: DirectoryStore, vault: Vault) -> None:
        for name in ("acme", "rival"):
            self._workspace(directory, vault, name)
        directory.put_connection(PHONE)
        directory.put_user("acme", ANNA)

        with pytest.raises(Conflict):
            directory.put_connection(msgspec.structs.replace(PHONE, workspace="rival"))
        with pytest.raises(Conflict):
            directory.put_connection(msgspec.structs.replace(PHONE, id="c2"))
        with pytest.raises(Conflict):
            directory.put_user("rival", ANNA)
        assert directory.connection_by_token("token-1") == PHONE
        assert directory.user_by_sub("sub-1") == ("acme", ANNA)
        assert directory.load("rival").users == ()

    def test_sources_tariffs_and_lists_are_loaded_with_the_rest_without_deleted_tariffs(
        self, directory: DirectoryStore, vault: Vault
    ) -> None:
        self._workspace(directory, vault)
        source, lists = CallSource(id="s1", name="Poster"), Lists(spam=("+48221230099",), withheld=("n/a",))
        tariff = Tariff(id="t1", name="2026", currency="PLN", rates=(Rate(prefix="48"),), valid_from=NOW)
        directory.put_source("acme", source)
        directory.put_lists("acme", lists)
        directory.put_tariff("acme", tariff)
        directory.put_tariff("acme", msgspec.structs.replace(tariff, id="t2", deleted_at=NOW))

        found = directory.load("acme")
        assert (found.sources, found.lists, found.tariffs) == ((source,), lists, (tariff,))
        assert directory.load("acme", key=False) == msgspec.structs.replace(found, party_key_secret=b"")
        assert directory.find("acme", Tariff, "t2") is not None
        assert directory.find("acme", Lists) == lists
        assert directory.find("acme", Workspace) == found.workspace
        assert directory.find("acme", Team, "t1") is None
        assert directory.find("nobody", Lists) is None

    def test_targets_are_one_document_that_is_found_by_its_kind(self, directory: DirectoryStore, vault: Vault) -> None:
        self._workspace(directory, vault)
        goals = Goals(goals=(Goal(metric="service_level", team="t1", value=0.8),), version=1)
        assert directory.find("acme", Goals) is None
        directory.replace("acme", [Change(document=goals)])
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=goals)])

        assert directory.find("acme", Goals) == goals
        assert directory.load("acme").workspace == directory.settings("acme")

    def test_of_two_who_change_the_same_thing_the_second_is_told(self, directory: DirectoryStore, vault: Vault) -> None:
        workspace = self._workspace(directory, vault)
        renamed = msgspec.structs.replace(workspace, name="Acme Ltd", settings_version=2)
        directory.replace("acme", [Change(document=renamed, previous=workspace)])
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=workspace, previous=workspace)])
        team = Team(id="t1", name="Sales")
        directory.replace("acme", [Change(document=team)])
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=team)])
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=team, previous=msgspec.structs.replace(team, name="X"))])
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=Lists(), previous=Lists())])

        assert directory.workspaces() == ["acme"]
        assert directory.load("acme").workspace == renamed
        assert directory.load("acme").teams == (team,)

    def test_what_changes_together_changes_together_or_not_at_all(
        self, directory: DirectoryStore, vault: Vault
    ) -> None:
        self._workspace(directory, vault)
        directory.put_user("acme", ANNA)
        team, away = Team(id="t1", name="Sales"), msgspec.structs.replace(ANNA, teams=())
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=team), Change(document=away)])
        assert directory.load("acme").teams == ()

        line = AuditLine(workspace="acme", at=NOW, user_id="u1", action="team.change", target="t1")
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=team), Change(document=away)], line)
        assert directory.audit_lines("acme", "2026-03") == []
        directory.replace("acme", [Change(document=team), Change(document=away, previous=ANNA)], line)
        assert directory.audit_lines("acme", "2026-03") == [line]
        assert directory.load("acme").teams == (team,)
        assert directory.load("acme").users == (away,)

    def test_tokens_and_identities_follow_what_is_replaced(self, directory: DirectoryStore, vault: Vault) -> None:
        self._workspace(directory, vault)
        directory.replace("acme", [Change(document=PHONE), Change(document=ANNA)])
        moved = msgspec.structs.replace(PHONE, token_sha256=token_digest("token-2"))
        directory.replace("acme", [Change(document=moved, previous=PHONE)])

        assert directory.connection_by_token("token-1") is None
        assert directory.connection_by_token("token-2") == moved
        assert directory.user_by_sub("sub-1") == ("acme", ANNA)
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=msgspec.structs.replace(ANNA, id="u2"))])
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=msgspec.structs.replace(moved, id="c2"))])

    def test_more_than_one_transaction_takes_is_replaced_in_groups(
        self, directory: DirectoryStore, vault: Vault
    ) -> None:
        self._workspace(directory, vault)
        users = [User(id=f"u{n:03}", email=f"u{n}@example.com", name="U", sub=f"sub-{n}") for n in range(70)]
        directory.replace("acme", [Change(document=user) for user in users])
        changed = [msgspec.structs.replace(user, name="V", sub=f"other-{user.id}") for user in users]
        changes = [Change(document=new, previous=old) for new, old in zip(changed, users, strict=True)]
        directory.replace("acme", changes)

        assert directory.load("acme").users == tuple(changed)
        assert directory.user_by_sub("sub-69") is None
        assert directory.user_by_sub("other-u069") == ("acme", changed[69])

    def test_the_watermark_only_moves_forward(self, directory: DirectoryStore) -> None:
        directory.set_watermark("acme", NOW)
        directory.set_watermark("acme", NOW - timedelta(microseconds=1))
        assert directory.watermark("acme") == NOW
        # 12:30 in Warsaw is half an hour before noon in UTC.
        directory.set_watermark("acme", datetime(2026, 3, 10, 12, 30, tzinfo=timezone(timedelta(hours=1))))
        assert directory.watermark("acme") == NOW
        directory.set_watermark("acme", NOW + timedelta(microseconds=1))
        assert directory.watermark("acme") == NOW + timedelta(microseconds=1)
        assert directory.watermark("rival") is None

    def test_lines_on_record_are_kept_in_time_order_by_month(self, directory: DirectoryStore) -> None:
        lines = [
            AuditLine(workspace="acme", at=at, user_id="u1", action=f"a{n}", target="t", detail={"rows": n})
            for n, at in enumerate(
                [
                    NOW,
                    NOW + timedelta(seconds=1),
                    NOW,
                    datetime(2026, 3, 31, 23, 59, tzinfo=UTC),
                    NOW + timedelta(days=30),
                ]
            )
        ]
        for line in reversed(lines):
            directory.audit(line)
        directory.audit(msgspec.structs.replace(lines[0], workspace="rival"))

        march = directory.audit_lines("acme", "2026-03")
        assert [line.at for line in march] == [NOW, NOW, lines[1].at, lines[3].at]
        assert sorted(line.action for line in march) == ["a0", "a1", "a2", "a3"]
        assert directory.audit_lines("acme", "2026-04") == [lines[4]]
        assert march[2] == lines[1]

    def test_a_workspace_of_many_users_is_loaded_whole(self, directory: DirectoryStore, vault: Vault) -> None:
        self._workspace(directory, vault)
        # More than the 1 MB that one page of a query holds.
        for n in range(30):
            directory.put_user("acme", User(id=f"u{n:02}", email="x" * 50_000, name=str(n)))
        assert len(directory.load("acme").users) == 30

    def test_versions_of_tariffs_and_ratings_are_loaded_in_order(self, directory: DirectoryStore, vault: Vault) -> None:
        self._workspace(directory, vault)
        old = Tariff(id="t1", name="Old", currency="EUR", rates=(Rate(prefix="48"),))
        versions = [TariffVersion(id=f"t1.{n}", tariff=old, until=NOW) for n in (1, 2)]
        ratings = [
            Rating(id=f"{n:06}", number=n, at=NOW, by="u1", reason="wrong", since=NOW, until=NOW) for n in (1, 2, 10)
        ]
        directory.replace("acme", [Change(document=one) for one in reversed([*versions, *ratings])])

        found = directory.load("acme")
        assert (found.past_tariffs, found.ratings) == (tuple(versions), tuple(ratings))

    def test_exchange_rates_are_found_by_year_and_not_loaded_with_the_rest(
        self, directory: DirectoryStore, vault: Vault
    ) -> None:
        workspace = self._workspace(directory, vault)
        day = DayRates(day=NOW.date(), base="EUR", rates={"USD": Decimal("1.0842")})
        year = YearRates(id="2026", days=(day,))
        directory.replace("acme", [Change(document=year)])

        assert directory.find("acme", YearRates, "2026") == year
        assert directory.find("acme", YearRates, "2025") is None
        assert directory.find("acme2", YearRates, "2026") is None
        assert directory.load("acme").workspace == workspace
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=YearRates(id="2026"))])
        directory.replace("acme", [Change(document=YearRates(id="2026"), previous=year)])
        assert directory.find("acme", YearRates, "2026") == YearRates(id="2026")

    def test_there_is_one_document_of_budgets_and_one_of_rules(self, directory: DirectoryStore, vault: Vault) -> None:
        self._workspace(directory, vault)
        budgets = Budgets(budgets=(Budget(every=Every.MONTH, amount=Decimal("10.50"), team="t1"),), version=1)
        rules = AbuseRules(prefixes=("900",), version=3)
        directory.replace("acme", [Change(document=budgets), Change(document=rules)])

        assert (directory.find("acme", Budgets), directory.find("acme", AbuseRules)) == (budgets, rules)
        with pytest.raises(Conflict):
            directory.replace("acme", [Change(document=Budgets())])
