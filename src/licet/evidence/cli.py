"""``licet evidence``: take in, look up, seal, check, hold and destroy evidence. Every act asks for its purpose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from licet.config.terminal import counted

if TYPE_CHECKING:
    from licet.core.actors import Actor

evidence = typer.Typer(no_args_is_help=True, help="Evidence of cases: kept, proven, sealed, destroyed.")
Json = Annotated[bool, typer.Option("--json", help="machine-readable output, nothing else on standard output")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="the case's number, e.g. 2026-000123")]
Ref = Annotated[str, typer.Argument(metavar="REF", help="the item's reference, e.g. E-2026-000123-1")]
Purpose = Annotated[str, typer.Option(help="why, in a sentence; kept with your name")]
As = Annotated[str, typer.Option("--as", help="user name of the person who acts; their password is asked for")]
Password = Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="LICET_PASSWORD",
                                       help="that person's password")]
_PIECE = 1 << 20
_ITEM = re.compile(r"E-\S+-\d+")


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.add_typer(evidence, name="evidence")


@evidence.command("add")
def add(  # noqa: PLR0917 (options of a command)
    number: Number,
    purpose: Purpose,
    file: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="the content")] = None,
    kind: Annotated[str, typer.Option(help="file, capture, statement or record_extract")] = "file",
    title: Annotated[str, typer.Option(help="what it is, in a few words; default: the file's name")] = "",
    url: Annotated[str, typer.Option(help="where it was found")] = "",
    sha256: Annotated[str, typer.Option(help="instead of content, where none may be kept (ground minors)")] = "",
    as_json: Json = False,
) -> None:
    """Take evidence in: hash it, encrypt it, queue its time stamps. Content known already is not stored twice."""
    _connect()
    from licet.core import clock
    from licet.core.operator import operator
    from licet.evidence.services import NewItem, add_item

    new = NewItem(kind=kind, title=title or (file.name if file else url), url=url, file_name=file.name if file else "",
                  sha256=sha256)
    item = add_item(number, new, _pieces(file) if file else None, purpose=purpose, actor=operator(), at=clock.now())
    if as_json:
        typer.echo(json.dumps({"ref": item.ref, "sha256": item.sha256, "content": item.content, "bytes": item.bytes}))
    else:
        typer.echo(f"{item.ref}  sha256 {item.sha256}  {item.media_type or 'hash and address only'}")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


@evidence.command("list")
def list_items(number: Number, as_json: Json = False) -> None:
    """List the evidence of a case; --json prints one document per line. Shows no content."""
    _connect()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.evidence.selectors import as_document, items_of

    with acting_as(operator()):
        for item in items_of(number):
            document = as_document(item)
            stamped = sum(1 for stamp in document["stamps"] if stamp["stamped_at"])
            typer.echo(_json(document) if as_json else "\t".join(
                (item.ref, item.kind, item.content, f"{stamped} stamps", item.sha256, item.title)))


@evidence.command("show")
def show(ref: Ref, as_json: Json = False) -> None:
    """Show what is known of an item and everything that happened to it. Shows no content."""
    _connect()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.evidence.selectors import as_document, custody_of, item_by_ref

    with acting_as(operator()):
        item = item_by_ref(ref)
        custody = [{"at": line.at, "action": line.action, "actor": line.actor, "purpose": line.purpose,
                    "result": line.result, "journal_seq": line.journal_seq} for line in custody_of(item)]
        document = as_document(item) | {"custody": custody}
    if as_json:
        typer.echo(_json(document))
        return
    for name, value in document.items():
        if name not in {"custody", "stamps"} and value not in {"", None}:
            typer.echo(f"{name}: {value}")
    for stamp in document["stamps"]:
        typer.echo(f"stamp: {stamp['stamped_at'] or 'not stamped yet'}  {stamp['authority']}  {stamp['problem']}")
    for line in reversed(custody):
        typer.echo(f"{line['at']:%Y-%m-%dT%H:%M:%SZ}\t{line['action']}\t{line['actor']}\t{line['purpose']}"
                   f"\t{line['result']}")


@evidence.command("export")
def export(
    number: Number,
    purpose: Purpose,
    out: Annotated[Path, typer.Option(help="a folder to make, or a file ending in .zip or .tar")],
    item: Annotated[list[str] | None, typer.Option(help="only this item; may be given several times")] = None,
) -> None:
    """Seal a bag of a case's evidence (BagIt 1.0 with custody, time stamps and journal proofs) and write it out."""
    from licet.core.errors import BadInput

    if out.exists():
        raise BadInput(f"{out} is there already", hint="name something new")
    _connect()
    from licet.core import clock
    from licet.core.operator import operator
    from licet.evidence.services import download_bag, seal_now

    bag = seal_now(number, purpose=purpose, actor=operator(), at=clock.now(), refs=item or ())
    _bag, content = download_bag(bag.ref, purpose=purpose, actor=operator(), at=clock.now())
    _write_out(content, out)
    typer.echo(f"wrote {out}: {bag.ref}, {len(bag.items)} item(s), archive sha256 {bag.sha256}")
    typer.echo(f"check it anywhere with: licet evidence verify {out}")


def _write_out(content: Iterator[bytes], out: Path) -> None:
    """The sealed zip file as it is, or unpacked, or as a tar file; readable by the operator alone."""
    import os
    import tarfile
    import tempfile
    import zipfile

    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}", suffix=".zip")
    packed = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in content:
                file.write(piece)
        if out.suffix == ".zip":
            packed.replace(out)
            return
        with zipfile.ZipFile(packed) as archive:
            if out.suffix != ".tar":
                _unpack(archive, out)
                return
            handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
                for info in archive.infolist():
                    entry = tarfile.TarInfo(info.filename)
                    entry.size, entry.mode = info.file_size, 0o600
                    with archive.open(info) as member:
                        tar.addfile(entry, member)
    finally:
        packed.unlink(missing_ok=True)


def _unpack(archive: Any, out: Path) -> None:
    """The one folder of the archive becomes ``out``."""
    import shutil

    out.mkdir(mode=0o700)
    for info in archive.infolist():
        target = out / info.filename.split("/", 1)[1]
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as member, target.open("xb") as file:
            shutil.copyfileobj(member, file)


@evidence.command("verify")
def verify(
    what: Annotated[str, typer.Argument(metavar="BAG|REF", help="a bag (folder, .zip or .tar), or an item's reference")],
    ca: Annotated[list[Path] | None, typer.Option(exists=True, dir_okay=False, help=(
        "PEM certificates that time stamps must lead to; may be given several times"))] = None,
    vkey: Annotated[str, typer.Option(help="the journal key to trust (a line like name+1a2b3c4d+base64)")] = "",
    purpose: Annotated[str, typer.Option(help="for an item: why its content is read")] = "",
    as_json: Json = False,
) -> None:
    """Check a bag, with nothing but the bag: names every file that is missing, changed or additional, every time stamp
    and journal proof that does not hold. Exit 1 if there is one. An item's content is read again and compared."""
    path = Path(what)
    if not path.exists() and _ITEM.fullmatch(what):
        _verify_item(what, purpose, as_json)
        return
    from licet.evidence.bagcheck import check_bag
    from licet.evidence.timestamps import read_certificates

    report = check_bag(path, roots=read_certificates(ca or ()), vkey=vkey)
    if as_json:
        import dataclasses

        typer.echo(_json(dataclasses.asdict(report) | {"intact": report.intact}))
    else:
        for finding in report.findings:
            typer.echo(f"{finding.code}: {finding.file}: {finding.text}")
        for note in report.notes:
            typer.echo(f"note: {note}", err=True)
        typer.echo(f"{'intact' if report.intact else 'NOT INTACT'}: {counted(report.files, 'file')},"
                   f" {counted(report.items, 'item')}, {counted(report.stamps, 'time stamp')},"
                   f" {counted(report.proofs, 'journal proof')}")
    if not report.intact:
        raise typer.Exit(1)


def _verify_item(ref: str, purpose: str, as_json: bool) -> None:
    _connect()
    from licet.core import clock
    from licet.core.operator import operator
    from licet.evidence.services import verify_item

    good, result = verify_item(ref, purpose=purpose, actor=operator(), at=clock.now())
    typer.echo(_json({"ref": ref, "intact": good, "result": result}) if as_json else f"{ref}: {result}")
    if not good:
        raise typer.Exit(1)


@evidence.command("hold")
def hold(
    number: Number,
    purpose: Purpose,
    person: As,
    password: Password,
    release: Annotated[bool, typer.Option("--release", help="release the hold: one proposes, another one releases")] = False,
) -> None:
    """Set a legal hold on a case's evidence, or release it: one person proposes, another one runs it again and releases.
    Nothing is destroyed while it stands."""
    _connect()
    from licet.core import clock
    from licet.core.rls import acting_as
    from licet.evidence import services
    from licet.evidence.selectors import standing_hold

    actor, now = _person(person, password), clock.now()
    if not release:
        services.set_hold(number, reason=purpose, actor=actor, at=now)
        typer.echo(f"{number}: hold set")
        return
    with acting_as(actor):
        standing = standing_hold(services.locker_of(number))
    if standing is None or standing.release_proposed_by_id is None:
        services.propose_release(number, reason=purpose, actor=actor, authenticated_at=now, at=now)
        typer.echo(f"{number}: release proposed; a second person releases the hold")
    else:
        services.release_hold(number, reason=purpose, actor=actor, authenticated_at=now, at=now)
        typer.echo(f"{number}: hold released")


@evidence.command("dispose")
def dispose(ref: Ref, purpose: Purpose, person: As, password: Password) -> None:
    """Destroy an item's content: one person proposes it, another one runs this again and carries it out."""
    _connect()
    from licet.core import clock
    from licet.core.rls import acting_as
    from licet.evidence import services
    from licet.evidence.selectors import item_by_ref, open_disposal

    actor, now = _person(person, password), clock.now()
    with acting_as(actor):
        waiting = open_disposal(item_by_ref(ref))
    if waiting is None:
        services.propose_disposal(ref, reason=purpose, actor=actor, authenticated_at=now, at=now)
        typer.echo(f"{ref}: proposed; a second person carries it out")
    else:
        services.dispose(ref, reason=purpose, actor=actor, authenticated_at=now, at=now)
        typer.echo(f"{ref}: content destroyed; hash, custody and time stamps stay")


def _connect() -> None:
    from licet.config.bootstrap import connect_database

    connect_database()


def _person(name: str, password: str) -> Actor:
    """The named person, if the password is theirs: holds and disposals are somebody's."""
    from django.contrib.auth import get_user_model

    from licet.core.errors import NotAllowed
    from licet.parties.selectors import actor_for

    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None or not user.check_password(password):
        raise NotAllowed("user name and password do not fit")
    return actor_for(user)


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, default=str)
