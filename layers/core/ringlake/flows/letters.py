"""The mails of a job: each claimed before it leaves, none of them twice (docs/adr/0051).

SES has no idempotency token, so a letter whose fate nobody knows is not sent again: its job says so, and the
file waits in the downloads.
"""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from email.message import EmailMessage
from functools import cached_property
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec

from ringlake.access import Principal
from ringlake.errors import Conflict, Rejected, Unavailable
from ringlake.files.formats import content_type
from ringlake.files.mail import (
    Amount,
    Attachment,
    Envelope,
    Headline,
    Period,
    Unit,
    bulk_export,
    encoded_size,
    failed,
    ready,
    scheduled,
)
from ringlake.model.directory import Directory, User, Workspace
from ringlake.model.jobs import Figure, Format, Job, JobState, Letter, LetterKind, MailState
from ringlake.model.mailing import Standing
from ringlake.stores.mail import MailRefused, MailThrottled, MailUncertain, Refusal

from .filerights import may_take
from .workshop import LEASE, Later, Workshop, moved

# A letter that could not leave is tried this often, a little later each time.
TRIES = 5
TRY_AGAIN = timedelta(minutes=2)
# Larger files are not packed for those who cannot sign in: packing holds them in memory.
PACKED_BYTES = 64_000_000

_LOST = "The mail may not have left. It is not sent again, so that nobody gets it twice."
_NOT_COVERED = "The rights of whoever asked for this file do not cover it any more."
_NO_USER = "This is not the address of an active user any more."
_UNREACHABLE = "This address cannot be mailed to: correct it."
_STOPPED: Mapping[Standing, str] = MappingProxyType(
    {
        Standing.BOUNCED: "Mail to this address came back. Correct it, or lift the block once it works again.",
        Standing.COMPLAINED: "The owner of this address reported our mail as unwanted: no more is sent to it.",
        Standing.UNSUBSCRIBED: "The owner of this address wants no more of these mails.",
    }
)
_REFUSED: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.RECIPIENT_UNVERIFIED: "SES is in its sandbox and sends to verified addresses alone: verify this"
        " address in SES, or ask AWS for production access.",
        Refusal.SENDER_UNVERIFIED: "The sender's address is not verified in SES: verify it, or deploy with another"
        " one (MailFrom).",
        Refusal.PAUSED: "SES has paused sending for this account: its reputation page in the console says why.",
        Refusal.MISCONFIGURED: "SES does not let this service send from its address: check the role's rights and the"
        " configuration set.",
        Refusal.OTHER: "SES refused the mail.",
    }
)
_THROTTLED = "SES takes no more mail for now: its limit per second or per day is reached."
_DOWN = "SES did not answer."


def refusal_said(why: Refusal) -> str:
    """What to do about a mail that SES refused."""
    return _REFUSED[why]


def letter_to(user: User, workspace: Workspace, kind: LetterKind = LetterKind.FILE) -> Letter:
    """A letter to somebody of the workspace, in his language."""
    return Letter(address=user.email, language=user.language or workspace.language, kind=kind)


def send_letters(job: Job, shop: Workshop) -> Job:
    """Send what has not been sent; returns the job as it is then. Raises `Later` when some have to wait."""
    parcel = _Parcel(job, shop)
    later: list[Later] = []
    for place in range(len(job.letters)):
        # Looked at each time: another worker may have sent it meanwhile.
        if not _is_due(job, job.letters[place]):
            continue
        try:
            job = _send(job, place, parcel, shop)
        except Later as waits:
            later.append(waits)
            job = shop.jobs.get(job.workspace, job.id) or job
    if later:
        raise min(later, key=lambda waits: waits.seconds)
    return job


def _is_due(job: Job, letter: Letter) -> bool:
    """A file's letters wait until there is a file; what was sent, refused or skipped stays so."""
    of_file = letter.kind is not LetterKind.FAILURE
    return letter.state in (MailState.NONE, MailState.SENDING) and of_file is (job.state is JobState.READY)


def _send(job: Job, place: int, parcel: _Parcel, shop: Workshop) -> Job:
    letter, now = job.letters[place], shop.clock()
    if letter.state is MailState.SENDING:
        left = LEASE - (now - letter.at) if letter.at else timedelta()
        if left > timedelta():
            raise Later("another worker is sending this letter", left.total_seconds())
        return _settle(job, place, shop, state=MailState.FAILED, error=_LOST)
    if letter.kind is LetterKind.FILE and job.scheduled and job.scheduled.skip_when_empty and not job.rows:
        return _settle(job, place, shop, state=MailState.SKIPPED)
    topic = f"schedule:{job.schedule}" if letter.leave else None
    standing = shop.addresses.blocked(job.workspace, letter.address, topic)
    if standing is not None:
        said = _STOPPED.get(standing, f"No mail is sent to this address ({standing.value}).")
        return _settle(job, place, shop, state=MailState.FAILED, error=said)
    if why := parcel.barred(letter):
        return _settle(job, place, shop, state=MailState.FAILED, error=why)
    try:
        message = parcel.message(place)
    except ValueError:
        return _settle(job, place, shop, state=MailState.FAILED, error=_UNREACHABLE)
    claimed = msgspec.structs.replace(
        letter, state=MailState.SENDING, tries=letter.tries + 1, at=now, worker=secrets.token_hex(8), error=""
    )
    job = moved(shop.jobs, job, letters=_with(job, place, claimed))
    return _hand_over(job, place, message, shop)


def _hand_over(job: Job, place: int, message: EmailMessage, shop: Workshop) -> Job:
    """Give a claimed letter to SES and write down what became of it."""
    tries = job.letters[place].tries
    try:
        shop.mail.send(message)
    except Unavailable as error:
        # Certainly not sent: the claim is given back.
        said = _THROTTLED if isinstance(error, MailThrottled) else _DOWN
        if tries >= TRIES:
            return _settle(job, place, shop, state=MailState.FAILED, error=f"{said} Ask for the file again later.")
        _settle(job, place, shop, state=MailState.NONE, error=f"{said} It is tried again.")
        raise Later(said, tries * TRY_AGAIN.total_seconds()) from error
    except MailRefused as refusal:
        said = f"{_REFUSED[refusal.why]} ({refusal.code})"
        return _settle(job, place, shop, state=MailState.FAILED, error=said)
    except MailUncertain:
        return _settle(job, place, shop, state=MailState.FAILED, error=_LOST)
    return _settle(job, place, shop, state=MailState.SENT, error="")


def _settle(job: Job, place: int, shop: Workshop, **changes: object) -> Job:
    """Write down what became of a letter, whatever happened to the others meanwhile."""
    for _ in range(TRIES):
        letter = msgspec.structs.replace(job.letters[place], **changes)
        try:
            return moved(shop.jobs, job, letters=_with(job, place, letter))
        except Conflict:
            held = shop.jobs.get(job.workspace, job.id)
            if held is None:
                # Deleted while its mails were on their way.
                return job
            if not _same_claim(held, job, place):
                raise
            job = held
    raise Conflict(job.id)


def _same_claim(held: Job, job: Job, place: int) -> bool:
    ours, theirs = job.letters[place], held.letters[place] if place < len(held.letters) else None
    return theirs is not None and (theirs.worker, theirs.tries) == (ours.worker, ours.tries)


def _with(job: Job, place: int, letter: Letter) -> tuple[Letter, ...]:
    return (*job.letters[:place], letter, *job.letters[place + 1 :])


class _Parcel:
    """What the letters of one job say and carry; the file is read once, and only when a letter carries it."""

    def __init__(self, job: Job, shop: Workshop) -> None:
        self._job, self._shop = job, shop

    @cached_property
    def _directory(self) -> Directory:
        return self._shop.directory.load(self._job.workspace, key=False)

    @property
    def _workspace(self) -> Workspace:
        return self._directory.workspace

    @cached_property
    def _requester(self) -> User | None:
        return next((user for user in self._directory.users if user.id == self._job.requester), None)

    def barred(self, letter: Letter) -> str:
        """Why a letter may not leave any more, "" when it may. Hours may have passed since it was ordered, and what
        is in a mail cannot be taken back.
        """
        active = {user.email.casefold() for user in self._directory.users if user.active}
        if not letter.outside and letter.address.casefold() not in active:
            return _NO_USER
        if letter.kind is not LetterKind.FILE:
            return ""
        try:
            if self._requester is None:
                return _NOT_COVERED
            may_take(Principal(workspace=self._job.workspace, user=self._requester), self._job)
        except Rejected:
            return _NOT_COVERED
        return ""

    @cached_property
    def _body(self) -> bytes:
        found = self._shop.exports.get(self._job.key)
        if found is None:
            raise Unavailable("the file is not there")
        return found[0]

    @cached_property
    def _file(self) -> Attachment | None:
        """The file as it is, when it is small enough (demands.md D59)."""
        if not self._fits(self._job.size_bytes or 0):
            return None
        kind = content_type(Format(self._job.format))
        return Attachment(filename=self._job.filename, content_type=kind, data=self._body)

    @cached_property
    def _packed(self) -> Attachment | None:
        """The file as it is or in a zip, for those who cannot fetch it."""
        if self._file is not None:
            return self._file
        if (self._job.size_bytes or 0) > PACKED_BYTES:
            return None
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as into:
            # A date of its own would make the same file a different one at every try.
            into.writestr(zipfile.ZipInfo(self._job.filename), self._body, zipfile.ZIP_DEFLATED, 9)
        if not self._fits(packed.tell()):
            return None
        return Attachment(filename=f"{self._job.filename}.zip", content_type="application/zip", data=packed.getvalue())

    def _fits(self, size: int) -> bool:
        return encoded_size(size) <= self._shop.post.attach_limit_bytes

    def message(self, place: int) -> EmailMessage:
        """Raises ValueError when the address cannot stand in a header."""
        job, letter = self._job, self._job.letters[place]
        to = Envelope(
            id=f"{job.id}-{place}",
            sender=self._shop.post.sender,
            recipient=letter.address,
            workspace=job.workspace,
            company=self._workspace.name,
            public_url=self._shop.post.public_url,
            now=self._shop.clock(),
            language=letter.language,
            leave=letter.leave,
        )
        make = {LetterKind.FAILURE: self._failure, LetterKind.NOTICE: self._notice, LetterKind.FILE: self._announcement}
        return make[letter.kind](to, letter)

    def _announcement(self, to: Envelope, letter: Letter) -> EmailMessage:
        job, told = self._job, self._job.scheduled
        attachment = self._packed if letter.outside else self._file
        if told is None:
            return ready(
                to,
                job,
                title=job.title,
                zone=self._zone,
                attachment=attachment,
                settings_version=job.settings_version,
                notes=job.notes,
            )
        return scheduled(
            to,
            job,
            title=told.name,
            zone=ZoneInfo(told.zone),
            period=Period(first=told.first, last=told.last),
            headlines=[_headline(figure, self._workspace.currency) for figure in told.figures],
            attachment=attachment,
            outside=letter.outside,
            contact=self._requester.email if self._requester else "",
            settings_version=job.settings_version,
            notes=job.notes,
        )

    def _failure(self, to: Envelope, _letter: Letter) -> EmailMessage:
        job = self._job
        return failed(to, job, title=job.title or job.name, reason=job.error, zone=self._zone)

    def _notice(self, to: Envelope, letter: Letter) -> EmailMessage:
        job, who = self._job, self._requester
        return bulk_export(
            to,
            who=(who.name or who.email) if who else job.requester,
            title=job.title if letter.rows == job.rows else "Files within 24 hours",
            rows=letter.rows,
            at=job.finished_at or job.created_at,
            zone=self._zone,
            job_id=job.id,
        )

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._job.zone or self._workspace.zone)


def _headline(figure: Figure, currency: str) -> Headline:
    # People and lines are counts too.
    unit = Unit(figure.unit) if figure.unit in set(Unit) else Unit.COUNT

    def amount(value: float | None) -> Amount:
        return Amount(value=value, unit=unit, currency=currency)

    before = None if figure.before is None else amount(figure.before)
    return Headline(name=figure.metric, amount=amount(figure.value), before=before)
