"""What tests of referrals tell: a case with a sealed bag, referred, handed over, acknowledged, answered."""

from __future__ import annotations

from licet.casework.models import Measure
from licet.casework.selectors import steps_of
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence.tests.locker import TestLocker
from licet.referrals import services
from licet.referrals.models import Referral
from licet.referrals.services import Receipt, Reply


class Told:
    """Services with the actor named by the cast."""

    def __init__(self, story, *, desk="authority-gd", by="gale", content=b"what the page said", seal=None,
                 **attachments):
        self.story, self.by = story, by
        self.locker = TestLocker(story, desk=desk, by=by, tier=1)
        self.item = self.locker.add(content, by=by)
        self.bag = (seal or TestLocker.seal)(self.locker, by=by)
        draft = story.draft(self.locker.case_id, "refer_to_police", by=by, attachments={"bag": self.bag.ref, **attachments})
        self.measure = story.go(story.approve(draft, by=by), "notified")

    @property
    def now(self):
        return self.story.now

    @property
    def referral(self):
        with acting_as(WORKER):
            return Referral.objects.get(measure_id=self.measure.pk)

    @property
    def state(self):
        with acting_as(WORKER):
            return self.referral.state, Measure.objects.get(pk=self.measure.pk).state

    @property
    def steps(self):
        with acting_as(WORKER):
            return [step.event for step in steps_of(self.measure)]

    def send(self):
        return services.send_due(self.now)

    def fetch(self, by="finch"):
        name, content = services.fetch_package(self.referral.number, purpose="received by post", at=self.now,
                                               actor=self.story.who(by))
        return name, b"".join(content)

    def acknowledge(self, by="finch", **fields):
        usual = {"name": "Finch", "document_no": "GD-IN-17", "sha256": self.bag.sha256}
        return services.acknowledge(self.referral.number, Receipt(**(usual | fields)), actor=self.story.who(by),
                                    at=self.now)

    def answer(self, result="illegal", *, by="finch", **fields):
        usual = {"document_no": "GD-2026-88", "determined_on": self.now.date(), "text": "looked into"}
        return services.answer(self.referral.number, Reply(result=result, **(usual | fields)), actor=self.story.who(by),
                               at=self.now)

    def record(self, by="gale"):
        return services.record_answer(self.referral.number, actor=self.story.who(by), at=self.now)
