"""The in-memory objects."""

from __future__ import annotations

import pytest

from ringlake.stores.objects import MemoryObjects, Objects, disposition
from tests.stores.objects_suite import ObjectsSuite


class TestMemoryObjects(ObjectsSuite):
    @pytest.fixture
    def objects(self) -> Objects:
        return MemoryObjects()

    def test_the_twin_remembers_content_types(self) -> None:
        objects = MemoryObjects()
        objects.write_parts("k", [b"a"], content_type="text/csv")

        assert objects.content_types == {"k": "text/csv"}


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
