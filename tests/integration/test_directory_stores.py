"""Contacts, arrivals and identities on the emulator, by the same cases as their twins."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from ringlake.model.mailing import Pass, Purpose
from ringlake.stores.addresses import Addresses, DynamoAddresses, DynamoPasses, Passes
from ringlake.stores.arrivals import ArrivalLog, DynamoArrivals
from ringlake.stores.contacts import Contacts, DynamoContacts
from ringlake.stores.finance import DynamoFinance, FinanceStore
from ringlake.stores.identities import CognitoIdentities, Identities
from tests.integration.emulators import Emulator, emulator, library_at, new_directory_table
from tests.stores.addresses_suite import AT, AddressesSuite, PassesSuite, address
from tests.stores.arrivals_suite import ArrivalsSuite
from tests.stores.contacts_suite import ContactsSuite
from tests.stores.finance_suite import FinanceSuite
from tests.stores.identities_suite import PASSWORD, IdentitiesSuite

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("directory") / "emulator") as found, library_at(found):
        yield found


@pytest.fixture
def table(running: Emulator) -> str:
    return new_directory_table(running)


class TestDynamoContacts(ContactsSuite):
    @pytest.fixture
    def contacts(self, table: str) -> Contacts:
        return DynamoContacts(table)


class TestDynamoFinance(FinanceSuite):
    @pytest.fixture
    def store(self, table: str) -> FinanceStore:
        return DynamoFinance(table)


class TestDynamoAddresses(AddressesSuite):
    @pytest.fixture
    def addresses(self, table: str) -> Addresses:
        return DynamoAddresses(table)

    def test_no_address_stands_in_a_key(self, running: Emulator, table: str, addresses: Addresses) -> None:
        addresses.put("acme", address("anna@example.com"), None)
        (item,) = running.client("dynamodb").scan(TableName=table)["Items"]
        assert "anna" not in item["pk"]["S"] + item["sk"]["S"]


class TestDynamoPasses(PassesSuite):
    @pytest.fixture
    def addresses(self, table: str) -> Addresses:
        return DynamoAddresses(table)

    @pytest.fixture
    def passes(self, table: str) -> Passes:
        return DynamoPasses(table)

    def test_the_token_itself_is_kept_nowhere_and_expires(self, running: Emulator, table: str, passes: Passes) -> None:
        token = passes.issue(Pass(workspace="acme", address="a@example.com", purpose=Purpose.CONFIRM, expires_at=AT))
        (item,) = running.client("dynamodb").scan(TableName=table)["Items"]
        assert token not in str(item)
        assert item["expires_at"]["N"] == str(int(AT.timestamp()))


class TestDynamoArrivals(ArrivalsSuite):
    @pytest.fixture
    def arrivals(self, table: str) -> ArrivalLog:
        return DynamoArrivals(table)


def new_pool(running: Emulator) -> str:
    made = running.client("cognito-idp").create_user_pool(
        PoolName=uuid.uuid4().hex[:8],
        UsernameAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        AutoVerifiedAttributes=["email"],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
    )
    return str(made["UserPool"]["Id"])


class TestCognitoIdentities(IdentitiesSuite):
    @pytest.fixture
    def identities(self, running: Emulator) -> Identities:
        return CognitoIdentities(new_pool(running))


def test_a_disabled_person_gets_no_tokens(running: Emulator) -> None:
    pool = new_pool(running)
    cognito = running.client("cognito-idp")
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    app = cognito.create_user_pool_client(UserPoolId=pool, ClientName="c", ExplicitAuthFlows=flows)
    client_id = app["UserPoolClient"]["ClientId"]
    people = CognitoIdentities(pool)
    sub = people.add("anna@example.com", PASSWORD)

    def sign_in() -> object:
        return cognito.initiate_auth(
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "anna@example.com", "PASSWORD": PASSWORD},
        )

    sign_in()
    people.disable(sub)
    with pytest.raises(cognito.exceptions.NotAuthorizedException):
        sign_in()
    people.enable(sub)
    sign_in()
