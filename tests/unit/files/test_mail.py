"""The mails: one recipient, nothing injected, nothing personal, the same in text and HTML and in four languages."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringlake.files.mail import (
    Amount,
    Headline,
    Trigger,
    Unit,
    alert,
    bulk_export,
    confirm,
    encoded_size,
    failed,
    ready,
    scheduled,
)
from ringlake.files.mail.shown import Shown, line
from ringlake.files.mail.words import words
from ringlake.flows.exports.registry import REPORTS
from ringlake.model.jobs import JobKind
from ringlake.model.language import Language
from ringlake.query.filters import Filter
from tests.unit.files.every_mail import (
    HEADLINES,
    JOB,
    NOW,
    TOKEN,
    WARSAW,
    WEEK,
    body,
    envelope,
    every_mail,
    file,
    job,
    notice,
    read,
)

WEEKLY: dict[str, Any] = {"title": "Weekly", "zone": WARSAW, "period": WEEK}


def of_file(**changes: Any) -> EmailMessage:
    return ready(envelope(), job(**changes), title="Activity: calls <and> messages", zone=WARSAW, settings_version=12)


# ---------------------------------------------------------------- what they say


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_files_mail_says_what_filter_rows_zone_freshness_hash_expiry_and_link(kind: str) -> None:
    text = body(read(of_file(sheets=3, cut_cells=2)), kind)

    for said in (
        "30,001", "2026-03-01", "2026-03-09", "busy, failed", "2026-03-10 12:59 (Europe/Warsaw)", "ab" * 32,
        "2026-04-09 14:00 (Europe/Warsaw)", "https://ringlake.example.com/app/exports?job=018e0000000abc", "12",
        "5.2 MB", "Sheets of data", "apostrophe", "cut", JOB.filename,
    ):  # fmt: skip
        assert said in text


def test_what_is_not_known_is_not_claimed() -> None:
    text = body(of_file(as_of=None, rows=None, prefixed_cells=0, sha256="", size_bytes=None), "plain")

    assert "Data until: not stated" in text
    for unsaid in ("Rows", "apostrophe", "SHA-256", "Size", "Sheets", "None"):
        assert unsaid not in text


@pytest.mark.parametrize(
    "condition", ["remote", "source_number", "destination_number", "reference", "contact", "party", "record_ids"]
)
def test_whom_somebody_looked_for_is_not_in_the_mail(condition: str) -> None:
    message = of_file(filter={condition: "+48601234567"})

    assert "601234567" not in message.as_string()
    assert "set (not shown in mails)" in body(message, "plain")


def test_a_long_list_of_a_filter_is_cut_and_counted() -> None:
    text = body(of_file(filter={"users": [f"u-{n:03}" for n in range(200)], "only_missed": True}), "plain")

    assert "u-011 and 188 more" in text
    assert "u-012" not in text
    assert "Only missed: yes" in text


def test_no_subject_tells_anything_that_somebody_wrote() -> None:
    subjects = {str(message["Subject"]) for message in every_mail(text="Anna Nowak +48601234567")}

    assert not [subject for subject in subjects if "Anna" in subject or "601" in subject]
    assert {"Your export is ready", "Your report is ready", "Alert: nobody is online"} <= subjects
    assert "Your report for 2026-03-02 \u2013 2026-03-08" in subjects
    assert "Resolved: Nobody is online" in subjects


def test_a_scheduled_report_begins_with_its_numbers() -> None:
    text = body(scheduled(envelope(), JOB, **WEEKLY, headlines=HEADLINES), "plain")

    assert "Incoming calls answered: 1,234 (1,180 in the period before)" in text
    assert "Average conversation: 3 min 7 s\n" in text
    assert "Missed rate: 8.3%" in text
    assert "Spend: 12,345.61 EUR" in text
    # The period says the range already.
    assert "From: 2026-03-01" not in text


def test_a_number_that_has_no_words_shows_those_it_came_with() -> None:
    own = (
        Headline(name="own_metric", label="Own", amount=Amount(value=None)),
        Headline(name="x", amount=Amount(value=2.5)),
    )
    text = body(scheduled(envelope(), JOB, **WEEKLY, headlines=own), "plain")

    assert "Own: \u2013" in text
    assert "x: 2.5" in text


def test_who_is_outside_gets_no_link_and_no_filter_and_hears_whom_to_ask() -> None:
    inside = body(scheduled(envelope(), JOB, **WEEKLY), "plain")
    outside = scheduled(envelope(), JOB, **WEEKLY, outside=True, contact="anna@example.com")
    attached = scheduled(envelope(), JOB, **WEEKLY, outside=True, contact="anna@example.com", attachment=file())

    assert "/app/exports?job=" in inside
    assert "busy, failed" in inside
    assert "Please ask anna@example.com for it." in body(outside, "plain")
    assert "is attached" in body(attached, "plain")
    for message in (outside, attached):
        for kind in ("plain", "html"):
            assert "/app/" not in body(message, kind)
            assert "busy, failed" not in body(message, kind)
            assert "Available until" not in body(message, kind)
    unknown = scheduled(envelope(), JOB, **WEEKLY, outside=True)
    assert "ask whoever set it up" in body(unknown, "plain")


def test_every_page_that_a_mail_leads_to_is_a_page_of_the_dashboard() -> None:
    source = (Path(__file__).resolve().parents[3] / "functions/dashboard/site/src/app.tsx").read_text(encoding="utf-8")
    pages = set(re.findall(r"(\w+): lazy\(\(\) => import\('\./pages/\w+'\)\)", source))
    led = {page for message in every_mail() for page in re.findall(r"/app/(\w+)", body(message, "plain"))}

    assert {"exports", "live", "missed", "team", "spend"} == led
    assert led <= pages


def test_who_is_outside_gets_alerts_without_a_link_to_a_page() -> None:
    assert "/app/live" in body(alert(envelope(), [notice()], zone=WARSAW), "plain")
    assert "/app/" not in alert(envelope(), [notice()], zone=WARSAW, outside=True).as_string()


def test_alerts_that_were_held_back_come_in_one_mail() -> None:
    both = [notice(rule="First"), notice(trigger=Trigger.NO_AGENT, rule="Second", place="", resolved=True)]
    message = alert(envelope(), both, zone=WARSAW)
    text = body(message, "plain")

    assert message["Subject"] == "Alerts during your quiet hours: 2"
    assert text.index("First") < text.index("Second")
    for said in ("5 min 12 s", "3 min", "2026-03-10 12:54 (Europe/Warsaw)", "Reception", "Where: everything"):
        assert said in text
    with pytest.raises(ValueError, match="notice"):
        alert(envelope(), [], zone=WARSAW)


def test_rows_that_nobody_counted_are_unknown_and_not_zero() -> None:
    unknown = bulk_export(envelope(), who="Anna", title="T", rows=None, at=NOW, zone=WARSAW, job_id="1")
    assert "Rows: \u2013" in body(unknown, "plain")


# ---------------------------------------------------------------- headers


def test_only_mails_that_come_by_themselves_have_a_way_out_and_it_stays_on_one_line() -> None:
    url = f"https://ringlake.example.com/mail/unsubscribe/{TOKEN}?language=pl"
    for message in every_mail(Language.PL):
        raw = message.as_bytes(policy=SMTP)
        if "List-Unsubscribe" not in message:
            assert b"unsubscribe/" not in raw
            continue
        assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in raw
        assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
        assert url in body(message, "plain")
        assert url in body(message, "html")


def test_a_mail_has_text_before_html_and_its_language() -> None:
    for message in every_mail(Language.ES):
        kinds = [part.get_content_type() for part in read(message).walk() if not part.is_multipart()]
        assert kinds[:2] == ["text/plain", "text/html"]
        assert message["Content-Language"] == "es"
        assert message["Auto-Submitted"] == "auto-generated"


def test_the_same_thing_to_the_same_address_is_the_same_message() -> None:
    def id_of(**changes: Any) -> str:
        return str(ready(envelope(**changes), JOB, title="T", zone=WARSAW)["Message-ID"])

    assert id_of() == id_of(now=NOW.replace(hour=13), company="Other", language=Language.RU)
    assert len({id_of(), id_of(id="2"), id_of(recipient="b@example.com"), id_of(workspace="other")}) == 4
    assert re.fullmatch(r"<[0-9a-f]{40}@example\.com>", id_of())
    long = id_of(sender=f"reports@{'long.' * 30}example.com")
    assert long.endswith("example.com>")
    assert f"\r\nMessage-ID: {long}\r\n".encode() in ready(
        envelope(sender=f"reports@{'long.' * 30}example.com"), JOB, title="T", zone=WARSAW
    ).as_bytes(policy=SMTP)


def test_what_becomes_of_a_mail_is_told_with_its_workspace() -> None:
    assert ready(envelope(), JOB, title="T", zone=WARSAW)["X-SES-MESSAGE-TAGS"] == "workspace=acme, mail=ready"
    assert confirm(envelope(workspace="a b"), token="t", expires_at=NOW)["X-SES-MESSAGE-TAGS"] is None


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com\nb@example.com",
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "Anna <a@example.com>",
        "a@example.com\0",
        "a b@example.com",
        "żaneta@example.com",
        "anna@żółw.example",
        "anna",
        "",
    ],
)
def test_an_address_that_is_not_exactly_one_is_refused(address: str) -> None:
    for place in ("recipient", "sender"):
        with pytest.raises(ValueError):  # noqa: PT011 - the library words it differently for each
            list(every_mail(Language.EN, **{place: address}))


@pytest.mark.parametrize(
    "url", ["https://x.example\r\nBcc: b@example.com", "https://x.example/\u202e", "https://" + "x" * 990]
)
def test_an_address_of_ours_that_would_break_its_header_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="List-Unsubscribe"):
        scheduled(envelope(public_url=url, leave=TOKEN), JOB, **WEEKLY)


@pytest.mark.parametrize("name", ["a.csv\r\nBcc: b@example.com", "a\n.csv"])
def test_a_file_name_cannot_begin_a_header(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        ready(envelope(), JOB, title="T", zone=WARSAW, attachment=file(name=name)).as_bytes(policy=SMTP)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (JOB.filename, "text/csv"),
        ("raport żółty.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("отчёт.jsonl", "application/x-ndjson"),
        ("x" * 200 + ".zip", "application/zip"),
    ],
)
def test_the_attachment_arrives_byte_for_byte(name: str, kind: str) -> None:
    content = b'\xef\xbb\xbf"a"\r\n"\xc5\xbb"\r\n' * 1000 + bytes(range(256))
    message = ready(envelope(), JOB, title="T", zone=WARSAW, attachment=file(content, name, f"{kind}; charset=utf-8"))
    (attached,) = read(message).iter_attachments()

    assert attached.get_payload(decode=True) == content
    assert attached.get_filename() == name
    assert attached.get_content_type() == kind


@pytest.mark.parametrize("size", [0, 1, 57, 1_000, 1_000_000])
def test_the_estimate_is_never_below_the_mail_and_never_far_above(size: int) -> None:
    real = len(ready(envelope(), JOB, title="T", zone=WARSAW, attachment=file(b"x" * size)).as_bytes(policy=SMTP))
    assert real <= encoded_size(size) <= real + 163_840


def test_the_longest_mail_is_inside_what_the_estimate_leaves_for_texts() -> None:
    long = "Ж" * 5_000
    asked: dict[str, object] = dict.fromkeys(words(Language.RU)["filter"], [long] * 50)
    message = ready(
        envelope(language=Language.RU, company=long), job(filter=asked), title=long, zone=WARSAW, notes=[long] * 3
    )
    raw = message.as_bytes(policy=SMTP)

    assert len(raw) <= encoded_size(0)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


# ---------------------------------------------------------------- texts of others


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def tags(message: EmailMessage) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(body(message, "html"))
    parser.close()
    return parser.seen


HEADERS = {
    "from", "to", "subject", "date", "message-id", "auto-submitted", "content-language", "mime-version",
    "content-type", "list-unsubscribe", "list-unsubscribe-post", "x-ses-message-tags",
}  # fmt: skip
HOSTILE = [
    "</td><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "{{ 7 * 7 }} {company} %s",
    "Bcc: b@example.com\r\nX: y",
    "\r\n\r\n<html>",
    "\u202egpj.exe\u2066",
    "javascript:alert(1)",
    "a" * 3_000,
]


@settings(max_examples=10, deadline=None)
@given(text=st.text(max_size=120), language=st.sampled_from(Language))
@example(text="", language=Language.EN)
def test_whatever_somebody_writes_stays_in_its_place(text: str, language: Language) -> None:
    check_in_place(text, language)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_in_their_place(text: str) -> None:
    for language in (Language.EN, Language.RU):
        check_in_place(text, language)


@cache
def shapes(language: Language) -> list[tuple[set[str], set[frozenset[str]]]]:
    """Tags and attributes of each mail with a harmless text."""
    return [shape(message) for message in every_mail(language, "x")]


def shape(message: EmailMessage) -> tuple[set[str], set[frozenset[str]]]:
    found = tags(message)
    return {tag for tag, _ in found}, {frozenset(held) for _, held in found}


def check_in_place(text: str, language: Language) -> None:
    for message, usual in zip(every_mail(language, text), shapes(language), strict=True):
        raw = message.as_bytes(policy=SMTP)
        parsed = read(message)
        assert {name.lower() for name in parsed} <= HEADERS
        assert [len(parsed.get_all(name, [])) for name in ("To", "From", "Subject", "Message-ID")] == [1, 1, 1, 1]
        assert parsed["To"].addresses[0].addr_spec == "anna@example.com"
        assert not parsed.defects
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        plain = body(parsed, "plain")
        assert not [c for c in plain if c != "\n" and (ord(c) < 32 or c in "\u202e\u2066\u2028\u007f")]
        # Text adds no tag and no attribute: the shape is that of a mail with a harmless text.
        assert shape(parsed) == usual
        for _, held in tags(parsed):
            assert (held.get("href") or "https://ringlake.example.com/").startswith("https://ringlake.example.com/")


def test_text_is_escaped_in_html_and_plain_in_text() -> None:
    message = of_file()
    assert "calls &lt;and&gt; messages" in body(message, "html")
    assert "calls <and> messages" in body(message, "plain")


def test_html_loads_nothing_from_anywhere() -> None:
    for message in every_mail():
        html = body(message, "html")
        assert not re.search(r"src=|url\(|@import|<link|<img|<script|<iframe|<form", html)
        assert set(re.findall(r"https?://[^/\"'<\s]+", html)) <= {"https://ringlake.example.com", "http://www.w3.org"}


def test_names_are_cut_to_one_line() -> None:
    assert line(" a\tb\r\n\u2028c\u200b ") == "a b c"
    assert line("x" * 201) == "x" * 199 + "…"


# ---------------------------------------------------------------- languages


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", [language for language in Language if language is not Language.EN])
def test_every_language_says_the_same_things_with_the_same_values(language: Language) -> None:
    here, english = words(language), words(Language.EN)

    assert {name: set(section) for name, section in here.items()} == {
        name: set(section) for name, section in english.items()
    }
    for name, section in english.items():
        for key, text in section.items():
            assert placeholders(here[name][key]) == placeholders(text), (language, name, key)
    # Sentences are translated, every one.
    assert not [
        (name, key)
        for name, section in english.items()
        for key, text in section.items()
        if text.count(" ") >= 2 and name != "shape" and here[name][key] == text
    ]


def test_every_condition_of_a_filter_and_every_alert_has_words() -> None:
    names = {field.alias or name for name, field in Filter.model_fields.items()}
    for language in Language:
        assert names <= set(words(language)["filter"])
        for trigger in Trigger:
            assert {trigger.value, f"subject_{trigger}"} <= set(words(language)["alert"])


def test_every_report_has_a_title_in_every_language() -> None:
    for language in Language:
        assert set(REPORTS) == set(words(language)["report"])
        ours = ready(envelope(language=language), job(name="cases"), title="Missed customers", zone=WARSAW)
        assert words(language)["report"]["cases"] in body(ours, "plain")
    query = failed(envelope(), job(name="spend_per_month"), title="Spend per month", reason="No.", zone=WARSAW)
    assert "What: Spend per month" in body(query, "plain")


def test_every_mail_can_be_written_in_every_language() -> None:
    counts = set()
    for language in Language:
        messages = list(every_mail(language))
        counts.add(len(messages))
        texts = [body(message, kind) for message in messages for kind in ("plain", "html")]
        assert not [text for text in texts if re.search(r"\{\w+\}|\bNone\b|\bJobKind\b", text)]
        subjects = {str(message["Subject"]) for message in messages}
        assert all(subjects)
        if language is not Language.EN:
            assert not subjects & {str(message["Subject"]) for message in every_mail()}
    assert len(counts) == 1
    assert len(JobKind) == 2


@pytest.mark.parametrize(
    ("amount", "en", "es", "ru", "pl"),
    [
        (Amount(value=0), "0", "0", "0", "0"),
        (Amount(value=999), "999", "999", "999", "999"),
        (Amount(value=-1234567), "-1,234,567", "-1.234.567", "-1\u00a0234\u00a0567", "-1\u00a0234\u00a0567"),
        (Amount(value=2.25), "2.3", "2,3", "2,3", "2,3"),
        (Amount(value=None, unit=Unit.SECONDS), "\u2013", "\u2013", "\u2013", "\u2013"),
        (Amount(value=59.5, unit=Unit.SECONDS), "1 min", "1 min", "1\u00a0мин", "1 min"),
        (Amount(value=0, unit=Unit.SECONDS), "0 s", "0 s", "0\u00a0\u0441", "0 s"),
        (Amount(value=62, unit=Unit.SECONDS), "1 min 2 s", "1 min 2 s", "1\u00a0мин 2\u00a0\u0441", "1 min 2 s"),
        (Amount(value=3599, unit=Unit.SECONDS), "59 min 59 s", "59 min 59 s", "59\u00a0мин 59\u00a0\u0441",
         "59 min 59 s"),
        (Amount(value=7229, unit=Unit.SECONDS), "2 h 0 min", "2 h 0 min", "2\u00a0ч 0\u00a0мин", "2 godz. 0 min"),
        (Amount(value=0.875, unit=Unit.SHARE), "87.5%", "87,5 %", "87,5\u00a0%", "87,5%"),
        (Amount(value=1, unit=Unit.SHARE), "100.0%", "100,0 %", "100,0\u00a0%", "100,0%"),
        (
            Amount(value=1234.5, unit=Unit.MONEY, currency="PLN"),
            "1,234.50 PLN", "1.234,50 PLN", "1\u00a0234,50 PLN", "1\u00a0234,50 PLN",
        ),
    ],
)  # fmt: skip
def test_values_look_as_they_do_in_the_language(amount: Amount, en: str, es: str, ru: str, pl: str) -> None:
    assert [Shown(language).amount(amount) for language in (Language.EN, Language.ES, Language.RU, Language.PL)] == [
        en, es, ru, pl,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (999_999, "1,000 kB"), (7_250_000, "7.3 MB")]
)
def test_sizes_are_in_thousands(size: int, shown: str) -> None:
    assert Shown(Language.EN).size(size) == shown
