"""``licet doctor`` notices what would hurt."""

import json

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
