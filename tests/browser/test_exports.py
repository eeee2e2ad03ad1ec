"""Files: asked for on a page, made, mailed, found among the downloads, and reached by the link of a mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser.conftest import PageOf
from tests.browser.reader import PHONE, Reader
from tests.browser.test_interactions import counted
from tests.deployed import Stack
from tools.simulator import seeding
from tools.simulator.observe import attachment, csv_rows, text_of

Visitor = Callable[..., Reader]
# A worker needs a cold start and the rows of three days.
MAKING_MS = 60_000
LINK = re.compile(r"https?://\S+/app/exports\?job=[0-9a-f]+")
TABS = ("downloads", "schedules", "reports", "addresses", "everybody")


def ask_for_csv(page: Page) -> None:
    """The button of the log, and the dialog behind it."""
    page.get_by_role("button", name="Export", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="CSV").click()
    dialog.get_by_role("button", name="Make the file").click()


def made(page: Page) -> str:
    """The id of the job in the dialog, once its file is ready."""
    ready = page.locator("dialog [data-job][data-state=ready]")
    ready.wait_for(timeout=MAKING_MS)
    return ready.get_attribute("data-job") or ""


def content(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def test_a_file_has_the_rows_on_screen_and_is_mailed_and_stands_among_the_downloads(
    page_of: PageOf, stack: Stack, seeded: seeding.Seeded, dates: dict[str, str]
) -> None:
    reader, address = page_of("owner"), seeded.login("olivia").email
    page = reader.open("interactions", **dates, channels="call")
    rows, before = counted(page), stack.observer.mails()
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text(f"{rows:,} rows", timeout=MAKING_MS)
    page.get_by_role("dialog").get_by_role("button", name="CSV").click()
    page.get_by_role("dialog").get_by_role("button", name="Make the file").click()
    job = made(page)
    with page.expect_download() as saving:
        page.get_by_role("dialog").get_by_role("button", name="Download").click()
    assert rows > 0
    assert len(csv_rows(content(saving.value))) == rows

    mail = stack.observer.mail_to(address, before)
    name, mailed = attachment(mail)
    assert (name, mailed) == (saving.value.suggested_filename, content(saving.value))
    assert job in text_of(mail)

    page = reader.open("exports")
    row = page.locator(f"tr[data-key='{job}']")
    expect(row).to_contain_text(f"{rows:,}")
    row.get_by_role("button", name="Details").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(address)
    expect(drawer.locator("code").first).to_have_text(re.compile("^[0-9a-f]{64}$"))
    with page.expect_download() as again:
        drawer.get_by_role("button", name="Download").click()
    assert content(again.value) == mailed


def test_the_link_of_a_mail_leads_through_the_sign_in_to_the_file(
    page_of: PageOf, visitor: Visitor, stack: Stack, seeded: seeding.Seeded, dates: dict[str, str]
) -> None:
    login, before = seeded.login("martin"), stack.observer.mails()
    page = page_of("manager").open("interactions", **dates)
    rows = counted(page)
    ask_for_csv(page)
    made(page)
    found = LINK.search(text_of(stack.observer.mail_to(login.email, before)))
    assert found is not None

    reader = visitor(login)
    reader.page.goto(found.group())
    with reader.page.expect_download(timeout=MAKING_MS) as saving:
        reader.sign_in_if_asked()
    assert len(csv_rows(content(saving.value))) == rows
    expect(reader.settled().locator("[data-state=ready]")).to_contain_text(saving.value.suggested_filename)

    # Whoever else gets hold of the mail gets nothing by it.
    stranger = visitor(seeded.login("anna"))
    with stranger.expecting(f"{HTTPStatus.NOT_FOUND.value}: GET"):
        stranger.page.goto(found.group())
        stranger.sign_in_if_asked()
        stranger.page.get_by_role("alert").wait_for()


def test_a_file_under_way_can_be_stopped(
    page_of: PageOf, stack: Stack, seeded: seeding.Seeded, dates: dict[str, str]
) -> None:
    """Others are in front of it, so that there is something to stop; now and then it is faster."""
    login = seeded.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    page = page_of("owner").open("interactions", **dates)
    for _ in range(3):
        for _ in range(3):
            wanted = {"report": "detailed", "format": "xlsx", "filter": dates, "mail": False}
            stack.observer.call("POST", "/v1/exports", token, wanted)
        ask_for_csv(page)
        page.locator("dialog [data-job]").wait_for()
        stop = page.get_by_role("dialog").get_by_role("button", name="Stop")
        if stop.count():
            stop.click()
        over = page.locator("dialog [data-job]:is([data-state=cancelled], [data-state=ready])")
        over.wait_for(timeout=MAKING_MS)
        state, job = over.get_attribute("data-state"), over.get_attribute("data-job")
        page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
        if state == "cancelled":
            break
    assert state == "cancelled"
    page = page_of("owner").open("exports")
    row = page.locator(f"tr[data-key='{job}']")
    expect(row).to_contain_text("stopped")
    expect(row.get_by_role("button", name="Download")).to_have_count(0)


def test_owners_see_what_everybody_exported_and_members_do_not(
    page_of: PageOf, seeded: seeding.Seeded, dates: dict[str, str]
) -> None:
    member = page_of("member")
    page = member.open("interactions", **dates)
    ask_for_csv(page)
    job = made(page)
    page = member.open("exports", tab="everybody")
    expect(page.get_by_role("heading", name="Not yours to see")).to_be_visible()
    expect(page.get_by_role("link", name="Everybody\u2019s exports")).to_have_count(0)
    expect(page.get_by_role("link", name="Finance queries")).to_have_count(0)

    page = page_of("owner").open("exports", tab="everybody")
    row = page.locator(f"tr[data-key='{job}']")
    expect(row).to_contain_text(seeded.login("ines").person.name)
    expect(row.get_by_role("button", name="Download")).to_have_count(0)


def test_a_schedule_is_made_tried_paused_and_deleted_on_the_page(
    page_of: PageOf, stack: Stack, seeded: seeding.Seeded
) -> None:
    reader, before = page_of("owner"), stack.observer.mails()
    page = reader.open("exports", tab="schedules")
    page.get_by_role("button", name="New schedule").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Calls of the week")
    dialog.get_by_label("How often").select_option("weekly")
    dialog.get_by_label("Local time").fill("07:45")
    dialog.get_by_role("button", name="Save", exact=True).click()
    row = page.get_by_role("row", name="Calls of the week")
    expect(row).to_contain_text("07:45 (America/New_York)")

    row.get_by_role("button", name="Run now").click()
    page.get_by_role("dialog").get_by_role("button", name="Run now").click()
    history = page.get_by_role("dialog", name="History of Calls of the week")
    expect(history.locator("[data-run]")).to_contain_text("sent", timeout=MAKING_MS)
    mail = stack.observer.mail_to(seeded.login("olivia").email, before)
    assert attachment(mail)[0].endswith(".xlsx")
    page.keyboard.press("Escape")

    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused")
    row.get_by_role("button", name="Resume").click()
    expect(row).to_contain_text("next")
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_a_finance_query_runs_from_its_page(page_of: PageOf, dates: dict[str, str]) -> None:
    page = page_of("owner").open("exports", tab="reports")
    page.get_by_role("row", name="Missed rate per week").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("First day").fill(dates["from"])
    dialog.get_by_label("Last day").fill(dates["to"])
    dialog.get_by_label("Format").select_option("csv")
    dialog.get_by_role("button", name="Run").click()
    made(page)
    with page.expect_download() as saving:
        dialog.get_by_role("button", name="Download").click()
    rows = csv_rows(content(saving.value))
    assert rows
    assert {"week_start", "missed"} <= set(rows[0])


def test_an_alert_is_made_and_tried_on_its_page(page_of: PageOf, stack: Stack, seeded: seeding.Seeded) -> None:
    before = stack.observer.mails()
    page = page_of("owner").open("settings", tab="alerts")
    page.get_by_role("button", name="New alert").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Nobody picks up")
    dialog.get_by_label("From how many seconds").fill("600")
    dialog.get_by_label("Webhook").fill("https://hooks.example.com/ringlake")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog").locator("code")).to_have_text(re.compile("^whsec_"))
    page.get_by_role("button", name="I have kept it").click()
    row = page.get_by_role("row", name="Nobody picks up")
    row.get_by_role("button", name="Mute").click()
    row.get_by_role("button", name="for 4 hours").click()
    expect(row).to_contain_text("muted until")
    row.get_by_role("button", name="Unmute").click()
    expect(row).not_to_contain_text("muted until")

    row.get_by_role("button", name="Test").click()
    history = page.get_by_role("dialog", name="History of Nobody picks up")
    # The rules are looked at once a minute.
    expect(history.locator("[data-event]").first).to_contain_text("sent", timeout=90_000)
    mail = stack.observer.mail_to(seeded.login("olivia").email, before)
    assert "/app/live" in text_of(mail)
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_a_saved_report_opens_the_same_rows_and_is_shared(page_of: PageOf, dates: dict[str, str]) -> None:
    owner = page_of("owner")
    page = owner.open("interactions", **dates, directions="inbound")
    rows = counted(page)
    page.get_by_role("button", name="Saved").click()
    page.get_by_role("button", name="Save this view").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Incoming of the story")
    page.get_by_role("dialog").get_by_label("Share with everybody here").check()
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    for role in ("owner", "manager"):
        page = page_of(role).open("interactions", **dates)
        page.get_by_role("button", name="Saved").click()
        page.get_by_role("button", name="Incoming of the story").click()
        page.wait_for_url("**directions=inbound**")
        page_of(role).settled()
        if role == "owner":
            assert counted(page) == rows


@pytest.mark.parametrize("language", ["en", "es", "ru", "pl"])
def test_every_tab_and_dialog_is_readable_on_a_phone_in_every_language(page_of: PageOf, language: str) -> None:
    reader = page_of("owner")
    reader.open("exports")
    reader.look(PHONE, dark=language == "ru", language=language, reload=True)
    for tab in TABS:
        page = reader.open("exports", tab=tab)
        assert (tab, reader.overflowing(), reader.axe()) == (tab, [], [])
        opens = page.locator("main .card button.primary")
        if opens.count():
            opens.click()
            page.locator(".menu .options button").first.or_(page.locator("dialog input").first).wait_for()
            if tab == "downloads":
                page.locator(".menu .options button").first.click()
                page.locator("dialog summary").click()
            assert (tab, reader.overflowing(), reader.axe()) == (tab, [], [])
