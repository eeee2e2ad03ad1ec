"""Settings, connections, teams, numbers, and the small tables that calls are read with."""

from __future__ import annotations

from http import HTTPStatus

import api_queries as queries
from api_answers import CSV, MAX_TABLE, Asked, answer, serves, spreadsheet, versioned
from api_files import imported
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.answers.quality import Quality
from ringlake.flows.directory import bodies, views
from ringlake.flows.directory.hints import provider_hints
from ringlake.flows.directory.sheets import Imported

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/directory/choices", query=queries.Listing, answers=views.Choices)
def choices() -> Response[str]:
    """What filters offer: users, teams, numbers and sources inside the viewer's scope."""
    return answer(asked.offices.looking.choices(asked.viewer, deleted=asked.query(queries.Listing).deleted))


@serves(router, "GET /v1/directory/audit", query=queries.Audit, answers=views.AuditPage)
def audit() -> Response[str]:
    """Who did what in one month, newest first."""
    wanted = asked.query(queries.Audit)
    return answer(asked.offices.looking.audit(asked.viewer, asked.now, **wanted.model_dump()))


@serves(router, "GET /v1/directory/settings", answers=views.SettingsView)
def show_settings() -> Response[str]:
    """Settings of the workspace."""
    return versioned(asked.offices.settings.show(asked.viewer))


@serves(router, "PATCH /v1/directory/settings", body=bodies.SettingsPatch, answers=views.SettingsView)
def change_settings() -> Response[str]:
    """Change settings; what decides how calls come out makes history anew."""
    return versioned(asked.offices.settings.change(asked.viewer, asked.body(MAX_TABLE), asked.version, asked.now))


# ---------------------------------------------------------------- connections


@serves(router, "GET /v1/directory/providers", answers=views.Providers)
def list_providers() -> Response[str]:
    """Providers that can be joined, with what each of them needs."""
    return answer(views.Providers(providers=provider_hints()))


@serves(router, "GET /v1/directory/arrivals", answers=views.Arrived)
def arrived() -> Response[str]:
    """When something last arrived on each connection, and what became of it."""
    return answer(asked.offices.connections.arrived(asked.viewer, asked.now))


@serves(router, "GET /v1/directory/connections", answers=views.Connections)
def list_connections() -> Response[str]:
    """All connections, enabled ones first."""
    return answer(views.Connections(connections=asked.offices.connections.all(asked.viewer)))


@serves(
    router,
    "POST /v1/directory/connections",
    body=bodies.ConnectionBody,
    answers=views.ConnectionDetail,
    status=HTTPStatus.CREATED,
)
def create_connection() -> Response[str]:
    """Join a provider account; the address and a secret made here are shown this once."""
    return versioned(asked.offices.connections.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "GET /v1/directory/connections/{id}", answers=views.ConnectionDetail)
def show_connection(id: str) -> Response[str]:
    """One connection and what to do at its provider's side."""
    return versioned(asked.offices.connections.show(asked.viewer, id))


@serves(router, "PATCH /v1/directory/connections/{id}", body=bodies.ConnectionPatch, answers=views.ConnectionDetail)
def change_connection(id: str) -> Response[str]:
    """Change a connection; what decides how its events are read makes its history anew."""
    body = asked.body(MAX_TABLE)
    return versioned(asked.offices.connections.change(asked.viewer, id, body, asked.version, asked.now))


@serves(router, "GET /v1/directory/connections/{id}/test", answers=views.ConnectionTest)
def test_connection(id: str) -> Response[str]:
    """What arrived on a connection lately, and what could not be read."""
    return answer(asked.offices.connections.test(asked.viewer, id, asked.now))


@serves(
    router,
    "POST /v1/directory/connections/{id}/secrets",
    body=bodies.SecretBody,
    answers=views.ConnectionDetail,
    status=HTTPStatus.CREATED,
)
def rotate_secret(id: str) -> Response[str]:
    """Add a secret beside the newest one; deliveries signed by either are accepted."""
    return versioned(asked.offices.connections.rotate(asked.viewer, id, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "DELETE /v1/directory/connections/{id}/secrets/{secret}", answers=views.ConnectionDetail)
def remove_secret(id: str, secret: str) -> Response[str]:
    """Accept nothing signed by this secret any more."""
    return versioned(asked.offices.connections.remove_secret(asked.viewer, id, secret, asked.now))


@serves(router, "POST /v1/directory/connections/{id}/token", answers=views.ConnectionDetail, status=HTTPStatus.CREATED)
def rotate_token(id: str) -> Response[str]:
    """Make a new address; the old one ends within a minute."""
    return versioned(asked.offices.connections.rotate_token(asked.viewer, id, asked.now), HTTPStatus.CREATED)


@serves(router, "POST /v1/directory/connections/{id}/disable", answers=views.ConnectionDetail)
def disable_connection(id: str) -> Response[str]:
    """Store nothing of this connection any more."""
    return versioned(asked.offices.connections.switch(asked.viewer, id, asked.now, disabled=True))


@serves(router, "POST /v1/directory/connections/{id}/enable", answers=views.ConnectionDetail)
def enable_connection(id: str) -> Response[str]:
    """Take a disabled connection back."""
    return versioned(asked.offices.connections.switch(asked.viewer, id, asked.now, disabled=False))


# ---------------------------------------------------------------- teams


@serves(router, "GET /v1/directory/teams", query=queries.Listing, answers=views.Teams)
def list_teams() -> Response[str]:
    """Teams by name."""
    wanted = asked.query(queries.Listing)
    return answer(views.Teams(teams=asked.offices.teams.all(asked.viewer, deleted=wanted.deleted)))


@serves(router, "POST /v1/directory/teams", body=bodies.TeamBody, answers=views.TeamView, status=HTTPStatus.CREATED)
def create_team() -> Response[str]:
    """Make a team."""
    return versioned(asked.offices.teams.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "GET /v1/directory/teams/{id}", answers=views.TeamView)
def show_team(id: str) -> Response[str]:
    """One team."""
    return versioned(asked.offices.teams.show(asked.viewer, id))


@serves(router, "PATCH /v1/directory/teams/{id}", body=bodies.TeamPatch, answers=views.TeamView)
def change_team(id: str) -> Response[str]:
    """Change a team, or who manages it."""
    return versioned(asked.offices.teams.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@serves(router, "DELETE /v1/directory/teams/{id}", answers=views.TeamView)
def delete_team(id: str) -> Response[str]:
    """Take a team out of pickers; calls keep its name."""
    return versioned(asked.offices.teams.delete(asked.viewer, id, asked.now))


@serves(router, "POST /v1/directory/teams/{id}/restore", answers=views.TeamView)
def restore_team(id: str) -> Response[str]:
    """Bring a deleted team back."""
    return versioned(asked.offices.teams.restore(asked.viewer, id, asked.now))


# ---------------------------------------------------------------- numbers


@serves(router, "GET /v1/directory/numbers", query=queries.Listing, answers=views.Numbers)
def list_numbers() -> Response[str]:
    """Business numbers by name."""
    wanted = asked.query(queries.Listing)
    return answer(views.Numbers(numbers=asked.offices.numbers.all(asked.viewer, deleted=wanted.deleted)))


@serves(
    router, "POST /v1/directory/numbers", body=bodies.NumberBody, answers=views.NumberView, status=HTTPStatus.CREATED
)
def create_number() -> Response[str]:
    """Take in a business number."""
    return versioned(asked.offices.numbers.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "POST /v1/directory/numbers/import", query=queries.Import, body=CSV, answers=Imported)
def import_numbers() -> Response[str]:
    """Make and change business numbers from a CSV file."""
    return imported(asked, asked.offices.transfers.import_numbers)


@serves(router, "GET /v1/directory/numbers/export", answers=CSV)
def export_numbers() -> Response[str]:
    """All business numbers as a CSV file."""
    return spreadsheet(asked.offices.transfers.export_numbers(asked.viewer, asked.now), "numbers")


@serves(router, "GET /v1/directory/numbers/{id}", answers=views.NumberView)
def show_number(id: str) -> Response[str]:
    """One business number."""
    return versioned(asked.offices.numbers.show(asked.viewer, id))


@serves(router, "PATCH /v1/directory/numbers/{id}", body=bodies.NumberPatch, answers=views.NumberView)
def change_number(id: str) -> Response[str]:
    """Change a business number."""
    return versioned(asked.offices.numbers.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@serves(router, "DELETE /v1/directory/numbers/{id}", answers=views.NumberView)
def delete_number(id: str) -> Response[str]:
    """Take a number out of pickers; what happened on it keeps it."""
    return versioned(asked.offices.numbers.delete(asked.viewer, id, asked.now))


@serves(router, "POST /v1/directory/numbers/{id}/restore", answers=views.NumberView)
def restore_number(id: str) -> Response[str]:
    """Bring a deleted number back."""
    return versioned(asked.offices.numbers.restore(asked.viewer, id, asked.now))


# ---------------------------------------------------------------- sources, lists, tariffs


@serves(router, "GET /v1/directory/sources", answers=views.Sources)
def list_sources() -> Response[str]:
    """Sources of calls by name."""
    return answer(views.Sources(sources=asked.offices.sources.all(asked.viewer)))


@serves(
    router, "POST /v1/directory/sources", body=bodies.SourceBody, answers=views.SourceView, status=HTTPStatus.CREATED
)
def create_source() -> Response[str]:
    """Make a source."""
    return versioned(asked.offices.sources.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "PATCH /v1/directory/sources/{id}", body=bodies.SourcePatch, answers=views.SourceView)
def change_source(id: str) -> Response[str]:
    """Change a source."""
    return versioned(asked.offices.sources.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@serves(router, "DELETE /v1/directory/sources/{id}", answers=views.SourceView)
def delete_source(id: str) -> Response[str]:
    """Delete a source that no number names."""
    return versioned(asked.offices.sources.delete(asked.viewer, id, asked.now))


@serves(router, "GET /v1/directory/lists", answers=views.ListsView)
def show_lists() -> Response[str]:
    """Numbers of spam, and texts that stand for a withheld number."""
    return versioned(asked.offices.lists.show(asked.viewer))


@serves(router, "PUT /v1/directory/lists", body=bodies.ListsBody, answers=views.ListsView)
def put_lists() -> Response[str]:
    """Replace both lists; calls of the numbers that come or go are read anew."""
    return versioned(asked.offices.lists.put(asked.viewer, asked.body(MAX_TABLE), asked.version, asked.now))


@serves(router, "GET /v1/directory/tariffs", answers=views.Tariffs)
def list_tariffs() -> Response[str]:
    """Tariffs by name, without their rates."""
    return answer(views.Tariffs(tariffs=asked.offices.tariffs.all(asked.viewer)))


@serves(
    router, "POST /v1/directory/tariffs", body=bodies.TariffBody, answers=views.TariffView, status=HTTPStatus.CREATED
)
def create_tariff() -> Response[str]:
    """Make a tariff; what it prices and has no price yet gets one."""
    return versioned(asked.offices.tariffs.create(asked.viewer, asked.body(MAX_TABLE), asked.now), HTTPStatus.CREATED)


@serves(router, "GET /v1/directory/tariffs/{id}", answers=views.TariffView)
def show_tariff(id: str) -> Response[str]:
    """One tariff with its rates."""
    return versioned(asked.offices.tariffs.show(asked.viewer, id))


@serves(router, "PUT /v1/directory/tariffs/{id}", body=bodies.TariffBody, answers=views.TariffView)
def put_tariff(id: str) -> Response[str]:
    """Replace a tariff by another version. What had a price keeps it, see POST /v1/charges/ratings."""
    return versioned(asked.offices.tariffs.put(asked.viewer, id, asked.body(MAX_TABLE), asked.version, asked.now))


@serves(router, "DELETE /v1/directory/tariffs/{id}", answers=views.TariffView)
def delete_tariff(id: str) -> Response[str]:
    """Delete a tariff; what it priced keeps its price."""
    return versioned(asked.offices.tariffs.delete(asked.viewer, id, asked.now))


@serves(router, "GET /v1/directory/tariffs/{id}/versions", answers=views.TariffVersions)
def list_tariff_versions(id: str) -> Response[str]:
    """All versions of a tariff, the latest first."""
    return answer(views.TariffVersions(versions=asked.offices.tariffs.versions(asked.viewer, id)))


# ---------------------------------------------------------------- quality and mapping


@serves(router, "GET /v1/quality", query=queries.Quality, answers=Quality)
def quality() -> Response[str]:
    """Connections that fell silent, deliveries set aside, and rows that tell too little, of the last days."""
    days = asked.query(queries.Quality).days
    return answer(asked.rooms.answers.quality.quality(asked.viewer, asked.now, days))


@serves(router, "GET /v1/directory/unmapped", query=queries.Days, answers=views.Unknown)
def unmapped() -> Response[str]:
    """Accounts and numbers of the last days that the directory does not know."""
    return answer(asked.offices.mapping.unmapped(asked.viewer, asked.now, asked.query(queries.Days).days))


@serves(router, "POST /v1/directory/unmapped/map", body=bodies.MapBody, answers=views.Mapped)
def map_unmapped() -> Response[str]:
    """Give an unknown account to a user, or take a number in; history follows."""
    return answer(asked.offices.mapping.map(asked.viewer, asked.body(), asked.now))
