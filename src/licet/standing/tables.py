"""What standing knows by heart: how sure an organiser's identity must be, and how many points a decision weighs.

Ids are persisted and never change meaning. Both tables are public: whoever is listed or counted can check them.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Confidence:
    """How sure it is that this organiser runs the site. ``rank``: larger is surer. ``enters``: may be blacklisted."""

    id: str
    rank: int
    enters: bool
    zh: str
    en: str
    source: str
    comment: str


CONFIDENCES: tuple[Confidence, ...] = (
    Confidence(id="credential", rank=4, enters=True, zh="已核验证件", en="a verified credential", source="Notice §4.5",
               comment="Somebody compared the document itself; the measure names where it is kept."),
    Confidence(id="agreeing_records", rank=3, enters=True, zh="备案与客户记录一致", en="filing and customer record agree",
               source="Notice §4.5", comment="Two who do not depend on each other recorded the same valid number."),
    Confidence(id="filing", rank=2, enters=True, zh="备案主体且代码校验有效",
               en="subject of the filing, with a number whose check character holds", source="Notice §4.5",
               comment="A filing is verified by the authority before it is accepted."),
    Confidence(id="customer_record", rank=1, enters=False, zh="仅接入商客户记录", en="customer record of the provider alone",
               source="house (decision 0015)", comment="One private record is one statement; it is looked into first."),
    Confidence(id="name_only", rank=0, enters=False, zh="仅有名称", en="a name only", source="house (decision 0015)",
               comment="Many share a name. A name never enters."),
)
CONFIDENCE_BY_ID = {row.id: row for row in CONFIDENCES}


@dataclasses.dataclass(frozen=True, kw_only=True)
class PointRow:
    """What a final decision weighs. ``role``: ``own`` = the decision is against the provider itself, ``connected`` = it
    is against a site or code the provider connected."""

    role: str
    kind: str
    tier: int
    points: int
    comment: str


FORMULA_VERSION = "2026.1"
_OWN_WARN = "A duty was neglected and pointed out."
_OWN_ORDER = "A record had to be put right under a deadline."
_OWN_STOP = "The provider itself was cut."
# Suspensions conclude nothing and weigh nothing; blacklist and exposure follow another decision and are not counted twice.
POINTS: tuple[PointRow, ...] = (
    *(PointRow(role="own", kind="warn", tier=tier, points=points, comment=_OWN_WARN)
      for tier, points in ((3, 2), (2, 3), (1, 4))),
    *(PointRow(role="own", kind="order_rectification", tier=tier, points=points, comment=_OWN_ORDER)
      for tier, points in ((3, 3), (2, 5), (1, 8))),
    PointRow(role="own", kind="stop_access", tier=1, points=20, comment=_OWN_STOP),
    PointRow(role="own", kind="stop_billing", tier=1, points=20, comment=_OWN_STOP),
    PointRow(role="own", kind="end_cooperation", tier=1, points=10, comment="A partner ended the contract for cause."),
    PointRow(role="own", kind="end_cooperation", tier=2, points=8, comment="A partner ended the contract for cause."),
    PointRow(role="own", kind="end_cooperation", tier=3, points=5, comment="A partner ended the contract for cause."),
    *(PointRow(role="own", kind="revoke_licence", tier=tier, points=60, comment="Nothing weighs more.")
      for tier in (1, 2, 3)),
    PointRow(role="connected", kind="stop_access", tier=1, points=2, comment="The provider connected what was stopped."),
    PointRow(role="connected", kind="stop_billing", tier=1, points=2, comment="The provider billed what was stopped."),
    PointRow(role="connected", kind="close_site", tier=1, points=6, comment="The provider connected a closed site."),
    PointRow(role="connected", kind="close_site", tier=2, points=4, comment="The provider connected a closed site."),
)
POINTS_BY_KEY = {(row.role, row.kind, row.tier): row for row in POINTS}
COUNTED_KINDS = frozenset(row.kind for row in POINTS)

# What a threshold may lead to. All of it is advice: a person of the annual review reads it and decides.
ADVICE: dict[str, tuple[str, str]] = {
    "look_closer": ("年检时重点核查", "look closer in the annual review"),
    "talk": ("约谈", "invite to a talk"),
    "advise_against": ("建议年检不予通过", "advise against passing the annual review"),
}

# Field of a measure's scope -> kind of blacklist entry; parties are told apart by what they are.
ENTRY_OF_SCOPE = {"hosts": "domain", "addresses": "address"}
