"""What casework knows by heart: measures, their states and transitions, who may decide, what each needs.

Ids are persisted and never change meaning. PostgreSQL repeats the transitions (``casework_transition_rule``) and
refuses every state change that is not one of them.
"""

from __future__ import annotations

import dataclasses
import enum


class SubjectKind(enum.StrEnum):
    """What a case is about; signals are grouped by its canonical key."""

    SITE = "site"  # registrable domain, A-label
    ADDRESS = "address"  # one IP address
    CODE = "code"  # short code, voice number or billing code
    PROVIDER = "provider"  # party_id
    SPONSOR = "sponsor"  # USCC or keyed token of a site's organiser
    HASH = "hash"  # a file known by its fingerprint alone: md5:, sha1:, sha256: or pdq: and the digits


class SignalKind(enum.StrEnum):
    """What observed the fact. None of them concludes anything."""

    FINDING = "finding"  # a rule fired in a sweep
    REPORT = "report"  # somebody reported it
    DIALTEST = "dialtest"  # a test saw it
    MODEL = "model"  # a classifier scored it; may only queue
    ORDER = "order"  # an authority ordered something
    DETERMINATION = "determination"  # an authority determined illegality in writing


class MeasureState(enum.StrEnum):
    """Where a measure stands."""

    DRAFTED = "drafted"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    NOTIFIED = "notified"
    ORDERED = "ordered"
    ACKNOWLEDGED = "acknowledged"
    DONE = "done"
    VERIFIED = "verified"
    STAYED = "stayed"
    FAILED = "failed"
    EXPIRED = "expired"
    OVERTURNED = "overturned"
    LIFTED = "lifted"
    RESTORED = "restored"
    RESTORATION_VERIFIED = "restoration_verified"


S = MeasureState
FINAL = frozenset({S.WITHDRAWN, S.RESTORATION_VERIFIED})
# The measure binds somebody: it was decided and nothing has ended it.
IN_FORCE = frozenset({S.APPROVED, S.NOTIFIED, S.ORDERED, S.ACKNOWLEDGED, S.DONE, S.VERIFIED, S.FAILED})
# It has ended and what it did must be undone in the world.
TO_RESTORE = frozenset({S.EXPIRED, S.OVERTURNED, S.LIFTED})
# Ends by its expiry date, whether or not somebody noticed.
CAN_EXPIRE = IN_FORCE | {S.STAYED}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transition:
    """One permitted step. ``actor``: ``decider``, ``system``, ``executor`` (who carries it out), ``judge``."""

    frm: MeasureState
    event: str
    to: MeasureState
    actor: str
    comment: str

    @property
    def tag(self) -> str:
        """The journal's name of the step."""
        return f"casework:measure:{self.event}"


def _steps(
    froms: tuple[MeasureState, ...], event: str, to: MeasureState, actor: str, comment: str
) -> tuple[Transition, ...]:
    return tuple(Transition(frm=frm, event=event, to=to, actor=actor, comment=comment) for frm in froms)


_ACTIVE = (S.APPROVED, S.NOTIFIED, S.ORDERED, S.ACKNOWLEDGED, S.DONE, S.VERIFIED, S.FAILED)
_TOLD = tuple(state for state in _ACTIVE if state is not S.APPROVED)  # whoever is hit has the statement of reasons
_ENDED = (S.EXPIRED, S.LIFTED, S.OVERTURNED)

TRANSITIONS: tuple[Transition, ...] = (
    *_steps((S.DRAFTED,), "withdrawn", S.WITHDRAWN, "decider", "The draft is given up; nobody was affected."),
    *_steps((S.DRAFTED,), "approved", S.APPROVED, "decider", "Everybody the measure needs has signed."),
    *_steps((S.APPROVED,), "notified", S.NOTIFIED, "system", "The statement of reasons went out."),
    *_steps((S.NOTIFIED,), "ordered", S.ORDERED, "system", "Whoever must carry it out was told."),
    *_steps((S.NOTIFIED,), "completed", S.DONE, "system", "The notice itself is the measure; nothing is carried out."),
    *_steps((S.ORDERED,), "acknowledged", S.ACKNOWLEDGED, "executor", "The executor has the order."),
    *_steps((S.ORDERED, S.ACKNOWLEDGED), "done", S.DONE, "executor", "The executor reports it done."),
    *_steps((S.ORDERED, S.ACKNOWLEDGED), "failed", S.FAILED, "executor", "Refused or impossible; a person looks."),
    *_steps((S.FAILED,), "ordered", S.ORDERED, "decider", "Ordered again."),
    *_steps((S.DONE,), "verified", S.VERIFIED, "system", "A check from outside agrees."),
    *_steps((S.DONE, S.VERIFIED), "disagreed", S.ORDERED, "system", "A check from outside disagrees: order again."),
    *_steps(_TOLD, "stayed", S.STAYED, "system", "An appeal with suspensive effect was filed."),
    *_steps((S.STAYED,), "resumed", S.NOTIFIED, "judge", "It stands: it is ordered again or, as a notice, done."),
    *_steps((*_ACTIVE, S.STAYED), "expired", S.EXPIRED, "system", "Its time ran out without a determination."),
    *_steps((*_ACTIVE, S.STAYED), "overturned", S.OVERTURNED, "judge", "Somebody else judged that it was wrong."),
    *_steps((*_TOLD, S.STAYED), "defaulted", S.OVERTURNED, "system",
            "Nobody judged the appeal in time: it counts in favour of the affected."),
    *_steps((*_ACTIVE, S.STAYED), "lifted", S.LIFTED, "decider", "Its reason is gone."),
    *_steps(_ENDED, "nothing_to_restore", S.RESTORATION_VERIFIED, "system",
            "It was never ordered or orders nothing: the world is as it was."),
    *_steps(_ENDED, "restored", S.RESTORED, "executor", "What was cut is connected again."),
    *_steps((S.RESTORED,), "restoration_verified", S.RESTORATION_VERIFIED, "system",
            "A check from outside agrees that it is back."),
    *_steps((S.RESTORED,), "restoration_disagreed", S.LIFTED, "system", "It is not back: order the restoration again."),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Need:
    """Something that must be there before a measure can be approved."""

    id: str
    zh: str
    en: str


NEEDS: tuple[Need, ...] = (
    Need(id="rule", zh="依据的承诺条款或规则", en="the pledge clause or rule it rests on"),
    Need(id="finding", zh="核查发现", en="a finding"),
    Need(id="deadline", zh="整改期限", en="a deadline"),
    Need(id="tier", zh="人工认定的等级", en="a tier set by a person"),
    Need(id="expiry", zh="到期日", en="an end date"),
    Need(id="evidence", zh="已固定的证据", en="preserved evidence"),
    Need(id="billing_chain", zh="代收费链条", en="the billing chain"),
    Need(id="bag", zh="封存的证据包", en="a sealed evidence bag"),
    Need(id="determination", zh="书面认定", en="a determination in writing"),
    Need(id="final_decision", zh="生效的最终决定", en="a final decision"),
    Need(id="appeal_window_over", zh="申诉期已过", en="the appeal window is over"),
    Need(id="assessment", zh="考核结果", en="an assessment"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MeasureKind:
    """One kind of measure. ``persons`` counts the named humans who must sign, each freshly authenticated."""

    id: str
    zh: str
    en: str
    party_kinds: frozenset[str]  # whose people may decide it
    roles: frozenset[str]  # roles that may decide or second it
    persons: int
    tiers: frozenset[int]  # tiers of the case in which it may be taken
    needs: frozenset[str]  # ids from NEEDS
    effect: str  # what an order does: cut_access, cut_billing, list, refer, publish, none
    reversible: bool | None  # None: nothing is imposed on anybody, so there is nothing to reverse
    appeal: str  # none, objection, appeal
    appeal_days: int
    stays: bool  # an appeal suspends it until judged
    expiry_days: str  # name of a profile threshold; "" = does not expire by itself
    source: str
    comment: str


_AUTHORITY = frozenset({"authority"})
_PROVIDERS = frozenset({"access_provider", "carrier"})
_DESKS = _AUTHORITY | _PROVIDERS
_REVIEW = frozenset({"reviewer", "officer", "compliance_officer"})
_OFFICER = frozenset({"officer"})
_ALL = frozenset({1, 2, 3})

MEASURES: tuple[MeasureKind, ...] = (
    MeasureKind(id="warn", zh="警示", en="Warning", party_kinds=_DESKS | {"association"}, roles=_REVIEW, persons=1,
                tiers=_ALL, needs=frozenset({"rule", "tier"}), effect="none", reversible=True, appeal="objection",
                appeal_days=30, stays=False, expiry_days="", source="Notice §4.2.5",
                comment="Third tier: correct under the pledge the provider signed."),
    MeasureKind(id="order_rectification", zh="责令整改", en="Order to rectify", party_kinds=_DESKS, roles=_REVIEW,
                persons=1, tiers=_ALL, needs=frozenset({"finding", "deadline", "tier"}), effect="none", reversible=True,
                appeal="appeal", appeal_days=60, stays=True, expiry_days="", source="Notice §4.1.1",
                comment="Time to put a record right before anything is cut."),
    MeasureKind(id="suspend_access", zh="暂停接入", en="Suspend access", party_kinds=_DESKS, roles=_REVIEW, persons=1,
                tiers=frozenset({1, 2}), needs=frozenset({"finding", "tier", "expiry"}), effect="cut_access",
                reversible=True, appeal="appeal", appeal_days=60, stays=True, expiry_days="suspension_days",
                source="Notice §4.2.5", comment="Second tier: ends by itself unless a determination arrives."),
    MeasureKind(id="stop_access", zh="停止接入", en="Stop access", party_kinds=_DESKS, roles=_REVIEW, persons=2,
                tiers=frozenset({1}), needs=frozenset({"tier", "evidence"}), effect="cut_access", reversible=True,
                appeal="appeal", appeal_days=60, stays=False, expiry_days="", source="Notice §4.2.5",
                comment="First tier: obvious; evidence is preserved before anything changes."),
    MeasureKind(id="suspend_billing", zh="暂停代收费", en="Suspend billing", party_kinds=_DESKS, roles=_REVIEW,
                persons=1, tiers=frozenset({1, 2}), needs=frozenset({"finding", "tier", "expiry", "billing_chain"}),
                effect="cut_billing", reversible=True, appeal="appeal", appeal_days=60, stays=True,
                expiry_days="suspension_days", source="Notice §4.1.2", comment="As access, with the chain shown."),
    MeasureKind(id="stop_billing", zh="停止代收费", en="Stop billing", party_kinds=_DESKS, roles=_REVIEW, persons=2,
                tiers=frozenset({1}), needs=frozenset({"tier", "evidence", "billing_chain"}), effect="cut_billing",
                reversible=True, appeal="appeal", appeal_days=60, stays=False, expiry_days="", source="Notice §4.1.2",
                comment="As access, with the chain shown."),
    MeasureKind(id="refer_to_police", zh="移送公安机关", en="Refer to the police", party_kinds=_DESKS | {"police"},
                roles=frozenset({"liaison", "officer", "compliance_officer"}), persons=1, tiers=frozenset({1, 2}),
                needs=frozenset({"tier", "bag"}), effect="refer", reversible=None, appeal="none", appeal_days=0,
                stays=False, expiry_days="", source="Notice §4.2.5",
                comment="A sealed package; a receipt is awaited. The police desk decides what follows."),
    MeasureKind(id="close_site", zh="关闭网站", en="Close site", party_kinds=_AUTHORITY, roles=_OFFICER, persons=2,
                tiers=frozenset({1, 2}), needs=frozenset({"tier", "evidence", "determination"}), effect="cut_access",
                reversible=False, appeal="appeal", appeal_days=60, stays=False, expiry_days="", source="Notice §4.1.2",
                comment="The authority only, on a determination in writing."),
    MeasureKind(id="revoke_licence", zh="吊销许可证", en="Revoke licence", party_kinds=_AUTHORITY, roles=_OFFICER,
                persons=2, tiers=_ALL, needs=frozenset({"tier", "evidence", "determination"}), effect="list",
                reversible=False, appeal="appeal", appeal_days=60, stays=True, expiry_days="", source="Notice §4.1.2",
                comment="The authority only, on a determination in writing."),
    MeasureKind(id="blacklist", zh="列入黑名单", en="Blacklist", party_kinds=_AUTHORITY, roles=_OFFICER, persons=2,
                tiers=_ALL, needs=frozenset({"tier", "final_decision", "expiry"}), effect="list", reversible=True,
                appeal="appeal", appeal_days=60, stays=False, expiry_days="blacklist_days", source="Notice §4.5",
                comment="Site and organiser, after a final decision, for a term with a review."),
    MeasureKind(id="publish_exposure", zh="公开曝光", en="Public exposure", party_kinds=_AUTHORITY | {"association"},
                roles=_REVIEW, persons=2, tiers=_ALL,
                needs=frozenset({"tier", "final_decision", "appeal_window_over", "expiry"}), effect="publish",
                reversible=True, appeal="appeal", appeal_days=60, stays=True, expiry_days="exposure_days",
                source="Notice §4.3", comment="Only what is final; expires; withdrawn when the decision falls."),
    MeasureKind(id="end_cooperation", zh="终止合作", en="End cooperation", party_kinds=_PROVIDERS, roles=_REVIEW,
                persons=2, tiers=_ALL, needs=frozenset({"tier", "assessment"}), effect="cut_billing", reversible=True,
                appeal="objection", appeal_days=30, stays=False, expiry_days="", source="Notice §4.2.6",
                comment="A contract matter, on a written assessment."),
    MeasureKind(id="advise_non_renewal", zh="建议不予续约", en="Advise non-renewal", party_kinds=_DESKS, roles=_REVIEW,
                persons=1, tiers=_ALL, needs=frozenset({"tier", "assessment"}), effect="none", reversible=True,
                appeal="objection", appeal_days=30, stays=False, expiry_days="", source="Notice §4.2.6",
                comment="Advice to whoever renews; changes nothing by itself."),
)
MEASURE_BY_ID = {measure.id: measure for measure in MEASURES}

# How heavy a measure is for whoever it hits; a milder one in its place is never heavier. Rule: house (decision 0009)
SEVERITY: dict[str, int] = {
    "warn": 1, "advise_non_renewal": 1, "order_rectification": 2, "suspend_access": 3, "suspend_billing": 3,
    "refer_to_police": 3, "publish_exposure": 4, "stop_access": 5, "stop_billing": 5, "end_cooperation": 5, "blacklist": 6,
    "close_site": 7, "revoke_licence": 7}
# They rest on a suspicion, and end with it. Rule: Notice §4.2.5
SUSPENSIONS = frozenset({"suspend_access", "suspend_billing"})

SCOPE_LISTS = ("hosts", "addresses", "codes", "parties", "regions")
# Of these an effect needs at least one, or there is nothing anybody could carry out. An effect that is not named takes any.
SCOPE_NEEDED: dict[str, tuple[str, ...]] = {
    "cut_access": ("hosts", "addresses"), "cut_billing": ("codes",), "list": ("hosts", "addresses", "parties")}
# A provider's own access is cut by whoever connects it; a cooperation is ended with a partner.
SCOPE_NEEDED_ELSE: dict[tuple[str, str], tuple[str, ...]] = {
    ("provider", "cut_access"): ("hosts", "addresses", "parties"), ("provider", "cut_billing"): ("codes", "parties"),
    ("code", "cut_access"): ("codes", "hosts"), ("code", "end_cooperation"): ("codes", "parties"),
    ("code", "list"): ("codes", "hosts", "parties")}
# By what means a measure takes effect: id -> (effect it belongs to, Chinese, English). '' = as the executor does it.
TECHNICAL: dict[str, tuple[str, str, str]] = {
    "dns": ("cut_access", "域名解析", "name resolution"),
    "access": ("cut_access", "网络接入", "network access"),
    "billing": ("cut_billing", "代收费", "billing"),
}

# A decision others may rest on: the blacklist and the exposure list take nothing less. Rule: Notice §4.5
FINAL_DECISIONS = frozenset({"stop_access", "stop_billing", "close_site", "revoke_licence"})
RESTS_ON_FINAL = frozenset(measure.id for measure in MEASURES if "final_decision" in measure.needs)
# Kinds of organisation that decide such a measure and no final decision of their own: these are handed one.
HANDED_TO = frozenset[str]().union(*(MEASURE_BY_ID[kind].party_kinds for kind in RESTS_ON_FINAL)) - frozenset[str]().union(
    *(MEASURE_BY_ID[kind].party_kinds for kind in FINAL_DECISIONS))
RESTS_UNAPPEALED = frozenset(measure.id for measure in MEASURES if "appeal_window_over" in measure.needs)
# What a determination that something is illegal leads to, as drafts that people of the authority sign or give up.
AFTER_ILLEGAL = ("close_site", "blacklist")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TriageRule:
    """Proposes ``tier`` when, within the window, enough independent observers of ``kinds`` saw one of ``grounds``.

    ``observers`` is the number needed; 0 stands for the profile's ``independent_observers``. ``prior`` asks for an
    earlier decision against the same subject as well. No rule names ``SignalKind.MODEL``: a score proposes nothing.
    """

    id: str
    tier: int
    grounds: frozenset[str]
    kinds: frozenset[SignalKind]
    observers: int
    prior: bool
    zh: str
    en: str
    source: str
    comment: str


_K = SignalKind
TRIAGE_VERSION = "2026.1"
# An observer whose name begins so was found to be nobody: a person judged a batch of reports as made in bad faith.
VOID_OBSERVER = "void:"
_GROUNDS = frozenset({
    "pornography", "minors", "sexual_service_line", "deceptive_promotion", "deceptive_billing", "unlicensed_provider",
    "failed_annual_review", "unfiled_site", "false_filing", "serving_unfiled_site", "blacklisted", "real_name_missing",
    "duty_neglected"})
_SEVERE = frozenset({"pornography", "minors", "sexual_service_line"})
_ON_RECORD = frozenset({"unlicensed_provider", "unfiled_site", "blacklisted"})
_MILD = frozenset({"deceptive_promotion", "duty_neglected", "real_name_missing"})
_SEEN = frozenset({_K.FINDING, _K.REPORT, _K.DIALTEST, _K.ORDER, _K.DETERMINATION})

TRIAGE: tuple[TriageRule, ...] = (
    TriageRule(id="determined", tier=1, grounds=_GROUNDS, kinds=frozenset({_K.DETERMINATION}), observers=1, prior=False,
               zh="主管机关已书面认定", en="an authority determined it in writing", source="Notice §4.2.5",
               comment="Nothing is more obvious than a written determination."),
    TriageRule(id="ordered", tier=1, grounds=_GROUNDS, kinds=frozenset({_K.ORDER}), observers=1, prior=False,
               zh="主管机关已下达指令", en="an authority ordered it", source="Notice §4.2.5",
               comment="Whoever may order has looked already."),
    TriageRule(id="obvious_content", tier=1, grounds=_SEVERE, kinds=frozenset({_K.DIALTEST}), observers=1, prior=False,
               zh="拨测确认的明显违法内容", en="a test saw obvious content of a severe ground", source="Notice §4.2.5",
               comment="First tier: obvious. A person still looks before anything is cut."),
    TriageRule(id="obvious_record", tier=1, grounds=_ON_RECORD, kinds=frozenset({_K.FINDING, _K.DIALTEST}), observers=1,
               prior=False, zh="登记记录明确显示", en="the registers say it outright", source="Notice §4.1.1",
               comment="No filing, no licence, or listed: the record decides, not an opinion."),
    TriageRule(id="several_observers", tier=2, grounds=_GROUNDS - _MILD, kinds=_SEEN, observers=0, prior=False,
               zh="多个独立来源反映", en="several independent observers", source="Notice §4.2.5",
               comment="Second tier: several reports. One cluster counts once, however often it reports."),
    TriageRule(id="suspected", tier=2, grounds=_GROUNDS - _MILD, kinds=frozenset({_K.FINDING, _K.DIALTEST}),
               observers=1, prior=False, zh="核查发现疑似问题", en="a check found a suspicion", source="Notice §4.2.5",
               comment="Second tier: suspected, to be verified while it is suspended for a time."),
    TriageRule(id="reported_again", tier=2, grounds=_SEVERE, kinds=_SEEN, observers=1, prior=True,
               zh="曾被处置后再次被反映", en="seen again after an earlier decision", source="house (decision 0009)",
               comment="An earlier decision makes one observer enough to look at a suspension."),
    TriageRule(id="third_tier", tier=3, grounds=_MILD, kinds=_SEEN, observers=1, prior=False,
               zh="违反社会公德或管理责任", en="against social morality or a duty", source="Notice §4.2.5",
               comment="Third tier: warn and have it corrected under the pledge."),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SweepSubject:
    """Whose case a finding of a sweep belongs to. ``rule`` is the gate's rule id; its ground comes from there."""

    rule: str
    subject: SubjectKind


_SITE_RULES = (
    "site_unfiled", "filing_cancelled", "filing_suspended", "filed_with_other_provider", "declared_number_wrong",
    "filing_stale", "sponsor_id_invalid", "sponsor_mismatch", "duplicate_filing", "shell_filing",
    "address_outside_provider_range", "blacklisted_domain", "blacklisted_sponsor")
_PROVIDER_RULES = (
    "provider_unlicensed", "licence_suspended_or_revoked", "licence_expired", "licence_category_missing",
    "region_not_covered", "annual_review_failed", "upstream_unlicensed", "blacklisted_provider")
# A rule without a ground (domain_unusable) opens no case: the list needs repair, nobody did wrong.
SWEEP_SUBJECTS: tuple[SweepSubject, ...] = (
    *(SweepSubject(rule=rule, subject=SubjectKind.SITE) for rule in _SITE_RULES),
    *(SweepSubject(rule=rule, subject=SubjectKind.PROVIDER) for rule in _PROVIDER_RULES),
    SweepSubject(rule="blacklisted_address", subject=SubjectKind.ADDRESS),
)

CASE_OUTCOMES: dict[str, tuple[str, str]] = {
    "actioned": ("已处置", "actioned"),
    "not_confirmed": ("未证实", "not confirmed"),
    "out_of_scope": ("不属受理范围", "out of scope"),
    "already_known": ("已知", "already known"),
    "content_gone": ("内容已消失", "content gone"),
    "rectified": ("已整改", "rectified"),
}
# Effects that may go on after a case ended this way; whatever else still binds is lifted first. A letter, once sent, binds
# on; but of what was not confirmed nothing stands. Rule: Notice §4.2.5, house (decision 0009)
_ALL_EFFECTS = frozenset(measure.effect for measure in MEASURES)
OUTCOME_LEAVES: dict[str, frozenset[str]] = {
    "actioned": _ALL_EFFECTS,
    "not_confirmed": frozenset({"refer"}),
    "out_of_scope": frozenset({"refer"}),
    "already_known": frozenset({"none", "refer"}),
    "content_gone": frozenset({"none", "refer"}),
    "rectified": frozenset({"none", "refer"}),
}
# Who may work on a desk's cases (take, set a tier, draft, close).
DESK_ROLES = _REVIEW | {"liaison"}
JUDGE_ROLES = _REVIEW
