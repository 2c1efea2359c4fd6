"""Which installed font has Chinese characters. Without one no PDF is made; the print page always works."""

from __future__ import annotations

import functools
from typing import Any

# Families with Chinese characters, best first; found by name among the fonts of the system.
CJK_FAMILIES = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Noto Sans CJK SC", "Source Han Sans SC",
                "Noto Sans SC", "SimSun", "Songti SC", "FandolSong", "PingFang SC", "Microsoft YaHei",
                "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "AR PL UMing CN", "Droid Sans Fallback")


def cjk_family() -> str:
    """The font that is used, '' if none fits."""
    have = set(fonts().families())
    return next((family for family in CJK_FAMILIES if family in have), "")


@functools.lru_cache(maxsize=1)
def fonts() -> Any:
    """The fonts of this machine, looked for once."""
    import typst

    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True, font_paths=[])
