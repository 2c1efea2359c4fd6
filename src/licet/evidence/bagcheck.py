"""Checking a bag with nothing but the bag: no database, no LICET_HOME, no network.

Every finding names the file it is about. Checked are BagIt (RFC 8493) with every file accounted for, the items against
their hashes, each time stamp against its item, and each line of custody against its journal proof. Rule: RFC 8493
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import posixpath
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from cryptography import x509

from licet.core.errors import BadInput, LicetError
from licet.evidence.bagging import ALGORITHMS, DECLARATION
from licet.evidence.timestamps import StampRefused, check
from licet.journal.proofs import Proven, check_proof

_LINE = re.compile(r"([0-9a-f]+)  (.+)")  # as bagging.py writes it, nothing looser
_CHUNK = 1 << 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class BagFinding:
    """``code``: missing, changed, additional, not_a_bag, bad_item, bad_stamp or bad_proof."""

    code: str
    file: str
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class BagReport:
    """What a check found. ``notes``: what holds only under a condition (a key or certificate nobody vouched for)."""

    bag: str
    files: int
    items: int
    stamps: int
    proofs: int
    findings: tuple[BagFinding, ...]
    notes: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Nothing was found."""
        return not self.findings


@dataclasses.dataclass(frozen=True)
class _Files:
    """The files of a bag, wherever they lie: name below the bag's folder -> how to open it."""

    open: dict[str, Callable[[], IO[bytes]]]

    def read(self, name: str) -> bytes:
        with self.open[name]() as file:
            return file.read()

    def digests(self, name: str, algorithms: tuple[str, ...]) -> tuple[int, dict[str, str]]:
        found, size = {name: hashlib.new(name) for name in algorithms}, 0
        with self.open[name]() as file:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                for digest in found.values():
                    digest.update(chunk)
        return size, {algorithm: digest.hexdigest() for algorithm, digest in found.items()}


def check_bag(path: Path, *, roots: list[x509.Certificate] | None = None, vkey: str = "") -> BagReport:
    """Check a bag that is a folder, a .zip or a .tar. ``roots``: certificates that time stamps must lead to; ``vkey``:
    the journal key to trust. Without them the bag's own are used, and the report notes it.

    Raises :class:`BadInput` when the path cannot be opened as any of these at all.
    """
    with contextlib.ExitStack() as stack:
        return _Check(_opened(path, stack), path.name, roots or [], vkey).run()


def _opened(path: Path, stack: contextlib.ExitStack) -> _Files:
    if path.is_dir():
        return _rooted({found.relative_to(path).as_posix(): _opener(found) for found in sorted(path.rglob("*"))
                        if found.is_file() or found.is_symlink()})
    try:
        if zipfile.is_zipfile(path):
            archive = stack.enter_context(zipfile.ZipFile(path))
            return _rooted({info.filename: _zipped(archive, info) for info in archive.infolist() if not info.is_dir()})
        if tarfile.is_tarfile(path):
            tar = stack.enter_context(tarfile.open(path))  # noqa: SIM115 (the stack closes it)
            return _rooted({member.name: _tarred(tar, member) for member in tar.getmembers() if member.isfile()})
    except (OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise BadInput(f"{path.name} cannot be opened: {error}", hint="the archive is damaged") from error
    raise BadInput(f"{path.name} is no bag", hint="a bag is a folder, a .zip or a .tar")


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        if path.is_symlink():
            raise OSError("a link, not a file")
        return path.open("rb")

    return opened


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _tarred(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        file = tar.extractfile(member)
        if file is None:
            raise OSError("no file")
        return file

    return opened


def _rooted(found: dict[str, Callable[[], IO[bytes]]]) -> _Files:
    """Names below the one folder an archive holds."""
    if "bagit.txt" in found or not found:
        return _Files(found)
    tops = {name.split("/", 1)[0] for name in found}
    if len(tops) != 1:
        return _Files(found)
    top = tops.pop() + "/"
    return _Files({name.removeprefix(top): opener for name, opener in found.items()})


class _Check:
    def __init__(self, files: _Files, name: str, roots: list[x509.Certificate], vkey: str) -> None:
        self.files, self.name, self.roots, self.vkey = files, name, roots, vkey
        self.findings: list[BagFinding] = []
        self.notes: list[str] = []
        self.damaged: set[str] = set()
        self.counts = {"items": 0, "stamps": 0, "proofs": 0}

    def run(self) -> BagReport:
        if "bagit.txt" not in self.files.open:
            self._find("not_a_bag", "bagit.txt", "the declaration of a bag is missing")
        elif self._text("bagit.txt") != DECLARATION:
            self._find("changed", "bagit.txt", "the declaration is not that of BagIt 1.0 in UTF-8")
        self._manifests("manifest", lambda name: name.startswith("data/"))
        self._manifests("tagmanifest", lambda name: not name.startswith(("data/", "tagmanifest-")))
        self._oxum()
        self._evidence()
        return BagReport(bag=self.name, files=len(self.files.open), findings=tuple(self.findings),
                         notes=tuple(dict.fromkeys(self.notes)), **self.counts)

    def _find(self, code: str, file: str, text: str) -> None:
        if code in {"missing", "changed"}:
            if file in self.damaged:
                return
            self.damaged.add(file)
        self.findings.append(BagFinding(code=code, file=file, text=text))

    def _text(self, name: str) -> str:
        try:
            return self.files.read(name).decode()
        except (OSError, UnicodeDecodeError, zipfile.BadZipFile, KeyError):
            return ""

    def _manifests(self, kind: str, belongs: Callable[[str], bool]) -> None:
        """Each file of a kind in each manifest of it, with its hash, and no file that is not."""
        listed = {algorithm: self._manifest(f"{kind}-{algorithm}.txt") for algorithm in ALGORITHMS}
        present = {name for name in self.files.open if belongs(name)}
        for name in sorted(present | set().union(*listed.values())):
            self._account(name, {algorithm: rows.get(name) for algorithm, rows in listed.items()}, name in present)

    def _account(self, name: str, listed: dict[str, str | None], present: bool) -> None:
        if not present:
            self._find("missing", name, "the file is missing")
            return
        if all(digest is None for digest in listed.values()):
            self._find("additional", name, "no manifest lists the file")
            return
        try:
            _size, found = self.files.digests(name, ALGORITHMS)
        except (OSError, zipfile.BadZipFile) as error:
            self._find("changed", name, f"the file cannot be read: {error}")
            return
        wrong = [algorithm for algorithm in ALGORITHMS if listed[algorithm] != found[algorithm]]
        if len(wrong) == len(ALGORITHMS):
            self._find("changed", name, "the file is not what was sealed")
        elif wrong:  # one manifest knows it as it is, the other does not: the manifest was changed
            self._find("changed", name, f"its {wrong[0]} is not the one listed")

    def _manifest(self, name: str) -> dict[str, str]:
        if name not in self.files.open:
            self._find("missing", name, "the manifest is missing")
            return {}
        rows: dict[str, str] = {}
        text = self._text(name)
        for line in text.removesuffix("\n").split("\n") if text else ():
            match = _LINE.fullmatch(line)
            if match is None or posixpath.normpath(match[2]) != match[2] or match[2].startswith(("/", "..")):
                self._find("changed", name, "a line of the manifest cannot be read")
                continue
            rows[match[2]] = match[1]
        if not rows:
            self._find("changed", name, "the manifest lists nothing")
        return rows

    def _oxum(self) -> None:
        found = re.search(r"^Payload-Oxum: (\d+)\.(\d+)$", self._text("bag-info.txt"), re.MULTILINE)
        payload = [name for name in self.files.open if name.startswith("data/")]
        try:
            octets = sum(self.files.digests(name, ())[0] for name in payload)
        except (OSError, zipfile.BadZipFile):
            return  # named already
        if found and (int(found[1]), int(found[2])) != (octets, len(payload)):
            self._find("changed", "bag-info.txt", f"it announces {found[1]} bytes in {found[2]} files, there are"
                                                  f" {octets} in {len(payload)}")

    # --- evidence ------------------------------------------------------------------------------------------------------

    def _evidence(self) -> None:
        items = self._document("metadata/items.json")
        custody = self._document("metadata/custody.json")
        hashes: dict[str, str] = {}
        for item in items:
            with self._readable("metadata/items.json"):
                hashes[item["ref"]] = item["sha256"]
                self._item(item)
        own = self._own_roots()
        for item in items:
            with self._readable("metadata/items.json"):
                for stamp in item["stamps"]:
                    self._stamp(stamp["file"], item["sha256"], own)
        proven = set()
        for line in custody:
            with self._readable("metadata/custody.json"):
                proven.add(self._proof(line, hashes))
        unproven = sorted(name for name in self.files.open if name.startswith("journal/proofs/") and name not in proven)
        for name in unproven:
            self._find("bad_proof", name, "no line of the custody log has this proof")

    @contextlib.contextmanager
    def _readable(self, name: str) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, AttributeError):
            self._find("changed", name, "an entry is not what is expected there")

    def _document(self, name: str) -> list[dict[str, Any]]:
        if name not in self.files.open:
            self._find("missing", name, "the file is missing")
            return []
        try:
            value = json.loads(self.files.read(name))
        except (ValueError, OSError, zipfile.BadZipFile):
            value = None
        if not isinstance(value, list):
            self._find("changed", name, "the file is no list")
            return []
        return value

    def _item(self, item: dict[str, Any]) -> None:
        self.counts["items"] += 1
        name = item["file"]
        if name not in self.files.open:
            self._find("missing", name, "the file is missing")
        elif item["content"] == "kept":
            try:
                found = self.files.digests(name, ("sha256",))[1]["sha256"]
            except (OSError, zipfile.BadZipFile):
                return  # named already
            if found != item["sha256"]:
                self._find("bad_item", name, f"it is not the content of {item['ref']}")

    def _own_roots(self) -> list[x509.Certificate]:
        found: list[x509.Certificate] = []
        for name in sorted(self.files.open):
            if name.startswith("stamps/ca/"):
                with contextlib.suppress(ValueError, OSError, zipfile.BadZipFile):
                    found += x509.load_pem_x509_certificates(self.files.read(name))
        return found

    def _stamp(self, name: str, sha256: str, own: list[x509.Certificate]) -> None:
        if name not in self.files.open:
            self._find("missing", name, "the time stamp is missing")
            return
        self.counts["stamps"] += 1
        if not self.roots:
            self.notes.append("time stamps are checked against certificates that came with the bag, or public ones; give"
                              " --ca to trust your own")
        try:
            check(self.files.read(name), sha256, self.roots or own)
        except (StampRefused, OSError, zipfile.BadZipFile) as error:
            self._find("bad_stamp", name, getattr(error, "message", str(error)))

    def _proof(self, line: dict[str, Any], hashes: dict[str, str]) -> str:
        name = line["proof"]
        if name is None:
            self.notes.append(f"journal entry {line['journal_seq']} is younger than the signed journal in the bag")
            return ""
        if name not in self.files.open:
            self._find("missing", name, "the journal proof is missing")
            return str(name)
        self.counts["proofs"] += 1
        if not self.vkey:
            self.notes.append("journal proofs are checked with the key that came with the bag; give --vkey to trust the "
                              "published one")
        try:
            proven = check_proof(json.loads(self.files.read(name)), vkey=self.vkey)
        except (LicetError, ValueError, OSError, zipfile.BadZipFile) as error:
            self._find("bad_proof", name, getattr(error, "message", "the proof cannot be read"))
            return str(name)
        wrong = _differs(line, proven, hashes)
        if wrong:
            self._find("bad_proof", name, f"the custody log says something else than the journal: {wrong}")
        if self._text("journal/vkey").strip() != proven.verifier.vkey():
            self._find("bad_proof", name, "it is signed by another key than journal/vkey")
        return str(name)


def _differs(line: dict[str, Any], proven: Proven, hashes: dict[str, str]) -> str:
    """The first field in which a custody line differs from its journal entry, '' if none does."""
    entry, data = proven.entry, proven.entry.get("data", {})
    pairs = {"number": (line["journal_seq"], entry.get("seq")), "actor": (line["actor"], entry.get("actor")),
             "action": (f"evidence:item:{line['action']}", entry.get("tag")),
             "purpose": (line["purpose"], entry.get("purpose")), "item": (line["item"], data.get("item")),
             "result": (line["result"], str(data.get("result"))[:200]),
             "hash": (hashes.get(line["item"]), data.get("sha256"))}
    return next((name for name, (one, other) in pairs.items() if one != other), "")
