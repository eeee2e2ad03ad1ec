"""The overview: every number is the story's, leads to as many rows as it says, and stays what it was after a reload."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PEOPLE, PageOf
from tests.browser.reader import PHONE
from tools.simulator import figures
from tools.simulator.history import History
from tools.simulator.truth import Truth

GROUPS = ("mine", "calls", "messages", "service", "recovery")
# The API as the page itself asks it.
ASK = """async (path) => {
  const token = JSON.parse(sessionStorage.getItem('ringlake.session'))
  const answer = await fetch(new URL(path.slice(1), document.baseURI), {
    headers: { Authorization: `Bearer ${token.access_token}` },
  })
  return answer.json()
}"""
CARDS = """() => Object.fromEntries([...document.querySelectorAll('.overview-cards .kpi[data-metric]')].map(
  (card) => [card.dataset.metric, card.querySelector('.figure').textContent.trim()]))"""
CELLS = """(map) => [...map.querySelectorAll('[data-at]')].map((cell) => cell.getAttribute('aria-label') ?? '')"""


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    percent = (Decimal(str(value)) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{percent:f}".removesuffix(".0") + "%"


def _seconds(value: float) -> str:
    whole = int(Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP))
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours:,}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _shown(metric: str, value: float | None) -> str:
    """A value as an English reader sees it; what is unknown is no zero."""
    if value is None:
        return "\N{EN DASH}"
    if metric.endswith("_s"):
        return _seconds(value)
    return _share(value) if metric.endswith(("_rate", "_level")) else _count(value)


def _cards(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(CARDS)
    return found


def _rows(page: Page) -> int:
    """How many rows the list says there are, once it knows."""
    said = page.locator("[data-count]:not([data-count=''])")
    said.wait_for()
    return int(said.get_attribute("data-count") or "-1")


def _card(page: Page, title: str) -> Any:
    return page.locator("section.card").filter(has=page.get_by_role("heading", name=title, exact=True))


def test_each_card_says_what_the_story_says(
    page_of: PageOf, dates: dict[str, str], story: History, known: Truth
) -> None:
    reader = page_of("owner")
    shown: dict[str, str] = {}
    for group in GROUPS:
        shown |= _cards(reader.open("overview", cards=group, **dates))
    expected = {name: _shown(name, value) for name, value in figures.summary(story, known).items()}
    assert set(expected) <= set(shown)
    assert {name: shown[name] for name in expected} == expected


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_sees_on_its_cards_what_the_api_tells_it(page_of: PageOf, dates: dict[str, str], role: str) -> None:
    page = page_of(role).open("overview", **dates)
    shown = _cards(page)
    asked = "&".join([f"from={dates['from']}&to={dates['to']}", *(f"metrics={name}" for name in shown)])
    answer = page.evaluate(ASK, f"/v1/analytics/summary?{asked}")
    told = {one["value"]["metric"]: one["value"]["value"] for one in answer["metrics"]}
    assert len(shown) > 10
    assert shown == {name: _shown(name, told[name]) for name in shown}


def test_who_leads_sees_who_took_the_calls_and_others_see_their_own_alone(
    page_of: PageOf, dates: dict[str, str]
) -> None:
    for role, leads in {"owner": True, "manager": True, "operator": False, "member": False}.items():
        page = page_of(role).open("overview", **dates)
        expect(page.get_by_role("heading", name="Calls by person")).to_have_count(int(leads))
        expect(page.get_by_role("button", name=re.compile("^People:"))).to_have_count(int(leads))
    page_of("operator").open("overview", **dates).get_by_text("You see your own calls and messages.").wait_for()


@pytest.mark.parametrize("metric", ["calls_received", "calls_answered", "calls_missed", "messages_received"])
def test_a_card_leads_to_as_many_rows_as_it_says(
    page_of: PageOf, dates: dict[str, str], story: History, known: Truth, metric: str
) -> None:
    reader = page_of("owner")
    page = reader.open("overview", **dates)
    page.locator(f".kpi[data-metric={metric}] .figure a").click()
    reader.settled()
    assert _rows(page) == figures.summary(story, known)[metric]


def test_the_hours_of_the_week_are_the_storys_and_the_busiest_are_named(
    page_of: PageOf, dates: dict[str, str], story: History, known: Truth
) -> None:
    reader = page_of("owner")
    page = reader.open("overview", **dates)
    expected = figures.heat(story, known)
    said: list[str] = page.locator(".hour-grid table").evaluate(CELLS)
    sums = [int(re.findall(r"([\d,]+) in all", text)[0].replace(",", "")) for text in said]
    assert len(sums) == 7 * 24
    assert {(n // 24 + 1, n % 24): count for n, count in enumerate(sums) if count} == dict(expected)
    peaks = figures.peaks(expected, story.days[0], story.days[-1])
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    names = page.locator(".peaks li a").all_inner_texts()
    assert names == [f"{days[weekday - 1]} {hour:02}:00" for weekday, hour in peaks]
    page.locator(".peaks li a").first.click()
    reader.settled()
    assert _rows(page) == expected[peaks[0]]


def test_the_hours_of_the_week_are_walked_with_the_keyboard(
    page_of: PageOf, dates: dict[str, str], story: History, known: Truth
) -> None:
    reader = page_of("owner")
    page = reader.open("overview", **dates)
    (weekday, hour), *_ = figures.peaks(figures.heat(story, known), story.days[0], story.days[-1])
    page.locator(".hour-grid [tabindex='0']").first.focus()
    for key, times in (("ArrowDown", weekday - 1), ("ArrowRight", hour)):
        for _ in range(times):
            page.keyboard.press(key)
    focused = page.evaluate("() => document.activeElement.getAttribute('aria-label')")
    assert f"{hour:02}:00" in focused
    assert "in all" in page.locator(".grid-tip").inner_text()
    page.keyboard.press("Enter")
    reader.settled()
    assert _rows(page) == figures.heat(story, known)[weekday, hour]


def test_outcomes_add_up_to_all_calls(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    page = page_of("owner").open("overview", **dates)
    calls = [row for row in known.calls.values() if not row["is_spam"]]
    expected = Counter(str(row["outcome"]) for row in calls)
    table = _card(page, "How calls ended")
    found = {
        str(row.get_attribute("data-key")): int(row.locator("td").first.inner_text().split()[0].replace(",", ""))
        for row in table.locator("tbody tr").all()
    }
    assert found == expected
    assert table.locator("tfoot td").first.inner_text() == _count(len(calls))


def test_the_volume_is_told_by_day_with_the_day_before_beside_it(page_of: PageOf, story: History, known: Truth) -> None:
    calls = Counter(str(row["local_date"]) for row in known.calls.values() if not row["is_spam"])
    before, day = (one.isoformat() for one in story.days[-2:])
    reader = page_of("owner")
    page = reader.open("overview", **{"from": day, "to": day, "step": "day"})
    card = page.locator(".kpi[data-metric=calls_received]")
    received = Counter(
        str(row["local_date"]) for row in known.calls.values() if row["direction"] == "inbound" and not row["is_spam"]
    )
    assert f"before: {_count(received[before])}" in card.inner_text()
    volume = _card(page, "Volume")
    assert f"before: {_count(calls[before])}" in volume.inner_text()
    first, last = story.days[0].isoformat(), story.days[-1].isoformat()
    page = reader.open("overview", **{"from": first, "to": last, "step": "day", "compare": "no"})
    volume = _card(page, "Volume")
    volume.get_by_role("button", name="Show as table").click()
    told = [int(text.replace(",", "")) for text in volume.locator(".chart-table td").all_inner_texts()]
    assert told == [calls[one.isoformat()] for one in story.days]
    volume.locator(".chart-table a").first.click()
    reader.settled()
    assert _rows(page) == calls[first]


def test_a_filter_in_the_address_survives_a_reload(
    page_of: PageOf, dates: dict[str, str], story: History, known: Truth
) -> None:
    reader = page_of("owner")
    page = reader.open("overview", directions="inbound", hours="open", metric="calls_missed", **dates)
    before = _cards(page)
    offered = figures.summary(story, known)
    assert before["calls_missed"] == _count(offered["calls_missed"] or 0)
    assert before["calls_made"] == "0"
    page.reload()
    reader.settled()
    assert "directions=inbound" in page.url
    assert "metric=calls_missed" in page.url
    assert _cards(page) == before
    expect(page.get_by_role("button", name=re.compile("Direction: incoming"))).to_be_visible()
    page.get_by_role("button", name="Reset").click()
    reader.settled()
    assert _cards(page)["calls_made"] == _count(offered["calls_made"] or 0)


def test_who_chooses_cards_finds_them_again(page_of: PageOf, dates: dict[str, str]) -> None:
    reader = page_of("manager")
    page = reader.open("overview", **dates)
    usual = list(_cards(page))
    page.get_by_role("button", name="Choose cards").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Calls received", exact=True).uncheck()
    dialog.get_by_label("SMS segments", exact=True).check()
    dialog.get_by_role("button", name="Save").click()
    reader.settled()
    assert "calls_received" not in _cards(page)
    assert "segments" in _cards(page)
    page.reload()
    reader.settled()
    assert "calls_received" not in _cards(page)
    page.get_by_role("button", name="Choose cards").click()
    dialog.get_by_role("button", name="Back to the usual ones").click()
    dialog.get_by_role("button", name="Save").click()
    reader.settled()
    assert list(_cards(page)) == usual


def test_the_service_level_is_told_by_its_parts(
    page_of: PageOf, dates: dict[str, str], story: History, known: Truth
) -> None:
    expected = figures.summary(story, known)
    reader = page_of("owner")
    page = reader.open("overview", tab="service", **dates)
    level = page.locator("[data-metric=service_level] .big-figure").inner_text()
    assert level.startswith(_shown("service_level", expected["service_level"]))
    parts = _card(page, "Service level").locator("table.rows")
    counts = [int(text.replace(",", "")) for text in parts.locator("tbody td:nth-child(2)").all_inner_texts()]
    assert sum(counts) == expected["calls_offered"]
    parts.get_by_role("row", name=re.compile("^Hung up quickly")).get_by_role("link").click()
    reader.settled()
    assert _rows(page) == expected["short_abandons"]


def test_waits_are_told_for_all_who_were_answered(
    page_of: PageOf, dates: dict[str, str], story: History, known: Truth
) -> None:
    page = page_of("owner").open("overview", tab="service", **dates)
    waits = _card(page, "How long callers wait")
    waits.get_by_role("button", name="Show as table").click()
    answered = [int(one.inner_text()) for one in waits.locator(".chart-table tbody td:nth-child(2)").all()]
    assert sum(answered) == figures.summary(story, known)["offered_answered"]


def test_a_number_of_texts_opens_as_many_of_them(page_of: PageOf, dates: dict[str, str]) -> None:
    page = page_of("owner").open("overview", tab="responses", **dates)
    number = page.locator("[data-part=first] .facts button.link").first
    count = int(number.inner_text().replace(",", ""))
    assert count > 0
    number.click()
    drawer = page.locator("dialog[open]")
    drawer.locator("tbody tr").first.wait_for()
    assert drawer.get_by_text(re.compile(r"blocks? of messages")).inner_text().startswith(f"{count} ")
    assert drawer.locator("tbody tr").count() == min(count, 50)


def test_callers_add_up_over_how_often_they_call(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    page = page_of("owner").open("overview", tab="callers", **dates)
    bands = _card(page, "How often they call")
    counts = [int(text.split()[0]) for text in bands.locator("tbody td").all_inner_texts()]
    assert sum(counts) == int(bands.locator("tfoot td").inner_text())
    answered = [
        row
        for row in known.calls.values()
        if row["direction"] == "inbound" and row["outcome"] == "answered" and not row["is_spam"]
    ]
    solved = _card(page, "Solved with the first call")
    assert int(solved.locator("tfoot td").inner_text()) == len(answered)


def test_widgets_ask_again_by_themselves(page_of: PageOf, dates: dict[str, str]) -> None:
    reader = page_of("owner")
    page = reader.page
    page.clock.install()
    try:
        reader.open("overview", **dates)
        with page.expect_request(lambda request: "/v1/analytics/heatmap" in request.url):
            page.clock.fast_forward("01:01")
    finally:
        page.clock.resume()


def test_a_phone_shows_the_whole_week(page_of: PageOf, dates: dict[str, str]) -> None:
    reader = page_of("owner")
    reader.look(PHONE)
    page = reader.open("overview", **dates)
    box = page.locator(".hour-grid table").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE[0]


def test_files_of_the_page_keep_its_filter(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    reader = page_of("owner")
    page = reader.open("overview", directions="inbound", **dates)
    page.get_by_role("button", name="Export").click()
    page.locator(".menu").get_by_role("button", name="Volume").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("button", name="Make the file").wait_for()
    asked: list[Mapping[str, Any]] = []

    def refused(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or "{}"))
        route.abort()

    page.route("**/v1/exports", refused)
    with reader.expecting("failed:", "console"):
        dialog.get_by_role("button", name="Make the file").click()
        page.wait_for_timeout(300)
    assert asked[0]["report"] == "chart"
    assert asked[0]["filter"] == {**dates, "directions": ["inbound"]}
    assert asked[0]["options"] == {"chart": "series", "metrics": ["calls"], "granularity": "day"}
