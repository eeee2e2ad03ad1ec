"""Objects: S3 with conditional writes (aws.md 7)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from threading import Lock
from typing import Any, Protocol
from urllib.parse import quote

from ringlake.errors import Conflict, Unavailable

from .clients import client, translated

# Every part but the last must reach 5 MB (S3 CompleteMultipartUpload, `EntityTooSmall`); with 8 MiB
# the limit of 10,000 parts allows files of 80 GiB.
PART_BYTES = 8 * 1024 * 1024


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

    def etags(self, prefix: str, first: str, last: str) -> Iterator[tuple[str, str]]:
        """Keys and etags of the objects under a prefix, in order, from the key `first` to the key `last`."""
        ...

    def delete(self, key: str) -> None: ...

    def signed_url(self, key: str, seconds: int, filename: str) -> str:
        """A GET URL for the next `seconds`, to hand out at once; never mailed or stored."""
        ...


class MemoryObjects:
    """The twin."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.content_types: dict[str, str] = {}
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
        self.content_types[key] = content_type
        return len(body)

    def list(self, prefix: str) -> Iterator[str]:
        yield from sorted(k for k in self.bodies if k.startswith(prefix))

    def etags(self, prefix: str, first: str, last: str) -> Iterator[tuple[str, str]]:
        for key in self.list(prefix):
            if first <= key <= last and (etag := self.etag(key)) is not None:
                yield key, etag

    def delete(self, key: str) -> None:
        self.bodies.pop(key, None)

    def signed_url(self, key: str, seconds: int, filename: str) -> str:
        return f"memory://{key}?seconds={seconds}&filename={filename}"


class S3Objects:
    """The real store. Objects of the lake are replaced by one conditional PUT: the only atomic swap S3 has."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    @property
    def _s3(self) -> Any:
        return client("s3")

    def get(self, key: str) -> tuple[bytes, str] | None:
        from botocore.exceptions import ClientError

        with translated():
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if _missing(error):
                    return None
                raise
            return answer["Body"].read(), answer["ETag"]

    def etag(self, key: str) -> str | None:
        from botocore.exceptions import ClientError

        with translated():
            try:
                etag: str = self._s3.head_object(Bucket=self._bucket, Key=key)["ETag"]
            except ClientError as error:
                if _missing(error):
                    return None
                raise
            return etag

    def put(self, key: str, body: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        from botocore.exceptions import ClientError

        with translated():
            try:
                answer = self._s3.put_object(
                    Bucket=self._bucket, Key=key, Body=body, **_condition(if_match=if_match, if_absent=if_absent)
                )
            except ClientError as error:
                # If-Match on a key that is gone answers 404, not 412.
                if if_match is not None and _missing(error):
                    raise Conflict(key) from error
                raise
            etag: str = answer["ETag"]
            return etag

    def write_parts(self, key: str, parts: Iterable[bytes], *, content_type: str, if_absent: bool = True) -> int:
        with translated():
            upload = self._s3.create_multipart_upload(Bucket=self._bucket, Key=key, ContentType=content_type)
        where = {"Bucket": self._bucket, "Key": key, "UploadId": upload["UploadId"]}
        try:
            size, done = 0, []
            for number, body in enumerate(_sized(parts), start=1):
                with translated():
                    answer = self._s3.upload_part(**where, PartNumber=number, Body=body)
                done.append({"PartNumber": number, "ETag": answer["ETag"]})
                size += len(body)
            with translated():
                self._s3.complete_multipart_upload(
                    **where, MultipartUpload={"Parts": done}, **_condition(if_absent=if_absent)
                )
        except BaseException:
            # Whatever went wrong, also in the caller's iterator: no half file and no paid left-overs. Should
            # the abort fail too, the bucket's lifecycle rule removes the parts.
            with suppress(Conflict, Unavailable), translated():
                self._s3.abort_multipart_upload(**where)
            raise
        return size

    def list(self, prefix: str) -> Iterator[str]:
        with translated():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for item in page.get("Contents", ()):
                    yield item["Key"]

    def etags(self, prefix: str, first: str, last: str) -> Iterator[tuple[str, str]]:
        # S3 begins behind `StartAfter`: the text before `first` in the order of keys leaves `first` in.
        where = {"Bucket": self._bucket, "Prefix": prefix, "StartAfter": first[:-1]}
        with translated():
            for page in self._s3.get_paginator("list_objects_v2").paginate(**where):
                for item in page.get("Contents", ()):
                    if item["Key"] > last:
                        return
                    if item["Key"] >= first:
                        yield item["Key"], item["ETag"]

    def delete(self, key: str) -> None:
        with translated():
            self._s3.delete_object(Bucket=self._bucket, Key=key)

    def signed_url(self, key: str, seconds: int, filename: str) -> str:
        with translated():
            url: str = self._s3.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": key,
                    "ResponseContentDisposition": disposition(filename),
                },
                ExpiresIn=seconds,
            )
            return url


def disposition(filename: str) -> str:
    """`Content-Disposition` of a download (RFC 6266): an ASCII name for old readers, UTF-8 for the rest."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _condition(*, if_match: str | None = None, if_absent: bool = False) -> dict[str, str]:
    if if_match is not None:
        return {"IfMatch": if_match}
    return {"IfNoneMatch": "*"} if if_absent else {}


def _missing(error: Any) -> bool:
    return error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404", "NotFound"}


def _sized(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in parts of at least PART_BYTES; one empty part for an empty file."""
    held, size, any_part = [], 0, False
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= PART_BYTES:
            yield b"".join(held)
            held, size, any_part = [], 0, True
    if size or not any_part:
        yield b"".join(held)


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
