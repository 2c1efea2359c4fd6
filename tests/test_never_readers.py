"""Licet looks at services and never at readers: no table could hold who read what, and reading leaves nothing behind."""

import logging

import pytest
from django.db import connection
from django.test import Client

from tests.access import PUBLIC, patterns

pytestmark = pytest.mark.django_db
# Every column that could hold a person's machine or way, and whose it is. A new one needs an answer here.
KNOWN = {
    "axes_accessattempt": "failed attempts to sign in at the desk's own console",
    "axes_accessfailurelog": "the same", "axes_accesslog": "the same",
    "django_session": "people of the desk who signed in",
    "hotline_report": "keyed traces of who reported, erased after the profile's days",
    "registers_accessrelation": "where a site is connected", "registers_addressblock": "which addresses a provider holds",
}
SUSPICIOUS = ("(^|_)(ip|agent|referer|referrer|visitor|reader|client|cookie|browser|host|path|network|session|fingerprint"
              "|device|history|visits?|traffic|packets?|flows?)(_|$)")
COOKIES = {"csrftoken"}  # of pages with a form; it says nothing about who reads


def test_no_table_could_hold_who_read_what(system):
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
                       " AND (data_type IN ('inet', 'cidr', 'macaddr') OR column_name ~ %s)", [SUSPICIOUS])
        found = cursor.fetchall()
    assert {table for table, _column in found} == set(KNOWN), found


def _rows():
    """Rows of every table. The application role counts what the system sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
                       " AND table_type = 'BASE TABLE' AND has_table_privilege(table_schema || '.' || table_name, 'SELECT')")
        counts = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
    return counts


def test_reading_public_pages_leaves_nothing(system, caplog):
    caplog.set_level(logging.DEBUG)
    reader = Client(REMOTE_ADDR="203.0.113.77", headers={"user-agent": "Lantern Reader 7", "referer": "https://before.example/"})
    addresses = [address for name, address in patterns() if name in PUBLIC and not name.startswith(("account", "mfa", "set_"))]
    before = _rows()

    answers = {address: reader.get(f"{address}?domain=lantern.example").status_code for address in addresses}

    assert {200, 404} >= set(answers.values()) - {302, 400, 405, 410} and 200 in answers.values(), answers
    assert _rows() == before
    assert set(reader.cookies) <= COOKIES
    for trace in ("203.0.113.77", "Lantern Reader", "before.example"):
        assert trace not in caplog.text
