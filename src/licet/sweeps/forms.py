"""Form of the sweep page."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class SweepForm(forms.Form):
    """Hand in a list."""

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
