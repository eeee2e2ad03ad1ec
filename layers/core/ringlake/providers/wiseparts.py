"""WiseParts call centre: our own contract under a name of its own.

WiseParts publishes no wire format; its events come in the body of our contract (canonical.py), signed by
Standard Webhooks, with `webhook-id` as event id. The tables there know its documented life cycle:

- `completed` only says that a call is over. It was answered when an `answered` came for it, not because
  somebody's name stands on the end: a completed call that nobody is known to have answered has the
  unknown ending, and counts as unanswered.
- `outbound_dial` and `outbound_auto` are both outbound; which of them stays as a tag.
"""

from __future__ import annotations

from .canonical import Signed


class WiseParts(Signed):
    """The adapter; see the module's text for the contract."""

    name = "wiseparts"
    version = 2


ADAPTER = WiseParts()
