"""Sealed bags, checked by us without a database and by the independent ``bagit`` library; then broken byte by byte."""

import json
import logging
import shutil
import tarfile
import zipfile
from pathlib import Path

import bagit
import pytest

from licet.core.actors import WORKER
from licet.core.errors import BadInput, Conflict, NotFound
from licet.core.rls import acting_as
from licet.evidence import services
from licet.evidence.bagcheck import check_bag
from licet.evidence.models import Bag
from licet.evidence.services import NewItem, seal_due, stamp_due
from licet.evidence.tests.locker import WHY, TestLocker, picture
from licet.evidence.timestamps import read_certificates


@pytest.fixture
def sealed(stamping, locker):
    """A bag of two stamped items, as a zip file in memory."""
    locker.add(b"what the page said", kind="statement", title="页面内容", url="https://lantern.example/")
    locker.add(picture(), kind="capture")
    stamp_due(locker.now)
    locker.bag = locker.seal()
    return locker


def archive_of(locker, folder, bag=None):
    bag = bag or locker.bag
    _bag, chunks = services.download_bag(bag.ref, purpose=WHY, actor=locker.story.who("olm"), at=locker.now)
    path = folder / f"{bag.ref}.zip"
    path.write_bytes(b"".join(chunks))
    return path


@pytest.fixture
def folder(sealed, tmp_path):
    """The bag, unpacked."""
    with zipfile.ZipFile(archive_of(sealed, tmp_path)) as archive:
        archive.extractall(tmp_path / "out")
    return tmp_path / "out" / sealed.bag.ref


def test_independent_library_finds_the_bag_valid(folder):
    logging.getLogger("bagit").setLevel(logging.CRITICAL)
    bag = bagit.Bag(str(folder))

    assert bag.validate()
    assert bag.version_info == (1, 0) and set(bag.algorithms) == {"sha256", "sha512"}
    assert bag.info["External-Identifier"].startswith("B-")


def test_bag_is_intact_in_every_form(folder, stamping, tmp_path):
    shutil.make_archive(str(tmp_path / "packed"), "tar", folder.parent, folder.name)
    roots = read_certificates([stamping.ca])
    vkey = (folder / "journal" / "vkey").read_text().strip()

    for path in (folder, tmp_path / f"{folder.name}.zip", tmp_path / "packed.tar"):
        report = check_bag(path, roots=roots, vkey=vkey)
        assert report.findings == ()
        assert (report.items, report.stamps, report.proofs, report.notes) == (2, 2, 6, ())


def test_bag_says_what_nobody_vouched_for(folder):
    report = check_bag(folder)

    assert report.intact
    assert len(report.notes) == 2 and "--ca" in report.notes[0] + report.notes[1]


def test_bag_holds_items_custody_and_why(folder, sealed):
    items = json.loads((folder / "metadata" / "items.json").read_text())
    custody = json.loads((folder / "metadata" / "custody.json").read_text())

    assert [item["title"] for item in items] == ["页面内容", "Front page"]
    assert (folder / items[0]["file"]).read_bytes() == b"what the page said"
    assert [line["action"] for line in custody if line["item"] == items[0]["ref"]] == ["added", "stamped", "exported"]
    assert all(line["proof"] for line in custody)
    assert json.loads((folder / "metadata" / "bag.json").read_text())["purpose"] == "for the police desk"


def every_file(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_one_changed_byte_in_any_file_is_found_and_named(folder):
    for name in every_file(folder):
        path = folder / name
        whole = path.read_bytes()
        for position in {0, len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1:])
            found = check_bag(folder)
            assert not found.intact, (name, position)
            assert name in {finding.file for finding in found.findings} or name.startswith(("manifest", "tagmanifest")), (
                name, position, found.findings)
        path.write_bytes(whole)
    assert check_bag(folder).intact


@pytest.mark.parametrize("name", ["data/{ref}.txt", "stamps/{ref}.1.tsr", "metadata/items.json", "bag-info.txt",
                                  "tagmanifest-sha512.txt", "manifest-sha256.txt", "bagit.txt"])
def test_missing_file_is_named(folder, name):
    name = name.format(ref=folder.name.replace("B-", "E-"))
    (folder / name).unlink()

    assert name in {finding.file for finding in check_bag(folder).findings}


@pytest.mark.parametrize("name", ["data/more.txt", "more.txt", "metadata/more.json", "stamps/more.tsr",
                                  "journal/proofs/99999.json"])
def test_additional_file_is_named(folder, name):
    (folder / name).write_text("more")

    assert ("additional", name) in {(finding.code, finding.file) for finding in check_bag(folder).findings}


def test_link_is_no_file(folder, tmp_path):
    data = folder / f"data/{folder.name.replace('B-', 'E-')}.txt"
    (tmp_path / "elsewhere").write_bytes(data.read_bytes())
    data.unlink()
    data.symlink_to(tmp_path / "elsewhere")

    assert next(finding.file for finding in check_bag(folder).findings) == f"data/{data.name}"


def reseal(folder):
    """What a forger does: write all manifests anew, so that BagIt finds nothing."""
    import hashlib

    oxum = list((folder / "data").iterdir())
    info = (folder / "bag-info.txt").read_text().splitlines()
    info = [line if not line.startswith("Payload-Oxum") else
            f"Payload-Oxum: {sum(path.stat().st_size for path in oxum)}.{len(oxum)}" for line in info]
    (folder / "bag-info.txt").write_text("\n".join(info) + "\n")
    for kind in ("manifest", "tagmanifest"):
        for algorithm in ("sha256", "sha512"):
            (folder / f"{kind}-{algorithm}.txt").unlink()
    for kind in ("manifest", "tagmanifest"):
        names = [name for name in every_file(folder)
                 if name.startswith("data/") == (kind == "manifest") and not name.startswith("tagmanifest")]
        for algorithm in ("sha256", "sha512"):
            lines = [f"{hashlib.new(algorithm, (folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
            (folder / f"{kind}-{algorithm}.txt").write_text("".join(lines))


def test_forger_who_writes_the_manifests_anew_is_caught(folder):
    name = f"data/{folder.name.replace('B-', 'E-')}.txt"
    (folder / name).write_bytes(b"what the forger said")
    reseal(folder)
    logging.getLogger("bagit").setLevel(logging.CRITICAL)
    assert bagit.Bag(str(folder)).validate()

    assert [(found.code, found.file) for found in check_bag(folder).findings] == [("bad_item", name)]


def test_forger_who_changes_the_hash_too_is_caught_by_stamp_and_journal(folder):
    import hashlib

    name = f"data/{folder.name.replace('B-', 'E-')}.txt"
    (folder / name).write_bytes(b"what the forger said")
    path = folder / "metadata" / "items.json"
    items = json.loads(path.read_text())
    items[0]["sha256"] = hashlib.sha256(b"what the forger said").hexdigest()
    path.write_text(json.dumps(items))
    reseal(folder)

    assert {found.code for found in check_bag(folder).findings} == {"bad_stamp", "bad_proof"}


def test_changed_custody_is_caught_by_the_journal(folder):
    path = folder / "metadata" / "custody.json"
    custody = json.loads(path.read_text())
    custody[0]["actor"] = "user:999"
    path.write_text(json.dumps(custody))
    reseal(folder)

    assert [(found.code, found.file) for found in check_bag(folder).findings] == [("bad_proof", custody[0]["proof"])]


def test_proof_of_another_key_is_refused_when_the_key_is_known(folder):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from licet.journal.checkpoint import Signer

    stranger = Signer(Ed25519PrivateKey.generate()).verifier.vkey()

    assert {found.code for found in check_bag(folder, vkey=stranger).findings} == {"bad_proof"}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"text"])
def test_what_is_no_bag_is_refused(tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BadInput):
        check_bag(tmp_path / "x.zip")


def test_empty_folder_is_no_bag(tmp_path):
    (tmp_path / "bag").mkdir()
    assert ("not_a_bag", "bagit.txt") in {(found.code, found.file) for found in check_bag(tmp_path / "bag").findings}


# --- sealing ---------------------------------------------------------------------------------------------------------


def test_bag_is_sealed_by_the_job_once(locker):
    locker.add()
    bag = services.request_bag(locker.number, purpose=WHY, actor=locker.story.who("olm"), at=locker.now)
    with pytest.raises(Conflict, match="requested"):
        services.download_bag(bag.ref, purpose=WHY, actor=locker.story.who("olm"), at=locker.now)

    assert seal_due(locker.now) == 1
    assert seal_due(locker.now) == 0
    with acting_as(WORKER):
        found = Bag.objects.get(pk=bag.pk)
    assert (found.state, len(found.sha256)) == ("sealed", 64)
    assert locker.actions()[-1] == "sealed"


def test_bag_of_some_items(locker, tmp_path):
    wanted, _other = locker.add(b"wanted"), locker.add(b"other")
    path = archive_of(locker, tmp_path, locker.seal(refs=[wanted.ref]))

    report = check_bag(path)
    assert (report.items, report.intact) == (1, True)


@pytest.mark.parametrize("refs", [["E-nothing-1"], ["E-2026-000001-99"]])
def test_bag_of_foreign_items_is_refused(locker, refs):
    locker.add()
    with pytest.raises(BadInput):
        locker.seal(refs=refs)


def test_bag_of_an_empty_case_is_refused(locker):
    with pytest.raises(NotFound):
        locker.seal()


def test_bag_of_minors_holds_hash_and_address(actor_of, tmp_path):
    from licet.casework.tests.story import Story

    minors = TestLocker(Story(actor_of), ground="minors", tier=1)
    new = NewItem(kind="capture", title="Reported page", url="https://bad.example/", sha256="ab" * 32)
    services.add_item(minors.number, new, None, purpose=WHY, actor=minors.story.who("olm"), at=minors.now)
    path = archive_of(minors, tmp_path, minors.seal())

    assert check_bag(path).intact
    with zipfile.ZipFile(path) as archive:
        (payload,) = [name for name in archive.namelist() if "/data/" in name]
        assert json.loads(archive.read(payload))["url"] == "https://bad.example/"


def test_sealed_bag_lies_encrypted(sealed):
    from licet.evidence import store

    with acting_as(WORKER):
        bag = Bag.objects.get(pk=sealed.bag.pk)
    assert b"what the page said" not in store.place(bag.locker_id, bag.ref).read_bytes()


def test_paths_of_a_bag_are_plain(folder):
    assert all(not Path(name).is_absolute() and ".." not in name for name in every_file(folder))


def test_tar_with_two_tops_is_no_bag(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(tmp_path / "one", "a/one")
        tar.add(tmp_path / "two", "b/two")
    assert not check_bag(tmp_path / "x.tar").intact
