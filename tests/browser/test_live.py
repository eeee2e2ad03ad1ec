"""The live board in a real browser: webhooks come and go on it, cuts are seen and made good, walls need no sign-in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.reader import DESK, PHONE, Reader
from tests.deployed import Stack
from tests.driver.office import CUSTOMER, Office, opened

Visitor = Callable[[Office, str], Reader]
TICKETS = "**/v1/live/tickets"
# A webhook is on the board within two seconds; what a busy machine adds is no finding.
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def office(stack: Stack) -> Iterator[Office]:
    with opened(stack) as found:
        yield found


@pytest.fixture
def window(visitor: Callable[..., Reader]) -> Visitor:
    return lambda office, who: visitor(office.logins[who])


def board(reader: Reader, **query: str) -> Page:
    page = reader.open("live", **query)
    page.locator("[data-phase=live]").wait_for(timeout=PATIENCE_MS)
    return page


def rows(page: Page) -> list[str]:
    found: list[str] = page.locator("tbody tr[data-key]").evaluate_all("rows => rows.map(row => row.dataset.key)")
    return sorted(found)


def count(page: Page, name: str) -> str:
    return page.locator(f"[data-count={name}] .figure").inner_text()


def shows(page: Page, *calls: str) -> None:
    page.wait_for_function(
        """wanted => JSON.stringify([...document.querySelectorAll('tbody tr[data-key]')]
             .map(row => row.dataset.key).sort()) === wanted""",
        arg=str(sorted(f"pbx:{call}" for call in calls)).replace("'", '"').replace(", ", ","),
        timeout=PATIENCE_MS,
    )


def test_a_webhook_appears_rings_is_answered_and_leaves(office: Office, window: Visitor) -> None:
    page = board(window(office, "anna"))
    page.get_by_text("No calls now").wait_for()
    office.ring("b1", "boris", "celia", queue={"name": "Sales"})
    shows(page, "b1")
    row = page.locator("tr[data-key='pbx:b1']")
    row.get_by_text("2 ringing").click()
    for name in ("Boris", "Celia"):
        row.get_by_role("button", name=name).wait_for()
    assert [count(page, name) for name in ("total", "waiting", "talking")] == ["1", "1", "0"]
    assert "Waiting" in row.inner_text()
    assert "+48 600 100 200" in row.inner_text()

    office.said("answered", "b1", leg_id="b1-l0", agent={"id": "boris"})
    expect(row).to_contain_text("Talking", timeout=PATIENCE_MS)
    assert [count(page, name) for name in ("total", "waiting", "talking")] == ["1", "0", "1"]
    page.locator("[data-person=u-boris][data-status=talking]").wait_for()
    office.said("completed", "b1")
    shows(page)
    assert count(page, "total") == "0"


def test_ages_tick_by_the_clock_of_the_server(office: Office, window: Visitor) -> None:
    reader = window(office, "anna")
    # This machine's clock is an hour late: nobody waits for minus an hour.
    reader.page.add_init_script("{ const now = Date.now; Date.now = () => now() - 3_600_000 }")
    page = board(reader)
    office.ring("b2", "boris")
    shows(page, "b2")
    wait = page.locator("tr[data-key='pbx:b2'] [data-wait]")
    page.wait_for_function(
        "() => /0:0[2-9]|0:[1-5]\\d/.test(document.querySelector('[data-wait]')?.textContent ?? '')",
        timeout=PATIENCE_MS,
    )
    assert re.match(r"0:\d\d", wait.inner_text().strip())
    office.said("completed", "b2")
    shows(page)


def test_who_was_cut_off_is_told_so_and_then_sees_what_is(office: Office, window: Visitor) -> None:
    """demands.md D65: stale while it is cut, and afterwards equal to a fresh snapshot."""
    reader = window(office, "anna")
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    reader.page.route_web_socket(re.compile(r"ticket="), through)
    page = board(reader)
    office.ring("b3", "boris")
    shows(page, "b3")

    def unreachable(route: Route) -> None:
        route.abort("internetdisconnected")

    with reader.expecting("failed: POST .*/v1/live/tickets"):
        page.route(TICKETS, unreachable)
        sockets[-1].close()
        page.get_by_text(re.compile(r"Stale since \d\d:\d\d:\d\d")).wait_for()
        office.said("completed", "b3")
        office.ring("b4", "celia")
        with office.screen("anna") as fresh:
            fresh.wait("the other call", lambda f: set(f.calls) == {"pbx:b4"})
            assert rows(page) == ["pbx:b3"]
            page.unroute(TICKETS)
            page.locator("[data-phase=live]").wait_for(timeout=60_000)
            shows(page, *(call.removeprefix("pbx:") for call in fresh.follower.calls))
            header = fresh.follower.header
            assert header is not None
            assert count(page, "total") == str(header.total)
    assert page.get_by_text("Stale since").count() == 0
    office.said("completed", "b4")
    shows(page)


def test_a_filter_stands_in_the_address_and_the_header_follows_it(office: Office, window: Visitor) -> None:
    """features.md R7, R18-R20"""
    page = board(window(office, "anna"), users="u-celia")
    office.ring("b5", "boris")
    office.ring("b6", "celia")
    shows(page, "b6")
    expect(page.locator("[data-count=total]")).to_contain_text("of 2 in the project", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Reset").click()
    shows(page, "b5", "b6")
    page.get_by_role("button", name="Status:").click()
    page.get_by_label("Talking").check()
    page.keyboard.press("Escape")
    page.get_by_text("No calls with this filter").wait_for(timeout=PATIENCE_MS)
    assert "statuses=talking" in page.url
    page.get_by_role("button", name="Show all 2 calls").click()
    shows(page, "b5", "b6")
    for call in ("b5", "b6"):
        office.said("completed", call)
    shows(page)


def test_the_board_is_taken_away_as_a_file_with_its_filter(office: Office, window: Visitor) -> None:
    """demands.md D67"""
    office.ring("b7", "boris")
    office.ring("b8", "celia")
    page = board(window(office, "anna"), users="u-celia")
    shows(page, "b8")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert re.fullmatch(r"live-\d{4}-\d\d-\d\d-\d{6}\.csv", download.value.suggested_filename)
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "pbx:b8" in text
    assert "pbx:b7" not in text
    for call in ("b7", "b8"):
        office.said("completed", call)


def test_an_operator_sees_own_calls_only_and_is_told_when_the_own_phone_rings(office: Office, window: Visitor) -> None:
    """features.md W8, W9: once, whatever the filter."""
    page = board(window(office, "celia"), statuses="talking")
    office.ring("b9", "boris")
    office.ring("b10", "celia")
    page.locator("[data-rings='pbx:b10']").wait_for(timeout=PATIENCE_MS)
    assert page.locator("[data-rings]").count() == 1
    page.get_by_role("button", name="Reset").click()
    shows(page, "b10")
    assert page.get_by_role("button", name="Screens").count() == 0
    assert page.locator("[data-join]").count() == 0
    # Nobody else's status either.
    assert set(page.locator("[data-person]").evaluate_all("all => all.map(one => one.dataset.person)")) <= {"u-celia"}
    for call in ("b9", "b10"):
        office.said("completed", call)
    shows(page)


def test_a_phone_that_rings_is_told_on_any_page_and_not_a_second_time_on_the_board(
    office: Office, window: Visitor
) -> None:
    """features.md W8: once per call."""
    reader = window(office, "celia")
    page = reader.open("overview")
    with page.expect_websocket(timeout=PATIENCE_MS) as opened_socket:
        pass
    opened_socket.value.wait_for_event("framereceived", timeout=PATIENCE_MS)
    office.ring("b18", "celia")
    page.locator("[data-rings='pbx:b18']").wait_for(timeout=PATIENCE_MS)
    page.locator("[data-rings='pbx:b18']").wait_for(state="detached", timeout=PATIENCE_MS)
    page.get_by_role("link", name="Live").click()
    page.locator("[data-phase=live]").wait_for(timeout=PATIENCE_MS)
    shows(page, "b18")
    assert page.locator("[data-rings]").count() == 0
    office.said("completed", "b18")
    shows(page)


def test_the_big_board_colours_waits_by_the_promise_and_keeps_the_screen_awake(office: Office, window: Visitor) -> None:
    """demands.md D66, D69"""
    reader = window(office, "anna")
    reader.page.add_init_script(
        """window.held = 0
        WakeLock.prototype.request = () => { window.held += 1; return new Promise(() => {}) }"""
    )
    page = board(reader)
    assert page.evaluate("() => window.held") == 0
    office.ring("b19", "boris", queue={"name": "Sales"})
    office.ring("b20", "celia", queue={"name": "Support"})
    page.get_by_role("button", name="Wallboard").click()
    longest = page.locator(".wall [data-count=longest]")
    expect(longest).to_have_attribute("data-level", "amber", timeout=PATIENCE_MS)
    expect(longest).to_contain_text("Close to the limit")
    # Nobody set a promise of their own: it is the workspace's twenty seconds.
    expect(longest).to_have_attribute("data-level", "red", timeout=PATIENCE_MS)
    assert {name.strip() for name in page.locator("[data-queue] b").all_inner_texts()} == {"Sales", "Support"}
    assert page.evaluate("() => window.held") == 1
    assert "wall=1" in page.url
    page.keyboard.press("Escape")
    shows(page, "b19", "b20")
    assert "wall=1" not in page.url
    for call in ("b19", "b20"):
        office.said("completed", call)
    shows(page)


def test_a_call_is_joined_after_a_confirmation_by_the_telephony_program(office: Office, window: Visitor) -> None:
    """features.md R38-R40"""
    page = board(window(office, "anna"))
    office.ring("b11", "boris")
    shows(page, "b11")
    assert page.locator("[data-join]").count() == 0
    office.said("answered", "b11", leg_id="b11-l0", agent={"id": "boris"})
    page.locator("[data-join='pbx:b11']").click(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Whisper").click()
    assert page.locator("[data-handoff]").count() == 0
    page.get_by_role("dialog").get_by_role("button", name="Join", exact=True).click()
    link = page.locator("[data-handoff]")
    link.wait_for()
    assert link.get_attribute("href") == "phone://join?call=b11&as=anna&mode=whisper"
    page.keyboard.press("Escape")
    office.said("completed", "b11")
    shows(page)


def test_the_number_of_a_customer_is_copied_as_e164(office: Office, window: Visitor) -> None:
    """features.md R21"""
    reader = window(office, "anna")
    reader.context.grant_permissions(["clipboard-write"])
    # What the page hands to the clipboard: it may not read it, and a browser without a screen does not paste.
    reader.page.add_init_script(
        """const write = Clipboard.prototype.writeText
        Clipboard.prototype.writeText = function (text) { window.copied = text; return write.call(this, text) }"""
    )
    page = board(reader)
    office.ring("b12", "boris")
    shows(page, "b12")
    page.locator(f"tr[data-key='pbx:b12'] [data-copy='{CUSTOMER}']").click()
    page.get_by_text(f"Copied: {CUSTOMER}").wait_for()
    assert page.evaluate("() => window.copied") == CUSTOMER
    office.said("completed", "b12")
    shows(page)


def test_an_employees_profile_opens_by_keyboard_without_leaving_the_board(office: Office, window: Visitor) -> None:
    """features.md R22"""
    page = board(window(office, "anna"))
    office.ring("b13", "boris")
    shows(page, "b13")
    page.locator("tr[data-key='pbx:b13'] [data-user=u-boris]").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    expect(dialog).to_contain_text("Boris")
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    shows(page, "b13")
    office.said("completed", "b13")


def test_a_wall_shows_the_board_to_nobody_in_particular_until_it_is_withdrawn(
    office: Office, window: Visitor, visitor: Callable[..., Reader]
) -> None:
    """demands.md D66"""
    page = board(window(office, "anna"))
    page.get_by_role("button", name="Screens").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Reception")
    dialog.get_by_label("Language").select_option("pl")
    dialog.get_by_label("Waiting calls red from").fill("2")
    dialog.get_by_role("button", name="Make an address").click()
    address = urlsplit(dialog.locator(".secret code").inner_text())
    assert address.path.endswith("/app/wall")
    assert len(address.fragment) > 43

    tv = visitor()
    asked: list[str] = []
    tv.page.on("request", lambda request: asked.append(request.url))
    tv.page.goto(address.geturl())
    tv.page.locator(".wall[data-phase=live]").wait_for(timeout=PATIENCE_MS)
    office.ring("b14", "boris")
    office.ring("b15", "celia")
    waiting = tv.page.locator("[data-count=waiting]")
    expect(waiting.locator(".wall-figure")).to_have_text("2", timeout=PATIENCE_MS)
    expect(waiting).to_have_attribute("data-level", "red")
    text = tv.page.locator("body").inner_text()
    assert "Reception" in text
    assert "Oczekujące" in text
    assert "Boris" in text
    assert CUSTOMER[3:] not in tv.page.content().replace(" ", "")
    assert tv.axe() == []
    # The secret was told to one route, and to nothing that writes addresses down.
    told = [url for url in asked if address.fragment in url]
    assert {urlsplit(url).path.rpartition("/")[2] for url in told} == {"ticket"}

    page.get_by_text("1 screen now").wait_for(timeout=PATIENCE_MS)
    dialog.get_by_role("button", name="Withdraw").click()
    page.get_by_role("dialog", name=re.compile("Withdraw")).get_by_role("button", name="Withdraw").click()
    page.get_by_text("No screen has an address yet").wait_for()
    with tv.expecting("404: POST .*/wall/"):
        office.said("completed", "b14")
        tv.page.get_by_role("alert").wait_for(timeout=60_000)
        assert "Boris" not in tv.page.locator("body").inner_text()
    office.said("completed", "b15")


def test_the_board_can_be_read_in_every_form(office: Office, window: Visitor) -> None:
    """At a desk and on a telephone, light and dark, in all languages; by whoever uses no mouse and no eyes."""
    reader = window(office, "anna")
    office.ring("b16", "boris", "celia", queue={"name": "Sales"})
    office.ring("b17", "celia", direction="outbound", **{"from": "+48221230000", "to": CUSTOMER})
    office.said("answered", "b17", leg_id="b17-l0", agent={"id": "celia"}, direction="outbound")
    faults = []
    for size in (DESK, PHONE):
        for language in ("en", "es", "ru", "pl"):
            reader.look(size, dark=language in ("es", "pl"), language=language)
            for wall in ("", "1"):
                page = board(reader, **({"wall": wall} if wall else {}))
                page.locator("[data-call], [data-key]").first.wait_for(timeout=PATIENCE_MS)
                found = [*reader.overflowing(), *reader.axe()]
                for opens in () if wall else ("[data-open=walls]", "[data-join]"):
                    page.locator(opens).first.click()
                    page.get_by_role("dialog").wait_for()
                    reader.settled()
                    found += [*reader.overflowing(), *reader.axe()]
                    page.keyboard.press("Escape")
                faults += [(size, language, wall, fault) for fault in found]
    assert faults == []
    reader.look()
    for call in ("b16", "b17"):
        office.said("completed", call)
