"""Zadarma: the same PBX notifications, numbers with their plus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tools.simulator.history import Ending
from tools.simulator.people import Company, Line

from . import classic
from .classic import SILENT, provider_id
from .notice import Call, Notice

__all__ = ["SILENT", "UNTOLD", "calls", "heard", "provider_id"]


# An incoming call that was cancelled is missed, as one that nobody took (section 4).
UNTOLD: Mapping[Ending, Ending] = {Ending.GAVE_UP: Ending.RANG_OUT, Ending.GAVE_UP_SOON: Ending.RANG_OUT}


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    yield from classic.calls(company, line, call, plus=True)


def heard(company: Company, line: Line, call: Call) -> Call:
    call = classic.heard(company, line, call)
    return replace(call, ending=UNTOLD.get(call.ending, call.ending))
