"""Invented names and numbers of the demo, all decided by one seed.

Nothing here can meet real data: domains end in ``.example``, addresses lie in test ranges, filing and
licence numbers carry years that have not come yet, and party ids begin with ``demo-``.
"""

from __future__ import annotations

import hashlib

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_FIRST = (
    "harbour",
    "lantern",
    "copper",
    "willow",
    "granite",
    "meadow",
    "saffron",
    "cedar",
    "amber",
    "river",
    "falcon",
    "juniper",
    "marble",
    "orchid",
    "pepper",
    "quartz",
    "timber",
    "velvet",
    "walnut",
    "zephyr",
)
_SECOND = (
    "works",
    "market",
    "press",
    "clinic",
    "garden",
    "studio",
    "school",
    "bakery",
    "museum",
    "supply",
    "travel",
    "repair",
    "library",
    "kitchen",
    "theatre",
    "gallery",
)
_TRADES = (
    "商贸有限公司",
    "科技有限公司",
    "文化传播有限公司",
    "食品厂",
    "机械设备有限公司",
    "信息咨询有限公司",
    "出版社",
    "设计工作室",
)
_PLACES = ("云麓", "望潮", "青石", "晴川", "长桥", "东篱", "银杏", "白鹭", "松涛", "海棠", "听雨", "远山")


class Names:
    """Names of one province. The same seed and size give the same names; others share none of them."""

    def __init__(self, seed: int, rows: int) -> None:
        digest = hashlib.sha256(f"licet demo {seed} {rows}".encode()).digest()
        self._number = int.from_bytes(digest[:8], "big")
        self.tag = digest.hex()[:6]

    def party(self, name: str) -> str:
        """Party id."""
        return f"demo-{self.tag}-{name}"

    def domain(self, index: int) -> str:
        """A registrable domain; ``.example`` is no public suffix, so two labels are registrable."""
        words = f"{_FIRST[index % len(_FIRST)]}-{_SECOND[index // len(_FIRST) % len(_SECOND)]}"
        return f"{words}-{index}-{self.tag}.example"

    def sponsor_name(self, index: int) -> str:
        """A company that does not exist."""
        return f"{_PLACES[index % len(_PLACES)]}{index}号{_TRADES[index // len(_PLACES) % len(_TRADES)]}"

    def uscc(self, index: int) -> str:
        """A credit code whose check character holds."""
        value, code = self._number % 10**9 * 10**7 + index, ""
        for _ in range(8):
            value, digit = divmod(value * 7 + 3, 31)
            code += _ALPHABET[digit]
        body = f"91440000Y{code}"
        total = sum(_ALPHABET.index(character) * weight for character, weight in zip(body, _WEIGHTS, strict=True))
        return body + _ALPHABET[-total % 31]

    def wrong_uscc(self, index: int) -> str:
        """The same with a check character that does not hold."""
        right = self.uscc(index)
        return right[:-1] + _ALPHABET[(_ALPHABET.index(right[-1]) + 1) % 31]

    def subject_no(self, index: int) -> str:
        """A subject's filing number of the years 2090 to 2097; 200000 to 899999 hold no page template's serial."""
        serial = (self._number + index) % 5_600_000
        return f"粤ICP备{2090 + serial // 700_000}{200_000 + serial % 700_000}号"

    def absent_no(self, index: int) -> str:
        """A well-formed filing number nobody has: of the year 2098."""
        return f"粤ICP备2098{200_000 + (self._number + index) % 700_000}号-1"

    def licence_no(self, index: int) -> str:
        """A licence number of the years 2090 to 2099."""
        serial = (self._number // 7 + index) % 90_000
        return f"粤B1-{2090 + serial // 9_000}{1_000 + serial % 9_000}"

    def ipv4(self, index: int) -> str:
        """An address of 198.18.0.0/15 (benchmarks)."""
        return f"198.{18 + (index >> 16 & 1)}.{index >> 8 & 255}.{index & 255}"

    def ipv6_block(self, provider: int) -> str:
        """A /48 of 2001:db8::/32 (documentation) split by provider into /64s."""
        return f"2001:db8:{self._number % 0xFFFF:x}:{provider:x}"
