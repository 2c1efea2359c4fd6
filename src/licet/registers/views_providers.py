"""Pages about one provider: what it may do and who answers for it; duty posts without anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from licet.config.profile import load_profile
from licet.console.access import actor_of, permission_required
from licet.console.components import Cell, Column, Fact, Row, Stat, text_chip
from licet.console.htmx import render_page
from licet.registers import overviews, presenting
from licet.registers.changes import may_reach
from licet.registers.kinds import KIND_BY_ID
from licet.registers.listing import LARGEST_COUNT, Asked, bounded_count, question
from licet.registers.panels import PROVIDER_PANELS
from licet.registers.records import versions_of
from licet.registers.scores import MissingPost, missing_posts, provider_score
from licet.registers.views import today

_MOST_GAPS = 500


@require_GET
@permission_required("registers.read")
def provider_record(request: HttpRequest, party_id: str) -> HttpResponse:
    """One organisation: its licences, who answers for what it connects, what it filed, and its duty posts."""
    party = overviews.party_now(party_id)
    if party is None:
        raise Http404
    actor, day, profile = actor_of(request), today(), load_profile()
    chain = overviews.chain_of(party_id, day=day, profile=profile)
    reach = may_reach(KIND_BY_ID["parties"], actor, {"party_id": party_id})
    names = overviews.party_names(link.party_id for link in chain.walk())
    findings = [presenting.FINDINGS[finding]() for finding in chain.findings]
    broken = [link for link in chain.walk() if link.is_broken and link is not chain]
    context = {
        "party": party,
        "title": party.name,
        "reach": reach,
        "chain": _chain_view(chain, names),
        "state": "deny" if findings else "unknown" if chain.unknown else "active",
        "findings": findings,
        "broken_upstream": len(broken),
        "licences": overviews.licences_of(party_id),
        "facts": _party_facts(party),
        "stats": _provider_stats(request, party_id) if reach else [],
        "gaps": _gap_rows(missing_posts(day, provider_id=party_id)) if reach else [],
        "gap_heads": _gap_heads(),
        "panels": PROVIDER_PANELS.drawn(request, party_id) if reach else [],
        "day": day,
        "history_url": reverse("register_record", args=["parties", party.pk]),
    }
    return render_page(request, "registers/provider.html", "", context)


def _chain_view(link: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """A link as the template draws it."""
    return {
        "id": link.party_id,
        "name": names.get(link.party_id, link.party_id),
        "url": reverse("provider_record", args=[link.party_id]),
        "licence_no": link.licence_no,
        "findings": [(finding, presenting.FINDINGS[finding]()) for finding in link.findings],
        "unknown": bool(link.unknown),
        "seen_before": link.seen_before,
        "broken": link.is_broken,
        "upstream": [_chain_view(found, names) for found in link.upstream],
    }


def _party_facts(party: Any) -> list[Fact]:
    kind = KIND_BY_ID["parties"]
    history = overviews.history_of(kind, versions_of(kind, {"party_id": party.party_id}))
    return presenting.facts(kind, overviews.facts_of(kind, history))


def _provider_stats(request: HttpRequest, party_id: str) -> list[Stat]:
    actor = actor_of(request)
    score = provider_score(party_id, today(), load_profile())
    oldest = max((found.days for found in score.freshness if found.days is not None), default=None)
    note = _("nothing handed in yet") if oldest is None else ngettext(
        "oldest register: %(days)s day", "oldest register: %(days)s days", oldest) % {"days": oldest}
    stats = [Stat(label=_("Freshness and completeness"), value=score.score, of=100, note=note)]
    for kind_id in ("filings", "access", "addresses", "posts"):
        kind = KIND_BY_ID[kind_id]
        count = bounded_count(question(kind, Asked(provider=party_id), actor))
        stats.append(
            Stat(
                label=presenting.label(kind),
                value=f"{LARGEST_COUNT:,}+" if count > LARGEST_COUNT else f"{count:,}",
                url=f"{reverse('register_list', args=[kind_id])}?provider={party_id}",
            )
        )
    return stats


@require_GET
@permission_required("registers.read")
def post_gaps(request: HttpRequest) -> HttpResponse:
    """Duties nobody fills, provider by provider. Rule: Notice §4.2.2"""
    provider = request.GET.get("provider", "").strip()
    gaps = missing_posts(today(), provider_id=provider)[:_MOST_GAPS]
    return render_page(
        request,
        "registers/post_gaps.html",
        "registers/_post_gaps.html",
        {
            "heads": _gap_heads(),
            "rows": _gap_rows(gaps),
            "count": len(gaps),
            "day": today(),
            "chips": [text_chip(request, "provider", _("Provider"))],
        },
    )


def _gap_heads() -> list[Column]:
    """Heads of the table of gaps."""
    return [
        Column(label=_("Provider")),
        Column(label=_("What is missing")),
        Column(label=_("Branch")),
        Column(label=_("Region")),
        Column(label=_("Post")),
        Column(label=_("Since"), kind="fit"),
    ]


def _gap_rows(gaps: Iterable[MissingPost]) -> list[Row]:
    """Gaps as rows, linked to the provider's posts."""
    words = {
        "none": _("No duty post at all"),
        "vacant": _("Nobody fills the post"),
        "expired": _("The person’s time is over"),
    }
    rows = []
    for gap in gaps:
        url = f"{reverse('register_list', args=['posts'])}?provider={gap.provider_id}"
        rows.append(
            Row(
                url=url,
                cells=[
                    Cell(text=gap.provider_name or gap.provider_id, sub=gap.provider_id),
                    Cell(state="missing", sub=words[gap.reason]),
                    Cell(text=gap.branch or "–"),
                    Cell(text=presenting.region_name(gap.region) if gap.region else "–"),
                    Cell(text=gap.role or "–"),
                    Cell(text=gap.since.isoformat() if gap.since else "–"),
                ],
            )
        )
    return rows
