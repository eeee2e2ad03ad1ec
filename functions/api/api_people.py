"""Users of the workspace and customers by name."""

from __future__ import annotations

from http import HTTPStatus

from api_answers import Asked, answer, decoded, spreadsheet, versioned
from api_files import imported
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.directory.contacts import MOST, PAGE

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@router.get("/v1/directory/users")
def list_users() -> Response[str]:
    return answer({"users": asked.offices.users.all(asked.viewer, deleted=asked.flag("deleted"))})


@router.post("/v1/directory/users")
def create_user() -> Response[str]:
    return versioned(asked.offices.users.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@router.post("/v1/directory/users/import")
def import_users() -> Response[str]:
    return imported(asked, asked.offices.transfers.import_users)


@router.get("/v1/directory/users/export")
def export_users() -> Response[str]:
    return spreadsheet(asked.offices.transfers.export_users(asked.viewer, asked.now), "users")


@router.get("/v1/directory/users/<id>")
@decoded
def show_user(id: str) -> Response[str]:
    return versioned(asked.offices.users.show(asked.viewer, id))


@router.patch("/v1/directory/users/<id>")
@decoded
def change_user(id: str) -> Response[str]:
    return versioned(asked.offices.users.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@router.delete("/v1/directory/users/<id>")
@decoded
def delete_user(id: str) -> Response[str]:
    return versioned(asked.offices.users.delete(asked.viewer, id, asked.now))


@router.post("/v1/directory/users/<id>/suspend")
@decoded
def suspend_user(id: str) -> Response[str]:
    return versioned(asked.offices.users.suspend(asked.viewer, id, asked.now))


@router.post("/v1/directory/users/<id>/activate")
@decoded
def activate_user(id: str) -> Response[str]:
    return versioned(asked.offices.users.activate(asked.viewer, id, asked.now))


@router.post("/v1/directory/users/<id>/invite")
@decoded
def invite_user(id: str) -> Response[str]:
    return versioned(asked.offices.users.invite(asked.viewer, id, asked.now))


# ---------------------------------------------------------------- customers


@router.get("/v1/directory/contacts")
def search_contacts() -> Response[str]:
    found, following = asked.offices.contacts.search(
        asked.viewer,
        text=asked.text("q").strip(),
        after=asked.text("after"),
        limit=max(1, asked.number("limit", PAGE, MOST)),
    )
    return answer({"contacts": found, "next": following})


@router.post("/v1/directory/contacts")
def create_contact() -> Response[str]:
    return versioned(asked.offices.contacts.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@router.post("/v1/directory/contacts/import")
def import_contacts() -> Response[str]:
    return imported(asked, asked.offices.transfers.import_contacts)


@router.get("/v1/directory/contacts/export")
def export_contacts() -> Response[str]:
    data, following = asked.offices.transfers.export_contacts(asked.viewer, asked.now, asked.text("after"))
    return spreadsheet(data, "contacts", following)


@router.get("/v1/directory/contacts/lookup")
def look_up() -> Response[str]:
    return answer(asked.offices.contacts.lookup(asked.viewer, asked.text("number")))


@router.get("/v1/directory/contacts/<id>")
@decoded
def show_contact(id: str) -> Response[str]:
    return versioned(asked.offices.contacts.show(asked.viewer, id))


@router.patch("/v1/directory/contacts/<id>")
@decoded
def change_contact(id: str) -> Response[str]:
    return versioned(asked.offices.contacts.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@router.delete("/v1/directory/contacts/<id>")
@decoded
def delete_contact(id: str) -> Response[str]:
    return versioned(asked.offices.contacts.delete(asked.viewer, id, asked.now))
