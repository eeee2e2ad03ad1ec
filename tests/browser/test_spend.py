"""Spend: sums are the story's, an invoice with planted differences, prices, budgets, rates and closed months."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections import Counter
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageOf
from tools.simulator import seeding
from tools.simulator.people import CURRENCY
from tools.simulator.truth import Row, Truth

ECB = """Date, USD, PLN, GBP,
30 October 2026, 1.0842, 4.3215, 0.8612,
"""


def charged(known: Truth) -> list[Row]:
    """What has a price of its provider or of the tariff, and is counted."""
    rows = [*known.calls.values(), *known.messages.values()]
    return [r for r in rows if r.get("cost_amount") is not None and r["cost_currency"] == CURRENCY]


def total(rows: Collection[Row]) -> Decimal:
    return sum((Decimal(str(row["cost_amount"])) for row in rows), Decimal(0))


def amount(page: Page, metric: str) -> Decimal:
    said = page.locator(f"[data-metric={metric}] .figure [data-amount]").get_attribute("data-amount")
    return Decimal(said or "-1")


# ---------------------------------------------------------------- sums


def test_spend_is_the_sum_of_the_story_and_says_how_much_of_it_is_known(
    page_of: PageOf, dates: dict[str, str], known: Truth
) -> None:
    page = page_of("owner").open("spend", **dates)
    rows = charged(known)
    assert rows
    assert amount(page, "spend") == total(rows)
    known_share = page.locator("[data-metric=spend] [data-coverage]").get_attribute("data-coverage")
    assert 0 < float(known_share or 0) < 1
    page.get_by_text("have a known charge").wait_for()


def test_what_is_not_known_is_a_dash_and_never_nought(page_of: PageOf, spare: seeding.Seeded) -> None:
    page = page_of("owner", spare).open("spend")
    figure = page.locator("[data-metric=spend] .figure")
    expect(figure).to_contain_text("not known")
    assert not re.search(r"\d", figure.inner_text())


def test_a_person_is_split_off_and_leads_to_their_rows(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    reader = page_of("owner")
    page = reader.open("spend", by="user", **dates)
    people = {str(one["user_id"]) for one in charged(known)} - {""}
    spent = {one: total([r for r in charged(known) if r["user_id"] == one]) for one in people}
    person = max(spent, key=lambda one: spent[one])
    row = page.locator(f'.by tr[data-key="{person}"]')
    said = row.locator("td [data-amount]").first.get_attribute("data-amount")
    assert Decimal(said or "-1") == spent[person]
    row.locator("th a").click()
    page.wait_for_url(f"**/app/interactions**users={person}**")


# ---------------------------------------------------------------- the invoice


def _line(row: Row, dearer_by: str = "0") -> dict[str, str]:
    return {
        "Call": str(row["provider_id"]),
        "Number": str(row["business_number"]),
        "Other party": str(row["remote_number"]),
        "Start": f"{row['started_at']}Z",
        "Price": str(Decimal(str(row["cost_amount"])) + Decimal(dearer_by)),
        "Currency": str(row["cost_currency"]),
    }


def _file(folder: Path, lines: list[Mapping[str, str]]) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    path = folder / "invoice.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def test_an_invoice_is_mapped_tried_imported_and_its_planted_differences_are_found(
    page_of: PageOf, dates: dict[str, str], known: Truth, tmp_path: Path
) -> None:
    priced = [r for r in known.calls.values() if r.get("cost_source") == "provider" and r["cost_amount"] is not None]
    connection, _ = Counter(str(row["connection"]) for row in priced).most_common(1)[0]
    ours = sorted((r for r in priced if r["connection"] == connection), key=lambda r: str(r["started_at"]))
    left_out, dearer = ours[len(ours) // 3], ours[len(ours) // 2]
    lines: list[Mapping[str, str]] = [
        _line(row, "0.0500" if row is dearer else "0") for row in ours if row is not left_out
    ]
    invented = {**lines[-1], "Call": "CA-never-made", "Other party": "+442079460999", "Price": "1.2500"}
    path = _file(tmp_path, [*lines, invented])

    reader = page_of("owner")
    page = reader.open("spend", tab="invoices")
    page.get_by_role("button", name="Import an invoice").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Provider").first.select_option(connection)
    dialog.locator("input[type=file]").set_input_files(path)
    # The columns are guessed by their heads.
    expect(dialog.get_by_label("Price holds")).to_have_value("amount")
    expect(dialog.get_by_label("Call holds")).to_have_value("id")
    # Starts are in UTC with their zone, whatever the connection's.
    dialog.get_by_label("First day").fill(dates["from"])
    dialog.get_by_label("Last day").fill(dates["to"])
    dialog.get_by_role("button", name="Check, keep nothing").click()
    dialog.locator("[data-tally=extra]").wait_for()
    assert page.url.endswith("tab=invoices"), "nothing was kept yet"
    dialog.get_by_role("button", name="Import", exact=True).click()
    page.locator("[data-invoice]").wait_for()
    reader.settled()
    tally = {
        state: int(re.sub(r"\D", "", page.locator(f"button[data-tally={state}] b").inner_text()))
        for state in ("matched", "different", "missing", "extra", "fee")
    }
    assert tally == {"matched": len(lines) - 1, "different": 1, "missing": 1, "extra": 1, "fee": 0}

    page.locator("[data-tally=different]").click()
    page.wait_for_url("**lines=different**")
    reader.settled()
    row = page.get_by_role("region", name="Entries").locator("tbody tr")
    expect(row).to_have_count(1)
    assert "amount" in row.inner_text()
    assert row.locator("[data-amount]").last.get_attribute("data-amount") == "0.0500"
    row.get_by_role("button", name="Open").click()
    page.locator(f'dialog[open] [data-interaction="{dearer["record_id"]}"]').wait_for()
    page.keyboard.press("Escape")

    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    # Below the codes of the columns stand their words.
    assert [one["state"] for one in rows] == ["State", "different"]


def test_lines_that_cannot_be_read_are_named_and_nothing_is_imported(
    page_of: PageOf, known: Truth, tmp_path: Path
) -> None:
    row = next(r for r in known.calls.values() if r.get("cost_source") == "provider" and r["cost_amount"] is not None)
    path = _file(tmp_path, [_line(row), {**_line(row), "Call": "other", "Price": "cheap"}])
    page = page_of("owner").open("spend", tab="invoices")
    page.get_by_role("button", name="Import an invoice").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Provider").first.select_option(str(row["connection"]))
    dialog.locator("input[type=file]").set_input_files(path)
    dialog.get_by_role("button", name="Check, keep nothing").click()
    dialog.get_by_text("nothing can be imported").wait_for()
    expect(dialog.get_by_text("Line 3:")).to_be_visible()
    expect(dialog.get_by_role("button", name="Import", exact=True)).to_be_disabled()


# ---------------------------------------------------------------- what is set


def test_a_budget_is_set_shown_and_taken_away(page_of: PageOf, spare: seeding.Seeded) -> None:
    reader = page_of("owner", spare)
    page = reader.open("spend", tab="budgets")
    page.get_by_role("button", name="Edit budgets").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Amount").fill("250.50")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    budget = page.locator("[data-budget]")
    budget.wait_for()
    assert budget.locator('[data-amount="250.50"]').count() >= 1
    page.get_by_role("button", name="Edit budgets").click()
    page.locator("dialog[open]").get_by_role("button", name="Delete").click()
    page.locator("dialog[open]").get_by_role("button", name="Save").click()
    page.get_by_text("No budget yet").wait_for()


def test_a_tariff_is_a_sheet_whose_wrong_lines_are_named_and_keeps_its_versions(
    page_of: PageOf, spare: seeding.Seeded
) -> None:
    name = f"Sheet {secrets.token_hex(3)}"
    reader = page_of("owner", spare)
    page = reader.open("spend", tab="tariffs")
    page.get_by_role("button", name="New tariff").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Name").fill(name)
    sheet = dialog.get_by_label("Prices")
    sheet.fill("48;Poland;cheap")
    dialog.get_by_text("Line 1: an amount is digits with a decimal mark.").wait_for()
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    sheet.fill("48;Poland;0.0150;0.01;1\n*;Everything else;1.10")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name=name).click()
    expect(page.get_by_label("Prices")).to_have_value(re.compile(r"48;Poland;0\.0150;0\.01;1"))
    page.get_by_label("Prices").fill("48;Poland;0.0200;0;60")
    page.locator("dialog[open]").get_by_role("button", name="Save").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("row", name=name).get_by_role("button", name="Versions").click()
    versions = page.locator("dialog[open] details")
    expect(versions).to_have_count(2)
    expect(versions.first).to_contain_text("Version 2")


def test_the_central_banks_file_is_tried_before_it_is_stored(
    page_of: PageOf, spare: seeding.Seeded, tmp_path: Path
) -> None:
    path = tmp_path / "eurofxref.csv"
    path.write_text(ECB, encoding="utf-8")
    reader = page_of("owner", spare)
    page = reader.open("spend", tab="rates", rates_from="2026-10-29", rates_to="2026-10-31")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text(re.compile("stored")).wait_for()
    row = page.get_by_role("row", name="30 Oct 2026")
    expect(row).to_contain_text("1.0842")
    expect(row).to_contain_text("4.3215")


def test_a_closed_month_has_the_same_digest_and_can_be_closed_once_more_with_a_reason(
    page_of: PageOf,
) -> None:
    reader = page_of("owner")
    page = reader.open("spend", tab="closings")
    page.get_by_role("button", name="Close a month").click()
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_text("It cannot be undone")).to_be_visible()
    month = dialog.get_by_label("Month").input_value()
    dialog.get_by_role("button", name="Close the month").click()
    closing = page.locator(f'[data-closing="{month}"]')
    closing.wait_for()
    assert closing.get_attribute("data-drifted") == "false"
    page.get_by_text("the tables have the same digest").wait_for()
    page.get_by_role("button", name="Close once more…").click()
    again = page.locator("dialog[open]").get_by_role("button", name="Close once more", exact=True)
    expect(again).to_be_disabled()
    page.locator("dialog[open]").get_by_label("Reason").fill("late charges")
    again.click()
    closing.wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("row", name=re.compile("late charges"))).to_be_visible()


@pytest.mark.parametrize("role", ["manager", "operator"])
def test_money_is_not_for_everybody(page_of: PageOf, role: str) -> None:
    page = page_of(role).open("spend")
    page.get_by_role("heading", name="Not yours to see").wait_for()
    assert page.locator("[data-amount]").count() == 0
