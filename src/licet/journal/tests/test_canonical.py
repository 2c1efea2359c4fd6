"""Canonical text: one value, one text."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.core.errors import BadInput
from licet.journal.canonical import canonical, canonical_entry, moment, state_hash


@pytest.mark.parametrize(("value", "text"), [
    pytest.param({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}', id="sorted"),
    pytest.param("\u20ac$\u000f\nA'B\"\\\"/\u007f", '"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/\u007f"', id="rfc8785-string"),
    pytest.param({"ﾞ": 1, "é": 2, "1": 3}, '{"1":3,"é":2,"ﾞ":1}', id="rfc8785-order"),
    pytest.param("网站", '"网站"', id="utf8"),
])
def test_text(value, text):
    assert canonical(value) == text


@pytest.mark.parametrize("value", [1.5, {"a": float("nan")}, 2**53, "a\0b", "\ud800", {1: 2}, {"\U0001f600": 1}, b"x"])
def test_what_has_no_canonical_text_is_refused(value):
    with pytest.raises(BadInput):
        canonical(value)


def test_moment_is_utc_to_the_microsecond():
    zone = dt.timezone(dt.timedelta(hours=8))
    assert moment(dt.datetime(2026, 3, 2, 8, tzinfo=zone)) == "2026-03-02T00:00:00.000000Z"


def test_state_hash_depends_on_the_content_not_on_the_order():
    assert state_hash({"a": 1, "on": dt.date(2026, 3, 2)}) == state_hash({"on": "2026-03-02", "a": 1})
    assert state_hash({"a": 1}) != state_hash({"a": 2})
    assert state_hash(None) == "" != state_hash({})


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=6, max_size=6),
       st.integers(0, 2**53 - 1), st.dictionaries(st.text("abc"), st.integers(0, 9)))
def test_entry_text_is_the_canonical_text_of_its_fields(texts, seq, data):
    at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    tag, actor, purpose, subject, organisation, digest = texts
    assert canonical_entry(seq, at, *texts, digest, data) == canonical({
        "seq": seq, "at": moment(at), "tag": tag, "actor": actor, "purpose": purpose, "subject": subject,
        "organisation": organisation, "before": digest, "after": digest, "data": data, "v": 1})
