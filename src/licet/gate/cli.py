"""``licet gate``: ask about one connection or a file of them. Exit codes of ``check``: 0 permit, 3 deny, 4 refer."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

gate = typer.Typer(no_args_is_help=True, help="May it be connected?")

EXIT_CODES = {"permit": 0, "deny": 3, "refer": 4}


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.add_typer(gate, name="gate")


def _connect() -> Any:
    """The reason the database cannot be used, or ``None``."""
    from licet.config.bootstrap import connect_database
    from licet.config.terminal import speak_terminal_language
    from licet.core.errors import Unavailable

    try:
        connect_database()
    except Unavailable as error:
        return error
    finally:
        speak_terminal_language()
    return None


@gate.command("check")
def check(  # noqa: PLR0917 (options of a command)
    provider: Annotated[str, typer.Option(help="party_id of who would connect it")] = "",
    domain: Annotated[str, typer.Option(help="domain or host")] = "",
    ip: Annotated[str, typer.Option(help="address")] = "",
    sponsor: Annotated[str, typer.Option(help="credit code (USCC) or resident id of the customer")] = "",
    filing_no: Annotated[str, typer.Option("--filing-no", help="filing number the customer declares")] = "",
    service_kind: Annotated[str, typer.Option("--service-kind", help="vhost, colocation, cloud or line")] = "",
    upstream: Annotated[str, typer.Option(help="party_id of whom the provider buys access from")] = "",
    code: Annotated[str, typer.Option(help="billing code")] = "",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="judge by the registers of this day (YYYY-MM-DD)")
    ] = None,
    purpose: Annotated[str, typer.Option(help="why you ask; kept in the journal")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document and nothing else")] = False,
) -> None:
    """May this be connected? Exit 0 permit, 3 deny, 4 refer; every reason with its rule and remedy."""
    day = _day(as_of)
    row = {
        "provider_id": provider,
        "domain": domain,
        "ip": ip,
        "customer_uscc": sponsor,
        "filing_no": filing_no,
        "service_kind": service_kind,
        "upstream_provider_id": upstream,
        "code": code,
    }
    if not any(value for name, value in row.items() if name != "service_kind"):
        raise typer.BadParameter(
            "say what would be connected: --provider, --domain, --ip, --sponsor, --filing-no, --upstream or --code"
        )
    away = _connect()
    from licet.core.operator import operator
    from licet.gate import services

    if away is not None:
        answer = services.refer_without_registers(row, f"{away.message}".splitlines()[0], as_of=day)
    else:
        answer = services.decide(row, actor=operator(), as_of=day, purpose=purpose)
    document = answer.document
    typer.echo(json.dumps(document, ensure_ascii=False) if as_json else describe(document))
    raise typer.Exit(EXIT_CODES[document["answer"]])


def _day(text: str | None) -> Any:
    import datetime as dt

    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from None


def describe(document: dict[str, Any]) -> str:
    """A decision for people, in the terminal's language: the answer, then every reason with rule, remedy and contest."""
    from django.utils.translation import gettext as _

    from licet.config.citations import cite
    from licet.core.language import language

    about = _("as of %(day)s, rules %(rules)s") % {"day": document["as_of"], "rules": document["ruleset"]}
    lines = [f"{document['answer'].upper()}  ({about})"]
    for reason in document["reasons"]:
        lines += ["", f"· {reason['title']}  [{reason['finding']}, {reason['severity']}]", f"    {reason['explanation']}"]
        said = ((_("Rule"), cite(reason["rule"], language())), (_("Remedy"), reason["remedy"]),
                (_("Who may contest it"), reason["contest"]))
        lines += [f"    {label}: {text}" for label, text in said if text]
    if not document["reasons"]:
        lines.append(_("No register says anything against it."))
    for note in document.get("notes", ()):
        lines += ["", _("Note: %(text)s") % {"text": note}]
    if document["id"]:
        lines += ["", _("Decision %(id)s") % {"id": document["id"]}]
    return "\n".join(lines)


@gate.command("batch")
def batch(
    file: Annotated[Path, typer.Argument(help="access rows: CSV, XLSX, Parquet or JSON lines")],
    out: Annotated[Path, typer.Option(help="where the rows go with answer and reasons; the ending decides the format")],
    provider: Annotated[str, typer.Option(help="party_id of who would connect them")] = "",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="judge by the registers of this day (YYYY-MM-DD)")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document and nothing else")] = False,
) -> None:
    """Ask about every row of a file. Exit 1 when rows could not be read: they are in OUT as refer, and in OUT.errors.csv."""
    day = _day(as_of)
    from licet.config.bootstrap import connect_database
    from licet.config.terminal import counted, speak_terminal_language

    connect_database()
    speak_terminal_language()
    from licet.core.operator import operator
    from licet.gate.files import decide_file

    result = decide_file(file, out, actor=operator(), provider=provider, as_of=day)
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    else:
        typer.echo(", ".join(f"{result[answer]:,} {answer}" for answer in EXIT_CODES) + f" → {out}")
    if result["rejected"]:
        if not as_json:
            sys.stderr.write(f"licet: {counted(result['rejected'], 'row')} could not be read; see {result['errors']}\n")
        raise typer.Exit(1)


@gate.command("dry-run")
def dry_run(
    file: Annotated[Path | None, typer.Argument(help="access list; without one the access register")] = None,
    deny: Annotated[str, typer.Option(help="findings that would deny, beside those that do now; commas between")] = "",
    provider: Annotated[str, typer.Option(help="party_id whose list it is, or whose rows of the register")] = "",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="judge by the registers of this day (YYYY-MM-DD)")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document and nothing else")] = False,
) -> None:
    """Who would be cut if more findings denied? Nothing is decided and nothing is kept."""
    day = _day(as_of)
    wanted = [name.strip() for name in deny.split(",") if name.strip()]
    from licet.config.bootstrap import connect_database
    from licet.config.terminal import speak_terminal_language

    connect_database()
    speak_terminal_language()
    from licet.core.operator import operator
    from licet.gate import services
    from licet.gate.files import rehearse_file

    if file is None:
        found = services.dry_run(wanted, actor=operator(), provider=provider, as_of=day)
    else:
        found = rehearse_file(file, wanted, actor=operator(), provider=provider, as_of=day)
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else _describe_dry_run(found))


def _describe_dry_run(found: dict[str, Any]) -> str:
    lines = [f"{found['cut']:,} of {found['rows']:,} rows would be cut (denied now {found['denied_now']:,}, then "
             f"{found['denied_then']:,}; as of {found['as_of']}, rules {found['ruleset']})"]
    lines += [f"  {name}: {count:,}" for name, count in found["by_finding"].items()]
    lines += [f"  {name or '-'}: {count:,}" for name, count in list(found["by_provider"].items())[:20]]
    lines += [f"    {row['access_id']}\t{row['provider_id']}\t{row['domain']}\t{row['findings']}" for row in found["shown"][:20]]
    return "\n".join(lines)
