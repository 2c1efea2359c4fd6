"""Whether the database still protects the journal. Run by ``licet doctor`` and ``check --database``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connection, connections

TRIGGERS = {
    "journal_entry": ("journal_entry_take", "journal_entry_refuse"),
    "journal_checkpoint": ("journal_checkpoint_refuse",),
    "journal_head": ("journal_head_step", "journal_head_refuse"),
}
FORBIDDEN = {
    "journal_entry": ("UPDATE", "DELETE", "TRUNCATE"),
    "journal_checkpoint": ("UPDATE", "DELETE", "TRUNCATE"),
    "journal_head": ("INSERT", "UPDATE", "DELETE", "TRUNCATE"),
}
_ALWAYS = "A"


def connect() -> None:
    """Register the check with Django."""
    checks.register(check_triggers, checks.Tags.database)


def check_triggers(app_configs: Any, databases: Sequence[str] | None = None, **_more: object) -> list[checks.Error]:
    """journal.E001: a trigger, a revoked right or row-level security is missing."""
    hint = "run the migrations as the owner (`licet run` does); if that does not help, run `licet journal verify`"
    return [checks.Error(problem, hint=hint, id="journal.E001")
            for alias in databases or () for problem in health(alias)]


def health(alias: str = "default") -> list[str]:
    """What the database lacks to protect the journal; empty = nothing. ``alias``: the connection to ask through."""
    problems = []
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                       " WHERE c.relname = ANY(%s) AND NOT t.tgisinternal", [list(TRIGGERS)])
        enabled = {(table, trigger): state for table, trigger, state in cursor.fetchall()}
        for table, triggers in TRIGGERS.items():
            problems += [f"the trigger {trigger} of {table} is missing or switched off" for trigger in triggers
                         if enabled.get((table, trigger)) != _ALWAYS]
        cursor.execute("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class"
                       " WHERE oid = 'journal_entry'::regclass")
        if not cursor.fetchone()[0]:
            problems.append("row-level security of journal_entry is switched off")
        role = connection.settings_dict["USER"]
        for table, rights in FORBIDDEN.items():
            cursor.execute("SELECT r FROM unnest(%s::text[]) r WHERE has_table_privilege(%s, %s, r)",
                           [list(rights), role, table])
            problems += [f"the application role may {right} on {table}" for (right,) in cursor.fetchall()]
    return problems
