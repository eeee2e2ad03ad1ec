"""The suites that every store of addresses and of links passes, in memory or real."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from ringlake.errors import Conflict
from ringlake.model.mailing import EVERYTHING, Left, MailAddress, Pass, Purpose, Soft, Standing
from ringlake.stores.addresses import CONFIRM_FOR, Addresses, Confirmations, Passes

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
_numbers = count()


def address(name: str = "anna@example.com", **fields: Any) -> MailAddress:
    return MailAddress(address=name, **{"version": 1, **fields})


class AddressesSuite:
    """Give it a fixture `addresses`."""

    @pytest.fixture
    def workspace(self) -> str:
        """A workspace of the test's own, since a real table is shared."""
        return f"mail{next(_numbers)}"

    def test_what_was_kept_comes_back(self, addresses: Addresses, workspace: str) -> None:
        kept = address(
            standing=Standing.BOUNCED, since=AT, reason="550 no such user", soft=(Soft(id="f1", at=AT),),
            left=(Left(topic="schedule:s1", at=AT),), asked_by="u1", asked_at=AT, asked_times=2, confirmed_at=AT,
        )  # fmt: skip
        addresses.put(workspace, kept, None)

        assert addresses.get(workspace, "anna@example.com") == kept
        assert addresses.get(workspace, "  Anna@Example.COM ") == kept
        assert addresses.get(workspace, "anna@example.org") is None
        assert addresses.get(f"{workspace}x", "anna@example.com") is None

    def test_all_of_a_workspace_by_address_and_of_no_other(self, addresses: Addresses, workspace: str) -> None:
        names = [f"a{n:02}@example.com" for n in range(25)]
        for name in reversed(names):
            addresses.put(workspace, address(name), None)
        addresses.put(f"{workspace}x", address("b@example.com"), None)

        assert [one.address for one in addresses.all(workspace)] == names

    def test_an_address_is_replaced_only_in_place_of_the_one_it_was_made_from(
        self, addresses: Addresses, workspace: str
    ) -> None:
        first = address()
        addresses.put(workspace, first, None)
        second = msgspec.structs.replace(first, reason="full", version=2)
        addresses.put(workspace, second, first)

        for previous in (None, first):
            with pytest.raises(Conflict):
                addresses.put(workspace, msgspec.structs.replace(first, reason="late", version=2), previous)
        assert addresses.get(workspace, "anna@example.com") == second

    @pytest.mark.parametrize(
        ("fields", "asked_for", "by_itself"),
        [
            ({}, None, None),
            ({"standing": Standing.BOUNCED}, Standing.BOUNCED, Standing.BOUNCED),
            ({"standing": Standing.COMPLAINED}, Standing.COMPLAINED, Standing.COMPLAINED),
            ({"left": (Left(topic="schedule:s1", at=AT),)}, None, Standing.UNSUBSCRIBED),
            ({"left": (Left(topic="schedule:s2", at=AT),)}, None, None),
            ({"left": (Left(topic=EVERYTHING, at=AT),)}, None, Standing.UNSUBSCRIBED),
            ({"soft": (Soft(id="f1", at=AT),)}, None, None),
        ],
    )
    def test_who_left_one_thing_still_gets_what_he_asks_for_and_a_bounce_stops_all(
        self,
        addresses: Addresses,
        workspace: str,
        fields: dict[str, Any],
        asked_for: Standing | None,
        by_itself: Standing | None,
    ) -> None:
        addresses.put(workspace, address(**fields), None)

        assert addresses.blocked(workspace, "ANNA@example.com") is asked_for
        assert addresses.blocked(workspace, "anna@example.com", "schedule:s1") is by_itself

    def test_nothing_is_known_against_a_stranger(self, addresses: Addresses, workspace: str) -> None:
        assert addresses.blocked(workspace, "stranger@example.com", "alert:a1") is None


class PassesSuite:
    """Give it fixtures `passes` and `addresses`."""

    @pytest.fixture
    def workspace(self) -> str:
        return f"pass{next(_numbers)}"

    def test_a_token_leads_to_what_it_stands_for_until_its_time_is_over(self, passes: Passes) -> None:
        link = Pass(
            workspace="acme", address="anna@example.com", purpose=Purpose.LEAVE, topic="alert:a1",
            expires_at=AT + timedelta(days=1),
        )  # fmt: skip
        token = passes.issue(link)

        assert passes.find(token, AT) == link
        assert passes.find(token, AT + timedelta(days=1)) is None

    def test_tokens_differ_are_long_and_only_the_right_one_leads_anywhere(self, passes: Passes) -> None:
        link = Pass(workspace="acme", address="a@example.com", purpose=Purpose.CONFIRM, expires_at=AT)
        tokens = {passes.issue(link) for _ in range(20)}

        assert len(tokens) == 20
        assert min(map(len, tokens)) >= 43
        for wrong in ("", "x", next(iter(tokens))[:-1], next(iter(tokens)) + "A", "pass#1"):
            assert passes.find(wrong, AT - timedelta(days=1)) is None

    def test_who_was_asked_is_confirmed_only_by_himself(
        self, addresses: Addresses, passes: Passes, workspace: str
    ) -> None:
        confirmations = Confirmations(addresses, passes)
        token = confirmations.ask(workspace, "Out@Example.com", "u1", AT)

        link = passes.find(token, AT)
        assert link is not None
        assert (link.workspace, link.address, link.purpose, link.by) == (
            workspace, "out@example.com", Purpose.CONFIRM, "u1",
        )  # fmt: skip
        assert link.expires_at == AT + CONFIRM_FOR
        assert not confirmations.confirmed(workspace, "out@example.com")
        known = addresses.get(workspace, "out@example.com")
        assert known is not None
        addresses.put(workspace, msgspec.structs.replace(known, confirmed_at=AT, version=2), known)
        assert confirmations.confirmed(workspace, "OUT@example.com")

    def test_asking_is_counted_within_a_month(self, addresses: Addresses, passes: Passes, workspace: str) -> None:
        confirmations = Confirmations(addresses, passes)
        for days in (0, 1, 40):
            confirmations.ask(workspace, "out@example.com", "u1", AT + timedelta(days=days))
            known = addresses.get(workspace, "out@example.com")
            assert known is not None
            assert known.asked_times == {0: 1, 1: 2, 40: 1}[days]

    def test_a_way_out_of_one_topic_lasts_longer_than_a_year(
        self, addresses: Addresses, passes: Passes, workspace: str
    ) -> None:
        token = Confirmations(addresses, passes).leave(workspace, "Anna@example.com", "schedule:s1", AT)

        link = passes.find(token, AT + timedelta(days=366))
        assert link is not None
        assert (link.address, link.purpose, link.topic) == ("anna@example.com", Purpose.LEAVE, "schedule:s1")
        # Whoever never agreed to anything can leave too: nothing is written before he does.
        assert addresses.get(workspace, "anna@example.com") is None
