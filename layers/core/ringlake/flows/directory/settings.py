"""Settings of the workspace (features.md O19, O23, R28; demands.md D10, D69)."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import msgspec

from ringlake.access import Principal
from ringlake.flows.presence import rederive_everyone
from ringlake.model.directory import Ability, Directory, Workspace
from ringlake.query.filters import parse
from ringlake.stores.directory import Change, party_key_context

from .bodies import HoursBody, SettingsPatch
from .office import Office, View, changed, check_id, check_version, convert, etag_of, line, need, refuse, settled
from .views import SettingsView

# What decides how calls, cases and local days come out: a change makes history again.
DECIDING = frozenset(
    {
        "zone", "country", "currency", "hours", "schedules", "short_abandon_s", "service_threshold_s", "missed_ring_s",
        "target_talk_s", "repeat_days", "recovery_window_days", "recovery_strict", "recover_voicemail",
        "recover_short", "case_burst_s", "callback_sla_s", "text_sla_s", "sale_dispositions",
    }
)  # fmt: skip
# What the contract and the law decide, not the daily work.
ADMINISTERED = frozenset(
    {
        "plan", "raw_days", "record_days", "exports_at_once", "exports_at_once_user", "exports_daily",
        "exports_daily_user", "exports_running", "exports_notice_rows",
    }
)  # fmt: skip


class Settings(Office):
    def show(self, viewer: Principal) -> View[SettingsView]:
        return _view(self._workspace(viewer))

    def found(self, viewer: Principal, name: str, fields: Any, now: datetime) -> Workspace:
        """Make the viewer's workspace, with a party key of its own. Raises `Taken` when there is one."""
        patch = parse(SettingsPatch, {"name": name, **fields})
        workspace_id = check_id("workspace", viewer.workspace)
        key = self._stores.vault.encrypt(secrets.token_bytes(32), party_key_context(workspace_id))
        given = {name: _plain(value) for name, value in patch.given.items()}
        workspace = convert({"id": workspace_id, **given}, Workspace)
        refuse(_owners(workspace, Directory(workspace=workspace)))
        workspace = msgspec.structs.replace(workspace, party_secret=key)
        said = line(viewer, now, "workspace.create", workspace_id, plan=workspace.plan, zone=workspace.zone)
        settled(lambda: self._write(viewer, said, Change(document=workspace)), f"workspace {workspace_id} exists")
        return workspace

    def change(self, viewer: Principal, body: Any, version: str | None, now: datetime) -> View[SettingsView]:
        """Change what the body names. `settings_version` rises with every change that changes something."""
        patch = parse(SettingsPatch, body)
        directory = self._directory(viewer)
        before = directory.workspace
        check_version(_view(before).etag, version)
        fields = {name: _plain(value) for name, value in patch.given.items()}
        wanted = changed(before, fields)
        different = sorted(name for name in fields if getattr(wanted, name) != getattr(before, name))
        if set(different) & ADMINISTERED:
            need(viewer, Ability.ADMINISTER, "plan, retention and limits of exports")
        refuse(_owners(wanted, directory))
        if not different:
            return _view(before)
        after = msgspec.structs.replace(wanted, settings_version=before.settings_version + 1)
        said = line(
            viewer, now, "settings.change", fields=different, settings_version=after.settings_version,
            **{name: fields[name] for name in different if isinstance(fields[name], str | int)},
        )  # fmt: skip
        self._write(viewer, said, Change(document=after, previous=before))
        if DECIDING.intersection(different):
            self._refold(viewer, now, "settings", everything=True)
        if "zone" in different:
            rederive_everyone(viewer.workspace, None, self._stores.records)
        return _view(after)


def _plain(value: Any) -> Any:
    if isinstance(value, HoursBody):
        return value.plain()
    if isinstance(value, list):
        return [
            one if isinstance(one, str) else one.plain() if hasattr(one, "plain") else one.model_dump() for one in value
        ]
    return value


def _owners(wanted: Workspace, directory: Directory) -> list[tuple[str, str]]:
    """Schedules and targets of teams and numbers that are not there."""
    teams = {team.id for team in directory.teams}
    numbers = {number.id for number in directory.numbers}
    found = [
        (f"schedules.{n}.{field}", f"there is no such {field}")
        for n, schedule in enumerate(wanted.schedules)
        for field, given, known in (("team", schedule.team, teams), ("number", schedule.number, numbers))
        if given and given not in known
    ]
    found += [
        (f"targets.{n}.team", "there is no such team")
        for n, target in enumerate(wanted.targets)
        if target.team and target.team not in teams
    ]
    if wanted.record_days < wanted.raw_days and wanted.record_days < 90:
        found.append(("record_days", "records are kept at least 90 days, or as long as raw events"))
    return found


def _view(workspace: Workspace) -> View[SettingsView]:
    shown = {name: getattr(workspace, name) for name in SettingsView.__struct_fields__ if hasattr(workspace, name)}
    view = SettingsView(**shown, defaults=_DEFAULTS, remaking=_sorted(DECIDING), administered=_sorted(ADMINISTERED))
    return View(view, etag_of(workspace))


def _sorted(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


_DEFAULTS: dict[str, object] = {
    field.name: field.default
    for field in msgspec.structs.fields(Workspace)
    if field.name in SettingsPatch.model_fields and field.default is not msgspec.NODEFAULT
}
