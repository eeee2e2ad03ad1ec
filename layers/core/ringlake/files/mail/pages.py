"""The pages behind the links of mails: one sentence, and what can be done about it."""

from __future__ import annotations

from enum import StrEnum

from ringlake.model.language import Language

from .sheet import rendered
from .shown import line
from .words import words

_NAME = 80


class PageKind(StrEnum):
    """`agree` and `leave` ask; `agreed`, `left` and `left_all` say what is so; `refused` is after a complaint, `gone`
    a link that is none, `later` a failure of ours.
    """

    AGREE = "agree"
    AGREED = "agree_done"
    LEAVE = "leave"
    LEFT = "left"
    LEFT_ALL = "left_all"
    REFUSED = "refused"
    GONE = "gone"
    LATER = "later"


# What the buttons ask for, by their words.
_BUTTONS: dict[PageKind, tuple[tuple[str, str, str], ...]] = {
    PageKind.AGREE: (("confirm", "button", "agree"),),
    PageKind.LEAVE: (("page", "leave_button", "leave"), ("page", "leave_all_button", "leave_all")),
    PageKind.LEFT: (("page", "return_button", "return"), ("page", "leave_all_button", "leave_all")),
    PageKind.LEFT_ALL: (("page", "return_button", "return"),),
}
_TONES = {
    PageKind.AGREED: "good",
    PageKind.LEFT: "good",
    PageKind.LEFT_ALL: "good",
    PageKind.REFUSED: "warn",
    PageKind.GONE: "warn",
    PageKind.LATER: "warn",
}


def page(kind: PageKind, language: Language, *, company: str = "", address: str = "") -> str:
    """A whole HTML page that loads nothing from anywhere. A button posts its `wish` to the page's own address."""
    texts = words(language)
    named = {"company": line(company, _NAME), "address": line(address)}
    if kind is PageKind.AGREE:
        title, said = texts["confirm"]["title"], texts["confirm"]["intro"]
    else:
        title, said = texts["page"][kind], texts["page"][f"{kind}_text"]
    return rendered(
        "page.html",
        language=language,
        company=named["company"],
        title=title.format(**named),
        said=said.format(**named),
        buttons=[(texts[section][key].format(**named), wish) for section, key, wish in _BUTTONS.get(kind, ())],
        # What somebody came for stands out; nothing lures him back.
        stands_out=kind in (PageKind.AGREE, PageKind.LEAVE),
        tone=_TONES.get(kind, "plain"),
    )
