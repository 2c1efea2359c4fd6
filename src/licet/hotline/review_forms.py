"""Forms of the reviewer: every step with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _

from licet.casework.tables import SubjectKind
from licet.core.language import is_chinese
from licet.hotline.forms import words
from licet.hotline.tables import DISMISSAL_BY_ID, DISMISSALS, QUESTIONS, SEEN, TARGETS, Dismissal

_REASON = forms.Textarea(attrs={"rows": 2})


class _WithReason(forms.Form):
    reason = forms.CharField(max_length=1000, widget=_REASON)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Reason")


class Picks(forms.RadioSelect):
    """Choices that a key picks while their form is in reach (review.js). ``keys``: value -> key; ``presets``: value -> the
    reason that comes with it."""

    def __init__(self, keys: Mapping[str, str], presets: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.keys, self.presets = keys, presets or {}

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """With its key in front of the label, and both for the script."""
        key = self.keys[str(value)]
        option = super().create_option(name, value, format_html("<kbd aria-hidden=\"true\">{}</kbd> {}", key, label), *args,
                                       **kwargs)
        option["attrs"] |= {"data-pick": key, "aria-keyshortcuts": key}
        if str(value) in self.presets:
            option["attrs"]["data-preset"] = self.presets[str(value)]
        return option


class DismissForm(_WithReason):
    """End a report with one of the listed reasons; without a sentence of their own, the one that belongs to it stands."""

    dismissal = forms.ChoiceField()
    field_order = ("dismissal", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["dismissal"]
        assert isinstance(field, forms.ChoiceField)
        field.widget = Picks({row.id: row.key for row in DISMISSALS}, {row.id: _preset(row) for row in DISMISSALS})
        field.label, field.choices = _("Because"), [(row.id, words(row)) for row in DISMISSALS]
        self.fields["reason"].required = False
        self.fields["reason"].help_text = _("Left blank, the sentence that belongs to the choice stands here.")

    def clean(self) -> dict[str, Any]:
        """With the sentence of the choice where none was written."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        row = DISMISSAL_BY_ID.get(data.get("dismissal", ""))
        if row is not None and not data.get("reason"):
            data["reason"] = _preset(row)
        return data


def _preset(row: Dismissal) -> str:
    return row.reason_zh if is_chinese() else row.reason_en


class AskForm(forms.Form):
    """A question to whoever holds the receipt."""

    text = forms.CharField(max_length=1000, widget=_REASON)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Question")


class TierForm(_WithReason):
    """The tier of the case, set by this person."""

    tier = forms.TypedChoiceField(coerce=int, widget=Picks({str(n): str(n) for n in (1, 2, 3)}),
                                  choices=[(n, str(n)) for n in (1, 2, 3)])
    field_order = ("tier", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].label = _("Tier")


class SubjectForm(forms.Form):
    """What the report is about."""

    kind = forms.ChoiceField()
    subject = forms.CharField(max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        names = {"site": _("Site"), "address": _("Address"), "code": _("Code or number"), "provider": _("Provider"),
                 "sponsor": _("Sponsor"), "hash": _("File fingerprint (hash)")}
        kind.label, kind.choices = _("Kind"), [(row.value, names[row.value]) for row in SubjectKind]
        self.fields["subject"].label = _("Subject")
        self.fields["subject"].help_text = _("A domain, an address, a number, or the organisation's id in the register.")


class PurposeForm(_WithReason):
    """Why a contact is read."""


class ReasonForm(_WithReason):
    """A reason alone."""


class OperatorForm(forms.Form):
    """What somebody says on the telephone."""

    target_kind = forms.ChoiceField()
    target = forms.CharField(max_length=2000)
    ground = forms.ChoiceField()
    seen_on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    how = forms.ChoiceField()
    text = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    contact = forms.CharField(max_length=254, required=False)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"target_kind": _("What is reported"), "target": _("Its address, number or name"),
                  "ground": _("What is wrong with it"), "seen_on": _("When the caller saw it last"),
                  "how": _("How the caller came upon it"),
                  "text": _("In the caller's words"), "contact": _("Contact of the caller, if they want to leave one")}
        for name, label in labels.items():
            self.fields[name].label = label
        for name, rows in (("target_kind", TARGETS), ("how", SEEN)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(row.id, words(row)) for row in rows]
        ground = self.fields["ground"]
        assert isinstance(ground, forms.ChoiceField)
        ground.choices = [(row.ground, words(row)) for row in QUESTIONS]
        self.fields["text"].help_text = _("Nothing at all where children are concerned: the address is enough.")


class BulkForm(forms.Form):
    """A file of reports."""

    file = forms.FileField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = _("CSV or XLSX file")
        self.fields["file"].help_text = _(
            "Columns: target_kind, target, ground; optional: text, seen_at, how, reference. Chinese headers are understood.")
