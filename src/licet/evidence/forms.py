"""Forms of the pages of evidence. Every act says why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licet.evidence.looks import kind_word
from licet.evidence.services.record import PURPOSE_CHARACTERS
from licet.evidence.tables import ITEM_KINDS


class PurposeForm(forms.Form):
    """Why somebody does something; kept with their name."""

    purpose = forms.CharField(label=_("Purpose"), max_length=PURPOSE_CHARACTERS, widget=forms.Textarea(attrs={"rows": 2}),
                              help_text=_("Kept with your name in the custody log and the journal."))


class AddForm(PurposeForm):
    """Hand evidence in."""

    kind = forms.ChoiceField(label=_("Kind"))
    title = forms.CharField(label=_("What it is"), max_length=200)
    url = forms.CharField(label=_("Where it was found"), max_length=2000, required=False)
    text = forms.CharField(label=_("In words"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}),
                           help_text=_("What was seen or said, where there is no file of it."))
    file = forms.FileField(label=_("Or a file"), required=False,
                           help_text=_("Encrypted as it arrives; told by its content, not its name."))
    field_order: tuple[str, ...] = ("kind", "title", "url", "text", "file", "purpose")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.id, kind_word(kind.id)) for kind in ITEM_KINDS]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Words or a file, never both: one item is one content."""
        data: dict[str, Any] = super().clean() or {}
        if "file" in self.fields and not self.errors and bool(data.get("file")) == bool(str(data.get("text", "")).strip()):
            self.add_error("text", forms.ValidationError(_("Say it in words, or hand in a file: one of the two.")))
        return data


class HashForm(AddForm):
    """For grounds whose content is never kept."""

    text = None  # type: ignore[assignment]
    file = None  # type: ignore[assignment]
    url = forms.CharField(label=_("Where it was found"), max_length=2000)
    sha256 = forms.RegexField(r"\A[0-9a-f]{64}\Z", label=_("SHA-256 of the content"), help_text=_(
        "Content of this ground is never taken in, not even as evidence. The police secure it themselves."))
    field_order = ("kind", "title", "url", "sha256", "purpose")
