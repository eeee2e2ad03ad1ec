"""Business numbers: rows that add up to what happened on them, and numbers over each other."""

from __future__ import annotations

from collections import Counter

from playwright.sync_api import expect

from tests.browser.conftest import PageOf
from tests.browser.tables import UNKNOWN, count, read, seconds, table
from tests.browser.test_interactions import counted
from tools.simulator.history import History
from tools.simulator.truth import Row, Truth

EVERY_NUMBER = "Every business number"


def calls(known: Truth) -> list[Row]:
    return [row for row in known.calls.values() if not row["is_spam"]]


def by_number(known: Truth, story: History) -> dict[str, Counter[str]]:
    """What happened on each number, by its id; "none" for numbers that are nobody's."""
    lines = {line.e164: line.id for line in story.company.lines}
    found: dict[str, Counter[str]] = {}
    for row in calls(known):
        mine = found.setdefault(lines.get(str(row["business_number"]), "none"), Counter())
        mine["Calls received"] += row["direction"] == "inbound"
        mine["Calls made"] += row["direction"] == "outbound"
        mine["Calls answered"] += row["outcome"] == "answered"
        mine["Missed calls"] += int(bool(row["is_missed"]))
        mine["Talk"] += int(row["talk_s"] or 0)
    for row in known.messages.values():
        mine = found.setdefault(lines.get(str(row["business_number"]), "none"), Counter())
        mine["Messages received"] += row["direction"] == "inbound"
        mine["Messages sent"] += row["direction"] == "outbound"
    return found


def test_each_number_has_its_own_figures_and_they_add_up(
    page_of: PageOf, dates: dict[str, str], known: Truth, story: History
) -> None:
    page = page_of("owner").open("numbers", **dates)
    shown = read(table(page, EVERY_NUMBER))
    expected = by_number(known, story)
    assert set(expected) <= set(shown)
    for column in expected["main"]:
        amount = seconds if column == "Talk" else count
        rows = {key: amount(cells[column]) for key, cells in shown.items()}
        assert {key: n for key, n in rows.items() if key != "total"} == {
            key: expected.get(key, Counter())[column] for key in shown if key != "total"
        }, column
        assert sum(n for key, n in rows.items() if key != "total") == rows["total"], column


def test_numbers_come_in_the_order_of_the_column_that_is_asked_for(page_of: PageOf, dates: dict[str, str]) -> None:
    reader = page_of("owner")
    page = reader.open("numbers", **dates)
    for direction, descending in (("descending", True), ("ascending", False)):
        page.get_by_role("button", name="Missed rate", exact=True).click()
        expect(page.locator(f"th[aria-sort={direction}]")).to_have_text("Missed rate")
        reader.settled()
        shown = read(table(page, EVERY_NUMBER))
        rates = [float(cells["Missed rate"].rstrip("%")) for cells in shown.values() if cells["Missed rate"] != UNKNOWN]
        assert rates[:-1] == sorted(rates[:-1], reverse=descending)


def test_a_number_of_a_number_leads_to_as_many_rows(
    page_of: PageOf, dates: dict[str, str], known: Truth, story: History
) -> None:
    reader = page_of("owner")
    page = reader.open("numbers", **dates, columns="calls_missed,calls_received")
    expected = by_number(known, story)["main"]["Missed calls"]
    assert expected > 0
    table(page, EVERY_NUMBER).locator("tr[data-key=main] td").first.get_by_role("link").click()
    page.wait_for_url("**/interactions?**")
    reader.settled()
    assert counted(page) == expected


def test_a_number_is_compared_with_others_from_its_row(
    page_of: PageOf, dates: dict[str, str], known: Truth, story: History
) -> None:
    reader = page_of("owner")
    page = reader.open("numbers", **dates)
    page.get_by_role("button", name="Compare Main line with others").click()
    page.get_by_text("Choose at least two to compare.").wait_for()
    page.get_by_role("button", name="Compare: Main line").click()
    page.get_by_role("checkbox", name="Support").check()
    page.wait_for_url("**compared=main%2Csupport**")
    reader.settled()
    shown = read(table(page, "Calls answered, side by side"))
    expected = by_number(known, story)
    assert list(shown) == ["main", "support"]
    answered = {key: expected[key]["Calls answered"] for key in shown}
    assert {key: count(cells["Calls answered"]) for key, cells in shown.items()} == answered
    difference = answered["support"] - answered["main"]
    assert count(shown["support"]["Against the first"]) == difference


def test_queues_and_sources_have_calls_alone(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    reader = page_of("owner")
    for tab, label, field in (("queues", "Every queue", "queue"), ("sources", "Every source", "source")):
        page = reader.open("numbers", **dates, tab=tab)
        shown = read(table(page, label))
        assert "Messages sent" not in shown["total"]
        received = Counter(str(row[field] or "") or "none" for row in calls(known) if row["direction"] == "inbound")
        rows = {key: count(cells["Calls received"]) for key, cells in shown.items() if key != "total"}
        assert sum(rows.values()) == sum(received.values()), tab
        assert rows == {key: received[key] for key in rows}, tab


def test_a_member_sees_their_own_number(page_of: PageOf, dates: dict[str, str], known: Truth, story: History) -> None:
    page = page_of("member").open("numbers", **dates)
    shown = read(table(page, EVERY_NUMBER))
    assert {key for key in shown if key not in ("none", "total")} == {"ines"}
    assert count(shown["ines"]["Calls received"]) == by_number(known, story)["ines"]["Calls received"]
