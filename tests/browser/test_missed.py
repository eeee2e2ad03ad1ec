"""Missed callers: the work list is the story's, work on a case is kept and undone, and who sees what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageOf
from tests.browser.reader import PHONE, Reader
from tests.deployed import Stack
from tools.simulator import deliver, seeding
from tools.simulator.truth import Row, Truth

# What the list holds without dates: everything that nothing has closed.
OPEN = ("open", "assigned")


def cases_of(page: Page) -> dict[str, str]:
    """State by id of every row, page after page."""
    more = page.locator(".more-cases button")
    while more.count():
        before = page.locator(".cases tr[data-key]").count()
        more.click()
        page.wait_for_function("n => document.querySelectorAll('.cases tr[data-key]').length > n", arg=before)
    rows = page.locator(".cases tr[data-key]")
    found = rows.evaluate_all(
        "rows => rows.map(row => [row.dataset.key, row.querySelector('[data-state]').dataset.state])"
    )
    return dict(found)


def counted(page: Page) -> int:
    return int(page.locator(".counted [data-count]").get_attribute("data-count") or "-1")


def counter(page: Page, name: str) -> int:
    return int(re.sub(r"\D", "", page.locator(f"[data-counter={name}] b").inner_text()))


# ---------------------------------------------------------------- the list


def test_the_cases_of_the_period_are_those_of_the_story_in_their_states(
    page_of: PageOf, dates: dict[str, str], known: Truth
) -> None:
    page = page_of("owner").open("missed", each="case", **dates)
    expected = {record_id: str(row["state"]) for record_id, row in known.cases.items()}
    assert counted(page) == len(expected)
    assert cases_of(page) == expected
    states = Counter(expected.values())
    for state in ("open", "attempted", "reached", "resolved_by_customer"):
        assert counter(page, state) == states[state]


def test_the_list_without_dates_is_what_is_still_open_one_row_for_each_caller(page_of: PageOf, known: Truth) -> None:
    page = page_of("owner").open("missed")
    still = [row for row in known.cases.values() if row["state"] in OPEN]
    assert still
    assert counter(page, "open") == sum(row["state"] == "open" for row in still)
    assert counted(page) == len({row["remote_number"] for row in still})


def test_a_state_is_chosen_by_its_counter_and_stands_in_the_address(
    page_of: PageOf, dates: dict[str, str], known: Truth
) -> None:
    reader = page_of("owner")
    page = reader.open("missed", each="case", **dates)
    page.locator("[data-counter=reached]").click()
    page.wait_for_url("**states=reached**")
    reader.settled()
    assert set(cases_of(page)) == _in(known, "reached")


def test_only_unrecovered_leaves_what_nobody_called_back(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    reader = page_of("owner")
    page = reader.open("missed", each="case", **dates)
    page.get_by_label("Only unrecovered").check()
    page.wait_for_url("**states=open**")
    reader.settled()
    assert set(cases_of(page)) == _in(known, "open", "assigned")


def test_an_operator_sees_no_case_of_another_team(
    page_of: PageOf, dates: dict[str, str], known: Truth, seeded: seeding.Seeded
) -> None:
    page = page_of("operator").open("missed", each="case", **dates)
    seen = set(cases_of(page))
    assert seen < set(known.cases)
    mine = {i for i, row in known.cases.items() if row["user_id"] == seeded.login("anna").person.id}
    assert mine <= seen


def _in(known: Truth, *states: str) -> set[str]:
    return {record_id for record_id, row in known.cases.items() if row["state"] in states}


# ---------------------------------------------------------------- recovery and missed calls


def _unrecovered(row: Row) -> bool:
    """A miss that nobody called back about and whose caller was not answered later."""
    return bool(row["recovery_state"]) and not row["is_recovered"] and row["recovery_state"] != "resolved_by_customer"


def test_recovery_counts_cases_by_state_and_leads_to_them(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    reader = page_of("owner")
    page = reader.open("missed", tab="recovery", **dates)
    reached = _in(known, "reached")
    link = page.locator(".states [data-state=reached] a")
    assert int(link.inner_text()) == len(reached)
    link.click()
    page.wait_for_url("**states=reached**")
    reader.settled()
    assert set(cases_of(page)) == reached


def test_the_card_of_unrecovered_misses_leads_to_as_many_calls(
    page_of: PageOf, dates: dict[str, str], known: Truth
) -> None:
    reader = page_of("owner")
    page = reader.open("missed", tab="recovery", **dates)
    link = page.locator("[data-metric=calls_unrecovered] .figure a")
    said = int(re.sub(r"\D", "", link.inner_text()))
    assert said == sum(_unrecovered(row) for row in known.calls.values())
    link.click()
    page.wait_for_url("**/app/interactions**only_unrecovered=true**")
    reader.settled()
    assert int(page.locator("[data-count]").get_attribute("data-count") or "-1") == said


def test_missed_calls_are_listed_alone_or_those_that_nobody_followed_up(
    page_of: PageOf, dates: dict[str, str], known: Truth
) -> None:
    reader = page_of("owner")
    page = reader.open("missed", tab="calls", **dates)
    assert counted(page) == sum(bool(row["is_missed"]) for row in known.calls.values())
    page.get_by_role("button", name="Only unrecovered").click()
    page.wait_for_url("**only_unrecovered=true**")
    reader.settled()
    assert counted(page) == sum(_unrecovered(row) for row in known.calls.values())


# ---------------------------------------------------------------- one case


def test_a_case_is_told_with_every_call_since_the_miss(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    case = next(row for row in known.cases.values() if row["state"] == "reached" and row["recovery_call"])
    page = page_of("owner").open("missed", case=str(case["record_id"]), each="case", **dates)
    drawer = page.locator("dialog[open]")
    drawer.locator(".story li.miss").first.wait_for()
    assert drawer.locator(".story li.miss").count() == case["misses"]
    expect(drawer.get_by_text("Reached", exact=True).first).to_be_visible()
    assert drawer.locator(".story li").count() > int(str(case["misses"]))
    drawer.locator(".story li.miss button").first.click()
    page.locator("dialog[open] [data-interaction]").wait_for()


# ---------------------------------------------------------------- work


@pytest.fixture
def untouched(
    page_of: PageOf, stack: Stack, seeded: seeding.Seeded, sent: deliver.Sent, known: Truth
) -> Iterator[tuple[Reader, Row]]:
    """The work list and an open case in it; whatever was said about the case is taken back afterwards."""
    reader = page_of("owner")
    case = max((r for r in known.cases.values() if r["state"] == "open"), key=lambda r: str(r["local_date"]))
    yield reader, case
    login = seeded.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    stack.observer.call("PUT", f"/v1/cases/{case['record_id']}", token, {"state": None}, {"if-match": "*"})


def test_work_on_a_case_is_shown_at_once_kept_and_undone(
    untouched: tuple[Reader, Row], dates: dict[str, str], stack: Stack, seeded: seeding.Seeded
) -> None:
    reader, case = untouched
    page = reader.open("missed", each="case", **dates)
    row = page.locator(f'tr[data-key="{case["record_id"]}"]')
    row.locator("[data-act=mine]").click()
    expect(row.locator("[data-state=assigned]")).to_be_visible()
    page.get_by_text("It is yours now.").wait_for()
    login = seeded.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    path = f"/v1/cases/{case['record_id']}"
    assert stack.observer.asked(path, token)["assignee"] == login.person.id
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    page.get_by_text("Undone.").wait_for()
    said = stack.observer.asked(path, token)
    assert (said["state"], said["assignee"]) == (None, "")
    expect(row.locator("[data-state=open]")).to_be_visible()


def test_a_case_is_dismissed_with_its_reason_and_stays_in_its_place_until_one_looks_anew(
    untouched: tuple[Reader, Row], dates: dict[str, str], stack: Stack, seeded: seeding.Seeded
) -> None:
    reader, case = untouched
    page = reader.open("missed", each="case", **dates)
    row = page.locator(f'tr[data-key="{case["record_id"]}"]')
    row.locator("[data-open]").focus()
    page.keyboard.press("d")
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Reason").select_option(label="Spam or advertising")
    dialog.get_by_role("button", name="Dismiss").click()
    expect(row.locator("[data-state=dismissed]")).to_be_visible()
    page.get_by_text("Dismissed.", exact=False).first.wait_for()
    login = seeded.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    said = stack.observer.asked(f"/v1/cases/{case['record_id']}", token)
    assert said["state"] == "dismissed"
    assert "Spam or advertising" in said["note"]


def test_who_was_slower_is_told_and_nothing_is_overwritten(
    untouched: tuple[Reader, Row], dates: dict[str, str], stack: Stack, seeded: seeding.Seeded
) -> None:
    reader, case = untouched
    page = reader.open("missed", each="case", **dates)
    login = seeded.login("martin")
    token = stack.observer.sign_in(login.email, login.password)
    path = f"/v1/cases/{case['record_id']}"
    mine = {"state": "assigned", "assignee": login.person.id}
    stack.observer.call("PUT", path, token, mine, {"if-match": "*"})
    page.locator(f'tr[data-key="{case["record_id"]}"] [data-act=reached]').click()
    page.get_by_text("Somebody else changed this meanwhile").wait_for()
    assert stack.observer.asked(path, token)["assignee"] == login.person.id


def test_the_list_is_walked_by_keyboard(page_of: PageOf, dates: dict[str, str]) -> None:
    page = page_of("owner").open("missed", each="case", **dates)
    keys = page.locator(".cases tr[data-key]").evaluate_all("rows => rows.slice(0, 3).map(row => row.dataset.key)")
    focused = "() => document.activeElement.dataset.open"
    for expected in keys:
        page.keyboard.press("j")
        assert page.evaluate(focused) == expected
    page.keyboard.press("k")
    assert page.evaluate(focused) == keys[1]
    page.keyboard.press("Enter")
    page.locator(f'dialog[open] [data-case="{keys[1]}"]').wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.evaluate(focused) == keys[1]


def test_calling_back_is_one_touch_on_a_telephone(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    reader = page_of("owner")
    reader.look(PHONE)
    page = reader.open("missed", each="case", **dates)
    key = page.locator(".cases tr[data-key]").first.get_attribute("data-key") or ""
    call = page.locator(".cases tr[data-key]").first.locator("[data-act=call]")
    assert call.get_attribute("href") == f"tel:{known.cases[key]['remote_number']}"
    box = call.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 40
