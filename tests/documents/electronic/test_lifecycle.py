"""What platforms tell of invoices is read, whoever wrote it; what is no such message is refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.electronic.life import DocumentStatus, StatusReason
from documents.electronic.lifecycle import LIFECYCLE_UNREADABLE, Strange, read_lifecycle
from documents.electronic.wary import Bounds, Fault
from domain.errors import Refusal
from tests.documents.electronic.messages import Told, amount, detail, leaf, mark, message, reason
from tests.support.official_rules import broken
from words import missing, phrase

SEQUENCE = "<ram:SequenceNumeric>1</ram:SequenceNumeric>"
BUYER: dict[str, Any] = {"phase": "23", "role": "BY", "siren": "732829320"}
SELLER: dict[str, Any] = {"phase": "23", "role": "SE", "siren": "854984531"}
PAID_ON = (
    '<ram:ValueDateTime><udt:DateTimeString format="102">20270930</udt:DateTimeString>'
    "</ram:ValueDateTime>"
)
RATE = leaf("ValuePercent", "20.00")


def disputed(kind: str, rate: str) -> str:
    return mark(
        "<ram:ID>BT-152</ram:ID>", leaf("TypeCode", kind), leaf("Name", "Taux TVA"),
        leaf("Location", "/rsm:CrossIndustryInvoice"), leaf("ValuePercent", rate),
    )  # fmt: skip


DISPUTE = detail(
    leaf("ReasonCode", "TX_TVA_ERR"), leaf("Reason", " Taux de TVA erroné"),
    leaf("RequestedActionCode", "NIN"), leaf("RequestedAction", "Créer une Facture Rectificative"),
    SEQUENCE, disputed("DIV", "10.00"), disputed("DVA", "20.00"),
)  # fmt: skip
SHAPES = [
    Told(code="200", label="Déposée", state="10"),
    Told(code="202", label="Reçue", state="43"),
    Told(code="203", label="Mise_à_disposition", state="48"),
    Told(code="204", label="Prise_en_charge", state="45", **BUYER),
    Told(code="205", label="Approuvée", state="1", **BUYER),
    Told(code="207", label="En_litige", state="46", **BUYER, details=[DISPUTE]),
    Told(code="208", label="Suspendue", state="39", **BUYER, details=[
        reason("JUSTIF_ABS", "Justificatif absent", "Il manque le bon"), reason("CMD_ERR"),
    ]),
    Told(code="210", label="Refusée", state="50", **BUYER, details=[reason("TX_TVA_ERR", "Taux")]),
    Told(code="211", label="Paiement_transmis", state="47", **BUYER, details=[
        detail(SEQUENCE, amount("MPA", "12000", PAID_ON)),
    ]),
    Told(code="212", label="Encaissée", state="47", **SELLER, details=[
        detail(SEQUENCE, amount("MEN", "12000", RATE), amount("MEN", "-5.50", RATE)),
    ]),
    Told(code="213", label="Rejetée", state="8", details=[
        reason("DOUBLON", "Facture en doublon", "Reçue sur une autre adresse"),
    ]),
    Told(code="220", label="Annulée", **SELLER),
]  # fmt: skip
READ = {told.code: told for told in SHAPES}


def only(told: Told | str) -> DocumentStatus:
    text = message(told) if isinstance(told, Told) else told
    (status,) = read_lifecycle(text.encode()).statuses
    return status


@pytest.mark.parametrize("told", SHAPES, ids=lambda told: told.code)
def test_each_status_is_read_as_platforms_tell_it(told: Told) -> None:
    assert broken(message(told).encode()) == []
    status = only(told)
    assert (status.code, status.label) == (int(told.code), told.label)
    assert (status.number, status.issued_on) == ("PAR-2027-00042", date(2027, 9, 1))
    assert (status.seller_siren, status.type_code) == ("854984531", "380")
    assert (status.said_by, status.said_by_siren) == (told.role, told.siren)
    # French legal time, in summer.
    assert status.occurred_at == status.received_at == datetime(2027, 9, 1, 7, 10, tzinfo=UTC)


def test_reasons_are_read_with_what_is_asked_for() -> None:
    known = {"text": "", "comment": "", "action": None, "action_text": ""}
    assert only(READ["208"]).reasons == (
        StatusReason(code="JUSTIF_ABS", **{
            **known, "text": "Justificatif absent", "comment": "Il manque le bon",
        }),
        StatusReason(code="CMD_ERR", **known),
    )  # fmt: skip
    (dispute,) = only(READ["207"]).reasons
    assert (dispute.code, dispute.text, dispute.action) == (
        "TX_TVA_ERR", "Taux de TVA erroné", "NIN",
    )  # fmt: skip
    assert dispute.action_text == "Créer une Facture Rectificative"
    assert [(one.kind, one.term, one.name, one.value) for one in only(READ["207"]).points] == [
        ("DIV", "BT-152", "Taux TVA", "10.00"), ("DVA", "BT-152", "Taux TVA", "20.00"),
    ]  # fmt: skip
    assert only(READ["207"]).amounts == only(READ["212"]).points == ()
    assert only(READ["200"]).reasons == only(READ["212"]).reasons == ()


def test_amounts_are_read_with_their_rate_and_day() -> None:
    (sent,) = only(READ["211"]).amounts
    assert (sent.kind, sent.amount, sent.currency) == ("MPA", Decimal(12000), "EUR")
    assert (sent.rate, sent.on) == (None, date(2027, 9, 30))
    assert [(one.kind, one.amount, one.rate) for one in only(READ["212"]).amounts] == [
        ("MEN", Decimal(12000), Decimal(20)), ("MEN", Decimal("-5.50"), Decimal(20)),
    ]  # fmt: skip
    odd = Told(code="212", details=[detail(*(amount("MEN", figure) for figure in (
        "+.5", "7.", "", ".", "1e9", "NaN", "9" * 40,
    )))])  # fmt: skip
    assert [one.amount for one in only(odd).amounts] == [Decimal("0.5"), Decimal(7)]


def test_several_invoices_of_one_message_are_told_each() -> None:
    several = [Told(code="203", number="A-1"), Told(code="213", number="A-2")]
    read = read_lifecycle(message(*several).encode())
    assert [(one.number, one.code) for one in read.statuses] == [("A-1", 203), ("A-2", 213)]
    assert (read.message_id, read.profile) == ("A-1_203", "urn.cpro.gouv.fr:1p0:CDV:invoice")
    assert read.made_at == datetime(2027, 9, 1, 7, 15, tzinfo=UTC)


@pytest.mark.parametrize("code", ["0", "214", "299", "601", "999999999"])
def test_a_code_that_nobody_knows_is_kept(code: str) -> None:
    assert only(Told(code=code)).code == int(code)
    kept = only(Told(code="210", details=[reason("MOTIF_2028", "Autre chose")])).reasons[0]
    assert (kept.code, kept.text) == ("MOTIF_2028", "Autre chose")


def test_the_code_of_the_detail_stands_in() -> None:
    inner = detail(leaf("ProcessConditionCode", "210"), leaf("ReasonCode", "DOUBLON"), SEQUENCE)
    status = only(Told(code="", details=[inner]))
    assert (status.code, [one.code for one in status.reasons]) == (210, ["DOUBLON"])


def renamed(text: str) -> str:
    for number, prefix in enumerate(("rsm", "ram", "qdt", "udt")):
        text = re.sub(rf"\b{prefix}:(?=\w)", f"n{number}:", text)
        text = text.replace(f"xmlns:{prefix}=", f"xmlns:n{number}=")
    return text


def test_prefixes_and_encodings_are_anyones() -> None:
    text = message(READ["213"])
    usual = read_lifecycle(text.encode())
    own = re.sub(r"(</?)rsm:", r"\1", text).replace("xmlns:rsm=", "xmlns=")
    declared = '<?xml version="1.0" encoding="{}"?>'
    ways = [
        b"\xef\xbb\xbf" + text.encode(),
        b"\xef\xbb\xbf" + (declared.format("UTF-8") + text).encode(),
        (declared.format("ISO-8859-1") + text).encode("iso-8859-1"),
        (declared.format("UTF-16") + text).encode("utf-16"),
        renamed(text).encode(),
        own.encode(),
        text.replace("><", ">\n\t <").encode(),
    ]
    for content in ways:
        assert read_lifecycle(content) == usual


@pytest.mark.parametrize(
    ("written", "read"),
    [
        # 102, 203, 204: no offset, French legal time in winter and summer.
        ("20271231", datetime(2027, 12, 30, 23, 0, tzinfo=UTC)),
        ("202712310930", datetime(2027, 12, 31, 8, 30, tzinfo=UTC)),
        ("20270701093015", datetime(2027, 7, 1, 7, 30, 15, tzinfo=UTC)),
        # The hour that is there twice: the first of them.
        ("20271031023000", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        # 205, 208, 303, 304.
        ("202707010930+0000", datetime(2027, 7, 1, 9, 30, tzinfo=UTC)),
        ("20270701093015-0430", datetime(2027, 7, 1, 14, 0, 15, tzinfo=UTC)),
        ("202707010930UTC", datetime(2027, 7, 1, 9, 30, tzinfo=UTC)),
        ("20270701093015Z", datetime(2027, 7, 1, 9, 30, 15, tzinfo=UTC)),
        (" 2027-07-01T09:30:15.123+02:00 ", datetime(2027, 7, 1, 7, 30, 15, tzinfo=UTC)),
        ("2027-07-01T09:30:15", datetime(2027, 7, 1, 7, 30, 15, tzinfo=UTC)),
        *((wrong, None) for wrong in (
            "", "hier", "20270732", "20270701250000", "2027070109", "00010101", "99991231235959Z+",
            "20270701093015+9900", "٢٠٢٧٠٧٠١", "1", "2" * 400,
        )),
    ],
)  # fmt: skip
def test_moments_are_read_however_they_are_written(written: str, read: datetime | None) -> None:
    for label in ('format="204"', 'format="205"', ""):
        moment = f"<udt:DateTimeString {label}>{written}</udt:DateTimeString>"
        status = only(Told(code="205", moment=moment))
        if written:
            assert status.received_at == read
            assert status.occurred_at == read
    status = only(Told(code="205", moment=f"<udt:DateTime>{written}</udt:DateTime>"))
    assert status.received_at == read


def test_where_the_status_has_no_moment_that_of_the_message_stands_in() -> None:
    status = only(Told(code="205", moment="<udt:DateTimeString/>"))
    assert (status.occurred_at, status.received_at) == (
        datetime(2027, 9, 1, 7, 15, tzinfo=UTC), None,
    )  # fmt: skip


def test_a_day_is_the_day_that_is_written() -> None:
    for day in ("20270901", "20270901000000", "2027-09-01", "20270901235900-1200"):
        written = f'<qdt:DateTimeString format="102">{day}</qdt:DateTimeString>'
        assert only(Told(code="205", day=written)).issued_on == date(2027, 9, 1)
    assert only(Told(code="501", day="")).issued_on is None


@pytest.mark.parametrize(
    ("sellers", "siren"),
    [
        ([("0009", "85498453100012"), ("0002", "854984531")], "854984531"),
        ([("0009", "85498453100012")], "854984531"),
        ([("0002", " 854 984 531 ")], "854984531"),
        ([("0223", "BE0434194170")], None),
        ([], None),
    ],
)
def test_the_seller_is_known_by_the_siren(sellers: list[tuple[str, str]], siren: str) -> None:
    assert only(Told(code="205", sellers=sellers)).seller_siren == siren


def fault_of(content: bytes, bounds: Bounds | None = None) -> str:
    with pytest.raises(Refusal) as refused:
        read_lifecycle(content, bounds or Bounds())
    (issue,) = refused.value.issues
    assert issue.kind is LIFECYCLE_UNREADABLE
    return issue.facts["fault"]


USUAL = message(READ["213"])
LAUGHS = '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">'


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.MALFORMED),
        (b"no XML", Fault.MALFORMED),
        (b"\x00\xff" * 99, Fault.MALFORMED),
        (b"%PDF-1.7", Fault.MALFORMED),
        (USUAL[:-9].encode(), Fault.MALFORMED),
        (USUAL.replace("Facture en", "&unknown;").encode(), Fault.MALFORMED),
        (USUAL.replace("Facture en", "\x01").encode(), Fault.MALFORMED),
        (USUAL.replace("<ram:ID>", f'<ram:ID a="{"a" * 200_000}">').encode(), Fault.MALFORMED),
        (USUAL.encode("utf-16").replace("é".encode("utf-16-le"), b"\x00\xdc"), Fault.MALFORMED),
        (f"<!DOCTYPE x [{LAUGHS}]>{USUAL}".encode(), Fault.DECLARES),
        (f'<!DOCTYPE x SYSTEM "file:///etc/passwd">{USUAL}'.encode(), Fault.DECLARES),
        (f'<?xml version="1.0" encoding="utf-7"?>{USUAL}'.encode(), Fault.ENCODED),
        (f'<?xml version="1.0" encoding="zip"?>{USUAL}'.encode(), Fault.ENCODED),
        (b"<a>" * 33, Fault.TOO_DEEP),
        (b"<a>" + b"<b/>" * 100_000, Fault.TOO_MANY),
        (b"<a>" + b" " * (10 * 2**20), Fault.TOO_LONG),
        (b"<CrossDomainAcknowledgementAndResponse/>", Strange.OTHER),
        (USUAL.replace("AndResponse:100", "AndResponse:101").encode(), Strange.OTHER),
        (USUAL.replace("rsm:Ack", "ram:Ack").encode(), Strange.NO_NUMBER),
        (message(Told(code="200", number="")).encode(), Strange.NO_NUMBER),
        (message(Told(code="200", number=" ")).encode(), Strange.NO_NUMBER),
        (message(Told(code="")).encode(), Strange.NO_CODE),
        (message(Told(code="REFUSED")).encode(), Strange.NO_CODE),
        (message(Told(code="-1")).encode(), Strange.NO_CODE),
        (message(Told(code="9" * 10)).encode(), Strange.NO_CODE),
    ],
)  # fmt: skip
def test_what_is_no_such_message_is_refused(content: bytes, fault: str) -> None:
    assert fault_of(content) == fault


def test_the_bounds_are_the_callers() -> None:
    content = USUAL.encode()
    assert read_lifecycle(content, Bounds(length=len(content)))
    assert fault_of(content, Bounds(length=len(content) - 1)) == Fault.TOO_LONG
    assert fault_of(content, Bounds(elements=9)) == Fault.TOO_MANY
    assert fault_of(content, Bounds(depth=3)) == Fault.TOO_DEEP
    # What is attached is as long as it likes, and is not kept.
    attached = f"<ram:AttachmentBinaryObject>{'QUJD' * 10**6}</ram:AttachmentBinaryObject>"
    told = USUAL.replace("<ram:FormattedIssue", attached + "<ram:FormattedIssue")
    assert only(told) == only(USUAL)


def test_each_fault_is_told_in_french() -> None:
    faults = [one.value for one in (*Fault, *Strange)]
    assert missing(faults, "fr") == []
    sentence = LIFECYCLE_UNREADABLE.sentence
    assert phrase(sentence, "fr", fault="trop long") == (
        "Ce n’est pas un message de cycle de vie de facture lisible : trop long."
    )


@settings(max_examples=300)
@given(content=st.one_of(
    st.binary(max_size=400),
    st.tuples(st.integers(0, len(USUAL)), st.text(max_size=9), st.integers(0, 40)).map(
        lambda cut: (USUAL[: cut[0]] + cut[1] + USUAL[cut[0] + cut[2] :]).encode("utf-8", "replace")
    ),
))  # fmt: skip
def test_nothing_that_comes_is_more_than_refused(content: bytes) -> None:
    try:
        told: set[int | str] = {one.code for one in read_lifecycle(content).statuses}
    except Refusal as refused:
        told = {one.code for one in refused.issues}
    assert told == {"LIFECYCLE_UNREADABLE"} or {*map(type, told)} == {int}
