"""The commands, as processes of their own: a proof is checked where there is no database and no LICET_HOME."""

import json
import os
import subprocess
import sys

import pytest

from licet.journal import selectors
from licet.journal.proofs import ProofRefused, check_proof
from licet.journal.services import home
from licet.journal.tests.forging import append_entries, sign


@pytest.fixture
def proof(journal):
    journal(700)
    sign()
    journal(3)
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as

    with acting_as(WORKER):
        return selectors.proof_of(300)


def licet(*arguments, cwd):
    """Run a command with a home that cannot exist and a database that nobody serves."""
    environment = {"PATH": os.environ["PATH"], "LICET_HOME": "/nonexistent/licet",
                   "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere"}
    return subprocess.run([sys.executable, "-m", "licet.cli", "journal", *arguments], cwd=cwd, env=environment,
                          capture_output=True, text=True, check=False)


def test_proof_is_checked_without_database_and_home(proof, tmp_path):
    (tmp_path / "proof.json").write_text(json.dumps(proof))
    done = licet("check-proof", "proof.json", "--json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["entry"]["seq"]) == (0, 300), done.stderr
    pinned = licet("check-proof", "proof.json", "--vkey", proof["vkey"], cwd=tmp_path)
    assert pinned.returncode == 0
    assert "entry 300 (test:record:changed" in pinned.stdout


def test_altered_proof_fails(proof, tmp_path):
    (tmp_path / "proof.json").write_text(json.dumps(proof).replace("record:300", "record:301"))
    done = licet("check-proof", "proof.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "not in the signed journal" in done.stderr


def change(document, name, value):
    return document | {name: value}


@pytest.mark.parametrize("alter", [
    pytest.param(lambda d: change(d, "entry", d["entry"] | {"actor": "user:8"}), id="entry-shown"),
    pytest.param(lambda d: change(d, "canonical", d["canonical"].replace("user:7", "user:8")), id="text"),
    pytest.param(lambda d: change(d, "seq", 301), id="number"),
    pytest.param(lambda d: change(d, "inclusion_proof", d["inclusion_proof"][:-1]), id="path"),
    pytest.param(lambda d: change(d, "inclusion_proof", ["!"]), id="path-damaged"),
    pytest.param(lambda d: change(d, "format", "x"), id="format"),
    pytest.param(lambda d: {"format": d["format"]}, id="incomplete"),
    pytest.param(lambda d: [d], id="list"),
])
def test_every_alteration_is_refused(proof, alter):
    check_proof(proof)
    with pytest.raises(ProofRefused):
        check_proof(alter(proof))


def test_checkpoint_of_a_proof_cannot_be_altered_or_signed_by_another(proof, tmp_path):
    from licet.core.errors import BadInput
    from licet.journal.checkpoint import signer

    with pytest.raises(BadInput, match="signature"):
        check_proof(change(proof, "checkpoint", proof["checkpoint"].replace("\n700\n", "\n701\n")))
    with pytest.raises(BadInput, match="not signed by"):
        check_proof(proof, vkey=signer(tmp_path / "other").verifier.vkey())


def test_unsigned_entry_has_no_proof_yet(proof):
    from licet.core.actors import WORKER
    from licet.core.errors import Conflict
    from licet.core.rls import acting_as

    with pytest.raises(Conflict, match="not signed yet"), acting_as(WORKER):
        selectors.proof_of(701)


@pytest.fixture
def run(monkeypatch):
    """Run a command in this process, where the database of the test is connected."""
    from typer.testing import CliRunner

    from licet.cli import app
    from licet.journal import cli

    monkeypatch.setattr("licet.config.bootstrap.connect_database", lambda: None)
    if not any(group.name == "journal" for group in app.registered_groups):
        cli.register(app)
    return lambda *arguments: CliRunner().invoke(app, ["journal", *arguments])


def test_verify_and_checkpoint(journal, run):
    append_entries(4)
    assert '"size": 4' in run("checkpoint", "--json").stdout
    done = run("verify", "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["intact"], report["entries"], report["findings"]) == (0, True, 4, [])
    assert run("verify").stdout.startswith("intact: 4 entries")
    assert run("verify", "--against", str(home() / "journal" / "checkpoint")).exit_code == 0


def test_verify_names_the_forged_entry_and_fails(forger, run):
    append_entries(4)
    sign()
    forger.sql.execute("UPDATE journal_entry SET purpose = 'forged' WHERE seq = 2")
    forger.rewrite()
    done = run("verify", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["findings"][0] == {
        "finding": "changed", "seq": 2, "last": 2, "reason": "its text is not what was signed"}
    assert "changed: entry 2: its text is not what was signed" in run("verify").stdout


def test_show_and_prove(journal, run, tmp_path):
    append_entries(3)
    sign()
    assert [line.split("\t")[0] for line in run("show", "--tag", "test:").stdout.splitlines()] == ["0", "1", "2"]
    lines = run("show", "--json", "--subject", "record:1", "--since", "2026-01-01").stdout.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1]
    assert run("show", "--since", "2999-01-01").stdout == ""
    assert run("prove", "1", "--out", str(tmp_path / "p.json")).exit_code == 0
    assert check_proof(json.loads((tmp_path / "p.json").read_text())).entry["seq"] == 1
