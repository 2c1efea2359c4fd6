"""Forms of the pages of referrals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licet.referrals.services import Receipt, Reply


class PurposeForm(forms.Form):
    """Why somebody does it."""

    purpose = forms.CharField(label=_("Purpose"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
                              help_text=_("Kept with your name in the custody log and the journal."))


class ReceiptForm(forms.Form):
    """Taken in hand."""

    name = forms.CharField(label=_("Taken in hand by"), max_length=120)
    document_no = forms.CharField(label=_("Number of the receipt"), max_length=120)
    sha256 = forms.CharField(label=_("SHA-256 of the archive"), max_length=80, help_text=_(
        "As you received it: sha256sum shows it. Of an encrypted package, after opening it."))

    def receipt(self) -> Receipt:
        """The receipt."""
        return Receipt(**self.cleaned_data)


class ReplyForm(forms.Form):
    """What was determined."""

    result = forms.ChoiceField(label=_("Result"), choices=[
        ("illegal", _("Illegal")), ("not_illegal", _("Not illegal")), ("insufficient", _("Insufficient"))])
    document_no = forms.CharField(label=_("Document number"), max_length=120)
    determined_on = forms.DateField(label=_("Determined on"),
                                    widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    text = forms.CharField(label=_("Reasons"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 4}))

    def reply(self) -> Reply:
        """The reply."""
        return Reply(**self.cleaned_data)


class PoliceForm(forms.Form):
    """Which police desk, when the program could not tell."""

    police_id = forms.ChoiceField(label=_("Police desk"))
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from licet.referrals.selectors import police_desks

        self.fields["police_id"].choices = police_desks()  # type: ignore[attr-defined]


class NothingForm(forms.Form):
    """A step that needs no more than the button."""
