"""Promises that PostgreSQL keeps itself, whatever the application says: building blocks of migrations.

What only one table needs stands as SQL in that table's migration; here is what every concept needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.migrations import RunSQL

LISTED = "INSERT OR UPDATE OR DELETE OR TRUNCATE"  # a table of rules: whoever changes it writes a migration
APPENDED = "UPDATE OR DELETE OR TRUNCATE"
KEPT = "DELETE OR TRUNCATE"


def refuse(app: str, promise: str, refusals: Mapping[str, str]) -> RunSQL:
    """Migration operation: nobody, not even the owner, does this to these tables.

    ``refusals``: table -> what is refused (``LISTED``, ``APPENDED`` or ``KEPT``). ``promise`` begins the error's text, such
    as "orders keep what happened". The error is a ``restrict_violation``.
    """
    function = f"{app}_refuse"
    forward = f"""
    CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '{_quoted(promise)}: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;
    """ + "".join(f"""
    CREATE TRIGGER {table}_refuse BEFORE {verbs} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}();
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_refuse;
    """ for table, verbs in refusals.items())
    return RunSQL(forward, "".join(f"DROP TRIGGER {table}_refuse ON {table};" for table in refusals)
                  + f"DROP FUNCTION {function}();")


def freeze(app: str, promise: str, columns: Mapping[str, Sequence[str]]) -> RunSQL:
    """Migration operation: these columns (table -> columns) keep their first value. The error is a ``restrict_violation``."""
    function = f"{app}_freeze"
    forward = f"""
    CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '{_quoted(promise)}: UPDATE of % is refused', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;
    """ + "".join(
        f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} FOR EACH ROW WHEN ("
        + " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in names)
        + f") EXECUTE FUNCTION {function}();\n" for table, names in columns.items())
    return RunSQL(forward, "".join(f"DROP TRIGGER {table}_frozen ON {table};" for table in columns)
                  + f"DROP FUNCTION {function}();")


def belong_together(parent: str, by: str, tables: Mapping[str, str], *, promise: str,
                    shared: Sequence[str] = ("desk_id",)) -> RunSQL:
    """Migration operation: a row that names a row of ``parent`` in its column ``by`` has the same ``shared`` columns.

    Otherwise an organisation could write rows into something of another that it cannot see. ``tables``: table -> when it
    is looked at (``INSERT`` or ``INSERT OR UPDATE``). The error is a ``check_violation`` that says ``promise``.
    """
    function = f"{parent}_shared"
    same = " AND ".join(f"p.{column} = NEW.{column}" for column in shared)
    # PL/pgSQL keeps a plan made when the table was small; by the id alone, that plan stays good when it is large.
    forward = f"""
    CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
    DECLARE
      same boolean;
    BEGIN
      SELECT {same} INTO same FROM {parent} p WHERE p.id = NEW.{by};
      IF same IS NOT TRUE THEN
        RAISE EXCEPTION '{_quoted(promise)}' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$;
    """ + "".join(f"CREATE TRIGGER {table}_shared BEFORE {verbs} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();\n"
                  for table, verbs in tables.items())
    return RunSQL(forward, "".join(f"DROP TRIGGER {table}_shared ON {table};" for table in tables)
                  + f"DROP FUNCTION {function}();")


def _quoted(text: str) -> str:
    return text.replace("'", "''").replace("%", "%%")
