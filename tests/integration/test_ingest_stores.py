"""Journal and vault on the emulator, by the same cases as their twins."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from ringlake.stores import clients
from ringlake.stores.journal import DynamoJournal, Journal
from ringlake.stores.vault import KmsVault, Vault
from tests.integration.emulators import Emulator, emulator
from tests.stores.journal_suite import JournalSuite
from tests.stores.vault_suite import VaultSuite

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with pytest.MonkeyPatch.context() as patched, emulator(tmp_path_factory.mktemp("stores")) as found:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patched.setenv(name, "test")
        patched.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patched.setenv("AWS_ENDPOINT_URL", found.endpoint)
        clients.client.cache_clear()
        yield found
        clients.client.cache_clear()


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
