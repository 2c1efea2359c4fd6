"""Every table that belongs to an organisation, tried with plain SQL as the wrong organisation and as nobody.

Tables are discovered in PostgreSQL's catalogue: a new one is tried without anybody remembering it. What is public to
everybody signed in stands in a list with its reason.
"""

import pytest
from django.db import connection, connections, transaction
from django.db.utils import DatabaseError
from psycopg.errors import InsufficientPrivilege

from licet.core.actors import NOBODY, Actor, Scope
from licet.core.rls import acting_as

ORGANISATION_COLUMNS = ("provider_id", "holder_id", "organisation", "organisation_id", "party_id", "owner_id", "desk_id")
STRANGER = Actor(name="user:999999", user_id=999_999, scope=Scope.ORGANISATION, organisations=("mudflat",))
OWNER = "harbour"

# What somebody else may do all the same, and why. A test fails when one of these is not needed any more.
EVERYBODY_READS = {
    "parties_party: read": "the directory of organisations; records of site owners stay hidden",
    "registers_licence: read": "licences are published by the authority; the gate needs a partner's",
}
EVERYBODY_APPENDS = {
    "journal_entry: insert": "a failed sign-in is appended by nobody; the trigger journal_take checks what is appended",
}
# Tables with such a column and without row-level security, and why.
UNPROTECTED: dict[str, str] = {}


def _query(statement, parameters=None, alias="default"):
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def _tables():
    """(table, organisation column) of each table in the schema that has one; the first column that fits."""
    rows = _query(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = ANY(%s)"
        " ORDER BY c.relname, array_position(%s, a.attname::text)",
        [list(ORGANISATION_COLUMNS), list(ORGANISATION_COLUMNS)])
    found = {}
    for table, column in rows:
        found.setdefault(table, column)
    return found


def _plant(table, column):
    """One row of Harbour Host in ``table``, written as the superuser of the tests so that no policy stands in the way.

    Columns get any value their type takes; constraints that ask for more are switched off for this row only.
    """
    columns = _query(
        "SELECT a.attname, format_type(a.atttypid, NULL), a.attnotnull, a.atthasdef OR a.attidentity <> '',"
        " a.atttypmod FROM pg_attribute a"
        " WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''", [table])
    names, values = [], []
    for name, kind, required, has_default, modifier in columns:
        if name == column:
            value = "'harbour'"
        elif required and not has_default:
            value = _any_value(kind, modifier)
        else:
            continue
        names.append(f'"{name}"')
        values.append(value)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(values)})"


def _any_value(kind, modifier):
    samples = {"boolean": "false", "bytea": "'\\x00'::bytea", "date": "'2020-01-01'::date", "jsonb": "'{}'::jsonb",
               "timestamp with time zone": "now()", "inet": "'192.0.2.1'::inet", "cidr": "'192.0.2.0/24'::cidr",
               "uuid": "gen_random_uuid()", "int4range": "'empty'::int4range", "daterange": "'empty'::daterange"}
    if kind in samples:
        return samples[kind]
    if kind.endswith("[]"):
        return f"'{{}}'::{kind}"
    if kind in {"character varying", "text", "character"}:
        return "'x'"
    return "1"


@pytest.fixture
def owned_rows(committed_db):
    """A row of Harbour Host in every table (where check constraints forbid a made-up row they are dropped first)."""
    import psycopg
    from conftest import _administrator_dsn

    tables = _tables()
    with psycopg.connect(**(_administrator_dsn() | {"dbname": committed_db}), autocommit=True) as administrator:
        administrator.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
        for table, column in tables.items():
            checks = administrator.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table]).fetchall()
            for (name,) in checks:
                administrator.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            administrator.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # rights and policies must do alone
            administrator.execute(_plant(table, column))
    return tables


def test_every_table_with_an_organisation_is_protected(db):
    open_tables = {row[0] for row in _query(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)"
        " AND NOT (relrowsecurity AND relforcerowsecurity)", [list(_tables())])}
    assert open_tables == set(UNPROTECTED)


def test_the_search_finds_the_tables_we_know(db):
    assert {"parties_party", "parties_post", "parties_membership", "registers_filing", "registers_accessrelation",
            "registers_addressblock"} <= set(_tables())


def test_nobody_sees_or_changes_anything(owned_rows):
    leaks = {leak for table, column in owned_rows.items() for leak in _attempts(table, column, NOBODY)}
    assert leaks == set(EVERYBODY_APPENDS)


def test_wrong_organisation_sees_and_changes_nothing(owned_rows):
    leaks = {leak for table, column in owned_rows.items() for leak in _attempts(table, column, STRANGER)}
    assert leaks == set(EVERYBODY_APPENDS) | set(EVERYBODY_READS)


def test_right_organisation_does_see_its_rows(owned_rows):
    """Otherwise the tests above would pass on tables that hide everything from everybody."""
    authority = Actor(name="user:1", user_id=1, scope=Scope.NATIONAL, organisations=("authority",))
    with acting_as(authority):
        blind = [table for table, column in owned_rows.items() if not _count(table, column)]
    assert blind == []


def _count(table, column):
    return _query(f"SELECT count(*) FROM {table} WHERE {column} = %s", [OWNER])[0][0]


def _attempts(table, column, actor):
    """What ``actor`` managed to do to Harbour Host's row: none of it should be in the answer."""
    leaks = []
    with acting_as(actor):
        if _count(table, column):
            leaks.append(f"{table}: read")
    for verb, statement in (
        ("insert", _plant(table, column)),
        ("update", f"UPDATE {table} SET {column} = {column} WHERE {column} = '{OWNER}'"),
        ("take over", f"UPDATE {table} SET {column} = 'mudflat' WHERE {column} = '{OWNER}'"),
        ("delete", f"DELETE FROM {table} WHERE {column} = '{OWNER}'"),
    ):
        if _succeeds(statement, actor):
            leaks.append(f"{table}: {verb}")
    return leaks


def _succeeds(statement, actor):
    """Whether the statement touched a row or would have (a refusal other than for missing rights is no protection).

    What it did is rolled back.
    """
    touched = 0
    try:
        with transaction.atomic():
            with acting_as(actor), connection.cursor() as cursor:
                cursor.execute(statement)
                touched = cursor.rowcount
            transaction.set_rollback(True)
    except DatabaseError as error:
        return not isinstance(error.__cause__, InsufficientPrivilege)
    return touched > 0
