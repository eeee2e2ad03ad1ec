"""One suite for the store of objects: the twin, and S3 as the local emulator speaks it."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from ringlake.errors import Conflict, Unavailable
from ringlake.stores import clients
from ringlake.stores.objects import PART_BYTES, MemoryObjects, Objects, S3Objects, disposition
from tests.integration.emulators import emulator

pytestmark = pytest.mark.enable_socket

BUCKET = "objects-under-test"
_numbers = count()


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Objects]:
    """The real store on an emulator of its own."""
    with emulator(tmp_path_factory.mktemp("objects")) as running, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", running.endpoint)
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        clients.client.cache_clear()
        clients.client("s3").create_bucket(Bucket=BUCKET)
        yield S3Objects(BUCKET)
        clients.client.cache_clear()


@pytest.fixture(params=["twin", "s3"])
def objects(request: pytest.FixtureRequest) -> Objects:
    return MemoryObjects() if request.param == "twin" else request.getfixturevalue("s3")


@pytest.fixture
def key() -> str:
    """A key of the test's own, with a character that has to be quoted in an URL."""
    return f"t{next(_numbers)}/day=2026-03-04/a b.parquet"


def test_what_was_put_is_got_with_its_etag(objects: Objects, key: str) -> None:
    etag = objects.put(key, b"one")

    assert objects.get(key) == (b"one", etag)
    assert objects.etag(key) == etag


def test_what_is_not_there_is_none(objects: Objects, key: str) -> None:
    assert objects.get(key) is None
    assert objects.etag(key) is None


def test_equal_bytes_have_equal_etags_and_others_do_not(objects: Objects, key: str) -> None:
    one, other = objects.put(key, b"one"), objects.put(key, b"other")

    assert one != other
    assert objects.put(key, b"one") == one


def test_if_absent_writes_once(objects: Objects, key: str) -> None:
    objects.put(key, b"first", if_absent=True)
    with pytest.raises(Conflict):
        objects.put(key, b"second", if_absent=True)

    assert (objects.get(key) or (b"", ""))[0] == b"first"


def test_if_match_replaces_only_what_was_read(objects: Objects, key: str) -> None:
    old = objects.put(key, b"old")
    objects.put(key, b"new", if_match=old)
    with pytest.raises(Conflict):
        objects.put(key, b"newer", if_match=old)

    assert (objects.get(key) or (b"", ""))[0] == b"new"


def test_if_match_on_what_is_gone_is_a_conflict(objects: Objects, key: str) -> None:
    etag = objects.put(key, b"x")
    objects.delete(key)

    with pytest.raises(Conflict):
        objects.put(key, b"y", if_match=etag)
    assert objects.get(key) is None


def test_deleting_what_is_not_there_is_no_error(objects: Objects, key: str) -> None:
    objects.delete(key)

    assert objects.get(key) is None


def test_a_listing_is_complete_sorted_and_of_the_prefix_alone(objects: Objects, key: str) -> None:
    prefix = key.partition("/")[0]
    names = [f"{prefix}/{n:04}" for n in range(1100)]  # S3 answers 1000 at a time
    for name in reversed(names):
        objects.put(name, b"")
    objects.put(f"{prefix}x/other", b"")

    assert list(objects.list(f"{prefix}/")) == names


@pytest.mark.parametrize(
    "sizes",
    [[], [0], [1], [PART_BYTES], [PART_BYTES + 1], [1_000_000] * 20],
    ids=["nothing", "an empty part", "a byte", "one part", "a part and a byte", "small pieces"],
)
def test_parts_are_streamed_into_one_object(objects: Objects, key: str, sizes: list[int]) -> None:
    parts = [bytes([n % 251]) * size for n, size in enumerate(sizes)]

    assert objects.write_parts(key, iter(parts), content_type="text/csv") == sum(sizes)
    assert (objects.get(key) or (b"?", ""))[0] == b"".join(parts)


def test_a_streamed_object_does_not_replace_one_that_is_there(objects: Objects, key: str) -> None:
    objects.put(key, b"there")
    with pytest.raises(Conflict):
        objects.write_parts(key, [b"new"], content_type="text/csv")
    objects.write_parts(f"{key}2", [b"a"], content_type="text/csv")
    objects.write_parts(f"{key}2", [b"b"], content_type="text/csv", if_absent=False)

    assert (objects.get(key) or (b"", ""))[0] == b"there"
    assert (objects.get(f"{key}2") or (b"", ""))[0] == b"b"


def test_a_source_that_fails_leaves_nothing(objects: Objects, key: str) -> None:
    def rows() -> Iterator[bytes]:
        yield b"x" * PART_BYTES
        raise RuntimeError("a row that cannot be written")

    with pytest.raises(RuntimeError, match="a row that cannot be written"):
        objects.write_parts(key, rows(), content_type="text/csv")

    assert objects.get(key) is None


# --- S3 alone -----------------------------------------------------------------


def uploads() -> list[Any]:
    found: list[Any] = clients.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    return found


def test_a_failed_stream_is_aborted_and_costs_nothing_further(s3: S3Objects, key: str) -> None:
    def rows() -> Iterator[bytes]:
        yield b"x" * PART_BYTES
        assert len(uploads()) == 1
        raise RuntimeError

    with pytest.raises(RuntimeError):
        s3.write_parts(key, rows(), content_type="text/csv")

    assert uploads() == []


def test_a_conflict_at_the_end_of_a_stream_is_aborted_too(s3: S3Objects, key: str) -> None:
    s3.put(key, b"there")
    with pytest.raises(Conflict):
        s3.write_parts(key, [b"new"], content_type="text/csv")

    assert uploads() == []


def test_parts_are_as_large_as_s3_demands(s3: S3Objects, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """S3 refuses parts below 5 MB that are not the last; the emulator would take them."""
    sizes: list[int] = []
    upload = clients.client("s3").upload_part

    def watched(**call: Any) -> Any:
        sizes.append(len(call["Body"]))
        return upload(**call)

    monkeypatch.setattr(clients.client("s3"), "upload_part", watched)
    s3.write_parts(key, (b"x" * 700_000 for _ in range(30)), content_type="text/csv")

    assert sum(sizes) == 21_000_000
    assert all(size >= 5 * 1024 * 1024 for size in sizes[:-1])


def test_a_streamed_object_has_its_content_type(s3: S3Objects, key: str) -> None:
    s3.write_parts(key, [b"a"], content_type="text/csv; charset=utf-8")

    assert clients.client("s3").head_object(Bucket=BUCKET, Key=key)["ContentType"] == "text/csv; charset=utf-8"


def test_a_signed_url_downloads_under_the_given_name(s3: S3Objects, key: str) -> None:
    s3.put(key, b"file")
    url = s3.signed_url(key, 60, 'calls "März".csv')

    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"file"
        assert answer.headers["Content-Disposition"] == disposition('calls "März".csv')
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    assert "X-Amz-Expires=60" in url


def test_a_signed_url_that_was_changed_is_refused(s3: S3Objects, key: str) -> None:
    s3.put(key, b"file")
    url = s3.signed_url(key, 60, "a.csv").replace("a.csv", "b.csv")

    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url)


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        ("calls.csv", "attachment; filename=\"calls.csv\"; filename*=UTF-8''calls.csv"),
        ("März.csv", "attachment; filename=\"M_rz.csv\"; filename*=UTF-8''M%C3%A4rz.csv"),
        ('a"\\\r\nX: y', "attachment; filename=\"a____X: y\"; filename*=UTF-8''a%22%5C%0D%0AX%3A%20y"),
    ],
)
def test_a_file_name_cannot_leave_its_header(filename: str, header: str) -> None:
    assert disposition(filename) == header


def test_a_bucket_that_is_not_there_is_unavailable(s3: S3Objects, key: str) -> None:
    with pytest.raises(Unavailable):
        S3Objects("no-such-bucket").put(key, b"x")
    with pytest.raises(Unavailable):
        S3Objects("no-such-bucket").get(key)
