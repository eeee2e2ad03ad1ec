"""The API over an installation in memory."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest

from tests.unit.export.world import World

api: ModuleType = importlib.import_module("functions.api.api")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(api, "stores", lambda: world.rooms)
    monkeypatch.setattr(api, "now", world.clock)
    return world
