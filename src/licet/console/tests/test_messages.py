"""Every word has its Chinese, and what Django reads is what the translators wrote."""

import pytest
from babel.messages.mofile import read_mo

from licet.console import messages


def test_every_word_is_translated():
    assert messages.problems() == []


def _listed(words):
    return [words] if isinstance(words, str) else list(words)


def _words(catalogue):
    return {str(_listed(entry.id)): _listed(entry.string) for entry in catalogue if entry.id and entry.string}


CATALOGUES = sorted(messages.PACKAGE.rglob("locale/*/LC_MESSAGES/*.po"))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[3].name)
def test_compiled_words_are_those_of_the_source(path):
    with path.with_suffix(".mo").open("rb") as file:
        compiled = _words(read_mo(file))

    assert compiled == _words(messages.read_catalogue(path))


def test_finds_words_in_templates_and_python(tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    (tmp_path / "desk" / "templates").mkdir(parents=True)
    (tmp_path / "desk" / "templates" / "a.html").write_text(
        '{% load i18n %}<p>{% translate "One" %}</p>{% blocktranslate trimmed count n=n %}{{ n }} dog{% plural %}'
        '{{ n }} dogs{% endblocktranslate %}{{ _("It\'s") }}{% translate "May" context "verb" %}')
    (tmp_path / "desk" / "views.py").write_text('x = _("Two " "parts"); y = ngettext("%(n)s row", "%(n)s rows", 2)\n'
                                                'z = pgettext("verb", "Act"); w = _(x)\n')

    found = {(message.context, message.id) for message in messages.source_messages()}

    assert found == {("", "One"), ("", ("%(n)s dog", "%(n)s dogs")), ("", "It's"), ("verb", "May"), ("", "Two parts"),
                     ("", ("%(n)s row", "%(n)s rows")), ("verb", "Act")}
    assert len(messages.problems()) == len(found)


@pytest.mark.parametrize(("translation", "problem"), [
    ("", "is not translated"), ("%(count)s 条", ""), ("全部", "loses a placeholder"),
    ("%(number)s 条", "has a placeholder in its translation that the source does not have"),
])
def test_translation_keeps_its_placeholders(tmp_path, monkeypatch, translation, problem):
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    (tmp_path / "desk" / messages.LOCALE).mkdir(parents=True)
    (tmp_path / "desk" / "views.py").write_text('x = _("%(count)s rows")\n')
    (tmp_path / "desk" / messages.LOCALE / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        f'msgid "%(count)s rows"\nmsgstr "{translation}"\n')

    lines = messages.problems()

    assert (lines == []) if not problem else (len(lines) == 1 and problem in lines[0])


def test_compiling_twice_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    (tmp_path / "desk" / messages.LOCALE).mkdir(parents=True)
    (tmp_path / "desk" / messages.LOCALE / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "One"\nmsgstr "一"\n')

    assert len(messages.compile_all()) == 1
    assert messages.compile_all() == []
