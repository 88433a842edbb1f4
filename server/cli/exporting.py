"""`jalon export`: the files for the accounting software, into a folder."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from domain.accounting import ExportFormat
from domain.invoice.euro import rates_by_currency
from resolvers._mutation import Acting
from resolvers.posting._exporting import draw_up, keep
from resolvers.posting._selecting import ExportWanted
from server.cli.firms import OrganisationCode
from server.cli.installation import open_desk
from server.cli.speaking import Unable, answer, app, say, talk, with_remedy


class Destination(StrEnum):
    IIF = "iif"
    XERO = "xero"
    CSV = "csv"
    FEC = "fec"


_FORMATS = {
    Destination.IIF: ExportFormat.QUICKBOOKS_IIF,
    Destination.XERO: ExportFormat.XERO_CSV,
    Destination.CSV: ExportFormat.CSV,
    Destination.FEC: ExportFormat.FEC,
}
_DAYS = ["%Y-%m-%d"]


@app.command(help=say("Writes final documents as files for the accounting software."))
def export(
    destination: Annotated[Destination, typer.Option("--format", help="iif · xero · csv · fec")],
    output: Annotated[Path, typer.Option(help=say("The folder to write to."))],
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_DAYS, help=say("First day of issue."))
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=_DAYS, help=say("Last day of issue."))
    ] = None,
    payments: Annotated[
        bool, typer.Option("--payments", help=say("With the journal of the bank (fec)."))
    ] = False,
    euro_rate: Annotated[
        list[str] | None,
        typer.Option("--euro-rate", help=say("Euros for one unit, as GBP=1.16 (fec); repeatable.")),
    ] = None,
    organisation: OrganisationCode = None,
) -> None:
    kind = _FORMATS[destination]
    rates = rates_by_currency(_rate(one) for one in euro_rate or ())
    with open_desk(organisation) as desk:
        house, caller = desk.house, desk.caller
        wanted = ExportWanted(
            format=kind,
            issued_from=first.date() if first else None,
            issued_to=last.date() if last else None,
            language=caller.locale[:2],
            include_payments=payments and kind is ExportFormat.FEC,
            euro_rates=rates,
        )
        with house.database.reading(caller.standing()) as session:
            drawn = draw_up(session, house, caller, wanted)
        with house.database.writing(caller.standing("export")) as session:
            made, issues = keep(Acting(session, caller, house), drawn)
            kept = [(file["filename"], file["key"]) for file in made.files]
            count = made.invoice_count
        output.mkdir(parents=True, exist_ok=True)
        for name, key in kept:
            output.joinpath(name).write_bytes(house.files.get(key))
            answer().print(str(output / name), soft_wrap=True)
        for issue in issues:
            talk().print(with_remedy(issue, caller.locale), markup=False, soft_wrap=True)
        talk().print(say("{count} documents exported.", count=count))


def _rate(told: str) -> tuple[str, Decimal]:
    """`GBP=1.16` or `GBP=1,16`; what cannot be read is told with how to write it."""
    currency, _, number = told.partition("=")
    try:
        rate = Decimal(number.strip().replace(",", "."))
    except InvalidOperation:
        sentence = "“{found}” is not a euro rate: write the currency and the euros, as GBP=1.16."
        raise Unable(sentence, found=told[:60]) from None
    return currency, rate
