"""Forms of standing's pages. They read what was typed; the services decide whether it can be used."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from licet.core.language import language
from licet.standing.tables import ADVICE


def advice_word(advice: str) -> str:
    """The advice in the language that is active."""
    zh, en = ADVICE[advice]
    return zh if language() == "zh" else en


class TextForm(forms.Form):
    """A reason, an objection or an answer."""

    text = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: object, label: object = None, help_text: object = "", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if label:
            self.fields["text"].label = label  # type: ignore[assignment]
        self.fields["text"].help_text = help_text  # type: ignore[assignment]


class PreviewForm(forms.Form):
    """From which score on what would be advised."""

    advice = forms.ChoiceField(label=_("Advice"))
    value = forms.DecimalField(label=_("From this score on"), min_value=Decimal("0.001"), max_value=Decimal(1_000_000),
                               decimal_places=3, help_text=_("Points per thousand relations and filings."))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["advice"].choices = [(name, advice_word(name)) for name in ADVICE]  # type: ignore[attr-defined]

    def milli(self) -> int:
        """The score in thousandths."""
        return int(self.cleaned_data["value"] * 1000)


class ProposalForm(PreviewForm):
    """The same, with the reason it is proposed for."""

    text = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
