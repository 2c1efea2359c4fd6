"""Pictures as they are shown: a few grey squares, or re-encoded by us. Decoding runs in a process of its own with
little memory, little time and no files, because what is decoded may have been made to break whoever looks at it.
"""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Literal

Mode = Literal["blur", "grey", "colour"]
LARGEST_BYTES = 40 << 20
_SQUARES = 12  # pixels of the blurred rendition's longer side
_LARGEST_SIDE = 1200
_MOST_PIXELS = 60_000_000
_MEMORY_BYTES = 1 << 30
_SECONDS = 15


def render(content: bytes, mode: Mode) -> bytes | None:
    """A PNG of the picture: ``blur`` a dozen grey squares, ``grey`` and ``colour`` at most 1200 pixels wide or high.
    ``None`` when it cannot be decoded within memory and time."""
    if len(content) > LARGEST_BYTES:
        return None
    try:
        done = subprocess.run([sys.executable, "-I", "-m", "licet.evidence.rendition", mode], input=content,
                              capture_output=True, timeout=_SECONDS, check=False, env={})
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 and done.stdout.startswith(b"\x89PNG") else None


def draw(content: bytes, mode: str) -> bytes:
    """What :func:`render` gives, in this process. Raises whatever the decoder raises."""
    from PIL import Image, ImageFilter

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    picture = Image.open(io.BytesIO(content), formats=["PNG", "JPEG", "GIF", "WEBP", "BMP"])
    if picture.width * picture.height > _MOST_PIXELS:
        raise ValueError("too many pixels")
    picture.draft("RGB", (_LARGEST_SIDE, _LARGEST_SIDE))
    shown = picture.convert("RGBA")
    ground = Image.new("RGBA", shown.size, "white")
    flat = Image.alpha_composite(ground, shown).convert("RGB" if mode == "colour" else "L")
    if mode == "blur":
        flat.thumbnail((_SQUARES * 8, _SQUARES * 8))
        flat = flat.filter(ImageFilter.GaussianBlur(6))
        flat.thumbnail((_SQUARES, _SQUARES))
    else:
        flat.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    out = io.BytesIO()
    flat.save(out, "PNG")  # a new file: no metadata of the original comes along
    return out.getvalue()


def _main() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read(), sys.argv[1]))


if __name__ == "__main__":
    _main()
