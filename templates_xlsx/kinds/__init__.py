"""The kinds of columns: how a cell is read, judged, guarded in Excel, written and explained."""

from templates_xlsx.kinds.amounts import Hours, Money, Number, Signed, Whole
from templates_xlsx.kinds.choices import Choice, Country, Currency, Option, YesNo
from templates_xlsx.kinds.dates import Day
from templates_xlsx.kinds.identity import Email, Siret, VatNumber
from templates_xlsx.kinds.percents import Percent, Rate
from templates_xlsx.kinds.references import Ref, Token
from templates_xlsx.kinds.text import Address, Code, Name, Phone, Text

__all__ = [
    "Address",
    "Choice",
    "Code",
    "Country",
    "Currency",
    "Day",
    "Email",
    "Hours",
    "Money",
    "Name",
    "Number",
    "Option",
    "Percent",
    "Phone",
    "Rate",
    "Ref",
    "Signed",
    "Siret",
    "Text",
    "Token",
    "VatNumber",
    "Whole",
    "YesNo",
]
