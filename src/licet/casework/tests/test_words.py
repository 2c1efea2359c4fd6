"""What Licet notes by itself is shown in the page's language; what a person wrote stands as written."""

import ast
from pathlib import Path

import pytest
from django.utils import translation

from licet.casework import wording

PACKAGE = Path(wording.__file__).resolve().parents[1]
STEPS = {"advance", "take_step"}


def noted_reasons():
    """The reasons of steps that stand as constants in services, with where they stand."""
    for path in sorted(PACKAGE.glob("*/services/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in STEPS:
                yield from (keyword.value.value for keyword in node.keywords if keyword.arg == "reason"
                            and isinstance(keyword.value, ast.Constant) and keyword.value.value)


REASONS = sorted(set(noted_reasons()))


def test_there_are_reasons_to_look_at():
    assert {"an appeal was filed", "taken back", "referred to the police desk", "people get it as a task"} <= set(REASONS)


@pytest.mark.parametrize("reason", REASONS)
def test_every_noted_reason_has_its_words_in_both_languages(reason):
    with translation.override("en"):
        assert wording.why(reason) == reason
    with translation.override("zh-hans"):
        assert any("\u4e00" <= mark <= "\u9fff" for mark in wording.why(reason))


@pytest.mark.parametrize(("reason", "shown"), [
    ("O-7: done", "O-7: 已报告执行"), ("the lamp: was left on", "the lamp: was left on"), ("举报人撤回", "举报人撤回"), ("", "")])
def test_the_rest_stands_as_written(reason, shown):
    with translation.override("zh-hans"):
        assert wording.why(reason) == shown
