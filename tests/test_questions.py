"""No question of the program reads a whole table because row-level security keeps it from an index (decision 0018).

PostgreSQL asks the policy before every condition it does not trust. A lookup that becomes such a condition needs a reason here:
why the table, or what another condition leaves of it, stays small.
"""

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "licet"
UNTRUSTED = {"overlap", "contains", "contained_by", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex",
             "iregex", "iexact", "has_key", "has_keys", "has_any_keys", "search", "trigram_similar"}
SMALL = {
    "casework/services/bounds.py": "the observers of one case",
    "casework/services/needs.py": "the observers of one case",
    "orders/services/connectors.py": "the connectors of one organisation",
    "registers/listing.py": "licences and parties by region; beginnings only where the database does not sort by bytes",
    "registers/scores.py": "completed loads, not rows of a register",
    "registers/selectors.py": "completed loads, not rows of a register",
    "sweeps/demo/run.py": "sweeps, not findings",
    "sweeps/selectors.py": "sweeps, not findings",
}


def _asks(path):
    """Lookups in the code of services and pages; constraints of models are checked row by row."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg and node.arg.rpartition("__")[2] in UNTRUSTED and "__" in node.arg:
            yield node.arg
        if isinstance(node, ast.JoinedStr):
            yield from (part.value for part in node.values if isinstance(part, ast.Constant)
                        and str(part.value).removeprefix("__") in UNTRUSTED and str(part.value).startswith("__"))


def test_lookups_that_no_index_answers_are_on_small_tables():
    found = {path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py"))
             if not {"tests", "migrations"} & set(path.parts) and path.name != "models.py" and any(_asks(path))}

    assert found == set(SMALL)
