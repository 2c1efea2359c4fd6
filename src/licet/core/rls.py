"""Row-level security: PostgreSQL itself hides what belongs to another organisation.

The application connects as a role that owns nothing. Each transaction states who acts (``set_config(..., true)``, so it
ends with the transaction); policies built from :func:`protect` compare a row's organisation with that statement. A
forgotten filter, or a transaction that stated nothing, sees no rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import connection, transaction
from django.db.migrations import RunSQL

from licet.core.actors import Actor, Scope

# Reads of one transaction's statement. STABLE and wrapped in a scalar sub-select in the policies, so that PostgreSQL
# evaluates them once per query and not once per row.
FUNCTIONS_SQL = """
CREATE FUNCTION licet_scope() RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT coalesce(nullif(current_setting('licet.scope', true), ''), 'nobody') $$;
CREATE FUNCTION licet_user() RETURNS bigint LANGUAGE sql STABLE AS
  $$ SELECT nullif(current_setting('licet.user', true), '')::bigint $$;
CREATE FUNCTION licet_organisations() RETURNS text[] LANGUAGE sql STABLE AS
  $$ SELECT coalesce(string_to_array(nullif(current_setting('licet.organisations', true), ''), E'\\x1f'), '{}') $$;
CREATE FUNCTION licet_regions() RETURNS text[] LANGUAGE sql STABLE AS
  $$ SELECT coalesce(string_to_array(nullif(current_setting('licet.regions', true), ''), E'\\x1f'), '{}') $$;
"""
DROP_FUNCTIONS_SQL = """
DROP FUNCTION licet_regions(); DROP FUNCTION licet_organisations(); DROP FUNCTION licet_user();
DROP FUNCTION licet_scope();
"""

SEES_ALL = "(SELECT licet_scope()) IN ('system', 'national')"
SIGNED_IN = "(SELECT licet_scope()) <> 'nobody'"


def belongs_to(column: str) -> str:
    """SQL condition: the actor's scope covers the organisation named in ``column`` (a party_id)."""
    return (
        f"({SEES_ALL} OR {column} = ANY ((SELECT licet_organisations())::text[])"
        f" OR ((SELECT licet_scope()) = 'regional' AND {column} IN"
        " (SELECT p.party_id FROM parties_party p WHERE p.until IS NULL"
        " AND p.region = ANY ((SELECT licet_regions())::text[]))))"
    )


def protect(table: str, *, read: str, write: str) -> RunSQL:
    """Migration operation: force row-level security on ``table``.

    ``read`` and ``write`` are SQL conditions over the row, usually :func:`belongs_to`, ``SEES_ALL`` or ``SIGNED_IN``.
    """
    forward = f"""
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read});
    CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({write});
    CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({write}) WITH CHECK ({write});
    CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({write});
    """
    backward = "".join(f"DROP POLICY {table}_{verb} ON {table};" for verb in ("read", "insert", "update", "delete"))
    return RunSQL(forward, backward + f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;")


def state_actor(actor: Actor) -> None:
    """State who acts for the rest of the open transaction. Raises ``RuntimeError`` outside a transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("state_actor needs an open transaction; use acting_as")
    if any("\x1f" in name for name in (*actor.organisations, *actor.regions)):  # it separates the names below
        raise ValueError("an organisation's id holds a control character")
    with connection.cursor() as cursor:
        # Policies make planning dear and hardly change a plan, so prepared statements and triggers keep theirs.
        cursor.execute(
            "SELECT set_config('licet.scope', %s, true), set_config('licet.user', %s, true),"
            " set_config('licet.organisations', %s, true), set_config('licet.regions', %s, true),"
            " set_config('plan_cache_mode', 'force_generic_plan', true)",
            [actor.scope.value, "" if actor.user_id is None else str(actor.user_id),
             "\x1f".join(actor.organisations), "\x1f".join(actor.regions)],
        )


def stated_scope() -> Scope:
    """The scope PostgreSQL applies now (``NOBODY`` when nothing was stated)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT licet_scope()")
        row = cursor.fetchone()
    return Scope(row[0])


@contextlib.contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Run a block in one transaction as ``actor``. Nested use restores the outer actor at the end of the block."""
    is_outermost = not connection.in_atomic_block  # the statement ends with the transaction by itself
    with transaction.atomic():
        before = [] if is_outermost else _stated()
        state_actor(actor)
        yield actor
        if not is_outermost:
            _restate(before)


def _stated() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('licet.' || name, true), '')"
            " FROM unnest(ARRAY['scope', 'user', 'organisations', 'regions']) WITH ORDINALITY AS t(name, i) ORDER BY i"
        )
        return [row[0] for row in cursor.fetchall()]


def _restate(values: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('licet.scope', %s, true), set_config('licet.user', %s, true),"
            " set_config('licet.organisations', %s, true), set_config('licet.regions', %s, true)", values,
        )
