"""Nested and repeated address blocks, against a loop over all of them."""

from __future__ import annotations

import ipaddress

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from licet.registers.compiled.addresses import parse
from licet.registers.compiled.layout import LISTED
from licet.registers.compiled.reach import probe_listed_blocks
from licet.registers.compiled.trees import build_tree

BLOCKS = st.one_of(
    st.tuples(st.sampled_from([0, 10 << 24, (10 << 24) + 256, (255 << 24) + 0xFFFFFF]), st.integers(0, 32)).map(
        lambda pair: str(ipaddress.ip_network(pair, strict=False))),
    st.tuples(st.sampled_from([1, 0x2001_0DB8 << 96, (0x2001_0DB8 << 96) + (1 << 64), (1 << 128) - 1]), st.integers(0, 128)).map(
        lambda pair: str(ipaddress.IPv6Network(pair, strict=False))))


def ends(block: str) -> list[str]:
    """First and last address of a block and their neighbours outside."""
    network = ipaddress.ip_network(block)
    most = (1 << network.max_prefixlen) - 1
    values = {int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1}
    return [str(type(network[0])(value)) for value in values if 0 <= value <= most]


@settings(deadline=None, max_examples=300)
@given(st.lists(BLOCKS, min_size=1, max_size=12))
def test_the_innermost_block_is_found_at_every_edge(blocks: list[str]) -> None:
    trees = [build_tree(parse(pa.array(blocks)), family) for family in (4, 6)]
    entries = np.zeros(len(blocks), LISTED)
    asked = [address for block in blocks for address in ends(block)]
    rows, out = parse(pa.array(asked)), np.full(len(asked), -1, np.int32)
    probe_listed_blocks(*trees, entries, rows, 0, out)
    for address, found in zip(asked, out.tolist(), strict=True):
        ip = ipaddress.ip_address(address)
        if getattr(ip, "ipv4_mapped", None):
            continue  # read as IPv4; the loop below would ask IPv6 blocks
        around = [(-ipaddress.ip_network(block).prefixlen, i) for i, block in enumerate(blocks)
                  if ip in ipaddress.ip_network(block)]
        assert found == (min(around)[1] if around else -1), address
