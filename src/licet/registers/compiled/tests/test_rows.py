"""Row columns: the compiled fast path gives what the identifiers module gives."""

from __future__ import annotations

import ipaddress

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licet.core.errors import BadInput
from licet.registers.compiled import AccessRows, addresses, clean
from licet.registers.compiled.tests.worlds import formats, normaliser
from licet.registers.identifiers.domains import Normaliser, UnusableDomain
from licet.registers.identifiers.numbers import canonical_filing_numbers
from licet.registers.identifiers.organisations import is_valid_sponsor

HOSTS = st.one_of(
    st.from_regex(r"([a-z0-9-]{1,8}\.){0,4}(example|com|cn|com\.cn|ck|www\.ck|kawasaki\.jp|city\.kawasaki\.jp|uk)", fullmatch=True),
    st.text("ab.-_0x中。/:@ ", max_size=20))
QUADS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9]{1,3})?", fullmatch=True)
SIXES = st.from_regex(r"[0-9a-f:]{2,20}(:[0-9a-f]{0,5})?(/[0-9]{1,3})?", fullmatch=True)


def prepared(**columns: list[str | None]) -> AccessRows:
    n = len(next(iter(columns.values())))
    return AccessRows.from_arrow(pa.table({"provider_id": ["p-1"] * n, **columns}), normaliser())


def names_of(rows: AccessRows, i: int) -> list[str]:
    columns, host = rows.columns, rows.host[i].as_py()
    first = columns.host_offsets[i]
    return [host[start - first:] for start in columns.name_start[columns.name_first[i]: columns.name_first[i + 1]]]


@settings(deadline=None, max_examples=200)
@given(st.lists(HOSTS, min_size=1, max_size=20))
def test_hosts_are_read_as_the_identifiers_module_reads_them(typed: list[str]) -> None:
    rows, slow = prepared(domain=list(typed)), Normaliser()
    for i, text in enumerate(typed):
        try:
            asked = slow.normalise(text).names_asked()
            assert (rows.columns.domain[i], names_of(rows, i)) == (clean.GOOD, asked), text
        except UnusableDomain as refused:
            assert rows.columns.domain[i] == (clean.ABSENT if refused.reason == "empty" else clean.BAD), text
            assert names_of(rows, i) == []


@settings(deadline=None, max_examples=200)
@given(st.lists(st.from_regex(r"(京|沪|X)?ICP备(1234|0501)?[0-9]{3,6}号?(-0?[0-9]{0,5}[AK]?)?", fullmatch=True), min_size=1))
def test_numbers_are_read_as_the_identifiers_module_reads_them(typed: list[str]) -> None:
    rows, read = prepared(filing_no=list(typed)), canonical_filing_numbers(typed, formats())
    assert rows.columns.number_state.tolist() == [clean.GOOD if number else clean.BAD for number in read]
    assert rows.number.to_pylist() == [number or text for number, text in zip(read, typed, strict=True)]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.one_of(st.from_regex(r"[0-9A-Z]{2}[0-9]{6}[0-9A-Z]{10}", fullmatch=True),
                          st.sampled_from(["91110000600037341L", "91110000600037341X", "N1110000600037341L", "short"]),
                          st.from_regex(r"rid[01]:[0-9a-f]{32}:[0-9X]{4}", fullmatch=True)), min_size=1))
def test_sponsors_are_checked_as_the_identifiers_module_checks_them(ids: list[str]) -> None:
    states = prepared(customer_uscc=list(ids)).columns.sponsor_state.tolist()
    assert states == [clean.GOOD if is_valid_sponsor(one) else clean.BAD for one in ids]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(QUADS, SIXES, st.ip_addresses().map(str), st.just("::ffff:192.0.2.1")), min_size=1))
def test_addresses_are_read_as_the_standard_library_reads_them(typed: list[str]) -> None:
    parsed = addresses.parse(pa.array(typed))
    for i, text in enumerate(typed):
        found = (int(parsed.family[i]), int(parsed.high[i]) << 64 | int(parsed.low[i]))
        try:
            known = ipaddress.ip_interface(text)
        except ValueError:
            assert found[0] == 0, text
            continue
        mapped = getattr(known.ip, "ipv4_mapped", None)
        if mapped and known.network.prefixlen >= 96:
            assert found == (4, int(mapped))
        else:
            assert found == (known.version, int(known.ip)), text
            assert parsed.prefix[i] == (known.network.prefixlen if "/" in text else -1)


def test_blank_null_and_missing_columns_are_the_same() -> None:
    for rows in (prepared(domain=["", None]), prepared(ip=[None, ""])):
        assert not rows.columns.domain.any()
        assert not rows.address.family.any()
        assert rows.upstream.values.to_pylist() == [""]


def test_dictionaries_slices_and_chunks_read_like_plain_columns() -> None:
    plain = pa.table({"provider_id": ["p-1", "p-2", "p-1"], "domain": ["a.example", "b.test", None]})
    coded = pa.table({name: plain[name].dictionary_encode() for name in plain.column_names})
    whole = AccessRows.from_arrow(coded, normaliser())
    part = AccessRows.from_arrow(pa.concat_tables([plain, plain]).slice(2, 3), normaliser())
    assert whole.provider.values.take(pa.array(whole.provider.codes)).to_pylist() == ["p-1", "p-2", "p-1"]
    assert part.host.to_pylist() == ["", "a.example", "b.test"]
    assert np.array_equal(part.columns.domain, [clean.ABSENT, clean.GOOD, clean.GOOD])


def test_rows_without_a_provider_column_are_refused() -> None:
    with pytest.raises(BadInput, match="provider_id"):
        AccessRows.from_arrow(pa.table({"domain": ["a.example"]}), normaliser())
