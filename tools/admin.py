"""Command line of an installation's directory: workspaces, users, connections, numbers, teams.

    python -m tools.admin --stack ringlake-local workspace create acme --name Acme --zone Europe/Warsaw

Works on AWS and on the local stack alike: the endpoint comes from `AWS_ENDPOINT_URL`, table,
key and user pool from the outputs of the CloudFormation stack. The same functions can be
called from Python with a `Site` of in-memory stores.

Ids of users, numbers and teams are random unless given, because ids become keys and no key
holds a name, an address or a phone number.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Protocol
from zoneinfo import ZoneInfo

import msgspec
import typer

from ringlake.errors import Conflict, InvalidRequest, NotFound, RinglakeError
from ringlake.flows.directory.connections import own_address
from ringlake.flows.ingest import secret_context
from ringlake.model.directory import Account, Connection, Number, Role, Secret, Team, User, Workspace
from ringlake.providers import names as provider_names
from ringlake.stores.clients import client, translated
from ringlake.stores.directory import AuditLine, DirectoryStore, DynamoDirectory, party_key_context, token_digest
from ringlake.stores.vault import Vault
from tools.installation import installation

# Ids stand in keys that are taken apart at `#`, in S3 paths and in Glue partition values.
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
# A provider's new secret and the one before it: senders switch over a while (security.md 6).
LIVE_SECRETS = 2
ACTOR = "tools.admin"


class Identities(Protocol):
    """Who can sign in."""

    def add(self, email: str, password: str) -> str:
        """Create the identity or find it, set its password when given, return its `sub`."""
        ...


class Cognito:
    """Identities in a Cognito user pool, made through the admin API (the pool has no self sign-up)."""

    def __init__(self, pool: str) -> None:
        self._pool = pool

    def add(self, email: str, password: str) -> str:
        cognito = client("cognito-idp")
        with translated():
            try:
                attributes = cognito.admin_create_user(
                    UserPoolId=self._pool,
                    Username=email,
                    UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
                    MessageAction="SUPPRESS",
                )["User"]["Attributes"]
            except cognito.exceptions.UsernameExistsException:
                attributes = cognito.admin_get_user(UserPoolId=self._pool, Username=email)["UserAttributes"]
            if password:
                cognito.admin_set_user_password(
                    UserPoolId=self._pool, Username=email, Password=password, Permanent=True
                )
        return str(next(a["Value"] for a in attributes if a["Name"] == "sub"))


@dataclass
class MemoryIdentities:
    """The twin."""

    passwords: dict[str, str] = field(default_factory=dict)

    def add(self, email: str, password: str) -> str:
        self.passwords[email] = password or self.passwords.get(email, "")
        return f"sub-{list(self.passwords).index(email) + 1}"


@dataclass(frozen=True)
class Site:
    """One installation."""

    directory: DirectoryStore
    vault: Vault
    identities: Identities
    public_url: str


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
    from ringlake.stores.vault import KmsVault

    found = installation(stack)
    outputs = found.outputs
    vault = KmsVault(outputs["KeyId"])
    return Site(
        directory=DynamoDirectory(outputs["DirectoryTable"], vault),
        vault=vault,
        identities=Cognito(outputs["UserPoolId"]),
        public_url=(found.parameters.get("PublicUrl") or outputs["ApiUrl"]).rstrip("/"),
    )


def create_workspace(site: Site, workspace_id: str, name: str, **settings: Any) -> Workspace:
    """A new tenant with its own party key; `settings` are further fields of `Workspace`."""
    _check_id("workspace", workspace_id)
    try:
        site.directory.settings(workspace_id)
    except NotFound:
        pass
    else:
        raise Conflict(f"workspace {workspace_id} exists")
    key = site.vault.encrypt(secrets.token_bytes(32), party_key_context(workspace_id))
    workspace = _convert({"id": workspace_id, "name": name, **settings}, Workspace)
    workspace = msgspec.structs.replace(workspace, party_secret=key)
    _check_zone(workspace.zone)
    site.directory.put_workspace(workspace)
    _audit(site, workspace_id, "workspace.create", workspace_id, plan=workspace.plan, zone=workspace.zone)
    return workspace


def add_team(site: Site, workspace: str, name: str, *, team_id: str = "", kind: str = "call_center") -> Team:
    site.directory.settings(workspace)
    team = Team(id=_id("team", team_id), name=name, kind=kind)
    site.directory.put_team(workspace, team)
    _audit(site, workspace, "team.put", team.id)
    return team


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
    """A business number. Raises `InvalidRequest` unless it is E.164."""
    site.directory.settings(workspace)
    if not re.fullmatch(r"\+[1-9][0-9]{1,14}", e164):
        raise InvalidRequest("e164", "write the number as +, country code and digits")
    number = Number(
        id=_id("number", number_id),
        e164=e164,
        name=name,
        country=country,
        team=team,
        source=source,
        provider_ids=tuple(provider_ids),
    )
    site.directory.put_number(workspace, number)
    _audit(site, workspace, "number.put", number.id)
    return number


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

    Without a password a random one is made; it is returned this once.
    """
    site.directory.settings(workspace)
    password = password or new_password()
    user = _convert({"id": _id("user", user_id), "email": email, "name": name, "role": role, **grants}, User)
    user = msgspec.structs.replace(user, sub=site.identities.add(email, password))
    site.directory.put_user(workspace, user)
    _audit(site, workspace, "user.put", user.id, **_rights(user))
    return AddedUser(user=user, password=password)


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
    adapter knows how to read it. A provider without webhooks (Amazon Connect) has neither address nor secret.
    """
    settings = site.directory.settings(workspace)
    if provider not in provider_names():
        raise InvalidRequest("provider", f"known providers are {', '.join(provider_names())}")
    own = own_address(provider, fields.get("options") or {})
    secret = "" if own else secret or new_secret()
    token = own or secrets.token_urlsafe(32)
    connection = _convert(
        {
            "id": _id("connection", connection_id),
            "workspace": workspace,
            "provider": provider,
            "name": name,
            "zone": settings.zone,
            "country": settings.country,
            **fields,
        },
        Connection,
    )
    _check_zone(connection.zone)
    sealed = (_sealed(site, workspace, connection.id, secret),) if secret else ()
    connection = msgspec.structs.replace(connection, token_sha256=token_digest(token), secrets=sealed)
    site.directory.put_connection(connection)
    _audit(site, workspace, "connection.put", connection.id, provider=provider)
    url = "" if own else f"{site.public_url}/webhooks/{provider}/{token}"
    return AddedConnection(connection=connection, webhook_url=url, secret=secret)


def rotate_connection(site: Site, workspace: str, connection_id: str, secret: str = "") -> str:
    """Add a new secret beside the newest one, so that deliveries signed by either are accepted; return it."""
    connection = site.directory.load(workspace).connection(connection_id)
    if connection is None:
        raise NotFound(connection_id)
    secret = secret or new_secret()
    live = (_sealed(site, workspace, connection_id, secret), *connection.secrets)[:LIVE_SECRETS]
    site.directory.put_connection(msgspec.structs.replace(connection, secrets=live))
    _audit(site, workspace, "connection.rotate", connection_id)
    return secret


def retire_secrets(site: Site, workspace: str, connection_id: str) -> int:
    """Accept only the newest secret from now on; returns how many were live before."""
    connection = site.directory.load(workspace).connection(connection_id)
    if connection is None:
        raise NotFound(connection_id)
    site.directory.put_connection(msgspec.structs.replace(connection, secrets=connection.secrets[:1]))
    _audit(site, workspace, "connection.retire", connection_id)
    return len(connection.secrets)


def change_user(site: Site, workspace: str, user_id: str, **changes: Any) -> User:
    """Give a user other fields (role, abilities, teams, manages, numbers, ...); it counts at the next request."""
    user = next((u for u in site.directory.load(workspace).users if u.id == user_id), None)
    if user is None:
        raise NotFound(user_id)
    kept = {name: getattr(user, name) for name in user.__struct_fields__}
    changed = _convert({**kept, **changes}, User)
    site.directory.put_user(workspace, changed)
    _audit(site, workspace, "user.put", user_id, **_rights(changed))
    return changed


def remove_user(site: Site, workspace: str, user_id: str, now: datetime) -> User:
    """Mark a user deleted: no access from now on, while the calls keep the name (D72)."""
    return change_user(site, workspace, user_id, deleted_at=now)


def import_directory(site: Site, document: Mapping[str, Any]) -> list[str]:
    """Write a whole directory: `{"workspace": {...}, "teams": [], "numbers": [], "users": [], "connections": []}`.

    Objects have the fields of the model and their ids; users may have a `password`, connections a
    `secret`. What exists under the same id is replaced, except that a workspace keeps its party
    key and a connection its token and secrets. Returns one line per object, with the webhook URL
    and secret of each new connection.
    """
    said = [_import_workspace(site, document["workspace"])]
    workspace = str(document["workspace"]["id"])
    for team in document.get("teams", ()):
        added_team = add_team(site, workspace, **_renamed(team, "team_id"))
        said.append(f"team {added_team.id}")
    numbers = [add_number(site, workspace, **_renamed(number, "number_id")) for number in document.get("numbers", ())]
    said.extend(f"number {number.id}" for number in numbers)
    existing = site.directory.load(workspace)
    users = {user.id: user for user in existing.users}
    said.extend(_import_user(site, workspace, entry, users.get(entry["id"])) for entry in document.get("users", ()))
    connections = {connection.id: connection for connection in existing.connections}
    said.extend(
        _import_connection(site, workspace, entry, connections.get(entry["id"]))
        for entry in document.get("connections", ())
    )
    return said


def new_secret() -> str:
    """256 random bits in the form that Standard Webhooks senders take."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def new_password() -> str:
    """A random password of every character class that a pool may demand."""
    return f"{secrets.token_urlsafe(18)}-Aa1"


def _import_workspace(site: Site, entry: Mapping[str, Any]) -> str:
    fields = {k: v for k, v in entry.items() if k not in ("id", "name")}
    try:
        kept = site.directory.settings(entry["id"])
    except NotFound:
        create_workspace(site, entry["id"], entry["name"], **fields)
    else:
        fresh = _convert(dict(entry), Workspace)
        _check_zone(fresh.zone)
        site.directory.put_workspace(msgspec.structs.replace(fresh, party_secret=kept.party_secret))
        _audit(site, fresh.id, "workspace.put", fresh.id)
    return f"workspace {entry['id']}"


def _import_user(site: Site, workspace: str, entry: Mapping[str, Any], kept: User | None) -> str:
    if kept is None or entry.get("password"):
        added = add_user(site, workspace, **_renamed(entry, "user_id"))
        return f"user {added.user.id}" + ("" if entry.get("password") else f" password {added.password}")
    fresh = _convert({name: value for name, value in entry.items() if name != "password"}, User)
    site.directory.put_user(workspace, msgspec.structs.replace(fresh, sub=kept.sub))
    _audit(site, workspace, "user.put", fresh.id, **_rights(fresh))
    return f"user {fresh.id}"


def _import_connection(site: Site, workspace: str, entry: Mapping[str, Any], kept: Connection | None) -> str:
    if kept is None:
        made = add_connection(site, workspace, **_renamed(entry, "connection_id"))
        return f"connection {made.connection.id} {made.webhook_url} secret {made.secret}"
    fields = {name: value for name, value in entry.items() if name != "secret"}
    fresh = _convert({"zone": kept.zone, "country": kept.country, **fields, "workspace": workspace}, Connection)
    _check_zone(fresh.zone)
    own = own_address(fresh.provider, fresh.options)
    digest = token_digest(own) if own else kept.token_sha256
    site.directory.put_connection(msgspec.structs.replace(fresh, token_sha256=digest, secrets=kept.secrets))
    _audit(site, workspace, "connection.put", fresh.id, provider=fresh.provider)
    return f"connection {fresh.id}"


def _rights(user: User) -> dict[str, object]:
    """What W18 wants on record."""
    return {
        "role": user.role.value,
        "abilities": [ability.value for ability in user.abilities],
        "teams": list(user.teams),
        "manages": list(user.manages),
        "numbers": list(user.numbers),
        "deleted": user.deleted_at is not None,
    }


def _renamed(entry: Mapping[str, Any], id_name: str) -> dict[str, Any]:
    return {id_name if name == "id" else name: value for name, value in entry.items()}


def _convert[T](fields: dict[str, Any], kind: type[T]) -> T:
    """Build a model object from plain values; an unknown or wrong field is named."""
    allowed = {f.name for f in msgspec.structs.fields(kind)}  # type: ignore[arg-type]
    for name in fields:
        if name not in allowed:
            raise InvalidRequest(name, f"{kind.__name__} has no such field")
    try:
        return msgspec.convert(msgspec.to_builtins(fields), kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(kind.__name__, str(error)) from None


def _sealed(site: Site, workspace: str, connection: str, secret: str) -> Secret:
    ciphertext = site.vault.encrypt(secret.encode(), secret_context(workspace, connection))
    return Secret(id=secrets.token_hex(4), ciphertext=ciphertext)


def _id(kind: str, given: str) -> str:
    return _check_id(kind, given) if given else f"{kind[0]}-{secrets.token_hex(6)}"


def _check_id(kind: str, given: str) -> str:
    if not _ID.fullmatch(given):
        raise InvalidRequest(kind, "ids are lower-case letters, digits, - and _, at most 63 characters")
    return given


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise InvalidRequest("zone", f"{zone!r} is no IANA time zone") from None


def _audit(site: Site, workspace: str, action: str, target: str, **detail: object) -> None:
    site.directory.audit(
        AuditLine(workspace=workspace, at=datetime.now(UTC), user_id=ACTOR, action=action, target=target, detail=detail)
    )


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
    plan: str = "business",
) -> None:
    """Make a tenant with its own party key."""
    create_workspace(_site(context), workspace, name, zone=zone, country=country, currency=currency, plan=plan)
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
    remove_user(_site(context), workspace, user, datetime.now(UTC))
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
