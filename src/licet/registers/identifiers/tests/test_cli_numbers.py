"""``licet numbers``: what it prints, and where it stops."""

import json
import sys
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from licet.core.errors import BadInput, NotFound
from licet.registers.cli_numbers import numbers
from licet.registers.identifiers.tests.shipped import TABLE

PAGE = "<p>京ICP备05012345号-1</p><p>粤B2-20090059</p>"


@pytest.fixture
def run(monkeypatch):
    profile = SimpleNamespace(load_profile=lambda: SimpleNamespace(numbers=TABLE, time_zone="Asia/Shanghai"))
    monkeypatch.setitem(sys.modules, "licet.config.profile", profile)
    app = typer.Typer()
    app.command()(numbers)

    def _run(*arguments, data=None):
        return CliRunner().invoke(app, arguments, input=data)

    return _run


def test_one_number_a_line(run, tmp_path):
    page = tmp_path / "page.html"
    page.write_bytes(PAGE.encode("gb18030"))

    result = run(str(page))

    assert (result.exit_code, result.stdout) == (0, "京ICP备05012345号-1\n粤B2-20090059\n")


def test_standard_input_to_json(run):
    result = run("-", "--json", data=PAGE.encode())

    assert json.loads(result.stdout) == [
        {"kind": "filing", "canonical": "京ICP备05012345号-1", "raw": "京ICP备05012345号-1"},
        {"kind": "value_added_licence", "canonical": "粤B2-20090059", "raw": "粤B2-20090059"},
    ]


@pytest.mark.parametrize(("arguments", "printed"), [(["-"], ""), (["-", "--json"], "[]\n")], ids=["lines", "json"])
def test_a_page_without_numbers_is_no_failure(run, arguments, printed):
    result = run(*arguments, data=b"nothing here")

    assert (result.exit_code, result.stdout) == (0, printed)
    assert result.stderr


@pytest.mark.parametrize(("name", "refusal"), [("missing.html", NotFound), (".", BadInput)], ids=["missing", "a-folder"])
def test_what_cannot_be_read_is_refused(run, tmp_path, name, refusal):
    result = run(str(tmp_path / name))

    assert (type(result.exception), result.stdout) == (refusal, "")
    assert "standard input" in result.exception.hint


def test_a_number_of_a_year_to_come_is_none(run):
    assert run("-", data="粤B2-20090059 粤B2-20990059".encode()).stdout == "粤B2-20090059\n"
