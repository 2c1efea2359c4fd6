"""Whatever people, executors, time and SQL do to a case in whatever order, PostgreSQL holds a legal state afterwards.

A state machine over every kind of measure. Moves may be refused; what they leave behind is checked after each, for every
measure of every case. Each walk begins with a complete draft and is taken back at its end.
"""

import collections
import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from licet.casework import services
from licet.casework.models import Appeal, Case, Determination, Measure, MeasureTransition, Signal
from licet.casework.rules import STEPS, possible_events, state_at
from licet.casework.selectors import measures_at
from licet.casework.services import Replacement
from licet.casework.tables import CAN_EXPIRE, FINAL, JUDGE_ROLES, MEASURE_BY_ID, MEASURES, TRANSITIONS, MeasureState
from licet.casework.tests.story import DAY, signal
from licet.casework.tests.ways import hire, know, ready
from licet.casework.thresholds import thresholds
from licet.core.actors import WORKER
from licet.core.errors import LicetError
from licet.core.rls import acting_as

pytestmark = pytest.mark.django_db
EVENTS = sorted({row.event for row in TRANSITIONS})
UNSIGNED = {MeasureState.DRAFTED, MeasureState.WITHDRAWN}
BEGINNINGS = [(), ("sign",), ("sign", "notified"), ("sign", "notified", "ordered"), ("sign", "notified", "ordered", "done")]
DECIDERS, OTHERS = ["first", "second"], ["judge", "watcher", "affected"]
ANYBODY = st.sampled_from([*DECIDERS, *OTHERS, "worker"])
DAYS = st.sampled_from([1, 10, 20, 40])


class Walk(RuleBasedStateMachine):
    """One walk. ``stage`` is set by the test: the story, and a draft that everything is there for."""

    story = None
    stage = None

    def __init__(self):
        super().__init__()
        self.story.now = self.stage.at
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize(beginning=st.sampled_from(BEGINNINGS))
    def begin(self, beginning):
        if beginning:
            self.sign("first")
            self.sign("second")
        for event in beginning[1:]:
            self.step(0, event, "worker")

    def do(self, call, *arguments, **more):
        """A move of the services: refusing is legal, what it left behind is checked."""
        try:
            with transaction.atomic():
                call(*arguments, **more)
        except LicetError:
            pass

    def sql(self, who, statement, *parameters):
        """A move by SQL, in the person's own name with the widest sight a person has: if PostgreSQL takes it, it stays."""
        try:
            with acting_as(self.story.who(who)), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, parameters)
        except DatabaseError:
            pass

    def measure(self, which):
        with acting_as(WORKER):
            rows = list(Measure.objects.order_by("pk"))
        return rows[-1 - which % len(rows)]

    def appeal(self):
        with acting_as(WORKER):
            return Appeal.objects.order_by("pk").last()

    # --- services ---
    @rule(which=st.integers(0, 2), event=st.sampled_from(EVENTS), who=ANYBODY)
    def step(self, which, event, who):
        self.do(self.story.go, self.measure(which), event, by=who)

    @rule(who=ANYBODY)
    def sign(self, who):
        measure = self.measure(0)
        first = measure.decided_by_id is None or services.first_signature_lapsed(measure, self.story.now)
        self.do(self.story.approve if first else self.story.second, measure, by=who)

    @rule(which=st.integers(0, 2), who=st.sampled_from(DECIDERS))
    def withdraw(self, which, who):
        self.do(services.withdraw_measure, self.measure(which).pk, reason="no", actor=self.story.who(who), at=self.story.now)

    @rule(which=st.integers(0, 2))
    def file(self, which):
        self.do(self.story.appeal, self.measure(which), by="worker")

    @rule(result=st.sampled_from(["upheld", "overturned", "remitted", "modified"]), who=ANYBODY, days=DAYS)
    def judge(self, result, who, days):
        appeal = self.appeal()
        if appeal is not None:
            milder = {"replacement": Replacement(expires_at=self.story.now + days * DAY)} if result == "modified" else {}
            self.do(self.story.judge, appeal, result, by=who, **milder)

    @rule(result=st.sampled_from(Determination.RESULTS), who=ANYBODY, days=st.sampled_from([-30, 0, 1, 9999]))
    def determine(self, result, who, days):
        with acting_as(WORKER):
            number = Determination.objects.count()
        self.do(services.record_determination, self.stage.case_id, document_no=f"W {number}", authority_id="authority",
                result=result, determined_on=self.story.now.date() + dt.timedelta(days=days), actor=self.story.who(who),
                at=self.story.now)

    @rule(days=DAYS)
    def wait(self, days):
        self.story.wait(days * DAY)

    @rule()
    def jobs(self):
        services.default_overdue_appeals(self.story.now)
        services.expire_due(self.story.now)

    @rule(subject=st.sampled_from(["one.example", "two.example"]), who=st.sampled_from(DECIDERS))
    def split(self, subject, who):
        services.receive_signal(self.again(), actor=WORKER, at=self.story.now)
        with acting_as(WORKER):
            one = Signal.objects.filter(case_id=self.stage.case_id).latest("pk")
        self.do(services.split_case, self.stage.case_id, [one.pk], subject_kind="site", subject=subject, ground="unfiled_site",
                reason="another", actor=self.story.who(who), at=self.story.now)

    def again(self):
        with acting_as(WORKER):
            case = Case.objects.get(pk=self.stage.case_id)
        return signal("report", subject=case.subject_key, subject_kind=case.subject_kind, ground=case.ground_id,
                      desk=case.desk_id, provider=case.provider_id, at=self.story.now)

    @rule(into_first=st.booleans(), who=st.sampled_from(DECIDERS))
    def merge(self, into_first, who):
        with acting_as(WORKER):
            other = Case.objects.exclude(pk=self.stage.case_id).order_by("pk").last()
        if other is not None:
            case, into = (other.pk, self.stage.case_id) if into_first else (self.stage.case_id, other.pk)
            self.do(services.merge_cases, case, into=into, reason="the same", actor=self.story.who(who), at=self.story.now)

    @rule(tier=st.sampled_from([1, 2, 3]), who=ANYBODY)
    def tier(self, tier, who):
        self.do(services.set_tier, self.stage.case_id, tier, reason="looked", actor=self.story.who(who), at=self.story.now)

    @rule(who=st.sampled_from(DECIDERS))
    def close(self, who):
        self.do(services.close_case, self.stage.case_id, outcome="actioned", reason="done", actor=self.story.who(who),
                at=self.story.now)

    # --- SQL ---
    @rule(which=st.integers(0, 2), event=st.sampled_from(EVENTS), who=ANYBODY.filter(lambda who: who != "worker"))
    def insert_step(self, which, event, who):
        measure = self.measure(which)
        to = STEPS[measure.state, event].to if (measure.state, event) in STEPS else "verified"
        self.sql(who, "INSERT INTO casework_measuretransition (measure_id, desk_id, frm, event, \"to\", actor, reason, at)"
                 " VALUES (%s, %s, %s, %s, %s, 'worker', '', %s)", measure.pk, measure.desk_id, measure.state, event, to,
                 self.story.now)

    @rule(which=st.integers(0, 2), state=st.sampled_from([state.value for state in MeasureState]),
          who=st.sampled_from([*DECIDERS, "worker"]))
    def write_state(self, which, state, who):
        self.sql(who, "UPDATE casework_measure SET state = %s WHERE id = %s", state, self.measure(which).pk)

    @rule(which=st.integers(0, 2), column=st.sampled_from(["decided", "seconded"]), who=ANYBODY, name=ANYBODY)
    def write_signature(self, which, column, who, name):
        self.sql(who, f"UPDATE casework_measure SET {column}_by_id = %s, {column}_at = %s WHERE id = %s",
                 self.story.who(name).user_id, self.story.now, self.measure(which).pk)

    @rule(which=st.integers(0, 2), days=st.sampled_from([-1, 20, 4000]), who=st.sampled_from(DECIDERS))
    def write_term(self, which, days, who):
        self.sql(who, "UPDATE casework_measure SET expires_at = %s WHERE id = %s", self.story.now + days * DAY,
                 self.measure(which).pk)

    @rule(state=st.sampled_from(["upheld", "overturned", "defaulted"]), who=ANYBODY)
    def write_judgement(self, state, who):
        appeal = self.appeal()
        if appeal is not None:
            self.sql(who, "UPDATE casework_appeal SET state = %s, judge_id = %s, judged_at = %s, judgement = 'x' WHERE id = %s",
                     state, None if state == "defaulted" else self.story.who(who).user_id, self.story.now, appeal.pk)

    # --- what is true after every move ---
    @invariant()
    def all_is_legal(self):
        with acting_as(WORKER):
            measures = list(measures_at(self.story.now).select_related("determination"))
            steps, appeals = _by_measure(MeasureTransition), _by_measure(Appeal)
            tomorrow = Determination.objects.filter(determined_on__gt=(self.story.now + DAY).date()).exists()
            astray = Signal.objects.exclude(case__desk_id=F("desk_id"), case__ground_id=F("ground_id")).exists()
        assert not tomorrow and not astray
        for measure in measures:
            _steps_lead_to(measure, steps[measure.pk], appeals[measure.pk])
            _signed_by_those_who_may(measure, self.stage.roles)
            _within_its_term(measure)
            _judged_by_others(measure, appeals[measure.pk], self.stage.roles)
            _time_says_the_same(measure, appeals[measure.pk], self.story.now)


def _by_measure(model):
    found = collections.defaultdict(list)
    for row in model.objects.order_by("id"):
        found[row.measure_id].append(row)
    return found


def _steps_lead_to(measure, steps, appeals):
    at, signers = MeasureState.DRAFTED, {f"user:{user}" for user in (measure.decided_by_id, measure.seconded_by_id)}
    for step in steps:
        row = STEPS[step.frm, step.event]
        assert (step.frm, step.to) == (at, row.to)
        at = MeasureState(step.to)
        if row.actor in {"system", "executor"}:
            assert step.actor == "worker", "nobody vouches for their own decision"
        if row.actor == "judge":
            assert step.actor.startswith("user:") and step.actor not in signers
        assert step.event != "approved" or step.actor in signers
        assert step.event != "expired" or measure.expires_at <= step.at
        assert step.event != "defaulted" or any(row.state == "defaulted" and row.due_at <= step.at for row in appeals)
    assert measure.state == at, "the state is where its steps lead"
    assert at in FINAL or possible_events(at)


def _signed_by_those_who_may(measure, roles):
    kind = MEASURE_BY_ID[measure.kind]
    for user_id in {measure.decided_by_id, measure.seconded_by_id} - {None}:
        assert roles.get(user_id) in kind.roles, "signed by a post that decides it"
    if measure.state not in UNSIGNED:
        assert measure.decided_by_id is not None
        if kind.persons > 1:
            assert measure.seconded_by_id not in {None, measure.decided_by_id}
            assert measure.seconded_at - measure.decided_at <= thresholds().first_signature_days * DAY


def _within_its_term(measure):
    kind, limits = MEASURE_BY_ID[measure.kind], thresholds()
    if measure.state in UNSIGNED or limits.term_days(kind) is None:
        return
    until = measure.decided_at + limits.term_days(kind) * DAY
    if measure.determination is not None:
        until = max(until, measure.determination.recorded_at + limits.determination_extension_days * DAY)
    assert measure.expires_at <= until


def _judged_by_others(measure, appeals, roles):
    assert sum(appeal.state == "filed" for appeal in appeals) <= 1
    for appeal in appeals:
        assert (appeal.state in {"filed", "defaulted"}) == (appeal.judge_id is None)
        if appeal.judge_id is not None:
            assert appeal.judge_id not in {measure.drafted_by_id, measure.decided_by_id, measure.seconded_by_id}
            assert roles[appeal.judge_id] in JUDGE_ROLES


def _time_says_the_same(measure, appeals, now):
    """The rule and its query agree, and a term that is over binds nobody."""
    due = next((appeal.due_at for appeal in appeals if appeal.state == "filed"), None)
    state = state_at(measure.state, expires_at=measure.expires_at, appeal_due_at=due, now=now)
    assert state == measure.state_now
    if measure.expires_at is not None and measure.expires_at <= now:
        assert state not in CAN_EXPIRE


class Stage:
    """Where walks of one kind begin."""

    def __init__(self, story, kind):
        desk = "authority" if "authority" in kind.party_kinds else "nightlamp"
        role = "officer" if desk == "authority" else "compliance_officer"
        for name in ("first", "second", "judge"):
            hire(story, name, desk, role)
        hire(story, "watcher", desk, "observer")
        know(story, "affected", story.who("wick"))
        draft = ready(story, kind.id, desk=desk, by="first", second="second")
        self.case_id, self.at = draft.case_id, story.now
        self.roles = {story.who(name).user_id: role for name in ("first", "second", "judge")}


@pytest.mark.parametrize("kind", MEASURES, ids=lambda kind: kind.id)
def test_no_walk_leaves_the_table(story, kind):
    class OfThisKind(Walk):
        pass

    OfThisKind.story, OfThisKind.stage = story, Stage(story, kind)

    run_state_machine_as_test(OfThisKind, settings=settings(
        max_examples=6, stateful_step_count=12, phases=[Phase.generate], database=None, print_blob=True,
        suppress_health_check=list(HealthCheck)))

