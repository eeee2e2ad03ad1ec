"""The analytics API on the deployed stack: what it answers is the simulator's story, for everybody who asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.deployed import Stack
from tools.simulator import deliver, figures, seeding
from tools.simulator.history import History
from tools.simulator.truth import Row, Truth

type Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask(stack: Stack, seeded: seeding.Seeded, story: History, sent: deliver.Sent) -> Ask:
    """`ask(person, path, metrics=[...])`: the answer about the story's days."""
    tokens: dict[str, str] = {}
    period = f"from={story.days[0].isoformat()}&to={story.days[-1].isoformat()}"

    def get(person: str, path: str, *more: str) -> Any:
        login = seeded.login(person)
        if person not in tokens:
            tokens[person] = stack.observer.sign_in(login.email, login.password)
        said = stack.observer.call("GET", f"{path}?{'&'.join((period, *more))}", tokens[person])
        assert said.status == 200, said.body
        return said.json

    return get


def test_the_summary_is_the_story(ask: Ask, story: History, known: Truth) -> None:
    expected = figures.summary(story, known)
    found = ask("olivia", "/v1/analytics/summary", *(f"metrics={name}" for name in expected))
    assert {c["value"]["metric"]: c["value"]["value"] for c in found["metrics"]} == pytest.approx(expected)
    assert found["meta"]["zone"] == story.company.zone
    assert found["meta"]["as_of"]


def test_the_heat_map_is_the_story_and_names_the_same_peaks(ask: Ask, story: History, known: Truth) -> None:
    found = ask("olivia", "/v1/analytics/heatmap")
    expected = figures.heat(story, known)
    assert {(c["weekday"], c["hour"]): c["value"] for c in found["cells"] if c["value"]} == dict(expected)
    assert len(found["cells"]) == 7 * 24
    peaks = figures.peaks(expected, story.days[0], story.days[-1])
    assert [(p["weekday"], p["hour"]) for p in found["peaks"]] == peaks


def test_days_and_outcomes_are_those_of_the_story(ask: Ask, story: History, known: Truth) -> None:
    calls = [row for row in known.calls.values() if not row["is_spam"]]
    series = ask("olivia", "/v1/analytics/series", "granularity=day", "metrics=calls")
    [line] = series["lines"]
    by_day = Counter(str(row["local_date"]) for row in calls)
    assert line["values"] == [by_day[day.isoformat()] for day in story.days]
    parts = ask("olivia", "/v1/analytics/breakdown", "by=outcome", "metrics=calls")
    found = {part["key"]: part["values"][0]["value"] for part in parts["parts"]}
    assert {key: count for key, count in found.items() if count} == Counter(row["outcome"] for row in calls)


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        ("olivia", lambda row: True),
        ("anna", lambda row: row["user_id"] == "anna"),
        ("ines", lambda row: row["business_number"] == "+12025550104"),
        ("martin", lambda row: row["team_id"] == "sales" or row["user_id"] == "martin"),
    ],
    ids=["the owner sees all", "an operator what is hers", "a member the numbers assigned", "a manager the team"],
)
def test_card_and_list_count_the_same_rows_for_everybody(
    ask: Ask, stack: Stack, seeded: seeding.Seeded, person: str, sees: Callable[[Row], bool]
) -> None:
    rows: list[Row] = [r for r in stack.observer.lake("calls", seeded.workspace) if r["is_call"]]
    rows += stack.observer.lake("messages", seeded.workspace)
    mine = {str(row["record_id"]) for row in rows if sees(row)}
    genuine = sum(sees(row) and not row["is_spam"] for row in rows)
    assert mine
    listed: set[str] = set()
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        after = [f"cursor={page['next']}"] if page["next"] else []
        page = ask(person, "/v1/interactions", "limit=200", "count=true", "columns=record_id", *after)
        listed |= {row["record_id"] for row in page["rows"]}
        assert page["count"] == len(mine)
    assert listed == mine
    card = ask(person, "/v1/analytics/summary", "metrics=interactions")["metrics"][0]
    assert card["value"]["value"] == genuine


def test_a_second_look_costs_nothing_while_nothing_has_changed(
    ask: Ask, stack: Stack, seeded: seeding.Seeded, story: History
) -> None:
    ask("olivia", "/v1/analytics/summary")
    login = seeded.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)
    path = f"/v1/analytics/summary?from={story.days[0].isoformat()}&to={story.days[-1].isoformat()}"
    first = stack.observer.call("GET", path, token)
    again = stack.observer.call("GET", path, token, headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
