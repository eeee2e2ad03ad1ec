"""Telephone numbers: one spelling per number, one word for withheld ones, one key per person.

Numbers become E.164 by the country of our number, so that national and international
spellings are the same caller (demands.md D46). Short codes, extensions and SIP addresses are
no E.164 numbers and stay text (D47). Withheld callers are the word `anonymous`, never a
number, a match or a person (D48, D49).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable
from functools import lru_cache

ANONYMOUS = "anonymous"

# What carriers and providers put in place of a withheld number. The digit groups are the
# words anonymous, restricted, blocked, unknown and unavailable typed on a keypad.
WITHHELD = frozenset(
    {
        "",
        "anonymous",
        "unknown",
        "restricted",
        "private",
        "unavailable",
        "blocked",
        "withheld",
        "no caller id",
        "266696687",
        "7378742833",
        "2562533",
        "8656696",
        "86282452253",
    }
)
_ZEROS = re.compile(r"0+")
_DIALLED = re.compile(r"\+?[\d\s()./\-\u00a0]+")
_LONGEST_SHORT_CODE = 6
_NO_EXTENSION = 11


def is_withheld(raw: str, listed: Collection[str] = ()) -> bool:
    """Whether this text stands for a number that the caller withheld; an empty text does too.

    `listed` are further texts of the workspace (`Lists.withheld`), spelled in any way.
    """
    word = _word(raw)
    return word in WITHHELD or _ZEROS.fullmatch(word) is not None or any(word == _word(one) for one in listed)


def _word(raw: str) -> str:
    """A placeholder without case, plus sign, SIP scheme and host."""
    word = raw.strip().lower()
    user, at, _ = word.removeprefix("sip:").removeprefix("sips:").partition("@")
    return (user if at else word).removeprefix("+")


@lru_cache(maxsize=8192)
def e164(raw: str, country: str = "", withheld: tuple[str, ...] = ()) -> str:
    """`raw` as E.164 where it is a dialable number, `anonymous` where it is withheld, else its own text.

    `country` (ISO 3166 alpha-2) reads national spellings; without one only international
    spellings can become E.164. `withheld` are the workspace's own placeholders.
    """
    text = raw.strip()
    if is_withheld(text, withheld):
        return ANONYMOUS
    text = text.removeprefix("tel:").removeprefix("whatsapp:")
    if not _DIALLED.fullmatch(text):
        return text
    digits = re.sub(r"\D", "", text)
    if len(digits) <= _LONGEST_SHORT_CODE:
        return digits
    # Some providers leave the plus out of an international number (`48221230000`).
    return _international(text, country) or _international(f"+{digits}", "", strict=len(digits) < _NO_EXTENSION) or text


def is_e164(text: str) -> bool:
    """Whether this is E.164 and a number that the numbering plan of its country allows."""
    return text.startswith("+") and _international(text, "") == text


def _international(text: str, country: str, *, strict: bool = False) -> str:
    """E.164 when the numbering plan allows the number; `strict` also asks that the range is in use.

    Possible and not valid is the measure for what a provider wrote with a country: plans grow
    faster than the metadata, and a real caller must not lose the number over it.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not possible or (strict and not phonenumbers.is_valid_number(number)):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=8192)
def country_of(number: str) -> str:
    """ISO country of an E.164 number, "" when it has none (withheld, short code, satellite, unknown)."""
    if not number.startswith("+"):
        return ""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(parsed)
    if region is None and parsed.country_code is not None:
        # Numbers outside the ranges in use still show their country by the prefix.
        region = phonenumbers.region_code_for_country_code(parsed.country_code)
    return str(region) if region and region.isalpha() and region != "ZZ" else ""


def party_key(secret: bytes, numbers: Iterable[str]) -> str:
    """Keyed hash of one remote party: joins and distinct counts without the number.

    A group text is keyed by its set of participants (features.md O9). "" for withheld callers,
    and without a secret: an unkeyed hash of a phone number can be searched for its number.
    """
    known = sorted({n for n in numbers if n and n != ANONYMOUS})
    if not known or not secret:
        return ""
    return hmac.new(secret, "\n".join(known).encode(), hashlib.sha256).hexdigest()[:32]
