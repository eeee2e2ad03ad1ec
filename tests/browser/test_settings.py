"""Settings in a real browser: a connection is joined and speaks, people change, mistakes are told at their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.reader import PHONE, Reader
from tests.browser.test_interactions import counted
from tests.deployed import Stack
from tests.driver.office import Office, opened
from tests.driver.pbx import Pbx
from tools.simulator.observe import wait_for

# The light is looked at every ten seconds.
PATIENCE_MS = 40_000


@pytest.fixture(scope="module")
def office(stack: Stack) -> Iterator[Office]:
    with opened(stack) as found:
        yield found


@pytest.fixture
def window(visitor: Callable[..., Reader], office: Office) -> Callable[..., Reader]:
    return lambda who="anna": visitor(office.logins[who])


def tab(reader: Reader, name: str, **query: str) -> Page:
    return reader.open("settings", tab=name, **query)


def button(place: Page | Locator, name: str) -> Locator:
    return place.get_by_role("button", name=name, exact=True)


def drawer(page: Page) -> Locator:
    return page.locator("dialog[open]").last


def question(page: Page) -> Locator:
    """The small box over everything that asks once more."""
    return page.locator("dialog.box[open]")


def save(page: Page) -> None:
    button(drawer(page), "Save").click()


def saved(page: Page) -> None:
    save(page)
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_connection_is_joined_and_its_light_tells_of_each_delivery(window: Callable[..., Reader]) -> None:
    page = tab(window(), "connections")
    button(page, "Add a connection").click()
    button(page, "Generic (our own form)").click()
    page.get_by_label("Name", exact=True).fill("Reception")
    button(page, "Connect").click()
    address, secret = (drawer(page).locator(".secret code").nth(n).inner_text() for n in range(2))
    assert "/webhooks/generic/" in address
    drawer(page).get_by_text("Send events to this address").wait_for()
    light = drawer(page).locator("[data-light]")
    expect(light).to_have_attribute("data-light", "never")

    sender = Pbx(address, secret)
    sender.post("call.ringing", {"id": "s1", "direction": "inbound", "from": "+48600100200", "to": "+48221230000"})
    expect(light).to_have_attribute("data-light", "on", timeout=PATIENCE_MS)
    sender.close()

    forger = Pbx(address, "whsec_" + "A" * 43 + "=")
    with pytest.raises(AssertionError):
        forger.post("call.ringing", {"id": "s2"})
    forger.close()
    expect(light).to_have_attribute("data-light", "refused", timeout=PATIENCE_MS)

    button(page, "Watch for the first event").click()
    drawer(page).get_by_text("Refused is what no live secret has signed").wait_for()
    assert address not in page.content()
    assert secret not in page.content()


def test_a_delivery_that_cannot_be_read_is_told_with_field_and_reason(
    office: Office, window: Callable[..., Reader]
) -> None:
    office.pbx.close()
    office.pbx.post("call.answered", {"direction": "inbound"})
    page = tab(window(), "connections", connection="pbx")
    row = drawer(page).locator("tbody tr").first
    row.wait_for()
    expect(row).to_contain_text("Not recognised")
    expect(row.locator("code")).to_contain_text("id")


def test_a_new_secret_is_shown_once_and_the_older_one_can_go(window: Callable[..., Reader]) -> None:
    page = tab(window(), "connections", connection="pbx")
    button(drawer(page), "New secret").click()
    button(question(page), "New secret").click()
    shown = drawer(page).locator(".secret code")
    expect(shown).to_have_count(1)
    secret = shown.inner_text()
    assert secret.startswith("whsec_")
    remove = drawer(page).get_by_role("button", name="Remove")
    expect(remove).to_have_count(2)
    # The office goes on with the one that it has.
    remove.first.click()
    button(question(page), "Remove").click()
    expect(drawer(page).get_by_role("button", name="Remove")).to_have_count(0)
    assert secret not in tab(window(), "connections", connection="pbx").content()


def test_whoever_was_slower_is_told_and_can_begin_again(window: Callable[..., Reader]) -> None:
    slow, fast = window(), window()
    for reader in (slow, fast):
        button(tab(reader, "teams"), "Sales").click()
    fast.page.get_by_label("Kind").select_option("other")
    saved(fast.page)
    with slow.expecting("412"):
        slow.page.get_by_label("Name", exact=True).fill("Sales North")
        save(slow.page)
        slow.page.get_by_text("Somebody else changed this meanwhile").wait_for()
        button(slow.page, "Reload").click()
        expect(slow.page.get_by_label("Kind")).to_have_value("other")
    slow.page.get_by_label("Name", exact=True).fill("Sales North")
    slow.page.get_by_label("Kind").select_option("call_center")
    saved(slow.page)
    expect(slow.page.locator("tbody th")).to_have_text("Sales North")
    button(slow.page, "Sales North").click()
    slow.page.get_by_label("Name", exact=True).fill("Sales")
    saved(slow.page)


def test_what_is_wrong_stands_at_its_field(window: Callable[..., Reader]) -> None:
    reader = window()
    page = tab(reader, "people")
    button(page, "Add a person").click()
    page.get_by_label("Name", exact=True).fill("Dora")
    page.get_by_label("E-mail").fill("dora@nowhere")
    with reader.expecting("400"):
        save(page)
        field = page.get_by_label("E-mail")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_be_focused()
        about = field.get_attribute("aria-describedby")
        expect(page.locator(f"[id='{about}']")).to_contain_text("no e-mail address")
    page.get_by_label("E-mail").fill(f"dora-{id(page)}@example.com")
    page.get_by_label("Signs in").uncheck()
    saved(page)
    expect(page.locator("tr", has_text="Dora")).to_contain_text("without sign-in")


def test_rights_beside_the_role_are_given_and_seen(window: Callable[..., Reader]) -> None:
    page = tab(window(), "people")
    button(page, "Boris").click()
    costs = page.get_by_label("See costs")
    expect(costs.locator("option:checked")).to_have_text("No, as Operator")
    costs.select_option("granted")
    page.get_by_label("Export files").select_option("taken")
    saved(page)
    menu = window("boris").open("overview").locator("#navigation")
    expect(menu.get_by_role("link", name="Spend")).to_have_count(1)
    expect(menu.get_by_role("link", name="Exports")).to_have_count(0)
    button(page, "Boris").click()
    expect(page.get_by_label("See costs")).to_have_value("granted")
    page.get_by_label("See costs").select_option("role")
    page.get_by_label("Export files").select_option("role")
    saved(page)


def test_a_deleted_person_stands_grey_at_the_end_and_comes_back(window: Callable[..., Reader]) -> None:
    page = tab(window(), "people")
    button(page, "Celia").click()
    button(drawer(page), "Delete").click()
    expect(question(page)).to_contain_text("Calls and reports keep the name")
    button(question(page), "Delete").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("tbody tr", has_text="Celia")).to_have_count(0)
    page.get_by_label("Show deleted").check()
    last = page.locator("tbody tr").last
    expect(last).to_contain_text("Celia")
    assert "gone" in (last.get_attribute("class") or "")
    button(page, "Celia").click()
    button(drawer(page), "Activate").click()
    expect(page.locator("tbody tr", has_text="Celia")).to_contain_text("active")


def test_a_file_of_people_is_looked_at_before_it_is_taken(window: Callable[..., Reader], tmp_path: Path) -> None:
    page = tab(window(), "people")
    button(page, "Import and export").click()
    wrong, right = tmp_path / "wrong.csv", tmp_path / "right.csv"
    address = f"edda-{id(page)}@example.com"
    wrong.write_text("email,name,role\nno address,Edda,operator\nfritz@example.com,Fritz,king\n")
    right.write_text(f"email;name;role;signs_in\n{address};Edda;operator;false\n")
    page.get_by_label("CSV file").set_input_files(wrong)
    page.get_by_text("2 mistakes").first.wait_for()
    told = drawer(page).locator("tbody tr").all_inner_texts()
    assert [line.split()[:2] for line in told] == [["2", "email"], ["3", "role"]]
    expect(button(page, "Import now")).to_have_count(0)
    page.get_by_label("CSV file").set_input_files(right)
    drawer(page).get_by_text("1 line: 1 would be new, 0 changed, 0 as before.").wait_for()
    expect(page.locator("tbody tr", has_text=address)).to_have_count(0)
    button(page, "Import now").click()
    drawer(page).get_by_text("1 line imported").wait_for()
    with page.expect_download() as download:
        button(page, "Download CSV").click()
    assert address in Path(download.value.path()).read_text(encoding="utf-8-sig")
    page.keyboard.press("Escape")
    expect(page.locator("tbody tr", has_text=address)).to_have_count(1)


def test_open_hours_holidays_and_thresholds_are_kept(window: Callable[..., Reader]) -> None:
    reader = window()
    page = tab(reader, "hours")
    page.get_by_label("Always open").uncheck()
    page.get_by_label("Monday: open until").fill("20:00")
    page.get_by_label("Saturday: add a window").click()
    page.get_by_label("Add a holiday", exact=True).first.fill("2026-12-25")
    button(page, "Add a holiday").click()
    button(page, "Save").click()
    page.get_by_text("Saved").wait_for()
    page = tab(reader, "hours")
    expect(page.get_by_label("Monday: open until")).to_have_value("20:00")
    expect(page.get_by_label("Saturday: open from")).to_have_value("09:00")
    expect(page.get_by_label("Sunday: open from")).to_have_count(0)
    page.get_by_text("25 Dec 2026").wait_for()

    page = tab(reader, "workspace")
    page.get_by_label("Short abandon, seconds").fill("99")
    page.get_by_text("1 change", exact=True).wait_for()
    with reader.expecting("400"):
        button(page, "Save").click()
        expect(page.get_by_label("Short abandon, seconds")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Short abandon, seconds").fill("7")
    button(page, "Save").click()
    page.get_by_text("Nothing changed").wait_for()
    expect(tab(reader, "workspace").get_by_label("Short abandon, seconds")).to_have_value("7")


def test_a_target_in_percent_is_the_share_that_the_api_keeps(office: Office, window: Callable[..., Reader]) -> None:
    page = tab(window(), "targets")
    button(page, "Add a target").click()
    page.get_by_label("Target, %").fill("92.5")
    button(page, "Save").first.click()
    page.get_by_text("Saved").wait_for()
    (kept,) = office.call("anna", "GET", "/v1/targets").json["targets"]
    assert (kept["metric"], kept["team_id"], kept["value"]) == ("answer_rate", "", 0.925)


def test_an_unknown_account_leads_to_its_calls_and_to_a_person(office: Office, window: Callable[..., Reader]) -> None:
    # It was idle for long, and is the server's to close.
    office.pbx.close()
    office.ring("q1", "zoe")
    office.said("answered", "q1", leg_id="q1-l0", agent={"id": "zoe"})
    office.said("completed", "q1")
    wait_for("the call of the unknown account", lambda: _unmapped(office) or None)
    reader = window()
    page = tab(reader, "quality", days="7")
    finding = page.locator("tr[data-key=person_unmapped]")
    link = finding.locator("td a").first
    expect(link).to_have_text("1")
    link.click()
    assert counted(page) == 1

    page = tab(reader, "quality", days="7")
    stranger = page.locator("tr", has=page.locator("code", has_text="zoe"))
    stranger.get_by_role("link", name="1", exact=True).click()
    assert counted(page) == 1
    page = tab(reader, "quality", days="7")
    button(stranger, "Assign").click()
    page.get_by_label("Person").select_option(label="Boris")
    button(drawer(page), "Assign").click()
    expect(page.locator("tr", has=page.locator("code", has_text="zoe"))).to_have_count(0)
    users = office.call("anna", "GET", "/v1/directory/users").json["users"]
    (boris,) = [user for user in users if user["id"] == "u-boris"]
    assert {"connection": "pbx", "id": "zoe"} in [
        {name: account[name] for name in ("connection", "id")} for account in boris["accounts"]
    ]


def _unmapped(office: Office) -> int:
    """Calls of unknown accounts that lists show by now."""
    office.stack.observer.roll_up(office.workspace)
    findings = office.call("anna", "GET", "/v1/quality").json["findings"]
    return sum(int(one["count"]) for one in findings if one["finding"] == "person_unmapped")


def test_what_was_done_here_is_on_record(window: Callable[..., Reader]) -> None:
    reader = window()
    page = tab(reader, "audit", action="user")
    expect(page.locator("tbody tr").first).to_contain_text("user.")
    actions = page.locator("tbody tr th").all_inner_texts()
    assert actions
    assert all(action.startswith("user.") for action in actions)


def test_who_may_not_manage_is_told_so(window: Callable[..., Reader]) -> None:
    page = window("boris").open("settings", tab="people")
    page.get_by_role("heading", name="Not yours to see").wait_for()
    expect(page.get_by_text("Change settings")).to_be_visible()


@pytest.mark.parametrize("language", ["es", "ru", "pl"])
def test_joining_a_provider_is_told_in_the_readers_language(window: Callable[..., Reader], language: str) -> None:
    reader = window()
    english = _steps(reader).all_inner_texts()
    reader.look(PHONE, language=language)
    steps = _steps(reader)
    expect(steps.first).not_to_have_text(english[0])
    told = steps.all_inner_texts()
    assert len(told) == len(english)
    assert not set(told) & set(english)
    assert [one for one in reader.overflowing() if "dialog" in one] == []


def _steps(reader: Reader) -> Locator:
    page = tab(reader, "connections")
    page.locator("section > header button.primary").click()
    button(page, "Twilio").click()
    steps = page.locator("ol.steps li")
    steps.first.wait_for()
    return steps
