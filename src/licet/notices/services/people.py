"""Who a letter is from, who it is for, and how its persons are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from licet.casework.models import Case, Measure
from licet.casework.tables import SubjectKind
from licet.config.profile import load_profile
from licet.core import clock
from licet.notices.profile_texts import people_shown, post_roles
from licet.notices.sentences import joined, say
from licet.parties.models import Membership, Party, Post
from licet.parties.tables import ROLE_BY_ID
from licet.registers.lookups import filings_naming
from licet.registers.models import Filing

MOST_POSTS = 3


def organisation(party_id: str, language: str = "zh") -> str:
    """An organisation's name, '' if it is not on record. English letters name authorities as the profile does."""
    name = str(Party.objects.filter(party_id=party_id, until__isnull=True).values_list("name", flat=True).first() or "")
    return name if language == "zh" else _english(name)


def _english(name: str) -> str:
    profile = load_profile()
    known = profile.names["authority"]
    if name == known["national_zh"]:
        return str(known["national_en"])
    if name.endswith(known["regional_zh"]):
        place = name.removesuffix(known["regional_zh"])
        for row in profile.regions["regions"].values():
            if row["zh"] in {place, place.removesuffix("省"), place.removesuffix("市")}:
                return f"{row['en']} {known['regional_en']}"
    return name


def subject(case: Case, language: str) -> str:
    """What the case is about, in words."""
    name = case.subject_key
    if case.subject_kind == SubjectKind.PROVIDER:
        name = organisation(name, language) or name
    return say(f"subject_{case.subject_kind}", language, name=name)


def addressee(measure: Measure, case: Case, language: str) -> str:
    """Whom the letter is for: an organisation on record, or the owner of the site by the name of its filing."""
    if measure.subject_party:
        return organisation(measure.subject_party, language)
    if case.subject_kind != SubjectKind.SITE:
        return say("holder", language, name=case.subject_key)
    filed = (Filing.objects.filter(pk__in=filings_naming([case.subject_key, f"www.{case.subject_key}"]), until__isnull=True,
                                   subject_kind="organisation").values_list("subject_name", flat=True).first())
    owner = say("owner", language, name=case.subject_key)
    return f"{filed} ({owner})" if filed else owner


def persons(users: Sequence[Any], desk_id: str, language: str) -> str:
    """Those who signed, by name and post, or by post alone where the profile says so."""
    found = [_person(user, desk_id, language) for user in users if user is not None]
    return ("、" if language == "zh" else ", ").join(text for text in dict.fromkeys(found) if text)


def _person(user: Any, desk_id: str, language: str) -> str:
    held = Membership.objects.filter(user_id=user.pk, ended_at__isnull=True)
    role = (held.filter(party_id=desk_id).values_list("role", flat=True).order_by("id").first()
            or held.values_list("role", flat=True).order_by("id").first())
    post = str(getattr(ROLE_BY_ID[role], language)) if role else ""
    if people_shown() == "post":
        return post
    name = user.get_full_name() or user.get_username()
    return say("person", language, name=name, post=post) if post else name


def posts(party_id: str) -> list[Post]:
    """The duty posts notices go to: those the profile's words name, otherwise all that have an address."""
    if not party_id:
        return []
    today = clock.today()
    manned = list(Post.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today), provider_id=party_id, until__isnull=True)
        .exclude(email="").order_by("branch", "id")[:100])
    wanted = [post for post in manned if any(role in post.role.casefold() for role in post_roles())]
    by_address = {post.email.strip().casefold(): post for post in reversed(wanted or manned)}
    return sorted(by_address.values(), key=lambda post: (post.branch, post.pk))[:MOST_POSTS]


def contact(desk_id: str, language: str) -> str:
    """How to reach the desk: the page, and its recorded posts; '' when the desk has no name."""
    name = organisation(desk_id, language)
    if not name:
        return ""
    lines = [say("contact_page", language, organisation=name)]
    for post in posts(desk_id):
        lines.append(say("contact_post", language, branch=post.branch, how=joined(
            [post.email, f" {post.phone}" if post.phone else ""], "zh")))
    return "\n".join(lines)
