"""The page of an organisation's people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from licet.console import factors, people
from licet.console.access import actor_of, permission_required
from licet.console.components import text_chip
from licet.console.fresh import require_fresh_authentication
from licet.core.actors import Scope
from licet.core.errors import LicetError
from licet.core.language import in_language
from licet.parties.models import Party
from licet.parties.selectors import people_of
from licet.parties.tables import ROLE_BY_ID, ROLES, Role


def role_name(role: Role) -> str:
    """The role in the page's language."""
    return in_language(role)


class AddForm(forms.Form):
    """A new person of one organisation. The roles offered are those its kind can have."""

    username = forms.CharField(label=gettext_lazy("User name"), max_length=60, validators=[UnicodeUsernameValidator()],
                               widget=forms.TextInput(attrs={"autocomplete": "off"}))
    roles = forms.MultipleChoiceField(label=gettext_lazy("Roles"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fitting = [(role.id, role_name(role)) for role in ROLES if kind in role.party_kinds]
        self.fields["roles"].choices = fitting  # type: ignore[attr-defined]


def _page(request: HttpRequest, party: Party, form: AddForm, *, added: people.Added | None = None) -> HttpResponse:
    actor, members = actor_of(request), list(people_of(party.party_id))
    kept = factors.with_factors({row.user_id for row in members})
    rows = [{"id": row.pk, "has_factor": row.user_id in kept, "name": row.user.get_username(),
             "role": role_name(ROLE_BY_ID[row.role]),
             "since": row.granted_at, "by": row.granted_by, "last": row.user.last_login,
             "self": row.user_id == actor.user_id} for row in members]
    wide = actor.scope in {Scope.NATIONAL, Scope.REGIONAL} or len(actor.organisations) > 1
    context = {"party": party, "rows": rows, "form": form, "added": added,
               "chips": [text_chip(request, "party", _("Organisation"), value=party.name)] if wide else []}
    return render(request, "console/people.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(people.PERMISSION)
@require_fresh_authentication
def people_page(request: HttpRequest) -> HttpResponse:
    """Who acts for an organisation; a POST adds somebody and shows their first password once."""
    party = people.managed_party(request.GET.get("party", "") or request.POST.get("party", ""), actor_of(request))
    if request.method != "POST":
        return _page(request, party, AddForm(party.kind))
    form = AddForm(party.kind, request.POST)
    if form.is_valid():
        try:
            added = people.add_colleague(form.cleaned_data["username"], party_id=party.party_id,
                                         roles=tuple(form.cleaned_data["roles"]), actor=actor_of(request))
        except LicetError as error:
            form.add_error("username", forms.ValidationError(error.message, params={"hint": error.hint}))
        else:
            return _page(request, party, AddForm(party.kind), added=added)
    return _page(request, party, form)


@require_POST
@permission_required(people.PERMISSION)
@require_fresh_authentication
def end(request: HttpRequest, membership_id: int) -> HttpResponse:
    """End one membership."""
    ended = people.end_colleague(membership_id, reason=request.POST.get("reason", ""), actor=actor_of(request))
    messages.success(request, _("%(name)s no longer acts as %(role)s.") % {
        "name": ended.user.get_username(), "role": role_name(ROLE_BY_ID[ended.role])})
    return redirect(f"{reverse('people')}?{urlencode({'party': ended.party_id})}")


@require_POST
@permission_required(people.PERMISSION)
@require_fresh_authentication
def reset_factor(request: HttpRequest, membership_id: int) -> HttpResponse:
    """Take away a colleague's second factor, so that they can set up another."""
    reset = factors.reset_factors(membership_id, reason=request.POST.get("reason", ""), actor=actor_of(request))
    messages.success(request, _("%(name)s sets up a new second factor at the next sign-in.") % {
        "name": reset.user.get_username()})
    return redirect(f"{reverse('people')}?{urlencode({'party': reset.party_id})}")
