"""Business numbers: one spelling each, the provider's ids, team and source (features.md N16, demands.md D46)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

import msgspec

from ringlake.access import Principal
from ringlake.errors import InvalidRequest
from ringlake.model.directory import Directory, Number
from ringlake.model.numbers import country_of, e164, is_e164
from ringlake.query.filters import parse
from ringlake.stores.directory import Change

from .bodies import NumberBody, NumberPatch
from .office import Office, View, changed, check_version, chosen_id, convert, etag_of, line, refuse, stamp
from .views import NumberView

# What a call's number, team and source follow from: a change makes history again.
DECIDING = ("e164", "provider_ids", "country", "source")


class Numbers(Office):
    def all(self, viewer: Principal, *, deleted: bool = False) -> list[NumberView]:
        """By name and number; deleted ones only when asked for, and last (features.md O25)."""
        found = [number for number in self._directory(viewer).numbers if deleted or number.deleted_at is None]
        found.sort(key=lambda n: (n.deleted_at is not None, n.name.casefold(), n.e164))
        return [shown(number) for number in found]

    def show(self, viewer: Principal, number_id: str) -> View[NumberView]:
        return _view(self._kept(viewer, Number, number_id))

    def create(self, viewer: Principal, body: Any, now: datetime, *, id: str = "") -> View[NumberView]:
        asked = parse(NumberBody, body)
        directory = self._directory(viewer)
        country = asked.country or directory.workspace.country
        fields = {**asked.given, "e164": dialable("e164", asked.e164, country)}
        fields["country"] = asked.country or country_of(fields["e164"]) or country
        number = convert({"id": chosen_id("number", id), **fields}, Number)
        refuse(Plan(directory).wrong(number))
        self._write(viewer, line(viewer, now, "number.create", number.id, team=number.team), Change(document=number))
        self.refold(viewer, None, number, now)
        return _view(number)

    def change(
        self, viewer: Principal, number_id: str, body: Any, version: str | None, now: datetime
    ) -> View[NumberView]:
        patch = parse(NumberPatch, body)
        directory = self._directory(viewer)
        before = self._kept(viewer, Number, number_id)
        check_version(etag_of(before), version)
        fields = patch.given
        if "e164" in fields:
            fields["e164"] = dialable("e164", patch.e164, fields.get("country") or before.country)
        after = changed(before, fields)
        refuse(Plan(directory).wrong(after, before))
        if after != before:
            said = line(viewer, now, "number.change", number_id, fields=sorted(fields), team=after.team)
            self._write(viewer, said, Change(document=after, previous=before))
            self.refold(viewer, before, after, now)
        return _view(after)

    def delete(self, viewer: Principal, number_id: str, now: datetime) -> View[NumberView]:
        """Out of pickers; what happened on it keeps it (features.md O25). Numbers are not used twice."""
        before = self._kept(viewer, Number, number_id)
        return self._mark(viewer, before, before.deleted_at or now, "number.delete", now)

    def restore(self, viewer: Principal, number_id: str, now: datetime) -> View[NumberView]:
        return self._mark(viewer, self._kept(viewer, Number, number_id), None, "number.restore", now)

    def refold(self, viewer: Principal, before: Number | None, after: Number, now: datetime) -> None:
        """History at the number is folded again when what it says about calls changed."""
        if before is not None and all(getattr(before, name) == getattr(after, name) for name in DECIDING):
            return
        numbers = {after.e164} | ({before.e164} if before else set())
        gained = set(after.provider_ids) - set(before.provider_ids if before else ())
        # A call that came with nothing but a provider's id of the number is among those without a number of ours.
        ids = (after.id, "") if gained else (after.id,)
        # A request of its own for each change: one that replaced another would forget what that was about.
        name = f"number-{after.id}-{stamp(*sorted(numbers), *ids)}"
        self._refold(viewer, now, name, numbers=tuple(sorted(numbers)), number_ids=ids)

    def _mark(
        self, viewer: Principal, before: Number, at: datetime | None, action: str, now: datetime
    ) -> View[NumberView]:
        after = msgspec.structs.replace(before, deleted_at=at)
        if after != before:
            self._write(viewer, line(viewer, now, action, before.id), Change(document=after, previous=before))
        return _view(after)


def dialable(field: str, spelling: str, country: str) -> str:
    """The number in E.164, by the library's numbering plans; raises `InvalidRequest`."""
    found = e164(spelling, country)
    if not is_e164(found):
        raise InvalidRequest(field, "is no telephone number: write +, country code and digits, or name its country")
    return found


class Plan:
    """What numbers may refer to, and which numbers and ids are taken; made once for many numbers."""

    def __init__(self, directory: Directory) -> None:
        self._teams = {team.id for team in directory.teams if team.deleted_at is None}
        self._sources = {source.id for source in directory.sources if source.deleted_at is None}
        self._by_e164: dict[str, list[Number]] = defaultdict(list)
        self._by_provider_id: dict[str, list[Number]] = defaultdict(list)
        for number in directory.numbers:
            self._by_e164[number.e164].append(number)
            for provider_id in number.provider_ids:
                self._by_provider_id[provider_id].append(number)

    def wrong(self, number: Number, before: Number | None = None) -> list[tuple[str, str]]:
        """What the number refers to that is not there, or shares with another; what it referred to may stay."""
        errors = []
        if number.team not in {"", before.team if before else ""} | self._teams:
            errors.append(("team", "there is no such team"))
        if number.source not in {"", before.source if before else ""} | self._sources:
            errors.append(("source", "there is no such source"))
        same = next((other for other in self._by_e164[number.e164] if other.id != number.id), None)
        if same is not None:
            hint = "is deleted: restore it instead" if same.deleted_at else "is in the directory already"
            errors.append(("e164", f"this number {hint} (id {same.id})"))
        errors += [
            (f"provider_ids.{n}", "another number has this id")
            for n, provider_id in enumerate(number.provider_ids)
            if any(other.id != number.id for other in self._by_provider_id[provider_id])
        ]
        return errors


def shown(number: Number) -> NumberView:
    return NumberView(**msgspec.structs.asdict(number), etag=etag_of(number))


def _view(number: Number) -> View[NumberView]:
    return View(shown(number), etag_of(number))
