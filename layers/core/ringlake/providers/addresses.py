"""Addresses of programmable telephony: numbers, SIP addresses, browser phones, channels of messages.

Such providers do not know which line is a colleague's. A browser phone always is; so is a SIP address
on one of the provider's own hosts, and every address in the option `agents` of the connection.
"""

from __future__ import annotations

from ringlake.model.directory import Connection
from ringlake.model.facts import Agent

# Channels stand before a number of a message, `tel:` before any.
CHANNELS = ("whatsapp:", "messenger:", "rcs:", "tel:")
_BROWSER = "client:"
_SIP = ("sip:", "sips:")
_SHORTEST_NUMBER = 7


def own_addresses(connection: Connection) -> frozenset[str]:
    """The option `agents`: numbers and SIP addresses of people of ours, separated by commas."""
    return frozenset(a.strip().lower() for a in connection.options.get("agents", "").split(",") if a.strip())


def agent_at(address: str, own: frozenset[str], hosts: tuple[str, ...] = ()) -> Agent | None:
    """The person of ours behind an address, None for everybody else. A user's account may be written with or
    without the prefix; `hosts` are ends of host names under which phones register at the provider.
    """
    low = address.lower()
    if low.startswith(_BROWSER):
        name = address[len(_BROWSER) :]
        return Agent(id=name, account=address) if name else None
    if low.startswith(_SIP):
        bare = _bare(low)
        if {low, f"sip:{bare}", bare} & own:
            return _person(address)
        host = bare.rpartition("@")[2].partition(":")[0]
        return sip_agent(address) if host.endswith(hosts) else None
    # Some providers leave the plus out; people write it.
    if not low or not {low, f"+{low}"} & own:
        return None
    return Agent(id=address, account=f"+{address}" if address.isdigit() else address)


def sip_agent(address: str) -> Agent | None:
    """The person behind a SIP address, whoever's it is; None for every other address, and for a telephone
    number in front of a host, which is how trunks write numbers.
    """
    if not address.lower().startswith(_SIP) or _trunked(address):
        return None
    return _person(address)


def _person(address: str) -> Agent | None:
    bare = _bare(address)
    return Agent(id=bare, account=f"sip:{bare}") if bare else None


def _trunked(address: str) -> str:
    """The number in front of a SIP host; extensions are shorter than any number."""
    user = _bare(address).partition("@")[0]
    return user if user.removeprefix("+").isdigit() and len(user) >= _SHORTEST_NUMBER else ""


def number_at(address: str) -> str:
    """What stands for the party in reports: a number without its channel, the number in front of a SIP
    host, else the address itself. "" for a browser phone.
    """
    low = address.lower()
    for prefix in CHANNELS:
        if low.startswith(prefix):
            return address[len(prefix) :]
    if low.startswith(_BROWSER):
        return ""
    return (_trunked(address) or address) if low.startswith(_SIP) else address


def _bare(address: str) -> str:
    """`user@host` of a SIP address, without parameters."""
    return address.partition(":")[2].partition(";")[0].partition("?")[0]
