"""Letters over the API and on the command line: exact text and hash, for those who may read them."""

import hashlib
import json

import pytest
from django.test import Client
from typer.testing import CliRunner

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.notices.models import Notice
from licet.notices.services import deliver_due


@pytest.fixture
def letter(story):
    measure = story.suspension()
    deliver_due(story.now)
    with acting_as(WORKER):
        return Notice.objects.get(measure=measure)


@pytest.fixture
def client_of(cast):
    """``client_of("nightlamp")``: a client with a key of this organisation."""
    from licet.parties.tokens import add_token

    def make(party):
        with acting_as(WORKER):
            _, key = add_token("letters", party_id=party, scopes=["cases.read"], by=WORKER)
        return Client(headers={"authorization": f"Bearer {key}"})

    return make


def test_desk_and_whoever_is_hit_read_the_exact_text(letter, client_of):
    for party in ("authority", "nightlamp"):
        client = client_of(party)
        rows = client.get(f"/api/notices?measure={letter.measure_id}").json()["letters"]
        assert [(row["number"], row["sha256"]) for row in rows] == [(letter.number, letter.sha256)]
        read = client.get(f"/api/notices/{letter.pk}").json()
        assert read["text"] == letter.text and hashlib.sha256(read["text"].encode()).hexdigest() == read["sha256"]


def test_others_find_nothing(letter, client_of):
    client = client_of("mudflat")
    assert client.get("/api/notices").json()["letters"] == []
    assert client.get(f"/api/notices/{letter.pk}").status_code == 404


def test_pdf_over_the_api(letter, client_of):
    assert client_of("authority").get(f"/api/notices/{letter.pk}/pdf").content.startswith(b"%PDF")


def test_commands(letter, monkeypatch, tmp_path):
    from licet.cli import _assemble

    monkeypatch.setattr("licet.config.bootstrap.connect_database", lambda: None)
    run = lambda *words: CliRunner().invoke(_assemble(), ["notice", *words])  # noqa: E731 (one expression, used below)
    listed = json.loads(run("list", "--json").stdout)
    assert listed["number"] == letter.number
    shown = json.loads(run("show", str(letter.pk), "--json").stdout)
    assert shown["text"] == letter.text and {row["state"] for row in shown["deliveries"]} == {"sent"}
    out = tmp_path / "letter.pdf"
    assert run("pdf", str(letter.pk), "--out", str(out)).exit_code == 0 and out.read_bytes().startswith(b"%PDF")
    assert "deliveries" in run("deliver").stdout
