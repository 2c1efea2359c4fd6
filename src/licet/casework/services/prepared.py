"""Statements that run with every signal, planned once per connection.

Under row-level security planning one of them costs more than running it. Django sends texts with the values inside, so
PostgreSQL plans each anew; these go with their parameters apart and are prepared the first time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def prepared(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run ``statement`` in the open transaction; returns its rows, none for one that returns nothing.

    Parameters need a type in the statement (``%s::bigint[]``) wherever PostgreSQL cannot tell it.
    """
    connection.ensure_connection()
    connection.connection.prepare_threshold = 0  # Django's own cursors bind on their side and prepare nothing
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return list(cursor.fetchall()) if cursor.description else []
