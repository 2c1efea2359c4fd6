"""What tests of standing tell: from a closed site to what it leads to, with registers the gate can be asked about."""

import datetime as dt

from django.contrib.auth import get_user_model

from licet.casework import services as casework
from licet.casework.models import Appeal, Measure
from licet.casework.services.finality import final_at
from licet.casework.tables import FINAL_DECISIONS, IN_FORCE
from licet.casework.tests.story import Story
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.parties.selectors import actor_for
from licet.parties.services import add_person, next_change_seq
from licet.registers.models import Filing, Licence, RegisterLoad
from licet.standing import services

ORGANISER = "91990000LANTERNXY1"
SITE = "lantern.example"


def versioned(since="2026-01-01"):
    """The columns every dated row has."""
    return {"since": dt.date.fromisoformat(since), "content_hash": b"\0" * 16, "change_seq": next_change_seq(),
            "source": "import:1", "recorded_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}


def file_site(number=ORGANISER, *, name="Dark Lantern Ltd", kind="organisation", domain=SITE, provider="nightlamp"):
    """A filing of a site, as an import would leave it."""
    with acting_as(WORKER):
        return Filing.objects.create(
            filing_no=f"粤ICP备2099{next_change_seq():04d}号-1", subject_no="", subject_name=name, subject_uscc=number,
            subject_kind=kind, domains=[domain], provider_id=provider, addresses=[], service_kind="web", status="active",
            **versioned())


def load(kind, on):
    """The register is known: it was loaded on that day."""
    with acting_as(WORKER):
        RegisterLoad.objects.create(
            kind=kind, as_of=on, version=next_change_seq(), provider_id="", file_name=f"{kind}.csv", file_sha256="0" * 64,
            rows_read=0, rows_added=0, rows_changed=0,
            rows_unchanged=0, rows_ended=0, rows_rejected=0, actor="test",
            finished_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def licence(provider="nightlamp", number="粤B1-20990001"):
    """An active licence."""
    with acting_as(WORKER):
        return Licence.objects.create(
            licence_no=number, provider_id=provider, category=["B11"], catalogue_year=2015, regions=["*"],
            valid_from=dt.date(2020, 1, 1), status="active", **versioned())


def _judge():
    """``brook``: an officer of the authority who signed nothing."""
    with acting_as(WORKER):
        found = get_user_model().objects.filter(username="brook").first()
        return actor_for(found or add_person("brook", password="brook-harbour-lantern-42", party_id="authority",
                                             roles=("officer",), by=WORKER, must_change=False))


TOLD = [state.value for state in IN_FORCE if state != "approved"]


class StandingStory(Story):
    """From a closed site to what it leads to."""

    def determined(self, *, tier=1, subject=SITE, **fields):
        """A case whose subject was determined illegal in writing, with evidence. Returns case id and determination id."""
        case_id = self.case("determination", tier=tier, subject=subject, **fields)
        determination = casework.record_determination(
            case_id, document_no=f"D-{case_id}", authority_id="authority", result="illegal",
            determined_on=self.now.date(), actor=self.who("olm"), at=self.now)
        return case_id, determination.pk

    def closed(self, **fields):
        """A site closed by two, and seen to be closed."""
        case_id, determination_id = self.determined(**fields)
        with acting_as(WORKER):
            empty = Measure.objects.get(case_id=case_id, kind="close_site")
        casework.withdraw_measure(empty.pk, reason="evidence first", actor=self.who("olm"), at=self.now)
        draft = self.draft(case_id, "close_site", attachments={"evidence": self.evidence(case_id)},
                           determination_id=determination_id, scope={"hosts": [fields.get("subject", SITE)]})
        return case_id, self.go(self.sign(draft), "ordered", "acknowledged", "done", "verified")

    def revoked(self, provider="nightlamp"):
        """The provider's licence is to be revoked: signed by two and told."""
        case_id, determination_id = self.determined(subject=provider, subject_kind="provider",
                                                    ground="unlicensed_provider")
        return case_id, self.sign(self.draft(
            case_id, "revoke_licence", scope={"parties": [provider]}, determination_id=determination_id,
            attachments={"evidence": self.evidence(case_id)}))

    def sign(self, measure):
        """Two people sign; whoever is hit is told."""
        self.approve(measure)
        self.second(measure)
        return self.go(measure, "notified")

    def stands(self, case_id):
        """The case's decisions are final: those that could still be appealed were, and somebody else judged that they
        stand."""
        with acting_as(WORKER):
            found = [row for row in Measure.objects.filter(case=case_id, kind__in=FINAL_DECISIONS, state__in=TOLD)
                     if (final := final_at(row)) is None or final > self.now]
        for measure in found:
            appeal = self.appeal(measure, by="worker")
            casework.judge_appeal(appeal.pk, result="upheld", judgement="the decision stands", actor=_judge(),
                                  authenticated_at=self.now, at=self.now)

    def blacklist(self, case_id):
        """The proposed blacklist measure, signed by two and told, once the decision it rests on is final."""
        self.stands(case_id)
        with acting_as(WORKER):
            draft = Measure.objects.get(case_id=case_id, kind="blacklist", state="drafted")
        return self.sign(draft)

    def exposure(self, case_id):
        """An exposure, signed by two and told."""
        return self.sign(self.draft(case_id, "publish_exposure"))

    def carry_out(self):
        """The job, until nothing is left to do."""
        while services.carry_out_due(self.now):
            pass
        return self

    def on_paper(self, measure):
        """An appeal that was sent in time and is written down only now."""
        with acting_as(WORKER):
            return Appeal.objects.create(
                measure=measure, desk_id=measure.desk_id, filed_by="nightlamp", filed_at=self.now, grounds="new", on_new_facts=True,
                due_at=self.now + dt.timedelta(days=30), decider_id=measure.decided_by_id,
                seconder_id=measure.seconded_by_id, drafter_id=measure.drafted_by_id)

    def heard_late(self, measure):
        """Such an appeal, and the measure was wrong."""
        return self.judge(self.on_paper(measure), "overturned", by="kelp")

    @staticmethod
    def fresh(measure):
        """The measure as it is now."""
        with acting_as(WORKER):
            return Measure.objects.get(pk=measure.pk)
