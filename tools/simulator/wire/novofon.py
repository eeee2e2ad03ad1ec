"""Novofon, the classic line: PBX notifications with numbers as bare digits."""

from __future__ import annotations

from collections.abc import Iterator

from tools.simulator.people import Company, Line

from . import classic
from .classic import SILENT, UNTOLD, heard, provider_id
from .notice import Call, Notice

__all__ = ["SILENT", "UNTOLD", "calls", "heard", "provider_id"]


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    yield from classic.calls(company, line, call, plus=False)
