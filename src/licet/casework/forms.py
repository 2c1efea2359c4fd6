"""Forms of a case's page. Choices come from the tables; what is not on them cannot be sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licet.casework import wording
from licet.casework.models import Determination
from licet.casework.tables import CASE_OUTCOMES
from licet.core import clock
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


class ScopeForm(forms.Form):
    """What exactly a measure touches, and what it needs. The parts a draft and its completion share."""

    hosts = list_field(_("Hosts"), _("One per line. The narrowest scope that works comes first."))
    addresses = list_field(_("Addresses"), _("One per line; only where naming hosts would not do."))
    codes = list_field(_("Codes and numbers"), _("One per line."))
    parties = list_field(_("Organisations (ids)"), _("One per line."))
    wide_scope = reason_field(_("Why a narrower scope will not do"), required=False)
    deadline_on = day_field(_("Deadline to put it right"), required=False)
    expires_on = day_field(_("Ends on"), required=False, help_text=_("Empty: the profile's usual term, where it has one."))
    evidence = forms.CharField(label=_("Preserved evidence (reference)"), max_length=200, required=False)
    bag = forms.CharField(label=_("Sealed evidence bag (reference)"), max_length=200, required=False)
    billing_chain = forms.CharField(label=_("Billing chain (reference)"), max_length=200, required=False)
    assessment = forms.CharField(label=_("Assessment (reference)"), max_length=200, required=False)
    determination_id = forms.TypedChoiceField(label=_("Determination it rests on"), required=False, coerce=int, empty_value=None)

    def __init__(self, determinations: Words, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["determination_id"].choices = [("", "–"), *determinations]  # type: ignore[attr-defined]

    def scope(self) -> dict[str, Any]:
        """As services take it."""
        return {name: lines(self.cleaned_data[name]) for name in ("hosts", "addresses", "codes", "parties")}

    def attachments(self) -> dict[str, str]:
        """References by need; empty ones are left out."""
        names = ("evidence", "bag", "billing_chain", "assessment", "wide_scope")
        return {name: self.cleaned_data[name].strip() for name in names if self.cleaned_data[name].strip()}


class DraftForm(ScopeForm):
    """A measure somebody proposes."""

    field_order = ("kind", "rule_cited", "reasons", "hosts", "addresses", "codes", "parties")
    kind = forms.ChoiceField(label=_("Measure"))
    rule_cited = forms.CharField(label=_("Rule or pledge clause it rests on"), max_length=200)
    reasons = forms.CharField(label=_("Reasons"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}), help_text=_(
        "One per line. Whoever is hit reads every one of them."))
    provider_id = forms.CharField(label=_("Who carries it out (organisation id)"), max_length=80, required=False)
    subject_party = forms.CharField(label=_("Whom it hits (organisation id)"), max_length=80, required=False)

    def __init__(self, kinds: Words, determinations: Words, *args: Any, **kwargs: Any) -> None:
        super().__init__(determinations, *args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


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
    hosts = list_field(_("Milder measure: hosts"), _("Only for “a milder measure”; empty: as before."))
    expires_on = day_field(_("Milder measure: ends on"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["result"].choices = [  # type: ignore[attr-defined]
            ("upheld", _("It stands: a stayed measure goes on")),
            ("overturned", _("It was wrong: it ends, everything it led to is undone")),
            ("modified", _("It went too far: it ends, and you draft a milder one for others to sign")),
            ("remitted", _("The desk decides anew: it ends, a new measure would be a new decision"))]
