"""From an empty directory to a database ready for use: server, roles, database, migrations, first administrator.

Idempotent; every start runs it. A start with nothing to do costs one connection and one query.
"""

from __future__ import annotations

import atexit
import dataclasses
import os
from typing import Any

import psycopg
from psycopg import sql

from licet.config.databases import APP_ROLE, DATABASE, OWNER_ROLE
from licet.config.embedded import SUPERUSER, EmbeddedServer
from licet.core.errors import Unavailable

MINIMUM_VERSION = 150000  # PostgreSQL 15: UNIQUE NULLS NOT DISTINCT, security_invoker views, MERGE


@dataclasses.dataclass(frozen=True)
class Ready:
    """What a start found or made. ``administrator`` is (user name, password) only when it was created just now."""

    administrator: tuple[str, str] | None


def embedded_server() -> EmbeddedServer | None:
    """The embedded server of this installation, or ``None`` when ``DATABASE_URL`` names another."""
    from django.conf import settings

    if settings.ENV["DATABASE_URL"]:
        return None
    return EmbeddedServer(settings.LICET_HOME, settings.SECRETS["admin_password"])


def connect_database() -> None:
    """Start Django and make sure the database runs until this process ends. For commands that need the database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "licet.config.settings")
    django.setup()
    server = embedded_server()
    if server is not None:
        server.hold()
        atexit.register(_leave, server)
        _create_embedded(server)
    prepare_schema()


def _leave(server: EmbeddedServer) -> None:
    from django.db import connections

    connections.close_all()
    server.release()


def _create_embedded(server: EmbeddedServer) -> None:
    """Roles and database of the embedded cluster."""
    from django.conf import settings

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
    """Create a login role or set its password. Never a superuser, never one that bypasses row-level security."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = "ALTER" if known else "CREATE"
    connection.execute(sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS {} PASSWORD {}").format(
        sql.SQL(verb), sql.Identifier(name), sql.SQL(attributes), sql.Literal(password)))


def prepare_schema() -> None:
    """Bring the schema up to date as the owner and let the application role use it."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor
    from django.db.utils import OperationalError

    owner = connections["owner"]
    try:
        owner.ensure_connection()
    except OperationalError as error:
        raise Unavailable(f"the database cannot be reached: {error}", hint="check DATABASE_URL") from error
    version = owner.connection.info.server_version
    if version < MINIMUM_VERSION:
        raise Unavailable(f"PostgreSQL {version // 10000} is too old", hint="use PostgreSQL 15 or newer")
    executor = MigrationExecutor(owner)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        migrate_as_owner()
    owner.close()


def migrate_as_owner(alias: str = "owner") -> None:
    """Run all migrations with the owner role, under a lock, then grant the application role what it needs."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    owner = connections[alias]
    with owner.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('licet:migrate'))")
        if settings.ENV["DATABASE_URL"] and not settings.ENV["LICET_APP_DATABASE_URL"]:
            ensure_role(owner.connection, APP_ROLE, settings.SECRETS["app_password"], "")
        grant_application_role(cursor)
        call_command("migrate", database=alias, interactive=False, verbosity=0)
        grant_application_role(cursor)
        cursor.execute("SELECT pg_advisory_unlock(hashtext('licet:migrate'))")


def grant_application_role(cursor: Any) -> None:
    """Rows yes, structure no: the application role may read and write rows, and own nothing.

    Tables that are append-only or closed take their rights back in their own migrations by trigger.
    """
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}")
    cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    cursor.execute("SELECT to_regclass('journal_entry'), to_regclass('grounds_ground')")
    for table in cursor.fetchone():
        if table:
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP_ROLE}")
    cursor.execute("SELECT to_regclass('grounds_ground')")
    if cursor.fetchone()[0]:
        cursor.execute(f"REVOKE INSERT ON grounds_ground FROM {APP_ROLE}")


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
