"""Every reason and repair that a check can say has its Chinese; values in it stay as they are."""

import ast
import csv
from pathlib import Path

import pytest
from django.utils import translation

from licet.registers.exchange import chinese
from licet.registers.exchange.chinese import TEXTS, in_chinese
from licet.registers.exchange.merging import _REFUSED
from licet.registers.exchange.services import ERROR_COLUMNS
from licet.registers.identifiers import domains

FOLDER = Path(chinese.__file__).parent
# Calls that say why: name -> positions of reason and repair.
CALLS = {"CellError": (0, 1), "reject": (3, 4), "Rejection": (3, 4), "BadAddress": (0,)}
SOURCES = [*FOLDER.glob("*.py"), FOLDER.parent / "identifiers" / "addresses.py"]


def spoken(node):
    """Texts an expression can be, values replaced by 7."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)]
    if isinstance(node, ast.IfExp):
        return [*spoken(node.body), *spoken(node.orelse)]
    if isinstance(node, ast.BinOp):
        return [left + right for left in spoken(node.left) for right in spoken(node.right) or ["7"]]
    return []


def of_call(node):
    """What a call says that names a reason and a repair."""
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    chosen = [node.args[at] for at in CALLS.get(name, ()) if at < len(node.args)]
    if name in CALLS:
        chosen += [word.value for word in node.keywords if word.arg == "hint"]
    return [text for one in chosen for text in spoken(one)]


def of_file(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield from of_call(node)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in {"reason", "repair"}:
            yield from spoken(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name in {"_near_region", "_repair_length"}:
            yield from (text for inner in ast.walk(node) if isinstance(inner, ast.Return)
                        for text in spoken(inner.value))


def said():
    for path in SOURCES:
        yield from of_file(path)
    for _field, reason, repair in _REFUSED.values():
        yield from (reason, repair)
    for message, hint in domains._EXPLAINED.values():
        yield from (message, hint)


EVERYTHING = sorted(text for text in set(said()) if text.strip("7 ()"))


def test_the_search_finds_what_checks_say():
    assert len(EVERYTHING) > 70


@pytest.mark.parametrize("text", EVERYTHING)
def test_every_text_has_its_chinese(text):
    assert in_chinese(text) != text


def test_english_texts_are_said_once():
    english = [text for text, _ in TEXTS]
    assert len(english) == len(set(english))


@pytest.mark.parametrize(("english", "expected"), [
    ("line 7 has the same filing_no and says something else", "第 7 行的 filing_no 相同而内容不同"),
    ("'{x} 50%' is not one of the values of status", "“{x} 50%”不是 status 的可选值"),
    ("'a..test': A label holds something other than letters, digits and inner hyphens, or is empty. (bad_label)",
     "“a..test”：某一级为空，或含有字母、数字、中间连字符以外的字符。 (bad_label)"),
    ("nobody translated this", "nobody translated this"),
], ids=["values", "braces in a value", "a domain in front", "unknown"])
def test_values_stay_as_they_are(english, expected):
    assert in_chinese(english) == expected


@pytest.mark.parametrize(("language", "reason"), [("zh-hans", "“perhaps”不是 status 的可选值"),
                                                  ("en", "'perhaps' is not one of the values of status")])
def test_errors_are_written_in_the_language_of_the_reader(load, tmp_path, language, reason):
    row = {"filing_no": "粤ICP备20260077号-1", "subject_name": "x", "subject_kind": "organisation",
           "domains": "tide.example", "provider_id": "harbour", "service_kind": "web", "filed_on": "2024-02-01",
           "verified_on": "2026-02-01", "status": "perhaps"}
    with translation.override(language):
        load("filings", [row], errors=tmp_path / "errors.csv")

    with (tmp_path / "errors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert tuple(rows[0]) == ERROR_COLUMNS == ("line", "field", "value", "reason", "repair")
    assert [(row["line"], row["field"], row["reason"]) for row in rows] == [("2", "status", reason)]
