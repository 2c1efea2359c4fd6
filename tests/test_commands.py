"""The main job from the command line, as checks from outside run it: exit codes, and JSON that is nothing but JSON."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from licet.config.terminal import counted

COMMAND = [sys.executable, "-c", "from licet.cli import main; main()"]


@pytest.fixture(scope="module")
def licet():
    """``licet`` in an installation of its own, outside pytest's directory, which is closed to PostgreSQL's user."""
    home = Path(tempfile.mkdtemp(prefix="licet-commands-"))
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "LICET_TEST_HOME"}}
    environment |= {"LICET_HOME": str(home), "LANG": "C", "LC_ALL": ""}

    def run(*arguments, **more):
        return subprocess.run(
            [*COMMAND, *arguments], env=environment | more, cwd=home, capture_output=True, text=True, timeout=500, check=False
        )

    run.home = home
    yield run
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def province(licet):
    done = licet("demo", "--rows", "200", "--seed", "5", "--json", "--keep")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def access_list(licet):
    with next((licet.home / "demo").glob("*-access.csv")).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_demo_prints_one_document(province):
    assert all(line["found"] == line["planted"] >= 3 and not line["false"] for line in province["findings"])
    assert province["rows"] == 200


@pytest.mark.slow
def test_exit_codes_of_the_gate(licet, province):
    good = next(row for row in access_list(licet) if row["provider_id"].endswith("-p01"))
    question = ["gate", "check", "--provider", good["provider_id"], "--json", "--domain"]

    permit, deny = licet(*question, good["domain"]), licet(*question, "nobody-filed-this.example")
    refer = licet(*question, good["domain"], "--as-of", "2099-01-01")

    assert [(done.returncode, json.loads(done.stdout)["answer"]) for done in (permit, deny, refer)] == [
        (0, "permit"),
        (3, "deny"),
        (4, "refer"),
    ]


@pytest.mark.slow
def test_a_billing_code_is_referred(licet, province):
    done = licet("gate", "check", "--code", "1062")

    assert done.returncode == 4
    assert "billing register" in done.stdout.lower()


@pytest.mark.slow
def test_an_unreachable_database_is_referred(licet):
    elsewhere = licet.home / "gone"
    environment = dict(os.environ) | {"LICET_HOME": str(elsewhere), "DATABASE_URL": "postgresql://x:y@127.0.0.1:9/none"}
    done = subprocess.run(
        [*COMMAND, "gate", "check", "--domain", "a.example", "--json"],
        env=environment,
        timeout=120,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 4, done.stderr
    assert json.loads(done.stdout)["answer"] == "refer"


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "jsonl"])
def test_a_batch_comes_back_with_answers(licet, province, ending):
    source = next((licet.home / "demo").glob("*-access.csv"))
    done = licet("gate", "batch", str(source), "--out", f"answers.{ending}", "--json")

    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["permit"] + counts["deny"] + counts["refer"] == 200
    assert counts["deny"] >= 30
    assert (licet.home / f"answers.{ending}").stat().st_size > 0


@pytest.mark.slow
def test_a_batch_speaks_the_language_of_the_terminal(licet, province):
    source = next((licet.home / "demo").glob("*-access.csv"))
    digests = [json.loads(licet("gate", "batch", str(source), "--out", f"{name}.csv", "--json", LC_ALL=name).stdout)["digest"]
               for name in ("zh_CN.UTF-8", "C")]

    said = {}
    for name in ("zh_CN.UTF-8", "C"):
        with (licet.home / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            said[name] = [row["evidence"] for row in csv.DictReader(file) if row["answer"] == "deny"]
    assert digests[0] == digests[1]
    assert any("没有备案包含" in text for text in said["zh_CN.UTF-8"])
    assert any("no filing lists" in text for text in said["C"])


@pytest.mark.slow
def test_a_sweep_prints_one_document_and_says_when_rows_were_bad(licet, province):
    source = next((licet.home / "demo").glob("*-access.csv"))
    broken = licet.home / "broken.csv"
    broken.write_text(source.read_text(encoding="utf-8").replace(",vhost,", ",teleport,", 1), encoding="utf-8")

    good = licet("sweep", "run", str(source), "--out", "out", "--json")
    bad = licet("sweep", "run", str(broken), "--out", "bad", "--json")

    assert (good.returncode, json.loads(good.stdout)["rows"]) == (0, 200)
    assert (bad.returncode, json.loads(bad.stdout)["rows"]) == (1, 199)
    assert (licet.home / "bad" / "errors.csv").exists() and not (licet.home / "out" / "errors.csv").exists()


REFUSED = {
    "an-address": (["gate", "check", "--ip", "999.1.1.1"], 1, None),
    "no-such-file": (["import", "filings", "nowhere.csv"], 1, None),
    "a-broken-file": (["import", "filings", "torn.xlsx"], 1, None),
    "a-list-that-is-not-there": (["sweep", "run", "nowhere.csv"], 1, None),
    "a-batch-that-is-not-there": (["gate", "batch", "nowhere.csv", "--out", "x.csv"], 1, None),
    "a-page-that-is-not-there": (["numbers", "nowhere.html"], 1, "not_found"),
    "no-such-kind": (["import", "mudflats", "x.csv"], 2, "usage"),
    "no-such-option": (["gate", "check", "--colour", "red"], 2, "usage"),
    "nothing-asked": (["gate", "check"], 2, "usage"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "code", "name"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_one_document_where_one_was_asked_for(licet, province, arguments, code, name):
    (licet.home / "torn.xlsx").write_bytes(b"PK\x03\x04torn")

    plain, document = licet(*arguments), licet(*arguments, "--json")

    assert (plain.returncode, document.returncode) == (code, code)
    assert plain.stdout == ""
    error = json.loads(document.stdout)
    assert list(error) == ["error"]
    assert set(error["error"]) == {"code", "message", "hint"}
    assert error["error"]["message"] and error["error"]["hint"]
    assert name in {None, error["error"]["code"]}


def test_help_is_no_refusal_and_needs_no_document(licet):
    done = licet("gate", "check", "--json", "--help")

    assert done.returncode == 0
    assert "--domain" in done.stdout


@pytest.mark.parametrize(("count", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1204, "1,204 rows")])
def test_one_is_not_many(count, said):
    assert counted(count, "row") == said
    assert counted(count, "entry", "entries") == said.replace("rows", "entries").replace("row", "entry")
