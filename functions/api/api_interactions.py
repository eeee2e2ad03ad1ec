"""Lists of what happened, one thing in detail, the work list of cases, and saved reports."""

from __future__ import annotations

from api_answers import Asked, answer, record_id, serves, text_file
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.answers.content import Recording, Transcript, WordsQuery, as_text
from ringlake.flows.answers.detail import Detail, DetailQuery
from ringlake.flows.answers.interactions import Interactions, ListQuery

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
    return answer(asked.rooms.answers.contents.recording(asked.viewer, record_id(id), number, asked.now))


@serves(router, "GET /v1/interactions/{id}/transcript", query=WordsQuery, answers=Transcript)
def read_transcript(id: str) -> Response[str]:
    """Transcript and summary of a call, or the text of a message, as JSON or a text file; on record each time."""
    query = asked.query(WordsQuery)
    told = asked.rooms.answers.contents.words(asked.viewer, record_id(id), query, asked.now)
    return text_file(as_text(told), "transcript") if query.format == "text" else answer(told)
