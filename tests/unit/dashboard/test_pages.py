"""What stands in two places about the site's pages is the same in both."""

from __future__ import annotations

import json
import re

from ringlake.access.routes import SITE
from tools import dashboard, screenshots

APP = (dashboard.SITE / "src" / "app.tsx").read_text(encoding="utf-8")


def test_every_page_has_its_pictures() -> None:
    pages = set(re.findall(r"^\s+(\w+): lazy\(", APP, re.MULTILINE))
    assert pages == set(screenshots.PAGES)


def test_pages_are_below_the_address_that_hands_them_out() -> None:
    assert 'path="/app/:page' in APP
    assert "GET /app/{page+}" in SITE


def test_what_the_site_is_built_with_stands_in_its_lock() -> None:
    declared = json.loads((dashboard.SITE / "package.json").read_text(encoding="utf-8"))
    names = {*declared["dependencies"], *declared["devDependencies"]}
    # No version is a range: a lock that is made anew changes nothing by itself.
    assert all(
        version[0].isdigit() for part in ("dependencies", "devDependencies") for version in declared[part].values()
    )
    assert {"vite", "axe-core", "openapi-typescript"} <= names
