"""``licet doctor`` notices what would hurt."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connections

from licet.config import doctor


def test_every_check_says_what_it_means_and_how_to_repair():
    checks = (*doctor._BEFORE, doctor._CONNECT, *doctor._WITH_DATABASE)
    assert len({check.id for check in checks}) == len(checks)
    assert all(check.meaning and check.repair for check in checks)


@pytest.mark.parametrize("check", doctor._WITH_DATABASE, ids=lambda check: check.id)
def test_check_passes_on_a_sound_installation(check, system, cast):
    assert doctor._run(check).ok, doctor._run(check)


def test_readable_secrets_fail(tmp_path, monkeypatch):
    (tmp_path / "secrets.json").touch(mode=0o644)
    (tmp_path / "secrets.json").chmod(0o644)
    monkeypatch.setattr(doctor, "_home", lambda: tmp_path)
    ok, detail = doctor._secret_modes()
    assert not ok and "secrets.json" in detail


def test_table_without_row_security_fails(committed_db):
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE registers_filing NO FORCE ROW LEVEL SECURITY")
    assert doctor._row_security() == (False, "not protected: registers_filing")


def test_failing_check_fails_with_its_repair():
    def broken():
        raise OSError("no such device")

    check = doctor.Check(id="x", look=broken, meaning="m", repair="r")
    assert doctor._run(check) == doctor.Result(id="x", ok=False, detail="OSError: no such device", meaning="m",
                                               repair="r")


def test_advice_does_not_fail_and_still_says_the_repair():
    check = doctor.Check(id="x", look=lambda: (False, "none"), meaning="m", repair="r", advice=True)
    result = doctor._run(check)
    assert result.ok and result.repair == "r"
    assert json.loads(doctor.as_json([result]))["ok"] is True
    assert "note x" in doctor.as_text([result])


def test_reports_that_reach_no_case_are_noticed(tmp_path, settings):
    import datetime as dt

    from licet.core import clock
    from licet.hotline import intake
    from licet.hotline.spool import Item

    settings.LICET_HOME = tmp_path
    spool = intake.spool()
    at = clock.now().isoformat(timespec="microseconds")
    spool.accept([Item("A", b"{}", at)])
    assert doctor._spool() == (True, "1 waiting, 0 set aside")
    spool.put_aside("A", "a problem")
    assert doctor._spool() == (False, "0 waiting, 1 set aside")
    spool.accept([Item("B", b"{}", (clock.now() - dt.timedelta(minutes=20)).isoformat(timespec="microseconds"))])
    spool.take_back("A")
    assert not doctor._spool()[0], "the oldest waits for long"
    spool.close()
    intake._spool_at.cache_clear()


def test_the_command_answers_by_itself_when_nothing_is_there(tmp_path):
    """In a process of its own: here Django is set up already, there it is not."""
    outside = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run([sys.executable, "-c", "from licet.cli import main; main()", "doctor", "--json"],
                          env={**outside, "LICET_HOME": str(tmp_path), "DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/licet"},
                          capture_output=True, text=True, check=False, timeout=120)

    checks = {check["id"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert not checks["database"]["ok"] and checks["database"]["repair"] and checks["public_address"]["detail"]
