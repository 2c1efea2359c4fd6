"""Signed notes against the published example of the format, and the key file."""

import stat
import threading

import pytest

from licet.journal.checkpoint import (
    BadNote,
    BadSignature,
    Checkpoint,
    Verifier,
    existing_signer,
    key_path,
    open_checkpoint,
    signer,
)

VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_published_example_opens():
    assert Verifier.parse(VKEY).open(NOTE).endswith("problem is.\n")
    assert Verifier.parse(VKEY).vkey() == VKEY


def test_altered_example_is_refused():
    with pytest.raises(BadSignature):
        Verifier.parse(VKEY).open(NOTE.replace("answer", "cause"))


@pytest.fixture
def key(tmp_path):
    return signer(tmp_path)


def note_of(key, **changes):
    return key.sign(Checkpoint(**{"origin": key.verifier.name, "size": 5, "root": b"\7" * 32} | changes).text())


def test_round_trip(key):
    assert open_checkpoint(note_of(key), key.verifier) == Checkpoint(origin=key.verifier.name, size=5, root=b"\7" * 32)


def test_note_has_the_documented_shape(key):
    lines = note_of(key).split("\n")
    assert lines[:4] == [key.verifier.name, "5", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", ""]
    assert lines[4].startswith(f"— {key.verifier.name} ")
    assert lines[5:] == [""]


@pytest.mark.parametrize("note", ["", "x\n", "a\n1\n\n", "a\n\nb\n", "a\n1\nAA==\n\n— x AAAA"])
def test_damaged_notes_are_refused(note, key):
    with pytest.raises((BadNote, BadSignature)):
        open_checkpoint(note, key.verifier)


def test_key_of_somebody_else_is_refused(key, tmp_path):
    with pytest.raises(BadSignature):
        open_checkpoint(note_of(key), signer(tmp_path / "other").verifier)


def test_checkpoint_of_another_log_is_refused(key):
    with pytest.raises(BadSignature, match="another log"):
        open_checkpoint(note_of(key, origin="elsewhere.example/log"), key.verifier)


def test_key_is_private_and_kept(tmp_path):
    assert existing_signer(tmp_path) is None
    made = signer(tmp_path)
    assert stat.S_IMODE(key_path(tmp_path).stat().st_mode) == 0o600
    assert signer(tmp_path).verifier == made.verifier
    assert [path.name for path in key_path(tmp_path).parent.iterdir()] == ["journal.ed25519"]


def test_simultaneous_first_uses_get_one_key(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(signer(tmp_path).verifier)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
