"""Refold requests in DynamoDB on the emulator, by the same cases as their twin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ringlake.errors import Unavailable
from ringlake.stores import clients
from ringlake.stores.refolds import DynamoRefolds, Refolds
from tests.integration.emulators import emulator, library_at
from tests.stores.refolds_suite import RefoldsSuite, request

pytestmark = pytest.mark.enable_socket

TABLE = "refolds-under-test"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("refolds")) as running, library_at(running):
        clients.client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        )
        yield TABLE


class TestDynamoRefolds(RefoldsSuite):
    @pytest.fixture
    def store(self, table: str) -> Refolds:
        return DynamoRefolds(table)

    def test_a_store_that_does_not_answer_is_unavailable(self, store: Refolds, workspace: str) -> None:
        missing = DynamoRefolds("no-such-table")
        with pytest.raises(Unavailable):
            missing.open(workspace)
        with pytest.raises(Unavailable):
            missing.ask(workspace, request())
        with pytest.raises(Unavailable):
            missing.advance(workspace, request(), None)
