"""The team: rows that add up to what happened, everybody's own part of it, and when they were there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageOf
from tests.browser.tables import DASH, UNKNOWN, count, read, seconds, table
from tests.browser.test_interactions import counted
from tests.deployed import Stack
from tools.simulator import seeding
from tools.simulator.history import History
from tools.simulator.truth import Row, Truth

BY_PERSON = "Calls and messages by person"
UNASSIGNED = "unassigned"
# The clock went back in the night before: the day had 25 hours.
LONG_DAY = date(2026, 11, 1)
STATUSES = {"Talking": "talking", "Online": "online", "Do not disturb": "dnd", "Offline": "offline"}


def calls(known: Truth) -> list[Row]:
    return [row for row in known.calls.values() if not row["is_spam"]]


def by_person(known: Truth) -> dict[str, Counter[str]]:
    """What each person did, "unassigned" for what belongs to nobody, and "total"."""
    found: dict[str, Counter[str]] = {}

    def add(user: object, column: str, amount: int = 1) -> None:
        for key in (str(user) or UNASSIGNED, "total"):
            found.setdefault(key, Counter())[column] += amount

    for row in calls(known):
        user = row["user_id"]
        add(user, "Calls made", int(row["direction"] == "outbound"))
        add(user, "Calls received", int(row["direction"] == "inbound"))
        add(user, "Calls answered", int(row["outcome"] == "answered"))
        add(user, "Missed calls", int(bool(row["is_missed"])))
        add(user, "Talk", int(row["talk_s"] or 0))
    for row in known.messages.values():
        add(row["user_id"], "Messages sent", int(row["direction"] == "outbound"))
        add(row["user_id"], "Messages received", int(row["direction"] == "inbound"))
    return found


def people(page: Page) -> list[str]:
    """Who stands in the ranking, in its order."""
    page.locator(".ranking li").first.wait_for()
    return [str(one) for one in page.locator(".ranking li").evaluate_all("all => all.map(one => one.dataset.key)")]


# ---------------------------------------------------------------- the table


def test_rows_and_unassigned_add_up_to_the_totals_of_what_happened(
    page_of: PageOf, dates: dict[str, str], known: Truth
) -> None:
    page = page_of("owner").open("team", **dates, tab="table")
    shown = read(table(page, BY_PERSON))
    expected = by_person(known)
    for column in expected["total"]:
        amount = seconds if column == "Talk" else count
        rows = {key: amount(cells[column]) for key, cells in shown.items()}
        assert rows == {key: expected.get(key, Counter())[column] for key in shown}, column
        assert sum(n for key, n in rows.items() if key != "total") == rows["total"], column
    assert set(expected) <= set(shown)


@pytest.mark.parametrize("column", ["Calls received", "Calls answered", "Calls made"])
def test_a_number_of_a_person_leads_to_as_many_rows(
    page_of: PageOf, dates: dict[str, str], known: Truth, column: str
) -> None:
    reader = page_of("owner")
    page = reader.open("team", **dates, tab="table")
    shown = table(page, BY_PERSON)
    expected = by_person(known)["carla"][column]
    assert expected > 1
    place = [one.strip() for one in shown.locator("thead th").all_inner_texts()].index(column)
    shown.locator("tr[data-key=carla] > *").nth(place).get_by_role("link").click()
    page.wait_for_url("**/interactions?**")
    reader.settled()
    assert counted(page) == expected


def test_what_belongs_to_nobody_is_told_by_its_reason(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    reader = page_of("owner")
    page = reader.open("team", **dates, tab="table")
    reasons = Counter(str(row["unattributed"]) for row in calls(known) if not row["user_id"])
    link = page.locator("p", has_text="Calls without a person:").get_by_role("link")
    assert sorted(count(one) for one in link.all_inner_texts()) == sorted(reasons.values())
    first = count(link.first.inner_text())
    link.first.click()
    page.wait_for_url("**unattributed=**")
    reader.settled()
    assert counted(page) == first


def test_columns_are_chosen_from_the_catalogue_and_sorted_by_the_server(
    page_of: PageOf, dates: dict[str, str], known: Truth
) -> None:
    reader = page_of("owner")
    page = reader.open("team", **dates, tab="table", columns="calls_answered,average_talk_s")
    assert list(read(table(page, BY_PERSON))["total"]) == ["Person", "Calls answered", "Average conversation"]
    for direction, descending in (("descending", True), ("ascending", False)):
        page.get_by_role("button", name="Calls answered", exact=True).click()
        expect(page.locator(f"th[aria-sort={direction}]")).to_have_text("Calls answered")
        reader.settled()
        shown = read(table(page, BY_PERSON))
        order = [count(cells["Calls answered"]) for key, cells in shown.items() if key not in (UNASSIGNED, "total")]
        assert order == sorted(order, reverse=descending)
        assert list(shown)[-2:] == [UNASSIGNED, "total"]
    expected = by_person(known)
    assert sum(order) == expected["total"]["Calls answered"]


# ---------------------------------------------------------------- ranking, comparison, trends


def test_people_are_ranked_by_handled_calls_with_ties_by_name(
    page_of: PageOf, dates: dict[str, str], known: Truth, story: History
) -> None:
    page = page_of("owner").open("team", **dates)
    handled = {key: n["Calls answered"] for key, n in by_person(known).items() if key not in (UNASSIGNED, "total")}
    names = {person.id: person.name for person in story.company.people}
    assert page.locator(".ranking li").count() == 10
    page.get_by_role("button", name="Show all").click()
    order = people(page)
    assert set(handled) <= set(order)
    values = [count(one) for one in page.locator(".ranking .value").all_inner_texts()]
    assert values == [handled.get(key, 0) for key in order]
    shown = page.locator(".ranking .rank-name").all_inner_texts()
    assert list(zip(values, shown, strict=True)) == sorted(
        zip(values, shown, strict=True), key=lambda one: (-one[0], one[1].casefold())
    )
    assert shown == [names[key] for key in order]


def test_teams_have_a_row_each_and_one_for_no_team(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    page = page_of("owner").open("team", **dates, metric="calls")
    shown = read(table(page, "By team"))
    expected = Counter(str(row["team_id"]) or "none" for row in calls(known))
    rows = {key: count(cells["Calls"]) for key, cells in shown.items() if key != "total"}
    assert rows == {key: expected[key] for key in rows}
    assert "none" in rows
    assert count(shown["total"]["Calls"]) == len(calls(known))
    expect(page.get_by_text("Somebody may be in several teams")).to_be_visible()


def test_chosen_people_stand_side_by_side_against_the_first(
    page_of: PageOf, dates: dict[str, str], known: Truth
) -> None:
    page = page_of("owner").open("team", **dates, tab="compare", compared="boris,anna,carla")
    shown = read(table(page, "Calls answered, side by side"))
    expected = by_person(known)
    handled = {key: expected[key]["Calls answered"] for key in ("boris", "anna", "carla")}
    assert {key: count(cells["Calls answered"]) for key, cells in shown.items()} == handled
    assert list(shown) == ["boris", "anna", "carla"]
    assert shown["boris"]["Against the first"] == UNKNOWN
    against = {key: count(cells["Against the first"]) for key, cells in list(shown.items())[1:]}
    assert against == {key: handled[key] - handled["boris"] for key in ("anna", "carla")}
    page.get_by_role("button", name="Show as table").click()
    days = page.locator(".chart-table tbody tr")
    assert days.count() == (date.fromisoformat(dates["to"]) - date.fromisoformat(dates["from"])).days + 1


def test_everybody_has_a_small_chart_on_the_same_scale(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    page = page_of("owner").open("team", **dates, tab="trends")
    page.locator(".multiple").first.wait_for()
    handled = {
        key: n["Calls answered"]
        for key, n in by_person(known).items()
        if key not in (UNASSIGNED, "total") and n["Calls answered"]
    }
    assert sorted(count(one) for one in page.locator(".multiple b.number").all_inner_texts()) == sorted(
        handled.values()
    )
    # Days without calls are drawn as 0.
    page.locator(".multiple").first.get_by_role("button", name="Show as table").click()
    cells = page.locator(".multiple").first.locator(".chart-table td").all_inner_texts()
    assert sum(map(count, cells)) == max(handled.values())


# ---------------------------------------------------------------- who was there


def test_time_in_each_status_is_what_the_telephones_said(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    page = page_of("owner").open("team", **dates, tab="presence")
    shown = read(table(page, "Time in each status"))
    assert shown
    for person, cells in shown.items():
        for header, status in STATUSES.items():
            expected = sum(n for (who, _, said), n in known.presence_s.items() if (who, said) == (person, status))
            # Each stretch is cut to seconds by itself.
            assert abs(seconds(cells[header]) - expected) <= 2 * len(known.presence), (person, status)


def test_the_strip_of_a_long_day_has_no_gap_and_25_hours(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    page = page_of("owner").open("team", **dates, tab="presence", day=LONG_DAY.isoformat())
    strip = page.get_by_role("toolbar", name="Statuses of Grace Müller on 1 Nov 2026")
    strip.wait_for()
    said = [one.get_attribute("aria-label") or "" for one in strip.get_by_role("button").all()]
    parts = [one.rsplit(", ", 2) for one in said]
    assert parts[0][1].startswith(f"00:00:00{DASH}")
    assert parts[-1][1].endswith(f"{DASH}24:00:00")
    edges = [part[1].split(DASH) for part in parts]
    assert all(before[1] == after[0] for before, after in pairwise(edges))
    assert sum(seconds(part[2]) for part in parts) == 25 * 3600
    strip.get_by_role("button").first.focus()
    expect(page.locator(".strip-said")).to_contain_text("Grace Müller: " + parts[0][0])


def test_attendance_is_kept_as_a_file(page_of: PageOf, dates: dict[str, str]) -> None:
    page = page_of("owner").open("team", **dates, tab="presence")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Attendance (CSV)").click()
    lines = waiting.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 1
    assert any("Grace Müller" in line for line in lines)


def test_each_ring_is_in_one_column(page_of: PageOf, dates: dict[str, str]) -> None:
    page = page_of("owner").open("team", **dates, tab="rings")
    shown = read(table(page, "Rings of incoming calls by person"))
    parts = ("Answered", "Missed", "Declined", "Colleague", "Too short")
    assert len(shown) > 1
    for cells in shown.values():
        assert sum(count(cells[part]) for part in parts) == count(cells["Rang"])


def test_shares_of_the_work_are_of_all_calls(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    page = page_of("owner").open("team", **dates, tab="load")
    shown = read(table(page, "Share of the work"))
    owned = Counter(str(row["user_id"]) or UNASSIGNED for row in calls(known))
    assert {key: count(cells["Calls"]) for key, cells in shown.items()} == {
        **{key: owned[key] for key in shown},
        "total": len(calls(known)),
    }


# ---------------------------------------------------------------- who is gone


@pytest.fixture
def gone(stack: Stack, spare: seeding.Seeded) -> Iterator[str]:
    """Somebody of the second workspace who was deleted, and comes back afterwards."""
    login = spare.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    who = "/v1/directory/users/grace"
    assert stack.observer.call("DELETE", who, token, headers={"if-match": "*"}).status == HTTPStatus.OK
    yield "Grace Müller"
    assert stack.observer.call("POST", f"{who}/activate", token).status == HTTPStatus.OK


def test_deleted_people_are_chosen_once_they_are_asked_for(page_of: PageOf, spare: seeding.Seeded, gone: str) -> None:
    reader = page_of("owner", spare)
    page = reader.open("team", tab="table")
    page.get_by_role("button", name="People:").click()
    people = page.get_by_role("group", name="People").locator("label")
    expect(people.first).to_be_visible()
    assert gone not in " ".join(people.all_inner_texts())
    page.get_by_label("Show deleted").check()
    expect(people.last).to_contain_text(gone)
    expect(people.last).to_have_class("gone")
    people.last.click()
    page.wait_for_url("**users=grace**")
    # Who follows the link reads the name, though nobody asked for deleted people.
    page.reload()
    reader.settled()
    expect(page.get_by_role("button", name=f"People: {gone}")).to_be_visible()


# ---------------------------------------------------------------- the profile


def test_the_profile_tells_who_it_is_and_its_statuses_fill_the_period(page_of: PageOf, dates: dict[str, str]) -> None:
    reader = page_of("owner")
    page = reader.open("team", **dates, tab="table")
    opener = page.get_by_role("button", name="Grace Müller")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.locator(".profile-tiles").wait_for()
    expect(dialog.get_by_role("heading", level=2)).to_have_text("Grace Müller")
    expect(dialog.locator("code").first).to_be_visible()
    for period in ("Last 3 days", "Last 7 days", "Today"):
        dialog.get_by_role("button", name=period).click()
        expect(dialog.get_by_role("button", name=period)).to_have_attribute("aria-pressed", "true")
        reader.settled()
        parts = dialog.locator(".status-list li b").all_inner_texts()
        _, _, elapsed = dialog.get_by_text(" known of ").inner_text().partition(" known of ")
        assert sum(map(seconds, parts)) == seconds(elapsed)
        assert reader.axe() == []
    assert "person=grace" in page.url
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_the_profile_leads_to_the_calls_of_the_same_person_and_period(page_of: PageOf) -> None:
    page = page_of("owner").open("team", tab="table", person="anna")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Last 7 days").click()
    dialog.locator(".stale").wait_for(state="detached")
    bars = dialog.get_by_role("table", name="Calls by day").locator("tbody tr")
    expect(bars).to_have_count(7)
    dialog.get_by_role("link", name="Open in the call log").click()
    page.wait_for_url("**/interactions?**users=anna**")
    asked = parse_qs(urlsplit(page.url).query)
    days = date.fromisoformat(asked["to"][0]) - date.fromisoformat(asked["from"][0])
    assert days.days == 6


# ---------------------------------------------------------------- who sees what


def test_an_operator_sees_only_themself(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    page = page_of("operator").open("team", **dates)
    tabs = page.get_by_role("navigation", name="Parts of the team page").get_by_role("link").all_inner_texts()
    assert "Ranking" not in tabs
    assert "Compare" not in tabs
    shown = read(table(page, BY_PERSON))
    assert set(shown) == {"anna", UNASSIGNED, "total"}
    assert count(shown["anna"]["Calls answered"]) == by_person(known)["anna"]["Calls answered"]


def test_a_profile_out_of_sight_is_not_there(page_of: PageOf) -> None:
    reader = page_of("operator")
    with reader.expecting(r"^404: GET .*/profile"):
        page = reader.open("team", person="boris")
        expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Not there")


def test_a_manager_sees_the_people_of_their_teams(page_of: PageOf, dates: dict[str, str], story: History) -> None:
    page = page_of("manager").open("team", **dates)
    mine = {person.id for person in story.company.people if person.team == "sales"}
    assert set(people(page)) == mine
    teams = read(table(page, "By team"))
    assert set(teams) == {"sales", "none", "total"}
