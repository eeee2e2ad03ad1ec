"""Deliveries that a customer composes, read as one flat mapping under our names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringlake.errors import NotAuthentic, Unreadable
from ringlake.model.events import Delivery
from ringlake.providers.template import (
    Reader,
    aliases,
    charset_of,
    fields,
    named,
    plain,
    type_of,
    verify_credential,
    without_credential,
)

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def delivery(
    body: bytes = b"", query: str = "", content_type: str = "", headers: dict[str, str] | None = None
) -> Delivery:
    kept = {"content-type": content_type} if content_type else {}
    return Delivery(method="POST", url="", headers=kept | (headers or {}), query=query, body=body)


SAME = {"event": "after_call", "call_id": "1", "caller": "Anna +1"}


@pytest.mark.parametrize(
    "said",
    [
        delivery(json.dumps(SAME).encode(), content_type=JSON),
        delivery(b"event=after_call&call_id=1&caller=Anna+%2B1", content_type=FORM),
        delivery(query="event=after_call&call_id=1&caller=Anna%20%2B1"),
        delivery(b"call_id=1&caller=Anna+%2B1", query="event=after_call&token=psst"),
        delivery(b'{"call_id":"1","caller":"Anna +1"}', query="event=after_call&call_id=0"),
        # Bodies whose content type is another one, or none.
        delivery(b' \n{"event":"after_call","call_id":"1","caller":"Anna +1"}', content_type=FORM),
        delivery(b"event=after_call&call_id=1&caller=Anna+%2B1", content_type=JSON),
        delivery(b"\xef\xbb\xbf" + json.dumps(SAME).encode()),
        delivery(json.dumps([SAME]).encode(), content_type=JSON),
        delivery(
            json.dumps({"Call": {"{{Call_ID}}": "1", "who": {"CALLER": "Anna +1"}}, "event": "after_call"}).encode()
        ),
    ],
)
def test_the_same_is_said_in_every_way(said: Delivery) -> None:
    assert fields(said) == SAME


def test_what_an_outer_object_says_wins_over_an_inner_one() -> None:
    assert fields(delivery(b'{"a":{"id":1,"b":{"id":3,"x":4}},"id":2}')) == {"id": 2, "x": 4}


def test_objects_without_an_end_are_left_alone() -> None:
    deep: Any = {"x": 1}
    for _ in range(50):
        deep = {"in": deep}
    assert "x" not in fields(delivery(json.dumps(deep).encode()))


@pytest.mark.parametrize("body", [b"{", b'{"a":', b"[]", b"[1]", b"[{},{}]", b"[", b"{]", b'["a"]'])
def test_what_begins_like_json_and_is_none_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        fields(delivery(body))
    assert caught.value.field == "body"


@pytest.mark.parametrize("spelling", ["windows-1251", '"CP1251"', "Windows-1251 ; x=y"])
def test_a_body_is_read_in_its_charset(spelling: str) -> None:
    content_type = f"application/json; charset={spelling}"
    assert fields(delivery('{"fio":"Анна"}'.encode("cp1251"), content_type=content_type)) == {"fio": "Анна"}
    assert fields(delivery(b"fio=%C0%ED%ED%E0", content_type=content_type)) == {"fio": "Анна"}


def test_a_charset_that_nobody_knows_is_utf_8() -> None:
    assert charset_of("text/plain; charset=klingon") == charset_of("text/plain") == charset_of("") == "utf-8"
    assert fields(delivery("fio=Анна".encode(), content_type="text/plain; charset=klingon")) == {"fio": "Анна"}
    assert fields(delivery(b"fio=%C0%ED")) == {"fio": "\ufffd\ufffd"}


def test_of_equal_names_the_last_counts_and_nameless_pairs_do_not() -> None:
    assert fields(delivery(b"a=1&a=2&=3&&b")) == {"a": "2", "b": ""}


def test_the_credential_is_no_field() -> None:
    assert fields(delivery(query="token=psst&Token=x&a=1")) == {"a": "1"}
    assert fields(delivery(b'{"token":"psst","a":"1"}')) == {"a": "1"}


def test_pairs_that_ran_into_each_other_are_parted_by_known_names() -> None:
    known = {"contact_phone_number", "call_session_id", "direction"}
    glued = delivery(query="contact_phone_number=120call_session_id=7direction=in&x=y")
    assert fields(glued, known) == {
        "contact_phone_number": "120",
        "call_session_id": "7",
        "direction": "in",
        "x": "y",
    }
    # An address may hold such a name; a name that is stated properly is nowhere else.
    link = delivery(query="file_link=https://x.example/?direction=in&a=direction=out&direction=in")
    assert fields(link, known)["a"] == "direction=out"
    assert fields(link, known)["file_link"] == "https://x.example/?direction=in"


KNOWN = {"caller": ("from",), "disposition": (), "employee_ids": ()}


@pytest.mark.parametrize(
    "options",
    [{"caller": "phone"}, {"Caller": "{{Phone}}"}, {"phone": "caller"}, {"caller": "tel, phone"}],
    ids=["ours", "in braces", "theirs", "several"],
)
def test_a_customers_names_are_options_of_the_connection(options: dict[str, str]) -> None:
    assert Reader({"phone": "120"}, options, KNOWN).text("caller") == "120"
    # Where the customer's field is empty, the usual name may still say it.
    assert Reader({"phone": "", "from": "121"}, options, KNOWN).text("caller") == "121"


def test_a_name_that_the_customer_uses_for_one_field_is_not_read_as_another() -> None:
    """Their `caller` is a colleague; a withheld number must not become the colleague's login."""
    options = {"caller": "phone", "disposition": "caller"}
    reader = Reader({"phone": "", "caller": "shop_anna"}, options, KNOWN)
    assert (reader.text("caller"), reader.text("disposition")) == ("", "shop_anna")


def test_the_moment_is_told_by_the_address_before_a_field_of_that_name() -> None:
    said = delivery(b'{"event":"purchase","id":1}', query="event=after_call&token=x")
    assert fields(said) == {"event": "after_call", "id": 1}
    assert fields(delivery(b'{"event":"CALL_END"}', query="event=")) == {"event": "CALL_END"}


@pytest.mark.parametrize("word", ["on_hold", "TAG_ADDED", "site form 2", "событие"])
def test_an_unknown_event_keeps_its_word(word: str) -> None:
    assert type_of(word) == word


@pytest.mark.parametrize("word", ["call from 12025550143", "x" * 65, "<b>", "a\nb", "", "a\0"])
def test_what_may_not_stand_in_a_log_is_another_event(word: str) -> None:
    assert type_of(word) == "other"


def test_options_that_name_no_field_are_for_something_else() -> None:
    assert aliases({"date_format": "%d", "line": "2.0", "caller": "a, b"}, KNOWN) == {"caller": ["a", "b"]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["1", 2], ("1", "2")),
        ("[1, 2]", ("1", "2")),
        ('["a b","c"]', ("a b", "c")),
        ("1,2", ("1", "2")),
        ("[a, b]", ("a", "b")),
        (7, ("7",)),
        (None, ()),
        ("", ()),
        ("null", ()),
        ([], ()),
        ([None, {"x": 1}], ()),
    ],
)
def test_lists_in_all_their_shapes(value: Any, expected: tuple[str, ...]) -> None:
    assert Reader({"employee_ids": value}, {}, KNOWN).texts("employee_ids") == expected


def test_an_address_with_a_comma_is_one_address() -> None:
    reader = Reader({"caller": "https://x.example/a,b", "disposition": ["https://x", "https://y"]}, {}, KNOWN)
    assert reader.urls("caller") == ("https://x.example/a,b",)
    assert reader.urls("disposition") == ("https://x", "https://y")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), (1, True), (True, True), ("TRUE", True), ("0", False), (False, False), ("maybe", None), (None, None)],
)
def test_flags_of_all_types(value: Any, expected: bool | None) -> None:
    assert Reader({"caller": value}, {}, KNOWN).flag("caller") is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" a ", "a"),
        (9007199254740993123, "9007199254740993123"),
        (185.0, "185"),
        (1.5, "1.5"),
        (True, "1"),
        (None, ""),
        ([], ""),
        ({}, ""),
        ("\ud800", "?"),
        (10**100, ""),
        (float("nan"), ""),
    ],
)
def test_everything_is_some_text(value: Any, expected: str) -> None:
    assert plain(value) == expected


def test_a_word_is_known_by_our_name_a_usual_one_or_the_customers() -> None:
    known = {"after_call": ("call_ended",), "on_answer": ()}
    assert (
        named("After Call", {}, known)
        == named("AFTER-CALL", {}, known)
        == named("call_ended", {}, known)
        == "after_call"
    )
    assert named("Звонок окончен", {"after_call": "Звонок окончен, fin"}, known) == "after_call"
    assert named("fin", {"after_call": "Звонок окончен, fin"}, known) == "after_call"
    assert named("on_hold", {}, known) == ""


@pytest.mark.parametrize(
    ("query", "headers"),
    [("token=psst", {}), ("a=1&%74oken=psst", {}), ("Token=psst", {}), ("", {"auth-key": "psst"})],
)
def test_the_shared_secret_is_in_the_address_or_in_a_header(query: str, headers: dict[str, str]) -> None:
    verify_credential(delivery(query=query, headers=headers), [b"other", b"psst"], header="auth-key")


@pytest.mark.parametrize("spelling", ["ab+c/d==", "ab%2Bc%2Fd%3D%3D", "ab%2Bc/d=="])
def test_a_secret_with_signs_of_its_own_may_be_pasted_as_it_is(spelling: str) -> None:
    verify_credential(delivery(query=f"event=x&token={spelling}"), [b"ab+c/d=="])
    verify_credential(delivery(query="token=two+words"), [b"two words"])


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("token", {}),
        ("token=", {}),
        ("token=Psst", {}),
        ("token=psst&token=psst", {}),
        ("xtoken=psst", {}),
        ("token=guess", {"auth-key": "psst"}),
        ("", {"auth-key": ""}),
        ("", {"authorization": "psst"}),
    ],
)
def test_everything_else_is_not_authentic(query: str, headers: dict[str, str]) -> None:
    with pytest.raises(NotAuthentic):
        verify_credential(delivery(b"tokens=psst", query=query, headers=headers), [b"psst", b""], header="auth-key")


BODIES = [b"a=1&token=psst&b=2", b'{"a":1,"token":"psst"}', b'\xef\xbb\xbf{"x":{"Token":"psst"},"a":[1]}']


@pytest.mark.parametrize("body", BODIES)
def test_a_secret_typed_into_the_body_counts_where_the_address_has_none(body: bytes) -> None:
    verify_credential(delivery(body), [b"psst"])
    verify_credential(delivery(body, query="a=1"), [b"psst"], header="auth-key")
    for query, headers in (("token=guess", {}), ("token=", {}), ("", {"auth-key": "guess"})):
        with pytest.raises(NotAuthentic):
            verify_credential(delivery(body, query=query, headers=headers), [b"psst"], header="auth-key")
    with pytest.raises(NotAuthentic):
        verify_credential(delivery(body), [b"other", b""])


@pytest.mark.parametrize("body", BODIES)
def test_the_secret_is_cut_out_and_all_else_is_said_as_before(body: bytes) -> None:
    said = delivery(body, query="c=%20+&token=psst&d")
    kept = without_credential(said)
    assert b"psst" not in kept.body
    assert kept.query == "c=%20+&d"
    assert fields(kept) == fields(said)
    assert without_credential(kept) == kept


@pytest.mark.parametrize(
    "body", [b"", b"a=1&&b", b'{"a": 1}\n', b"{", b"[1]", b"\xff\xfe=1", b'{"a":"token"}', b"x=token%3Dpsst"]
)
def test_a_body_without_a_secret_stays_as_it_was_sent(body: bytes) -> None:
    assert without_credential(delivery(body, query="a=%41")) == delivery(body, query="a=%41")


def test_a_secret_in_a_body_of_an_older_charset_is_cut_out_too() -> None:
    said = delivery('{"fio":"Анна","token":"psst"}'.encode("cp1251"), content_type="application/json; charset=cp1251")
    assert without_credential(said).body == b'{"fio":"\\u0410\\u043d\\u043d\\u0430"}'
    assert fields(without_credential(said)) == {"fio": "Анна"}
