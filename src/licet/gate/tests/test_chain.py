"""The chain a provider's page draws and the gate's `upstream_unlicensed` say the same about random chains."""

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.config.profile import load_profile
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.gate import services
from licet.gate.tests.oracle import Oracle
from licet.gate.tests.test_services import load, versioned
from licet.registers import snapshots
from licet.registers.chain import Known, LicenceFacts, due_year, judge_provider
from licet.registers.compiled.tests.strategies import LICENCES, PROVIDERS, REVIEWS, TODAY
from licet.registers.compiled.tests.worlds import PARAMS, formats, loads
from licet.registers.models import AccessRelation, AnnualReview, Licence
from licet.registers.overviews import chain_of

DAY = dt.date(2026, 6, 1)
NAMES = [f"p-{number}" for number in range(9)]
# What breaks a link for whoever buys from it; the other findings of a link concern its own connections.
UNLICENSED = {"provider_unlicensed", "licence_expired", "licence_suspended_or_revoked", "annual_review_failed"}
KNOWN = Known(licences=True, annual_reviews=True, blacklist=True)
LICENCE = {
    "good": {},
    "expired": {"valid_to": dt.date(2026, 5, 31)},
    "last day": {"valid_to": DAY},
    "not yet": {"valid_from": dt.date(2026, 6, 2)},
    "suspended": {"status": "suspended"},
    "revoked": {"status": "revoked"},
    "young": {"valid_from": dt.date(2026, 2, 1)},
}
REVIEW = {"pass": {}, "fail": {"result": "fail"}, "not submitted": {"result": "not_submitted"},
          "decided later": {"result": "fail", "decided_on": dt.date(2026, 7, 1)}, "none": None}


def write_random_chain(seed):
    """Licences with faults of every kind, reviews, and who buys from whom, circles and strangers among them."""
    dice = random.Random(seed)
    for name in NAMES[:-1]:  # the last one has no licence at all
        for number in range(dice.choice([1, 1, 1, 2])):
            licence = {"category": ["B11"], "catalogue_year": 2015, "regions": ["*"], "status": "active",
                       "valid_from": dt.date(2020, 1, 1)} | LICENCE[dice.choice(["good"] * 6 + list(LICENCE))]
            Licence.objects.create(**versioned(licence_no=f"L-{name}-{number}", provider_id=name, **licence))
            review = REVIEW[dice.choice(["pass"] * 6 + list(REVIEW))]
            if review is not None:
                AnnualReview.objects.create(**versioned(licence_no=f"L-{name}-{number}", year=2025,
                                                        **({"result": "pass"} | review)))
    for number in range(7):
        buyer, seller = dice.sample(NAMES, 2)
        AccessRelation.objects.create(**versioned(
            access_id=f"A-{number}", provider_id=buyer, upstream_provider_id=seller, service_kind="vhost"))


@pytest.mark.parametrize("seed", range(3))
def test_page_and_gate_agree_about_every_link(cast, settings, tmp_path, seed):
    settings.LICET_HOME = tmp_path
    snapshots.forget()
    with acting_as(WORKER):
        write_random_chain(seed)
        load("licences", "annual_reviews", "filings", "access", "addresses", "blacklist")
        drawn, answered = {}, {}
        for name in NAMES:
            chain = chain_of(name, day=DAY, profile=load_profile())
            drawn[name] = any(UNLICENSED & set(link.findings) for link in chain.walk())
            decision = services.decide({"provider_id": "harbour", "upstream_provider_id": name, "service_kind": "vhost"},
                                       actor=WORKER, as_of=DAY)
            answered[name] = "upstream_unlicensed" in decision.findings
    snapshots.forget()

    assert drawn == answered
    assert set(drawn.values()) == {True, False}, "a world in which everything is alike proves nothing"


def test_the_page_finds_what_lies_behind_a_circle(cast, settings, tmp_path):
    settings.LICET_HOME = tmp_path
    snapshots.forget()
    with acting_as(WORKER):
        for name in ("p-0", "p-1"):
            Licence.objects.create(**versioned(licence_no=f"L-{name}", provider_id=name, category=["B11"],
                                               catalogue_year=2015, regions=["*"], status="active",
                                               valid_from=dt.date(2026, 1, 1)))
        for at, (buyer, seller) in enumerate([("p-0", "p-1"), ("p-1", "p-0"), ("p-1", "p-8")]):
            AccessRelation.objects.create(**versioned(access_id=f"A-{at}", provider_id=buyer,
                                                      upstream_provider_id=seller, service_kind="vhost"))
        load("licences", "annual_reviews", "filings", "access", "addresses", "blacklist")
        broken = [link.party_id for link in chain_of("p-0", day=DAY, profile=load_profile()).walk() if link.is_broken]
        decision = services.decide({"provider_id": "harbour", "upstream_provider_id": "p-0"}, actor=WORKER, as_of=DAY)
    snapshots.forget()

    assert broken == ["p-8"] and "upstream_unlicensed" in decision.findings


@given(licences=LICENCES, reviews=REVIEWS, day=st.sampled_from([TODAY, dt.date(2026, 3, 31), dt.date(2025, 4, 1)]))
def test_one_link_is_judged_as_the_oracle_judges_it(licences, reviews, day):
    reviews = list({(row["licence_no"], row["year"]): row for row in reviews}.values())  # the register's key
    oracle = Oracle({"licences": licences, "annual_reviews": reviews, "registers": loads(last_as_of="2026-05-01")},
                    day, PARAMS, formats())
    for name in PROVIDERS:
        facts = [LicenceFacts(licence_no=row["licence_no"], valid_from=row["valid_from"], valid_to=row["valid_to"],
                              status=row["status"],
                              reviews={one["year"]: (one["result"], one["decided_on"]) for one in reviews
                                       if one["licence_no"] == row["licence_no"]})
                 for row in licences if row["provider_id"] == name]
        findings, _unknown, _evidence = judge_provider(facts, day=day, year=due_year(day, "03-31"), blacklisted=False,
                                                       known=KNOWN)
        assert bool(UNLICENSED & set(findings)) == oracle.bad_link(name)
