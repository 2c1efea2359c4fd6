"""A file of questions: every row comes back, in order, with its answer."""

from __future__ import annotations

import csv

import pytest
from django.utils import translation

from licet.core.actors import WORKER
from licet.gate.files import decide_file, rehearse_file
from licet.journal.models import Entry
from licet.registers import snapshots

HEADER = "access_id,provider_id,service_kind,domain,ip"


@pytest.fixture
def home(cast, settings, tmp_path):
    settings.LICET_HOME = tmp_path / "home"
    snapshots.forget()
    with translation.override("en"):
        yield tmp_path
    snapshots.forget()


def written(path, *lines, header=HEADER):
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_that_cannot_be_read_comes_back_referred_with_the_reason(home):
    asked = written(home / "in.csv", "a,harbour,vhost,one.example,", "b,harbour,teleport,two.example,", "c,harbour,vhost",
                    "d,harbour,vhost,four.example,")

    result = decide_file(asked, home / "out.csv", actor=WORKER)

    rows = read(home / "out.csv")
    assert [row["access_id"] for row in rows] == ["a", "b", "", "d"]
    assert (rows[1]["domain"], rows[1]["answer"], rows[1]["reasons"]) == ("two.example", "refer", "row_unreadable:unknown")
    assert "line 3: service_kind" in rows[1]["evidence"] and "line 4" in rows[2]["evidence"]
    assert (result["rows"], result["rejected"], result["refer"]) == (4, 2, 4)
    assert [row["line"] for row in read(home / "out.csv.errors.csv")] == ["3", "4"]


def test_errors_of_another_file_are_left_alone_and_stale_ones_go(home):
    (home / "errors.csv").write_text("mine")
    (home / "out.jsonl.errors.csv").write_text("of yesterday")

    result = decide_file(written(home / "in.csv", "a,harbour,vhost,one.example,"), home / "out.jsonl", actor=WORKER)

    assert result["errors"] == ""
    assert (home / "errors.csv").read_text() == "mine"
    assert not (home / "out.jsonl.errors.csv").exists()


def test_a_plain_list_of_domains_can_be_asked_about(home):
    decide_file(written(home / "in.csv", "one.example", header="domain"), home / "out.csv", actor=WORKER, provider="harbour")

    assert [(row["access_id"], row["provider_id"], row["domain"]) for row in read(home / "out.csv")] == [
        ("2", "harbour", "one.example")]


def test_a_dry_run_over_a_file_keeps_nothing(home):
    asked = written(home / "in.csv", "a,harbour,vhost,one,", "b,harbour,vhost,two.example,")
    before = Entry.objects.count()

    found = rehearse_file(asked, ["domain_unusable"], actor=WORKER)

    assert (found["rows"], found["cut"], found["by_finding"]) == (2, 1, {"domain_unusable": 1})
    assert Entry.objects.count() == before
