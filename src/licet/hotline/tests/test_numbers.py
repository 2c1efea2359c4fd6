"""Numbers and senders however people write them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.hotline.numbers import canonical_number, canonical_sender
from licet.hotline.rules import PhonePlan

PLAN = PhonePlan(country_code="86", international_prefix="00", trunk_prefix="0", national_digits=11)


@pytest.mark.parametrize(("written", "number"), [
    ("16880000", "16880000"), ("+86 1688 0000", "16880000"), ("001688-0000", "16880000"), ("0086 1688-0000", "16880000"),
    ("１６８８００００", "16880000"), ("＋８６ 1688 0000", "16880000"), ("1688–0000", "16880000"),
    ("010 1688 0000", "1016880000"), ("+86 (0)10 1688 0000", "1016880000"), ("8613900001234", "13900001234"),
    ("10621234", "10621234"), ("106212345678901234", "106212345678901234"), ("+44 20 7946 0000", "+442079460000"),
    ("0044 20 7946 0000", "+442079460000"), ("*#06#", "*#06#"), ("110", "110"), ("861062", "861062"),
    ("", ""), ("call me", ""), ("12", ""), ("000000", ""), ("1" * 21, ""), ("+", ""), ("٣٣٣٣", "")])
def test_numbers(written, number):
    assert canonical_number(written, PLAN) == number


@given(st.text(string.digits + "+ -()*#", max_size=24))
def test_a_canonical_number_stays_as_it_is(written):
    once = canonical_number(written, PLAN)
    assert canonical_number(once, PLAN) == once


@given(st.text("123456789", min_size=3, max_size=11), st.sampled_from(["{}", "+86{}", "+86 0{}", "0086{}", "0{}"]))
def test_every_way_to_write_a_number_at_home_is_one_number(digits, way):
    if way == "0086{}" and len(digits) + 2 < 9:
        return  # too short to be told from zeros somebody wrote in front
    if way != "{}" and digits.startswith("86"):
        return
    assert canonical_number(way.format(digits), PLAN) == canonical_number(digits, PLAN)


@pytest.mark.parametrize(("written", "sender"), [
    ("Lantern", "LANTERN"), ("Ｌａｎｔｅｒｎ", "LANTERN"), ("Lantern  Pay", "LANTERN PAY"), ("A1", "A1"), ("", ""), ("123", ""),
    ("a name that is long", ""), ("灯塔", ""), ("x", ""), ("http://x", "")])
def test_senders(written, sender):
    assert canonical_sender(written) == sender
