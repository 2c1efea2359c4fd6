"""Kinds of organisation, roles of people in them, and what each role may do."""

from __future__ import annotations

import dataclasses

PARTY_KINDS: dict[str, tuple[str, str]] = {
    "authority": ("主管部门", "Authority"),
    "carrier": ("基础电信运营商", "Carrier"),
    "access_provider": ("接入服务商", "Access provider"),
    "association": ("行业协会", "Association"),
    "billing_partner": ("代收费合作方", "Billing partner"),
    "sponsor": ("网站主办者", "Sponsor"),
    "police": ("公安机关", "Police"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Role:
    """What a person may do for an organisation. ``permissions`` are ids checked by views and the API."""

    id: str
    zh: str
    en: str
    party_kinds: frozenset[str]  # kinds of organisation in which the role can be held
    permissions: frozenset[str]
    comment: str


_ANY = frozenset(PARTY_KINDS)
_PROVIDERS = frozenset({"carrier", "access_provider"})
_READ = frozenset({"registers.read", "gate.ask", "sweeps.read", "notices.read"})
_CASEWORK = frozenset({"cases.read", "cases.work", "measures.decide", "appeals.judge"})
_ORDERS = frozenset({"orders.read", "orders.carry_out"})

ROLES: tuple[Role, ...] = (
    Role(id="administrator", zh="系统管理员", en="Administrator", party_kinds=frozenset({"authority"}) | _PROVIDERS,
         permissions=frozenset({"people.manage", "journal.read", "registers.read", "connectors.manage"}),
         comment="Keeps people and settings; decides nothing about services."),
    Role(id="compliance_officer", zh="合规专员", en="Compliance officer", party_kinds=_PROVIDERS,
         permissions=_READ | _CASEWORK | _ORDERS | {"registers.import", "registers.correct", "sweeps.run",
                                                     "journal.read", "connectors.manage"},
         comment="The provider's desk: hands in lists, runs sweeps, corrects records."),
    Role(id="officer", zh="监管人员", en="Officer", party_kinds=frozenset({"authority"}),
         permissions=_READ | _CASEWORK | _ORDERS | {
             "registers.import", "registers.correct", "registers.second", "sweeps.run", "journal.read",
             "blacklist.propose", "blacklist.second", "connectors.manage", "hotline.contact"},
         comment="The authority's desk: keeps the reference registers, seconds changes."),
    Role(id="reviewer", zh="审核员", en="Reviewer", party_kinds=_PROVIDERS | {"authority", "association"},
         permissions=_READ | _CASEWORK | {"orders.read"},
         comment="Reads registers and findings; sets tiers and decides measures."),
    Role(id="liaison", zh="公安联络员", en="Police liaison", party_kinds=frozenset({"police"}),
         permissions=frozenset({"registers.read", "cases.read", "cases.work", "measures.decide", "referrals.answer",
                                "notices.read"}),
         comment="Looks up who answers for a site, refers cases and brings the answer back."),
    Role(id="executor", zh="执行专员", en="Executor", party_kinds=_PROVIDERS | {"billing_partner"},
         permissions=_ORDERS | {"connectors.manage", "notices.read"}, comment="Carries out orders to cut and to restore."),
    Role(id="observer", zh="查阅人员", en="Observer", party_kinds=_ANY, permissions=frozenset({"registers.read", "notices.read"}),
         comment="Reads the own organisation's records and the letters to it."),
)
ROLE_BY_ID = {role.id: role for role in ROLES}

# What a program's key may be given; ids are checked by the API and by a constraint in PostgreSQL.
TOKEN_SCOPES: dict[str, str] = {
    "gate.ask": "ask the gate",
    "registers.read": "read the registers' change feed",
    "registers.import": "hand in register files",
    "sweeps.run": "sweep lists",
    "orders.carry_out": "fetch orders and report on them",
    "hotline.report": "hand in reports to the hotline",
    "cases.read": "list the evidence of the desk's cases, read letters and their hashes",
    "cases.work": "add, verify and download evidence of the desk's cases",
    "referrals.answer": "fetch referrals to the police desk, acknowledge and answer them",
}
