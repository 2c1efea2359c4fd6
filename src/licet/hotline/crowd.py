"""Who is who among the reports about one subject, also when there are tens of thousands.

:func:`rules.place` says what is asked; this answers the same from look-ups by account, network and text, so that a
report costs as much when it is the ten-thousandth as when it is the first. A property test compares the two.
"""

from __future__ import annotations

from collections import defaultdict

from licet.hotline.rules import Limits, Placed, Trace
from licet.hotline.similarity import Near


class Crowd:
    """The clusters of one subject with the traces of their reports, oldest cluster first."""

    def __init__(self, limits: Limits) -> None:
        self._age: dict[str, int] = {}  # cluster -> its place; merged ones are gone from it
        self._merged: dict[str, str] = {}
        self._reporters: dict[str, set[str]] = defaultdict(set)
        # Of people without a track record; the others are told apart by account alone.
        self._networks: dict[str, set[str]] = defaultdict(set)
        self._texts: dict[int, set[str]] = defaultdict(set)
        self._loose: set[str] = set()
        self._near = Near(limits.similar_bits)

    def add(self, cluster: str, trace: Trace) -> None:
        """A report of this cluster with these traces is known."""
        self._age.setdefault(cluster, len(self._age) + len(self._merged))
        if trace.reporter:
            self._reporters[trace.reporter].add(cluster)
        if trace.proven:
            return
        if trace.loose:
            self._loose.add(cluster)
        if trace.network:
            self._networks[trace.network].add(cluster)
        if trace.text is not None:
            self._texts[trace.text].add(cluster)
            self._near.add(trace.text)

    def forget(self, cluster: str) -> None:
        """Its reports are to be placed anew."""
        self._age.pop(cluster, None)

    def put(self, trace: Trace, fresh: str) -> Placed:
        """Place one more report, as :func:`rules.place` does, and remember it; clusters it shows to be one are one
        from now on."""
        fits = self._fits(trace)
        placed = Placed(fits[0], tuple(fits[1:])) if fits else Placed(fresh)
        for other in placed.absorbed:
            self._merged[other] = placed.cluster
            del self._age[other]
        self.add(placed.cluster, trace)
        return placed

    def _fits(self, trace: Trace) -> list[str]:
        named = set(self._reporters.get(trace.reporter, ())) if trace.reporter else set()
        if not trace.proven:
            if trace.loose:
                named |= self._loose
            if trace.network:
                named |= self._networks.get(trace.network, set())
            if trace.text is not None:
                for text in self._near.of(trace.text):
                    named |= self._texts[text]
        return sorted({self._now(cluster) for cluster in named} & self._age.keys(), key=self._age.__getitem__)

    def _now(self, cluster: str) -> str:
        while cluster in self._merged:
            cluster = self._merged[cluster]
        return cluster
