"""Words of casework in the page's language. Rows of tables bring their own; states, steps and refusals have theirs here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from licet.casework.tables import CASE_OUTCOMES, MEASURE_BY_ID, NEEDS, TRIAGE
from licet.core.errors import LicetError
from licet.grounds.tables import GROUNDS

_GROUND = {ground.id: ground for ground in GROUNDS}
_NEED = {need.id: need for need in NEEDS}
_RULE = {rule.id: rule for rule in TRIAGE}
Word = str | Promise

SUBJECT_KINDS: Mapping[str, Word] = {
    "site": lazy("Site"), "address": lazy("Address"), "code": lazy("Code or number"), "provider": lazy("Provider"),
    "sponsor": lazy("Organiser")}
SIGNAL_KINDS: Mapping[str, Word] = {
    "finding": lazy("Finding of a sweep"), "report": lazy("Report"), "dialtest": lazy("Dial-test"),
    "model": lazy("Model score"), "order": lazy("Order of an authority"), "determination": lazy("Determination")}
RESULTS: Mapping[str, Word] = {
    "illegal": lazy("Illegal"), "not_illegal": lazy("Not illegal"), "insufficient": lazy("Not enough to tell")}
JUDGEMENTS: Mapping[str, Word] = {
    "filed": lazy("Filed"), "upheld": lazy("The measure stands"), "overturned": lazy("Overturned"),
    "modified": lazy("Replaced by a milder measure"), "remitted": lazy("Sent back to the desk"),
    "defaulted": lazy("Won because nobody judged in time")}
EFFECTS: Mapping[str, Word] = {
    "cut_access": lazy("Access is cut."), "cut_billing": lazy("Billing is cut."),
    "list": lazy("It goes on a list that gates and sweeps read."),
    "refer": lazy("A sealed package goes to the police desk."), "publish": lazy("It is published."),
    "none": lazy("Nothing is switched off; the notice itself is the measure.")}
EVENTS: Mapping[str, Word] = {
    "case:opened": lazy("Case opened"), "case:taken": lazy("Taken"), "case:released": lazy("Given back"),
    "case:tier_set": lazy("Tier set"), "case:closed": lazy("Case closed"), "case:merged": lazy("Merged into another"),
    "case:joined": lazy("Another case was merged into this one"), "case:split": lazy("Signals split off"),
    "case:split_off": lazy("Opened with signals split off"), "case:reopened": lazy("Opened anew on new facts"),
    "case:reopened_as": lazy("Opened anew as another case"), "case:linked": lazy("Linked"),
    "measure:drafted": lazy("Measure drafted"), "measure:amended": lazy("Draft completed"),
    "measure:decided": lazy("First signature"), "measure:seconded": lazy("Second signature"),
    "measure:withdrawn": lazy("Draft withdrawn"), "measure:approved": lazy("Measure approved"),
    "measure:notified": lazy("Statement of reasons sent"), "measure:ordered": lazy("Ordered"),
    "measure:completed": lazy("Completed by its notice"), "measure:acknowledged": lazy("Order acknowledged"),
    "measure:done": lazy("Reported as done"), "measure:failed": lazy("Reported as impossible"),
    "measure:verified": lazy("Verified from outside"), "measure:disagreed": lazy("A check from outside disagrees"),
    "measure:stayed": lazy("Stayed by an appeal"), "measure:resumed": lazy("Resumed"),
    "measure:expired": lazy("Expired"), "measure:overturned": lazy("Overturned"),
    "measure:defaulted": lazy("Ended in favour of the affected"), "measure:lifted": lazy("Lifted"),
    "measure:nothing_to_restore": lazy("Nothing had to be restored"), "measure:restored": lazy("Restored"),
    "measure:restoration_verified": lazy("Restoration verified"),
    "measure:restoration_disagreed": lazy("It is not back yet"), "measure:extended": lazy("Term extended once"),
    "measure:found_wrong": lazy("Found wrong after it ended"),
    "determination:recorded": lazy("Determination recorded"), "appeal:filed": lazy("Appeal filed"),
    "appeal:upheld": lazy("Appeal judged: the measure stands"), "appeal:overturned": lazy("Appeal judged: overturned"),
    "appeal:modified": lazy("Appeal judged: a milder measure"), "appeal:remitted": lazy("Appeal judged: sent back"),
    "appeal:defaulted": lazy("Appeal won: nobody judged in time")}
TONES: Mapping[str, str] = {
    "measure:approved": "deny", "measure:ordered": "deny", "measure:stayed": "refer", "measure:failed": "refer",
    "measure:disagreed": "refer", "measure:lifted": "permit", "measure:overturned": "permit",
    "measure:expired": "permit", "measure:restoration_verified": "permit", "appeal:filed": "refer"}

# What a refusal says to a person, by its code: the message and the repair.
REFUSALS: Mapping[str, tuple[Word, Word]] = {
    "not_a_person": (lazy("Only a named person does this."), lazy("Sign in yourself; programs and jobs cannot.")),
    "conflict_of_interest": (lazy("You have an interest of your own in this case."),
                             lazy("Leave it to a colleague who has none.")),
    "no_post": (lazy("You hold no post at this desk that does this."), lazy("Ask the desk's administrator.")),
    "not_yours": (lazy("Your post does not decide this."), lazy("It is decided by the posts named beside it.")),
    "same_person": (lazy("The second signature is somebody else's."), lazy("Ask a colleague to open this page.")),
    "own_decision": (lazy("Nobody judges an appeal against their own measure."), lazy("Leave it to a colleague.")),
    "authentication_stale": (lazy("Signing asks you to prove again who you are."),
                             lazy("Confirm who you are, and sign again.")),
    "case_closed": (lazy("The case is closed."), lazy("Reopen it on new facts.")),
    "wrong_tier": (lazy("This measure is not for a case of this tier."), lazy("Choose another measure, or set the tier.")),
    "scope_too_wide": (lazy("The addresses carry other sites as well."),
                       lazy("Name the hosts instead, or say why that would not do.")),
    "term_over": (lazy("The end date has passed already."), lazy("Draft it again with a new end date.")),
    "term_too_long": (lazy("The term is longer than this measure may last."), lazy("Choose an earlier end date.")),
    "needs_missing": (lazy("Something the measure needs is missing."), lazy("The list below says what, and how to add it.")),
    "signed_already": (lazy("Somebody signed or withdrew this measure already."), lazy("Reload the page.")),
    "held": (lazy("Somebody else is working on this case."), lazy("Wait until it is free, or ask them.")),
    "drafts_open": (lazy("The case has measures that nobody decided yet."), lazy("Withdraw or decide the drafts first.")),
    "unknown_step": (lazy("The measure cannot take this step in its present state."), lazy("Reload the page.")),
    "no_appeal": (lazy("This measure cannot be appealed."), lazy("Appeal the measure it leads to.")),
    "not_notified": (lazy("Nobody was notified of this measure yet."), lazy("Appeal when the notice arrives.")),
    "appeal_pending": (lazy("An appeal is pending already."), lazy("Add to it instead.")),
    "too_late": (lazy("The time to appeal is over."), lazy("Ask the desk to reopen the case on new facts.")),
    "unknown_ground": (lazy("There is no such ground."), lazy("Choose one of the closed list.")),
    "reason_missing": (lazy("A reason is missing."), lazy("Say in a sentence why.")),
    "merged": (lazy("The case was merged into another."), lazy("Work on the case it was merged into.")),
    "own_service": (lazy("This step is not taken this way."), lazy("Use the page of the measure or the appeal.")),
    "not_found": (lazy("There is no such record at your desk."), lazy("Check the number, or start from the queue.")),
    "not_allowed": (lazy("You may not do this here."), lazy("Ask the desk's administrator.")),
}


def is_chinese() -> bool:
    """The page is in Chinese."""
    return (get_language() or "").startswith("zh")


def named(row: Any) -> str:
    """The word of a table's row in the page's language."""
    return str(row.zh if is_chinese() else row.en)


def ground(ground_id: str) -> str:
    """The ground's name."""
    return named(_GROUND[ground_id]) if ground_id in _GROUND else ground_id


def measure(kind_id: str) -> str:
    """The measure's name."""
    return named(MEASURE_BY_ID[kind_id]) if kind_id in MEASURE_BY_ID else kind_id


def need(need_id: str) -> str:
    """What a measure needs, in words."""
    return named(_NEED[need_id])


def outcome(outcome_id: str) -> str:
    """How a case ended, in words."""
    zh, en = CASE_OUTCOMES.get(outcome_id, (outcome_id, outcome_id))
    return zh if is_chinese() else en[:1].upper() + en[1:]


def triage_rule(rule_id: str) -> str:
    """The text of a triage rule."""
    return named(_RULE[rule_id]) if rule_id in _RULE else rule_id


def triage_source(rule_id: str) -> str:
    """Where a triage rule comes from."""
    return _RULE[rule_id].source if rule_id in _RULE else ""


def tier(number: int | None) -> str:
    """“Tier 2”, or that nobody set one."""
    return _("Tier %(number)s") % {"number": number} if number else _("No tier yet")


def event(tag: str) -> str:
    """What happened, from its tag."""
    name = tag.removeprefix("casework:")
    return str(EVENTS.get(name, name.replace("_", " ").replace(":", ": ")))


def tone(tag: str) -> str:
    """The tone of an event."""
    return TONES.get(tag.removeprefix("casework:"), "")


def actor(name: str, people: Mapping[int, str]) -> str:
    """Who acted, as people read it."""
    kind, _sep, number = name.partition(":")
    if kind == "user" and number.isdigit():
        return people.get(int(number), name)
    if kind == "token":
        return _("program %(number)s") % {"number": number}
    return _("Licet (by itself)") if name == "worker" else name


def refusal(error: LicetError) -> tuple[str, str]:
    """Message and repair of a refusal in the page's language; the service's own words where we have none."""
    return explain(error.code, error.message, error.hint)


def explain(code: str, text: str, hint: str) -> tuple[str, str]:
    """The same for a rule's answer that is no error yet. English keeps the rule's own words: they name the details."""
    if code not in REFUSALS or not is_chinese():
        return text[:1].upper() + text[1:], hint[:1].upper() + hint[1:]
    return str(REFUSALS[code][0]), str(REFUSALS[code][1])
