"""The objects in S3 on the emulator, by the same cases as their twin."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from ringlake.errors import Conflict, Unavailable
from ringlake.stores import clients
from ringlake.stores.objects import PART_BYTES, S3Objects, disposition
from tests.integration.emulators import emulator, library_at
from tests.stores.objects_suite import ObjectsSuite

pytestmark = pytest.mark.enable_socket

BUCKET = "objects-under-test"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Objects]:
    """The real store on an emulator of its own."""
    with emulator(tmp_path_factory.mktemp("objects")) as running, library_at(running):
        clients.client("s3").create_bucket(Bucket=BUCKET)
        yield S3Objects(BUCKET)


def uploads() -> list[Any]:
    found: list[Any] = clients.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    return found


class TestS3Objects(ObjectsSuite):
    @pytest.fixture
    def objects(self, s3: S3Objects) -> S3Objects:
        return s3

    def test_a_failed_stream_is_aborted_and_costs_nothing_further(self, objects: S3Objects, key: str) -> None:
        def rows() -> Iterator[bytes]:
            yield b"x" * PART_BYTES
            assert len(uploads()) == 1
            raise RuntimeError

        with pytest.raises(RuntimeError):
            objects.write_parts(key, rows(), content_type="text/csv")

        assert uploads() == []

    def test_a_conflict_at_the_end_of_a_stream_is_aborted_too(self, objects: S3Objects, key: str) -> None:
        objects.put(key, b"there")
        with pytest.raises(Conflict):
            objects.write_parts(key, [b"new"], content_type="text/csv")

        assert uploads() == []

    def test_parts_are_as_large_as_s3_demands(
        self, objects: S3Objects, monkeypatch: pytest.MonkeyPatch, key: str
    ) -> None:
        """S3 refuses parts below 5 MB that are not the last; the emulator would take them."""
        sizes: list[int] = []
        upload = clients.client("s3").upload_part

        def watched(**call: Any) -> Any:
            sizes.append(len(call["Body"]))
            return upload(**call)

        monkeypatch.setattr(clients.client("s3"), "upload_part", watched)
        objects.write_parts(key, (b"x" * 700_000 for _ in range(30)), content_type="text/csv")

        assert sum(sizes) == 21_000_000
        assert all(size >= 5 * 1024 * 1024 for size in sizes[:-1])

    def test_a_streamed_object_has_its_content_type(self, objects: S3Objects, key: str) -> None:
        objects.write_parts(key, [b"a"], content_type="text/csv; charset=utf-8")

        assert clients.client("s3").head_object(Bucket=BUCKET, Key=key)["ContentType"] == "text/csv; charset=utf-8"

    def test_a_signed_url_downloads_under_the_given_name(self, objects: S3Objects, key: str) -> None:
        objects.put(key, b"file")
        url = objects.signed_url(key, 60, 'calls "März".csv')

        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b"file"
            assert answer.headers["Content-Disposition"] == disposition('calls "März".csv')
        assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
        assert "X-Amz-Expires=60" in url

    def test_a_signed_url_that_was_changed_is_refused(self, objects: S3Objects, key: str) -> None:
        objects.put(key, b"file")
        url = objects.signed_url(key, 60, "a.csv").replace("a.csv", "b.csv")

        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(url)

    def test_a_bucket_that_is_not_there_is_unavailable(self, objects: S3Objects, key: str) -> None:
        with pytest.raises(Unavailable):
            S3Objects("no-such-bucket").put(key, b"x")
        with pytest.raises(Unavailable):
            S3Objects("no-such-bucket").get(key)
