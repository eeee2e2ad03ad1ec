"""Journal and vault on the emulator, by the same cases as their twins."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from ringlake.stores.journal import DynamoJournal, Journal
from ringlake.stores.vault import KmsVault, Vault
from tests.integration.emulators import Emulator, emulator, library_at
from tests.stores.journal_suite import JournalSuite
from tests.stores.vault_suite import VaultSuite

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("stores")) as found, library_at(found):
        yield found


class TestDynamoJournal(JournalSuite):
    @pytest.fixture
    def journal(self, running: Emulator) -> Journal:
        name = f"journal-{uuid.uuid4().hex[:8]}"
        running.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )
        return DynamoJournal(name)


class TestKmsVault(VaultSuite):
    @pytest.fixture
    def vault(self, running: Emulator) -> Vault:
        return KmsVault(running.client("kms").create_key()["KeyMetadata"]["KeyId"])
