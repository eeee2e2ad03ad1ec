"""Users of the workspace and customers by name."""

from __future__ import annotations

from http import HTTPStatus

import api_queries as queries
from api_answers import CSV, Asked, answer, serves, spreadsheet, versioned
from api_files import imported
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.access import roles
from ringlake.flows.directory import bodies, views
from ringlake.flows.directory.sheets import Imported

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/directory/users", query=queries.Listing, answers=views.Users)
def list_users() -> Response[str]:
    """Users by name."""
    wanted = asked.query(queries.Listing)
    found = asked.offices.users.all(asked.viewer, deleted=wanted.deleted)
    return answer(views.Users(users=found, roles=roles()))


@serves(router, "POST /v1/directory/users", body=bodies.UserBody, answers=views.UserView, status=HTTPStatus.CREATED)
def create_user() -> Response[str]:
    """Add a user; who signs in is invited by e-mail."""
    return versioned(asked.offices.users.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "POST /v1/directory/users/import", query=queries.Import, body=CSV, answers=Imported)
def import_users() -> Response[str]:
    """Make and change users from a CSV file."""
    return imported(asked, asked.offices.transfers.import_users)


@serves(router, "GET /v1/directory/users/export", answers=CSV)
def export_users() -> Response[str]:
    """All users as a CSV file."""
    return spreadsheet(asked.offices.transfers.export_users(asked.viewer, asked.now), "users")


@serves(router, "GET /v1/directory/users/{id}", answers=views.UserView)
def show_user(id: str) -> Response[str]:
    """One user."""
    return versioned(asked.offices.users.show(asked.viewer, id))


@serves(router, "PATCH /v1/directory/users/{id}", body=bodies.UserPatch, answers=views.UserView)
def change_user(id: str) -> Response[str]:
    """Change a user; nobody gives more than he has."""
    return versioned(asked.offices.users.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@serves(router, "DELETE /v1/directory/users/{id}", answers=views.UserView)
def delete_user(id: str) -> Response[str]:
    """No access any more, and in no picker; name and history stay."""
    return versioned(asked.offices.users.delete(asked.viewer, id, asked.now))


@serves(router, "POST /v1/directory/users/{id}/suspend", answers=views.UserView)
def suspend_user(id: str) -> Response[str]:
    """No access from the next request on."""
    return versioned(asked.offices.users.suspend(asked.viewer, id, asked.now))


@serves(router, "POST /v1/directory/users/{id}/activate", answers=views.UserView)
def activate_user(id: str) -> Response[str]:
    """Undo a suspension or a deletion."""
    return versioned(asked.offices.users.activate(asked.viewer, id, asked.now))


@serves(router, "POST /v1/directory/users/{id}/invite", answers=views.UserView)
def invite_user(id: str) -> Response[str]:
    """Mail a new first password to somebody who has not signed in yet."""
    return versioned(asked.offices.users.invite(asked.viewer, id, asked.now))


# ---------------------------------------------------------------- customers


@serves(router, "GET /v1/directory/contacts", query=queries.Customers, answers=views.ContactPage)
def search_contacts() -> Response[str]:
    """Customers by name, company, address or number."""
    wanted = asked.query(queries.Customers)
    found, following = asked.offices.contacts.search(
        asked.viewer, text=wanted.q, after=wanted.after, limit=wanted.limit
    )
    return answer(views.ContactPage(contacts=found, next=following))


@serves(
    router, "POST /v1/directory/contacts", body=bodies.ContactBody, answers=views.ContactView, status=HTTPStatus.CREATED
)
def create_contact() -> Response[str]:
    """Make an entry for a customer."""
    return versioned(asked.offices.contacts.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "POST /v1/directory/contacts/import", query=queries.Import, body=CSV, answers=Imported)
def import_contacts() -> Response[str]:
    """Make and change customers from a CSV file."""
    return imported(asked, asked.offices.transfers.import_contacts)


@serves(router, "GET /v1/directory/contacts/export", query=queries.CustomerFile, answers=CSV)
def export_contacts() -> Response[str]:
    """Customers as CSV files that an import takes."""
    after = asked.query(queries.CustomerFile).after
    data, following = asked.offices.transfers.export_contacts(asked.viewer, asked.now, after)
    return spreadsheet(data, "contacts", following)


@serves(router, "GET /v1/directory/contacts/lookup", query=queries.Lookup, answers=views.LookedUp)
def look_up() -> Response[str]:
    """Whose number this is."""
    return answer(asked.offices.contacts.lookup(asked.viewer, asked.query(queries.Lookup).number))


@serves(router, "GET /v1/directory/contacts/{id}", answers=views.ContactView)
def show_contact(id: str) -> Response[str]:
    """One customer."""
    return versioned(asked.offices.contacts.show(asked.viewer, id))


@serves(router, "PATCH /v1/directory/contacts/{id}", body=bodies.ContactPatch, answers=views.ContactView)
def change_contact(id: str) -> Response[str]:
    """Change a customer's entry."""
    return versioned(asked.offices.contacts.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@serves(router, "DELETE /v1/directory/contacts/{id}", answers=views.ContactView)
def delete_contact(id: str) -> Response[str]:
    """Delete a customer's entry."""
    return versioned(asked.offices.contacts.delete(asked.viewer, id, asked.now))
