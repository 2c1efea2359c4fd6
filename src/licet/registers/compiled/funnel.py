"""What a day makes of licences: the funnel per provider and service kind, reviews, bad links upstream. Compiled."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from licet.registers.compiled.kernels import allocating_kernel, inner, kernel
from licet.registers.compiled.layout import Part
from licet.registers.compiled.params import JudgingParams

# Codes of LicenceFact and ReviewFact, as plain numbers for compiled code.
_OK, _NONE, _EXPIRED, _SUSPENDED, _CATEGORY, _REGION = 0, 1, 2, 3, 4, 5
_PASSED, _UNKNOWN, _FAILED = 0, 1, 2
_ANY_CATEGORY = -1


class Licences(NamedTuple):
    """Licence rows sorted by provider and number (int32 unless said), with what the day and the profile make of them."""

    first: NDArray[np.int32]  # start of each provider's run
    party_region: NDArray[np.int32]  # per provider: index among the regions licences name, −1 none of them, −2 unknown
    in_force: NDArray[np.uint8]
    is_active: NDArray[np.uint8]  # status is active, whatever the dates
    review: NDArray[np.uint8]  # review codes
    catalogue: NDArray[np.int32]  # row of ``covers`` for the licence's catalogue year
    category_first: NDArray[np.int32]
    category: NDArray[np.int32]
    region_first: NDArray[np.int32]
    region: NDArray[np.int32]
    covers: NDArray[np.uint8]  # [catalogue, kind, category]: 1 covers
    unlisted: NDArray[np.uint8]  # [catalogue, kind]: 1 = the profile does not list the kind: any category covers it
    nationwide: NDArray[np.int32]  # one element: index of '*' among the regions, −1 when no licence has it


class ProviderFacts(NamedTuple):
    """Per service kind and party ([kind, party]; the last party stands for "not in any register")."""

    licence: NDArray[np.uint8]
    licence_row: NDArray[np.int32]
    review: NDArray[np.uint8]
    review_row: NDArray[np.int32]
    bad_link: NDArray[np.int32]  # per party: nearest bad link of its chain, itself included; −1 sound, −2 not on record
    sound: NDArray[np.uint8]  # per party: it has a licence in force whose review did not fail


@kernel
def review_states(first: Any, year: Any, result: Any, decided: Any, valid_from: Any, due_start: Any, due: Any, day: Any,
                  known: Any, out: Any) -> None:
    """Review code of each licence. ``due_start``: first day after the due year; ``known``: 1 where reviews are known."""
    for i in range(len(out)):
        out[i] = _UNKNOWN
        if known[i]:
            for j in range(first[i], first[i + 1]):  # in order: of several results the last one that counts wins
                if year[j] == due and decided[j] <= day:
                    out[i] = _PASSED if result[j] == 0 else _FAILED
        if valid_from[i] >= due_start:
            out[i] = _PASSED


@inner
def _covers_kind(licences: Any, i: Any, kind: Any) -> Any:
    catalogue = licences.catalogue[i]
    if licences.unlisted[catalogue, kind]:
        return True
    for j in range(licences.category_first[i], licences.category_first[i + 1]):
        if licences.covers[catalogue, kind, licences.category[j]]:
            return True
    return False


@inner
def _covers_region(licences: Any, i: Any, region: Any) -> Any:
    if region == -2:
        return True
    for j in range(licences.region_first[i], licences.region_first[i + 1]):
        if licences.region[j] == licences.nationwide[0] or (region >= 0 and licences.region[j] == region):
            return True
    return False


@inner
def _stage(licences: Any, i: Any, kind: Any, region: Any) -> Any:
    """How many steps of the funnel a licence passes: 1 exists, 2 in force, 3 category, 4 region."""
    if not licences.in_force[i]:
        return 1
    if not _covers_kind(licences, i, kind):
        return 2
    return 4 if _covers_region(licences, i, region) else 3


@allocating_kernel
def funnel(licences: Any, kinds: Any, facts: Any) -> None:
    """Fill licence and review facts of every provider for every service kind (docs/judging.md, Licences)."""
    codes = np.array([_NONE, _EXPIRED, _CATEGORY, _REGION, _OK])
    for party in range(len(licences.first) - 1):
        for kind in range(kinds):
            best, active = 0, False
            for i in range(licences.first[party], licences.first[party + 1]):
                best = max(best, _stage(licences, i, kind, licences.party_region[party]))
                active = active or licences.is_active[i]
            facts.licence[kind, party] = _SUSPENDED if best == 1 and not active else codes[best]
            review = -1
            for i in range(licences.first[party], licences.first[party + 1]):
                if _stage(licences, i, kind, licences.party_region[party]) < best:
                    continue
                if facts.licence_row[kind, party] < 0:
                    facts.licence_row[kind, party] = i
                if review < 0 or licences.review[i] < review:
                    review, facts.review_row[kind, party] = licences.review[i], i
            facts.review[kind, party] = max(review, 0)


@allocating_kernel
def spread_bad_links(licences: Any, doubtful: Any, down_first: Any, down: Any, bad_link: Any, sound: Any) -> None:
    """Mark bad links, then everyone who buys from them, level by level: nearest first, of equals the smallest id.

    ``doubtful``: 1 where a refused row speaks of the party's licences; such a link is not bad. Fills ``sound`` too.
    """
    count = len(licences.first) - 1
    queue, depth, end = np.empty(count, np.int32), np.full(count, -1, np.int32), 0
    for party in range(count):
        for i in range(licences.first[party], licences.first[party + 1]):
            if licences.in_force[i] and licences.review[i] != _FAILED:
                sound[party] = 1
        is_bad = not sound[party] and not doubtful[party]
        bad_link[party] = party if is_bad else -1
        if is_bad:
            queue[end], depth[party] = party, 0
            end += 1
    head = 0
    while head < end:
        party = queue[head]
        head += 1
        for j in range(down_first[party], down_first[party + 1]):
            buyer = down[j]
            if depth[buyer] < 0:
                queue[end], depth[buyer] = buyer, depth[party] + 1
                bad_link[buyer] = bad_link[party]
                end += 1
            elif depth[buyer] == depth[party] + 1:
                bad_link[buyer] = min(bad_link[buyer], bad_link[party])


def _coverage(params: JudgingParams, kinds: tuple[str, ...], years: NDArray[np.int32],
              categories: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int32]]:
    """``covers``, ``unlisted`` and the catalogue row of each licence; the last kind is any the profile does not name."""
    listed = sorted({year for year, _ in params.categories})
    covers = np.zeros((len(listed) + 1, len(kinds) + 1, max(len(categories), 1)), np.uint8)
    unlisted = np.ones(covers.shape[:2], np.uint8)
    for (year, kind), codes in params.categories.items():
        at = listed.index(year), kinds.index(kind)
        unlisted[at] = 0
        for position, code in enumerate(categories):
            covers[at][position] = code in codes
    last = np.searchsorted(np.array(listed, np.int32), years, side="right").astype(np.int32) - 1
    return covers, unlisted, np.where(last < 0, np.int32(len(listed)), last)  # the last row: before any catalogue


def _licences(part: Part, day: int, as_of: dt.date, params: JudgingParams,
              reviews_known: NDArray[np.bool_]) -> Licences:
    arrays, words = part.arrays, part.strings
    active = np.array([word == "active" for word in words["statuses"]] + [False])
    is_active = active[arrays["licence_status"]].astype(np.uint8)
    in_force = is_active & (arrays["licence_from"] <= day) & (arrays["licence_to"] >= day)
    due = params.due_year(as_of)
    review = np.empty(len(in_force), np.uint8)
    due_start = (dt.date(due + 1, 1, 1) - dt.date(1970, 1, 1)).days
    review_states(arrays["review_first"], arrays["review_year"], arrays["review_result"], arrays["review_decided"],
                  arrays["licence_from"], due_start, due, day, reviews_known[arrays["licence_party"]].astype(np.uint8), review)
    covers, unlisted, catalogue = _coverage(params, params.service_kinds(), arrays["licence_year"], words["categories"])
    named = {region: position for position, region in enumerate(words["regions"])}
    translate = np.array([named.get(word, -1) if word else -2 for word in words["party_regions"]] + [-2], np.int32)
    return Licences(arrays["licence_first"], translate[arrays["party_region"]], in_force.astype(np.uint8), is_active,
                    review, catalogue, arrays["category_first"], arrays["category"], arrays["region_first"],
                    arrays["region"], covers, unlisted, np.array([named.get("*", -1)], np.int32))


def provider_facts(part: Part, parties: int, as_of: dt.date, params: JudgingParams, *, reviews_known: NDArray[np.bool_],
                   doubtful: NDArray[np.bool_]) -> ProviderFacts:
    """Facts of ``parties`` parties (those of the providers part first) on a day, one more for "not in any register".

    Per party: ``reviews_known``; ``doubtful`` where a refused row speaks of its licences or reviews.
    """
    day = (as_of - dt.date(1970, 1, 1)).days
    licences = _licences(part, day, as_of, params, reviews_known)
    kinds = len(params.service_kinds()) + 1
    shape = (kinds, parties + 1)
    facts = ProviderFacts(np.full(shape, _NONE, np.uint8), np.full(shape, -1, np.int32), np.full(shape, _PASSED, np.uint8),
                          np.full(shape, -1, np.int32), np.full(parties + 1, -2, np.int32), np.zeros(parties + 1, np.uint8))
    funnel(licences, kinds, facts)
    spread_bad_links(licences, doubtful.astype(np.uint8), part.arrays["down_first"], part.arrays["down"], facts.bad_link,
                     facts.sound)
    # A party only other registers know has no licence: it is its own bad link. The very last is in no register at all.
    known = len(licences.first) - 1
    facts.bad_link[known:parties] = np.where(doubtful[known:parties], -1, np.arange(known, parties))
    return facts
