"""Organisations in clear, persons as tokens, and the values that could be either."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from licet.registers.identifiers import is_valid_sponsor, sponsor_token, sponsor_tokens, valid_sponsors

KEY = b"a key of this test"
COMPANY = "91110000600037341L"


def organisation(body: str) -> str:
    return body + uscc.calc_check_digit(body + "0")


def person(body: str) -> str:
    return body + ric.calc_check_digit(body + "0")


def wrong(number: str) -> str:
    """The number with another last character that no reading of it accepts."""
    return next(
        bad
        for bad in (number[:-1] + last for last in "0123456789")
        if bad[-1] not in (ric.calc_check_digit(bad), uscc.calc_check_digit(bad))
    )


# Invented: no such county, so no such person.
PERSON = person("11990019800230123"[:6] + "19800229" + "123")


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("", ""),
        (" \u3000\n", ""),
        (COMPANY, COMPANY),
        (" 9111 0000-6000 37341l ", COMPANY),
        ("９１１１００００６０００３７３４１Ｌ", COMPANY),
        ("911100006000373410", "911100006000373410"),
        ("91110000ma00000000", "91110000MA00000000"),
        ("abc", "ABC"),
    ],
)
def test_what_is_no_person_stays_readable(value, token):
    assert sponsor_token(value, KEY) == token


@pytest.mark.parametrize(
    "value",
    [PERSON, f" {PERSON[:6]} {PERSON[6:14]}-{PERSON[14:]} ", f"'{PERSON}"],
    ids=["plain", "spaced", "quoted"],
)
def test_a_resident_id_becomes_one_token(value):
    token = sponsor_token(value, KEY)

    assert token == sponsor_token(PERSON, KEY)
    assert token.startswith("rid1:") and token.endswith(f":{PERSON[-4:]}") and len(token) == 42
    assert PERSON[:14] not in token
    assert token != sponsor_token(PERSON, b"another key")
    assert sponsor_token(token, KEY) == token


@pytest.mark.parametrize("last", ["x", "×", "Х", "Ｘ"], ids=["lower", "times", "cyrillic", "full-width"])
def test_the_check_letter_is_read_however_typed(last):
    number = next(n for n in (person(f"11990019800229{i:03}") for i in range(999)) if n.endswith("X"))

    assert sponsor_token(number[:-1] + last, KEY) == sponsor_token(number, KEY)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(wrong(PERSON), id="check-digit"),
        pytest.param(wrong("119900198013011230"), id="month-13"),
        pytest.param(person("00990019800229123"), id="no-such-region"),
        pytest.param(PERSON[:-1], id="one-short"),
        pytest.param(PERSON + "1", id="one-long"),
        pytest.param(wrong("911440198001011230"), id="residence-permit-check-digit"),
    ],
)
def test_a_wrong_resident_id_is_hidden_too(value):
    token = sponsor_token(value, KEY)

    assert token.startswith("rid0:")
    assert not is_valid_sponsor(token)


def test_a_fifteen_digit_id_is_the_same_person():
    assert sponsor_token(PERSON[:6] + PERSON[8:17], KEY) == sponsor_token(PERSON, KEY)


def test_fifteen_digits_that_are_no_birth_date_are_hidden_as_wrong():
    assert sponsor_token("110000139900011", KEY).startswith("rid0:")


def test_a_permanent_residence_number_is_a_persons():
    assert sponsor_token(person("91144019800101123"), KEY).startswith("rid1:")


def test_a_resident_id_that_passes_as_uscc_by_chance_is_a_persons():
    both = next(n for n in (person(f"13110219800229{i:03}") for i in range(999)) if uscc.is_valid(n))

    token = sponsor_token(both, KEY)

    assert token.startswith("rid1:")
    assert is_valid_sponsor(token)


def test_a_mistyped_resident_id_that_passes_as_uscc_by_chance_is_hidden():
    chance = (organisation(f"13990019800229{i:03}") for i in range(999))
    mistyped = next(n for n in chance if n[-1].isdigit() and ric.calc_check_digit(n) != n[-1])

    assert sponsor_token(mistyped, KEY).startswith("rid0:")


def test_a_company_that_is_person_shaped_stays_readable():
    shaped = (organisation(f"91320119801301{i:03}") for i in range(999))
    company = next(n for n in shaped if n[-1].isdigit())  # 9132 0119 8013 01…: the region ends in 19, month 13

    assert sponsor_token(company, KEY) == company
    assert is_valid_sponsor(company)


@pytest.mark.parametrize(
    ("token", "valid"),
    [(COMPANY, True), ("911100006000373410", False), ("", False), ("ABC", False), (sponsor_token(PERSON, KEY), True)],
)
def test_validity(token, valid):
    assert is_valid_sponsor(token) is valid


def test_many_are_read_as_one_by_one():
    values = [COMPANY, PERSON, "", COMPANY, wrong(PERSON)]

    tokens = sponsor_tokens(values, KEY)

    assert tokens == [sponsor_token(value, KEY) for value in values]
    assert valid_sponsors(tokens) == [True, True, False, True, False]


@given(
    st.sampled_from(["11", "12", "13", "31", "44", "51", "65", "82", "911", "944"]),
    st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)),
    st.integers(0, 9999),
    st.integers(0, 999),
)
def test_no_valid_resident_id_is_ever_stored_in_clear(province, born, county, sequence):
    number = person(f"{province}{county:04}"[:6] + f"{born:%Y%m%d}{sequence:03}")

    assert sponsor_token(number, KEY).startswith("rid1:")


@given(
    st.sampled_from(["91", "92", "93", "52", "12", "A1", "Y1"]),
    st.sampled_from(["110105", "310115", "440300", "100000"]),
    st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9),
)
def test_organisations_of_ordinary_regions_stay_readable(kind, region, code):
    number = organisation(kind + region + code)

    assert sponsor_token(number.lower(), KEY) == number
    assert is_valid_sponsor(number)


@given(st.text(max_size=30))
def test_tokens_are_stable(text):
    token = sponsor_token(text, KEY)

    assert sponsor_token(token, KEY) == token


@given(st.text(alphabet="0123456789", min_size=14, max_size=22), st.sampled_from(["", "X", " ", "-"]))
def test_long_digit_runs_are_hidden_unless_shaped_like_a_uscc(digits, end):
    token = sponsor_token(digits + end, KEY)

    assert token.startswith("rid") or len(token) == 18


@given(st.text("0123456789", min_size=8, max_size=8), st.text("0123456789ABCDXYIOSVZ", min_size=8, max_size=10))
def test_the_check_agrees_with_the_library(front, back):
    text = front + back
    assert is_valid_sponsor(text) is uscc.is_valid(text)
    if not set(text) & set("IOSVZ") and len(text) == 17:
        assert is_valid_sponsor(organisation(text)) and uscc.is_valid(organisation(text))
