"""A ZIP file that is written while its entries come into being, to a place that cannot be gone back in.

Entries of unknown length are compressed in stretches, which threads may do side by side: stretches of raw
deflate that end on a full flush can be laid end to end, and their checksums be combined. Sizes stand behind
such an entry (general purpose bit 3), which every reader of XLSX knows, and once more in the directory.
Without ZIP64, which some of them do not: no entry, and no file, may reach 4 GiB.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from ringlake.errors import InvalidRequest

LARGEST = 2**32 - 2**20
_LEVEL = 5
_DEFLATED, _STREAMED = 8, 8
_FINAL = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15).flush()


class Stretch(NamedTuple):
    """A stretch of an entry: compressed, with the checksum and length of what it holds."""

    body: bytes
    crc: int
    length: int


def packed(pieces: Iterable[Any]) -> Stretch:
    """Compress a stretch of an entry. Safe in threads."""
    work = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    body, crc, length = [], 0, 0
    for piece in pieces:
        body.append(work.compress(piece))
        crc, length = zlib.crc32(piece, crc), length + len(memoryview(piece))
    body.append(work.flush(zlib.Z_FULL_FLUSH))
    return Stretch(b"".join(body), crc, length)


class _Entry(NamedTuple):
    name: bytes
    offset: int
    crc: int
    packed: int
    length: int


class Archive:
    """Gives the bytes of the file one after another; entries are made one at a time."""

    def __init__(self, made_at: datetime) -> None:
        self._offset = 0
        self._entries: list[_Entry] = []
        self._open: _Entry | None = None
        at = made_at if made_at.year >= 1980 else made_at.replace(year=1980)
        self._time = at.hour << 11 | at.minute << 5 | at.second // 2
        self._date = at.year - 1980 << 9 | at.month << 5 | at.day

    def begin(self, name: str) -> bytes:
        """The head of an entry."""
        self._open = _Entry(name.encode(), self._offset, 0, 0, 0)
        head = struct.pack("<IHHHHHIIIHH", 0x04034B50, *self._kind(), 0, 0, 0, len(self._open.name), 0)
        return self._out(head + self._open.name)

    def add(self, stretch: Stretch) -> bytes:
        """A stretch of the entry that was begun."""
        entry = self._begun()
        self._open = entry._replace(
            crc=combined(entry.crc, stretch.crc, stretch.length),
            packed=entry.packed + len(stretch.body),
            length=entry.length + stretch.length,
        )
        return self._out(stretch.body)

    @property
    def length(self) -> int:
        """Bytes that the entry holds so far, uncompressed."""
        return self._begun().length

    def end(self) -> bytes:
        """The end of the entry."""
        entry = self._begun()
        entry = entry._replace(packed=entry.packed + len(_FINAL))
        if entry.length > LARGEST:
            raise InvalidRequest("format", "the rows do not fit into one workbook: ask for CSV or a shorter period")
        self._entries.append(entry)
        self._open = None
        return self._out(_FINAL + struct.pack("<IIII", 0x08074B50, entry.crc, entry.packed, entry.length))

    def whole(self, name: str, text: str) -> bytes:
        """A small entry."""
        return self.begin(name) + self.add(packed([text.encode()])) + self.end()

    def close(self) -> bytes:
        """The directory, with which the file ends."""
        start = self._offset
        listed = b"".join(self._line(entry) for entry in self._entries)
        count = len(self._entries)
        return listed + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(listed), start, 0)

    def _line(self, entry: _Entry) -> bytes:
        sizes = (entry.crc, entry.packed, entry.length, len(entry.name))
        line = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, *self._kind(), *sizes, 0, 0, 0, 0, 0, entry.offset)
        return line + entry.name

    def _kind(self) -> tuple[int, int, int, int, int]:
        """Version needed, flags, method, time, date."""
        return 20, _STREAMED, _DEFLATED, self._time, self._date

    def _begun(self) -> _Entry:
        if self._open is None:
            raise ValueError("no entry was begun")
        return self._open

    def _out(self, body: bytes) -> bytes:
        self._offset += len(body)
        if self._offset > LARGEST:
            raise InvalidRequest("format", "the rows do not fit into one workbook: ask for CSV or a shorter period")
        return body


# --- the checksum of two stretches from those of each (zlib's crc32_combine, which Python does not have)

_POLYNOMIAL = 0xEDB88320


def combined(first: int, second: int, length: int) -> int:
    """CRC-32 of two stretches laid end to end; `length` is that of the second."""
    # The first is moved by as many zero bytes as the second has: multiplied by x^(8·length) modulo the polynomial.
    factor, power = 1 << 31, 1 << 23
    while length:
        if length & 1:
            factor = _times(power, factor)
        power = _times(power, power)
        length >>= 1
    return _times(factor, first) ^ second


def _times(a: int, b: int) -> int:
    """Product of two polynomials over GF(2), bits reflected, modulo that of CRC-32."""
    product, bit = 0, 1 << 31
    while bit:
        if a & bit:
            product ^= b
        bit >>= 1
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return product
