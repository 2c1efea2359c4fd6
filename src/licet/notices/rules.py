"""What notices decide, as pure functions: when to try again, and what a document is."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import zipfile
from collections.abc import Sequence

from licet.core.errors import BadInput
from licet.notices.profile_texts import Limits
from licet.notices.tables import FORMAT_BY_ID, FORMATS, DocumentFormat

LARGEST_UNPACKED = 200 * 1024 * 1024


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bounce:
    """What the mail server said. ``permanent``: trying again is useless."""

    permanent: bool
    text: str


def retry_at(tries: int, now: dt.datetime, limits: Limits) -> dt.datetime | None:
    """When to try again after ``tries`` failures: the wait doubles up to the longest; ``None`` = give up."""
    if tries >= limits.tries:
        return None
    minutes = min(limits.first_retry_minutes * 2 ** max(tries - 1, 0), limits.longest_retry_minutes)
    return now + dt.timedelta(minutes=minutes)


class NoDocument(BadInput):
    """This file is not taken."""

    code = "no_document"


# What the first bytes say. Pictures, films and sound are refused by name, so that people know why.
_MEDIA: tuple[tuple[bytes, int, str], ...] = (
    (b"\xff\xd8\xff", 0, "picture"), (b"\x89PNG", 0, "picture"), (b"GIF8", 0, "picture"), (b"BM", 0, "picture"),
    (b"II*\x00", 0, "picture"), (b"MM\x00*", 0, "picture"), (b"WEBP", 8, "picture"), (b"<svg", 0, "picture"),
    (b"ftyp", 4, "film or picture"), (b"\x1aE\xdf\xa3", 0, "film"), (b"AVI ", 8, "film"), (b"FLV", 0, "film"),
    (b"\x00\x00\x01\xba", 0, "film"), (b"0&\xb2u", 0, "film"), (b"ID3", 0, "sound"), (b"OggS", 0, "sound"),
    (b"fLaC", 0, "sound"), (b"WAVE", 8, "sound"), (b"#!AMR", 0, "sound"), (b"\xff\xfb", 0, "sound"),
)
_ODF = {b"application/vnd.oasis.opendocument.text": "odt", b"application/vnd.oasis.opendocument.spreadsheet": "ods"}


def document_format(content: bytes, allowed: Sequence[str]) -> DocumentFormat:
    """What a file is, by its content alone. Raises :class:`NoDocument` with the reason and what is taken instead."""
    taken = ", ".join(FORMAT_BY_ID[name].en for name in allowed)
    if not content:
        raise NoDocument("the file is empty", hint=f"taken are: {taken}")
    kind = next((name for mark, at, name in _MEDIA if content[at: at + len(mark)] == mark), "")
    if kind:
        raise NoDocument(f"this is a {kind}; pictures, films and sound are never taken here",
                         hint=f"describe it in words, or hand in a document: {taken}")
    found = _pdf(content) or _packed(content) or _text(content)
    if found is None or found not in allowed:
        raise NoDocument("this is no document of a kind that is taken", hint=f"taken are: {taken}")
    return FORMAT_BY_ID[found]


def _pdf(content: bytes) -> str | None:
    return "pdf" if content[:1024].lstrip().startswith(b"%PDF-") else None


def _packed(content: bytes) -> str | None:
    """Office documents are archives; programs in them are refused."""
    if not content.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = archive.infolist()
            names = {file.filename for file in files}
            if sum(file.file_size for file in files) > LARGEST_UNPACKED:
                raise NoDocument("the document unpacks to more than can be looked at", hint="hand in a smaller one")
            if any(name.lower().endswith("vbaproject.bin") or name.startswith("Basic/") for name in names):
                raise NoDocument("the document holds a program", hint="save it without macros")
            if "[Content_Types].xml" in names:
                return "docx" if "word/document.xml" in names else "xlsx" if "xl/workbook.xml" in names else None
            if "mimetype" in names:
                with archive.open("mimetype") as file:
                    return _ODF.get(file.read(100).strip())
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return None
    return None


def _text(content: bytes) -> str | None:
    if b"\0" in content:
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        controls = sum(1 for sign in text[:10_000] if ord(sign) < 32 and sign not in "\t\r\n\f")
        return "text" if controls == 0 else None
    return None


def clean_name(name: str, found: DocumentFormat) -> str:
    """A name to show and to save under: the sender's, without a path, with the ending its content asks for."""
    stem = name.replace("\\", "/").rpartition("/")[2].strip()
    stem = "".join(sign for sign in stem if sign.isprintable() and sign not in '<>:"|?*')[:150].strip(". ")
    for row in FORMATS:
        stem = stem.removesuffix(row.suffix)
    return f"{stem or 'document'}{found.suffix}"
