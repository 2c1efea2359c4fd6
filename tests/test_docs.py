"""Documents that the program can check: generated pages, links, tables of what exists."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from licet.config import reference

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ADDED_BY_A_BUILD = {"docs/images/console.png"}  # a screenshot; see README


@pytest.mark.parametrize("name", reference.PAGES)
def test_reference_is_up_to_date(name):
    assert (reference.DOCUMENTS / name).read_text(encoding="utf-8") == reference.render(name), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        path = (page.parent / target.split("#")[0]).resolve()
        if not path.exists() and str(path.relative_to(ROOT)) not in ADDED_BY_A_BUILD:
            broken.append(target)
    assert broken == []


def test_every_direct_dependency_is_explained():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[\w.-]+", line).group().lower() for line in declared}
    table = (ROOT / "docs" / "decisions" / "0006-dependencies.md").read_text(encoding="utf-8")
    rows = {name.lower() for name in re.findall(r"^\| ([\w.-]+) \|", table, re.MULTILINE)} - {"package"}
    assert rows == names


MISSION = ["L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9", "G1", "G2", "G3", "G4", "G5", "G6", "I1", "C1", "C2",
           "B1", "B2", "B3", "B4", "O1", "P1", "P2", "T1"]


def test_every_requirement_has_a_row_and_its_proof_exists():
    text = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w\d) \|(.+)\|$", text, re.MULTILINE))
    assert list(rows) == MISSION
    named = set(re.findall(r"`((?:src|tests)/[\w/.]+)`", text))
    assert {path for path in named if not (ROOT / path).exists()} == set()
    assert [row for row, cells in rows.items() if "not yet" not in cells and "`" not in cells] == []


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE).group(1).split())
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert targets == set(re.findall(r"make ([a-z-]+)", listed)) >= {"help", "run", "test", "check", "bench", "docs"}


def test_readme_names_both_commands():
    text = (ROOT / "README.md").read_text()
    assert "make run" in text and "make test" in text
