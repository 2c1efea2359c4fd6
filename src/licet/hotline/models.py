"""Reports, the people behind them as keyed tokens, alarms, questions and contacts. Who reported is nowhere in clear."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from licet.casework.models import Case
from licet.grounds.models import Ground
from licet.hotline.tables import (
    CHANNELS,
    DISMISSALS,
    QUESTIONS,
    SEEN_IDS,
    TARGETS,
    AlarmState,
    ContestKind,
    ContestState,
    ReportState,
)

PARTY: dict[str, Any] = {"max_length": 80}
TRACE: dict[str, Any] = {"max_length": 32, "blank": True}
WAITING = [ReportState.IN_CASE.value, ReportState.UNPLACED.value]
ENDED = [ReportState.DISMISSED.value, ReportState.INVALIDATED.value, ReportState.MUTED.value]
URL_ONLY = [question.ground for question in QUESTIONS if question.url_only]


def _one_of(name: str, field: str, values: list[str]) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)


class Reporter(models.Model):
    """Somebody who reports, known by a keyed token of their account or contact alone.

    A contact that nobody vouches for is one row per network it was written from: whoever writes somebody else's address
    gets neither their track record nor them muted.
    """

    desk_id = models.CharField(**PARTY)
    token = models.CharField(max_length=32)
    person = models.CharField(**TRACE, help_text="token of the account or contact alone, verified or not: it links, and "
                              "never tells apart")
    verified = models.BooleanField(default=False, help_text="an account of ours, or a sender our mail server verified")
    account = models.CharField(**PARTY, blank=True, help_text="party_id, when a partner reports with a key")
    last_at = models.DateTimeField(help_text="when the latest report came")
    muted_at = models.DateTimeField(null=True)
    muted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    mute_reason = models.TextField(blank=True, help_text="shown to the reporter, who may contest it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["desk_id", "token"], name="hotline_reporter_once"),
            models.CheckConstraint(
                condition=Q(muted_at__isnull=True) | (Q(muted_by__isnull=False) & ~Q(mute_reason="")),
                name="hotline_reporter_muted_with_reason"),
        ]

    def __str__(self) -> str:
        return f"reporter {self.pk}"


class Alarm(models.Model):
    """So many reports about one subject that a person must say whether independent people wrote them."""

    desk_id = models.CharField(**PARTY)
    subject_kind = models.CharField(max_length=10)
    subject_key = models.CharField(max_length=253)
    state = models.CharField(max_length=12, default=AlarmState.OPEN)
    raised_at = models.DateTimeField()
    first_at = models.DateTimeField(help_text="the first report it is about")
    last_at = models.DateTimeField(help_text="the latest")
    reports = models.IntegerField(default=0)
    networks = models.IntegerField(default=0)
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="shown on the receipts of an invalidated batch")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["desk_id", "subject_kind", "subject_key"], condition=Q(state="open"),
                                    name="hotline_alarm_one_open"),
            _one_of("hotline_alarm_state", "state", [state.value for state in AlarmState]),
            models.CheckConstraint(
                condition=Q(state="open") | (Q(judged_by__isnull=False) & Q(judged_at__isnull=False) & ~Q(reason="")),
                name="hotline_alarm_judged_by_a_person"),
        ]
        indexes = [models.Index(fields=["desk_id", "state", "-raised_at"], name="hotline_alarm_desk")]

    def __str__(self) -> str:
        return f"{self.subject_kind}:{self.subject_key}"

    @property
    def cluster(self) -> str:
        """Name under which its reports count while nobody judged it."""
        return f"alarm:{self.pk}"


class Report(models.Model):
    """What somebody reported. Only the desk reads it; how to reach whoever wrote it is in :class:`Contact`."""

    number = models.CharField(max_length=12, unique=True, help_text="receipt number without groups")
    channel = models.CharField(max_length=10)
    desk_id = models.CharField(**PARTY)
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT)
    target_kind = models.CharField(max_length=15)
    target = models.CharField(max_length=2000, help_text="as written")
    subject_kind = models.CharField(max_length=10, blank=True)
    subject_key = models.CharField(max_length=253, blank=True)
    text = models.TextField(blank=True, help_text="what the reporter says; never shown as fact")
    how = models.CharField(max_length=10, default="other")
    seen_at = models.DateTimeField()
    received_at = models.DateTimeField(help_text="when it was accepted")
    taken_over_at = models.DateTimeField(help_text="when PostgreSQL got it from the spool")
    language = models.CharField(max_length=10)
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
                                 help_text="who wrote down what somebody said on the telephone")
    reference = models.CharField(max_length=120, blank=True, help_text="a partner's own number")
    # Traces of who reported: keyed tokens, erased after the profile's days. They leave this table in no form.
    network = models.CharField(**TRACE)
    reporter = models.ForeignKey(Reporter, null=True, on_delete=models.SET_NULL, related_name="reports")
    fingerprint = models.BigIntegerField(null=True, help_text="of the text; see similarity.py")
    digest = models.CharField(**TRACE, help_text="keyed, of all that was said: the same key with other content is noticed")
    cluster = models.CharField(max_length=80, help_text="who it counts as: one cluster counts once")
    state = models.CharField(max_length=12, default=ReportState.UNPLACED)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="reports")
    alarm = models.ForeignKey(Alarm, null=True, on_delete=models.PROTECT, related_name="members")
    looked_at = models.DateTimeField(null=True, help_text="a person joined it to its case or ended it")
    looked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    rank = models.SmallIntegerField(default=3, help_text="place in the queue when it came (rules.queue_rank); 9 = an open "
                                    "alarm stands for it")
    dismissal = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True, help_text="the reviewer's sentence; inside the desk")

    class Meta:
        constraints = [
            _one_of("hotline_report_channel", "channel", [channel.id for channel in CHANNELS]),
            _one_of("hotline_report_target", "target_kind", [target.id for target in TARGETS]),
            _one_of("hotline_report_how", "how", list(SEEN_IDS)),
            _one_of("hotline_report_state", "state", [state.value for state in ReportState]),
            # Of sexual content that shows children only the address or the hash is kept, whoever writes.
            models.CheckConstraint(
                condition=~Q(ground__in=URL_ONLY) | (Q(text="") & Q(reference="") & Q(target_kind__in=["url", "hash"])),
                name="hotline_report_address_only"),
            models.CheckConstraint(condition=~Q(state="in_case") | Q(case__isnull=False), name="hotline_report_case"),
            models.CheckConstraint(
                condition=(Q(state="dismissed") & Q(dismissal__in=[row.id for row in DISMISSALS])
                           & Q(looked_by__isnull=False) & ~Q(reason="")) | (~Q(state="dismissed") & Q(dismissal="")),
                name="hotline_report_dismissed_by_a_person"),
            models.CheckConstraint(condition=Q(operator__isnull=True) | Q(channel="operator"),
                                   name="hotline_report_operator"),
            models.CheckConstraint(condition=~Q(state="invalidated") | Q(alarm__isnull=False),
                                   name="hotline_report_invalidated_batch"),
        ]
        indexes = [
            models.Index(fields=["rank", "id"], condition=Q(looked_at__isnull=True, state__in=WAITING),
                         name="hotline_report_waiting"),
            models.Index(fields=["-id"], condition=Q(state="unplaced"), name="hotline_report_unplaced"),
            models.Index(fields=["-id"], condition=Q(state__in=ENDED), name="hotline_report_ended"),
            models.Index(fields=["desk_id", "subject_kind", "subject_key", "received_at"],
                         name="hotline_report_subject"),
            models.Index(fields=["case"], name="hotline_report_case_i"),
            models.Index(fields=["alarm"], condition=Q(alarm__isnull=False), name="hotline_report_alarm"),
            models.Index(fields=["reporter"], condition=Q(reporter__isnull=False), name="hotline_report_reporter"),
            models.Index(fields=["received_at"], name="hotline_report_traces",
                         condition=~Q(network="") | Q(fingerprint__isnull=False) | ~Q(digest="")),
        ]

    def __str__(self) -> str:
        return self.number


class Contest(models.Model):
    """Reporters say that an invalidated batch or a mute is wrong; another person answers, once, for every receipt."""

    desk_id = models.CharField(**PARTY)
    kind = models.CharField(max_length=5)
    alarm = models.OneToOneField(Alarm, null=True, on_delete=models.PROTECT, related_name="contest")
    reporter = models.ForeignKey(Reporter, null=True, on_delete=models.SET_NULL, related_name="contests")
    against = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+",
                                help_text="who invalidated or muted")
    since = models.DateTimeField(help_text="when they did")
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=8, default=ContestState.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="shown on the receipts")

    class Meta:
        constraints = [
            _one_of("hotline_contest_state", "state", [state.value for state in ContestState]),
            models.CheckConstraint(condition=Q(kind=ContestKind.BATCH, alarm__isnull=False, reporter__isnull=True)
                                   | Q(kind=ContestKind.MUTE, alarm__isnull=True), name="hotline_contest_about"),
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True, reason="")
                | (~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reason="")),
                name="hotline_contest_decided_with_reason"),
            models.CheckConstraint(condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("against")),
                                   name="hotline_contest_another_person"),
            models.UniqueConstraint(fields=["reporter", "since"], name="hotline_contest_once"),
        ]
        indexes = [models.Index(fields=["desk_id", "opened_at"], condition=Q(state="open"), name="hotline_contest_open")]

    def __str__(self) -> str:
        return f"contest {self.pk}"


class Objection(models.Model):
    """What the holder of one receipt says in a contest."""

    contest = models.ForeignKey(Contest, on_delete=models.PROTECT, related_name="objections")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="objections")
    desk_id = models.CharField(**PARTY)
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contest", "report"], name="hotline_objection_once"),
            models.CheckConstraint(condition=~Q(text=""), name="hotline_objection_text"),
        ]

    def __str__(self) -> str:
        return f"objection {self.pk}"


class Question(models.Model):
    """What a reviewer asks whoever reported, read and answered with the receipt."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="questions")
    desk_id = models.CharField(**PARTY)
    text = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="hotline_question_text"),
            models.CheckConstraint(condition=Q(answered_at__isnull=True) | ~Q(answer=""),
                                   name="hotline_question_answer"),
            models.UniqueConstraint(fields=["report"], condition=Q(answered_at__isnull=True),
                                    name="hotline_question_one_open"),
        ]

    def __str__(self) -> str:
        return f"question {self.pk}"


class Contact(models.Model):
    """How to reach whoever reported, encrypted. No organisation's people read this table; see ``services.contacts``."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="contact")
    kind = models.CharField(max_length=5)
    sealed = models.BinaryField(null=True, help_text="AES-256-GCM; empty once erased")
    erase_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            _one_of("hotline_contact_kind", "kind", ["mail", "phone"]),
            models.CheckConstraint(
                condition=(Q(sealed__isnull=False) & Q(erased_at__isnull=True))
                | (Q(sealed__isnull=True) & Q(erased_at__isnull=False)), name="hotline_contact_erased"),
        ]
        indexes = [models.Index(fields=["erase_at"], condition=Q(erased_at__isnull=True),
                                name="hotline_contact_due")]

    def __str__(self) -> str:
        return f"contact {self.pk}"
