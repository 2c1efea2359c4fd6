"""Forms of a case's page. Choices come from the tables; what is not on them cannot be sent."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licet.casework import wording
from licet.casework.models import Determination
from licet.casework.tables import CASE_OUTCOMES, TECHNICAL
from licet.config.citations import uncite
from licet.config.profile import load_profile
from licet.core import clock
from licet.core.language import language
from licet.grounds.tables import GROUNDS

Words = list[tuple[str, str]]
_REASON = _("Reason")


def reason_field(label: Any = _REASON, *, required: bool = True, rows: int = 2) -> forms.CharField:
    """Why somebody does something, in their own words."""
    return forms.CharField(label=label, required=required, max_length=2000, widget=forms.Textarea(attrs={"rows": rows}))


def grounds() -> Words:
    """The closed list of grounds."""
    return [(ground.id, wording.named(ground)) for ground in GROUNDS]


def _words(words: Mapping[str, Any]) -> Words:
    return [(key, str(word)) for key, word in words.items()]


def day_field(label: Any, **more: Any) -> forms.DateField:
    """A day as the browser's own picker gives it."""
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


class TierForm(forms.Form):
    """A person sets the tier."""

    tier = forms.TypedChoiceField(label=_("Tier"), coerce=int, choices=[(1, "1"), (2, "2"), (3, "3")])
    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].choices = [  # type: ignore[attr-defined]
            (1, _("1: obvious; stop, preserve, police")), (2, _("2: suspected or several reports; suspend for a time")),
            (3, _("3: social morality or a duty; warn and correct"))]


class CloseForm(forms.Form):
    """A case ends with an outcome."""

    outcome = forms.ChoiceField(label=_("Outcome"))
    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = [(one, wording.outcome(one)) for one in CASE_OUTCOMES]  # type: ignore[attr-defined]


class OtherCaseForm(forms.Form):
    """A case and another one: merge into it, or link with it."""

    other = forms.CharField(label=_("Number of the other case"), max_length=30,
                            widget=forms.TextInput(attrs={"placeholder": "2026-000123", "autocomplete": "off"}))
    reason = reason_field()


class ReasonForm(forms.Form):
    """Only why."""

    reason = reason_field()


class HandForm(forms.Form):
    """To whom a final decision is handed, and why."""

    party_id = forms.ChoiceField(label=_("Association"))
    reason = reason_field()

    def __init__(self, parties: Sequence[tuple[str, str]], *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        field = self.fields["party_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(parties)


class DeterminationForm(forms.Form):
    """What an authority determined in writing."""

    document_no = forms.CharField(label=_("Document number"), max_length=120)
    authority_id = forms.CharField(label=_("Issued by (organisation id)"), max_length=80,
                                   help_text=_("An authority or a police desk on record."))
    result = forms.ChoiceField(label=_("Result"))
    determined_on = day_field(_("Day of the document"))
    text = reason_field(_("What it says, in a few words"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["result"].choices = [(one, wording.RESULTS[one]) for one in Determination.RESULTS]  # type: ignore[attr-defined]


class SplitForm(forms.Form):
    """Signals that belong to another case."""

    subject_kind = forms.ChoiceField(label=_("What they are about"))
    subject = forms.CharField(label=_("Which one"), max_length=253)
    ground = forms.ChoiceField(label=_("Ground"))
    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subject_kind"].choices = _words(wording.SUBJECT_KINDS)  # type: ignore[attr-defined]
        self.fields["ground"].choices = grounds()  # type: ignore[attr-defined]


class SignalForm(forms.Form):
    """A fact that came by letter, call or document. The list of grounds is closed; there is no “other”."""

    kind = forms.ChoiceField(label=_("How it came"))
    ground = forms.ChoiceField(label=_("Ground"), help_text=_("The closed list. What fits none of these is not ours to handle."))
    subject_kind = forms.ChoiceField(label=_("What it is about"))
    subject = forms.CharField(label=_("Which one"), max_length=253,
                              help_text=_("The site's domain, the address, the code, or the organisation's id or credit code."))
    provider_id = forms.CharField(label=_("Provider concerned (organisation id)"), max_length=80, required=False)
    reference = forms.CharField(label=_("Reference of the letter or order"), max_length=80,
                                help_text=_("The same reference is received once."))
    observer = forms.CharField(label=_("Who observed it"), max_length=80, help_text=_(
        "Your own reference for the reporter or the office that ordered it, not a person's name: one observer counts once."))
    observed_on = day_field(_("When it was observed"))
    note = forms.CharField(label=_("What was observed"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}),
                           help_text=_("Words only; never copies of what is illegal."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("kind", [(kind, str(wording.SIGNAL_KINDS[kind])) for kind in ("report", "order")]),
                              ("ground", grounds()), ("subject_kind", _words(wording.SUBJECT_KINDS))):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_observed_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["observed_on"]
        if day > clock.today():
            raise forms.ValidationError(_("This day has not come yet."), params={"hint": _("Write the day it was seen.")})
        return day




# --- measures --------------------------------------------------------------------------------------------------------
def lines(text: str) -> list[str]:
    """The lines of a box, without blanks."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def list_field(label: Any, help_text: Any = "") -> forms.CharField:
    """Several things, one per line."""
    return forms.CharField(label=label, required=False, max_length=20_000, help_text=help_text,
                           widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offered:
    """What a case has to choose from, so that nobody types a reference."""

    determinations: Words = dataclasses.field(default_factory=list)
    evidence: Words = dataclasses.field(default_factory=list)
    bags: Words = dataclasses.field(default_factory=list)
    rules: Words = dataclasses.field(default_factory=list)  # that confirmed signals name


def regions() -> Words:
    """The profile's regions in the page's language."""
    return [(code, str(row[language()])) for code, row in load_profile().regions["regions"].items()]


class ScopeForm(forms.Form):
    """What exactly a measure touches, and what it needs. The parts a draft and its completion share."""

    hosts = list_field(_("Hosts"), _("One per line. The narrowest scope that works comes first."))
    addresses = list_field(_("Addresses"), _("One per line; only where naming hosts would not do."))
    codes = list_field(_("Codes and numbers"), _("One per line."))
    parties = list_field(_("Organisations (ids)"), _("One per line."))
    regions = forms.MultipleChoiceField(label=_("Where"), required=False, widget=forms.SelectMultiple(attrs={"size": "4"}),
                                        help_text=_("None: everywhere."))
    technical = forms.ChoiceField(label=_("By what means"), required=False)
    wide_scope = reason_field(_("Why a narrower scope will not do"), required=False)
    deadline_on = day_field(_("Deadline to put it right"), required=False)
    expires_on = day_field(_("Ends on"), required=False, help_text=_("Empty: the profile's usual term, where it has one."))
    evidence = forms.MultipleChoiceField(label=_("Preserved evidence"), required=False, widget=forms.CheckboxSelectMultiple)
    bag = forms.MultipleChoiceField(label=_("Sealed evidence bag"), required=False, widget=forms.CheckboxSelectMultiple)
    chain_operator = forms.CharField(label=_("Billing chain: operator (organisation id)"), max_length=80, required=False,
                                     help_text=_("Who puts it on the bill. The codes are those of the scope."))
    chain_partner = forms.CharField(label=_("Billing chain: partner"), max_length=200, required=False)
    chain_service = forms.CharField(label=_("Billing chain: service charged for"), max_length=253, required=False)
    assessment = forms.CharField(label=_("Assessment (reference)"), max_length=200, required=False)
    determination_id = forms.TypedChoiceField(label=_("Determination it rests on"), required=False, coerce=int, empty_value=None)

    def __init__(self, offered: Offered, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {"determination_id": [("", "–"), *offered.determinations], "evidence": offered.evidence,
                   "bag": offered.bags, "regions": regions(),
                   "technical": [("", _("as the executor does it")), *((one, wording.technical(one)) for one in TECHNICAL)]}
        for name, words in choices.items():
            self.fields[name].choices = words  # type: ignore[attr-defined]
        for name in ("evidence", "bag"):  # nothing to choose from: the list of needs says how to come by it
            if not choices[name]:
                del self.fields[name]

    def scope(self) -> dict[str, Any]:
        """As services take it."""
        named = {name: lines(self.cleaned_data[name]) for name in ("hosts", "addresses", "codes", "parties")}
        return {**named, "regions": self.cleaned_data["regions"], "technical": self.cleaned_data["technical"]}

    def attachments(self) -> dict[str, Any]:
        """References by need; empty ones are left out."""
        data = self.cleaned_data
        given: dict[str, Any] = {name: data[name].strip() for name in ("assessment", "wide_scope")}
        given |= {name: " ".join(data.get(name, [])) for name in ("evidence", "bag")}
        chain = {name: data[f"chain_{name}"].strip() for name in ("operator", "partner", "service")}
        if any(chain.values()):
            given["billing_chain"] = [{**chain, "code": code} for code in lines(data["codes"])] or [{**chain, "code": ""}]
        return {name: value for name, value in given.items() if value}


class DraftForm(ScopeForm):
    """A measure somebody proposes."""

    field_order = ("kind", "rule_cited", "found", "reasons", "hosts", "addresses", "codes", "parties")
    kind = forms.ChoiceField(label=_("Measure"))
    rule_cited = forms.CharField(label=_("Rule or pledge clause it rests on"), max_length=200)
    found = forms.MultipleChoiceField(label=_("What checks found"), required=False, widget=forms.CheckboxSelectMultiple,
                                      help_text=_("Each is a reason, told with its rule's text in both languages."))
    reasons = forms.CharField(label=_("Reasons in your own words"), max_length=10_000, required=False, help_text=_(
        "One per line. Whoever is hit reads every one of them."), widget=forms.Textarea(attrs={"rows": 3}))
    provider_id = forms.CharField(label=_("Who carries it out (organisation id)"), max_length=80, required=False)
    subject_party = forms.CharField(label=_("Whom it hits (organisation id)"), max_length=80, required=False)

    def __init__(self, kinds: Words, offered: Offered, *args: Any, **kwargs: Any) -> None:
        super().__init__(offered, *args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["found"].choices = offered.rules  # type: ignore[attr-defined]
        if not offered.rules:
            del self.fields["found"]

    def clean(self) -> dict[str, Any]:
        """A measure gives at least one reason."""
        data: dict[str, Any] = super().clean() or {}
        if not data.get("found") and not lines(data.get("reasons", "")):
            self.add_error("reasons", forms.ValidationError(_("A measure gives its reasons."), params={
                "hint": _("Choose what was found, or say why in a sentence.")}))
        return data

    def clean_rule_cited(self) -> str:
        """As it is kept: the id of the source, however the page's language names it."""
        return uncite(self.cleaned_data["rule_cited"])

    def all_reasons(self) -> list[dict[str, str]]:
        """What was found first, by its rule; then one's own words."""
        return [*({"rule": rule} for rule in self.cleaned_data.get("found", [])),
                *({"text": line} for line in lines(self.cleaned_data["reasons"]))]


class NewFactsForm(forms.Form):
    """An appeal is taken up again."""

    filed_by = forms.CharField(label=_("Who brought them (organisation id, or how they signed)"), max_length=120)
    facts = reason_field(_("What is new"), rows=4)


class SignForm(forms.Form):
    """A signature, with what was checked."""

    reason = reason_field(_("What you checked"), required=False)


class AppealForm(forms.Form):
    """An appeal that came on paper, or of one's own organisation."""

    filed_by = forms.CharField(label=_("Who appeals (organisation id, or how they signed)"), max_length=120)
    text = reason_field(_("What they say"), rows=4)


class JudgeForm(forms.Form):
    """What becomes of the measure, and why."""

    result = forms.ChoiceField(label=_("Judgement"), widget=forms.RadioSelect)
    judgement = reason_field(_("Reasons of the judgement"), rows=4)
    kind = forms.ChoiceField(label=_("Milder measure"), required=False, help_text=_("Only for “a milder measure”."))
    hosts = list_field(_("Milder measure: hosts"), _("Only for “a milder measure”; empty: as before."))
    expires_on = day_field(_("Milder measure: ends on"), required=False)

    def __init__(self, kinds: Words, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("as before")), *kinds]  # type: ignore[attr-defined]
        self.fields["result"].choices = [  # type: ignore[attr-defined]
            ("upheld", _("It stands: a stayed measure goes on")),
            ("overturned", _("It was wrong: it ends, everything it led to is undone")),
            ("modified", _("It went too far: it ends, and you draft a milder one for others to sign")),
            ("remitted", _("The desk decides anew: it ends, a new measure would be a new decision"))]
