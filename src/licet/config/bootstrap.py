"""From an empty directory to a database ready for use: server, roles, database, migrations, first administrator.

Idempotent; every start runs it. A start with nothing to do costs one connection and one query (``current``).
"""

from __future__ import annotations

import atexit
import dataclasses
import os
import sys
from typing import Any

import psycopg
from psycopg import sql

from licet.config.current import look
from licet.config.databases import APP_ROLE, DATABASE, OWNER_ROLE
from licet.config.embedded import SUPERUSER, EmbeddedServer
from licet.config.terms import write_terms
from licet.core.errors import Unavailable

# What the application role may not do, on top of owning nothing. Triggers repeat it for every other role.
TAKEN_BACK = {
    "django_migrations": "INSERT, UPDATE, DELETE, TRUNCATE",
    "casework_term": "INSERT, UPDATE, DELETE, TRUNCATE",
    "grounds_ground": "INSERT, UPDATE, DELETE, TRUNCATE",
    "journal_entry": "UPDATE, DELETE, TRUNCATE",
    "journal_checkpoint": "UPDATE, DELETE, TRUNCATE",
    "journal_head": "INSERT, UPDATE, DELETE, TRUNCATE",
}
OWNER_HINT = ("it must own the database and have CREATEROLE (or create the application role yourself and set "
              "LICET_APP_DATABASE_URL)")
MINIMUM_VERSION = 150000  # PostgreSQL 15: UNIQUE NULLS NOT DISTINCT, security_invoker views, MERGE


@dataclasses.dataclass(frozen=True)
class Ready:
    """What a start found or made. ``administrator`` is (user name, password) only when it was created just now."""

    administrator: tuple[str, str] | None


def embedded_server() -> EmbeddedServer | None:
    """The embedded server of this installation, or ``None`` when ``DATABASE_URL`` names another."""
    from licet.config import settings

    if settings.ENV["DATABASE_URL"]:
        return None
    return EmbeddedServer(settings.LICET_HOME, settings.SECRETS["admin_password"])


_held: list[EmbeddedServer] = []


def held_server() -> EmbeddedServer | None:
    """The embedded server this process holds since :func:`connect_database`."""
    return _held[0] if _held else None


def hold_server() -> None:
    """Make sure the database server runs until this process ends. Needs no Django."""
    server = embedded_server()
    if server is not None and not _held:
        server.hold()
        _held[:] = [server]
        atexit.register(leave, server)
        _create_embedded(server)


def connect_database() -> None:
    """Start Django and make sure the database runs until this process ends. For commands that need the database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "licet.config.settings")
    hold_server()
    django.setup()
    prepare_schema()


def leave(server: EmbeddedServer | None) -> None:
    """Close this process's connections and let go of the embedded server; the last one to leave stops it."""
    if "django.db" in sys.modules:  # `licet run` itself needs no Django when there is nothing to prepare
        from django.db import connections

        connections.close_all()
    if server is not None:
        server.release()
        _held[:] = [held for held in _held if held is not server]


def _create_embedded(server: EmbeddedServer) -> None:
    """Roles and database of the embedded cluster."""
    from licet.config import settings

    marker = server.home / "run" / "created"
    if marker.exists():
        return
    with psycopg.connect(host=str(server.sockets), user=SUPERUSER, password=server.password, dbname="postgres",
                         autocommit=True) as connection:
        ensure_role(connection, OWNER_ROLE, settings.SECRETS["owner_password"], "CREATEROLE")
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not found:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)))
        ensure_role(connection, APP_ROLE, settings.SECRETS["app_password"], "")
    marker.touch()


def ensure_role(connection: psycopg.Connection[Any], name: str, password: str, attributes: str) -> None:
    """Create a login role or set its password. Never a superuser, never one that bypasses row-level security.

    Raises :class:`Unavailable` when a role of that name exists and is too strong. (Only a superuser may even mention
    these attributes in ``ALTER ROLE``, so an existing role is checked and not changed.)
    """
    known = connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    if known and known[0]:
        raise Unavailable(f"the role {name} is a superuser or bypasses row-level security",
                          hint=f"ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS")
    verb = "ALTER ROLE {} LOGIN {} PASSWORD {}"
    if not known:
        verb = "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS {} PASSWORD {}"
    connection.execute(sql.SQL(verb).format(sql.Identifier(name), sql.SQL(attributes), sql.Literal(password)))


def prepare_schema() -> None:
    """Bring the schema up to date as the owner and let the application role use it.

    Raises :class:`Unavailable` when the server cannot be reached, is too old, or the role lacks a right.
    """
    if look().schema:
        return
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor
    from django.db.utils import OperationalError, ProgrammingError

    owner = connections["owner"]
    try:
        owner.ensure_connection()
    except OperationalError as error:
        raise Unavailable(f"the database cannot be reached: {error}", hint="check DATABASE_URL") from error
    version = owner.connection.info.server_version
    if version < MINIMUM_VERSION:
        raise Unavailable(f"PostgreSQL {version // 10000} is too old", hint="use PostgreSQL 16 or newer (15 works too)")
    try:
        executor = MigrationExecutor(owner)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            migrate_as_owner()
        else:  # a start that was killed between the migrations and the grants, or another profile
            with owner.cursor() as cursor:
                grant_application_role(cursor)
                write_terms(cursor)
    except (psycopg.errors.InsufficientPrivilege, ProgrammingError) as error:
        if not isinstance(error.__cause__ or error, psycopg.errors.InsufficientPrivilege):
            raise
        raise Unavailable(f"the role of DATABASE_URL lacks a right: {str(error).strip()}", hint=OWNER_HINT) from error
    owner.close()
    _check_application_role()


def _check_application_role() -> None:
    from django.conf import settings
    from django.db import connection
    from django.db.utils import OperationalError

    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise Unavailable(f"the application role cannot sign in: {str(error).strip()}", hint=(
            "copy secrets.json from the LICET_HOME that made this database, or set LICET_APP_DATABASE_URL")) from error
    if settings.ENV["DATABASE_URL"]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            if cursor.fetchone()[0]:
                raise Unavailable("the application role is a superuser or bypasses row-level security",
                                  hint="give LICET_APP_DATABASE_URL a role that is neither")


def migrate_as_owner(alias: str = "owner") -> None:
    """Run all migrations with the owner role, under a lock, then grant the application role what it needs."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    owner = connections[alias]
    with owner.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('licet:migrate'))")
        if settings.ENV["DATABASE_URL"] and not settings.ENV["LICET_APP_DATABASE_URL"]:
            _ensure_application_role(owner.connection, settings.SECRETS["app_password"])
        grant_application_role(cursor)
        call_command("migrate", database=alias, interactive=False, verbosity=0)
        grant_application_role(cursor)
        write_terms(cursor)
        cursor.execute("SELECT pg_advisory_unlock(hashtext('licet:migrate'))")


def _ensure_application_role(owner: psycopg.Connection[Any], password: str) -> None:
    """Create the application role on somebody's server, and never change the password of one that works already.

    The role belongs to the whole server: another Licet database there may use it with another password.
    """
    if owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone() is None:
        ensure_role(owner, APP_ROLE, password, "")


def grant_application_role(cursor: Any) -> None:
    """Rows yes, structure no: the application role may read and write rows, and own nothing.

    Tables that are append-only or closed take rights back (``TAKEN_BACK``), and again by trigger in their migrations.
    """
    from django.conf import settings
    from django.db import transaction

    role = '"{}"'.format(settings.DATABASES["default"]["USER"].replace('"', '""'))
    with transaction.atomic(using=cursor.db.alias):  # or a killed start leaves granted what is taken back below
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
        for table, rights in TAKEN_BACK.items():
            cursor.execute("SELECT to_regclass(%s)", [table])
            if cursor.fetchone()[0]:
                cursor.execute(f"REVOKE {rights} ON {table} FROM {role}")


def ensure_administrator() -> tuple[str, str] | None:
    """On an empty installation: the national authority of the profile and its first administrator.

    Returns the user name and the password to print once, or ``None`` when somebody exists already.
    """
    import secrets as randomness

    from django.contrib.auth import get_user_model

    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.parties.services import add_person, found_authority

    with acting_as(WORKER):
        if get_user_model().objects.exists():
            return None
        found_authority(by=WORKER)
        password = randomness.token_urlsafe(12)
        add_person("admin", password=password, party_id="authority", roles=("administrator", "officer"), by=WORKER)
    return "admin", password
