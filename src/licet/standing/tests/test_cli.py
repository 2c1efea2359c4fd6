"""Commands: a feed is checked without a database, and everything is said on one screen."""

import datetime as dt
import json

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from licet.core.errors import LicetError
from licet.journal.checkpoint import Signer
from licet.standing import cli, feed
from licet.standing.tests.story import file_site

RUN = CliRunner()


@pytest.fixture
def app(monkeypatch):
    monkeypatch.setattr("licet.config.bootstrap.connect_database", lambda *_a, **_k: None)
    made = typer.Typer()
    cli.register(made)
    return made


def said(app, *arguments):
    result = RUN.invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_feed_is_verified_without_a_database(app, tmp_path):
    signer, path = Signer(Ed25519PrivateKey.generate()), tmp_path / "feed.json"
    body = feed.body_of(feed.document([], since=0, cursor=7, as_of=dt.date(2026, 3, 2)))
    path.write_text(body, encoding="utf-8")
    cli.signature_path(path).write_text(feed.sign(body, signer), encoding="utf-8")
    assert "good: snapshot of 2026-03-02, cursor 7" in said(app, "blacklist", "verify", str(path), "--key",
                                                            signer.verifier.vkey())
    path.write_text(body.replace("7", "8"), encoding="utf-8")
    with pytest.raises(LicetError, match="signature"):
        said(app, "blacklist", "verify", str(path), "--key", signer.verifier.vkey())


@pytest.mark.django_db
def test_what_the_commands_say(app, known, tmp_path):
    file_site()
    case_id, _ = known.closed()
    known.blacklist(case_id)
    known.carry_out().wait(dt.timedelta(days=90)).carry_out()
    day = known.now.date().isoformat()

    assert "close_site" in said(app, "standing", "show", "nightlamp", "--as-of", day)
    record = json.loads(said(app, "standing", "show", "nightlamp", "--as-of", day, "--json"))
    assert record["total"] == "6" and record["decisions"][0]["state"] == "counts"
    assert "nightlamp" in said(app, "standing", "list")
    assert "providers would be reached" in said(app, "standing", "preview", "10")
    assert "0 steps" in said(app, "standing", "carry-out")
    assert {row["value"] for row in json.loads(said(app, "blacklist", "list", "--json"))} == {
        "lantern.example", "91990000LANTERNXY1"}
    path = tmp_path / "feed.json"
    said(app, "blacklist", "feed", "--out", str(path))
    assert "2 entries" in said(app, "blacklist", "verify", str(path), "--key", said(app, "blacklist", "key").strip())
