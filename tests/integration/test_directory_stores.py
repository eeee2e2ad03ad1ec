"""Contacts and identities on the emulator, by the same cases as their twins."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from ringlake.stores.contacts import Contacts, DynamoContacts
from tests.integration.emulators import Emulator, emulator, library_at
from tests.stores.contacts_suite import ContactsSuite

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("directory") / "emulator") as found, library_at(found):
        yield found


class TestDynamoContacts(ContactsSuite):
    @pytest.fixture
    def contacts(self, running: Emulator) -> Contacts:
        name = f"directory-{uuid.uuid4().hex[:8]}"
        running.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        )
        return DynamoContacts(name)
