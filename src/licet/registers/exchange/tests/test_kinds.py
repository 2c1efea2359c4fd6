"""The table of kinds agrees with the models and with itself."""

from __future__ import annotations

import itertools

import pytest

from licet.registers.kinds import KINDS, Kind, fold_header


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_every_column_is_a_field_of_the_model(kind: Kind):
    fields = {field.attname for field in kind.model_class._meta.get_fields() if not field.generated}

    assert {column.attribute for column in kind.columns} <= fields
    assert fields - {column.attribute for column in kind.columns} == {
        "id", "since", "until", "content_hash", "change_seq", "source", "recorded_at"}
    assert kind.key == kind.model_class.natural_key or kind.id == "blacklist"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_closed_values_are_those_the_database_takes(kind: Kind):
    for column in kind.columns:
        field = kind.model_class._meta.get_field(column.name)
        if column.type == "choice":
            assert {value.id for value in column.values} == {value for value, _ in field.choices}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_cells_are_cut_off_before_the_database_would(kind: Kind):
    for column in kind.columns:
        field = kind.model_class._meta.get_field(column.name)
        length = getattr(getattr(field, "base_field", field), "max_length", None)
        if length and column.type not in {"choice", "ground"}:
            assert column.max_length == length, column.name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_no_spelling_means_two_columns_or_two_values(kind: Kind):
    words = [(fold_header(word), column.name) for column in kind.columns
             for word in (column.name, column.zh, column.en, *column.aliases)]
    values = [(column.name, fold_header(word), value.id) for column in kind.columns for value in column.values
              for word in (value.id, value.zh, value.en, *value.aliases)]

    for spelling, group in itertools.groupby(sorted(words), key=lambda pair: pair[0]):
        assert len({name for _, name in group}) == 1, spelling
    assert len({value[:2] for value in values}) == len(set(values))


@pytest.mark.parametrize("header", ["域名", " 域 名 ", "Domain Name", "DOMAIN_NAME", "ｄｏｍａｉｎ", "网站域名",
                                    "\ufeffdomain"])
def test_headers_are_matched_whatever_their_spelling(header: str):
    from licet.registers.kinds import KIND_BY_ID

    found = KIND_BY_ID["access"].column_for(header)

    assert found is not None
    assert found.name == "domain"
