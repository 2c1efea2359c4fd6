"""What tests of casework tell: signals, a case, a measure on its way. Explicit times, no mocks of our own code."""

from __future__ import annotations

import datetime as dt
import itertools

from licet.casework import services
from licet.casework.models import Case
from licet.casework.services import MeasureDraft, SignalIn
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence.services import NewItem, add_item

START = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
SITE = "lantern.example"
_SOURCES = itertools.count(1)


def signal(kind="finding", *, ground="unfiled_site", subject=SITE, subject_kind="site", desk="authority",
           observer="sweep", at=START, provider="nightlamp", score=None, source=None):
    """A signal with a source of its own."""
    return SignalIn(kind=kind, desk_id=desk, ground=ground, subject_kind=subject_kind, subject=subject,
                    provider_id=provider, source=source or f"test:{next(_SOURCES)}", observer=observer,
                    observed_at=at, score=score)


class Story:
    """Services with the actor named by the cast, and times a minute apart."""

    def __init__(self, actor_of, now=START):
        self.actor_of = actor_of
        self.now = now

    def who(self, name):
        return WORKER if name == "worker" else self.actor_of(name)

    def case(self, *kinds, tier=None, by="olm", **signal_fields):
        """A case with signals of these kinds (a finding by default) and, if given, a tier."""
        case_id = None
        for n, kind in enumerate(kinds or ("finding",)):
            case_id = services.receive_signal(signal(kind, observer=f"{kind}-{n}", at=self.now, **signal_fields),
                                              actor=WORKER, at=self.now)
        if tier:
            services.set_tier(case_id, tier, reason="looked at it", actor=self.who(by), at=self.now)
        return case_id

    def draft(self, case_id, kind="suspend_access", *, by="olm", **fields):
        fields.setdefault("scope", {"hosts": [SITE]})
        draft = MeasureDraft(kind=kind, reasons=[{"rule": "site_unfiled"}], rule_cited="Notice §4.1.1", **fields)
        return services.draft_measure(case_id, draft, actor=self.who(by), at=self.now)

    def evidence(self, case_id, content=b"what the page said", *, by="olm"):
        """The reference of a statement preserved in the case."""
        with acting_as(WORKER):
            number = Case.objects.get(pk=case_id).number
        item = add_item(number, NewItem(kind="statement", title="What the page said"), [content], actor=self.who(by),
                        purpose="preserved before anything changes", at=self.now)
        return item.ref

    def approve(self, measure, by="olm"):
        return services.approve_measure(measure.pk, actor=self.who(by), authenticated_at=self.now, at=self.now)

    def second(self, measure, by="reed"):
        return services.second_measure(measure.pk, actor=self.who(by), authenticated_at=self.now, at=self.now)

    def suspension(self, *, by="olm", **fields):
        """An approved suspension in a case of tier 2."""
        return self.approve(self.draft(self.case(tier=2, by=by, **fields), by=by), by=by)

    def stop(self, *, by="olm", second="reed"):
        """An approved stop of access, signed by two."""
        case_id = self.case(tier=1)
        draft = self.draft(case_id, "stop_access", by=by, attachments={"evidence": self.evidence(case_id, by=by)})
        self.approve(draft, by=by)
        return self.second(draft, by=second)

    def go(self, measure, *events, by="worker"):
        """Take steps one after the other."""
        for event in events:
            measure = services.advance(measure, event, actor=self.who(by), reason="as ordered", at=self.now)
        return measure

    def appeal(self, measure, *, by="wick", filed_by="nightlamp"):
        return services.file_appeal(measure.pk, filed_by=filed_by, text="It was filed.", actor=self.who(by),
                                    at=self.now)

    def judge(self, appeal, result, *, by="gale", **fields):
        return services.judge_appeal(appeal.pk, result=result, judgement="the filing was there", actor=self.who(by),
                                     authenticated_at=self.now, at=self.now, **fields)

    def wait(self, span):
        self.now += span
        return self
