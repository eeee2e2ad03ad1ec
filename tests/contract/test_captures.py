"""Every captured delivery through verify, identify and parse, and through ingest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import unquote_plus

import msgspec
import pytest

from ringlake import providers
from ringlake.errors import NotAuthentic
from ringlake.flows.ingest import Outcome
from ringlake.model.base import to_json
from ringlake.model.facts import CallFact, FactKind

from .captures import SET_UP, TOKEN, WINDOWS, Capture, capture, captures, event_of, house, shown

ALL = captures()
AUTHENTIC = [c for c in ALL if c.outcome not in ("not_authentic", SET_UP)]
FORGED = [c for c in ALL if c.outcome == "not_authentic"]
TIMED = [c for c in AUTHENTIC if c.provider in WINDOWS]
ACCEPTED = [c for c in ALL if c.outcome == "accepted"]

CREDENTIALS = {"authorization", "validation-token", "x-api-key"}


def by_name(seen: Capture) -> str:
    return seen.name


def test_there_are_captures_of_every_outcome() -> None:
    assert len(ALL) >= 80
    assert {c.outcome for c in ALL} >= {"accepted", "quarantined", "not_authentic"}


def test_every_provider_has_captures() -> None:
    assert {c.provider for c in ALL} == set(providers.names())


@pytest.mark.parametrize("seen", ALL, ids=by_name)
def test_exactly_what_its_maker_signed_is_taken(seen: Capture) -> None:
    assert seen.valid == (seen.outcome != "not_authentic")


@pytest.mark.parametrize("seen", AUTHENTIC, ids=by_name)
def test_the_signature_is_accepted_at_its_time(seen: Capture) -> None:
    providers.adapter(seen.provider).verify(seen.delivery, seen.secrets, seen.connection, seen.now)


@pytest.mark.parametrize("seen", TIMED, ids=by_name)
@pytest.mark.parametrize("sign", [-1, 1], ids=["too new", "too old"])
def test_the_signature_is_refused_at_another_time(seen: Capture, sign: int) -> None:
    """Twice the window away from the capture's clock, which is itself within it."""
    away = sign * (2 * WINDOWS[seen.provider] + timedelta(seconds=1))
    with pytest.raises(NotAuthentic):
        providers.adapter(seen.provider).verify(seen.delivery, seen.secrets, seen.connection, seen.now + away)


@pytest.mark.parametrize("seen", FORGED, ids=by_name)
def test_a_forgery_is_refused_and_stored_nowhere(seen: Capture) -> None:
    with pytest.raises(NotAuthentic):
        providers.adapter(seen.provider).verify(seen.delivery, seen.secrets, seen.connection, seen.now)
    home = house(seen.connection)
    assert home.take(seen.delivery, seen.provider, seen.now).outcome is Outcome.NOT_AUTHENTIC
    assert not home.stored()
    assert not home.journal.held


@pytest.mark.parametrize("seen", ACCEPTED, ids=by_name)
def test_the_identity_is_as_expected(seen: Capture) -> None:
    identity = providers.adapter(seen.provider).identify(seen.delivery, seen.connection)
    assert json.loads(to_json(identity)) == seen.content["expect"]["identity"]


@pytest.mark.parametrize("seen", ACCEPTED, ids=by_name)
def test_the_facts_are_as_expected(seen: Capture) -> None:
    facts = providers.adapter(seen.provider).parse(event_of(seen), seen.connection)
    assert shown(facts) == seen.content["expect"]["facts"]
    assert {f.received_at for f in facts} <= {seen.now}


@pytest.mark.parametrize("seen", AUTHENTIC, ids=by_name)
def test_ingest_takes_it_once_and_counts_the_repeat(seen: Capture) -> None:
    home = house(seen.connection)
    first = home.take(seen.delivery, seen.provider, seen.now)
    again = home.take(seen.delivery, seen.provider, seen.now)
    assert first.outcome == seen.outcome
    assert first.field == seen.content["expect"].get("field", "")
    if seen.outcome == "accepted":
        assert again.outcome is Outcome.DUPLICATE
        [kept] = home.stored()
        assert kept == event_of(seen)
    else:
        assert again.outcome is Outcome.QUARANTINED
        assert [len(items) for items in home.journal.held.values()] == [1]


@pytest.mark.parametrize("seen", ACCEPTED, ids=by_name)
def test_no_signature_and_no_credential_is_kept(seen: Capture) -> None:
    home = house(seen.connection)
    home.take(seen.delivery, seen.provider, seen.now)
    [kept] = home.stored()
    assert not {name for name in kept.headers if "signature" in name or name in CREDENTIALS}
    proofs = {part for secret in seen.secrets for part in (secret, secret.rpartition(b":")[2])}
    assert not [proof for proof in proofs if proof in kept.body or proof.decode() in unquote_plus(kept.query)]


@pytest.mark.parametrize("seen", ACCEPTED, ids=by_name)
def test_nothing_personal_is_in_a_key(seen: Capture) -> None:
    home = house(seen.connection)
    home.take(seen.delivery, seen.provider, seen.now)
    [kept] = home.stored()
    assert "+" not in kept.subject.key
    assert "+" not in kept.event_id
    assert "marta" not in kept.subject.key


def test_a_delivery_at_another_path_is_an_unknown_endpoint() -> None:
    seen = capture("generic/04_fcc_queue")
    home = house(seen.connection)
    assert home.take(seen.delivery, "openphone", seen.now).outcome is Outcome.UNKNOWN_ENDPOINT
    assert home.take(seen.delivery, "generic", seen.now, token=TOKEN + "x").outcome is Outcome.UNKNOWN_ENDPOINT
    assert not home.stored()


def test_both_generations_state_the_same_facts() -> None:
    """A customer who moves from one generation to the other has both for a while."""
    older, newer = capture("openphone/legacy_v2_31_call_ringing"), capture("openphone/v20260330_32_call_ringing")
    told = [_facts(seen) for seen in (older, newer)]
    assert told[1] <= told[0]
    # The older one also names the user that its number is tied to.
    assert {f.kind for f in told[0] - told[1]} == {FactKind.INFO}


def test_events_of_one_call_state_its_moments_alike() -> None:
    answered = _facts(capture("openphone/v20260330_33_call_answered"))
    completed = _facts(capture("openphone/v20260330_04_call_completed_answered"))
    recorded = _facts(capture("openphone/v20260330_11_call_recording_completed"))
    # Who answered a shared number only the event of the answer knows for sure.
    assert _nobodys(answered) < _nobodys(completed)
    assert _nobodys(f for f in recorded if f.kind is not FactKind.RECORDING) < _nobodys(completed)


def _nobodys(facts: Iterable[CallFact]) -> set[CallFact]:
    return {msgspec.structs.replace(f, agent=None) for f in facts}


def _facts(seen: Capture) -> set[CallFact]:
    """A capture's facts with the one thing that may differ, when we got to know them, made equal."""
    facts = providers.adapter(seen.provider).parse(event_of(seen), seen.connection)
    same = captures("openphone")[0].now
    return {msgspec.structs.replace(f, received_at=same) for f in facts if isinstance(f, CallFact)}
