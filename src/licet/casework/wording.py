"""Words of casework in the page's language. Rows of tables bring their own; states, steps and refusals have theirs here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licet.casework.tables import CASE_OUTCOMES, MEASURE_BY_ID, NEEDS, TECHNICAL, TRIAGE
from licet.config.citations import cite
from licet.console.states import look
from licet.core.errors import LicetError
from licet.core.language import in_language, is_chinese, language
from licet.grounds.tables import GROUNDS

_GROUND = {ground.id: ground for ground in GROUNDS}
_NEED = {need.id: need for need in NEEDS}
_RULE = {rule.id: rule for rule in TRIAGE}
Word = str | Promise

SUBJECT_KINDS: Mapping[str, Word] = {
    "site": _("Site"), "address": _("Address"), "code": _("Code or number"), "provider": _("Provider"),
    "sponsor": _("Organiser"), "hash": _("File fingerprint (hash)")}
SIGNAL_KINDS: Mapping[str, Word] = {
    "finding": _("Finding of a sweep"), "report": _("Report"), "dialtest": _("Dial-test"),
    "model": _("Model score"), "order": _("Order of an authority"), "determination": _("Determination")}
RESULTS: Mapping[str, Word] = {
    "illegal": _("Illegal"), "not_illegal": _("Not illegal"), "insufficient": _("Not enough to tell")}
JUDGEMENTS: Mapping[str, Word] = {
    "filed": _("Filed"), "upheld": _("The measure stands"), "overturned": _("Overturned"),
    "modified": _("Replaced by a milder measure"), "remitted": _("Sent back to the desk"),
    "defaulted": _("Won because nobody judged in time")}
EFFECTS: Mapping[str, Word] = {
    "cut_access": _("Access is cut."), "cut_billing": _("Billing is cut."),
    "list": _("It goes on a list that gates and sweeps read."),
    "refer": _("A sealed package goes to the police desk."), "publish": _("It is published."),
    "none": _("Nothing is switched off; the notice itself is the measure.")}
# Reasons that Licet notes by itself. They are kept as they stand here, and shown in the page's language.
WHYS: Mapping[str, Word] = {
    "an appeal was filed": _("an appeal was filed"), "its time ran out": _("its time ran out"),
    "the decision it rested on fell": _("the decision it rested on fell"),
    "the decision it rested on was appealed": _("the decision it rested on was appealed"),
    "nothing had been carried out": _("nothing had been carried out"),
    "nobody judged the appeal in time": _("nobody judged the appeal in time")}
# What higher concepts write into a timeline: tag -> words, "actor:<kind>" -> words, "why:<reason>" -> words
# (panels.add_words).
OTHERS: dict[str, Word] = {}
EVENTS: Mapping[str, Word] = {
    "case:opened": _("Case opened"), "case:taken": _("Taken"), "case:released": _("Given back"),
    "case:tier_set": _("Tier set"), "case:closed": _("Case closed"), "case:merged": _("Merged into another"),
    "case:joined": _("Another case was merged into this one"), "case:split": _("Signals split off"),
    "case:split_off": _("Opened with signals split off"), "case:reopened": _("Opened anew on new facts"),
    "case:reopened_as": _("Opened anew as another case"), "case:linked": _("Linked"),
    "decision:handed": _("Decision handed to an association"), "decision:received": _("Decision received from another desk"),
    "measure:drafted": _("Measure drafted"), "measure:amended": _("Draft completed"),
    "measure:decided": _("First signature"), "measure:seconded": _("Second signature"),
    "measure:withdrawn": _("Draft withdrawn"), "measure:approved": _("Measure approved"),
    "measure:notified": _("Statement of reasons sent"), "measure:ordered": _("Ordered"),
    "measure:completed": _("Completed by its notice"), "measure:acknowledged": _("Order acknowledged"),
    "measure:done": _("Reported as done"), "measure:failed": _("Reported as impossible"),
    "measure:verified": _("Verified from outside"), "measure:disagreed": _("A check from outside disagrees"),
    "measure:stayed": _("Stayed by an appeal"), "measure:resumed": _("Resumed"),
    "measure:expired": _("Expired"), "measure:overturned": _("Overturned"),
    "measure:defaulted": _("Ended in favour of the affected"), "measure:lifted": _("Lifted"),
    "measure:nothing_to_restore": _("Nothing had to be restored"), "measure:restored": _("Restored"),
    "measure:restoration_verified": _("Restoration verified"),
    "measure:restoration_disagreed": _("It is not back yet"), "measure:extended": _("Term extended once"),
    "measure:found_wrong": _("Found wrong after it ended"),
    "determination:recorded": _("Determination recorded"), "appeal:filed": _("Appeal filed"),
    "appeal:reopened": _("Appeal taken up again on new facts"),
    "appeal:upheld": _("Appeal judged: the measure stands"), "appeal:overturned": _("Appeal judged: overturned"),
    "appeal:modified": _("Appeal judged: a milder measure"), "appeal:remitted": _("Appeal judged: sent back"),
    "appeal:defaulted": _("Appeal won: nobody judged in time")}
TONES: Mapping[str, str] = {
    "measure:approved": "deny", "measure:ordered": "deny", "measure:stayed": "refer", "measure:failed": "refer",
    "measure:disagreed": "refer", "measure:lifted": "permit", "measure:overturned": "permit",
    "measure:expired": "permit", "measure:restoration_verified": "permit", "appeal:filed": "refer"}

# What a refusal says to a person, by its code: the message and the repair.
REFUSALS: Mapping[str, tuple[Word, Word]] = {
    "not_a_person": (_("Only a named person does this."), _("Sign in yourself; programs and jobs cannot.")),
    "conflict_of_interest": (_("You have an interest of your own in this case."),
                             _("Leave it to a colleague who has none.")),
    "no_post": (_("You hold no post at this desk that does this."), _("Ask the desk's administrator.")),
    "not_yours": (_("Your post does not decide this."), _("It is decided by the posts named beside it.")),
    "same_person": (_("The second signature is somebody else's."), _("Ask a colleague to open this page.")),
    "signature_lapsed": (_("The first signature has lapsed."), _("Somebody signs first again, on what is known today.")),
    "own_decision": (_("Nobody judges an appeal against their own measure."), _("Leave it to a colleague.")),
    "own_measure": (_("Whoever signed the measure does not check it."), _("Ask a colleague who had no part in it.")),
    "own_work": (_("Whoever carried it out does not check it."), _("Somebody else of the desk looks.")),
    "check_evidence_missing": (_("A check of billing names what it saw: a bill or a test charge."),
                               _("Preserve it on the case's page, then choose it here.")),
    "authentication_stale": (_("Signing asks you to prove again who you are."),
                             _("Confirm who you are, and sign again.")),
    "sweep_unfinished": (_("This sweep is not finished."), _("Wait until it is.")),
    "finding_gone": (_("This sweep no longer found it."), _("Look at the sweep before it.")),
    "finding_opens_nothing": (_("No case comes of this finding."), _("Repair the row of the list or register it names.")),
    "own_finding": (_("The finding is against your own organisation."), _("Another desk opens the case.")),
    "case_closed": (_("The case is closed."), _("Reopen it on new facts.")),
    "wrong_tier": (_("This measure is not for a case of this tier."), _("Choose another measure, or set the tier.")),
    "scope_too_wide": (_("The scope hits others as well."),
                       _("Name it more narrowly, or say why that would not do.")),
    "scope_outside": (_("The scope names something this case is not about."),
                      _("Name what the case, the registers or its confirmed signals tie to it.")),
    "scope_carries_nothing": (_("There is nothing in the scope that this measure could act on."),
                              _("Name hosts, addresses or codes it can cut.")),
    "wrong_means": (_("This measure does not act by these means."), _("Leave the means open.")),
    "executor_unknown": (_("This organisation is not on record."), _("Name an organisation by its id.")),
    "not_in_reach": (_("Your desk cannot order this organisation."),
                     _("Hand the case to the authority it belongs to.")),
    "suspended_already": (_("A suspension of this case is in force already."), _("Lift it first, or let it end.")),
    "suspicion_expired": (_("A suspension on the same facts has ended already."),
                          _("A further one needs a new independent signal, or a determination in writing.")),
    "not_milder": (_("This is no milder than the measure it replaces."), _("Name less, a lighter measure, or an earlier end.")),
    "judged_it": (_("Whoever judged does not sign what takes its place."), _("It is for others to sign.")),
    "found_wrong": (_("An appeal was won already: the measure is gone with all it led to."),
                    _("There is nothing left to appeal.")),
    "appealed_already": (_("This decision was appealed and judged already."),
                         _("On new facts ask the desk to take it up again.")),
    "measures_in_force": (_("Measures of this case are still in force."),
                          _("Lift them first, or close the case as actioned.")),
    "term_over": (_("The end date has passed already."), _("Draft it again with a new end date.")),
    "term_too_long": (_("The term is longer than this measure may last."), _("Choose an earlier end date.")),
    "needs_missing": (_("Something the measure needs is missing."), _("The list below says what, and how to add it.")),
    "signed_already": (_("Somebody signed or withdrew this measure already."), _("Reload the page.")),
    "held": (_("Somebody else is working on this case."), _("Wait until it is free, or ask them.")),
    "drafts_open": (_("The case has measures that nobody decided yet."), _("Withdraw or decide the drafts first.")),
    "unknown_step": (_("The measure cannot take this step in its present state."), _("Reload the page.")),
    "no_appeal": (_("This measure cannot be appealed."), _("Appeal the measure it leads to.")),
    "not_notified": (_("Nobody was notified of this measure yet."), _("Appeal when the notice arrives.")),
    "appeal_pending": (_("An appeal is pending already."), _("Add to it instead.")),
    "too_late": (_("The time to appeal is over."), _("On new facts ask the desk to take it up again.")),
    "unknown_ground": (_("There is no such ground."), _("Choose one of the closed list.")),
    "reason_missing": (_("A reason is missing."), _("Say in a sentence why.")),
    "merged": (_("The case was merged into another."), _("Work on the case it was merged into.")),
    "own_service": (_("This step is not taken this way."), _("Use the page of the measure or the appeal.")),
    "not_found": (_("There is no such record at your desk."), _("Check the number, or start from the queue.")),
    "not_allowed": (_("You may not do this here."), _("Ask the desk's administrator.")),
}


def named(row: Any) -> str:
    """The word of a table's row in the page's language."""
    return in_language(row)


def technical(means: str) -> str:
    """By what means a measure acts, in words."""
    _effect, zh, en = TECHNICAL[means]
    return zh if is_chinese() else en


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
    return citation(_RULE[rule_id].source) if rule_id in _RULE else ""


def citation(text: str) -> str:
    """A rule's citation in the page's language."""
    return cite(text, language())


def tier(number: int | None) -> str:
    """“Tier 2”, or that nobody set one."""
    return gettext("Tier %(number)s") % {"number": number} if number else gettext("No tier yet")


BY_HAND = ": checked by hand"  # how the reason of a step ends that rests on a person's look
_BY_HAND: Mapping[str, Word] = {
    "measure:verified": _("Checked by hand: as reported"), "measure:disagreed": _("Checked by hand: not as reported"),
    "measure:restoration_verified": _("Restoration checked by hand"),
    "measure:restoration_disagreed": _("Checked by hand: it is not back yet")}


def event(tag: str, reason: str = "") -> str:
    """What happened, from its tag; ``reason`` tells a look from outside from one by hand."""
    name = tag.removeprefix("casework:")
    if reason.endswith(BY_HAND) and name in _BY_HAND:
        return str(_BY_HAND[name])
    return str(EVENTS.get(name) or OTHERS.get(tag) or name.replace("_", " ").replace(":", ": "))


def of_kind(data: Mapping[str, Any]) -> str:
    """What an event is about: the measure's kind, or what an order does."""
    kind = str(data.get("kind", ""))
    if "order" in data:
        return " ".join(part for part in (str(data["order"]), str(OTHERS.get(f"kind:{kind}", ""))) if part)
    return measure(kind) if kind and "measure" in data else ""


_OF_MEASURE, _NOT_ILLEGAL = "the measure is ", "determined not illegal: "
# What a job notes with details in it: reads the reason, or answers '' (panels.add_reader).
READERS: dict[str, Callable[[str], str]] = {}


def why(reason: str) -> str:
    """A step's reason: what a person wrote as it stands, what Licet noted in the page's language."""
    if reason.startswith(_OF_MEASURE):
        return str(look(f"measure-{reason.removeprefix(_OF_MEASURE)}").label)
    if reason.startswith(_NOT_ILLEGAL):
        return gettext("determined not illegal: %(document)s") % {"document": reason.removeprefix(_NOT_ILLEGAL)}
    read = next((text for reader in READERS.values() if (text := reader(reason))), "")
    if read:
        return read
    cited = citation(reason)
    if cited != reason:
        return cited
    known = WHYS.get(reason) or OTHERS.get(f"why:{reason}")
    if known:
        return str(known)
    source, colon, rest = reason.partition(": ")  # "the number of an order: what it says"
    return f"{source}: {OTHERS[f'why:{rest}']}" if colon and f"why:{rest}" in OTHERS else reason


def tone(tag: str) -> str:
    """The tone of an event."""
    return TONES.get(tag.removeprefix("casework:"), "")


def actor(name: str, people: Mapping[int, str]) -> str:
    """Who acted, as people read it."""
    kind, _sep, number = name.partition(":")
    if kind == "user" and number.isdigit():
        return people.get(int(number), name)
    if kind == "token":
        return gettext("program %(number)s") % {"number": number}
    if f"actor:{kind}" in OTHERS:
        return str(OTHERS[f"actor:{kind}"])
    return gettext("Licet (by itself)") if name == "worker" else name


def observer(cluster: str) -> str:
    """Who observed: our own rule set by its name, everybody else by their cluster."""
    return gettext("Sweep (the rules)") if cluster == "sweep" else cluster


def refusal(error: LicetError) -> tuple[str, str]:
    """Message and repair of a refusal in the page's language; the service's own words where we have none."""
    return explain(error.code, error.message, error.hint)


def explain(code: str, text: str, hint: str) -> tuple[str, str]:
    """The same for a rule's answer that is no error yet. English keeps the rule's own words: they name the details."""
    if code not in REFUSALS or not is_chinese():
        return text[:1].upper() + text[1:], hint[:1].upper() + hint[1:]
    return str(REFUSALS[code][0]), str(REFUSALS[code][1])
