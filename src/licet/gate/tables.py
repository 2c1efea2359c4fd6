"""The rules, in table order (docs/judging.md, Rules). Rows only: conditions live in ``rules.py``; words, clauses and deadlines
are the profile's (``gate.toml``, read by ``wording.py``).

Ids and bits are persisted in decisions and findings. A bit is never reused, a meaning never changes: new meaning, new id.
"""

from __future__ import annotations

import dataclasses

from licet.gate.wording import RuleWords, rule_words

RULESET_VERSION = "2026.1"

REGISTERS = ("licences", "annual_reviews", "filings", "addresses", "blacklist")
SEVERITIES = ("violation", "warning", "unknown")
ANSWERS = ("permit", "deny", "refer")
ACTORS = ("provider", "authority", "sponsor", "carrier")
# Keys of the profile's thresholds, [deadline_days]; the numbers live there.
DEADLINES = ("at_once", "days_3", "days_7", "days_15", "days_30")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule."""

    id: str  # persisted; the finding's name
    bit: int  # position in Judgement.fired and .unknown; persisted
    register: str  # the register it reads, '' if none
    also_needs: str = ""  # a second register without which the fact means nothing
    severity: str  # violation | warning
    at_gate: str  # deny | refer | permit | none
    scope: str = "row"  # row | list (needs the whole list)
    ground: str  # licensing ground it feeds, '' if none
    actor: str  # who must act
    comment: str  # why the rule exists

    @property
    def words(self) -> RuleWords:
        """What the profile says about the rule: texts, clauses, deadline."""
        return rule_words(self.id)

    @property
    def needs(self) -> tuple[str, ...]:
        """Registers that must be known, the rule's own first."""
        return tuple(name for name in (self.register, self.also_needs) if name)


RULES: tuple[Rule, ...] = (
    Rule(id="provider_unlicensed", bit=0, register="licences", severity="violation", at_gate="deny",
         ground="unlicensed_provider", actor="carrier",
         comment="Who connects others needs a licence; whoever feeds an unlicensed provider stops."),
    Rule(id="licence_suspended_or_revoked", bit=1, register="licences", severity="violation", at_gate="deny",
         ground="unlicensed_provider", actor="carrier",
         comment="A licence taken away is no licence."),
    Rule(id="licence_expired", bit=2, register="licences", severity="violation", at_gate="deny",
         ground="unlicensed_provider", actor="provider",
         comment="An active licence outside its validity does not carry the service."),
    Rule(id="licence_category_missing", bit=3, register="licences", severity="violation", at_gate="deny",
         ground="unlicensed_provider", actor="provider",
         comment="Codes are read in the licence's own catalogue year; they changed meaning."),
    Rule(id="region_not_covered", bit=4, register="licences", severity="violation", at_gate="deny",
         ground="unlicensed_provider", actor="provider",
         comment="Access licences are territorial."),
    Rule(id="annual_review_failed", bit=5, register="annual_reviews", also_needs="licences", severity="violation", at_gate="deny",
         ground="failed_annual_review", actor="provider",
         comment="Failing the annual review counts as unlicensed; a review nobody recorded is unknown."),
    Rule(id="upstream_unlicensed", bit=6, register="licences", severity="violation", at_gate="deny",
         ground="unlicensed_provider", actor="provider",
         comment="Resale chains are judged to their end."),
    Rule(id="site_unfiled", bit=7, register="filings", severity="violation", at_gate="deny",
         ground="unfiled_site", actor="provider",
         comment="Licence and filing first, access after."),
    Rule(id="filing_cancelled", bit=8, register="filings", severity="violation", at_gate="deny",
         ground="unfiled_site", actor="provider",
         comment="A cancelled filing covers nothing."),
    Rule(id="filing_suspended", bit=9, register="filings", severity="violation", at_gate="deny",
         ground="unfiled_site", actor="provider",
         comment="While a filing is suspended the site stays cut."),
    Rule(id="filed_with_other_provider", bit=10, register="filings", severity="violation", at_gate="deny",
         ground="false_filing", actor="provider",
         comment="The access part of a filing names who connects the site; a move must be filed."),
    Rule(id="declared_number_wrong", bit=11, register="filings", severity="violation", at_gate="deny",
         ground="false_filing", actor="provider",
         comment="Borrowed and invented numbers are how unfiled sites hide."),
    Rule(id="filing_stale", bit=12, register="filings", severity="warning", at_gate="permit",
         ground="duty_neglected", actor="provider",
         comment="Filings are verified again and again, not once."),
    Rule(id="sponsor_id_invalid", bit=13, register="", severity="violation", at_gate="deny",
         ground="false_filing", actor="sponsor",
         comment="A checksum needs no register: the id cannot exist."),
    Rule(id="sponsor_mismatch", bit=14, register="filings", severity="warning", at_gate="refer",
         ground="false_filing", actor="provider",
         comment="Agents sign contracts for others, so this is a question, not a verdict."),
    Rule(id="duplicate_filing", bit=15, register="filings", severity="warning", at_gate="refer",
         ground="false_filing", actor="provider",
         comment="One name cannot belong to two subjects."),
    Rule(id="shell_filing", bit=16, register="filings", severity="warning", at_gate="none", scope="list",
         ground="false_filing", actor="provider",
         comment="Filed with a provider that does not connect it: the number is free to be borrowed."),
    Rule(id="address_outside_provider_range", bit=17, register="addresses", severity="warning", at_gate="refer",
         ground="duty_neglected", actor="provider",
         comment="The filed address shows who really connects the site. Address data are often late, hence a warning."),
    Rule(id="blacklisted_domain", bit=18, register="blacklist", severity="violation", at_gate="deny",
         ground="blacklisted", actor="provider",
         comment="Closed sites are not connected again by anybody."),
    Rule(id="blacklisted_sponsor", bit=19, register="blacklist", severity="violation", at_gate="deny",
         ground="blacklisted", actor="provider",
         comment="The organisers of closed sites are listed with them."),
    Rule(id="blacklisted_address", bit=20, register="blacklist", severity="violation", at_gate="deny",
         ground="blacklisted", actor="provider",
         comment="Addresses are listed rarely and for a term: others may share them."),
    Rule(id="blacklisted_provider", bit=21, register="blacklist", severity="violation", at_gate="deny",
         ground="blacklisted", actor="carrier",
         comment="A provider struck off connects nobody."),
    Rule(id="domain_unusable", bit=22, register="", severity="warning", at_gate="refer",
         ground="", actor="provider",
         comment="What cannot be asked for cannot be judged; the list needs repair."),
)

RULE_BY_ID = {rule.id: rule for rule in RULES}
