"""The data dictionary says what the code says."""

from __future__ import annotations

import pytest

from ringlake.model.tables import TABLES
from ringlake.reports import reports
from tools import dictionary


def test_the_page_is_current() -> None:
    assert dictionary.PAGE.read_text(encoding="utf-8") == dictionary.page()
    assert dictionary.main(["--check"]) == 0


def test_every_column_and_report_is_explained() -> None:
    page = dictionary.page()

    for table in TABLES:
        for column in table.columns:
            assert f"| {column.name} | {column.type} | {column.doc}" in page
    for name in reports():
        assert f"### {name}\n" in page


def test_a_page_that_is_out_of_date_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dictionary, "page", lambda: "something else")

    assert dictionary.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().err
