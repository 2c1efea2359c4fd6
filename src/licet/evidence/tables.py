"""Kinds of evidence, what can happen to an item, and what may ever be looked at. Ids never change meaning."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class ItemKind:
    """One kind of evidence."""

    id: str
    zh: str
    en: str
    comment: str


ITEM_KINDS: tuple[ItemKind, ...] = (
    ItemKind(id="file", zh="文件", en="File", comment="Handed in or downloaded as it was."),
    ItemKind(id="capture", zh="页面截取", en="Capture", comment="What a site or a number showed at a moment."),
    ItemKind(id="statement", zh="陈述", en="Statement", comment="What somebody said, in their words."),
    ItemKind(id="record_extract", zh="登记摘录", en="Record extract", comment="A row of a register, as it stood."),
)
KIND_BY_ID = {kind.id: kind for kind in ITEM_KINDS}

# What the custody log knows. Each is also a journal entry ``evidence:item:…``, ``evidence:bag:…`` or
# ``evidence:locker:…``.
ACTIONS = (
    "added",  # content taken in, or (ground minors) its hash and address written down
    "added_again",  # the same content came a second time; nothing was stored
    "viewed",  # unblurred on a page
    "blurred",  # looked at long enough, or enough
    "downloaded",  # content handed out
    "exported",  # part of a bag
    "sealed",  # a bag was sealed and is kept
    "verified",  # content read again and compared with its hash
    "stamped",  # a time-stamp authority signed the hash
    "held",  # legal hold set
    "release_proposed",  # somebody asks to release the hold; a second person does
    "release_withdrawn",
    "released",  # legal hold released
    "disposal_proposed",
    "disposal_withdrawn",
    "disposed",  # content destroyed; hash and custody stay
)

# Grounds of which no content is ever kept, shown or sent: its hash and address are enough for the police.
# Possession itself may be an offence. Rule: house (decision 0013)
HASH_ONLY_GROUNDS = frozenset({"minors"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Media:
    """A type of content, told by its first bytes and never by its name. ``image``: can be shown blurred."""

    type: str
    suffix: str
    magic: tuple[tuple[int, bytes], ...]  # (offset, bytes): all must fit
    image: bool = False


MEDIA: tuple[Media, ...] = (
    Media(type="image/png", suffix="png", magic=((0, b"\x89PNG\r\n\x1a\n"),), image=True),
    Media(type="image/jpeg", suffix="jpg", magic=((0, b"\xff\xd8\xff"),), image=True),
    Media(type="image/gif", suffix="gif", magic=((0, b"GIF8"),), image=True),
    Media(type="image/webp", suffix="webp", magic=((0, b"RIFF"), (8, b"WEBP")), image=True),
    Media(type="image/bmp", suffix="bmp", magic=((0, b"BM"), (6, b"\0\0\0\0")), image=True),
    Media(type="application/pdf", suffix="pdf", magic=((0, b"%PDF-"),)),
    Media(type="application/gzip", suffix="gz", magic=((0, b"\x1f\x8b"),)),
    Media(type="application/zip", suffix="zip", magic=((0, b"PK\x03\x04"),)),
    Media(type="application/warc", suffix="warc", magic=((0, b"WARC/"),)),
    Media(type="video/mp4", suffix="mp4", magic=((4, b"ftyp"),)),
    Media(type="video/webm", suffix="webm", magic=((0, b"\x1a\x45\xdf\xa3"),)),
    Media(type="audio/mpeg", suffix="mp3", magic=((0, b"ID3"),)),
    Media(type="audio/wav", suffix="wav", magic=((0, b"RIFF"), (8, b"WAVE"))),
    Media(type="audio/ogg", suffix="ogg", magic=((0, b"OggS"),)),
)
PLAIN = Media(type="text/plain", suffix="txt", magic=())
UNKNOWN = Media(type="application/octet-stream", suffix="bin", magic=())
SUFFIX_OF = {media.type: media.suffix for media in (*MEDIA, PLAIN, UNKNOWN)}
IMAGES = frozenset(media.type for media in MEDIA if media.image)
HEAD_BYTES = 4096  # as much as media_type() looks at
