"""What every page's shell needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from licet.config.profile import load_profile
from licet.console.access import actor_of
from licet.console.navigation import Place, places_for
from licet.core.actors import Actor
from licet.core.language import is_chinese, language
from licet.gate.tables import RULESET_VERSION
from licet.parties.models import Party
from licet.parties.selectors import permissions_of


def _acting_for(actor: Actor) -> str:
    if not actor.organisations:
        return ""
    names = Party.objects.filter(party_id__in=actor.organisations, until__isnull=True).values_list("name", flat=True)
    return "、".join(names) if is_chinese() else ", ".join(names)


def _profile_title() -> str:
    notice = load_profile().names.get("notice", {})
    return str(notice.get(f"title_{language()}", ""))


def shell(request: HttpRequest) -> dict[str, Any]:
    """Who acts and for whom, where they may go, and what the footer names."""
    actor = actor_of(request)
    step = getattr(request, "setup_step", "")
    places: list[Place] = places_for(actor, request.path) if actor.is_person and not step else []
    return {
        "actor": actor,
        "permissions": permissions_of(actor),
        "places": places,
        "setup_step": step,
        "acting_for": SimpleLazyObject(lambda: _acting_for(actor)),
        "profile": load_profile(),
        "profile_title": _profile_title(),
        "ruleset": RULESET_VERSION,
        "languages": settings.LANGUAGES,
    }
