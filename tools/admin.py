"""Command line of an installation's directory: workspaces, users, connections, numbers, teams.

    python -m tools.admin --stack ringlake-local workspace create acme --name Acme --zone Europe/Warsaw

Works on AWS and on the local stack alike: the endpoint comes from `AWS_ENDPOINT_URL`, table,
key and user pool from the outputs of the CloudFormation stack. The same functions can be
called from Python with a `Site` of in-memory stores.

Ids of users, numbers and teams are random unless given, because ids become keys and no key
holds a name, an address or a phone number.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ringlake.access import Principal
from ringlake.errors import NotFound, RinglakeError
from ringlake.flows.directory import Offices, Stores
from ringlake.flows.directory.connections import new_secret
from ringlake.flows.directory.office import ANY
from ringlake.model.directory import Account, Connection, Number, Role, Team, User, Workspace
from ringlake.stores.arrivals import DynamoArrivals, MemoryArrivals
from ringlake.stores.contacts import DynamoContacts, MemoryContacts
from ringlake.stores.directory import DirectoryStore, DynamoDirectory
from ringlake.stores.identities import CognitoIdentities, Identities, MemoryIdentities
from ringlake.stores.journal import DynamoJournal, MemoryJournal
from ringlake.stores.lake import ObjectLake
from ringlake.stores.marks import DynamoMarks, MemoryMarks
from ringlake.stores.objects import MemoryObjects, S3Objects
from ringlake.stores.records import DynamoRecords, MemoryRecords
from ringlake.stores.refolds import DynamoRefolds, MemoryRefolds
from ringlake.stores.saved import DynamoSavedReports, MemorySavedReports
from ringlake.stores.vault import KmsVault, Vault
from tools.installation import installation

__all__ = ["MemoryIdentities", "new_secret"]

# Stands in the record for whoever runs the tool: may everything, is nobody's user.
ACTOR = User(id="tools.admin", email="tools.admin@localhost.localdomain", name="tools.admin", role=Role.OWNER)


@dataclass(frozen=True)
class Site:
    """One installation. `deployed` are its stores; without them the rest is in memory, too."""

    directory: DirectoryStore
    vault: Vault
    identities: Identities
    public_url: str
    deployed: Stores | None = None

    @property
    def offices(self) -> Offices:
        """The same use cases that the API has."""
        return Offices(
            self.deployed
            or Stores(
                directory=self.directory,
                contacts=MemoryContacts(),
                marks=MemoryMarks(),
                records=MemoryRecords(),
                journal=MemoryJournal(),
                arrivals=MemoryArrivals(),
                refolds=MemoryRefolds(),
                saved=MemorySavedReports(),
                lake=ObjectLake(MemoryObjects()),
                vault=self.vault,
                identities=self.identities,
                public_url=self.public_url,
            )
        )


@dataclass(frozen=True)
class AddedConnection:
    """The webhook URL and the secret are shown this once; only a digest and a ciphertext are kept."""

    connection: Connection
    webhook_url: str
    secret: str


@dataclass(frozen=True)
class AddedUser:
    user: User
    password: str


def open_site(stack: str) -> Site:
    """The installation deployed as this CloudFormation stack."""
    found = installation(stack)
    outputs = found.outputs
    table, vault = outputs["DirectoryTable"], KmsVault(outputs["KeyId"])
    stores = Stores(
        directory=DynamoDirectory(table, vault),
        contacts=DynamoContacts(table),
        marks=DynamoMarks(table),
        records=DynamoRecords(outputs["RecordsTable"]),
        journal=DynamoJournal(outputs["JournalTable"]),
        arrivals=DynamoArrivals(table),
        refolds=DynamoRefolds(table),
        saved=DynamoSavedReports(table),
        lake=ObjectLake(S3Objects(outputs["LakeBucket"])),
        vault=vault,
        identities=CognitoIdentities(outputs["UserPoolId"]),
        public_url=(found.parameters.get("PublicUrl") or outputs["ApiUrl"]).rstrip("/"),
    )
    return Site(stores.directory, vault, stores.identities, stores.public_url, stores)


def _actor(workspace: str) -> Principal:
    return Principal(workspace=workspace, user=ACTOR)


def _found[T](site: Site, workspace: str, kind: type[T], id: str = "") -> T:
    kept = site.directory.find(workspace, kind, id)  # type: ignore[type-var]
    if kept is None:
        raise NotFound(id)
    return kept


def create_workspace(site: Site, workspace_id: str, name: str, **settings: Any) -> Workspace:
    """A new tenant with its own party key; `settings` are further settings of the workspace."""
    return site.offices.settings.found(_actor(workspace_id), name, msgspec.to_builtins(settings), now())


def add_team(site: Site, workspace: str, name: str, *, team_id: str = "", kind: str = "call_center") -> Team:
    view = site.offices.teams.create(_actor(workspace), {"name": name, "kind": kind}, now(), id=team_id)
    return _found(site, workspace, Team, view.document.id)


def add_number(
    site: Site,
    workspace: str,
    e164: str,
    *,
    number_id: str = "",
    name: str = "",
    country: str = "",
    team: str = "",
    source: str = "",
    provider_ids: Sequence[str] = (),
) -> Number:
    """A business number. Raises `InvalidRequest` unless it is one."""
    body = {"e164": e164, "name": name, "team": team, "source": source, "provider_ids": list(provider_ids)}
    body |= {"country": country} if country else {}
    view = site.offices.numbers.create(_actor(workspace), body, now(), id=number_id)
    return _found(site, workspace, Number, view.document.id)


def add_user(
    site: Site,
    workspace: str,
    email: str,
    name: str,
    *,
    role: Role = Role.MEMBER,
    password: str = "",
    user_id: str = "",
    **grants: Any,
) -> AddedUser:
    """A person who can sign in; `grants` are abilities, teams, manages, numbers and accounts of `User`.

    No mail is sent. Without a password a random one is made; it is returned this once.
    """
    password = password or new_password()
    body = {"email": email, "name": name, "role": role, **msgspec.to_builtins(grants)}
    view = site.offices.users.create(
        _actor(workspace), body, now(), id=user_id, identity=lambda address: site.identities.add(address, password)
    )
    return AddedUser(user=_found(site, workspace, User, view.document.id), password=password)


def add_connection(
    site: Site,
    workspace: str,
    provider: str,
    *,
    connection_id: str = "",
    name: str = "",
    secret: str = "",
    **fields: Any,
) -> AddedConnection:
    """Join a provider account; `fields` are zone, country, options and capabilities of `Connection`.

    `secret` is the provider's own secret, exactly as the provider shows it; without one a new
    secret of 256 bit is made, to be entered at the sender. The stored secret is that text: its
    adapter knows how to read it.
    """
    body = {"provider": provider, "name": name, **msgspec.to_builtins(fields)}
    body |= {"id": connection_id} if connection_id else {}
    body |= {"secret": secret} if secret else {}
    shown = site.offices.connections.create(_actor(workspace), body, now()).document
    return AddedConnection(
        connection=_found(site, workspace, Connection, shown.id),
        webhook_url=shown.webhook_url,
        secret=secret or shown.secret,
    )


def rotate_connection(site: Site, workspace: str, connection_id: str, secret: str = "") -> str:
    """Add a new secret beside the newest one, so that deliveries signed by either are accepted; return it."""
    body = {"secret": secret} if secret else {}
    shown = site.offices.connections.rotate(_actor(workspace), connection_id, body, now()).document
    return secret or shown.secret


def retire_secrets(site: Site, workspace: str, connection_id: str) -> int:
    """Accept only the newest secret from now on; returns how many were live before."""
    live = _found(site, workspace, Connection, connection_id).secrets
    for old in live[1:]:
        site.offices.connections.remove_secret(_actor(workspace), connection_id, old.id, now())
    return len(live)


def change_user(site: Site, workspace: str, user_id: str, **changes: Any) -> User:
    """Give a user other fields (role, abilities, teams, manages, numbers, ...); it counts at the next request."""
    site.offices.users.change(_actor(workspace), user_id, msgspec.to_builtins(changes), ANY, now())
    return _found(site, workspace, User, user_id)


def remove_user(site: Site, workspace: str, user_id: str) -> User:
    """Mark a user deleted: no access from now on, while the calls keep the name (D72)."""
    site.offices.users.delete(_actor(workspace), user_id, now())
    return _found(site, workspace, User, user_id)


def import_directory(site: Site, document: Mapping[str, Any]) -> list[str]:
    """Write a whole directory: `{"workspace": {...}, "teams": [], "numbers": [], "connections": [], "users": []}`.

    Objects have the fields of the API's bodies and their ids; users may have a `password`, connections
    a `secret`. What exists under the same id is changed, except that a workspace keeps its party
    key and a connection its token and secrets. Returns one line per object, with the webhook URL
    and secret of each new connection.
    """
    said = [_import_workspace(site, document["workspace"])]
    workspace = str(document["workspace"]["id"])
    for kind, one in (
        ("teams", _import_team),
        ("numbers", _import_number),
        ("connections", _import_connection),
        ("users", _import_user),
    ):
        said.extend(one(site, workspace, dict(entry)) for entry in document.get(kind, ()))
    return said


def new_password() -> str:
    """A random password of every character class that a pool may demand."""
    return f"{secrets.token_urlsafe(18)}-Aa1"


def now() -> datetime:
    return datetime.now(UTC)


def _import_workspace(site: Site, entry: Mapping[str, Any]) -> str:
    workspace = str(entry["id"])
    fields = {name: value for name, value in entry.items() if name not in ("id", "name")}
    if site.directory.find(workspace, Workspace) is None:
        create_workspace(site, workspace, entry["name"], **fields)
    else:
        site.offices.settings.change(_actor(workspace), {"name": entry["name"], **fields}, ANY, now())
    return f"workspace {workspace}"


def _import_team(site: Site, workspace: str, entry: dict[str, Any]) -> str:
    team_id = entry.pop("id")
    if site.directory.find(workspace, Team, team_id) is None:
        add_team(site, workspace, team_id=team_id, **entry)
    else:
        site.offices.teams.change(_actor(workspace), team_id, entry, ANY, now())
    return f"team {team_id}"


def _import_number(site: Site, workspace: str, entry: dict[str, Any]) -> str:
    number_id = entry.pop("id")
    if site.directory.find(workspace, Number, number_id) is None:
        add_number(site, workspace, number_id=number_id, **entry)
    else:
        site.offices.numbers.change(_actor(workspace), number_id, entry, ANY, now())
    return f"number {number_id}"


def _import_connection(site: Site, workspace: str, entry: dict[str, Any]) -> str:
    connection_id, secret, provider = entry.pop("id"), entry.pop("secret", ""), entry.pop("provider")
    if site.directory.find(workspace, Connection, connection_id) is None:
        made = add_connection(site, workspace, provider, connection_id=connection_id, secret=secret, **entry)
        return f"connection {connection_id} {made.webhook_url} secret {made.secret}"
    site.offices.connections.change(_actor(workspace), connection_id, entry, ANY, now())
    return f"connection {connection_id}"


def _import_user(site: Site, workspace: str, entry: dict[str, Any]) -> str:
    user_id, password = entry.pop("id"), entry.pop("password", "")
    if site.directory.find(workspace, User, user_id) is None:
        added = add_user(site, workspace, user_id=user_id, password=password, **entry)
        return f"user {user_id}" + ("" if password else f" password {added.password}")
    if password:
        site.identities.add(entry["email"], password)
    change_user(site, workspace, user_id, **entry)
    return f"user {user_id}"


app = typer.Typer(
    no_args_is_help=True, help="Directory of an installation.", pretty_exceptions_enable=False, add_completion=False
)
workspace_app = typer.Typer(no_args_is_help=True, help="Tenants.")
user_app = typer.Typer(no_args_is_help=True, help="People who sign in.")
connection_app = typer.Typer(no_args_is_help=True, help="Provider accounts and their webhook addresses.")
number_app = typer.Typer(no_args_is_help=True, help="Business numbers.")
team_app = typer.Typer(no_args_is_help=True, help="Teams.")
for _name, _part in {
    "workspace": workspace_app,
    "user": user_app,
    "connection": connection_app,
    "number": number_app,
    "team": team_app,
}.items():
    app.add_typer(_part, name=_name)

WorkspaceArgument = Annotated[str, typer.Argument(help="id of the workspace")]


@app.callback()
def _main(
    context: typer.Context,
    stack: Annotated[str, typer.Option(envvar="RINGLAKE_STACK", help="CloudFormation stack")] = "ringlake-local",
) -> None:
    context.obj = stack


def _site(context: typer.Context) -> Site:
    return open_site(str(context.obj))


@workspace_app.command("create")
def _workspace_create(
    context: typer.Context,
    workspace: WorkspaceArgument,
    name: Annotated[str, typer.Option()],
    zone: Annotated[str, typer.Option(help="IANA name, for example Europe/Warsaw")] = "UTC",
    country: str = "US",
    currency: str = "USD",
    language: Annotated[str, typer.Option(help="of mails and files: en, es, ru or pl")] = "en",
    plan: str = "business",
) -> None:
    """Make a tenant with its own party key."""
    settings = {"zone": zone, "country": country, "currency": currency, "language": language, "plan": plan}
    create_workspace(_site(context), workspace, name, **settings)
    typer.echo(f"workspace {workspace}")


@workspace_app.command("show")
def _workspace_show(context: typer.Context, workspace: WorkspaceArgument) -> None:
    """Print everything of a workspace except secrets."""
    directory = _site(context).directory.load(workspace)
    shown = msgspec.to_builtins(directory)
    shown.pop("party_key_secret", None)
    shown["workspace"].pop("party_secret", None)
    for connection in shown.get("connections", ()):
        connection["secrets"] = [s["id"] for s in connection.get("secrets", ())]
    typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))


@user_app.command("add")
def _user_add(
    context: typer.Context,
    workspace: WorkspaceArgument,
    email: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    role: Role = Role.MEMBER,
    ability: Annotated[list[str] | None, typer.Option()] = None,
    team: Annotated[list[str] | None, typer.Option()] = None,
    manages: Annotated[list[str] | None, typer.Option()] = None,
    number: Annotated[list[str] | None, typer.Option(help="id of a number")] = None,
    account: Annotated[list[str] | None, typer.Option(help="<connection>:<provider's id of the person>")] = None,
    password: Annotated[str, typer.Option(envvar="RINGLAKE_PASSWORD", help="random when left out")] = "",
) -> None:
    """Make a sign-in identity and its user."""
    accounts = [Account(connection=c, id=i) for c, _, i in (a.partition(":") for a in account or ())]
    added = add_user(
        _site(context),
        workspace,
        email,
        name,
        role=role,
        password=password,
        abilities=ability or [],
        teams=team or [],
        manages=manages or [],
        numbers=number or [],
        accounts=accounts,
    )
    typer.echo(f"user {added.user.id}" + ("" if password else f"\npassword (shown once) {added.password}"))


@user_app.command("change")
def _user_change(
    context: typer.Context,
    workspace: WorkspaceArgument,
    user: str,
    role: Annotated[Role | None, typer.Option()] = None,
    ability: Annotated[list[str] | None, typer.Option(help="all that the user shall have; empty text for none")] = None,
    team: Annotated[list[str] | None, typer.Option()] = None,
    manages: Annotated[list[str] | None, typer.Option()] = None,
    number: Annotated[list[str] | None, typer.Option(help="id of a number")] = None,
) -> None:
    """Change role and grants; a list that is given replaces the old one."""
    lists = {"abilities": ability, "teams": team, "manages": manages, "numbers": number}
    changes: dict[str, Any] = {name: [v for v in given if v] for name, given in lists.items() if given}
    changed = change_user(_site(context), workspace, user, **(changes | ({"role": role} if role else {})))
    typer.echo(f"user {changed.id} {changed.role.value}")


@user_app.command("remove")
def _user_remove(context: typer.Context, workspace: WorkspaceArgument, user: str) -> None:
    """Mark a user deleted: no access any more, the calls keep the name."""
    remove_user(_site(context), workspace, user)
    typer.echo(f"user {user} removed")


@connection_app.command("add")
def _connection_add(
    context: typer.Context,
    workspace: WorkspaceArgument,
    provider: str,
    name: str = "",
    id: str = "",
    secret: Annotated[str, typer.Option(envvar="RINGLAKE_SECRET", help="the provider's; random when left out")] = "",
    zone: Annotated[str, typer.Option(help="of the provider's times; the workspace's when left out")] = "",
    country: Annotated[str, typer.Option(help="of national numbers; the workspace's when left out")] = "",
    option: Annotated[list[str] | None, typer.Option(help="<name>=<value> of the provider's field map")] = None,
    capability: Annotated[list[str] | None, typer.Option(help="dnd: its do-not-disturb counts (features R35)")] = None,
) -> None:
    """Join a provider account and print its webhook address, once."""
    fields = {name: value for name, value in (("zone", zone), ("country", country)) if value}
    options = {key: value for key, _, value in (o.partition("=") for o in option or ())}
    made = add_connection(
        _site(context),
        workspace,
        provider,
        connection_id=id,
        name=name,
        secret=secret,
        options=options,
        capabilities=capability or [],
        **fields,
    )
    typer.echo(f"connection {made.connection.id}")
    if made.webhook_url:
        typer.echo(f"webhook URL (shown once) {made.webhook_url}")
    if made.secret and not secret:
        typer.echo(f"signing secret (shown once) {made.secret}")


@connection_app.command("rotate")
def _connection_rotate(
    context: typer.Context,
    workspace: WorkspaceArgument,
    connection: str,
    secret: Annotated[str, typer.Option(envvar="RINGLAKE_SECRET", help="the provider's; random when left out")] = "",
) -> None:
    """Add a new secret; the one before it stays valid until it is retired or the next rotation."""
    made = rotate_connection(_site(context), workspace, connection, secret)
    typer.echo("rotated" if secret else f"signing secret (shown once) {made}")


@connection_app.command("retire")
def _connection_retire(context: typer.Context, workspace: WorkspaceArgument, connection: str) -> None:
    """Accept only the newest secret from now on."""
    typer.echo(f"{retire_secrets(_site(context), workspace, connection)} secrets were live, now 1")


@number_app.command("add")
def _number_add(
    context: typer.Context,
    workspace: WorkspaceArgument,
    e164: str,
    name: str = "",
    country: str = "",
    team: str = "",
    source: str = "",
    provider_id: Annotated[list[str] | None, typer.Option(help="the provider's own id of the number")] = None,
) -> None:
    """Add a business number."""
    number = add_number(
        _site(context),
        workspace,
        e164,
        name=name,
        country=country,
        team=team,
        source=source,
        provider_ids=provider_id or (),
    )
    typer.echo(f"number {number.id}")


@team_app.command("add")
def _team_add(
    context: typer.Context,
    workspace: WorkspaceArgument,
    name: Annotated[str, typer.Option()],
    kind: str = "call_center",
) -> None:
    """Add a team."""
    typer.echo(f"team {add_team(_site(context), workspace, name, kind=kind).id}")


@app.command("import")
def _import(context: typer.Context, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Write the directory that a JSON file describes; running it again changes nothing."""
    for line in import_directory(_site(context), json.loads(file.read_text(encoding="utf-8"))):
        typer.echo(line)


def main() -> None:
    """Run the command line; an error of ours is one line without a trace."""
    try:
        app()
    except RinglakeError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
