"""Exports, reports, and who am I."""

from __future__ import annotations

from http import HTTPStatus

from api_answers import Asked, answer, decoded
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.model.jobs import JobKind

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@router.get("/v1/me")
def me() -> Response[str]:
    return answer(asked.rooms.desk.me(asked.viewer))


@router.post("/v1/exports")
def order_export() -> Response[str]:
    return answer(asked.rooms.desk.export(asked.viewer, asked.body(), asked.now), HTTPStatus.ACCEPTED)


@router.get("/v1/exports")
def list_exports() -> Response[str]:
    jobs, following = asked.rooms.desk.jobs(asked.viewer, asked.now, asked.text("before"))
    return answer({"exports": jobs, "next": following})


@router.get("/v1/exports/<id>")
@decoded
def show_export(id: str) -> Response[str]:
    return answer(asked.rooms.desk.job(asked.viewer, id, asked.now))


@router.get("/v1/exports/<id>/download")
@decoded
def download(id: str) -> Response[str]:
    url = asked.rooms.desk.download(asked.viewer, id, asked.now)
    return Response(HTTPStatus.FOUND.value, headers={"Location": url, "Cache-Control": "no-store"})


@router.get("/v1/reports")
def list_reports() -> Response[str]:
    return answer({"reports": asked.rooms.desk.reports(asked.viewer)})


@router.post("/v1/reports/<name>/runs")
@decoded
def order_run(name: str) -> Response[str]:
    return answer(asked.rooms.desk.run(asked.viewer, name, asked.body(), asked.now), HTTPStatus.ACCEPTED)


@router.get("/v1/reports/runs/<id>")
@decoded
def show_run(id: str) -> Response[str]:
    return answer(asked.rooms.desk.job(asked.viewer, id, asked.now, JobKind.REPORT))
