"""``python -m licet.console.messages compile|check``: the Chinese words of every concept.

Source strings are English and stand in templates (``{% translate %}``, ``{% blocktranslate %}``, ``_("…")``) and in
Python (``_("…")``, ``gettext``, ``ngettext``, ``pgettext``, and lazily). Each concept keeps its translations in
its own ``locale/zh_Hans/LC_MESSAGES/django.po``; ``compile`` writes the ``django.mo`` beside it that Django reads.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
LOCALE = Path("locale") / "zh_Hans" / "LC_MESSAGES"
SHARED = ("config",)  # folders that are no Django application; their words stand in src/licet/locale
# How many leading arguments of each function are words: context, singular, plural.
PYTHON_CALLS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2,
                "pgettext": 2, "pgettext_lazy": 2, "npgettext": 3, "npgettext_lazy": 3}
_STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_TEMPLATE_CALL = re.compile(rf"(?<![\w.])(gettext|ngettext|pgettext|npgettext|_)\(({_STRING}(?:\s*,\s*{_STRING})*)")
_PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]")


@dataclasses.dataclass(frozen=True, order=True)
class Message:
    """One source string of one concept; ``where`` is file:line of its first use."""

    concept: str
    context: str
    singular: str
    plural: str
    where: str = dataclasses.field(compare=False)

    @property
    def id(self) -> str | tuple[str, str]:
        """As the catalogue keys it."""
        return (self.singular, self.plural) if self.plural else self.singular


def _message(concept: str, call: str, words: list[str], where: str) -> Message:
    name = call.removesuffix("_lazy").removesuffix("_noop")
    context = words.pop(0) if name in {"pgettext", "npgettext"} else ""
    return Message(concept, context, words[0], words[1] if len(words) > 1 else "", where)


def _in_python(path: Path, concept: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        values = [argument.value for argument in node.args[:PYTHON_CALLS.get(name, 0)]
                  if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
        if name in PYTHON_CALLS and len(values) == PYTHON_CALLS[name]:
            yield _message(concept, name, values, f"{path.relative_to(PACKAGE)}:{node.lineno}")


def _in_template(path: Path, concept: str) -> Iterator[Message]:
    from django.utils.translation.template import templatize

    text = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for found in _TEMPLATE_CALL.finditer(text):
        words = [str(ast.literal_eval(word)) for word in re.findall(_STRING, found.group(2))]
        # Django doubles the percent signs of templates before it looks a word up; so does templatize.
        where = f"{path.relative_to(PACKAGE)}:{text.count(chr(10), 0, found.start()) + 1}"
        yield _message(concept, found.group(1), words, where)


def source_messages() -> list[Message]:
    """Every string to translate in the whole tree, each once per concept, in order."""
    found: dict[Message, Message] = {}
    for path in sorted(PACKAGE.rglob("*")):
        parts = path.relative_to(PACKAGE).parts
        concept = "" if len(parts) == 1 or parts[0] in SHARED else parts[0]
        if "tests" in parts or "migrations" in parts or not path.is_file():
            continue
        if path.suffix == ".py":
            messages = _in_python(path, concept)
        elif "templates" in parts and path.suffix in {".html", ".txt"}:
            messages = _in_template(path, concept)
        else:
            continue
        for message in messages:
            found.setdefault(message, message)
    return sorted(found)


def catalogue_path(concept: str) -> Path:
    """Where a concept's translations stand; ``''`` = the shared ones."""
    return PACKAGE / concept / LOCALE / "django.po"


def read_catalogue(path: Path) -> Any:
    """The translations of a ``.po`` file (``babel.messages.Catalog``)."""
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans", abort_invalid=True)


def _problem(message: Message, catalogue: Any) -> str:
    entry = catalogue.get(message.id, message.context or None) if catalogue else None
    words = [] if not entry else [entry.string] if isinstance(entry.string, str) else list(entry.string)
    if not entry or not words or not all(words):
        return "is not translated"
    if entry.fuzzy:
        return "is marked fuzzy"
    wanted = set(_PLACEHOLDER.findall(message.plural or message.singular))
    if any(set(_PLACEHOLDER.findall(word)) - wanted for word in words):
        return "has a placeholder in its translation that the source does not have"
    if not message.plural and any(wanted - set(_PLACEHOLDER.findall(word)) for word in words):
        return "loses a placeholder in its translation"
    return ""


def problems() -> list[str]:
    """What is missing or wrong, one line each, with the place of the source string."""
    catalogues = {concept: read_catalogue(catalogue_path(concept)) if catalogue_path(concept).exists() else None
                  for concept in {message.concept for message in source_messages()}}
    lines = []
    for message in source_messages():
        problem = _problem(message, catalogues[message.concept])
        if problem:
            lines.append(f"{message.where}: {message.singular!r} {problem} in "
                         f"{catalogue_path(message.concept).relative_to(PACKAGE)}")
    return lines + conflicts()


def conflicts() -> list[str]:
    """Words that concepts translate differently: Django joins all catalogues, so only one of them would show."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for path in sorted(PACKAGE.rglob("locale/zh_Hans/LC_MESSAGES/*.po")):
        for entry in read_catalogue(path):
            if entry.id and entry.string:
                found.setdefault((str(entry.context or ""), str(entry.id)), {})[str(path.relative_to(PACKAGE))] = str(
                    entry.string)
    return [f"{word!r} is translated differently: " + ", ".join(f"{text} in {path}" for path, text in texts.items())
            for (_context, word), texts in found.items() if len(set(texts.values())) > 1]


def compiled(path: Path) -> bytes:
    """The ``.mo`` of a ``.po`` file; the same bytes whenever the words are the same."""
    from io import BytesIO

    from babel.messages.mofile import write_mo

    catalogue = read_catalogue(path)
    catalogue.version = "0"
    catalogue.revision_date = catalogue.creation_date = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def compile_all() -> list[Path]:
    """Write the ``.mo`` beside every ``.po``; returns those that changed."""
    changed = []
    for path in sorted(PACKAGE.rglob("locale/*/LC_MESSAGES/*.po")):
        target, data = path.with_suffix(".mo"), compiled(path)
        if not target.exists() or target.read_bytes() != data:
            target.write_bytes(data)
            changed.append(target)
    return changed


def main(arguments: list[str]) -> int:
    """Run; 0 done, 1 something is missing, 2 usage."""
    if arguments not in (["compile"], ["check"]):
        sys.stderr.write("use: python -m licet.console.messages compile|check\n")
        return 2
    if arguments == ["compile"]:
        for path in compile_all():
            sys.stdout.write(f"wrote {path.relative_to(PACKAGE)}\n")
        return 0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "licet.config.settings")
    lines = problems()
    sys.stdout.write("".join(f"{line}\n" for line in lines) or "every word is translated\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
