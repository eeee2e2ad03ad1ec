"""How a record's document is packed: JSON, compressed with a preset dictionary.

A record repeats its own field names and words, so a dictionary of them brings a typical call
below one write unit (1 KB). The first byte names the dictionary's version; documents of an
older version stay readable for ever, so a dictionary is never changed: a better one is added.
The record's own key is appended to the dictionary, because its parts occur in the document.
"""

from __future__ import annotations

import zlib
from functools import cache
from importlib.resources import files

from ringlake.model.base import from_json

CURRENT = 1
_FILES = {1: "record_dictionary_1.txt"}


@cache
def _dictionary(version: int) -> bytes:
    return files(__package__).joinpath(_FILES[version]).read_bytes()


def pack(document: bytes, key: str) -> bytes:
    packer = zlib.compressobj(level=6, wbits=-15, zdict=_dictionary(CURRENT) + key.encode())
    return bytes([CURRENT]) + packer.compress(document) + packer.flush()


def unpack[T](packed: bytes, key: str, kind: type[T]) -> T:
    """Raises KeyError for a dictionary that this version of the code does not know."""
    unpacker = zlib.decompressobj(wbits=-15, zdict=_dictionary(packed[0]) + key.encode())
    return from_json(unpacker.decompress(packed[1:]) + unpacker.flush(), kind)
