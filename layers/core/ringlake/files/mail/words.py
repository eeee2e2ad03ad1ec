"""The texts of mails and of the pages behind their links, in every language: `texts/<language>.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from ringlake.model.language import Language


@cache
def words(language: Language) -> dict[str, dict[str, str]]:
    """Sections of texts; a placeholder is written `{name}`."""
    text = files(__package__).joinpath("texts", f"{language.value}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
