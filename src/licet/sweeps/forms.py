"""Form of the sweep page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class SweepForm(forms.Form):
    """Hand in a list. ``sweeps``: what it can be compared with, as (number, label)."""

    def __init__(self, *given: Any, sweeps: Iterable[tuple[str, str]] = (), **more: Any) -> None:
        super().__init__(*given, **more)
        field = self.fields["compare_with"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("the last one of the same provider or providers")), *sweeps]

    file = forms.FileField(
        label=_("Access list"), help_text=_("CSV, XLSX, Parquet or JSON lines; headers in Chinese or English.")
    )
    provider_id = forms.CharField(
        label=_("Provider"), required=False, max_length=80, help_text=_("Whose list it is. Empty: the rows say it.")
    )
    as_of = forms.DateField(
        label=_("Judge by the registers of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: today."),
    )
    compare_with = forms.ChoiceField(label=_("Compare with"), required=False)
