"""Settings, connections, teams, numbers, and the small tables that calls are read with."""

from __future__ import annotations

from http import HTTPStatus

from api_answers import MAX_TABLE, Asked, answer, decoded, spreadsheet, versioned
from api_files import imported
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@router.get("/v1/directory/choices")
def choices() -> Response[str]:
    return answer(asked.offices.looking.choices(asked.viewer, deleted=asked.flag("deleted")))


@router.get("/v1/directory/audit")
def audit() -> Response[str]:
    return answer(
        asked.offices.looking.audit(
            asked.viewer,
            asked.now,
            month=asked.text("month"),
            action=asked.text("action"),
            user=asked.text("user"),
            target=asked.text("target"),
            skip=asked.number("skip", 0, 1_000_000),
        )
    )


@router.get("/v1/directory/settings")
def show_settings() -> Response[str]:
    return versioned(asked.offices.settings.show(asked.viewer))


@router.patch("/v1/directory/settings")
def change_settings() -> Response[str]:
    return versioned(asked.offices.settings.change(asked.viewer, asked.body(MAX_TABLE), asked.version, asked.now))


# ---------------------------------------------------------------- connections


@router.get("/v1/directory/connections")
def list_connections() -> Response[str]:
    return answer({"connections": asked.offices.connections.all(asked.viewer)})


@router.post("/v1/directory/connections")
def create_connection() -> Response[str]:
    return versioned(asked.offices.connections.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@router.get("/v1/directory/connections/<id>")
@decoded
def show_connection(id: str) -> Response[str]:
    return versioned(asked.offices.connections.show(asked.viewer, id))


@router.patch("/v1/directory/connections/<id>")
@decoded
def change_connection(id: str) -> Response[str]:
    body = asked.body(MAX_TABLE)
    return versioned(asked.offices.connections.change(asked.viewer, id, body, asked.version, asked.now))


@router.get("/v1/directory/connections/<id>/test")
@decoded
def test_connection(id: str) -> Response[str]:
    return answer(asked.offices.connections.test(asked.viewer, id, asked.now))


@router.post("/v1/directory/connections/<id>/secrets")
@decoded
def rotate_secret(id: str) -> Response[str]:
    return versioned(asked.offices.connections.rotate(asked.viewer, id, asked.body(), asked.now), HTTPStatus.CREATED)


@router.delete("/v1/directory/connections/<id>/secrets/<secret>")
@decoded
def remove_secret(id: str, secret: str) -> Response[str]:
    return versioned(asked.offices.connections.remove_secret(asked.viewer, id, secret, asked.now))


@router.post("/v1/directory/connections/<id>/token")
@decoded
def rotate_token(id: str) -> Response[str]:
    return versioned(asked.offices.connections.rotate_token(asked.viewer, id, asked.now), HTTPStatus.CREATED)


@router.post("/v1/directory/connections/<id>/disable")
@decoded
def disable_connection(id: str) -> Response[str]:
    return versioned(asked.offices.connections.switch(asked.viewer, id, asked.now, disabled=True))


@router.post("/v1/directory/connections/<id>/enable")
@decoded
def enable_connection(id: str) -> Response[str]:
    return versioned(asked.offices.connections.switch(asked.viewer, id, asked.now, disabled=False))


# ---------------------------------------------------------------- teams


@router.get("/v1/directory/teams")
def list_teams() -> Response[str]:
    return answer({"teams": asked.offices.teams.all(asked.viewer, deleted=asked.flag("deleted"))})


@router.post("/v1/directory/teams")
def create_team() -> Response[str]:
    return versioned(asked.offices.teams.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@router.get("/v1/directory/teams/<id>")
@decoded
def show_team(id: str) -> Response[str]:
    return versioned(asked.offices.teams.show(asked.viewer, id))


@router.patch("/v1/directory/teams/<id>")
@decoded
def change_team(id: str) -> Response[str]:
    return versioned(asked.offices.teams.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@router.delete("/v1/directory/teams/<id>")
@decoded
def delete_team(id: str) -> Response[str]:
    return versioned(asked.offices.teams.delete(asked.viewer, id, asked.now))


@router.post("/v1/directory/teams/<id>/restore")
@decoded
def restore_team(id: str) -> Response[str]:
    return versioned(asked.offices.teams.restore(asked.viewer, id, asked.now))


# ---------------------------------------------------------------- numbers


@router.get("/v1/directory/numbers")
def list_numbers() -> Response[str]:
    return answer({"numbers": asked.offices.numbers.all(asked.viewer, deleted=asked.flag("deleted"))})


@router.post("/v1/directory/numbers")
def create_number() -> Response[str]:
    return versioned(asked.offices.numbers.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@router.post("/v1/directory/numbers/import")
def import_numbers() -> Response[str]:
    return imported(asked, asked.offices.transfers.import_numbers)


@router.get("/v1/directory/numbers/export")
def export_numbers() -> Response[str]:
    return spreadsheet(asked.offices.transfers.export_numbers(asked.viewer, asked.now), "numbers")


@router.get("/v1/directory/numbers/<id>")
@decoded
def show_number(id: str) -> Response[str]:
    return versioned(asked.offices.numbers.show(asked.viewer, id))


@router.patch("/v1/directory/numbers/<id>")
@decoded
def change_number(id: str) -> Response[str]:
    return versioned(asked.offices.numbers.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@router.delete("/v1/directory/numbers/<id>")
@decoded
def delete_number(id: str) -> Response[str]:
    return versioned(asked.offices.numbers.delete(asked.viewer, id, asked.now))


@router.post("/v1/directory/numbers/<id>/restore")
@decoded
def restore_number(id: str) -> Response[str]:
    return versioned(asked.offices.numbers.restore(asked.viewer, id, asked.now))


# ---------------------------------------------------------------- sources, lists, tariffs


@router.get("/v1/directory/sources")
def list_sources() -> Response[str]:
    return answer({"sources": asked.offices.sources.all(asked.viewer)})


@router.post("/v1/directory/sources")
def create_source() -> Response[str]:
    return versioned(asked.offices.sources.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@router.patch("/v1/directory/sources/<id>")
@decoded
def change_source(id: str) -> Response[str]:
    return versioned(asked.offices.sources.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@router.delete("/v1/directory/sources/<id>")
@decoded
def delete_source(id: str) -> Response[str]:
    return versioned(asked.offices.sources.delete(asked.viewer, id, asked.now))


@router.get("/v1/directory/lists")
def show_lists() -> Response[str]:
    return versioned(asked.offices.lists.show(asked.viewer))


@router.put("/v1/directory/lists")
def put_lists() -> Response[str]:
    return versioned(asked.offices.lists.put(asked.viewer, asked.body(MAX_TABLE), asked.version, asked.now))


@router.get("/v1/directory/tariffs")
def list_tariffs() -> Response[str]:
    return answer({"tariffs": asked.offices.tariffs.all(asked.viewer)})


@router.post("/v1/directory/tariffs")
def create_tariff() -> Response[str]:
    return versioned(asked.offices.tariffs.create(asked.viewer, asked.body(MAX_TABLE), asked.now), HTTPStatus.CREATED)


@router.get("/v1/directory/tariffs/<id>")
@decoded
def show_tariff(id: str) -> Response[str]:
    return versioned(asked.offices.tariffs.show(asked.viewer, id))


@router.put("/v1/directory/tariffs/<id>")
@decoded
def put_tariff(id: str) -> Response[str]:
    return versioned(asked.offices.tariffs.put(asked.viewer, id, asked.body(MAX_TABLE), asked.version, asked.now))


@router.delete("/v1/directory/tariffs/<id>")
@decoded
def delete_tariff(id: str) -> Response[str]:
    return versioned(asked.offices.tariffs.delete(asked.viewer, id, asked.now))


# ---------------------------------------------------------------- mapping


@router.get("/v1/directory/unmapped")
def unmapped() -> Response[str]:
    return answer(asked.offices.mapping.unmapped(asked.viewer, asked.now, asked.number("days", 30, 1000)))


@router.post("/v1/directory/unmapped/map")
def map_unmapped() -> Response[str]:
    return answer(asked.offices.mapping.map(asked.viewer, asked.body(), asked.now))
