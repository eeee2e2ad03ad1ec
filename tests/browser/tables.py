"""Tables of the dashboard as people read them: by header and row."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Locator, Page

Cells = Mapping[str, str]
# What stands for a value that is not known, and between two ends.
UNKNOWN = DASH = "\N{EN DASH}"


def table(page: Page, label: str) -> Locator:
    """The table that is called so, once it stands there."""
    found = page.get_by_role("region", name=label, exact=True).locator("table.rows")
    found.first.wait_for()
    return found.first


def read(shown: Locator) -> dict[str, Cells]:
    """Rows by their key, and the foot as "total": the text of each cell by its header."""
    headers = [one.strip() for one in shown.locator("thead th").all_inner_texts()]
    rows = shown.locator("tbody tr[data-key], tfoot tr").evaluate_all(
        "rows => rows.map(row => [row.dataset.key ?? 'total', [...row.cells].map(cell => cell.innerText.trim())])"
    )
    return {str(key): dict(zip(headers, cells, strict=True)) for key, cells in rows}


def count(text: str) -> int:
    """1,234 -> 1234; a difference with its sign."""
    return int(text.replace(",", "").replace("\N{MINUS SIGN}", "-").replace("\N{PLUS-MINUS SIGN}", ""))


def seconds(text: str) -> int:
    """1:02:34 -> 3754; 12:05 -> 725."""
    whole = 0
    for part in text.replace(",", "").split(":"):
        whole = whole * 60 + int(part)
    return whole
