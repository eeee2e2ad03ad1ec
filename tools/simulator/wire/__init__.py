"""The providers' own words: one module each, written from its contract and from nothing of Ringlake.

A module has `calls(company, line, call)`, the deliveries about one call, and where the provider
has them `texts(company, line, message)`, `row(company, line, classifier_row)` and
`presence(company, sends, changes, talks)`, one account's day. What it cannot tell is data beside
them:

* `UNTOLD`: an ending -> the ending that it cannot be told from;
* `SILENT`, `SILENT_TEXTS`: a column of calls or texts -> why the contract leaves it open;
* `heard(company, line, call)`, `heard_text(message)`: the story as far as the deliveries tell it.
"""

from __future__ import annotations

from types import ModuleType

from tools.simulator.people import (
    AIRCALL,
    AMAZON_CONNECT,
    BOTH,
    DIALPAD,
    FCC,
    NOVOFON,
    NOVOFON2,
    PBX,
    Q26,
    RINGCENTRAL,
    RINGOSTAT,
    TELNYX,
    TWILIO,
    V2,
    V4,
    VONAGE,
    WISEPARTS,
    ZADARMA,
)

from . import (
    aircall,
    amazon_connect,
    dialpad,
    fcc,
    generic,
    novofon,
    novofon2,
    openphone,
    ringcentral,
    ringostat,
    telnyx,
    twilio,
    vonage,
    wiseparts,
    zadarma,
)

# Kind of webhooks of a number -> who writes them.
WIRES: dict[str, ModuleType] = {
    V2: openphone,
    V4: openphone,
    Q26: openphone,
    BOTH: openphone,
    PBX: generic,
    RINGOSTAT: ringostat,
    NOVOFON: novofon,
    NOVOFON2: novofon2,
    ZADARMA: zadarma,
    TWILIO: twilio,
    AIRCALL: aircall,
    TELNYX: telnyx,
    VONAGE: vonage,
    DIALPAD: dialpad,
    RINGCENTRAL: ringcentral,
    AMAZON_CONNECT: amazon_connect,
    FCC: fcc,
    WISEPARTS: wiseparts,
}
