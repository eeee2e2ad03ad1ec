"""Quotes: what became of them is the story's, each leads to its call, and people add and change their own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageOf
from tests.deployed import Stack
from tools.simulator import figures, seeding
from tools.simulator.history import History

FIGURES = """() => Object.fromEntries([...document.querySelectorAll('.deal-figures .kpi[data-metric]')].map(
  (card) => [card.dataset.metric, card.querySelector('.figure').textContent.trim()]))"""


def _list(page: Page) -> Any:
    return page.locator("section.card").filter(has=page.get_by_role("heading", name="Quotes and orders, one by one"))


def _listed(page: Page) -> int:
    return int(_list(page).get_by_text(re.compile(r"^\d[\d,]* entr")).inner_text().split()[0].replace(",", ""))


def test_what_became_of_quotes_is_the_story(page_of: PageOf, dates: dict[str, str], story: History) -> None:
    page = page_of("owner").open("quotes", **dates)
    shown: dict[str, str] = page.evaluate(FIGURES)
    expected = figures.quotes(story)
    assert expected["quotes"]
    for name in ("quotes", "orders", "open_quotes", "lost_quotes"):
        assert shown[name] == f"{expected[name]:,.0f}"
    assert float(shown["conversion"].removesuffix("%")) / 100 == pytest.approx(expected["conversion"], abs=0.0006)
    for name in ("quoted", "ordered"):
        amount = float(re.sub(r"[^\d.]", "", shown[f"{name}_amount"]))
        assert amount * 100 == pytest.approx(expected[f"{name}_cents"])


def test_brands_and_those_without_one_add_up_to_all_quotes(
    page_of: PageOf, dates: dict[str, str], story: History
) -> None:
    page = page_of("owner").open("quotes", **dates)
    table = page.get_by_role("region", name="Compare")
    found = {
        str(row.get_attribute("data-key")): int(row.locator("td").first.inner_text().split()[0])
        for row in table.locator("tbody tr").all()
    }
    assert found == figures.brands(story)


@pytest.mark.parametrize("brand", ["", "one"])
def test_a_number_of_quotes_leads_to_as_many_entries(
    page_of: PageOf, dates: dict[str, str], story: History, brand: str
) -> None:
    reader = page_of("owner")
    page = reader.open("quotes", **dates)
    expected = figures.brands(story)
    key = brand and next(name for name in expected if name)
    page.get_by_role("region", name="Compare").locator(f"tr[data-key='{key}'] td a").first.click()
    reader.settled()
    assert _listed(page) == expected[key]
    page.reload()
    reader.settled()
    assert _listed(page) == expected[key]


def test_a_state_leaves_only_its_quotes(page_of: PageOf, dates: dict[str, str], story: History) -> None:
    reader = page_of("owner")
    page = reader.open("quotes", deal_states="ordered", **dates)
    assert _listed(page) == figures.quotes(story)["orders"]
    assert set(_list(page).locator("tbody .tag").all_inner_texts()) == {"Ordered"}


def test_an_entry_opens_its_call(page_of: PageOf, dates: dict[str, str]) -> None:
    page = page_of("owner").open("quotes", **dates)
    row = _list(page).locator("tbody tr").first
    row.get_by_role("button", name="Open the call").click()
    page.locator("dialog[open] [data-interaction]").wait_for()
    call = str(page.locator("dialog[open] [data-interaction]").get_attribute("data-interaction"))
    assert str(row.get_attribute("data-key")).partition(":")[0] == call.partition(":")[0]


def test_a_quote_is_added_to_a_call_and_becomes_an_order(page_of: PageOf, stack: Stack, seeded: seeding.Seeded) -> None:
    reader = page_of("manager")
    # Calls to choose from are of the last months; the quote is made now and in no other test's days.
    page = reader.open("quotes", preset="today")
    page.get_by_role("button", name="Add a quote").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("searchbox").fill("5550")
    dialog.get_by_role("button", name="Find").click()
    dialog.locator(".calls-to-choose button").first.click()
    dialog.get_by_label(re.compile("^Amount")).fill("1 250,50")
    dialog.get_by_label("Brand").fill("Browser")
    dialog.get_by_role("button", name="Create", exact=True).click()
    page.get_by_text("Quote created.").wait_for()
    stack.observer.roll_up(seeded.workspace)
    reader.open("quotes", preset="today", brands="Browser")
    made = _list(page).locator("tbody tr").first
    expect(made).to_contain_text("1,250.50")
    expect(made).to_contain_text("Open")
    made.get_by_role("button", name="Change").click()
    dialog.get_by_label("State").select_option("ordered")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    stack.observer.roll_up(seeded.workspace)
    reader.open("quotes", preset="today", brands="Browser")
    expect(_list(page).locator("tbody tr").first).to_contain_text("Ordered")


def test_calls_that_ended_in_a_sale_are_the_rows_that_are_listed(page_of: PageOf, dates: dict[str, str]) -> None:
    reader = page_of("owner")
    page = reader.open("quotes", **dates)
    sales = page.locator(".kpi[data-metric=sales] .figure")
    count = int(sales.inner_text())
    if not count:
        assert sales.locator("a").count() == 0
        return
    sales.locator("a").click()
    reader.settled()
    said = page.locator("[data-count]:not([data-count=''])")
    said.wait_for()
    assert said.get_attribute("data-count") == str(count)
