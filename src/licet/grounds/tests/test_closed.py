"""There is no ground but the thirteen: not in the database, not through an import, not by anybody, not in a profile."""

import shutil

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.utils import DatabaseError

from licet.config.profile import SHIPPED, read_profile
from licet.core import clock
from licet.core.errors import BadSetting
from licet.grounds.models import Ground
from licet.grounds.tables import GROUNDS
from licet.registers.models import BlacklistEntry

CONTENT = {"pornography", "minors", "sexual_service_line", "deceptive_promotion", "deceptive_billing"}
LICENSING = {"unlicensed_provider", "failed_annual_review", "unfiled_site", "false_filing", "serving_unfiled_site",
             "blacklisted", "real_name_missing", "duty_neglected"}


def test_the_list_is_the_mission_s():
    assert {ground.id for ground in GROUNDS if ground.kind == "content"} == CONTENT
    assert {ground.id for ground in GROUNDS if ground.kind == "licensing"} == LICENSING
    assert len(GROUNDS) == 13


def test_every_ground_has_words_and_a_source():
    assert all(ground.zh and ground.en and ground.source and ground.comment for ground in GROUNDS)


def test_database_holds_the_same_rows(system):
    assert dict(Ground.objects.values_list("id", "kind")) == {ground.id: ground.kind for ground in GROUNDS}


@pytest.mark.parametrize("statement", [
    "INSERT INTO grounds_ground (id, kind) VALUES ('political_speech', 'content')",
    "UPDATE grounds_ground SET id = 'other' WHERE id = 'pornography'",
    "DELETE FROM grounds_ground WHERE id = 'minors'",
])
@pytest.mark.parametrize("alias", ["default", "owner"])
def test_nobody_changes_the_list(committed_db, alias, statement):
    with pytest.raises(DatabaseError), transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(statement)


def test_an_entry_on_any_other_ground_is_refused(system):
    with pytest.raises(IntegrityError), transaction.atomic():
        BlacklistEntry.objects.create(
            kind="domain", value="speech.example", ground_id="political_speech", decided_on="2026-01-01",
            decision_ref="D-1", since="2026-01-01", content_hash=b"0" * 16, change_seq=1, source="test",
            recorded_at=clock.now())
        with connection.cursor() as cursor:  # the foreign key speaks at the latest when constraints are checked
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(("file", "lines"), [
    ("grounds.toml", "[political_speech]\nkind = 'content'\n"), ("names.toml", "\n[grounds]\npolitical_speech = 'content'\n"),
    ("casework.toml", "\n[[more.Grounds]]\nid = 'other'\n")])
def test_a_profile_brings_no_ground(tmp_path, file, lines):
    directory = tmp_path / "elsewhere-2031"
    shutil.copytree(SHIPPED / "cn-2007", directory)
    assert read_profile(str(directory)).id == "elsewhere-2031"
    with (directory / file).open("a", encoding="utf-8") as profile:
        profile.write(lines)

    with pytest.raises(BadSetting, match="the list of grounds is closed"):
        read_profile(str(directory))
