"""Addresses of mail: what is known of them, asking people outside, lifting a block."""

from __future__ import annotations

from http import HTTPStatus

from api_answers import Asked, answer, serves
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.mailing.asking import AddressBody, MailAddresses, MailAddressView

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/mail/addresses", answers=MailAddresses)
def list_addresses() -> Response[str]:
    """Addresses that came back, complained, left something, or were asked for their consent.

    Who does not manage the directory sees those that he asked, and his own.
    """
    return answer(asked.rooms.asking.all(asked.viewer))


@serves(
    router, "POST /v1/mail/addresses", body=AddressBody, answers=MailAddressView, status=HTTPStatus.ACCEPTED,
    also=(HTTPStatus.CONFLICT,),
)  # fmt: skip
def ask_address() -> Response[str]:
    """Ask somebody outside by mail whether he wants reports and alerts; nothing goes there before he agrees.

    An address that has agreed already is answered as it is, and nothing is sent.
    """
    return answer(asked.rooms.asking.ask(asked.viewer, asked.body(), asked.now), HTTPStatus.ACCEPTED)


@serves(router, "DELETE /v1/mail/addresses/{address}", answers=MailAddressView, also=(HTTPStatus.CONFLICT,))
def lift_block(address: str) -> Response[str]:
    """Send to an address again that came back, once somebody has checked it.

    What its owner decided himself (409) stays: only he takes back a complaint or an unsubscription.
    """
    return answer(asked.rooms.asking.lift(asked.viewer, address, asked.now))
