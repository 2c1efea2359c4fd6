"""Evidence: which record and which value made a rule fire, as columns, for findings and for single reasons alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from string import Formatter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.gate.facts import DeclaredFact, Facts
from licet.gate.tables import Rule
from licet.gate.wording import MISSING, PERSONAL, TOKEN_PATTERN, gate_texts
from licet.registers.compiled import AccessRows, BoundRegister, records
from licet.registers.compiled.text import take_texts

Index = NDArray[np.int64]
Lazy = dict[str, Callable[[], pa.Array]]  # computed only when a text asks for it
_PROBLEMS = {DeclaredFact.OTHER: "other", DeclaredFact.NOT_FOUND: "not_found", DeclaredFact.MALFORMED: "malformed"}
NO_BLOCK, NO_HOLDER = "no recorded block", "nobody"


@dataclasses.dataclass(frozen=True)
class Source:
    """Rows ``at`` of a judged batch."""

    rows: AccessRows
    facts: Facts
    bound: BoundRegister
    at: Index

    @classmethod
    def of(cls, facts: Facts, at: Index) -> Source:
        """Rows ``at`` of facts that came out of a register (they carry rows and register)."""
        if facts.rows is None or facts.bound is None:
            raise ValueError("facts without a register have no evidence")
        return cls(facts.rows, facts, facts.bound, at)

    def text(self, column: pa.Array) -> pa.Array:
        """A row column at these rows."""
        return column.take(pa.array(self.at))

    def record(self, column: str) -> NDArray[np.int32]:
        """A fact's record indexes at these rows."""
        taken: NDArray[np.int32] = getattr(self.facts, column)[self.at]
        return taken

    def provider(self) -> pa.Array:
        """The rows' providers."""
        return self.rows.provider.values.take(pa.array(self.rows.provider.codes[self.at]))

    def upstream(self) -> pa.Array:
        """The rows' upstream providers."""
        return self.rows.upstream.values.take(pa.array(self.rows.upstream.codes[self.at]))


def _licence(source: Source) -> Lazy:
    row, bound = source.record("licence_row"), source.bound
    kind, provider = source.rows.kind, source.rows.provider
    return {
        "provider": source.provider,
        "licence_no": lambda: records.licence_number(bound, row),
        "licence_status": lambda: records.licence_status(bound, row),
        "valid_from": lambda: records.licence_day(bound, row, "from"),
        "valid_to": lambda: records.licence_day(bound, row, "to"),
        "categories": lambda: records.licence_list(bound, row, "category"),
        "regions": lambda: records.licence_list(bound, row, "region"),
        "service_kind": lambda: kind.values.take(pa.array(kind.codes[source.at])),
        "region": lambda: records.party_region(bound, bound.parties.find(provider.values)[0][provider.codes[source.at]]),
    }


def _review(source: Source) -> Lazy:
    row, bound = source.record("review_row"), source.bound
    due = str(bound.params.due_year(bound.as_of))
    return {"licence_no": lambda: records.licence_number(bound, row), "result": lambda: records.review_result(bound, row),
            "year": lambda: pa.repeat(pa.scalar(due), len(row))}


def _upstream(source: Source) -> Lazy:
    party = source.record("upstream_party")
    return {"upstream": source.upstream,
            "link": lambda: pc.coalesce(records.party_id(source.bound, party), source.upstream()),
            # Often a misspelt id: no register names the party at all.
            "record": lambda: pa.array(["on_record", "stranger"]).take(pa.array((party == -2).astype(np.int32)))}


def _asked(source: Source) -> pa.Array:
    """The host asked for, else the declared number."""
    host = source.text(source.rows.host)
    return pc.if_else(pc.equal(host, ""), source.text(source.rows.number), host)


def _verified(source: Source) -> pa.Array:
    """When the chosen filing was last verified, else when it was filed."""
    row = source.record("filing_row")
    return pc.coalesce(*(records.filing_day(source.bound, row, name) for name in ("verified_on", "filed_on")))


def _filing(source: Source) -> Lazy:
    row, bound = source.record("filing_row"), source.bound
    return {"asked": lambda: _asked(source), "filing_no": lambda: records.filing_text(bound, row, "number"),
            "holder": lambda: records.filing_holder(bound, row),
            "subject": lambda: records.filing_text(bound, row, "sponsor"),
            "verified_on": lambda: _verified(source), "sponsor": lambda: source.text(source.rows.sponsor)}


def _declared(source: Source) -> Lazy:
    problems = pa.array([_PROBLEMS.get(code, "") for code in DeclaredFact], pa.string())
    return {"declared": lambda: source.text(source.rows.number),
            "declared_problem": lambda: problems.take(pa.array(source.facts.declared[source.at]))}


def _name_asked(source: Source) -> pa.Array:
    name, columns = source.record("duplicate_name"), source.rows.columns
    starts = columns.name_start[name].astype(np.int64)
    return take_texts(columns.host, starts, columns.host_offsets[source.at + 1] - starts)


def _duplicate(source: Source) -> Lazy:
    def number(column: str) -> pa.Array:
        return records.filing_text(source.bound, source.record(column), "number")

    return {"name": lambda: _name_asked(source), "filing_a": lambda: number("duplicate_a"),
            "filing_b": lambda: number("duplicate_b")}


def _address(source: Source) -> Lazy:
    row = source.record("address_row")
    return {"ip": lambda: source.text(source.rows.ip), "block": lambda: records.block_text(source.bound, row).fill_null(NO_BLOCK),
            "holder": lambda: records.block_holder(source.bound, row).fill_null(NO_HOLDER)}


def _listed(column: str) -> Callable[[Source], Lazy]:
    def columns(source: Source) -> Lazy:
        row, bound = source.record(column), source.bound
        return {"listed": lambda: records.listed_text(bound, row, "value"),
                "decision_ref": lambda: records.listed_text(bound, row, "ref"),
                "ground": lambda: records.listed_text(bound, row, "ground"),
                "since": lambda: records.listed_day(bound, row, "decided_on"),
                "until": lambda: records.listed_day(bound, row, "valid_to")}
    return columns


def _domain(source: Source) -> Lazy:
    return {"domain": lambda: source.text(source.rows.domain)}


def _sponsor(source: Source) -> Lazy:
    return {"sponsor": lambda: source.text(source.rows.sponsor)}


_OF_RULE: dict[str, Callable[[Source], Lazy]] = {
    "provider_unlicensed": _licence, "licence_suspended_or_revoked": _licence, "licence_expired": _licence,
    "licence_category_missing": _licence, "region_not_covered": _licence, "annual_review_failed": _review,
    "upstream_unlicensed": _upstream, "site_unfiled": _filing, "filing_cancelled": _filing, "filing_suspended": _filing,
    "filed_with_other_provider": _filing, "declared_number_wrong": _declared, "filing_stale": _filing,
    "sponsor_id_invalid": _sponsor, "sponsor_mismatch": _filing,
    "duplicate_filing": _duplicate, "address_outside_provider_range": _address,
    "blacklisted_domain": _listed("listed_domain"), "blacklisted_sponsor": _listed("listed_sponsor"),
    "blacklisted_address": _listed("listed_address"), "blacklisted_provider": _listed("listed_provider"),
    "domain_unusable": _domain,
}
# Evidence of rules that need the whole list (``licet.gate.shells``).
LIST_EVIDENCE = {"shell_filing": ("filing_no", "filed_on", "holder")}


def evidence_columns(rule: Rule, source: Source, names: Iterable[str] | None = None) -> dict[str, pa.Array]:
    """Evidence of a rule at the rows of ``source``: name → ``string`` array, null where the record has no value.

    ``names`` limits it to what a text asks for.
    """
    lazy = _OF_RULE[rule.id](source)
    return {name: lazy[name]() for name in (lazy if names is None else names)}


def placeholders(template: str) -> tuple[str, ...]:
    """The names a template asks for, in order."""
    return tuple(name for _, name, _, _ in Formatter().parse(template) if name)


def fill_columns(template: str, columns: Mapping[str, pa.Array], count: int, language: str = "en") -> pa.Array:
    """A template filled for ``count`` rows, values in the language's words; what is missing reads "-"."""
    pieces: list[Any] = []
    for literal, name, _, _ in Formatter().parse(template):
        if literal:
            pieces.append(pa.scalar(literal, pa.string()))
        if name:
            pieces.append(_in_words(name, columns[name], language))
    if not any(isinstance(piece, pa.Array) for piece in pieces):
        return pa.repeat(pa.scalar(template), count)
    return pc.binary_join_element_wise(*pieces, pa.scalar("", pa.string()))


def _in_words(name: str, column: pa.Array, language: str) -> pa.Array:
    """A column of evidence as ``GateTexts.word`` shows its values."""
    filled = column.fill_null(MISSING) if column.null_count else column
    texts = gate_texts()
    if name in texts.words:
        coded = filled.dictionary_encode()
        return pa.array([texts.word(name, value, language) for value in coded.dictionary.to_pylist()],
                        pa.string()).take(coded.indices)
    if name in PERSONAL and pc.any(pc.starts_with(filled, "rid")).as_py():
        return pc.replace_substring_regex(filled, TOKEN_PATTERN, r"…\1")
    return filled
