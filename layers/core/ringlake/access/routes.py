"""The abilities that each route of the API needs, in one table; default is no (security.md API5).

A route is refused that is not here, and the build fails when the template has a route that is not
here or lacks one that is. `()` is any signed-in user: what he sees is then decided by scope.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from ringlake.model.directory import Ability

_ANYBODY: tuple[Ability, ...] = ()
_EXPORT = (Ability.EXPORT,)
_REPORTS = (Ability.REPORTS,)
_MANAGE = (Ability.MANAGE_DIRECTORY,)
_ADMINISTER = (Ability.MANAGE_DIRECTORY, Ability.ADMINISTER)
_CASES = (Ability.WORK_CASES,)
_CONTENT = (Ability.SEE_CONTENT,)
# Customers by name and number, and all of them at once.
_CUSTOMERS = (Ability.SEE_NAMES,)
_MANAGE_CUSTOMERS = (Ability.MANAGE_DIRECTORY, Ability.SEE_NAMES, Ability.SEE_NUMBERS)
_EXPORT_CUSTOMERS = (*_MANAGE_CUSTOMERS, Ability.EXPORT)
# Invoices and closed months are of the whole workspace, and about money.
_FINANCE = (Ability.REPORTS, Ability.SEE_COSTS)
# Whoever answers for the calls of others.
_ALERTS = (Ability.VIEW_ALL_CALLS,)
_COSTS = (Ability.MANAGE_DIRECTORY, Ability.SEE_COSTS)

ROUTES: MappingProxyType[str, tuple[Ability, ...]] = MappingProxyType(
    {
        "GET /v1/me": _ANYBODY,
        "GET /v1/openapi.json": _ANYBODY,
        "POST /v1/exports": _EXPORT,
        "GET /v1/exports": _EXPORT,
        "GET /v1/exports/everybody": (Ability.SEE_AUDIT,),
        "GET /v1/exports/reports": _EXPORT,
        "GET /v1/exports/{id}": _EXPORT,
        "DELETE /v1/exports/{id}": _EXPORT,
        "GET /v1/exports/{id}/download": _EXPORT,
        "GET /v1/exports/{id}/link": _EXPORT,
        "GET /v1/exports/{id}/manifest": _EXPORT,
        "POST /v1/exports/{id}/cancel": _EXPORT,
        "POST /v1/exports/{id}/retry": _EXPORT,
        "GET /v1/reports": _REPORTS,
        "POST /v1/reports/{name}/runs": _REPORTS,
        "GET /v1/reports/runs/{id}": _REPORTS,
        "GET /v1/invoice-mappings": _FINANCE,
        "GET /v1/invoice-mappings/{connection}": _FINANCE,
        "PUT /v1/invoice-mappings/{connection}": (*_FINANCE, Ability.MANAGE_DIRECTORY),
        "GET /v1/invoices": _FINANCE,
        "POST /v1/invoices": _FINANCE,
        "GET /v1/invoices/{id}": _FINANCE,
        "GET /v1/invoices/{id}/entries": _FINANCE,
        "GET /v1/invoices/{id}/export": (*_FINANCE, Ability.EXPORT),
        "POST /v1/invoices/{id}/reconcile": _FINANCE,
        "DELETE /v1/invoices/{id}": _FINANCE,
        "GET /v1/closings": _FINANCE,
        "POST /v1/closings/{month}": _FINANCE,
        "GET /v1/closings/{month}": _FINANCE,
        # What happened; which of it, scope decides.
        "GET /v1/interactions": _ANYBODY,
        "GET /v1/interactions/{id}": _ANYBODY,
        "GET /v1/interactions/{id}/recordings/{number}": _CONTENT,
        "GET /v1/interactions/{id}/transcript": _CONTENT,
        "GET /v1/interactions/{id}/charges": (Ability.SEE_COSTS,),
        # Calls and people now, inside the viewer's scope.
        "POST /v1/live/tickets": _ANYBODY,
        "GET /v1/live": _ANYBODY,
        "GET /v1/live/export": _EXPORT,
        "POST /v1/live/calls/{id}/supervise": (Ability.SUPERVISE,),
        # Live boards of one's own scope on screens without a sign-in.
        "POST /v1/live/walls": (Ability.VIEW_ALL_CALLS,),
        "GET /v1/live/walls": (Ability.VIEW_ALL_CALLS,),
        "DELETE /v1/live/walls/{id}": (Ability.VIEW_ALL_CALLS,),
        # Quotes, orders and customers; which ones, scope decides.
        "GET /v1/deals": _ANYBODY,
        "POST /v1/deals": _CASES,
        "GET /v1/deals/{id}": _ANYBODY,
        "PATCH /v1/deals/{id}": _CASES,
        "GET /v1/analytics/deals": _ANYBODY,
        "GET /v1/analytics/callers": _ANYBODY,
        "GET /v1/customers": _ANYBODY,
        "GET /v1/customers/{id}": _ANYBODY,
        # Numbers about waits, lines and texts, of what the viewer may see.
        # Numbers over what the viewer may see; money only with see_costs.
        "GET /v1/metrics": _ANYBODY,
        "GET /v1/analytics/summary": _ANYBODY,
        "GET /v1/analytics/series": _ANYBODY,
        "GET /v1/analytics/heatmap": _ANYBODY,
        "GET /v1/analytics/breakdown": _ANYBODY,
        "GET /v1/analytics/team": _ANYBODY,
        "GET /v1/analytics/waits": _ANYBODY,
        "GET /v1/analytics/service": _ANYBODY,
        "GET /v1/analytics/responses": _ANYBODY,
        "GET /v1/analytics/responses/blocks": _ANYBODY,
        "GET /v1/analytics/concurrency": _ANYBODY,
        # People's time and rings; whose, scope decides.
        "GET /v1/analytics/presence": _ANYBODY,
        "GET /v1/analytics/presence/export": _EXPORT,
        "GET /v1/analytics/presence/timeline": _ANYBODY,
        "GET /v1/analytics/availability": _ANYBODY,
        "GET /v1/analytics/rings": _ANYBODY,
        "GET /v1/analytics/load": _ANYBODY,
        "GET /v1/people/{id}/profile": _ANYBODY,
        "GET /v1/targets": _ANYBODY,
        "PUT /v1/targets": _MANAGE,
        "GET /v1/targets/progress": _ANYBODY,
        # Questions kept under a name; each is asked with the rights of who asks it.
        "GET /v1/saved-reports": _ANYBODY,
        "POST /v1/saved-reports": _ANYBODY,
        "GET /v1/saved-reports/{id}": _ANYBODY,
        "PUT /v1/saved-reports/{id}": _ANYBODY,
        "DELETE /v1/saved-reports/{id}": _ANYBODY,
        "GET /v1/saved-reports/{id}/run": _ANYBODY,
        # Files that are mailed at local times; whose, ownership decides, and what is in them the owner's scope.
        "GET /v1/schedules": _EXPORT,
        "POST /v1/schedules": _EXPORT,
        "GET /v1/schedules/{id}": _EXPORT,
        "PUT /v1/schedules/{id}": _EXPORT,
        "DELETE /v1/schedules/{id}": _EXPORT,
        "POST /v1/schedules/{id}/pause": _EXPORT,
        "POST /v1/schedules/{id}/resume": _EXPORT,
        "GET /v1/schedules/{id}/runs": _EXPORT,
        "POST /v1/schedules/{id}/run": _EXPORT,
        # What people are told of when it goes wrong; what a rule sees, the scope of its owner decides.
        "GET /v1/alerts": _ALERTS,
        "POST /v1/alerts": _ALERTS,
        "GET /v1/alerts/{id}": _ALERTS,
        "PUT /v1/alerts/{id}": _ALERTS,
        "DELETE /v1/alerts/{id}": _ALERTS,
        "POST /v1/alerts/{id}/mute": _ALERTS,
        "POST /v1/alerts/{id}/secret": (*_ALERTS, Ability.ADMINISTER),
        "POST /v1/alerts/{id}/test": _ALERTS,
        "GET /v1/alerts/{id}/history": _ALERTS,
        # Addresses of mail: one's own requests, or all with manage_directory.
        "GET /v1/mail/addresses": _ANYBODY,
        "POST /v1/mail/addresses": _EXPORT,
        "DELETE /v1/mail/addresses/{address}": _MANAGE,
        # What people say about calls and cases; which ones, scope decides.
        "GET /v1/calls/{id}/marks": _ANYBODY,
        "PUT /v1/calls/{id}/marks": _CASES,
        "GET /v1/cases": _ANYBODY,
        "GET /v1/cases/{id}": _ANYBODY,
        "PUT /v1/cases/{id}": _CASES,
        # What filters offer: names inside the viewer's scope.
        "GET /v1/directory/choices": _ANYBODY,
        "GET /v1/choices": _ANYBODY,
        "GET /v1/directory/settings": _MANAGE,
        "PATCH /v1/directory/settings": _MANAGE,
        # What every provider needs, and when something last arrived on each connection.
        "GET /v1/directory/providers": _MANAGE,
        "GET /v1/directory/arrivals": _MANAGE,
        "GET /v1/directory/connections": _MANAGE,
        "POST /v1/directory/connections": _ADMINISTER,
        "GET /v1/directory/connections/{id}": _MANAGE,
        "PATCH /v1/directory/connections/{id}": _MANAGE,
        "GET /v1/directory/connections/{id}/test": _MANAGE,
        "POST /v1/directory/connections/{id}/secrets": _ADMINISTER,
        "DELETE /v1/directory/connections/{id}/secrets/{secret}": _ADMINISTER,
        "POST /v1/directory/connections/{id}/token": _ADMINISTER,
        "POST /v1/directory/connections/{id}/disable": _MANAGE,
        "POST /v1/directory/connections/{id}/enable": _MANAGE,
        "GET /v1/directory/users": _MANAGE,
        "POST /v1/directory/users": _MANAGE,
        "POST /v1/directory/users/import": _ADMINISTER,
        "GET /v1/directory/users/export": (*_MANAGE, Ability.EXPORT),
        "GET /v1/directory/users/{id}": _MANAGE,
        "PATCH /v1/directory/users/{id}": _MANAGE,
        "DELETE /v1/directory/users/{id}": _ADMINISTER,
        "POST /v1/directory/users/{id}/suspend": _ADMINISTER,
        "POST /v1/directory/users/{id}/activate": _ADMINISTER,
        "POST /v1/directory/users/{id}/invite": _ADMINISTER,
        "GET /v1/directory/teams": _MANAGE,
        "POST /v1/directory/teams": _MANAGE,
        "GET /v1/directory/teams/{id}": _MANAGE,
        "PATCH /v1/directory/teams/{id}": _MANAGE,
        "DELETE /v1/directory/teams/{id}": _MANAGE,
        "POST /v1/directory/teams/{id}/restore": _MANAGE,
        "GET /v1/directory/numbers": _MANAGE,
        "POST /v1/directory/numbers": _MANAGE,
        "POST /v1/directory/numbers/import": _MANAGE,
        "GET /v1/directory/numbers/export": (*_MANAGE, Ability.EXPORT),
        "GET /v1/directory/numbers/{id}": _MANAGE,
        "PATCH /v1/directory/numbers/{id}": _MANAGE,
        "DELETE /v1/directory/numbers/{id}": _MANAGE,
        "POST /v1/directory/numbers/{id}/restore": _MANAGE,
        "GET /v1/directory/contacts": _CUSTOMERS,
        "POST /v1/directory/contacts": _MANAGE_CUSTOMERS,
        "POST /v1/directory/contacts/import": _MANAGE_CUSTOMERS,
        "GET /v1/directory/contacts/export": _EXPORT_CUSTOMERS,
        "GET /v1/directory/contacts/lookup": _CUSTOMERS,
        "GET /v1/directory/contacts/{id}": _CUSTOMERS,
        "PATCH /v1/directory/contacts/{id}": _MANAGE_CUSTOMERS,
        "DELETE /v1/directory/contacts/{id}": _MANAGE_CUSTOMERS,
        "GET /v1/directory/sources": _MANAGE,
        "POST /v1/directory/sources": _MANAGE,
        "PATCH /v1/directory/sources/{id}": _MANAGE,
        "DELETE /v1/directory/sources/{id}": _MANAGE,
        "GET /v1/directory/lists": (*_MANAGE, Ability.SEE_NUMBERS),
        "PUT /v1/directory/lists": (*_MANAGE, Ability.SEE_NUMBERS),
        "GET /v1/directory/tariffs": _COSTS,
        "POST /v1/directory/tariffs": _COSTS,
        "GET /v1/directory/tariffs/{id}": _COSTS,
        "PUT /v1/directory/tariffs/{id}": _COSTS,
        "DELETE /v1/directory/tariffs/{id}": _COSTS,
        "GET /v1/directory/tariffs/{id}/versions": _COSTS,
        # What the viewer sees of what was spent, and calls that may be abuse.
        "GET /v1/budgets": (Ability.SEE_COSTS,),
        "PUT /v1/budgets": _COSTS,
        "GET /v1/budgets/progress": (Ability.SEE_COSTS,),
        "GET /v1/analytics/abuse": _ANYBODY,
        "GET /v1/abuse-rules": _MANAGE,
        "PUT /v1/abuse-rules": _MANAGE,
        # What calls and texts cost, of the whole workspace.
        "GET /v1/exchange-rates": _COSTS,
        "POST /v1/exchange-rates": _COSTS,
        "POST /v1/exchange-rates/import": _COSTS,
        "GET /v1/charges/ratings": _COSTS,
        "POST /v1/charges/ratings": _COSTS,
        "GET /v1/charges/ratings/{id}": _COSTS,
        # What is wrong with what arrives.
        "GET /v1/quality": _MANAGE,
        "GET /v1/directory/unmapped": _MANAGE,
        "POST /v1/directory/unmapped/map": _MANAGE,
        "GET /v1/directory/audit": (Ability.SEE_AUDIT,),
    }
)
# Pages behind the links of mails: whoever holds the link's token may (docs/adr/0101). Looking changes nothing.
PAGES: tuple[str, ...] = (
    "GET /mail/confirm/{token}",
    "POST /mail/confirm/{token}",
    "GET /mail/unsubscribe/{token}",
    "POST /mail/unsubscribe/{token}",
)
# What a wall's page asks for: whoever holds the wall's token may (docs/adr/0119).
WALLS: tuple[str, ...] = ("POST /wall/{token}/ticket",)
# The site that the browser runs (docs/adr/0113): the same for everybody and without a word about anybody. What it
# shows, it asks for under /v1 with the token of whoever signed in.
SITE: tuple[str, ...] = (
    "GET /",
    "GET /app/{page+}",
    "GET /signed-in",
    "GET /assets/{file+}",
    "GET /icon.svg",
    "GET /config.json",
)
# Where a request of a signed-in person goes that is for no route, so that it gets a problem document too. Not OPTIONS,
# which browsers send without a token.
UNKNOWN: tuple[str, ...] = tuple(f"{method} /v1/{{unknown+}}" for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))


def methods_of(path: str) -> tuple[str, ...]:
    """The methods that a path has, by the table of routes; none when it is no route's."""
    return tuple(
        route.partition(" ")[0]
        for route in ROUTES
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route.partition(" ")[2])), path)
    )
