"""A bucket that is a folder: what the lake needs of S3, without transport. Counts what goes through it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from ringlake.errors import Conflict


class FolderObjects:
    """`stores.objects.Objects` over files; the etag is the file's size and time of change."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.calls = {"get": 0, "head": 0, "put": 0, "list": 0}
        self.bytes_read = 0
        self.bytes_written = 0

    def get(self, key: str) -> tuple[bytes, str] | None:
        self.calls["get"] += 1
        path = self._root / key
        if not path.exists():
            return None
        body = path.read_bytes()
        self.bytes_read += len(body)
        return body, self._etag(path)

    def etag(self, key: str) -> str | None:
        self.calls["head"] += 1
        path = self._root / key
        return self._etag(path) if path.exists() else None

    def put(self, key: str, body: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        self.calls["put"] += 1
        path = self._root / key
        current = self._etag(path) if path.exists() else None
        if (if_absent and current is not None) or (if_match is not None and if_match != current):
            raise Conflict(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        # A new file, not new bytes in the old one: inputs are shared by hard links.
        path.unlink(missing_ok=True)
        path.write_bytes(body)
        self.bytes_written += len(body)
        return self._etag(path)

    def write_parts(self, key: str, parts: Iterable[bytes], *, content_type: str, if_absent: bool = True) -> int:
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            return sum(file.write(part) for part in parts)

    def list(self, prefix: str) -> Iterator[str]:
        self.calls["list"] += 1
        for path in sorted(self._root.rglob("*")):
            key = path.relative_to(self._root).as_posix()
            if path.is_file() and key.startswith(prefix):
                yield key

    def etags(self, prefix: str, first: str, last: str) -> Iterator[tuple[str, str]]:
        """Folder by folder as keys are made (`table/workspace=.../day=.../file`), like a listing of a page."""
        self.calls["list"] += 1
        within = prefix.rpartition("/")[0]
        try:
            folders = sorted(entry.name for entry in os.scandir(self._root / within))
        except FileNotFoundError:
            return
        for folder in folders:
            for entry in os.scandir(f"{self._root}/{within}/{folder}"):
                key = f"{within}/{folder}/{entry.name}"
                if key.startswith(prefix) and first <= key <= last:
                    yield key, self._etag(entry)

    def delete(self, key: str) -> None:
        (self._root / key).unlink(missing_ok=True)

    def signed_url(self, key: str, seconds: int, filename: str) -> str:
        return f"file:{key}?seconds={seconds}&filename={filename}"

    def link(self, source: Path, key: str) -> None:
        """The same object under one more key, without copying."""
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(source)

    def copy_from(self, other: Path) -> None:
        """Start again from the objects of another folder (hard links)."""
        shutil.rmtree(self._root, ignore_errors=True)
        shutil.copytree(other, self._root, copy_function=lambda a, b: Path(b).hardlink_to(a))

    @staticmethod
    def _etag(path: Path | os.DirEntry[str]) -> str:
        found = path.stat()
        return f'"{found.st_size:x}-{found.st_mtime_ns:x}-{found.st_ino:x}"'
