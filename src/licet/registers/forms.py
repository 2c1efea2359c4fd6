"""Forms of the registers' pages. They read what was typed; the services decide whether it can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from licet.registers import presenting
from licet.registers.cleaning import BadRow, typed_text
from licet.registers.kinds import Column, Kind
from licet.registers.uploads import SUFFIXES


class CorrectionForm(forms.Form):
    """Every column of a kind, the reason, and whether the record ends."""

    def __init__(self, kind: Kind, data: Any = None, *, row: Mapping[str, Any] | None = None) -> None:
        """``row``: the record as it is (its key is fixed); ``None`` for a new record."""
        super().__init__(data)
        self.kind, self.row = kind, row
        for column in kind.columns:
            self.fields[column.name] = _field(column, row, locked=row is not None and column.name in kind.key)
        self.fields["reason"] = forms.CharField(
            label=_("Reason"),
            required=True,
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("What is wrong, and how you know it. It is kept in the journal."),
        )
        if row is not None:
            self.fields["ends"] = forms.BooleanField(
                label=_("This record ends today"),
                required=False,
                help_text=_("Its history stays; it no longer counts from today on."),
            )

    def texts(self) -> dict[str, str]:
        """What was typed, by column; fixed columns as they are."""
        row = self.row or {}
        return {
            column.name: typed_text(row.get(column.name))
            if self.fields[column.name].disabled
            else self.cleaned_data.get(column.name, "")
            for column in self.kind.columns
        }

    def refuse(self, refused: BadRow) -> None:
        """Put each column's error beside its field."""
        for name, (reason, repair) in refused.errors.items():
            self.add_error(name if name in self.fields else None, ValidationError(reason, params={"hint": repair}))


def _field(column: Column, row: Mapping[str, Any] | None, *, locked: bool) -> forms.Field:
    initial = typed_text(row.get(column.name)) if row else column.default
    common: dict[str, Any] = {
        "label": presenting.label(column),
        "required": column.required and not locked,
        "initial": initial,
        "disabled": locked,
    }
    if column.values and not locked:
        choices = [(value.id, presenting.label(value)) for value in column.values]
        return forms.ChoiceField(choices=choices if column.required else [("", "–"), *choices], **common)
    if column.type == "date" and initial != "0001-01-01":
        common["widget"] = forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "2026-03-02"})
    if column.is_list:
        common["help_text"] = _("several with spaces between")
    return forms.CharField(**common)


class DecisionForm(forms.Form):
    """What the second person says."""

    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What you checked. A refusal needs one."),
    )


class UploadForm(forms.Form):
    """A file for a register."""

    kind = forms.ChoiceField(label=_("Register"))
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV (UTF-8 or GB18030), XLSX, Parquet or JSON lines."),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(SUFFIXES)}),
    )
    as_of = forms.DateField(
        label=_("As of"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The day the data reflects, not the day of the upload."),
    )
    provider = forms.CharField(
        label=_("Provider"),
        required=False,
        max_length=80,
        help_text=_("Whose data this is (organisation id); empty for a register of all."),
    )
    replace = forms.BooleanField(label=_("The file is complete: records it does not list end"), required=False)
    note = forms.CharField(
        label=_("Where the file comes from"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, kinds: list[Kind], *args: Any, **kwargs: Any) -> None:
        """``kinds``: the registers the person may hand files in for."""
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.id, presenting.label(kind)) for kind in kinds]  # type: ignore[attr-defined]
