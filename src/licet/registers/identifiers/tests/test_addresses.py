"""Addresses, prefixes and ranges: one spelling each, and the repair when there is none."""

import ipaddress
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.registers.identifiers import BadAddress, parse_address, parse_block, parse_prefix, parse_range


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" 192.0.2.1 ", "192.0.2.1"),
        ("１９２．０．２．１", "192.0.2.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:201", "192.0.2.1"),
    ],
)
def test_an_address_is_made_canonical(text, canonical):
    assert parse_address(text) == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.0 / 24", "192.0.2.0/24"),
        ("192.0.2.1", "192.0.2.1/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:192.0.2.1", "192.0.2.1/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_a_prefix_is_made_canonical(text, canonical):
    assert parse_prefix(text) == canonical


@pytest.mark.parametrize(
    ("text", "prefixes"),
    [
        ("192.0.2.8-192.0.2.15", ["192.0.2.8/29"]),
        ("192.0.2.1 — 192.0.2.4", ["192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/32"]),
        ("192.0.2.8至192.0.2.9", ["192.0.2.8/31"]),
        ("192.0.2.8~192.0.2.8", ["192.0.2.8/32"]),
        ("2001:db8::-2001:db8::f", ["2001:db8::/124"]),
        ("::ffff:192.0.2.8-192.0.2.9", ["192.0.2.8/31"]),
    ],
)
def test_a_range_is_its_prefixes(text, prefixes):
    assert parse_range(text) == parse_block(text) == prefixes


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "Write it like 192.0.2.1"),
        ("10.0.0.7/24", "Did you mean 10.0.0.0/24?"),
        ("2001:db8::1/64", "Did you mean 2001:db8::/64?"),
        ("10.0.0.0/255.255.255.0", "Did you mean 10.0.0.0/24?"),
        ("10.0.0.0/024", "Did you mean 10.0.0.0/24?"),
        ("10.0.0.0/33", "a number from 0 to 32"),
        ("2001:db8::/129", "a number from 0 to 128"),
        ("10.0.0.0/", "a number from 0 to 32"),
        ("::ffff:10.0.0.0/64", "Did you mean 10.0.0.0/32?"),
        ("010.001.0.7", "Did you mean 10.1.0.7?"),
        ("fe80::1%eth0", "Did you mean fe80::1?"),
        ("192.0.2.1:80", "Did you mean 192.0.2.1?"),
        ("[2001:db8::1]:80", "Did you mean 2001:db8::1?"),
        ("[2001:db8::1]", "Did you mean 2001:db8::1?"),
        ("192.0.2.*", "Did you mean 192.0.2.0/24?"),
        ("192.0.2.9-192.0.2.8", "Did you mean 192.0.2.8-192.0.2.9?"),
        ("192.0.2.8-15", "Did you mean 192.0.2.8-192.0.2.15?"),
        ("192.0.2.8-2001:db8::1", "one range for each"),
        ("1-2-3", "Write the first and the last address"),
        ("host.example", "Write it like"),
    ],
)
def test_a_refusal_names_the_repair(text, hint):
    with pytest.raises(BadAddress) as refused:
        parse_block(text)

    assert hint in refused.value.hint


@given(st.ip_addresses(), st.integers(0, 128))
def test_canonical_text_reads_as_itself(address, length):
    network = ipaddress.ip_network(f"{address}/{min(length, address.max_prefixlen)}", strict=False)
    if network.version == 6 and network.subnet_of(ipaddress.ip_network("::ffff:0:0/96")):
        return  # becomes IPv4, tested above
    if network.version == 6 and network.network_address.ipv4_mapped:
        return

    assert parse_prefix(str(network)) == str(network)
    assert parse_block(f"{network[0]}-{network[-1]}") == [str(network)]


@given(st.text(max_size=25) | st.text(alphabet="0123456789abcf.:/-% ", max_size=25))
def test_any_text_is_read_or_refused(text):
    try:
        blocks = parse_block(text)
    except BadAddress as refused:
        assert refused.hint
    else:
        assert [parse_prefix(block) for block in blocks] == blocks


def test_real_prefixes():
    folder = os.environ.get("LICET_TEST_DATA")
    if not folder:
        pytest.skip("LICET_TEST_DATA does not name the folder with operator-ip/*.txt")
    lines = [line for path in Path(folder).glob("operator-ip/*.txt") for line in path.read_text().split()]

    assert len(lines) > 10_000
    assert [parse_prefix(line) for line in lines] == lines
