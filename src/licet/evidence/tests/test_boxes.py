"""Encrypted content: what goes in comes out, and nothing that was touched does."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.evidence import boxes
from licet.evidence.boxes import CHUNK, TAG, BoxDamaged

KEY = bytes(range(32))


def sealed(content, pieces=1):
    out = io.BytesIO()
    writer = boxes.BoxWriter(KEY, out)
    step = max(1, len(content) // pieces)
    for start in range(0, len(content), step):
        writer.write(content[start:start + step])
    writer.close()
    return out.getvalue()


def opened(box, key=KEY):
    return b"".join(boxes.unseal(key, io.BytesIO(box)))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
@pytest.mark.parametrize("pieces", [1, 7])
def test_what_goes_in_comes_out(size, pieces):
    content = bytes(number % 251 for number in range(size))
    box = sealed(content, pieces)

    assert opened(box) == content
    assert len(content) < 16 or content[:64] not in box


@given(st.integers(0, 2 * CHUNK + 3 * TAG), st.integers(1, 255))
def test_every_changed_byte_is_noticed(position, flip):
    box = bytearray(sealed(b"x" * (2 * CHUNK + 5)))
    box[position % len(box)] ^= flip

    with pytest.raises(BoxDamaged):
        opened(bytes(box))


def test_chunks_cannot_be_cut_repeated_or_exchanged():
    box, head, one = sealed(b"a" * CHUNK + b"b" * CHUNK + b"c"), 15, CHUNK + TAG
    first, second, last = box[head:head + one], box[head + one:head + 2 * one], box[head + 2 * one:]
    for parts in ([first, second], [first], [second, first, last], [first, first, second, last], [first, last], []):
        with pytest.raises(BoxDamaged):
            opened(box[:head] + b"".join(parts))
    assert opened(box[:head] + first + second + last)


def test_another_key_opens_nothing():
    with pytest.raises(BoxDamaged):
        opened(sealed(b"secret"), bytes(32))


def test_wrapped_keys_are_bound_to_their_use():
    wrapped = boxes.wrap(KEY, bytes(32), "item:1")

    assert boxes.unwrap(KEY, wrapped, "item:1") == bytes(32)
    for outer, context in ((KEY, "item:2"), (bytes(32), "item:1")):
        with pytest.raises(BoxDamaged):
            boxes.unwrap(outer, wrapped, context)
    with pytest.raises(BoxDamaged):
        boxes.unwrap(KEY, b"", "item:1")
