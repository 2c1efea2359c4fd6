"""Whatever is accepted with a receipt reaches PostgreSQL: what could not is refused at the door, naming the field."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licet.hotline import intake
from licet.hotline.intake import Refusal
from licet.hotline.services import drain_due
from licet.hotline.tables import QUESTIONS, SEEN_IDS, TARGET_BY_ID

from .conftest import START


@pytest.mark.parametrize("field", ["target", "text", "reference", "key", "account", "language", "contact", "desk"])
@pytest.mark.parametrize("odd", ["a\x00b", "a\ud800b", "a\x1bb"], ids=["null", "half a character", "escape"])
def test_what_is_no_text_is_refused(hotline, field, odd):
    with pytest.raises(Refusal) as refused:
        intake.submit(hotline.submission(**{field: odd}), at=START)

    assert refused.value.field == field and refused.value.hint
    assert intake.spool().counts() == (0, 0)


@pytest.mark.parametrize(("field", "most"), list(intake.LONGEST.items()))
def test_what_is_too_long_is_refused(hotline, field, most):
    intake.submit(hotline.submission(**{field: "x" * most}), at=START)
    with pytest.raises(Refusal) as refused:
        intake.submit(hotline.submission(**{field: "x" * (most + 1)}), at=START)
    assert refused.value.field == field


_TARGETS = ["https://lantern.example/p", "lantern.example", "1062 1234", "+86 10 1688 0000", "Night Lamp", "a" * 64, "LANTERN",
            "http://[2001:db8::1]:8080/x", "http://lantern.example:99999/x", "hxxp://lantern[.]example"]
_WORDS = st.text(max_size=140)
_SUBMISSIONS = st.fixed_dictionaries({
    "target_kind": st.sampled_from(list(TARGET_BY_ID)), "target": st.one_of(st.sampled_from(_TARGETS), _WORDS),
    "ground": st.sampled_from([row.ground for row in QUESTIONS]), "text": _WORDS, "how": st.sampled_from(SEEN_IDS),
    "reference": _WORDS, "account": st.sampled_from(["", "harbour"]), "language": st.text(max_size=12),
    "contact": st.one_of(st.just(""), st.just("nina@reporter.example"), _WORDS), "key": _WORDS,
    "seen_at": st.one_of(st.none(), st.datetimes(timezones=st.just(dt.UTC)))})


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=_SUBMISSIONS)
def test_accepted_means_it_can_be_taken_over(hotline, cast, fields):
    try:
        intake.submit(hotline.submission(**fields), at=START)
    except Refusal as refused:
        assert refused.field in {*fields, "channel"}
        return
    drain_due(START)
    assert intake.spool().counts() == (0, 0), intake.spool().set_aside()
