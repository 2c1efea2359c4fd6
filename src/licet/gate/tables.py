"""The rules, in table order (docs/judging.md, Rules). Rows only: conditions live in ``rules.py``, words in ``wording.py``.

Ids and bits are persisted in decisions and findings. A bit is never reused, a meaning never changes: new meaning, new id.
"""

from __future__ import annotations

import dataclasses

from licet.gate.wording import WORDINGS

RULESET_VERSION = "2026.1"

REGISTERS = ("licences", "annual_reviews", "filings", "addresses", "blacklist")
SEVERITIES = ("violation", "warning", "unknown")
ANSWERS = ("permit", "deny", "refer")
ACTORS = ("provider", "authority", "sponsor", "carrier")
# Keys of the profile's thresholds, [deadline_days]; the numbers live there.
DEADLINES = ("at_once", "days_3", "days_7", "days_15", "days_30")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule. Texts name their evidence in braces; ``licet.gate.evidence`` fills them."""

    id: str  # persisted; the finding's name
    bit: int  # position in Judgement.fired and .unknown; persisted
    register: str  # the register it reads, '' if none
    also_needs: str = ""  # a second register without which the fact means nothing
    severity: str  # violation | warning
    at_gate: str  # deny | refer | permit | none
    scope: str = "row"  # row | list (needs the whole list)
    citation: str  # clauses, '; ' between them
    ground: str  # licensing ground it feeds, '' if none
    actor: str  # who must act
    deadline: str  # key of the profile's deadline_days
    comment: str  # why the rule exists
    evidence: str  # short text of a finding
    title_zh: str
    title_en: str
    explanation_zh: str
    explanation_en: str
    remedy_zh: str
    remedy_en: str
    contest_zh: str
    contest_en: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Registers that must be known, the rule's own first."""
        return tuple(name for name in (self.register, self.also_needs) if name)


def _rule(rule_id: str, bit: int, **columns: str) -> Rule:
    return Rule(id=rule_id, bit=bit, **columns, **dataclasses.asdict(WORDINGS[rule_id]))


RULES: tuple[Rule, ...] = (
    _rule("provider_unlicensed", 0, register="licences", severity="violation", at_gate="deny",
          citation="Notice §4.1.1", ground="unlicensed_provider", actor="carrier", deadline="at_once",
          comment="Who connects others needs a licence; whoever feeds an unlicensed provider stops.",
          evidence="no licence of {provider} on record"),
    _rule("licence_suspended_or_revoked", 1, register="licences", severity="violation", at_gate="deny",
          citation="Notice §4.1.1", ground="unlicensed_provider", actor="carrier", deadline="at_once",
          comment="A licence taken away is no licence.",
          evidence="licence {licence_no} {licence_status}"),
    _rule("licence_expired", 2, register="licences", severity="violation", at_gate="deny",
          citation="Notice §4.1.1", ground="unlicensed_provider", actor="provider", deadline="at_once",
          comment="An active licence outside its validity does not carry the service.",
          evidence="licence {licence_no} valid {valid_from} to {valid_to}"),
    _rule("licence_category_missing", 3, register="licences", severity="violation", at_gate="deny",
          citation="Notice §4.1.1", ground="unlicensed_provider", actor="provider", deadline="days_15",
          comment="Codes are read in the licence's own catalogue year; they changed meaning.",
          evidence="licence {licence_no} covers {categories}, not {service_kind}"),
    _rule("region_not_covered", 4, register="licences", severity="violation", at_gate="deny",
          citation="Notice §4.1.1", ground="unlicensed_provider", actor="provider", deadline="days_15",
          comment="Access licences are territorial.",
          evidence="licence {licence_no} covers {regions}, not {region}"),
    _rule("annual_review_failed", 5, register="annual_reviews", also_needs="licences", severity="violation",
          at_gate="deny", citation="Notice §4.1.1", ground="failed_annual_review", actor="provider", deadline="days_30",
          comment="Failing the annual review counts as unlicensed; a review nobody recorded is unknown.",
          evidence="licence {licence_no} review {year}: {result}"),
    _rule("upstream_unlicensed", 6, register="licences", severity="violation", at_gate="deny",
          citation="Notice §4.1.1", ground="unlicensed_provider", actor="provider", deadline="days_7",
          comment="Resale chains are judged to their end.",
          evidence="upstream {upstream}: {link} is not licensed"),
    _rule("site_unfiled", 7, register="filings", severity="violation", at_gate="deny",
          citation="Notice §4.1.1; Order 33 Art 18", ground="unfiled_site", actor="provider", deadline="at_once",
          comment="Licence and filing first, access after.",
          evidence="no filing lists {asked}"),
    _rule("filing_cancelled", 8, register="filings", severity="violation", at_gate="deny",
          citation="Notice §4.1.1; Order 33 Art 18", ground="unfiled_site", actor="provider", deadline="at_once",
          comment="A cancelled filing covers nothing.",
          evidence="filing {filing_no} cancelled; held by {holder}"),
    _rule("filing_suspended", 9, register="filings", severity="violation", at_gate="deny",
          citation="Notice §4.1.1; Order 33 Art 18", ground="unfiled_site", actor="provider", deadline="at_once",
          comment="While a filing is suspended the site stays cut.",
          evidence="filing {filing_no} suspended; held by {holder}"),
    _rule("filed_with_other_provider", 10, register="filings", severity="violation", at_gate="deny",
          citation="Notice §4.2.1", ground="false_filing", actor="provider", deadline="days_7",
          comment="The access part of a filing names who connects the site; a move must be filed.",
          evidence="filing {filing_no} held by {holder}"),
    _rule("declared_number_wrong", 11, register="filings", severity="violation", at_gate="deny",
          citation="Notice §4.1.1; Order 292 Art 12", ground="false_filing", actor="provider", deadline="days_3",
          comment="Borrowed and invented numbers are how unfiled sites hide.",
          evidence="declared {declared}: {declared_problem}"),
    _rule("filing_stale", 12, register="filings", severity="warning", at_gate="permit",
          citation="Notice §4.1.1", ground="duty_neglected", actor="provider", deadline="days_30",
          comment="Filings are verified again and again, not once.",
          evidence="filing {filing_no} last verified {verified_on}"),
    _rule("sponsor_id_invalid", 13, register="", severity="violation", at_gate="deny",
          citation="Notice §4.1.1", ground="false_filing", actor="sponsor", deadline="days_3",
          comment="A checksum needs no register: the id cannot exist.",
          evidence="sponsor id {sponsor} fails its checksum"),
    _rule("sponsor_mismatch", 14, register="filings", severity="warning", at_gate="refer",
          citation="Notice §4.1.1", ground="false_filing", actor="provider", deadline="days_7",
          comment="Agents sign contracts for others, so this is a question, not a verdict.",
          evidence="customer {sponsor}, filing {filing_no} names {subject}"),
    _rule("duplicate_filing", 15, register="filings", severity="warning", at_gate="refer",
          citation="Notice §4.1.1", ground="false_filing", actor="provider", deadline="days_15",
          comment="One name cannot belong to two subjects.",
          evidence="{name} in {filing_a} and {filing_b}"),
    _rule("shell_filing", 16, register="filings", severity="warning", at_gate="none", scope="list",
          citation="Notice §4.1.1", ground="false_filing", actor="provider", deadline="days_30",
          comment="Filed with a provider that does not connect it: the number is free to be borrowed.",
          evidence="filing {filing_no} of {filed_on} not connected by {holder}"),
    _rule("address_outside_provider_range", 17, register="addresses", severity="warning", at_gate="refer",
          citation="Notice §4.1.1", ground="duty_neglected", actor="provider", deadline="days_7",
          comment="The filed address shows who really connects the site. Address data are often late, hence a warning.",
          evidence="{ip} in {block}; held by {holder}"),
    _rule("blacklisted_domain", 18, register="blacklist", severity="violation", at_gate="deny",
          citation="Notice §4.5", ground="blacklisted", actor="provider", deadline="at_once",
          comment="Closed sites are not connected again by anybody.",
          evidence="{listed} listed by {decision_ref}"),
    _rule("blacklisted_sponsor", 19, register="blacklist", severity="violation", at_gate="deny",
          citation="Notice §4.5", ground="blacklisted", actor="provider", deadline="at_once",
          comment="The organisers of closed sites are listed with them.",
          evidence="{listed} listed by {decision_ref}"),
    _rule("blacklisted_address", 20, register="blacklist", severity="violation", at_gate="deny",
          citation="Notice §4.5", ground="blacklisted", actor="provider", deadline="at_once",
          comment="Addresses are listed rarely and for a term: others may share them.",
          evidence="{listed} listed by {decision_ref}"),
    _rule("blacklisted_provider", 21, register="blacklist", severity="violation", at_gate="deny",
          citation="Notice §4.5", ground="blacklisted", actor="carrier", deadline="at_once",
          comment="A provider struck off connects nobody.",
          evidence="{listed} listed by {decision_ref}"),
    _rule("domain_unusable", 22, register="", severity="warning", at_gate="refer",
          citation="Notice §4.2.2", ground="", actor="provider", deadline="days_7",
          comment="What cannot be asked for cannot be judged; the list needs repair.",
          evidence="{domain} cannot be looked up"),
)

RULE_BY_ID = {rule.id: rule for rule in RULES}
