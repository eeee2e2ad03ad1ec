"""Calls and messages: the rows behind every number, one of them in full, and what people say about it."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Callable, Collection
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, expect
from playwright.sync_api import TimeoutError as NotInTime

from tests.browser.conftest import PageOf
from tests.browser.reader import PHONE
from tests.deployed import Stack
from tools.simulator import seeding
from tools.simulator.history import History
from tools.simulator.truth import Row, Truth

# The policy lets recordings come from https alone, as providers have them.
MEDIA = re.compile(r"^https://[^/]*example\.com/")


def counted(page: Page) -> int:
    """How many rows the page says there are, once it knows."""
    said = page.locator("[data-count]:not([data-count=''])")
    said.wait_for()
    return int(said.get_attribute("data-count") or "-1")


def listed(page: Page) -> set[str]:
    """Record ids of all rows, page after page."""
    more = page.locator(".more-rows button")
    while more.count():
        before = page.locator("tbody tr[data-key]").count()
        # The button goes away with the last page, perhaps between two looks at it.
        with suppress(NotInTime):
            more.first.click(force=True, timeout=2_000)
        page.wait_for_function(
            "(before) => document.querySelectorAll('tbody tr[data-key]').length > before"
            " || document.querySelector('.more-rows button') === null",
            arg=before,
        )
    keys = page.locator("tbody tr[data-key]").evaluate_all("rows => rows.map(row => row.dataset.key)")
    return {str(key).partition(" ")[2] for key in keys}


def ids(rows: Collection[Row], keep: Callable[[Row], object] = lambda _row: True) -> set[str]:
    return {str(row["record_id"]) for row in rows if keep(row)}


@pytest.fixture
def token(stack: Stack, seeded: seeding.Seeded) -> str:
    login = seeded.login("olivia")
    return stack.observer.sign_in(login.email, login.password)


@pytest.fixture
def one(stack: Stack, token: str, dates: dict[str, str]) -> Callable[[Callable[[Any], object]], Any]:
    """A row of the API that fulfils a condition, the latest."""
    asked = f"/v1/interactions?from={dates['from']}&to={dates['to']}&limit=500"
    columns = (
        "record_id",
        "channel",
        "recordings",
        "transcript",
        "queue",
        "outcome",
        "remote_number",
        "direction",
        "type",
    )
    rows = stack.observer.asked(asked + "".join(f"&columns={name}" for name in columns), token)["rows"]

    def find(keep: Callable[[Any], object]) -> Any:
        return next(row for row in rows if keep(row))

    return find


def detail(page_of: PageOf, row: Any, role: str = "owner", **query: str) -> Page:
    page = page_of(role).open("interactions", open=f"{row['channel']}.{row['record_id']}", **query)
    page.locator("dialog[open] [data-interaction] h3").first.wait_for()
    return page


# ---------------------------------------------------------------- the list


def test_the_list_holds_every_call_and_text_of_the_story(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    page = page_of("owner").open("interactions", **dates)
    expected = ids(known.calls.values()) | ids(known.messages.values())
    assert counted(page) == len(expected)
    assert listed(page) == expected


@pytest.mark.parametrize(
    ("asked", "keep"),
    [
        ({"outcomes": "busy"}, lambda row: row["outcome"] == "busy"),
        ({"only_missed": "true"}, lambda row: row["is_missed"]),
        ({"wait_min_s": "20", "wait_max_s": "60"}, lambda row: row["wait_s"] is not None and 20 <= row["wait_s"] <= 60),
        ({"reasons": "rang_no_answer"}, lambda row: row["missed_reason"] == "rang_no_answer"),
        ({"labels": "repeat"}, lambda row: row["is_repeat"]),
    ],
)
def test_any_filter_in_the_address_counts_the_rows_of_the_story(
    page_of: PageOf, dates: dict[str, str], known: Truth, asked: dict[str, str], keep: Callable[[Row], object]
) -> None:
    page = page_of("owner").open("interactions", **dates, **asked)
    expected = ids(known.calls.values(), keep)
    assert expected
    assert counted(page) == len(expected)
    assert listed(page) == expected


def test_conditions_stand_in_words_and_are_taken_away_one_by_one(
    page_of: PageOf, dates: dict[str, str], known: Truth
) -> None:
    reader = page_of("owner")
    page = reader.open("interactions", **dates, outcomes="answered", only_missed="true", hour_from="10:00")
    chips = page.locator(".chip")
    assert [one.partition("\n")[0].strip() for one in chips.all_inner_texts()] == [
        "Time of day: ≥ 10:00",
        "Outcome: Answered",
        "Only missed",
    ]
    for field in ("only_missed", "hour_from"):
        page.locator(f".chip[data-field={field}] button").click()
        expect(page.locator(f".chip[data-field={field}]")).to_have_count(0)
    reader.settled()
    assert counted(page) == known.answered
    assert "outcomes=answered" in page.url


def test_a_part_of_a_number_finds_its_calls_and_texts(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    number = next(
        str(row["remote_number"]) for row in known.calls.values() if str(row["remote_number"]).startswith("+")
    )
    part = number[-5:]
    reader = page_of("owner")
    page = reader.open("interactions", **dates)
    search = page.get_by_role("searchbox", name="Number, or a part of it")
    search.fill(part[:3])
    page.get_by_text("At least 4 digits").wait_for()
    search.fill(part)
    search.press("Enter")
    page.wait_for_url("**remote=**")
    reader.settled()
    rows = [*known.calls.values(), *known.messages.values()]
    assert listed(page) == ids(rows, lambda row: part in str(row["remote_number"]))


def test_quick_filters_and_durations_are_pressed_on_the_page(
    page_of: PageOf, dates: dict[str, str], known: Truth
) -> None:
    reader = page_of("owner")
    page = reader.open("interactions", **dates)
    page.get_by_role("button", name="Only missed").click()
    page.get_by_role("button", name="Durations").click()
    page.get_by_role("group", name="Waited").get_by_label("At least, s").fill("15")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**wait_min_s=15**")
    reader.settled()
    calls = known.calls.values()
    expected = ids(calls, lambda row: row["is_missed"] and row["wait_s"] is not None and int(row["wait_s"]) >= 15)
    assert counted(page) == len(expected)


def test_a_longer_period_than_a_list_may_have_is_refused_and_cut(page_of: PageOf) -> None:
    reader = page_of("owner")
    with reader.expecting(r"^400: GET"):
        page = reader.open("interactions", preset="last_12_months")
        page.get_by_text("at most 3 calendar months").first.wait_for()
        page.get_by_role("button", name="Show the last three months").click()
        page.wait_for_url("**preset=last_3_months**")
        reader.settled()
        assert counted(page) >= 0


def test_an_operator_sees_their_own_calls_the_latest_first(
    page_of: PageOf, dates: dict[str, str], known: Truth, seeded: seeding.Seeded
) -> None:
    page = page_of("operator").open("interactions", **dates)
    rows = [*known.calls.values(), *known.messages.values()]
    found = listed(page)
    mine = ids(rows, lambda row: row["user_id"] == seeded.login("anna").person.id)
    assert mine <= found
    assert found < ids(rows)
    page.get_by_role("link", name="My latest").click()
    page.wait_for_url("**users=anna**")
    page.locator("tbody tr[data-key]").first.wait_for()
    times = page.locator("tbody th").all_inner_texts()
    assert len(times) <= 50
    assert listed(page) >= mine


# ---------------------------------------------------------------- one of them


def test_a_call_is_told_with_its_path_to_the_second(
    page_of: PageOf, dates: dict[str, str], known: Truth, one: Callable[..., Any], story: History
) -> None:
    row = one(lambda row: row["queue"] and row["outcome"] == "answered")
    page = detail(page_of, row, **dates)
    told = known.calls[row["record_id"]]
    facts = dict(
        zip(
            page.locator("dialog dl.facts >> nth=0 >> dt").all_inner_texts(),
            page.locator("dialog dl.facts >> nth=0 >> dd").all_inner_texts(),
            strict=True,
        )
    )
    assert facts["Talked"] == clock(told["talk_s"])
    assert facts["Waited"] == clock(told["wait_s"])
    assert facts["Person"] == story.company.person(str(told["user_id"])).name
    drawn = page.locator("dialog .timeline [role=img]").get_attribute("aria-label") or ""
    assert [part.split(" ")[0] for part in drawn.split(", ")][-2:] == ["Ringing", "Talk"]
    page.locator("details.steps summary").click()
    assert "Queue" in page.locator("ol.path").inner_text()
    assert page.locator("ol.path li").first.locator("time").inner_text().count(":") == 2


def test_a_recording_plays_from_its_provider_and_the_look_is_on_record(
    page_of: PageOf, dates: dict[str, str], one: Callable[..., Any], stack: Stack, token: str
) -> None:
    row = one(lambda row: row["recordings"])
    opened: list[str] = []

    def sound(route: Route) -> None:
        opened.append(route.request.url)
        assert "authorization" not in route.request.headers
        route.fulfill(body=_tone(), content_type="audio/wav")

    page = page_of("owner").page
    page.route(MEDIA, sound)
    page = detail(page_of, row, **dates)
    assert not opened
    page.locator("[data-recording='1'] button").click()
    page.locator("[data-recording='1'] audio").wait_for(state="attached")
    page.wait_for_function("() => document.querySelector('dialog audio')?.duration > 0")
    assert opened
    audit = stack.observer.asked("/v1/directory/audit?action=recording.open", token)["lines"]
    assert row["record_id"] in {line["target"] for line in audit}


def test_a_recording_that_the_provider_does_not_hand_out_can_be_opened_there(
    page_of: PageOf, dates: dict[str, str], one: Callable[..., Any]
) -> None:
    row = one(lambda row: row["recordings"])
    reader = page_of("owner")
    reader.page.route(MEDIA, lambda route: route.abort())
    with reader.expecting(r"^failed: GET https://"):
        page = detail(page_of, row, **dates)
        page.locator("[data-recording='1'] button").click()
        page.get_by_text("cannot be played here").wait_for()
        assert MEDIA.match(page.locator("[data-recording='1'] a").get_attribute("href") or "")


def test_the_text_of_a_message_is_read_and_downloaded_only_when_asked_for(
    page_of: PageOf, dates: dict[str, str], one: Callable[..., Any], stack: Stack, token: str
) -> None:
    row = one(lambda row: row["channel"] == "message")
    page = detail(page_of, row, **dates)
    assert page.locator(".transcript").count() == 0
    page.get_by_role("button", name="Read message").click()
    said = page.locator(".transcript .line").inner_text()
    told = stack.observer.asked(f"/v1/interactions/{quote(row['record_id'])}/transcript?channel=message", token)
    assert said == told["lines"][0]["text"] != ""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as text").click()
    assert said in (download.value.path()).read_text(encoding="utf-8")


def test_what_people_say_about_a_call_is_kept(
    page_of: PageOf, dates: dict[str, str], one: Callable[..., Any], stack: Stack, token: str
) -> None:
    row = one(lambda row: row["channel"] == "call" and row["direction"] == "outbound")
    page = detail(page_of, row, **dates)
    page.get_by_label("Successful").select_option("yes")
    page.get_by_label("Tags").fill("vip, ask again")
    page.get_by_label("Note").fill("wants a call on Monday")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.").wait_for()
    marks = stack.observer.asked(f"/v1/calls/{quote(row['record_id'])}/marks", token)
    assert (marks["success"], marks["tags"], marks["note"]) == (True, ["vip", "ask again"], "wants a call on Monday")
    page = detail(page_of, row, **dates)
    assert page.get_by_label("Note").input_value() == "wants a call on Monday"


def test_a_quote_is_made_from_a_call(
    page_of: PageOf,
    dates: dict[str, str],
    one: Callable[..., Any],
    stack: Stack,
    token: str,
    seeded: seeding.Seeded,
) -> None:
    row = one(lambda row: row["channel"] == "call" and row["direction"] == "inbound" and row["outcome"] == "answered")
    page = detail(page_of, row, **dates)
    page.get_by_role("button", name="Create quote").click()
    page.get_by_label("Amount in").fill("1234,50")
    page.get_by_label("Brand").fill("Browser & sons")
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_text("Quote created.").wait_for()
    stack.observer.roll_up(seeded.workspace)
    deals = stack.observer.asked(f"/v1/deals?call={quote(row['record_id'], safe='')}", token)["rows"]
    made = [deal for deal in deals if deal["brand"] == "Browser & sons"]
    assert [(deal["state"], float(deal["amount"])) for deal in made] == [("quoted", 1234.5)]


def test_a_call_that_is_not_the_viewers_is_not_there(page_of: PageOf, dates: dict[str, str], known: Truth) -> None:
    other = next(i for i, row in known.calls.items() if row["user_id"] == "boris" and row["direction"] == "outbound")
    reader = page_of("operator")
    with reader.expecting(rf"^{HTTPStatus.NOT_FOUND.value}: GET"):
        page = reader.open("interactions", open=f"call.{other}", **dates)
        page.get_by_role("heading", name="Not there").wait_for()


@pytest.mark.parametrize("language", ["en", "es", "ru", "pl"])
def test_a_call_fits_a_telephone_in_every_language(
    page_of: PageOf, dates: dict[str, str], one: Callable[..., Any], language: str
) -> None:
    row = one(lambda row: row["queue"] and row["outcome"] == "answered")
    reader = page_of("owner")
    detail(page_of, row, **dates)
    reader.look(PHONE, dark=language == "ru", language=language, reload=True)
    reader.page.locator("dialog[open] [data-interaction] h3").first.wait_for()
    reader.settled()
    assert [one for one in reader.overflowing() if "skip" not in one] == []
    assert reader.axe() == []


def clock(seconds: object) -> str:
    whole = int(str(seconds))
    return (
        f"{whole // 60}:{whole % 60:02}" if whole < 3600 else f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    )


def _tone() -> bytes:
    """A tenth of a second of silence that a browser can play."""
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes([128]) * 800)
    return made.getvalue()
