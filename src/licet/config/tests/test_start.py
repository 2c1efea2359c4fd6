"""What a second start does not do: load heavy libraries before the address is printed, or ask twice what is known."""

import json
import subprocess
import sys

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from licet.config import bootstrap, current, warm

# Each costs 0.1 to 1 s at import and serves few requests; import it inside the function that needs it.
HEAVY = {"numpy", "numba", "pyarrow", "duckdb", "xlsxwriter", "python_calamine", "httpx", "typst", "playwright", "dns",
         "rfc3161_client", "standardwebhooks", "PIL", "lxml", "selectolax", "aiosmtpd", "hypothesis", "rich"}
LOADED = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
WEB = f"import licet.config.wsgi, licet.config.urls, licet.config.api; {LOADED}"
WORKER = f"import django; django.setup(); import licet.config.worker; {LOADED}"
RUN = f"import licet.config.run, licet.config.bootstrap, licet.config.current, licet.config.settings; {LOADED}"
TOGETHER = """
import importlib, threading
import licet.config.urls
from licet.config.warm import HEAVY, warm
ready, wrong = threading.Barrier(2 * len(HEAVY) + 1), []
ASKED = {"licet.gate.services": "decide", "licet.sweeps.services": "run_sweep",
         "licet.registers.exchange.services": "import_file"}
def ask(name):
    ready.wait()
    if not callable(getattr(importlib.import_module(name), ASKED[name], None)):
        wrong.append(name)
threads = [threading.Thread(target=ask, args=(name,)) for name in (*HEAVY, *reversed(HEAVY))]
threads.append(threading.Thread(target=lambda: (ready.wait(), warm())))
for thread in threads: thread.start()
for thread in threads: thread.join()
print(wrong)
"""


def python(code):
    prepared = f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'licet.config.settings'; {code}"
    done = subprocess.run([sys.executable, "-c", prepared], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("code", [WEB, WORKER], ids=["web server", "worker"])
def test_nothing_heavy_is_loaded_before_it_is_needed(code):
    assert HEAVY & set(json.loads(python(code))) == set()


def test_run_itself_loads_no_django():
    assert (HEAVY | {"django"}) & set(json.loads(python(RUN))) == set()


def test_the_heavy_parts_are_what_warming_loads():
    code = f"import django; django.setup(); from licet.config.warm import warm; warm(); {LOADED}"
    assert {"numba", "pyarrow", "duckdb"} <= set(json.loads(python(code)))


def test_questions_that_come_while_warming_wait_and_go_on():
    together = TOGETHER.replace("import importlib", "import django; django.setup()\nimport importlib", 1)
    code = f"exec({together!r})"
    assert python(code) == "[]"


def test_warming_reports_what_cannot_be_loaded(monkeypatch, caplog):
    monkeypatch.setattr(warm, "HEAVY", ("licet.no_such_part", "licet.gate.tables"))
    warm.warm()
    assert "licet.no_such_part cannot be loaded" in caplog.text


def test_labels_are_djangos():
    assert {config.name: config.label for config in apps.get_app_configs()} == {
        name: current.label_of(name) for name in settings.INSTALLED_APPS}


def test_migrations_are_found_without_importing_them():
    loader = MigrationLoader(None, ignore_no_migrations=True)
    assert set(current.migrations_on_disk(settings.INSTALLED_APPS)) == {f"{app}.{name}" for app, name in
                                                                        loader.disk_migrations}


def as_owner(statement, *values):
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values)
    connections["owner"].close()


def test_nothing_to_do_is_seen(committed_db):
    assert current.look() == current.Found(schema=True, people=False)


def test_a_migration_that_is_not_recorded_is_made_up_for(committed_db):
    as_owner("DELETE FROM django_migrations WHERE app = 'sessions'")
    as_owner("DROP TABLE django_session")
    assert not current.look().schema

    bootstrap.prepare_schema()

    assert current.look().schema


def test_a_start_killed_before_the_grants_is_made_up_for(committed_db):
    as_owner("REVOKE SELECT ON registers_filing FROM licet_app")
    assert not current.look().schema

    bootstrap.prepare_schema()

    assert current.look().schema
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('journal_entry', 'UPDATE')")
        assert cursor.fetchone() == (False,)


def test_a_database_that_is_away_is_not_ready(committed_db, monkeypatch):
    with monkeypatch.context() as away:  # over before the database of this test is dropped
        away.setitem(settings.DATABASES["default"], "NAME", "licet_absent")
        assert current.look() == current.Found(schema=False, people=False)
