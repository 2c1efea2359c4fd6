"""Joining a signal and opening the queue read indexes, also when there are many cases."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections

from licet.casework.selectors import QueueFilters, queue
from licet.casework.services import proposals, signals
from licet.casework.tests.story import START
from licet.casework.thresholds import thresholds
from licet.core.actors import WORKER
from licet.core.rls import acting_as

CASES = 3_000


def fill(cases, triaged_by, signals_per_case=3):
    """Open cases of one desk with signals, three of four with a tier, straight by SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO casework_case (number, desk_id, provider_id, ground_id, subject_kind, subject_key, state,"
            " outcome, proposal, priority, tier_reason, signal_count, opened_at, last_signal_at, tier,"
            " tier_by_id, tier_at)"
            " SELECT 'G-' || n, CASE WHEN n %% 10 = 0 THEN 'harbour' ELSE 'authority' END, 'p' || n %% 50,"
            " 'unfiled_site', 'site', 'site-' || n || '.example', 'open', '', '{}', n %% 700, 'seen', %s, %s, %s,"
            " NULLIF(n %% 4, 0), %s, %s"
            " FROM generate_series(1, %s) n", [signals_per_case, START, START, triaged_by, START, cases])
        cursor.execute(
            "INSERT INTO casework_signal (kind, desk_id, provider_id, ground_id, subject_kind, subject_key, case_id,"
            " source, observer, facts, observed_at, received_at)"
            " SELECT 'report', c.desk_id, '', c.ground_id, c.subject_kind, c.subject_key, c.id, 'g:' || c.id || ':' || s,"
            " 'r' || s, '{}', %s, %s FROM casework_case c, generate_series(1, %s) s",
            [START, START, signals_per_case])


@pytest.fixture(scope="module")
def many_cases(own_database, django_db_blocker):
    """Committed, and with statistics: a planner that was never told, or was told of an empty table, guesses."""
    with own_database("plans"), django_db_blocker.unblock():
        with connections["owner"].cursor() as owner:
            owner.execute("ALTER TABLE casework_case DISABLE TRIGGER USER")  # no tier without a triage
            with acting_as(WORKER):
                fill(CASES, get_user_model().objects.create(username="somebody").pk)
            owner.execute("ANALYZE casework_case, casework_signal")
        connections.close_all()
        yield


@pytest.fixture(autouse=True)
def as_worker(many_cases, django_db_blocker):
    """Sequential scans are dear, as they would be with a thousand times as many."""
    with django_db_blocker.unblock(), acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield


def plan(sql, parameters):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", parameters)
        return "\n".join(row[0] for row in cursor.fetchall())


def _key():
    return [["authority"], ["unfiled_site"], ["site"], ["site-4711.example"]]


def test_joining_reads_indexes():
    found = plan(f"SELECT c.id FROM {signals._KEYS} JOIN casework_case c ON {signals._SAME} WHERE c.state = 'open'",
                 _key())
    there = plan("SELECT FROM casework_signal s WHERE s.desk_id = %s AND s.source = %s", ["authority", "g:1:1"])

    assert "casework_case_one_open" in found
    assert "casework_signal_once" in there
    assert "Seq Scan" not in found + there


def test_proposing_reads_indexes():
    found = plan(proposals._FACTS, proposals.parameters([1], START, thresholds()))

    assert "casework_observation_latest" in found or "casework_observation_once" in found
    assert "casework_case_subject_i" in found
    assert "Seq Scan on casework_case" not in found
    assert "casework_signal" not in found, "a case with many signals is proposed as quickly as one with few"


@pytest.mark.parametrize(("filters", "index"), [
    (QueueFilters(desk_id="authority"), "casework_case_"),  # of the desk or of all desks: both are in the queue's order
    (QueueFilters(desk_id="authority", tier=2), "casework_case_queue_tier"),
], ids=["all", "tier"])
def test_the_queue_comes_in_index_order(filters, index):
    text = queue(filters)[:50].explain()

    assert index in text
    assert "Sort" not in text
