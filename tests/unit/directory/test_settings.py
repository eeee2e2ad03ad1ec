"""Settings of the workspace."""

from __future__ import annotations

from typing import Any

import pytest

from ringlake.errors import Conflict, Forbidden, InvalidRequest, Outdated, Taken, Unversioned
from ringlake.flows.directory.bodies import SettingsPatch
from ringlake.flows.directory.views import SettingsView
from ringlake.model.directory import Ability, Hours, ServiceTarget, Team
from ringlake.model.language import Language
from ringlake.stores.directory import Change, party_key_context
from tests.unit.export.world import World


@pytest.fixture
def world() -> World:
    return World()


def change(world: World, body: dict[str, Any], version: str | None = "*", user: str = "owner") -> SettingsView:
    return world.offices.settings.change(world.viewer(user), body, version, world.now).document


def test_a_change_of_what_decides_raises_the_version_and_makes_history_again(world: World) -> None:
    after = change(world, {"missed_ring_s": 7, "name": "Acme Ltd"})

    assert (after.missed_ring_s, after.name, after.settings_version) == (7, "Acme Ltd", 2)
    assert world.directory.settings("acme").missed_ring_s == 7
    (asked,) = world.refolds.open("acme")
    assert (asked.id, asked.everything, asked.requested_by) == ("settings", True, "owner")


@pytest.mark.parametrize(("field", "again"), [("sale_dispositions", 1), ("resolved_dispositions", 0)])
def test_words_for_a_sale_make_history_again_and_words_for_a_solution_are_read_when_asked(
    world: World, field: str, again: int
) -> None:
    after = change(world, {field: ["Closed", "won"]})

    assert getattr(after, field) == getattr(world.directory.settings("acme"), field) == ("Closed", "won")
    assert len(world.refolds.open("acme")) == again


def test_a_name_is_only_a_name(world: World) -> None:
    change(world, {"name": "Acme Ltd"})
    assert world.refolds.open("acme") == []


def test_the_language_of_mails_is_a_setting_and_makes_no_history_again(world: World) -> None:
    assert change(world, {"language": "pl"}).language is Language.PL
    assert world.directory.settings("acme").language is Language.PL
    assert world.refolds.open("acme") == []
    with pytest.raises(InvalidRequest, match="language"):
        change(world, {"language": "de"})


def test_what_changes_nothing_leaves_no_trace(world: World) -> None:
    assert change(world, {"zone": "Europe/Warsaw"}).settings_version == 1
    assert world.directory.audit_lines("acme", "2026-03") == []


def test_before_the_first_roll_up_there_is_no_history_to_make_again() -> None:
    world = World()
    fresh = type(world.directory)(world.vault)
    fresh.put_workspace(world.directory.settings("acme"))
    fresh.put_user("acme", world.viewer("owner").user)
    viewer = world.viewer("owner")
    world.directory = fresh
    world.offices.settings.change(viewer, {"zone": "UTC"}, "*", world.now)
    assert world.refolds.open("acme") == []


def test_the_party_key_is_never_shown_and_never_lost(world: World) -> None:
    workspace = world.directory.settings("acme")
    sealed = world.vault.encrypt(b"key", party_key_context("acme"))
    world.directory.put_workspace(type(workspace)(id="acme", name="Acme", party_secret=sealed))
    assert "party_secret" not in change(world, {"week_start": 7}).__struct_fields__
    assert world.directory.load("acme").party_key_secret == b"key"


def test_of_two_admins_the_second_is_told(world: World) -> None:
    settings = world.offices.settings
    first = settings.show(world.viewer("owner")).etag
    change(world, {"week_start": 7}, f'"{first}"')
    with pytest.raises(Outdated):
        change(world, {"week_start": 6}, f'"{first}"')
    with pytest.raises(Unversioned):
        change(world, {"week_start": 6}, None)
    assert world.directory.settings("acme").week_start == 7


def test_a_change_that_slips_in_between_is_not_overwritten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = world.directory.replace

    def late(workspace: str, changes: Any, said: Any = None) -> None:
        now = world.directory.settings("acme")
        replace("acme", [Change(document=type(now)(id="acme", name="First"), previous=now)])
        replace(workspace, changes, said)

    monkeypatch.setattr(world.directory, "replace", late)
    with pytest.raises(Conflict):
        change(world, {"name": "Second"})
    assert world.directory.settings("acme").name == "First"


def test_plan_and_retention_need_more_than_the_daily_work(world: World) -> None:
    world.grant("member", Ability.MANAGE_DIRECTORY)
    for body in ({"plan": "scale"}, {"raw_days": 30}, {"record_days": 400}):
        with pytest.raises(Forbidden):
            change(world, body, user="member")
        change(world, body)
    change(world, {"week_start": 7}, user="member")


def test_open_hours_holidays_and_schedules_are_kept_as_the_clock_reads_them(world: World) -> None:
    world.directory.put_team("acme", Team(id="night", name="Night"))
    after = change(
        world,
        {
            "hours": {
                "weekly": {"5": [["20:00", "02:00"]], "1": [["13:00", "17:00"], ["09:00", "12:30"]], "6": []},
                "holidays": ["2026-12-25", "2026-01-01"],
            },
            "schedules": [
                {"hours": {"weekly": {"7": [["00:00", "24:00"]]}}, "team": "night", "valid_from": "2026-06-01"}
            ],
            "targets": [{"team": "night", "threshold_s": 30, "target_pct": 90}],
        },
    )

    kept = world.directory.settings("acme")
    assert kept.hours == Hours(
        weekly={"1": [("09:00", "12:30"), ("13:00", "17:00")], "5": [("20:00", "02:00")]},
        holidays=("2026-01-01", "2026-12-25"),
    )
    assert (kept.schedules[0].team, kept.schedules[0].valid_from, kept.schedules[0].valid_to) == (
        "night",
        "2026-06-01",
        "",
    )
    assert after.targets == (ServiceTarget(team="night", threshold_s=30, target_pct=90),)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"schedules": [{"hours": {}, "team": "t9"}, {"hours": {}, "number": "n9"}]},
         ["schedules.0.team", "schedules.1.number"]),
        ({"targets": [{"team": "t9", "threshold_s": 1, "target_pct": 1}]}, ["targets.0.team"]),
        ({"raw_days": 60, "record_days": 40}, ["record_days"]),
    ],
)  # fmt: skip
def test_what_does_not_exist_or_make_sense_is_named(world: World, body: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        change(world, body)
    assert [field for field, _ in refused.value.errors] == fields


def test_the_record_names_fields_and_plain_values(world: World) -> None:
    change(world, {"zone": "Europe/Kyiv", "hours": {"weekly": {"1": [["09:00", "17:00"]]}}})
    (said,) = world.directory.audit_lines("acme", "2026-03")

    assert (said.action, said.user_id, said.detail["fields"]) == ("settings.change", "owner", ["hours", "zone"])
    assert (said.detail["zone"], said.detail["role"]) == ("Europe/Kyiv", "owner")
    assert "hours" not in said.detail


def test_a_workspace_is_made_once(world: World) -> None:
    settings = world.offices.settings
    with pytest.raises(Taken):
        settings.found(world.viewer("owner"), "Again", {}, world.now)


def test_what_one_item_cannot_hold_is_refused(world: World) -> None:
    holidays = [f"20{year}-{month:02}-{day:02}" for year in (26, 27) for month in range(1, 13) for day in range(1, 17)]
    hours = {"weekly": {"1": [["09:00", "17:00"]]}, "holidays": holidays}
    schedules = [{"hours": hours, "valid_from": f"2026-01-{n % 28 + 1:02}"} for n in range(200)]
    with pytest.raises(InvalidRequest, match="larger altogether"):
        change(world, {"schedules": schedules})


def test_settings_tell_defaults_and_what_a_change_sets_in_motion(world: World) -> None:
    shown = world.offices.settings.show(world.viewer("owner")).document
    assert (shown.defaults["short_abandon_s"], shown.defaults["sale_dispositions"]) == (5, ("sale",))
    assert "zone" in shown.remaking
    assert "raw_days" in shown.administered
    assert set(shown.defaults) <= set(SettingsPatch.model_fields)
