"""The suite that every store of objects passes, in memory or real."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from ringlake.errors import Conflict
from ringlake.stores.objects import PART_BYTES, Objects

_numbers = count()


class ObjectsSuite:
    """Subclasses give the fixture `objects`."""

    @pytest.fixture
    def key(self) -> str:
        """A key of the test's own, with a character that has to be quoted in an URL."""
        return f"t{next(_numbers)}/day=2026-03-04/a b.parquet"

    def test_what_was_put_is_got_with_its_etag(self, objects: Objects, key: str) -> None:
        etag = objects.put(key, b"one")

        assert objects.get(key) == (b"one", etag)
        assert objects.etag(key) == etag

    def test_what_is_not_there_is_none(self, objects: Objects, key: str) -> None:
        assert objects.get(key) is None
        assert objects.etag(key) is None

    def test_equal_bytes_have_equal_etags_and_others_do_not(self, objects: Objects, key: str) -> None:
        one, other = objects.put(key, b"one"), objects.put(key, b"other")

        assert one != other
        assert objects.put(key, b"one") == one

    def test_if_absent_writes_once(self, objects: Objects, key: str) -> None:
        objects.put(key, b"first", if_absent=True)
        with pytest.raises(Conflict):
            objects.put(key, b"second", if_absent=True)

        assert (objects.get(key) or (b"", ""))[0] == b"first"

    def test_if_match_replaces_only_what_was_read(self, objects: Objects, key: str) -> None:
        old = objects.put(key, b"old")
        objects.put(key, b"new", if_match=old)
        with pytest.raises(Conflict):
            objects.put(key, b"newer", if_match=old)

        assert (objects.get(key) or (b"", ""))[0] == b"new"

    def test_if_match_on_what_is_gone_is_a_conflict(self, objects: Objects, key: str) -> None:
        etag = objects.put(key, b"x")
        objects.delete(key)

        with pytest.raises(Conflict):
            objects.put(key, b"y", if_match=etag)
        assert objects.get(key) is None

    def test_deleting_what_is_not_there_is_no_error(self, objects: Objects, key: str) -> None:
        objects.delete(key)

        assert objects.get(key) is None

    def test_a_listing_is_complete_sorted_and_of_the_prefix_alone(self, objects: Objects, key: str) -> None:
        prefix = key.partition("/")[0]
        names = [f"{prefix}/{n:04}" for n in range(1100)]  # S3 answers 1000 at a time
        for name in reversed(names):
            objects.put(name, b"")
        objects.put(f"{prefix}x/other", b"")

        assert list(objects.list(f"{prefix}/")) == names

    def test_etags_are_listed_from_one_key_to_another(self, objects: Objects, key: str) -> None:
        prefix = key.partition("/")[0]
        etags = {f"{prefix}/{n:04}/x": objects.put(f"{prefix}/{n:04}/x", b"%d" % n) for n in range(1100)}
        names = sorted(etags)

        assert list(objects.etags(prefix, names[3], names[1050])) == [(n, etags[n]) for n in names[3:1051]]
        assert list(objects.etags(prefix, f"{prefix}/0001", f"{prefix}/0002")) == [(names[1], etags[names[1]])]
        assert list(objects.etags(f"{prefix}/none", f"{prefix}/none", f"{prefix}/nonf")) == []

    @pytest.mark.parametrize(
        "sizes",
        [[], [0], [1], [PART_BYTES], [PART_BYTES + 1], [1_000_000] * 20],
        ids=["nothing", "an empty part", "a byte", "one part", "a part and a byte", "small pieces"],
    )
    def test_parts_are_streamed_into_one_object(self, objects: Objects, key: str, sizes: list[int]) -> None:
        parts = [bytes([n % 251]) * size for n, size in enumerate(sizes)]

        assert objects.write_parts(key, iter(parts), content_type="text/csv") == sum(sizes)
        assert (objects.get(key) or (b"?", ""))[0] == b"".join(parts)

    def test_a_streamed_object_does_not_replace_one_that_is_there(self, objects: Objects, key: str) -> None:
        objects.put(key, b"there")
        with pytest.raises(Conflict):
            objects.write_parts(key, [b"new"], content_type="text/csv")
        objects.write_parts(f"{key}2", [b"a"], content_type="text/csv")
        objects.write_parts(f"{key}2", [b"b"], content_type="text/csv", if_absent=False)

        assert (objects.get(key) or (b"", ""))[0] == b"there"
        assert (objects.get(f"{key}2") or (b"", ""))[0] == b"b"

    def test_a_source_that_fails_leaves_nothing(self, objects: Objects, key: str) -> None:
        def rows() -> Iterator[bytes]:
            yield b"x" * PART_BYTES
            raise RuntimeError("a row that cannot be written")

        with pytest.raises(RuntimeError, match="a row that cannot be written"):
            objects.write_parts(key, rows(), content_type="text/csv")

        assert objects.get(key) is None
