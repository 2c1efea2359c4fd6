"""Fixtures: load rows as the system, and a `licet` of its own in a subprocess."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from licet.registers.exchange.tests.files import write_csv

DAY = dt.date(2026, 3, 1)


@pytest.fixture(autouse=True)
def english():
    """What the tests quote from errors.csv; its Chinese is in test_chinese.py."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture
def load(system, tmp_path):
    """``load("filings", rows, as_of=…)``: write the rows as CSV and import them as the system."""
    from licet.registers.exchange.services import import_file

    def _load(kind, rows, *, columns=None, **options):
        path = tmp_path / f"{kind}.csv"
        if rows:
            write_csv(path, rows)
        else:
            path.write_text(",".join(columns) + "\n")
        options.setdefault("as_of", DAY)
        options.setdefault("actor", system)
        return import_file(kind, path, **options)

    return _load


@pytest.fixture(scope="module")
def licet_home():
    """A data directory of its own for the ``licet`` command; not below pytest's, which the database may not enter."""
    home = Path(tempfile.mkdtemp(prefix="licet-home-"))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def licet(licet_home):
    """``licet("import", "filings", path)``: run the command in the module's own data directory."""

    def _licet(*arguments, **environment):
        return subprocess.run([sys.executable, "-m", "licet.cli", *map(str, arguments)], capture_output=True, text=True,
                              timeout=300, env=subprocess_environment(licet_home, **environment), check=False)

    return _licet


def subprocess_environment(home: Path, **more: str) -> dict[str, str]:
    keep = {name: value for name, value in os.environ.items()
            if not name.startswith("LICET_") and name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    return keep | {"LICET_HOME": str(home)} | more
