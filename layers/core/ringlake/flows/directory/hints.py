"""What to do at each provider's side, in one sentence per step; the pages under docs/providers say more."""

from __future__ import annotations

from .views import SetUp

_STANDARD = "Enter the signing secret shown here (Standard Webhooks: whsec_...) at the sender."
_STEPS: dict[str, tuple[str, ...]] = {
    "aircall": (
        "Create a webhook with this address in the dashboard, for call, user and contact events.",
        "Give the webhook's token as the secret of this connection: Aircall sends it in every body.",
    ),
    "amazon_connect": (
        "Contact events come through an EventBridge rule in the same account; no address is entered anywhere.",
        "Give the instance's ARN as the option instance_arn.",
    ),
    "dialpad": (
        "Create a webhook with this address and the secret shown here, algorithm HS256.",
        "Subscribe call, SMS and agent status events to it.",
    ),
    "fcc": (
        "Enter this address, a user and a password for system events of each campaign.",
        "Give user:password as the secret of this connection; add a signing secret for call events of a script.",
    ),
    "generic": ("Send events to this address in the form of docs/schemas/generic.schema.json.", _STANDARD),
    "novofon": (
        "Enter this address for call notifications; Novofon tries it out at once.",
        "Give the API secret of the account as the secret of this connection.",
    ),
    "openphone": (
        "Create a webhook with this address and choose all call, message and contact events.",
        "Give the signing secret that OpenPhone shows as the secret of this connection.",
    ),
    "ringcentral": (
        "Create a webhook subscription with this address; RingCentral tries it out at once.",
        "Give the validation token that you chose as the secret of this connection.",
    ),
    "ringostat": (
        "Add this address under webhooks, with the names of the recommended template.",
        "Send the secret shown here as the parameter token, or as the header Auth-Key.",
    ),
    "telnyx": (
        "Enter this address as webhook of the call control application and of the messaging profile.",
        "Give the account's public key as the secret of this connection.",
    ),
    "twilio": (
        "Enter this exact address as status callback of numbers, calls and messages: the signature covers it.",
        "Give the account's auth token as the secret of this connection.",
    ),
    "vonage": (
        "Enter this address as event URL of the application, with signed webhooks.",
        "Give the account's signature secret as the secret of this connection.",
    ),
    "wiseparts": ("Send events to this address in the generic form.", _STANDARD),
    "zadarma": (
        "Enter this address for notifications of the PBX; Zadarma tries it out at once.",
        "Give the API secret of the account as the secret of this connection.",
    ),
}


def hints(provider: str) -> SetUp:
    """Steps and the page with the rest."""
    return SetUp(steps=_STEPS.get(provider, ()), page=f"docs/providers/{provider}.md")
