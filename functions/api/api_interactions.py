"""Lists of what happened, one thing in detail, the work list of cases, and saved reports."""

from __future__ import annotations

from http import HTTPStatus

from api_answers import OPERATIONS, Asked, answer, content, record_id, serves, text_file, versioned
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel

from ringlake.flows.answers.content import Recording, Transcript, WordsQuery, as_text
from ringlake.flows.answers.detail import Detail, DetailQuery
from ringlake.flows.answers.interactions import Interactions, ListQuery
from ringlake.flows.answers.occurring import Occurring, OccurringQuery
from ringlake.flows.answers.saved import SavedBody, SavedList, SavedRun, SavedView
from ringlake.flows.answers.worklist import Cases, CasesQuery

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/interactions", query=ListQuery, answers=Interactions)
def list_interactions() -> Response[str]:
    """Calls and messages, newest first, page by page."""
    return answer(asked.rooms.answers.interactions.page(asked.viewer, asked.query(ListQuery), asked.now))


@serves(router, "GET /v1/interactions/{id}", query=DetailQuery, answers=Detail)
def show_interaction(id: str) -> Response[str]:
    """One call or message with its attempts, its path, and what became of it."""
    query = asked.query(DetailQuery)
    return answer(asked.rooms.answers.details.show(asked.viewer, record_id(id), query, asked.now))


@serves(router, "GET /v1/interactions/{id}/recordings/{number}", answers=Recording)
def open_recording(id: str, number: str) -> Response[str]:
    """Where a recording (1, 2, ...) or the voicemail of a call is; on record each time.

    The address is the provider's own: nothing is fetched here. `needs_login` says that the provider will ask for its
    own sign-in.
    """
    found = asked.rooms.answers.contents.recording(asked.viewer, record_id(id), number, asked.now)
    return content(found)


@serves(router, "GET /v1/interactions/{id}/transcript", query=WordsQuery, answers=Transcript, files=("text/plain",))
def read_transcript(id: str) -> Response[str]:
    """Transcript and summary of a call, or the text of a message, as JSON or a text file; on record each time."""
    query = asked.query(WordsQuery)
    told = asked.rooms.answers.contents.words(asked.viewer, record_id(id), query, asked.now)
    return text_file(as_text(told), "transcript") if query.format == "text" else content(told)


@serves(router, "GET /v1/choices", query=OccurringQuery, answers=Occurring)
def occurring() -> Response[str]:
    """Queues, campaigns, sources, classifiers, tags, countries and connections that occur, for filters."""
    return answer(asked.rooms.answers.occurring.occurring(asked.viewer, asked.query(OccurringQuery), asked.now))


@serves(router, "GET /v1/cases", query=CasesQuery, answers=Cases)
def list_cases() -> Response[str]:
    """Missed customers who need a call back: all open cases, or those of some dates; with counters by state."""
    return answer(asked.rooms.answers.work_list.page(asked.viewer, asked.query(CasesQuery), asked.now))


# ---------------------------------------------------------------- saved reports


def _views() -> dict[str, type[BaseModel]]:
    """Routes whose question can be kept: lists and analytics that take a filter and name no one thing."""
    kept = ("/v1/interactions", "/v1/cases", "/v1/analytics/")
    return {
        path: operation.query
        for method, _, path, operation in ((*route.partition(" "), o) for route, o in OPERATIONS.items())
        if method == "GET" and operation.query is not None and "{" not in path and path.startswith(kept)
    }


@serves(router, "GET /v1/saved-reports", answers=SavedList)
def list_saved() -> Response[str]:
    """One's own saved reports and those that others share."""
    return answer(asked.rooms.answers.saved.all(asked.viewer))


@serves(router, "POST /v1/saved-reports", body=SavedBody, answers=SavedView, status=HTTPStatus.CREATED)
def save_report() -> Response[str]:
    """Keep a question under a name: the path of a list or analytics route and its parameters."""
    made = asked.rooms.answers.saved.create(asked.viewer, asked.body(), _views(), asked.now)
    return versioned(made, HTTPStatus.CREATED)


@serves(router, "GET /v1/saved-reports/{id}", answers=SavedView)
def show_saved(id: str) -> Response[str]:
    """One saved report."""
    return versioned(asked.rooms.answers.saved.show(asked.viewer, id))


@serves(router, "PUT /v1/saved-reports/{id}", body=SavedBody, answers=SavedView)
def change_saved(id: str) -> Response[str]:
    """Say all of a report anew, from the version in If-Match; only one's own."""
    changed = asked.rooms.answers.saved.change(asked.viewer, id, asked.body(), asked.version, _views(), asked.now)
    return versioned(changed)


@serves(router, "DELETE /v1/saved-reports/{id}", answers=SavedView)
def delete_saved(id: str) -> Response[str]:
    """Delete a report of one's own."""
    return versioned(asked.rooms.answers.saved.delete(asked.viewer, id, asked.now))


@serves(router, "GET /v1/saved-reports/{id}/run", answers=SavedRun)
def run_saved(id: str) -> Response[str]:
    """What a saved report asks now: the path to get, checked with the rights of who asks."""
    return answer(asked.rooms.answers.saved.run(asked.viewer, id, _views(), asked.now))
