"""Is there anything to do before this database can be used? One connection, one query, and no Django.

A start with nothing to do is the usual one, and loading Django and every migration only to learn that takes longer than
the rest of the start together.
"""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from licet.config.terms import profile_terms

# Applications whose label is not the last part of their name (a test compares all of them with Django's).
LABELS = {"procrastinate.contrib.django": "procrastinate"}
# Every expected migration was recorded, somebody exists, all tables were granted, the role is not too strong, and the
# profile's terms are those that PostgreSQL enforces.
_QUESTION = """
SELECT %s <@ (SELECT coalesce(array_agg(app || '.' || name), '{}') FROM django_migrations),
       EXISTS (SELECT FROM auth_user),
       NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                   AND NOT has_table_privilege(c.oid, 'SELECT')),
       NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)),
       %s = (SELECT coalesce(jsonb_object_agg(name, days), '{}') FROM casework_term)
"""


@dataclasses.dataclass(frozen=True)
class Found:
    """What stands in the database: ``schema`` is up to date and usable, ``people``: somebody can sign in."""

    schema: bool
    people: bool


def label_of(application: str) -> str:
    """The label under which Django records the migrations of an installed application."""
    return LABELS.get(application, application.rpartition(".")[2])


def migrations_on_disk(applications: Iterable[str]) -> list[str]:
    """``label.name`` of every migration that the installed applications bring, found without importing them."""
    found = []
    for application in applications:
        package, _, rest = application.partition(".")
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            continue
        folder = Path(spec.submodule_search_locations[0], *rest.split("."), "migrations")
        found += [f"{label_of(application)}.{path.stem}" for path in sorted(folder.glob("[!_~]*.py"))]
    return found


def look() -> Found:
    """What the application role finds. Whatever goes wrong counts as not ready: the full start says what it is."""
    from licet.config import settings

    entry: dict[str, Any] = settings.DATABASES["default"]
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    parts = {name: entry[key] for name, key in names.items() if entry[key]} | entry["OPTIONS"]
    try:
        with psycopg.connect(**parts, autocommit=True) as connection:
            row = connection.execute(
                _QUESTION, [migrations_on_disk(settings.INSTALLED_APPS), Jsonb(profile_terms())]).fetchone()
    except psycopg.Error:
        return Found(schema=False, people=False)
    assert row is not None
    migrated, people, granted, modest, agreed = row
    return Found(schema=migrated and granted and modest and agreed, people=people)
