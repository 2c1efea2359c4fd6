"""Business days and deadlines: the published holidays of the profile, and another profile with other ones."""

import datetime as dt
from pathlib import Path

import pytest

from licet.config.profile import read_profile
from licet.core.calendar import (
    add_business_days,
    calendar_of,
    deadline_at,
    gaps,
    is_business_day,
    read_calendar,
)
from licet.core.errors import BadInput, BadSetting

ROOT = Path(__file__).resolve().parents[4]
CN = calendar_of(read_profile("cn-2007"))
ATLANTIS = calendar_of(read_profile(str(ROOT / "tests" / "profiles" / "atlantis-2030")))


def _day(text):
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(("day", "works"), [
    pytest.param("2026-03-02", True, id="a Monday"),
    pytest.param("2026-03-07", False, id="a Saturday"),
    pytest.param("2026-02-14", True, id="a Saturday worked for the Spring Festival"),
    pytest.param("2026-02-16", False, id="Spring Festival, a Monday"),
    pytest.param("2026-02-23", False, id="its last day"),
    pytest.param("2026-02-24", True, id="the day after"),
    pytest.param("2026-10-10", True, id="a Saturday worked for National Day"),
    pytest.param("2027-02-08", False, id="statutory day of a year not arranged yet"),
    pytest.param("2031-10-01", True, id="beyond the data only weekends count"),
])
def test_days_worked(day, works):
    assert is_business_day(_day(day), CN) is works


@pytest.mark.parametrize(("start", "n", "end"), [
    pytest.param("2026-03-02", 0, "2026-03-02", id="none"),
    pytest.param("2026-03-02", 1, "2026-03-03", id="the next day"),
    pytest.param("2026-03-06", 1, "2026-03-09", id="over a weekend"),
    pytest.param("2026-02-13", 2, "2026-02-24", id="a worked Saturday, then the festival"),
    pytest.param("2026-09-30", 3, "2026-10-10", id="National Day, then a worked Saturday"),
    pytest.param("2026-03-07", 1, "2026-03-09", id="from a Saturday"),
    pytest.param("2026-03-09", -1, "2026-03-06", id="backwards over a weekend"),
])
def test_business_days_are_added(start, n, end):
    assert add_business_days(_day(start), n, CN) == _day(end)


@pytest.mark.parametrize(("kind", "days", "start", "end"), [
    pytest.param("business", 5, "2026-03-02T01:00+00:00", "2026-03-09T15:59:59+00:00", id="business days"),
    pytest.param("calendar", 7, "2026-03-02T01:00+00:00", "2026-03-09T15:59:59+00:00", id="calendar days"),
    pytest.param("calendar", 5, "2026-03-02T01:00+00:00", "2026-03-09T15:59:59+00:00", id="ends on a Saturday: later"),
    pytest.param("calendar", 30, "2026-01-20T01:00+00:00", "2026-02-24T15:59:59+00:00", id="ends in the festival"),
    pytest.param("calendar", 0, "2026-03-07T01:00+00:00", "2026-03-07T15:59:59+00:00", id="today is today"),
    pytest.param("business", 1, "2026-03-02T17:00+00:00", "2026-03-04T15:59:59+00:00", id="local day, not UTC day"),
])
def test_deadlines_end_with_a_local_day(kind, days, start, end):
    got = deadline_at(dt.datetime.fromisoformat(start), days, kind, "Asia/Shanghai", calendar=CN)
    assert got == dt.datetime.fromisoformat(end)


def test_another_profile_counts_otherwise():
    assert add_business_days(_day("2030-03-03"), 2, ATLANTIS) == _day("2030-03-08")  # feast, then a worked Friday
    assert not is_business_day(_day("2030-03-15"), ATLANTIS)
    assert is_business_day(_day("2030-03-16"), ATLANTIS)


@pytest.mark.parametrize(("today", "said"), [
    ("2026-01-01", ("2027: statutory holidays only",)),
    ("2027-06-01", ("2027: statutory holidays only", "2028: weekends only")),
    ("2029-01-05", ("2029: weekends only", "2030: weekends only")),
])
def test_what_is_not_known_is_said(today, said):
    assert gaps(CN, _day(today)) == said


@pytest.mark.parametrize("rows", [
    pytest.param({"weekend": [0]}, id="no weekday"),
    pytest.param({"weekend": [1, 2, 3, 4, 5, 6, 7]}, id="nobody ever works"),
    pytest.param({"weekend": [6, 7], "years": {"2026": {"arranged": True, "working_weekends": [], "holidays": [
        {"from": dt.date(2026, 5, 5), "to": dt.date(2026, 5, 1)}]}}}, id="backwards"),
    pytest.param({"weekend": [6, 7], "years": {"2026": {"arranged": True, "working_weekends": [], "holidays": [
        {"from": dt.date(2027, 5, 1), "to": dt.date(2027, 5, 1)}]}}}, id="of another year"),
    pytest.param({"weekend": [6, 7], "years": {"2026": {
        "arranged": True, "working_weekends": [dt.date(2026, 3, 2)], "holidays": []}}}, id="a Monday as weekend"),
])
def test_a_wrong_calendar_stops_with_a_hint(rows):
    with pytest.raises(BadSetting) as refused:
        read_calendar(rows)
    assert refused.value.hint


@pytest.mark.parametrize(("start", "days"), [
    (dt.datetime(2026, 3, 2), 1), (dt.datetime(2026, 3, 2, tzinfo=dt.UTC), -1)], ids=["naive", "negative"])  # noqa: DTZ001
def test_a_term_that_cannot_be_counted_is_refused(start, days):
    with pytest.raises(BadInput):
        deadline_at(start, days, zone="Asia/Shanghai", calendar=CN)


def test_the_present_profile_is_the_default():
    assert deadline_at(dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC), 1) == dt.datetime(2026, 3, 3, 15, 59, 59,
                                                                                    tzinfo=dt.UTC)
