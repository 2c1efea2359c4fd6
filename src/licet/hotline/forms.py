"""The three steps of a report, as plain forms: what, why, when and how."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext as _

from licet.core.language import in_language, is_chinese
from licet.hotline.intake import Refusal, contact_kind, subject_of
from licet.hotline.tables import (
    CONTACT_CHARACTERS,
    QUESTION_BY_GROUND,
    QUESTIONS,
    SEEN,
    TARGET_BY_ID,
    TARGET_CHARACTERS,
    TARGETS,
    TEXT_CHARACTERS,
)


def words(row: Any) -> str:
    """The row's words in the page's language."""
    return in_language(row)


def _with_help(row: Any) -> str:
    """What can be reported, with what to write about it below."""
    return format_html('<span>{} <span class="hint">{}</span></span>', words(row), row.help_zh if is_chinese() else row.help_en)


def invalid(error: Refusal) -> ValidationError:
    """The refusal as a form shows it: message and repair."""
    return ValidationError(error.message, params={"hint": error.hint})


class WhatForm(forms.Form):
    """Step 1: what is reported."""

    target_kind = forms.ChoiceField(widget=forms.RadioSelect)
    target = forms.CharField(max_length=TARGET_CHARACTERS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind, target = self.fields["target_kind"], self.fields["target"]
        assert isinstance(kind, forms.ChoiceField)
        kind.label, kind.choices = _("What do you want to report?"), [(row.id, _with_help(row)) for row in TARGETS]
        kind.error_messages["required"] = _("Choose what you want to report.")
        target.label = _("Its address, number or name")
        target.error_messages["required"] = _("Say what you want to report.")
        target.help_text = _("For example https://www.lantern.example/page, 1062 1234, or the company's name.")
        target.widget.attrs |= {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}

    def clean(self) -> dict[str, Any]:
        """The target fits its kind."""
        data = super().clean() or {}
        if data.get("target_kind") in TARGET_BY_ID and data.get("target"):
            try:
                subject_of(data["target_kind"], data["target"])
            except Refusal as error:
                self.add_error("target", invalid(error))
        return data


class WhyForm(forms.Form):
    """Step 2: which of the closed grounds, in plain words."""

    ground = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, target_kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["ground"]
        assert isinstance(field, forms.ChoiceField)
        field.label = _("What is wrong with it?")
        field.choices = [(row.ground, words(row)) for row in QUESTIONS if target_kind in row.targets]
        field.error_messages["required"] = _("Choose what is wrong with it.")


class WhenForm(forms.Form):
    """Step 3: when and how it was seen; words and contact if somebody wants to leave them."""

    seen_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    how = forms.ChoiceField(widget=forms.RadioSelect)
    text = forms.CharField(required=False, max_length=TEXT_CHARACTERS, widget=forms.Textarea(attrs={"rows": 4}))
    contact = forms.CharField(required=False, max_length=CONTACT_CHARACTERS)

    def __init__(self, *args: Any, ground: str, today: dt.date, kept_days: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        how = self.fields["how"]
        assert isinstance(how, forms.ChoiceField)
        self.fields["seen_on"].label = _("When did you see it last?")
        self.fields["seen_on"].widget.attrs["max"] = today.isoformat()
        how.label, how.choices = _("How did you come upon it?"), [(row.id, words(row)) for row in SEEN]
        how.error_messages["required"] = _("Choose how you came upon it.")
        self.fields["contact"].label = _("E-mail or phone, if we may ask back")
        self.fields["contact"].widget.attrs |= {"autocomplete": "email"}
        self.fields["contact"].help_text = _(
            "Kept encrypted, never shown to whoever you report or to their provider, and erased after %(days)s days. A "
            "mark made from it, by which nobody can reach you, stays until nothing came from you for %(mark_days)s days: it "
            "tells us that reports come from one person. You can follow your report without leaving a contact.") % {
                "days": kept_days[0], "mark_days": kept_days[1]}
        if QUESTION_BY_GROUND[ground].url_only:
            del self.fields["text"]
        else:
            self.fields["text"].label = _("What did you see?")
            self.fields["text"].help_text = _("A sentence is enough. Do not write who you are. No pictures or files.")

    def clean_seen_on(self) -> dt.date:
        """A day that has come."""
        day: dt.date = self.cleaned_data["seen_on"]
        if day > self.today:
            raise ValidationError(_("The day lies in the future."), params={"hint": _("Give the day you saw it.")})
        return day

    def clean_contact(self) -> str:
        """An address or a number, or nothing."""
        text = str(self.cleaned_data["contact"])
        try:
            contact_kind(text)
        except Refusal as error:
            raise invalid(error) from error
        return text


def seen_at(day: dt.date, now: dt.datetime, zone: str) -> dt.datetime:
    """Noon of the local day, but never later than now."""
    return min(dt.datetime.combine(day, dt.time(12), ZoneInfo(zone)), now)


class ReceiptForm(forms.Form):
    """Number and check code of a receipt."""

    number = forms.CharField(max_length=40)
    code = forms.CharField(max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].label, self.fields["code"].label = _("Receipt number"), _("Check code")
        for name in ("number", "code"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters",
                                               "spellcheck": "false", "class": "mono"}
            self.fields[name].help_text = _("Twelve letters and digits, for example %(example)s") % {
                "example": "7K2M-9QXW-4TCD"}
