"""Identifiers the registers are keyed by, brought to one canonical form: numbers, organisations, domains, addresses.

Pure functions: no Django, clock or settings. What differs between countries comes in as data (``NumberFormats``,
``SuffixRules``).
"""

from licet.registers.identifiers.addresses import BadAddress, parse_address, parse_block, parse_prefix, parse_range
from licet.registers.identifiers.domains import REASONS, Domain, Normaliser, Reason, UnusableDomain
from licet.registers.identifiers.number_finder import FoundNumber, find_numbers, numbers_report
from licet.registers.identifiers.numbers import (
    BadNumber,
    FilingNumber,
    LicenceNumber,
    NumberFormats,
    canonical_filing_numbers,
    parse_filing_number,
    parse_licence_number,
)
from licet.registers.identifiers.organisations import is_valid_sponsor, sponsor_token, sponsor_tokens, valid_sponsors
from licet.registers.identifiers.pages import decode_page
from licet.registers.identifiers.suffixes import SuffixRules, suffix_rules, suffix_rules_version

__all__ = [
    "REASONS",
    "BadAddress",
    "BadNumber",
    "Domain",
    "FilingNumber",
    "FoundNumber",
    "LicenceNumber",
    "Normaliser",
    "NumberFormats",
    "Reason",
    "SuffixRules",
    "UnusableDomain",
    "canonical_filing_numbers",
    "decode_page",
    "find_numbers",
    "is_valid_sponsor",
    "numbers_report",
    "parse_address",
    "parse_block",
    "parse_filing_number",
    "parse_licence_number",
    "parse_prefix",
    "parse_range",
    "sponsor_token",
    "sponsor_tokens",
    "suffix_rules",
    "suffix_rules_version",
    "valid_sponsors",
]
