"""Fixtures for every test: a throw-away PostgreSQL, the application role, and a fixed cast.

The cast (see ``tests/scenarios``): Harbour Host is honest, Mudflat Net is careless, Night Lamp abuses; Olm and Reed are
officers of the authority, Pilot is Harbour Host's compliance officer, Otto is an outsider who may see nothing.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from tests import leftovers

from licet.config import secrets

if "LICET_TEST_HOME" not in os.environ:  # the first process of a run makes it, workers of pytest-xdist inherit it
    os.environ["LICET_TEST_HOME"] = tempfile.mkdtemp(prefix="licet-test-")
    atexit.register(shutil.rmtree, os.environ["LICET_TEST_HOME"], ignore_errors=True)
    leftovers.claim(Path(os.environ["LICET_TEST_HOME"]))
    leftovers.clear_leftovers(Path(tempfile.gettempdir()))  # a killed run cannot clean up after itself
    secrets.load(Path(os.environ["LICET_TEST_HOME"]))
# A home per worker: two imports of one file in one home refuse each other, and rightly.
_HOME = Path(os.environ["LICET_TEST_HOME"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
(_HOME / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns without it
if not (_HOME / "secrets.json").exists():  # the same in every home: workers on one server share its roles
    shutil.copy2(_HOME.parent / "secrets.json", _HOME)
os.environ["LICET_HOME"] = str(_HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "licet.config.settings"
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parent / ".licet" / "numba"))
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in the thread of the tests

import psycopg
import pytest
from psycopg import sql


def pytest_configure(config: pytest.Config) -> None:
    """Set Django up with the throw-away home; pytest-django comes too early to know it."""
    import django
    from hypothesis import HealthCheck
    from hypothesis import settings as hypothesis_settings

    # How long an example takes depends on who else uses the machine; speed is measured by `make bench`.
    hypothesis_settings.register_profile("licet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    hypothesis_settings.load_profile("licet")
    django.setup()
    from django.conf import settings

    # A real password hash takes half a second by design; the cast alone has seven people.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if getattr(config.option, "numprocesses", None):  # workers start with it, and would read the settings of this home
        os.environ.pop("DJANGO_SETTINGS_MODULE")


@functools.cache  # first asked before the settings name a test database
def _administrator_dsn() -> dict[str, Any]:
    """How to reach the server as a role that may create databases: ``DATABASE_URL`` or the embedded superuser."""
    from django.conf import settings

    from licet.config.embedded import SUPERUSER

    if settings.ENV["DATABASE_URL"]:
        owner = settings.DATABASES["owner"]
        parts = {"host": owner["HOST"], "port": owner["PORT"], "user": owner["USER"], "password": owner["PASSWORD"]}
        return {name: value for name, value in parts.items() if value} | {"dbname": owner["NAME"]}
    from licet.config.bootstrap import embedded_server

    server = embedded_server()
    assert server is not None
    return {"host": str(server.sockets), "user": SUPERUSER, "password": server.password, "dbname": "postgres"}


@contextmanager
def _administration() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(**_administrator_dsn(), autocommit=True) as connection:
        yield connection


def _use_database(name: str) -> None:
    from django.conf import settings
    from django.db import connections

    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name


def _create_database(connection: psycopg.Connection[Any], name: str, template: str) -> None:
    from django.conf import settings

    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
        sql.Identifier(name), sql.Identifier(template), sql.Identifier(settings.DATABASES["owner"]["USER"])))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """One migrated database per worker, reached as the application role (row-level security is on)."""
    from django.conf import settings

    from licet.config.bootstrap import embedded_server, ensure_role
    from licet.config.databases import APP_ROLE, OWNER_ROLE

    server = embedded_server()
    if server:
        server.hold()
    name = _worker_database()
    with _administration() as connection:
        connection.execute("SELECT pg_advisory_lock(4711)")  # the first worker makes the template, the others wait
        if server:
            ensure_role(connection, OWNER_ROLE, settings.SECRETS["owner_password"], "CREATEROLE")
        ensure_role(connection, APP_ROLE, settings.SECRETS["app_password"], "")
        _create_database(connection, name, _migrated_template(connection, django_db_blocker))
    _use_database(name)
    yield
    with django_db_blocker.unblock():
        _use_database(name)
    with _administration() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        _drop_template(connection)
    if server:
        server.release()


def _worker_database() -> str:
    return f"licet_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def _template_name() -> str:
    return f"licet_template_{os.environ.get('PYTEST_XDIST_TESTRUNUID', str(os.getpid()))[:8]}"


def _drop_template(connection: psycopg.Connection[Any]) -> None:
    """The first worker to end drops it: every other has its copy by then, and a late one would make it again."""
    name = _template_name()
    connection.execute("SELECT pg_advisory_lock(4711)")  # until this connection closes
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _migrated_template(connection: psycopg.Connection[Any], django_db_blocker: Any) -> str:
    """A migrated database, made once per run: workers copy it, which takes a tenth of a second."""
    from licet.config.bootstrap import migrate_as_owner

    name = _template_name()
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate", [name]).fetchone() is None:
        _create_database(connection, name, "template1")
        _use_database(name)
        with django_db_blocker.unblock():
            migrate_as_owner()
            _tell_stories_of_other_days()
            _use_database(name)  # closes the owner's connection, so that the database can be a template
        connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name)))
    return name


# Rows may claim no later moment: stories are told with dates of their own, whatever the clock of the machine says.
LATEST = "2100-01-01T00:00:00+00:00"


def _tell_stories_of_other_days() -> None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE OR REPLACE FUNCTION licet_latest() RETURNS timestamptz LANGUAGE sql STABLE AS"
                       f" $$ SELECT '{LATEST}'::timestamptz $$")


@pytest.fixture(scope="session")
def own_database(django_db_setup: None, django_db_blocker: Any) -> Callable[[str], AbstractContextManager[str]]:
    """``with own_database("browser") as name``: a copy of the migrated database that this process uses meanwhile."""
    @contextmanager
    def _own(suffix: str) -> Iterator[str]:
        template = _worker_database()  # not the one in use: a test may have pointed the settings elsewhere
        name = f"{template}_{suffix}"
        with django_db_blocker.unblock():
            _use_database(template)
            with _administration() as connection:
                _create_database(connection, name, template)
            _use_database(name)
            try:
                yield name
            finally:
                _use_database(template)
                with _administration() as connection:
                    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    return _own


@pytest.fixture
def committed_db(own_database: Callable[[str], AbstractContextManager[str]]) -> Iterator[str]:
    """A database of its own where commits are real: for tests of jobs, crashes, several connections or a web server."""
    with own_database("own") as name:
        yield name


@pytest.fixture(autouse=True)
def calm_portal() -> None:
    """All tests come from one network, and within seconds: what one of them asked for is not held against the next."""
    from licet.hotline import pressure
    from licet.hotline.mailbox import answered_lately

    pressure.shares.clear()
    answered_lately.clear()


@pytest.fixture
def system(db: None) -> Iterator[Any]:
    """The whole test acts as the system; row-level security lets it see and write everything."""
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as

    with acting_as(WORKER) as actor:
        yield actor


CAST_PARTIES = (
    ("authority", "authority", "Authority of the tests", "*"),
    ("authority-gd", "authority", "Regional authority of the tests", "CN-GD"),
    ("harbour", "access_provider", "Harbour Host", "CN-GD"),
    ("mudflat", "access_provider", "Mudflat Net", "CN-SH"),
    ("nightlamp", "access_provider", "Night Lamp", "CN-GD"),
    ("backbone", "carrier", "Backbone Carrier", "CN-GD"),
)
CAST_PEOPLE = {  # user name -> (party, roles)
    "olm": ("authority", ("officer",)),
    "reed": ("authority", ("officer", "administrator")),
    "gale": ("authority-gd", ("officer",)),
    "pilot": ("harbour", ("compliance_officer", "administrator")),
    "moss": ("mudflat", ("compliance_officer",)),
    "wick": ("nightlamp", ("compliance_officer",)),
}


@pytest.fixture
def cast(db: None) -> dict[str, Any]:
    """The fixed cast in the database; maps user name to user. ``otto`` is signed up but belongs to nobody."""
    return make_cast()


@contextmanager
def _before_the_journal() -> Iterator[None]:
    """The cast was there before the story begins: journals of tests start with what the story does."""
    from licet.parties import deeds

    recorders = deeds._RECORDERS[:]
    deeds.record_with(lambda _deed: None)
    yield
    deeds._RECORDERS[:] = recorders


def make_cast() -> dict[str, Any]:
    """Write the cast with the present connection (used by ``cast`` and by tests with a committed database)."""
    from django.contrib.auth import get_user_model

    from licet.core import clock
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.parties.models import Party
    from licet.parties.services import add_person, next_change_seq

    with _before_the_journal(), acting_as(WORKER):
        for party_id, kind, name, region in CAST_PARTIES:
            Party.objects.create(party_id=party_id, kind=kind, name=name, region=region, since="2020-01-01",
                                 content_hash=b"\0" * 16, change_seq=next_change_seq(), source="test",
                                 recorded_at=clock.now())
        people = {
            name: add_person(name, password=f"{name}-harbour-lantern-42", party_id=party, roles=roles, by=WORKER,
                             must_change=False)
            for name, (party, roles) in CAST_PEOPLE.items()
        }
        people["otto"] = get_user_model().objects.create_user("otto", password="otto-harbour-lantern-42")
    return people


@pytest.fixture
def actor_of(cast: dict[str, Any]) -> Callable[[str], Any]:
    """``actor_of("pilot")``: the actor a person of the cast is."""
    from licet.parties.selectors import actor_for

    return lambda name: actor_for(cast[name])


@pytest.fixture
def sign_in(cast: dict[str, Any], settings: Any) -> Callable[[str], Any]:
    """``sign_in("pilot")``: a Django test client signed in as a person of the cast (second factor not asked)."""
    from django.test import Client

    settings.REQUIRE_MFA = False

    def _sign_in(name: str) -> Any:
        client = Client()
        client.force_login(cast[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _sign_in
