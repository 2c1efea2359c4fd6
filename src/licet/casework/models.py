"""Signals, cases, and the measures they lead to. Facts first: a signal concludes nothing, only a decision does."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from licet.casework.models_handed import HandedDecision as HandedDecision  # noqa: PLC0414 (models are imported from here)
from licet.casework.tables import (
    CAN_EXPIRE,
    CASE_OUTCOMES,
    FINAL,
    MEASURES,
    SUSPENSIONS,
    MeasureState,
    SignalKind,
    SubjectKind,
)
from licet.grounds.models import Ground

PARTY: dict[str, Any] = {"max_length": 80}
CASE_STATES = ("open", "closed", "merged")
ATTACHED = ("evidence", "billing_chain", "bag", "assessment")  # needs that are references in Measure.attachments
OUTCOMES = ("", *CASE_OUTCOMES)


def _one_of(name: str, field: str, values: tuple[str, ...]) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": list(values)}), name=name)


class Case(models.Model):
    """One subject, one ground, one desk. At most one is open at a time; new signals join it."""

    number = models.CharField(max_length=30, unique=True, help_text="shown to people: 2026-000123")
    desk_id = models.CharField(**PARTY, help_text="party_id of the organisation that handles it")
    provider_id = models.CharField(**PARTY, blank=True, help_text="party_id of the provider concerned")
    region = models.CharField(max_length=10, blank=True, db_default="",
                              help_text="where that provider is seated; a trigger copies it")
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT, db_index=False)  # thirteen values
    subject_kind = models.CharField(max_length=10)
    subject_key = models.CharField(max_length=253)
    state = models.CharField(max_length=8, default="open")
    outcome = models.CharField(max_length=20, blank=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    reopened_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reopened")
    # Triage: the rules propose, a person sets.
    proposed_tier = models.SmallIntegerField(null=True)
    proposal = models.JSONField(default=dict, help_text="version, reasons of the proposal and what would change it")
    priority = models.SmallIntegerField(default=0, help_text="place in the queue; larger comes first")
    tier = models.SmallIntegerField(null=True)
    tier_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    tier_at = models.DateTimeField(null=True)
    tier_reason = models.TextField(blank=True)
    # Exclusive hand-out: nobody else works on it until the time is over.
    handler = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    handler_until = models.DateTimeField(null=True)
    signal_count = models.IntegerField(default=0)
    opened_at = models.DateTimeField()
    last_signal_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["desk_id", "ground", "subject_kind", "subject_key"],
                                    condition=Q(state="open"), name="casework_case_one_open"),
            _one_of("casework_case_state", "state", CASE_STATES),
            _one_of("casework_case_outcome", "outcome", OUTCOMES),
            _one_of("casework_case_subject", "subject_kind", tuple(kind.value for kind in SubjectKind)),
            # A tier is always somebody's: software proposes, a named human sets it, with a reason.
            models.CheckConstraint(
                condition=Q(tier__isnull=True)
                | (Q(tier__in=[1, 2, 3]) & Q(tier_by__isnull=False) & Q(tier_at__isnull=False) & ~Q(tier_reason="")),
                name="casework_case_tier_by_a_person"),
            models.CheckConstraint(
                condition=(Q(state="open") & Q(closed_at__isnull=True))
                | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="casework_case_closed_when"),
            models.CheckConstraint(
                condition=(Q(merged_into__isnull=True) & ~Q(state="merged"))
                | (Q(merged_into__isnull=False) & Q(state="merged")), name="casework_case_merged"),
            models.CheckConstraint(
                condition=(Q(state="closed") & ~Q(outcome="")) | (~Q(state="closed") & Q(outcome="")),
                name="casework_case_closed_with_outcome"),
            models.CheckConstraint(
                condition=(Q(handler__isnull=True) & Q(handler_until__isnull=True))
                | (Q(handler__isnull=False) & Q(handler_until__isnull=False)), name="casework_case_handler"),
        ]
        indexes = [
            models.Index(fields=["desk_id", "-priority", "opened_at", "id"], condition=Q(state="open"),
                         name="casework_case_queue"),
            models.Index(fields=["desk_id", "tier", "-priority", "opened_at", "id"], condition=Q(state="open"),
                         name="casework_case_queue_tier"),
            models.Index(fields=["desk_id", "ground", "-priority", "opened_at", "id"], condition=Q(state="open"),
                         name="casework_case_queue_ground"),
            models.Index(fields=["desk_id", "region", "-priority", "opened_at", "id"], condition=Q(state="open"),
                         name="casework_case_queue_region"),
            models.Index(fields=["desk_id", "opened_at", "id"], condition=Q(state="open"),
                         name="casework_case_oldest"),
            models.Index(fields=["desk_id", "tier", "opened_at", "id"], condition=Q(state="open"),
                         name="casework_case_oldest_tier"),
            # What an officer of a region asks most; also counts by these two without reading the cases.
            models.Index(fields=["desk_id", "tier", "region", "opened_at", "id"], condition=Q(state="open"),
                         name="casework_case_tier_region"),
            # The same orders over every desk somebody sees.
            models.Index(fields=["-priority", "opened_at", "id"], condition=Q(state="open"), name="casework_case_all"),
            models.Index(fields=["opened_at", "id"], condition=Q(state="open"), name="casework_case_all_oldest"),
            models.Index(fields=["desk_id", "state", "-id"], name="casework_case_desk"),
            models.Index(fields=["subject_kind", "subject_key"], name="casework_case_subject_i"),
            models.Index(fields=["provider_id"], name="casework_case_provider"),
        ]

    def __str__(self) -> str:
        return self.number


class Signal(models.Model):
    """A fact somebody or something observed about a subject."""

    kind = models.CharField(max_length=15)
    desk_id = models.CharField(**PARTY)
    provider_id = models.CharField(**PARTY, blank=True)
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT, db_index=False)
    subject_kind = models.CharField(max_length=10)
    subject_key = models.CharField(max_length=253)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="signals")
    source = models.CharField(max_length=120, help_text="what brought it, once: sweep:12:access-7:site_unfiled")
    # Independence is judged by who observed, never by how often: one cluster counts once.
    observer = models.CharField(max_length=80, help_text="cluster of the observer: sweep, reporter cluster, laboratory")
    score = models.FloatField(null=True, help_text="a model's score; may raise a place in the queue, nothing else")
    facts = models.JSONField(default=dict, help_text="small public facts: rule, evidence text, address seen")
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["desk_id", "source"], name="casework_signal_once"),
            _one_of("casework_signal_kind", "kind", tuple(kind.value for kind in SignalKind)),
            _one_of("casework_signal_subject", "subject_kind", tuple(kind.value for kind in SubjectKind)),
        ]
        indexes = [models.Index(fields=["case", "received_at"], name="casework_signal_case")]

    def __str__(self) -> str:
        return self.source


class Observation(models.Model):
    """Who observed what in a case, one row per kind and cluster, kept by triggers on signals (migration 0005).

    Triage and the case's page read these instead of signals: a case with a hundred thousand signals costs the same.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="observations", db_index=False)
    desk_id = models.CharField(**PARTY)
    kind = models.CharField(max_length=15)
    observer = models.CharField(max_length=80)
    signals = models.IntegerField()
    best_score = models.FloatField(null=True)
    first_at = models.DateTimeField(help_text="when the first of these signals was received")
    last_at = models.DateTimeField(help_text="when the latest was")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "kind", "observer"], name="casework_observation_once")]
        indexes = [models.Index(fields=["case", "kind", "-last_at"], name="casework_observation_latest")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.observer}"


class CaseEvent(models.Model):
    """One line of a case's timeline."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    desk_id = models.CharField(**PARTY)
    at = models.DateTimeField()
    tag = models.CharField(max_length=60)
    actor = models.CharField(max_length=80)
    note = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["case", "at"], name="casework_event_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.tag}"


class CaseLink(models.Model):
    """Two cases have to do with each other: same organiser, same address, the provider's side of a site's case."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="links")
    other = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    desk_id = models.CharField(**PARTY)
    why = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "other"], name="casework_link_once"),
            models.CheckConstraint(condition=~Q(case=F("other")), name="casework_link_other"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} – {self.other_id}"


class Measure(models.Model):
    """A decision against somebody: what, against whom, how far, until when, signed by whom."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="measures")
    desk_id = models.CharField(**PARTY)
    provider_id = models.CharField(**PARTY, blank=True, help_text="who carries it out")
    subject_party = models.CharField(**PARTY, blank=True,
                                     help_text="whom it hits, when it is an organisation on record")
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=24, default=MeasureState.DRAFTED)
    reasons = models.JSONField(help_text="every reason: rule, citation, facts")
    rule_cited = models.CharField(max_length=200, help_text="rule or pledge clause it rests on")
    scope = models.JSONField(help_text="what exactly: hosts, addresses, codes; territorial and technical bounds")
    collateral = models.JSONField(default=dict, help_text="what else would be hit, counted before anybody signed")
    deadline_on = models.DateField(null=True)
    expires_at = models.DateTimeField(null=True)
    determination = models.ForeignKey("Determination", null=True, on_delete=models.PROTECT, related_name="measures")
    attachments = models.JSONField(default=dict, help_text="need id -> reference: evidence bag, assessment, chain")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    seconded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    seconded_at = models.DateTimeField(null=True)
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaced_by",
                                 help_text="the measure an appeal modified")

    class Meta:
        constraints = [
            _one_of("casework_measure_kind", "kind", tuple(measure.id for measure in MEASURES)),
            _one_of("casework_measure_state", "state", tuple(state.value for state in MeasureState)),
            # Nothing binds anybody unless a named human decided it.
            models.CheckConstraint(condition=Q(state__in=["drafted", "withdrawn"]) | Q(decided_by__isnull=False),
                                   name="casework_measure_decided_by_a_person"),
            # What needs two has two, and they are two.
            models.CheckConstraint(
                condition=Q(state__in=["drafted", "withdrawn"])
                | ~Q(kind__in=[measure.id for measure in MEASURES if measure.persons > 1])
                | (Q(seconded_by__isnull=False) & ~Q(seconded_by=F("decided_by"))),
                name="casework_measure_two_people"),
            # A suspension that could last for ever is not a suspension.
            models.CheckConstraint(
                condition=~Q(kind__in=[measure.id for measure in MEASURES if "expiry" in measure.needs])
                | Q(expires_at__isnull=False),
                name="casework_measure_expires"),
            models.CheckConstraint(condition=~Q(rule_cited=""), name="casework_measure_rule"),
            models.CheckConstraint(
                condition=Q(state__in=["drafted", "withdrawn"])
                | ~Q(kind__in=[measure.id for measure in MEASURES if "determination" in measure.needs])
                | Q(determination__isnull=False), name="casework_measure_determined"),
            *(models.CheckConstraint(
                condition=Q(state__in=["drafted", "withdrawn"])
                | ~Q(kind__in=[measure.id for measure in MEASURES if need in measure.needs])
                | Q(attachments__has_key=need), name=f"casework_measure_has_{need}") for need in ATTACHED),
            # Suspicion expires: one suspension of an effect at a time, whatever else is drafted beside it.
            models.UniqueConstraint(
                fields=["case", "kind"], name="casework_measure_one_suspension",
                condition=Q(kind__in=sorted(SUSPENSIONS), state__in=sorted(state.value for state in CAN_EXPIRE))),
            # Whoever judged a measure drafts what takes its place, and leaves the signing to others.
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | (
                    (Q(decided_by__isnull=True) | ~Q(decided_by=F("drafted_by")))
                    & (Q(seconded_by__isnull=True) | ~Q(seconded_by=F("drafted_by")))),
                name="casework_measure_replaced_by_others"),
        ]
        indexes = [
            models.Index(fields=["desk_id", "state", "id"], name="casework_measure_board"),
            models.Index(fields=["provider_id", "id"], condition=~Q(provider_id=""), name="casework_measure_provider"),
            models.Index(fields=["subject_party", "id"], condition=~Q(subject_party=""), name="casework_measure_hit"),
            models.Index(fields=["expires_at"], condition=~Q(state__in=sorted(FINAL)), name="casework_measure_clock"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_id}"


class MeasureTransition(models.Model):
    """One step a measure took. Adding the row *is* the step: a trigger compares the measure's state with ``frm``, moves
    it to ``to`` and refuses what ``tables.TRANSITIONS`` does not list. Rows are never changed or removed.
    """

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="transitions")
    desk_id = models.CharField(**PARTY)
    frm = models.CharField(max_length=24)
    event = models.CharField(max_length=30)
    to = models.CharField(max_length=24)
    actor = models.CharField(max_length=80)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["measure", "at"], name="casework_transition_m")]

    def __str__(self) -> str:
        return f"{self.measure_id} {self.event}"


class Determination(models.Model):
    """What an authority determined in writing about a case's subject."""

    RESULTS = ("illegal", "not_illegal", "insufficient")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="determinations")
    desk_id = models.CharField(**PARTY)
    document_no = models.CharField(max_length=120)
    authority_id = models.CharField(**PARTY)
    result = models.CharField(max_length=15)
    determined_on = models.DateField()
    text = models.TextField(blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(result__in=["illegal", "not_illegal", "insufficient"]),
                                   name="casework_determination_result"),
            models.CheckConstraint(condition=~Q(document_no=""), name="casework_determination_written"),
            models.UniqueConstraint(fields=["authority_id", "document_no"], name="casework_determination_once"),
        ]

    def __str__(self) -> str:
        return self.document_no


class Appeal(models.Model):
    """Whoever is hit says the measure is wrong; somebody who did not decide it judges."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="appeals")
    desk_id = models.CharField(**PARTY)
    filed_by = models.CharField(max_length=120, help_text="who appeals: party_id or the holder of the notice's token")
    filed_at = models.DateTimeField()
    grounds = models.TextField(help_text="what the appellant says; never shown as fact")
    state = models.CharField(max_length=10, default="filed")
    due_at = models.DateTimeField(help_text="when it counts in favour of the affected if nobody judged it")
    judge = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(null=True)
    judgement = models.TextField(blank=True)
    on_new_facts = models.BooleanField(default=False, help_text="a person of the desk took it up again; it stays nothing")
    # Copied from the measure by a trigger, so that a plain constraint can keep the deciders away from the judging.
    decider_id = models.BigIntegerField()
    seconder_id = models.BigIntegerField(null=True)
    drafter_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["filed", "upheld", "overturned", "modified", "remitted", "defaulted"]),
                name="casework_appeal_state"),
            models.CheckConstraint(
                condition=Q(judge__isnull=True)
                | (~Q(judge=F("decider_id")) & ~Q(judge=F("drafter_id"))
                   & (Q(seconder_id__isnull=True) | ~Q(judge=F("seconder_id")))),
                name="casework_appeal_other_judge"),
            models.CheckConstraint(
                condition=Q(state__in=["filed", "defaulted"]) | (Q(judge__isnull=False) & ~Q(judgement="")),
                name="casework_appeal_judged_with_reasons"),
            models.UniqueConstraint(fields=["measure"], condition=Q(state="filed"), name="casework_appeal_one_open"),
            # A decision is appealed once by the same; what comes later is taken up by the desk, on new facts.
            models.UniqueConstraint(fields=["measure", "filed_by"], condition=Q(on_new_facts=False),
                                    name="casework_appeal_once"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="filed"), name="casework_appeal_clock")]

    @property
    def number(self) -> str:
        """What people call it, on every page, letter and receipt."""
        return f"A-{self.pk}"

    def __str__(self) -> str:
        return f"appeal against {self.measure_id}"


class SavedQueue(models.Model):
    """A queue somebody gave a name: the filters of its address. Shared ones are seen by the whole desk."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    desk_id = models.CharField(**PARTY)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500, blank=True, help_text="the filters as they stand in the address")
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "desk_id", "name"], name="casework_savedqueue_once"),
                       models.CheckConstraint(condition=~Q(name=""), name="casework_savedqueue_named")]
        indexes = [models.Index(fields=["desk_id"], condition=Q(shared=True), name="casework_savedqueue_shared")]

    def __str__(self) -> str:
        return self.name
