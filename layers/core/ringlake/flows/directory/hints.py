"""What each provider needs: what to do at its side, whose secret it is, which options there are.

The short form of the pages under docs/providers, for whoever joins a connection without them at hand.
"""

from __future__ import annotations

from .views import OptionHint, ProviderHint, SetUp

# Who makes the signing secret: we do, and it is shown once; the provider does, and it has to be given; nobody.
_MADE, _GIVEN, _NONE = "made", "given", "none"
_STANDARD = "Enter the signing secret shown here (Standard Webhooks: whsec_...) at the sender."
_DEVICES = OptionHint(
    name="dnd_devices",
    meaning="User agents whose do-not-disturb counts, separated by commas.",
    required=False,
)
_FORMAT = OptionHint(
    name="date_format",
    meaning="A date format that is not recognised by itself, as in %m/%d/%Y %H:%M:%S.",
    required=False,
)


def _option(name: str, meaning: str, *, required: bool = False) -> OptionHint:
    return OptionHint(name=name, meaning=meaning, required=required)


def _hint(
    provider: str,
    label: str,
    steps: tuple[str, ...],
    account: str,
    *options: OptionHint,
    secret: str = _MADE,
    given_as: str = "",
    zone: bool = False,
    dnd: bool = False,
) -> ProviderHint:
    return ProviderHint(
        provider=provider,
        label=label,
        secret=secret,
        given_as=given_as,
        zone_matters=zone,
        dnd=dnd,
        set_up=SetUp(steps=steps, page=f"docs/providers/{provider}.md", account=account, options=options),
    )


_HINTS = {
    hint.provider: hint
    for hint in (
        _hint(
            "aircall",
            "Aircall",
            (
                "Create a webhook with this address in the dashboard, for call, user and contact events.",
                "Give the webhook's token as the secret of this connection: Aircall sends it in every body.",
            ),
            "Aircall's user id, as in 900101",
            secret=_GIVEN,
            given_as="The token that Aircall shows at the webhook.",
            dnd=True,
        ),
        _hint(
            "amazon_connect",
            "Amazon Connect",
            (
                "Contact events come through an EventBridge rule in the same account; no address is entered anywhere.",
                "Give the instance's ARN as the option instance_arn.",
            ),
            "The agent's id, the last part of the agent's ARN",
            _option("instance_arn", "The instance whose contacts this connection takes.", required=True),
            secret=_NONE,
        ),
        _hint(
            "dialpad",
            "Dialpad",
            (
                "Create a webhook with this address and the secret shown here, algorithm HS256.",
                "Subscribe call, SMS and agent status events to it.",
            ),
            "Dialpad's user id or the user's e-mail address",
            _option("max_age_s", "How many seconds an event's time may be away from our clock; any without it."),
            dnd=True,
        ),
        _hint(
            "fcc",
            "Focus Contact Center",
            (
                "Enter this address, a user and a password for system events of each campaign.",
                "Give user:password as the secret of this connection.",
                "Call events come from a script of yours: add a signing secret for them.",
            ),
            "agent.id of the call events",
            _option("call_prefix", "What your call events put before Focus' own call id: fcc- for fcc-136."),
            _option("summary_event", "The eventName of the summary notice; read it from a first delivery."),
            _DEVICES,
            secret=_GIVEN,
            given_as="User and password that you chose, as user:password.",
            dnd=True,
        ),
        _hint(
            "generic",
            "Generic (our own form)",
            ("Send events to this address in the form of docs/schemas/generic.schema.json.", _STANDARD),
            "agent.id, or account of presence",
            _DEVICES,
            zone=True,
            dnd=True,
        ),
        _hint(
            "novofon",
            "Novofon",
            (
                "Enter this address for call notifications; Novofon tries it out at once.",
                "Give the API secret of the account as the secret of this connection.",
            ),
            "The extension, as in 101; with 2.0 employee_id",
            _option("line", "classic or 2.0: refuses the other one."),
            _FORMAT,
            secret=_GIVEN,
            given_as="The API secret of the account, not the key; with 2.0 the token in your template.",
            zone=True,
        ),
        _hint(
            "openphone",
            "OpenPhone (Quo)",
            (
                "Create a webhook with this address and choose all call, message and contact events.",
                "Give the signing secret that OpenPhone shows as the secret of this connection.",
            ),
            "The user id, as in US...; enter the phone number ids (PN...) at the numbers",
            _option("numbers", "Own numbers by id, PNmain0001=+12025550101, ...: only for API v1."),
            secret=_GIVEN,
            given_as="The signing secret in the webhook's menu.",
        ),
        _hint(
            "ringcentral",
            "RingCentral",
            (
                "Create a webhook subscription with this address; RingCentral tries it out at once.",
                "Give the secret shown here as the subscription's validationToken.",
            ),
            "The extension id, as in 400100, not the extension number",
            dnd=True,
        ),
        _hint(
            "ringostat",
            "Ringostat",
            (
                "Add this address under webhooks, with the names of the recommended template.",
                "Send the secret shown here as the parameter token, or as the header Auth-Key.",
            ),
            "The SIP login or the employee number",
            _FORMAT,
            zone=True,
        ),
        _hint(
            "telnyx",
            "Telnyx",
            (
                "Enter this address as webhook of the call control application and of the messaging profile.",
                "Give the account's public key as the secret of this connection.",
            ),
            "The SIP address, or the number that rings the person",
            _option("agents", "Numbers of people of ours that a program rings first, separated by commas."),
            secret=_GIVEN,
            given_as="The account's public key, under Keys & Credentials.",
        ),
        _hint(
            "twilio",
            "Twilio",
            (
                "Enter this exact address as status callback of numbers, calls and messages: the signature covers it.",
                "Give the account's auth token as the secret of this connection.",
            ),
            "The browser phone's name, the SIP address, or the number that rings the person",
            _option("account_sid", "Accounts whose callbacks are taken, separated by commas; all without it."),
            _option("agents", "Numbers and SIP addresses from which people of ours place calls."),
            secret=_GIVEN,
            given_as="The primary Auth Token of the account or subaccount that sends the callbacks.",
        ),
        _hint(
            "vonage",
            "Vonage",
            (
                "Enter this address as event URL of the application, with signed webhooks.",
                "Give the account's signature secret as the secret of this connection.",
            ),
            "The SIP address that is called, or the number that rings the person",
            _option("api_key", "What the token must claim; several separated by commas."),
            _option("application_id", "What the token must claim; several separated by commas."),
            _option("max_age_s", "How old a token may be; 86400 without it."),
            _option("agents", "Numbers of people of ours that a program rings first, separated by commas."),
            secret=_GIVEN,
            given_as="The account's signature secret.",
        ),
        _hint(
            "wiseparts",
            "WiseParts",
            ("Send events to this address in the generic form.", _STANDARD),
            "agent.id, the operator",
            _DEVICES,
            dnd=True,
        ),
        _hint(
            "zadarma",
            "Zadarma",
            (
                "Enter this address for notifications of the PBX; Zadarma tries it out at once.",
                "Give the API secret of the account as the secret of this connection.",
            ),
            "The extension, as in 100",
            secret=_GIVEN,
            given_as="The API secret of the account, not the key.",
            zone=True,
        ),
    )
}


def provider_hints() -> list[ProviderHint]:
    """By label."""
    return sorted(_HINTS.values(), key=lambda hint: hint.label.casefold())


def hints(provider: str) -> SetUp:
    """Steps and the page with the rest; of a provider that is new here the page alone."""
    known = _HINTS.get(provider)
    return known.set_up if known else SetUp(steps=(), page=f"docs/providers/{provider}.md", account="", options=())
