"""Invoices and closed months over the API: as published, and only for who sees the whole workspace and its money."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

import pytest

from ringlake.model.directory import Ability, Connection, Role
from tests.unit.api.test_api import call, claims_of
from tests.unit.export.world import World

OWNER = claims_of("s-owner")
COLUMNS = {"started_at": "Start", "remote": "To", "amount": "Net"}
MAPPING = {"columns": COLUMNS, "currency": "EUR", "country": "PL"}
FILE = "Start,To,Net\n2026-03-09 08:00,600 100 200,1.25\nsoon,600 100 200,1.25\n"
GOOD = "Start,To,Net\n2026-03-09 08:00,600 100 200,1.25\n"


@pytest.fixture
def world(world: World) -> World:
    world.directory.put_connection(Connection(id="c", workspace="acme", provider="generic"))
    return world


def send(world: World, text: str, **query: str) -> tuple[int, Any, Any]:
    asked = "&".join(f"{name}={value}" for name, value in {"connection": "c", **query}.items())
    return call("POST /v1/invoices", OWNER, raw=text, query=asked, headers={"content-type": "text/csv"})


def test_an_invoice_from_its_mapping_to_its_lines(world: World) -> None:
    status, mapping, headers = call(
        "PUT /v1/invoice-mappings/{connection}", OWNER, MAPPING, connection="c", headers={"if-match": "*"}
    )
    assert (status, mapping["version"], headers["etag"]) == (200, 1, '"1"')
    status, tried, _ = send(world, FILE, dry_run="true")
    assert (status, tried["applied"], tried["error_count"], tried["errors"][0]["line"]) == (200, False, 1, 3)
    status, refused, _ = send(world, FILE)
    assert (status, refused["errors"]) == (
        400,
        [{"line": 3, "column": "Start", "reason": tried["errors"][0]["reason"]}],
    )
    status, taken, _ = send(world, GOOD, name="March")
    assert (status, taken["applied"], taken["known"]) == (200, True, False)
    invoice = taken["invoice"]["id"]

    assert [one["name"] for one in call("GET /v1/invoices", OWNER)[1]["invoices"]] == ["March"]
    status, shown, _ = call("GET /v1/invoices/{id}", OWNER, id=invoice)
    assert (status, shown["tally"]["extra"], shown["totals"][0]["invoiced"]) == (200, 1, "1.2500")
    status, page, _ = call("GET /v1/invoices/{id}/entries", OWNER, id=invoice, query="states=extra")
    assert (status, [line["remote"] for line in page["entries"]]) == (200, ["+48600100200"])
    status, text, headers = call("GET /v1/invoices/{id}/export", OWNER, id=invoice, query="states=extra")
    assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
    codes, words, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert (codes[0], words[0], len(rows)) == ("invoice_id", "Invoice ID", 1)
    line = dict(zip(codes, rows[0], strict=True))
    assert (line["state"], line["remote_number"], line["invoiced_amount"]) == ("extra", "'+48600100200", "1.2500000000")
    assert call("POST /v1/invoices/{id}/reconcile", OWNER, id=invoice)[0] == 200
    assert call("DELETE /v1/invoices/{id}", OWNER, id=invoice)[0] == 200
    assert call("GET /v1/invoices/{id}", OWNER, id=invoice)[0] == 404


def test_a_file_that_is_not_utf_8_comes_byte_for_byte(world: World) -> None:
    """The gateway flags such a type as base64; as text it would have been spoilt before we see it."""
    columns = {"columns": COLUMNS | {"text": "Opłata"}, "encoding": "cp1250", "currency": "EUR"}
    call("PUT /v1/invoice-mappings/{connection}", OWNER, columns, connection="c", headers={"if-match": "*"})
    data = "Start,To,Net,Opłata\n2026-03-09 08:00,600 100 200,1.25,Łódź\n".encode("cp1250")
    event_body = base64.b64encode(data).decode()
    status, taken, _ = call(
        "POST /v1/invoices", OWNER, raw=event_body, flagged=True, query="connection=c",
        headers={"content-type": "application/octet-stream"},
    )  # fmt: skip
    assert (status, taken["error_count"]) == (200, 0)
    page = call("GET /v1/invoices/{id}/entries", OWNER, id=taken["invoice"]["id"])[1]
    assert page["entries"][0]["line_text"] == "Łódź"


def test_a_month_is_closed_and_looked_at(world: World) -> None:
    status, closed, _ = call("POST /v1/closings/{month}", OWNER, {"reason": "done"}, month="2026-02")
    assert (status, closed["version"], closed["drifted"]) == (200, 1, False)
    status, again, _ = call("POST /v1/closings/{month}", OWNER, {}, month="2026-02")
    assert (status, again["sha256"]) == (200, closed["sha256"])
    status, shown, _ = call("GET /v1/closings/{month}", OWNER, month="2026-02", query="version=1")
    assert (status, shown["reason"], shown["intact"]) == (200, "done", True)
    assert [one["month"] for one in call("GET /v1/closings", OWNER)[1]["closings"]] == ["2026-02"]
    assert call("POST /v1/closings/{month}", OWNER, {}, month="2026-03")[0] == 400  # not over
    assert call("GET /v1/closings/{month}", OWNER, month="2026-13")[0] == 404


@pytest.mark.parametrize("without", [Ability.REPORTS, Ability.SEE_COSTS])
def test_both_need_reports_and_costs(world: World, without: Ability) -> None:
    world.change("other", role=Role.ADMIN, without=(without,))
    claims = claims_of("s-other")
    for route in ("GET /v1/invoices", "GET /v1/closings", "GET /v1/invoice-mappings"):
        status, problem, _ = call(route, claims)
        assert (status, without.value in problem["detail"]) == (403, True)


def test_a_rival_sees_nothing_of_it(world: World) -> None:
    call("PUT /v1/invoice-mappings/{connection}", OWNER, MAPPING, connection="c", headers={"if-match": "*"})
    invoice = send(world, GOOD)[1]["invoice"]["id"]
    call("POST /v1/closings/{month}", OWNER, {}, month="2026-02")
    rival = claims_of("s-rival")

    assert call("GET /v1/invoices", rival)[1]["invoices"] == []
    assert call("GET /v1/invoices/{id}", rival, id=invoice)[0] == 404
    assert call("GET /v1/invoice-mappings", rival)[1]["mappings"] == []
    assert call("GET /v1/closings", rival)[1]["closings"] == []
    assert call("GET /v1/closings/{month}", rival, month="2026-02")[0] == 404
