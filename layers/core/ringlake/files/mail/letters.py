"""One function for each mail: what it says, in the order in which it says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from email.message import EmailMessage
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ringlake.model.jobs import Job
from ringlake.model.mailing import MailAddress, Standing

from .message import leave_url, mail, page_url
from .sheet import Fact, Link, Section, Sheet, Tile
from .shown import Shown, line, local, span
from .types import Amount, Attachment, Envelope, Headline, Notice, Period, Trigger, Unit
from .words import words

# Names are cut where they stand in a sentence or a title.
_NAME = 80
_RANGE = frozenset({"preset", "from", "to", "first_date", "last_date"})
# The page of the dashboard that shows what an alert watches.
_WATCHED: Mapping[Trigger, str] = MappingProxyType(
    {
        Trigger.LONGEST_WAIT: "live",
        Trigger.WAITING: "live",
        Trigger.NO_AGENT: "live",
        Trigger.MISSED_BURST: "missed",
        Trigger.SERVICE_LEVEL: "team",
        Trigger.SPEND: "spend",
        Trigger.ABUSE: "spend",
    }
)


def ready(
    to: Envelope,
    job: Job,
    *,
    title: str,
    zone: ZoneInfo,
    attachment: Attachment | None = None,
    settings_version: int | None = None,
    notes: Sequence[str] = (),
) -> EmailMessage:
    """A file that somebody asked for: attached, or behind a link that asks for signing in.

    `title` is shown where the report has no words of its own; `notes` are what the manifest says beside the numbers
    (split sheets, hidden columns).
    """
    desk = _Desk(to)
    sheet = desk.sheet(
        desk.say("ready", f"title_{job.kind}"),
        desk.say("ready", "why"),
        tone="good",
        intro=(desk.say("ready", "attached" if attachment else "linked"),),
        button=Link(desk.say("ready", "button"), _of_job(to, job)),
        sections=(
            Section(
                "", desk.file(job, desk.report(job, title), zone, settings_version, of_period=False, outside=False)
            ),
        ),
        notes=tuple(line(note, 1_000) for note in notes),
    )
    return mail(to, "ready", desk.say("ready", f"subject_{job.kind}"), sheet, attachment)


def failed(to: Envelope, job: Job, *, title: str, reason: str, zone: ZoneInfo) -> EmailMessage:
    """An export or a report that could not be made; `reason` is the sentence that the job shows."""
    desk = _Desk(to)
    facts = [
        (desk.fact("what"), desk.report(job, title)),
        (desk.fact("reason"), line(reason, 1_000)),
        (desk.fact("asked"), local(job.created_at, zone)),
        *desk.shown.filter(job.filter),
    ]
    sheet = desk.sheet(
        desk.say("failed", f"title_{job.kind}"),
        desk.say("failed", "why"),
        tone="warn",
        intro=(desk.say("failed", "intro"),),
        button=Link(desk.say("failed", "button"), _of_job(to, job)),
        sections=(Section("", facts),),
    )
    return mail(to, "failed", desk.say("failed", f"subject_{job.kind}"), sheet)


def scheduled(
    to: Envelope,
    job: Job,
    *,
    title: str,
    zone: ZoneInfo,
    period: Period,
    headlines: Sequence[Headline] = (),
    attachment: Attachment | None = None,
    outside: bool = False,
    contact: str = "",
    settings_version: int | None = None,
    notes: Sequence[str] = (),
) -> EmailMessage:
    """A schedule's report over a period, with its headline numbers (features.md N19) and a one-click way out.

    Somebody `outside` cannot sign in: when the file is too large to attach, the mail says to ask `contact`
    (the address of the schedule's owner) for it.
    """
    desk = _Desk(to)
    said = "attached" if attachment else "linked"
    if outside and not attachment:
        said = "outside" if contact else "outside_nobody"
    button = None if outside else Link(desk.say("scheduled", "button"), _of_job(to, job))
    facts = desk.file(job, "", zone, settings_version, of_period=True, outside=outside)
    sheet = desk.sheet(
        line(title, _NAME),
        desk.say("scheduled", "why_outside" if outside else "why"),
        intro=(desk.say("scheduled", said, period=span(period), contact=line(contact, _NAME)),),
        tiles=tuple(desk.tile(one) for one in headlines),
        button=button,
        sections=(Section("", [(desk.fact("period"), span(period)), *facts]),),
        notes=tuple(line(note, 1_000) for note in notes),
    )
    return mail(to, "scheduled", desk.say("scheduled", "subject", period=span(period)), sheet, attachment)


def confirm(to: Envelope, *, token: str, expires_at: datetime) -> EmailMessage:
    """Asks somebody outside whether he wants reports of this workspace (demands.md D57)."""
    desk = _Desk(to)
    sheet = desk.sheet(
        desk.say("confirm", "title"),
        desk.say("confirm", "why"),
        intro=(desk.say("confirm", "intro"),),
        button=Link(desk.say("confirm", "button"), page_url(to, "confirm", token)),
        notes=(desk.say("confirm", "ignore", expires=f"{expires_at:%Y-%m-%d}"),),
    )
    return mail(to, "confirm", desk.say("confirm", "subject"), sheet)


def alert(
    to: Envelope,
    notices: Sequence[Notice],
    *,
    zone: ZoneInfo,
    more: int = 0,
    trial: bool = False,
    unsteady: bool = False,
    outside: bool = False,
) -> EmailMessage:
    """One notice, or several of the same rule that were held back during quiet hours, oldest first; `more` is how many
    others there were. A `trial` says so, and one that is `unsteady` is the last until it has stood still. Somebody
    `outside` cannot sign in to the page that shows more.

    Raises ValueError without any.
    """
    if not notices:
        raise ValueError("an alert's mail needs a notice")
    desk = _Desk(to)
    single = len(notices) == 1
    first = notices[0]
    subject = desk.say("alert", f"subject_{first.trigger}")
    if not single:
        subject = desk.say("alert", "subject_digest", count=desk.shown.number(len(notices)))
    elif first.resolved:
        subject = desk.say("alert", "subject_resolved", subject=desk.say("alert", first.trigger))
    if trial:
        subject = desk.say("alert", "subject_trial", subject=desk.say("alert", first.trigger))
    said = {"trial": trial, "unsteady": unsteady, "digest_more": bool(more)}
    sheet = desk.sheet(
        desk.notice_title(first) if single else desk.say("alert", "digest"),
        desk.say("alert", "why"),
        tone="good" if all(notice.resolved for notice in notices) else "warn",
        intro=() if single else (desk.say("alert", "digest_intro"),),
        button=None if outside else Link(desk.say("alert", "button"), _page(to, _WATCHED[first.trigger])),
        sections=tuple(
            Section(
                "" if single else desk.notice_title(notice),
                desk.notice(notice, zone),
                "good" if notice.resolved else "warn",
            )
            for notice in notices
        ),
        notes=tuple(desk.say("alert", name, count=desk.shown.number(more)) for name, is_so in said.items() if is_so),
    )
    return mail(to, "alert", subject, sheet)


def budget(
    to: Envelope,
    *,
    name: str,
    spent: Decimal,
    limit: Decimal,
    currency: str,
    period: Period,
    forecast: Decimal | None = None,
    outside: bool = False,
) -> EmailMessage:
    """A budget is reached, or will be before its period ends (features.md N8); `outside` as of alerts."""
    desk = _Desk(to)

    def money(value: Decimal) -> str:
        return desk.shown.amount(Amount(value=value, unit=Unit.MONEY, currency=currency))

    ahead = "" if spent >= limit else "_forecast"
    intro = [desk.say("budget", "intro", spent=money(spent), limit=money(limit), period=span(period))]
    if forecast is not None:
        intro.append(desk.say("budget", "forecast", forecast=money(forecast)))
    sheet = desk.sheet(
        desk.say("budget", f"title{ahead}", name=line(name, _NAME)),
        desk.say("budget", "why"),
        tone="warn",
        intro=tuple(intro),
        button=None if outside else Link(desk.say("budget", "button"), _page(to, _WATCHED[Trigger.SPEND])),
    )
    return mail(to, "budget", desk.say("budget", f"subject{ahead}"), sheet)


def bulk_export(
    to: Envelope, *, who: str, title: str, rows: int | None, at: datetime, zone: ZoneInfo, job_id: str
) -> EmailMessage:
    """Tells the owner that somebody took much at once (security.md API6). `who` is the person's name or address."""
    desk = _Desk(to)
    facts = [
        (desk.fact("who"), line(who)),
        (desk.fact("what"), line(title)),
        (desk.fact("rows"), desk.shown.amount(Amount(value=rows))),
        (desk.fact("at"), local(at, zone)),
        (desk.fact("file"), line(job_id)),
    ]
    sheet = desk.sheet(
        desk.say("bulk_export", "title"),
        desk.say("bulk_export", "why"),
        tone="warn",
        intro=(desk.say("bulk_export", "intro", who=line(who, _NAME)),),
        button=Link(desk.say("bulk_export", "button"), _page(to, "exports?tab=everybody")),
        sections=(Section("", facts),),
    )
    return mail(to, "bulk_export", desk.say("bulk_export", "subject"), sheet)


def bounced(to: Envelope, address: MailAddress, *, what: str, zone: ZoneInfo) -> EmailMessage:
    """Tells whoever sends `what` (a schedule's name, "" for all mail) that an address gets nothing more, and why.

    An address that is `ok` is taken for one that left.
    """
    desk = _Desk(to)
    standing = Standing.UNSUBSCRIBED if address.standing is Standing.OK else address.standing
    facts = [
        (desk.fact("address"), line(address.address)),
        (desk.fact("mailing"), line(what) or desk.say("mailing", "all")),
        *([(desk.fact("since"), local(address.since, zone))] if address.since else []),
        *([(desk.fact("reason"), line(address.reason))] if address.reason else []),
    ]
    sheet = desk.sheet(
        desk.say("bounced", "title"),
        desk.say("bounced", "why"),
        tone="warn",
        intro=(desk.say("bounced", f"intro_{standing}", address=line(address.address)),),
        button=Link(desk.say("bounced", "button"), _page(to, "exports?tab=addresses")),
        sections=(Section("", facts),),
    )
    return mail(to, "bounced", desk.say("bounced", "subject"), sheet)


def _of_job(to: Envelope, job: Job) -> str:
    """Where people sign in and get the file (docs/adr/0123)."""
    return _page(to, f"exports?job={job.id}")


def _page(to: Envelope, page: str) -> str:
    """A page of the dashboard."""
    return f"{to.public_url.rstrip('/')}/app/{page}"


class _Desk:
    """Words and values in the language of one letter."""

    def __init__(self, to: Envelope) -> None:
        self._to = to
        self._words = words(to.language)
        self.shown = Shown(to.language)

    def say(self, section: str, key: str, **named: str) -> str:
        return self._words[section][key].format(company=line(self._to.company, _NAME), **named)

    def report(self, job: Job, title: str) -> str:
        """What a file is of, in the reader's language; finance queries have one title for all."""
        return self._words["report"].get(job.name) or line(title)

    def fact(self, key: str) -> str:
        return self._words["fact"][key]

    def sheet(
        self,
        title: str,
        why: str,
        *,
        tone: str = "plain",
        intro: tuple[str, ...] = (),
        tiles: tuple[Tile, ...] = (),
        button: Link | None = None,
        sections: tuple[Section, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> Sheet:
        url = leave_url(self._to)
        return Sheet(
            language=self._to.language,
            company=line(self._to.company, _NAME),
            title=title,
            why=why,
            automatic=self.say("footer", "automatic"),
            tone=tone,
            intro=intro,
            tiles=tiles,
            button=button,
            sections=sections,
            notes=notes,
            leave=Link(self.say("footer", "leave"), url) if url else None,
            leave_text=self.say("footer", "leave_text", url=url) if url else "",
        )

    def file(
        self, job: Job, title: str, zone: ZoneInfo, settings_version: int | None, *, of_period: bool, outside: bool
    ) -> list[Fact]:
        """What the reader needs to know of a file (demands.md D50, D51).

        A report `of_period` says its range itself. Somebody `outside` sees no filter, which is the workspace's own
        business, and cannot download the file again.
        """
        shown = self.shown
        conditions = {name: value for name, value in job.filter.items() if not (of_period and name in _RANGE)}
        known: Iterable[tuple[str, str | None]] = (
            ("rows", shown.number(job.rows) if job.rows is not None else None),
            ("as_of", local(job.as_of, zone) if job.as_of else self.fact("not_stated")),
            ("zone", zone.key),
            ("file", line(job.filename) or None),
            ("size", shown.size(job.size_bytes) if job.size_bytes is not None else None),
            ("prefixed", shown.number(job.prefixed_cells) if job.prefixed_cells else None),
            ("sheets", shown.number(job.sheets) if job.sheets and job.sheets > 1 else None),
            ("cut", shown.number(job.cut_cells) if job.cut_cells else None),
            ("settings_version", str(settings_version) if settings_version is not None else None),
            ("sha256", job.sha256 or None),
            ("expires", None if outside else local(job.expires_at, zone)),
        )
        facts = [(self.fact(key), value) for key, value in known if value]
        what = [(self.fact("what"), title)] if title else []
        return [*what, *([] if outside else shown.filter(conditions)), *facts]

    def tile(self, one: Headline) -> Tile:
        label = self._words["headline"].get(one.name) or line(one.label or one.name, _NAME)
        before = ""
        if one.before is not None and one.before.value is not None:
            before = self.say("scheduled", "better", value=self.shown.amount(one.before))
        return Tile(label, self.shown.amount(one.amount), before)

    def notice_title(self, notice: Notice) -> str:
        title = self.say("alert", notice.trigger)
        return self.say("alert", "resolved", title=title) if notice.resolved else title

    def notice(self, notice: Notice, zone: ZoneInfo) -> list[Fact]:
        shown = self.shown
        return [
            (self.fact("rule"), line(notice.rule)),
            (self.fact("place"), line(notice.place) or self.fact("whole_workspace")),
            (self.fact("measured"), shown.amount(notice.measured)),
            (self.fact("threshold"), shown.amount(notice.threshold)),
            *([(self.fact("window"), shown.duration(notice.window_s))] if notice.window_s else []),
            *([(self.fact("since"), local(notice.since, zone))] if notice.since else []),
            (self.fact("ended" if notice.resolved else "at"), local(notice.at, zone)),
            *((line(label), line(value)) for label, value in notice.details.items()),
        ]
