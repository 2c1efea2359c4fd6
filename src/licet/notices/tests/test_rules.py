"""When to try again, what a document is, and that profile and tables fit together."""

import datetime as dt
import io
import string
import zipfile
from pathlib import Path

import pytest

from licet.casework.tables import MEASURES
from licet.config.profile import load_profile, read_profile
from licet.core.errors import BadSetting
from licet.notices import profile_texts
from licet.notices.fields import FIELDS, REPAIRS, Reminder, missing
from licet.notices.rules import NoDocument, clean_name, document_format, retry_at
from licet.notices.tables import CLOCKS, ENDS, FORMAT_BY_ID, NOTICE_BY_ID, NOTICES

NOW = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
ALL = tuple(FORMAT_BY_ID)
ATLANTIS = read_profile(str(Path(__file__).resolve().parents[4] / "tests" / "profiles" / "atlantis-2030"))


def docx(extra=()):
    """A small Word document."""
    return packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>", **dict(extra)})


def packed(files):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return box.getvalue()


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 2), (3, 4), (7, 64), (8, None), (20, None)])
def test_tries_wait_longer_and_end(tries, minutes):
    at = retry_at(tries, NOW, profile_texts.limits())
    assert at == (None if minutes is None else NOW + dt.timedelta(minutes=minutes))


@pytest.mark.parametrize(("content", "found"), [
    pytest.param(b"%PDF-1.4\n...", "pdf", id="pdf"),
    pytest.param(docx(), "docx", id="docx"),
    pytest.param(packed({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "xlsx", id="xlsx"),
    pytest.param(packed({"mimetype": b"application/vnd.oasis.opendocument.text"}), "odt", id="odt"),
    pytest.param(packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "ods", id="ods"),
    pytest.param("备案已完成\n".encode(), "text", id="utf-8"),
    pytest.param("备案已完成\n".encode("gb18030"), "text", id="gb18030"),
])
def test_content_says_what_a_document_is(content, found):
    assert document_format(content, ALL).id == found


@pytest.mark.parametrize(("content", "said"), [
    pytest.param(b"\xff\xd8\xff\xe0JFIF", "picture", id="jpeg"),
    pytest.param(b"RIFF\0\0\0\0WEBPVP8 ", "picture", id="webp"),
    pytest.param(b"<svg xmlns=''>", "picture", id="svg"),
    pytest.param(b"\x1aE\xdf\xa3webm", "film", id="matroska"),
    pytest.param(b"OggS\0\x02", "sound", id="ogg"),
    pytest.param(docx({"word/vbaProject.bin": b"x"}), "program", id="macros"),
    pytest.param(packed({"film.mp4": b"x"}), "no document", id="an archive"),
    pytest.param(b"PK\x03\x04broken", "no document", id="a broken archive"),
    pytest.param(b"\x7fELF\x02\x01\x01\0", "no document", id="a program"),
    pytest.param(b"", "empty", id="nothing"),
])
def test_other_files_are_refused_with_the_reason(content, said):
    with pytest.raises(NoDocument, match=said) as refused:
        document_format(content, ALL)
    assert refused.value.hint


def test_a_profile_may_take_less():
    assert profile_texts.formats(ATLANTIS) == ("pdf", "text")
    with pytest.raises(NoDocument):
        document_format(docx(), profile_texts.formats(ATLANTIS))


@pytest.mark.parametrize(("name", "clean"), [
    ("../../etc/passwd", "passwd.pdf"), ("C:\\x\\proof.pdf", "proof.pdf"), ("", "document.pdf"), ("a\nb.txt", "ab.pdf"),
    ("营业执照.docx", "营业执照.pdf")])
def test_names_are_shown_without_paths_and_with_the_true_ending(name, clean):
    assert clean_name(name, FORMAT_BY_ID["pdf"]) == clean


@pytest.mark.parametrize("profile", [load_profile(), ATLANTIS], ids=lambda row: row.id)
def test_profiles_say_everything_in_both_languages(profile):
    profile_texts.check(profile)


def test_profile_with_an_unknown_placeholder_stops():
    import copy
    import dataclasses

    rows = copy.deepcopy(ATLANTIS.notices)
    rows["texts"]["reminder"]["sections"][0]["en"] = "{nobody_knows}"
    with pytest.raises(BadSetting, match="nobody_knows"):
        profile_texts.check(dataclasses.replace(ATLANTIS, notices=rows))


def test_every_citation_of_the_measures_is_quoted_by_the_profile():
    cited = {measure.source for measure in MEASURES if measure.source.startswith("Notice")}
    assert cited <= set(profile_texts.clauses())


def test_tables_fit_together():
    assert len({row.id for row in NOTICES}) == len(NOTICES) and len({row.id for row in CLOCKS}) == len(CLOCKS)
    assert {row.text for row in NOTICES} == set(FIELDS)
    assert set(ENDS.values()) <= set(NOTICE_BY_ID)
    assert all(row.source and row.comment for row in (*NOTICES, *CLOCKS))
    assert all(row.consequence_zh and row.consequence_en for row in CLOCKS)


def test_gaps_are_found_by_name():
    fields = dict.fromkeys(Reminder.__dataclass_fields__, "x") | {"due": "  "}
    assert missing(Reminder(**fields)) == ("due",)
    known = {name for row in FIELDS.values() for name in row.__dataclass_fields__}
    assert set(REPAIRS) <= known


def test_sentences_have_the_same_placeholders_in_both_languages():
    from licet.notices.sentences import _ROWS

    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [row for row, (zh, en) in _ROWS.items() if fields(zh) != fields(en) and row != "automation_proposed"] == []
