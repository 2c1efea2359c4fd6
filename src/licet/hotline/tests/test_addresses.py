"""The address in what somebody pasted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.hotline import intake
from licet.hotline.addresses import has_port, written_address
from licet.hotline.intake import Refusal
from licet.hotline.xarf_out import page_address

from .conftest import START


@pytest.mark.parametrize(("pasted", "address"), [
    ("https://lantern.example/x", "https://lantern.example/x"), ("lantern.example", "lantern.example"),
    ("hxxp://lantern[.]example/x", "http://lantern.example/x"), ("hxxps[:]//www[dot]lantern(.)example", "https://www.lantern.example"),
    ("看这个 https://lantern.example/x", "https://lantern.example/x"), ("看这个https://lantern.example/x，快", "https://lantern.example/x"),
    ("lantern.example 看这个", "lantern.example"), ("I saw (https://lantern.example/a_(b)) today.", "https://lantern.example/a_(b)"),
    ("Look at www.lantern.example/p?q=1.", "www.lantern.example/p?q=1"), ("例子.中国/页", "例子.中国/页"),
    ("nina@reporter.example saw lantern.example", "lantern.example"), ("https://lantern.example/视频", "https://lantern.example/视频"),
    ("“https://lantern.example/”", "https://lantern.example/"), ("nothing at all", "nothing at all")])
def test_pasted(pasted, address):
    assert written_address(pasted) == address


@given(st.text(max_size=80))
def test_nothing_breaks_it_and_twice_is_once(text):
    assert isinstance(written_address(text), str) and isinstance(has_port(text), bool)


def test_only_the_address_is_kept(hotline):
    intake.submit(hotline.submission(target="she is nine: hxxps://lantern[.]example/x, terrible", ground="minors"), at=START)
    body = json.loads(intake.spool().oldest(1)[0].body)
    assert (body["target"], body["subject_key"]) == ("https://lantern.example/x", "lantern.example")


@pytest.mark.parametrize("target", ["http://lantern.example:99999/x", "lantern.example:0", "http://lantern.example:x/"])
def test_a_port_that_does_not_exist_is_refused(hotline, target):
    with pytest.raises(Refusal) as refused:
        intake.submit(hotline.submission(target=target), at=START)
    assert refused.value.field == "target" and refused.value.hint


def test_one_that_was_let_in_before_is_handed_on_without_it():
    assert page_address("http://lantern.example:99999/x") == "http://lantern.example/x"
