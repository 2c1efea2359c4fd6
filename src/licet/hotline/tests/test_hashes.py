"""A file known by its fingerprint alone is a subject: the same one, however written, meets in one case."""

import pytest
from django.db import IntegrityError, transaction

from licet.casework import services as casework
from licet.casework.models import Case
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import services
from licet.hotline.xarf_out import document_of

pytestmark = pytest.mark.django_db
DIGITS = "ab" * 32


def test_the_same_hash_is_one_case_and_ends_with_a_result(hotline, cast, actor_of, settings):
    settings.DEFAULT_FROM_EMAIL = "hotline@authority.example"
    fields = {"target_kind": "hash", "ground": "minors"}
    one = hotline.report(**fields, target=DIGITS.upper())
    two = hotline.report(**fields, target=f"sha256:{DIGITS}", address="203.0.113.9")
    other = hotline.report(**fields, target=f"pdq:{DIGITS}")
    hotline.drain()

    reports = [hotline.get(number) for number in (one, two, other)]
    assert reports[0].case_id == reports[1].case_id != reports[2].case_id
    with acting_as(WORKER):
        case = Case.objects.get(pk=reports[0].case_id)
        assert (case.subject_kind, case.subject_key, case.signal_count) == ("hash", f"sha256:{DIGITS}", 2)
        assert document_of(one)["source_identifier"] == f"sha256:{DIGITS}"
        assert document_of(case.number)["source_identifier"] == f"sha256:{DIGITS}"
    casework.close_case(case.pk, outcome="actioned", reason="known and removed", actor=actor_of("olm"), at=hotline.now)
    assert hotline.shown(two).outcome == "actioned"


def test_the_case_and_its_measures_are_drawn(hotline, cast, actor_of, sign_in):
    number = hotline.report(target_kind="hash", ground="minors", target=DIGITS)
    hotline.drain()
    case = hotline.get(number).case
    page = sign_in("olm").get(f"/cases/{case.number}/")
    assert page.status_code == 200 and f"sha256:{DIGITS}" in page.content.decode()
    assert sign_in("olm").get(f"/cases/{case.number}/measures/draft/").status_code in {200, 404}
    assert sign_in("olm").get(f"/hotline/{number}/").status_code == 200
    assert sign_in("olm").get(f"/cases/?q={DIGITS.upper()}").status_code == 200


def test_a_person_can_say_that_a_report_is_about_a_hash(hotline, cast, actor_of):
    number = hotline.report(target_kind="provider", ground="deceptive_billing", target="Unknown Ltd")
    hotline.drain()
    report = services.name_subject(number, kind="hash", subject=DIGITS, actor=actor_of("olm"), at=hotline.now)
    assert report.subject_key == f"sha256:{DIGITS}" and report.case_id


def test_other_kinds_stay_closed(hotline, cast):
    hotline.report(target_kind="hash", ground="minors", target=DIGITS)
    hotline.drain()
    with acting_as(WORKER), pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.update(subject_kind="rumour")
