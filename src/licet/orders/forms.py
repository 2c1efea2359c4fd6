"""Forms of orders and connectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licet.orders.presenting import EFFECT_WORDS, word_of
from licet.orders.tables import CHANNELS, EFFECTS, Channel

_SAID = [("acknowledged", _("We have it")), ("done", _("It is done")), ("refused", _("We refuse")),
         ("failed", _("It is not possible"))]


class ReportForm(forms.Form):
    """What the executor says."""

    said = forms.ChoiceField(label=_("Answer"), choices=_SAID, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}),
                             help_text=_("Needed when you refuse or it is not possible."))


class AgainForm(forms.Form):
    """Order it again."""

    reason = forms.CharField(label=_("Why it is ordered again"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class CheckForm(forms.Form):
    """Somebody who had no part in it looked by hand. ``preserved``: references of the case's evidence."""

    verdict = forms.ChoiceField(label=_("What you saw"), widget=forms.RadioSelect, choices=[
        ("agrees", _("It is as reported")), ("disagrees", _("It is not as reported"))])
    reason = forms.CharField(label=_("How you looked"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    evidence = forms.ChoiceField(label=_("Evidence of what you saw"), required=False)

    def __init__(self, preserved: Sequence[str], *args: Any, needed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["evidence"].choices = [("", _("none")), *((ref, ref) for ref in preserved)]  # type: ignore[attr-defined]
        if needed:
            self.fields["evidence"].help_text = _(
                "Charges cannot be seen from outside: preserve the bill or the test charge in the case, and choose it here.")


class ConnectorForm(forms.Form):
    """Add a connector."""

    party_id = forms.ChoiceField(label=_("Organisation"))
    kind = forms.ChoiceField(label=_("How orders arrive"))
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("What it reaches, for instance: core resolvers."))
    effects = forms.MultipleChoiceField(label=_("Carries"), required=False, widget=forms.CheckboxSelectMultiple,
                                        help_text=_("Nothing marked: everything this kind can carry."))
    url = forms.CharField(label=_("Address of the webhook"), required=False, max_length=500,
                          help_text=_("For a signed webhook: https://host/path, reachable from the public internet."))
    mail = forms.CharField(label=_("Mail address"), required=False, max_length=254, help_text=_("For e-mail."))

    def __init__(self, parties: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("party_id", parties), ("effects", [(one, EFFECT_WORDS[one]) for one in EFFECTS]), (
                "kind", [(row.id.value, word_of(row)) for row in CHANNELS if row.id is not Channel.MANUAL])):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
