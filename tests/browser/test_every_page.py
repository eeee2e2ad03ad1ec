"""What is promised of every page: readable by everybody, in each language, at each width, for each role, on paper."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PEOPLE, PageOf
from tests.browser.reader import DESK, PHONE, Reader

PAGES = (
    "overview",
    "live",
    "missed",
    "interactions",
    "contacts",
    "team",
    "numbers",
    "customers",
    "quotes",
    "spend",
    "exports",
    "settings",
)
# Parts of pages with an address of their own, by the page's parameter `tab`.
TABS = {
    "overview": ("service", "responses", "callers"),
    "missed": ("recovery", "calls"),
    "team": ("table", "compare", "trends", "load", "presence", "rings", "targets"),
    "numbers": ("compare", "queues", "sources", "campaigns"),
    "spend": ("budgets", "abuse", "tariffs", "rates", "ratings", "invoices", "closings"),
    "exports": ("schedules", "reports", "addresses"),
    "settings": (
        *("people", "teams", "numbers", "contacts", "sources", "lists", "hours", "workspace", "targets"),
        *("alerts", "quality", "audit"),
    ),
}
VIEWS = [(page, "") for page in PAGES] + [(page, tab) for page, tabs in TABS.items() for tab in tabs]
LANGUAGES = ("en", "es", "ru", "pl")
# What only those see who may (docs/dashboard.md).
NEEDS = {"spend": ("owner",), "settings": ("owner", "manager")}
views = pytest.mark.parametrize(("page", "tab"), VIEWS, ids=[f"{page}-{tab}" if tab else page for page, tab in VIEWS])


def _open(reader: Reader, page: str, tab: str, dates: dict[str, str]) -> None:
    query = dict(dates) if page not in ("live", "exports", "settings", "contacts") else {}
    reader.open(page, **query, **({"tab": tab} if tab else {}))


@views
def test_a_page_has_a_heading_and_nothing_that_keeps_people_out(
    page_of: PageOf, dates: dict[str, str], page: str, tab: str
) -> None:
    reader = page_of("owner")
    _open(reader, page, tab, dates)
    assert reader.page.locator("h1").count() == 1
    assert reader.page.title().endswith(" · Ringlake")
    assert reader.axe() == []
    reader.look(DESK, dark=True)
    assert reader.axe() == []


@views
def test_nothing_sticks_out_in_any_language(page_of: PageOf, dates: dict[str, str], page: str, tab: str) -> None:
    reader = page_of("owner")
    found: dict[str, list[str]] = {}
    for language in LANGUAGES:
        reader.look(DESK, language=language)
        _open(reader, page, tab, dates)
        assert reader.page.locator("html").get_attribute("lang") == language
        for name, size in (("desk", DESK), ("phone", PHONE)):
            reader.page.set_viewport_size({"width": size[0], "height": size[1]})
            reader.page.wait_for_timeout(150)
            if sticking := reader.overflowing():
                found[f"{language}, {name}"] = sticking[:6]
    assert found == {}


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_opens_every_page_of_its_menu_and_none_of_them_is_refused(
    page_of: PageOf, dates: dict[str, str], role: str
) -> None:
    reader = page_of(role)
    reader.open("overview", **dates)
    links = reader.page.locator("nav.side a")
    offered = [(links.nth(n).get_attribute("href") or "").rsplit("/", 1)[1] for n in range(links.count())]
    assert set(offered) == {page for page in PAGES if role in NEEDS.get(page, PEOPLE)}
    for page in offered:
        _open(reader, page, "", dates)
        assert reader.page.locator("main [role=alert]").count() == 0, page


@pytest.mark.parametrize(
    ("role", "page", "tab"),
    [("member", "spend", ""), ("operator", "settings", "people"), ("manager", "spend", "tariffs")],
)
def test_a_page_that_is_not_for_somebody_says_so_and_asks_nothing(
    page_of: PageOf, role: str, page: str, tab: str
) -> None:
    reader = page_of(role)
    _open(reader, page, tab, {})
    reader.page.get_by_role("heading", name="Not yours to see").wait_for()


@pytest.mark.parametrize("page", ["overview", "interactions", "team"])
def test_paper_has_the_page_without_its_controls(page_of: PageOf, dates: dict[str, str], page: str) -> None:
    reader = page_of("owner")
    reader.open(page, **dates)
    reader.page.emulate_media(media="print")
    assert not reader.page.locator("nav.side").is_visible()
    assert not reader.page.locator(".filter-bar").first.is_visible()
    assert reader.page.locator("h1").is_visible()
    assert reader.page.pdf(format="A4")[:5] == b"%PDF-"
    reader.page.emulate_media(media="screen")


def test_the_first_tab_stop_leads_past_the_navigation(page_of: PageOf) -> None:
    page = page_of("owner").open("overview")
    page.locator("body").press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "page"
