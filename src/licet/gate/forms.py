"""Forms of the gate's pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from licet.core.language import in_language, language
from licet.gate.tables import RULES
from licet.registers.kinds import KIND_BY_ID


def _kinds() -> list[tuple[str, str]]:
    values = KIND_BY_ID["access"].by_name["service_kind"].values
    return [("", "–"), *((value.id, in_language(value)) for value in values)]


def _findings() -> list[tuple[str, str]]:
    return [
        (rule.id, rule.words.said("title", language()))
        for rule in RULES
        if rule.scope == "row" and rule.at_gate != "deny"
    ]


class CheckForm(forms.Form):
    """What would be connected."""

    provider_id = forms.CharField(
        label=_("Provider"), required=False, max_length=80, help_text=_("Organisation id of who would connect it.")
    )
    domain = forms.CharField(label=_("Domain"), required=False, max_length=300)
    ip = forms.CharField(label=_("IP address"), required=False, max_length=60)
    customer_uscc = forms.CharField(label=_("Customer's credit code or resident id"), required=False, max_length=60)
    filing_no = forms.CharField(label=_("Filing number declared"), required=False, max_length=80)
    service_kind = forms.ChoiceField(label=_("Service"), required=False, choices=_kinds)
    upstream_provider_id = forms.CharField(label=_("Upstream provider"), required=False, max_length=80)
    as_of = forms.DateField(
        label=_("Judge by the registers of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: today."),
    )
    purpose = forms.CharField(
        label=_("Why you ask"), required=False, max_length=500, help_text=_("Kept in the journal.")
    )

    def clean(self) -> dict[str, object]:
        """Something must be asked about."""
        cleaned = super().clean() or {}
        asked = ("provider_id", "domain", "ip", "customer_uscc", "filing_no")
        if not any(cleaned.get(name) for name in asked):
            raise forms.ValidationError(_("Say what would be connected: a domain, an address, a customer or a number."))
        return cleaned


class DryRunForm(forms.Form):
    """Which findings would deny, beside those that do now."""

    deny = forms.MultipleChoiceField(
        label=_("Findings that would deny"), choices=_findings, widget=forms.CheckboxSelectMultiple
    )
    provider_id = forms.CharField(
        label=_("Provider"),
        required=False,
        max_length=80,
        help_text=_("Empty: everybody whose access list you may see."),
    )
