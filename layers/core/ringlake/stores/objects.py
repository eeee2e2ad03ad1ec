"""Objects: S3 with conditional writes (aws.md 7)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Protocol

from ringlake.errors import Conflict


class Objects(Protocol):
    """One bucket. Every method raises `Unavailable` when the store does not answer."""

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Body and etag, or None when there is no such object."""
        ...

    def etag(self, key: str) -> str | None: ...

    def put(self, key: str, body: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        """Write whole, return the etag. Raises `Conflict` when the condition does not hold."""
        ...

    def write_parts(self, key: str, parts: Iterable[bytes], *, content_type: str, if_absent: bool = True) -> int:
        """Stream a multipart upload in constant memory; returns the size in bytes.

        Nothing is visible until it is complete; a failure aborts it. `Conflict` when the key
        exists and `if_absent`.
        """
        ...

    def list(self, prefix: str) -> Iterator[str]: ...

    def delete(self, key: str) -> None: ...

    def signed_url(self, key: str, seconds: int, filename: str) -> str:
        """A GET URL for the next `seconds`, to hand out at once; never mailed or stored."""
        ...


class MemoryObjects:
    """The twin."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self._lock = Lock()

    def get(self, key: str) -> tuple[bytes, str] | None:
        body = self.bodies.get(key)
        return None if body is None else (body, _etag(body))

    def etag(self, key: str) -> str | None:
        body = self.bodies.get(key)
        return None if body is None else _etag(body)

    def put(self, key: str, body: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        with self._lock:
            current = self.bodies.get(key)
            if if_absent and current is not None:
                raise Conflict(key)
            if if_match is not None and (current is None or _etag(current) != if_match):
                raise Conflict(key)
            self.bodies[key] = body
        return _etag(body)

    def write_parts(self, key: str, parts: Iterable[bytes], *, content_type: str, if_absent: bool = True) -> int:
        body = b"".join(parts)
        self.put(key, body, if_absent=if_absent)
        return len(body)

    def list(self, prefix: str) -> Iterator[str]:
        yield from sorted(k for k in self.bodies if k.startswith(prefix))

    def delete(self, key: str) -> None:
        self.bodies.pop(key, None)

    def signed_url(self, key: str, seconds: int, filename: str) -> str:
        return f"memory://{key}?seconds={seconds}&filename={filename}"


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
