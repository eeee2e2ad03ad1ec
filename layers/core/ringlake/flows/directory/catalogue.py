"""Sources, lists and tariffs: small tables that calls are read with (features.md N5, N14, N16; demands.md D49)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from ringlake.access import Principal
from ringlake.errors import InvalidRequest, NotFound, Taken
from ringlake.model.directory import CallSource, Directory, Lists, Tariff, TariffVersion
from ringlake.model.numbers import ANONYMOUS
from ringlake.query.filters import parse
from ringlake.stores.directory import Change

from .bodies import ListsBody, SourceBody, SourcePatch, TariffBody
from .numbers import dialable
from .office import Office, View, changed, check_version, convert, etag_of, line, new_id, refuse, stamp
from .views import ListsView, RateView, SourceView, TariffEntry, TariffVersionView, TariffView


class Sources(Office):
    def all(self, viewer: Principal) -> list[SourceView]:
        found = [source for source in self._directory(viewer).sources if source.deleted_at is None]
        return [_source(source).document for source in sorted(found, key=lambda s: (s.name.casefold(), s.id))]

    def create(self, viewer: Principal, body: Any, now: datetime) -> View[SourceView]:
        asked = parse(SourceBody, body)
        source = convert({"id": new_id("source"), **asked.given}, CallSource)
        self._write(viewer, line(viewer, now, "source.create", source.id), Change(document=source))
        return _source(source)

    def change(
        self, viewer: Principal, source_id: str, body: Any, version: str | None, now: datetime
    ) -> View[SourceView]:
        patch = parse(SourcePatch, body)
        before = self._living(viewer, source_id)
        check_version(etag_of(before), version)
        after = changed(before, patch.given)
        if after != before:
            said = line(viewer, now, "source.change", source_id, fields=sorted(patch.given))
            self._write(viewer, said, Change(document=after, previous=before))
        return _source(after)

    def delete(self, viewer: Principal, source_id: str, now: datetime) -> View[SourceView]:
        """Refused while a number names it."""
        before = self._living(viewer, source_id)
        used = [n.e164 for n in self._directory(viewer).numbers if n.source == source_id and n.deleted_at is None]
        if used:
            raise Taken(f"still the source of {', '.join(used[:5])}{' ...' if len(used) > 5 else ''}")
        after = msgspec.structs.replace(before, deleted_at=now)
        self._write(viewer, line(viewer, now, "source.delete", source_id), Change(document=after, previous=before))
        return _source(after)

    def _living(self, viewer: Principal, source_id: str) -> CallSource:
        found = self._kept(viewer, CallSource, source_id)
        if found.deleted_at is not None:
            raise NotFound(source_id)
        return found


def _source(source: CallSource) -> View[SourceView]:
    etag = etag_of(source)
    shown = SourceView(id=source.id, name=source.name, medium=source.medium, campaign=source.campaign, etag=etag)
    return View(shown, etag)


class CallLists(Office):
    def show(self, viewer: Principal) -> View[ListsView]:
        return _lists(self._lists(viewer) or Lists())

    def put(self, viewer: Principal, body: Any, version: str | None, now: datetime) -> View[ListsView]:
        """Replace both lists. Calls and texts of the numbers that come or go are folded again."""
        asked = parse(ListsBody, body)
        known = self._lists(viewer)
        before = known or Lists()
        check_version(etag_of(before), version)
        directory = self._stores.directory.load(viewer.workspace)
        after = Lists(
            spam=_dialable(asked.spam, directory.workspace.country),
            withheld=tuple(dict.fromkeys(text.casefold() for text in asked.withheld)),
        )
        if after == before:
            return _lists(after)
        spam, withheld = set(before.spam) ^ set(after.spam), set(before.withheld) ^ set(after.withheld)
        said = line(viewer, now, "lists.change", spam=len(after.spam), withheld=len(after.withheld))
        self._write(viewer, said, Change(document=after, previous=known))
        # What no longer stands for a withheld number does so in the rows until they are made again.
        texts = sorted(spam | ({*withheld, *asked.withheld, ANONYMOUS} if withheld else set()))
        self._refold(viewer, now, f"lists-{stamp(*texts)}", numbers=tuple(texts))
        return _lists(after)

    def _lists(self, viewer: Principal) -> Lists | None:
        return self._stores.directory.find(viewer.workspace, Lists)


def _dialable(spellings: Iterable[str], country: str) -> tuple[str, ...]:
    numbers: list[str] = []
    errors: list[tuple[str, str]] = []
    for n, spelling in enumerate(spellings):
        try:
            numbers.append(dialable(f"spam.{n}", spelling, country))
        except InvalidRequest as error:
            errors += error.errors
    refuse(errors)
    return tuple(sorted(set(numbers)))


def _lists(lists: Lists) -> View[ListsView]:
    etag = etag_of(lists)
    return View(ListsView(spam=lists.spam, withheld=lists.withheld, etag=etag), etag)


class Tariffs(Office):
    """A change makes another version and keeps the one before: what it priced keeps its price until somebody orders
    a rating (`Ratings`). What had no price gets one.
    """

    def all(self, viewer: Principal) -> list[TariffEntry]:
        """Without rates, which may be many."""
        found = sorted(self._directory(viewer).tariffs, key=lambda t: (t.name.casefold(), t.id))
        return [TariffEntry(**_entry(tariff)) for tariff in found]

    def show(self, viewer: Principal, tariff_id: str) -> View[TariffView]:
        return _tariff(self._living(viewer, tariff_id))

    def create(self, viewer: Principal, body: Any, now: datetime) -> View[TariffView]:
        tariff = msgspec.structs.replace(self._made(viewer, body, new_id("tariff")), written_at=now)
        self._write(viewer, line(viewer, now, "tariff.create", tariff.id), Change(document=tariff))
        self._rate_again(viewer, now, None, tariff)
        return _tariff(tariff)

    def put(self, viewer: Principal, tariff_id: str, body: Any, version: str | None, now: datetime) -> View[TariffView]:
        before = self._living(viewer, tariff_id)
        check_version(etag_of(before), version)
        made = self._made(viewer, body, tariff_id)
        after = msgspec.structs.replace(made, version=before.version, written_at=before.written_at)
        if after != before:
            after = msgspec.structs.replace(made, version=before.version + 1, written_at=now)
            said = line(viewer, now, "tariff.change", tariff_id, rates=len(after.rates), version=after.version)
            self._write(viewer, said, Change(document=after, previous=before), _kept_version(before, now))
            self._rate_again(viewer, now, before, after)
        return _tariff(after)

    def versions(self, viewer: Principal, tariff_id: str) -> list[TariffVersionView]:
        """The latest first; also of a tariff that was deleted. Raises `NotFound`."""
        current = self._kept(viewer, Tariff, tariff_id)
        kept = [past for past in self._directory(viewer).past_tariffs if past.tariff.id == tariff_id]
        found = [_version(past.tariff, past.until) for past in kept]
        if current.deleted_at is None:
            found.append(_version(current, None))
        return sorted(found, key=lambda version: -version.version)

    def delete(self, viewer: Principal, tariff_id: str, now: datetime) -> View[TariffView]:
        """What it priced keeps its price, what begins from now on is rated without it. To end a tariff at another
        instant, give it `valid_to`.
        """
        before = self._living(viewer, tariff_id)
        after = msgspec.structs.replace(before, deleted_at=now)
        said = line(viewer, now, "tariff.delete", tariff_id, version=before.version)
        self._write(viewer, said, Change(document=after, previous=before), _kept_version(before, now))
        self._rate_again(viewer, now, before, None)
        return _tariff(after)

    def _made(self, viewer: Principal, body: Any, tariff_id: str) -> Tariff:
        """The tariff of a body. Raises `Taken` when another one prices the same at the same time."""
        asked = parse(TariffBody, body)
        directory = self._directory(viewer)
        if asked.connection and directory.connection(asked.connection) is None:
            raise InvalidRequest("connection", "there is no such connection")
        tariff = convert({"id": tariff_id, **asked.plain()}, Tariff)
        _check_rival(directory, tariff)
        return tariff

    def _living(self, viewer: Principal, tariff_id: str) -> Tariff:
        found = self._kept(viewer, Tariff, tariff_id)
        if found.deleted_at is not None:
            raise NotFound(tariff_id)
        return found

    def _rate_again(self, viewer: Principal, now: datetime, before: Tariff | None, after: Tariff | None) -> None:
        tariffs = [tariff for tariff in (before, after) if tariff is not None]
        connections = {tariff.connection for tariff in tariffs}
        since = [tariff.valid_from for tariff in tariffs]
        until = [tariff.valid_to for tariff in tariffs]
        what = {
            "connection": connections.pop() if len(connections) == 1 else "",
            "since": None if None in since else min(at for at in since if at).date(),
            "until": None if None in until else max(at for at in until if at).date(),
        }
        name = f"tariff-{tariffs[0].id}-{stamp(*map(str, what.values()))}"
        self._refold(viewer, now, name, everything=True, **what)


def _kept_version(tariff: Tariff, now: datetime) -> Change:
    kept = TariffVersion(id=f"{tariff.id}.{tariff.version}", tariff=tariff, until=now)
    return Change(document=kept)


def _version(tariff: Tariff, until: datetime | None) -> TariffVersionView:
    return TariffVersionView(
        version=tariff.version,
        written_at=tariff.written_at,
        until=until,
        name=tariff.name,
        currency=tariff.currency,
        connection=tariff.connection,
        channel=tariff.channel,
        valid_from=tariff.valid_from,
        valid_to=tariff.valid_to,
        rates=_rates(tariff),
    )


def _rates(tariff: Tariff) -> tuple[RateView, ...]:
    return tuple(RateView(**msgspec.structs.asdict(rate)) for rate in tariff.rates)


def _check_rival(directory: Directory, tariff: Tariff) -> None:
    for other in directory.tariffs:
        same = (other.connection, other.channel) == (tariff.connection, tariff.channel) and other.id != tariff.id
        before = tariff.valid_to is not None and other.valid_from is not None and tariff.valid_to <= other.valid_from
        after = tariff.valid_from is not None and other.valid_to is not None and other.valid_to <= tariff.valid_from
        if same and not before and not after:
            raise Taken(f"the tariff {other.name} (id {other.id}) prices the same at that time: end it first")


def _tariff(tariff: Tariff) -> View[TariffView]:
    entry = _entry(tariff)
    return View(TariffView(**entry, rates=_rates(tariff)), entry["etag"])


def _entry(tariff: Tariff) -> dict[str, Any]:
    return {n: v for n, v in msgspec.structs.asdict(tariff).items() if n != "rates"} | {"etag": etag_of(tariff)}
