"""How the code is laid out, checked on its syntax trees: imports point downward, rules are pure, files stay small."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "licet"
SOURCES = ROOT / "docs" / "sources.md"

# A concept imports only concepts left of it in this order; `console` and `portal` are the shells on top.
FLOORS = ("config", "core", "grounds", "parties", "journal", "registers", "gate", "sweeps", "evidence", "casework",
          "notices", "orders", "referrals", "standing", "hotline", "portal", "console")
# The parts of the shells that every concept's pages are built with; they know no concept but parties.
SHELL = {"console.access", "console.components", "console.fresh", "console.htmx", "console.icons", "console.navigation",
         "console.panels", "console.states"}
# Modules of `config` that put the whole together; everything else there is below all concepts.
FOUNDATION = {"core.errors"}  # the family of errors lies below everything
COMPOSITION = {"config.api", "config.bootstrap", "config.cli", "config.doctor", "config.reference", "config.routers", "config.run",
               "config.settings", "config.urls", "config.warm", "config.web", "config.worker", "config.wsgi"}
# What of another concept may be imported: its readers, its writers, and its words.
DOORS = {"services", "selectors", "tables", "models", "tokens", "kinds"}
# A concept with sub-packages has a door in each; what lies behind stays inside the concept.
DOOR_PACKAGES = {"parties.deeds", "journal.canonical", "journal.checkpoint", "journal.proofs",
                 "registers.identifiers", "registers.compiled", "registers.exchange", "registers.snapshots",
                 "registers.records", "registers.chain", "registers.listing", "registers.lookups", "registers.overviews",
                 "registers.scores", "registers.panels", "registers.decided", "sweeps.panels", "gate.contest", "gate.facts",
                 "gate.rules", "gate.batch", "gate.wording", "gate.documents", "gate.texts", "gate.lists",
                 "gate.evidence", "evidence.attachments", "evidence.boxes", "evidence.cases", "evidence.panel",
                 "casework.panels", "casework.consequences", "casework.rules",
                 "casework.thresholds", "casework.board", "casework.listing"}
ORDER = ("tables", "rules", "models", "selectors", "services", "tasks", "api", "views", "cli", "urls")

UPWARD = {"journal.selectors": {"journal.services"}}  # verification reads the hash tiles that the service keeps

MAXIMUM_LINES = 400
MAXIMUM_FUNCTION = 50
LONG_FILES: dict[str, str] = {"registers.views": "the pages of seven registers and of corrections; each view is short"}
LONG_FUNCTIONS: dict[str, str] = {}
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "manager.py"}


def _modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if "tests" not in parts and "migrations" not in parts and "__pycache__" not in parts:
            yield ".".join(part for part in parts if part != "__init__"), path


MODULES = dict(_modules())


def _imports(path):
    """Every module of ours that a file imports, also inside functions; names below ``licet.``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("licet.") for alias in node.names if alias.name.startswith("licet."))
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0 and (
                node.module == "licet" or node.module.startswith("licet.")):
            base = node.module.removeprefix("licet").strip(".")
            for alias in node.names:
                whole = f"{base}.{alias.name}".strip(".")
                yield whole if whole in MODULES else base


def _floor(name):
    return FLOORS.index(name.split(".")[0])


def _upward(module, imported):
    if imported.split(".")[0] == module.split(".")[0] or imported in {"config.bootstrap", "config.api"} | FOUNDATION:
        return False  # bootstrap starts a command, api is where routers and keys come from
    if module in COMPOSITION or module == "cli" or imported in SHELL:
        return False
    return _floor(imported) > _floor(module)


def test_every_concept_has_a_floor():
    assert {name.split(".")[0] for name in MODULES if name and name != "cli"} == set(FLOORS)


@pytest.mark.parametrize("module", [name for name in MODULES if name], ids=str)
def test_imports_point_to_lower_floors(module):
    assert [name for name in _imports(MODULES[module]) if name and _upward(module, name)] == []


@pytest.mark.parametrize("module", [name for name in MODULES if name], ids=str)
def test_other_concepts_are_entered_through_a_door(module):
    own = module.split(".")[0]
    if module in COMPOSITION or module == "cli":
        return
    wrong = []
    for name in _imports(MODULES[module]):
        concept, _, rest = name.partition(".")
        if concept in {own, "config", "core", "grounds", "console", ""} or not rest:
            continue
        opened = any(name == door or name.startswith(f"{door}.") for door in DOOR_PACKAGES)
        if rest.split(".")[0] not in DOORS and not opened:
            wrong.append(name)
    assert wrong == []


@pytest.mark.parametrize("module", [name for name in MODULES if name.rpartition(".")[2] in ORDER], ids=str)
def test_inside_a_concept_imports_point_downward(module):
    concept, own = module.split(".")[0], module.rpartition(".")[2]
    folder = module.rpartition(".")[0]
    above = {f"{folder}.{kind}" for kind in ORDER[ORDER.index(own) + 1:]}
    allowed = {f"{concept}.urls"} if own == "views" else set()
    allowed |= UPWARD.get(module, set())
    assert set(_imports(MODULES[module])) & above - allowed == set()


PURE = [name for name in MODULES if name.rpartition(".")[2] in {"rules", "tables", "scoping", "interests"}]


@pytest.mark.parametrize("module", PURE, ids=str)
def test_rules_and_tables_are_pure(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    foreign = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            foreign |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            foreign |= {node.module.split(".")[0], node.module}
    assert not foreign & {"django", "licet.core.clock", "time", "os", "licet.config.settings",
                          "licet.config.environment"}
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not {call for call in calls if call.split(".")[-1] in {"now", "today", "utcnow", "getenv"}}


def test_files_and_functions_stay_small():
    long_files, long_functions = {}, {}
    for module, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > MAXIMUM_LINES:
            long_files[module] = len(text.splitlines())
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > MAXIMUM_FUNCTION:
                    long_functions[f"{module}.{node.name}"] = length
    assert set(long_files) <= set(LONG_FILES), long_files
    assert set(long_functions) <= set(LONG_FUNCTIONS), long_functions


def test_no_file_is_a_drawer():
    assert [str(path) for path in PACKAGE.rglob("*.py") if path.name in FORBIDDEN_NAMES] == []


# `Rule: Notice §4.1.1`, `source="Notice §4.2.1; Order 33"`: several are separated by ";" or "," or "and".
CITATION = re.compile(r"""Rule:\s*(?P<rule>[^\n"`]+)|\b(?:source|citation) ?= ?"(?P<source>[^"]+)\"""")
KNOWN = re.compile(r"Notice §[\d.]+|Order \d+(?: Art \d+)?|Rules 501|RFC \d+|GB \d+(?:-\d+)?|C2SP [\w-]+"
                   r"|house(?: \(decision \d{4}\))?")


def _citations():
    profile = {path.name: path for path in (PACKAGE / "profiles" / "cn-2007").glob("*.toml")}
    for module, path in (MODULES | profile).items():
        for match in CITATION.finditer(path.read_text(encoding="utf-8")):
            text = match.group("rule") or match.group("source")
            for found in KNOWN.findall(text):
                yield module, found.strip().rstrip(".")


def test_every_citation_is_explained_in_the_sources():
    explained = SOURCES.read_text(encoding="utf-8")
    decisions = {path.name[:4] for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md")}
    missing = set()
    for module, citation in _citations():
        if citation.startswith("house"):
            number = re.search(r"\d{4}", citation)
            if number and number.group() not in decisions:
                missing.add((module, citation))
        elif not re.search(rf"^\W*(?:\*\*)?{re.escape(citation)}(?![\d.]\d)", explained, re.MULTILINE):
            missing.add((module, citation))
    assert missing == set()


def test_there_are_citations():
    assert len(set(_citations())) >= 10
