"""The commands: in this process against the tests' database; checking a bag as a process that has none."""

import json
import os
import subprocess
import sys
import zipfile

import pytest
import typer
from typer.testing import CliRunner

from licet.core.errors import BadInput, LicetError
from licet.evidence import cli
from licet.evidence.bagcheck import check_bag
from licet.evidence.tests.locker import WHY
from licet.evidence.tests.test_services import content_of


@pytest.fixture
def licet(db, monkeypatch):
    """``licet("evidence", "list", …)``: exit code and output; refusals raise."""
    monkeypatch.setattr("licet.config.bootstrap.connect_database", lambda: None)
    app = typer.Typer()
    app.callback()(lambda: None)
    cli.register(app)

    def run(*words, password=""):
        result = CliRunner(env={"LICET_PASSWORD": password} if password else {}).invoke(app, ["evidence", *words])
        if isinstance(result.exception, LicetError):
            raise result.exception
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.stdout

    return run


def test_add_list_show(licet, locker, tmp_path):
    file = tmp_path / "invoice.txt"
    file.write_text("pay here")
    code, said = licet("add", locker.number, str(file), "--purpose", WHY, "--kind", "capture", "--json")
    item = json.loads(said)

    assert (code, item["ref"], item["bytes"]) == (0, f"E-{locker.number}-1", 8)
    _code, listed = licet("list", locker.number, "--json")
    assert json.loads(listed)["title"] == "invoice.txt"
    _code, shown = licet("show", item["ref"])
    assert WHY in shown and "pay here" not in shown
    assert licet("verify", item["ref"], "--purpose", "nightly")[0] == 0
    with pytest.raises(BadInput, match="purpose"):
        licet("verify", item["ref"])


def test_command_takes_no_content_of_minors(licet, actor_of, tmp_path):
    from licet.casework.tests.story import Story
    from licet.evidence.tests.locker import TestLocker

    minors = TestLocker(Story(actor_of), ground="minors", tier=1)
    (tmp_path / "x").write_text("never")
    with pytest.raises(LicetError, match="never stored"):
        licet("add", minors.number, str(tmp_path / "x"), "--purpose", WHY)
    code, _said = licet("add", minors.number, "--purpose", WHY, "--sha256", "ab" * 32, "--url", "https://bad.example/")
    assert code == 0


@pytest.mark.parametrize("name", ["bag.zip", "bag.tar", "bag"])
def test_export_in_every_form(licet, locker, tmp_path, name):
    locker.add(b"what the page said")
    out = tmp_path / name

    code, said = licet("export", locker.number, "--out", str(out), "--purpose", WHY)

    assert code == 0 and f"B-{locker.number}-1" in said
    assert check_bag(out).intact
    assert oct(out.stat().st_mode)[-3:] == ("700" if out.is_dir() else "600")
    with pytest.raises(BadInput, match="already"):
        licet("export", locker.number, "--out", str(out), "--purpose", WHY)


def test_hold_and_two_people(licet, locker, monkeypatch):
    item = locker.add(b"old")
    locker.close()
    locker.later(days=731)
    monkeypatch.setattr("licet.core.clock.now", lambda: locker.now)

    def as_person(name, *words):
        return licet(*words, "--purpose", "the term is over", "--as", name, password=f"{name}-harbour-lantern-42")[1]

    assert "set" in as_person("olm", "hold", locker.number)
    with pytest.raises(LicetError, match="hold"):
        as_person("olm", "dispose", item.ref)
    assert "proposed" in as_person("reed", "hold", locker.number, "--release")
    with pytest.raises(LicetError, match="somebody else"):
        as_person("reed", "hold", locker.number, "--release")
    assert "released" in as_person("olm", "hold", locker.number, "--release")
    assert "proposed" in as_person("olm", "dispose", item.ref)
    with pytest.raises(LicetError, match="somebody else"):
        as_person("olm", "dispose", item.ref)
    assert "destroyed" in as_person("reed", "dispose", item.ref)
    with pytest.raises(LicetError):
        content_of(locker, item)
    with pytest.raises(LicetError, match="do not fit"):
        licet("hold", locker.number, "--purpose", "x", "--as", "olm", password="guessed")


def test_bag_is_checked_where_there_is_no_database(locker, tmp_path):
    from licet.evidence import services

    locker.add(b"what the page said")
    bag = locker.seal()
    _bag, chunks = services.download_bag(bag.ref, purpose=WHY, actor=locker.story.who("olm"), at=locker.now)
    path = tmp_path / "bag.zip"
    path.write_bytes(b"".join(chunks))

    def verify(target):
        environment = {"PATH": os.environ["PATH"], "LICET_HOME": "/nonexistent/licet",
                       "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
        return subprocess.run([sys.executable, "-m", "licet.cli", "evidence", "verify", str(target), "--json"],
                              env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    good = verify(path)
    assert (good.returncode, json.loads(good.stdout)["intact"]) == (0, True), good.stderr
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "out")
    broken = tmp_path / "out" / bag.ref / "data" / f"E-{locker.number}-1.txt"
    broken.write_bytes(b"what the page sbid")
    bad = verify(tmp_path / "out" / bag.ref)
    assert bad.returncode == 1
    assert {finding["file"] for finding in json.loads(bad.stdout)["findings"]} == {f"data/{broken.name}"}
    assert verify(tmp_path / "nothing").returncode == 1
