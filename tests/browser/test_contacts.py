"""The contacts report (features.md F1-F54), and customers behind its rows."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PageOf
from tests.browser.reader import PHONE, Reader
from tests.browser.test_interactions import counted, ids, listed
from tests.deployed import Stack
from tools.simulator import seeding
from tools.simulator.truth import Row, Truth

LIST = "**/v1/interactions?*"
FORGET = """() => {
  for (const key of Object.keys(localStorage)) if (key.startsWith('ringlake.contacts')) localStorage.removeItem(key)
}"""


@pytest.fixture
def report(page_of: PageOf, dates: dict[str, str]) -> Callable[..., Reader]:
    """The report with the dates of the story and nothing remembered of earlier tests."""

    def opened(role: str = "owner") -> Reader:
        reader = page_of(role)
        reader.open("contacts")
        reader.page.evaluate(FORGET)
        page = reader.open("contacts")
        page.get_by_label("From", exact=True).fill(dates["from"])
        page.get_by_label("To", exact=True).fill(dates["to"])
        return reader

    return opened


def show(reader: Reader) -> Page:
    reader.page.get_by_role("button", name="Show", exact=True).click()
    reader.page.locator("[data-count]:not([data-count=''])").wait_for()
    reader.settled()
    return reader.page


def rows_of(page: Page) -> set[str]:
    """Record ids of the report: its keys have a dot where those of the log have a space."""
    listed(page)
    keys = page.locator("tbody tr[data-key]").evaluate_all("rows => rows.map(row => row.dataset.key)")
    return {str(key).partition(".")[2] for key in keys}


def test_nothing_is_asked_before_show_is_pressed(page_of: PageOf) -> None:
    reader = page_of("owner")
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url) if "/v1/interactions?" in request.url else None)
    page = reader.open("contacts")
    page.get_by_role("heading", name="Choose filters and press Show").wait_for()
    page.get_by_role("button", name="This month").click()
    page.get_by_label("Ticket id").fill("T-1")
    page.wait_for_load_state("networkidle")
    assert asked == []


def test_one_list_holds_calls_texts_and_classifiers(report: Callable[..., Reader], known: Truth) -> None:
    page = show(report())
    expected = {*known.calls, *known.messages, *known.classifier_rows}
    assert counted(page) == len(expected)
    assert rows_of(page) == expected


@pytest.mark.parametrize(
    ("box", "keep"),
    [
        ("Answered", lambda row: row["outcome"] == "answered"),
        ("Not answered", lambda row: row["outcome"] not in ("answered", "busy", "failed")),
        ("Failed", lambda row: row["outcome"] == "failed"),
        ("Busy", lambda row: row["outcome"] == "busy"),
    ],
)
def test_a_status_restricts_calls_and_leaves_other_channels_out(
    report: Callable[..., Reader], known: Truth, box: str, keep: Callable[[Row], object]
) -> None:
    reader = report()
    reader.page.get_by_role("group", name="Status of calls").get_by_label(box, exact=True).check()
    assert rows_of(show(reader)) == ids(known.calls.values(), keep)


def test_statuses_are_off_where_only_other_channels_are_chosen(report: Callable[..., Reader], known: Truth) -> None:
    reader = report()
    page = reader.page
    page.locator("details.kinds summary").click()
    page.get_by_label("Incoming SMS").check()
    expect(page.get_by_role("group", name="Status of calls").get_by_label("Busy")).to_be_disabled()
    show(reader)
    assert rows_of(page) == ids(known.messages.values(), lambda row: row["direction"] == "inbound")
    page.get_by_label("Incoming call", exact=True).check()
    expect(page.get_by_role("group", name="Status of calls").get_by_label("Busy")).to_be_enabled()


def test_hours_people_and_campaigns_narrow_the_report(report: Callable[..., Reader], known: Truth) -> None:
    reader = report()
    page = reader.page
    page.get_by_label("Hour from").fill("12:00")
    page.get_by_role("button", name="People:").click()
    page.get_by_label("Anna Nowak").check()
    page.keyboard.press("Escape")
    show(reader)
    rows = [*known.calls.values(), *known.messages.values()]
    by_call = ids(rows, lambda row: row["user_id"] == "anna" and int(row["local_hour"] or 0) >= 12)
    assert by_call <= rows_of(page)
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_label("Hour from")).to_have_value("")


def test_a_range_beyond_three_months_is_refused_by_the_date_and_names_the_limit(
    report: Callable[..., Reader], dates: dict[str, str]
) -> None:
    reader = report()
    page = reader.page
    page.get_by_label("From", exact=True).fill("2026-06-01")
    with reader.expecting(rf"^{HTTPStatus.BAD_REQUEST.value}: GET"):
        page.get_by_role("button", name="Show", exact=True).click()
        page.locator(".field .wrong").get_by_text("at most 3 calendar months: until 2026-09-01").wait_for()
    page.get_by_label("From", exact=True).fill(dates["from"])
    assert counted(show(reader)) > 0


def test_filters_and_columns_are_remembered_and_still_nothing_is_shown(report: Callable[..., Reader]) -> None:
    reader = report()
    page = reader.page
    page.get_by_label("From number").fill("0101")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("group", name="Columns").get_by_label("Team").check()
    page.keyboard.press("Escape")
    show(reader)
    page.get_by_role("columnheader", name="Team").wait_for()
    page.reload()
    reader.settled()
    page.get_by_role("heading", name="Choose filters and press Show").wait_for()
    expect(page.get_by_label("From number")).to_have_value("0101")
    show(reader)
    page.get_by_role("columnheader", name="Team").wait_for()


def test_a_search_under_way_is_shown_and_can_be_cancelled(report: Callable[..., Reader]) -> None:
    reader = report()
    page = reader.page
    waiting: list[Route] = []
    page.route(LIST, lambda route: waiting.append(route))
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("progressbar").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("heading", name="Choose filters and press Show").wait_for()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.unroute(LIST)
    assert counted(show(reader)) > 0


def test_a_row_opens_to_its_path_in_order(report: Callable[..., Reader], known: Truth) -> None:
    reader = report()
    page = reader.page
    page.locator("details.kinds summary").click()
    page.get_by_label("Incoming call in campaign").check()
    show(reader)
    campaign = ids(known.calls.values(), lambda row: row["campaign"] and row["direction"] == "inbound")
    assert rows_of(page) == campaign
    page.get_by_role("button", name="Show the path of the call").first.click()
    steps = page.locator("ol.path li")
    steps.first.wait_for()
    times = page.locator("ol.path time").evaluate_all("all => all.map(one => one.dateTime)")
    assert times == sorted(times)
    assert len(times) >= 2
    page.get_by_role("button", name="Hide the path of the call").click()
    expect(steps).to_have_count(0)


def test_generate_offers_the_simple_and_the_detailed_file(report: Callable[..., Reader]) -> None:
    reader = report()
    page = show(reader)
    for name in ("Simple report", "Detailed report"):
        page.get_by_role("button", name="Generate").click()
        page.get_by_role("button", name=name).click()
        page.locator("dialog[open]").wait_for()
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("link", name="Files to download").click()
    page.wait_for_url("**/app/exports")


def test_deleted_people_are_greyed_at_the_bottom_and_can_be_chosen(
    page_of: PageOf, stack: Stack, spare: seeding.Seeded
) -> None:
    login = spare.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    said = stack.observer.call("DELETE", "/v1/directory/users/anna", token, headers={"if-match": "*"})
    assert said.status == HTTPStatus.OK
    reader = page_of("owner", spare)
    page = reader.open("contacts")
    page.get_by_role("button", name="People:").click()
    people = page.get_by_role("group", name="People").locator("label")
    assert "Anna Nowak" not in " ".join(people.all_inner_texts())
    page.get_by_label("Show deleted people").check()
    last = people.last
    expect(last).to_contain_text("Anna Nowak")
    expect(last).to_have_class("gone")
    last.click()
    expect(page.get_by_role("button", name="People: Anna Nowak")).to_be_visible()


def test_a_customer_is_told_with_habits_and_history(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    reader = page_of("owner")
    page = reader.open("customers", **dates)
    people = {
        str(row["remote_number"])
        for row in (*known.calls.values(), *known.messages.values())
        if str(row["remote_number"]).startswith("+")
    }
    assert 0 < counted(page) <= len(people) + 1
    first = page.locator("tbody tr").first
    contacts = int(first.locator("td a").first.inner_text().replace(",", ""))
    first.locator("th a").click()
    page.wait_for_url("**/app/customers/*")
    reader.settled()
    page.get_by_role("heading", name="How to reach them").wait_for()
    page.goto(f"{page.url.partition('?')[0]}?from={dates['from']}&to={dates['to']}")
    reader.sign_in_if_asked()
    reader.settled()
    received = page.locator("[data-metric=calls_received] .figure a")
    number = int(received.inner_text())
    received.click()
    reader.settled()
    assert counted(page) == number > 0
    page.go_back()
    reader.settled()
    link = page.locator("[data-contacts]")
    assert int(link.get_attribute("data-contacts") or "") == contacts
    link.click()
    reader.settled()
    assert counted(page) == contacts


@pytest.mark.parametrize("language", ["en", "es", "ru", "pl"])
def test_the_report_fits_a_telephone_in_every_language(report: Callable[..., Reader], language: str) -> None:
    reader = report()
    reader.look(PHONE, dark=language == "es", language=language, reload=True)
    reader.page.locator("form.contacts-form button[type=submit]").click()
    reader.page.locator("[data-count]:not([data-count=''])").wait_for()
    reader.settled()
    assert [one for one in reader.overflowing() if "skip" not in one] == []
    assert reader.axe() == []
