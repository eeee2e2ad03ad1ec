"""People outside of a workspace are asked first whether they want its mails (demands.md D57)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ringlake.access import Principal
from ringlake.errors import InvalidRequest
from ringlake.files.mail import Envelope, confirm
from ringlake.model.directory import Workspace
from ringlake.model.language import Language
from ringlake.stores.addresses import CONFIRM_FOR, Addresses, Confirmations
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.mail import Mail, MailRefused, MailUncertain

from .directory.office import line

# Somebody who does not answer is not asked again at once, nor for ever.
ASK_AGAIN = timedelta(hours=1)
MOST_ASKED = 5


@dataclass(frozen=True)
class Outsiders:
    """Whom this installation may ask, and how: `sender` is the address that it writes from."""

    directory: DirectoryStore
    addresses: Addresses
    confirmations: Confirmations
    mail: Mail
    sender: str
    public_url: str

    def ask(
        self, viewer: Principal, workspace: Workspace, address: str, language: Language, now: datetime, *, field: str
    ) -> None:
        """Ask this address, unless that was done a short time or many times ago. Raises `InvalidRequest` naming the
        field for what cannot be mailed to, `Unavailable`, `Conflict` when it is asked by somebody else in this moment.
        """
        known = self.addresses.get(workspace.id, address)
        asked_at = known.asked_at if known else None
        if known and asked_at and (known.asked_times >= MOST_ASKED or now - asked_at < ASK_AGAIN):
            return
        token = self.confirmations.ask(workspace.id, address, viewer.user.id, now)
        self.directory.audit(line(viewer, now, "mail.ask", address))
        to = Envelope(
            id=f"confirm-{workspace.id}-{now.timestamp():.0f}",
            sender=self.sender,
            recipient=address,
            workspace=workspace.id,
            company=workspace.name,
            public_url=self.public_url,
            now=now,
            language=language,
        )
        try:
            self.mail.send(confirm(to, token=token, expires_at=now + CONFIRM_FOR))
        except ValueError:
            raise InvalidRequest(field, "is not one e-mail address") from None
        except MailRefused as refusal:
            raise InvalidRequest(field, f"the mail service takes no mail to this address ({refusal.code})") from None
        except MailUncertain:
            # It may have arrived; if not, the next change asks again.
            return
