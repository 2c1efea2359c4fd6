"""A colleague lost their second factor: an administrator of their organisation takes it away, so that they set up anew.

Rule: house (decision 0005)
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from licet.console.people import managed_party
from licet.core import clock
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, Conflict, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.journal.services import append
from licet.parties.models import Membership


def with_factors(user_ids: set[int]) -> set[int]:
    """Those of the people who have a second factor."""
    return set(Authenticator.objects.filter(user_id__in=user_ids).values_list("user_id", flat=True))


@transaction.atomic
def reset_factors(membership_id: int, *, reason: str, actor: Actor) -> Membership:
    """Take away every second factor of the person behind a membership and end their sessions.

    Whoever does it must manage all organisations the person acts for: nobody opens a door that is not theirs. Raises
    :class:`NotFound`, :class:`NotAllowed`, :class:`Conflict` for oneself or when there is nothing to take away, and
    :class:`BadInput` without a reason.
    """
    if not reason.strip():
        raise BadInput(_("Say why the second factor is taken away."), hint=_("For example: the phone was lost."))
    membership = Membership.objects.select_related("user").filter(pk=membership_id, ended_at__isnull=True).first()
    if membership is None:
        raise NotFound(_("There is no such membership, or you may not see it."))
    managed_party(membership.party_id, actor)
    if membership.user_id == actor.user_id:
        raise Conflict(_("Nobody takes away their own second factor."), hint=_("Another administrator can do it."))
    _require_all_of(membership, actor)
    factors = Authenticator.objects.select_for_update().filter(user_id=membership.user_id)
    kinds = sorted({str(factor.type) for factor in factors})
    if not kinds:
        raise Conflict(_("This person has no second factor."), hint=_("They set one up when they sign in."))
    factors.delete()
    _end_sessions(membership.user_id)
    append("account:mfa:reset", actor=actor, subject=f"user:{membership.user_id}", organisation=membership.party_id,
           purpose=reason.strip()[:500], data={"factors": kinds})
    return membership


def _require_all_of(membership: Membership, actor: Actor) -> None:
    """Looked up for the whole desk: the memberships an administrator cannot see are those that matter here."""
    with acting_as(WORKER):
        others = set(Membership.objects.filter(user_id=membership.user_id, ended_at__isnull=True).values_list(
            "party_id", flat=True)) - {membership.party_id}
    for party_id in sorted(others):
        try:
            managed_party(party_id, actor)
        except (NotAllowed, NotFound):
            raise NotAllowed(_("This person also acts for an organisation you do not manage."), hint=_(
                "Ask an administrator of the authority.")) from None


def _end_sessions(user_id: int) -> None:
    """Sessions live eight hours at most, so there are never many."""
    open_ones = Session.objects.filter(expire_date__gt=clock.now())
    theirs = [session.pk for session in open_ones.iterator()
              if str(session.get_decoded().get("_auth_user_id")) == str(user_id)]
    Session.objects.filter(pk__in=theirs).delete()
