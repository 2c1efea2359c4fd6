"""The facts a row is judged by: enum codes and the columns that carry them (docs/judging.md, Facts)."""

from __future__ import annotations

from licet.registers.compiled.facts import (
    AddressFact,
    DeclaredFact,
    DomainFact,
    Facts,
    FilingFact,
    LicenceFact,
    ReviewFact,
    SponsorFact,
    SubjectFact,
    UpstreamFact,
)

__all__ = ["AddressFact", "DeclaredFact", "DomainFact", "Facts", "FilingFact", "LicenceFact", "ReviewFact", "SponsorFact",
           "SubjectFact", "UpstreamFact"]
