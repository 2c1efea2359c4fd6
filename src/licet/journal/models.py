"""The journal's tables. Triggers refuse every change of what was written, for everyone (migration 0002)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup, Q
from django.db.models.sql.compiler import SQLCompiler


class _BytesFrom(Lookup):
    """Comparison by bytes. A prefix is asked for with it, because LIKE is not "leakproof": under row-level security
    PostgreSQL answers LIKE row by row, and these operators from the index."""

    lookup_name = "bytes_from"
    operator = "~>=~"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """``column operator value``."""
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} {self.operator} {right}", (*left_values, *right_values)


class _BytesBefore(_BytesFrom):
    """The upper end."""

    lookup_name = "bytes_before"
    operator = "~<~"


models.CharField.register_lookup(_BytesFrom)
models.CharField.register_lookup(_BytesBefore)


class Entry(models.Model):
    """One thing that was done: who, what, why, about what. ``canonical`` is the exact text that is hashed."""

    seq = models.BigIntegerField(primary_key=True, help_text="position in the journal, from 0, without gaps")
    at = models.DateTimeField(help_text="when it was appended (UTC)")
    tag = models.CharField(max_length=80, help_text="concept:subject:event")
    actor = models.CharField(max_length=120, help_text="user:12, cli:root, worker")
    purpose = models.CharField(max_length=500, blank=True, help_text="why, in the actor's words")
    subject = models.CharField(max_length=400, blank=True, help_text="what it is about: user:12, filing:…")
    organisation = models.CharField(max_length=80, blank=True, help_text="party_id; empty = the authority")
    before_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the record before, in hex")
    after_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the record after, in hex")
    data = models.JSONField(default=dict, help_text="small public details")
    canonical = models.TextField(help_text="RFC 8785 text of the entry: the bytes of the Merkle leaf")
    leaf_hash = models.BinaryField(max_length=32, help_text="SHA-256(0x00 ‖ canonical)")
    chain_hash = models.BinaryField(max_length=32, help_text="SHA-256(chain hash of the entry before ‖ leaf_hash)")

    class Meta:
        db_table = "journal_entry"
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=Q(tag__regex=r"^[a-z0-9_]+(:[a-z0-9_]+){1,3}$"),
                                   name="journal_entry_tag_form"),
            models.CheckConstraint(condition=Q(before_hash__regex="^([0-9a-f]{64})?$")
                                   & Q(after_hash__regex="^([0-9a-f]{64})?$"), name="journal_entry_hashes"),
        ]
        indexes = [
            models.Index(fields=["tag", "-seq"], name="journal_entry_tag", opclasses=["text_pattern_ops", "int8_ops"]),
            models.Index(fields=["subject", "-seq"], condition=~Q(subject=""), name="journal_entry_subject"),
            models.Index(fields=["actor", "-seq"], name="journal_entry_actor"),
            models.Index(fields=["organisation", "-seq"], condition=~Q(organisation=""), name="journal_entry_org"),
            models.Index(fields=["at"], name="journal_entry_at"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.tag}"


class SignedCheckpoint(models.Model):
    """A promise of this installation: the first ``size`` entries have this Merkle root."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField(help_text="C2SP signed note")
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "journal_checkpoint"

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class Head(models.Model):
    """Where the journal stands: one row, locked by whoever appends, moved only by the trigger that takes an entry."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(help_text="number of entries")
    chain_hash = models.BinaryField(max_length=32, help_text="chain hash of the last entry; 32 zero bytes before it")
    frontier = models.BinaryField(help_text="roots of the perfect subtrees, largest first, 32 bytes each")

    class Meta:
        db_table = "journal_head"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="journal_head_single")]

    def __str__(self) -> str:
        return f"head {self.size}"
