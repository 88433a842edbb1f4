"""Final invoices are posted by themselves, signed, to the webhooks of their firm (F02, F23)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from domain.access import Role
from domain.webhook import LONGEST_OVERLAP, MOST_ENDPOINTS
from tests.api.handover.acts import (
    ENDPOINTS,
    TEST,
    act,
    carry,
    deliveries,
    finalised,
    handovers,
    hook,
    retry,
)
from tests.api.invoices.acts import account_line, blank, change, codes, drawn, final
from tests.api.invoices.test_crediting import credit
from tests.api.settings.acts import AN_ENTITY, done
from tests.support.api import ApiClient
from tests.support.prepared import Calendar
from tests.support.receiver import Answer, Receiver


def test_a_final_invoice_is_posted_and_is_handed_over(any_hooked: ApiClient, box: Receiver) -> None:
    """F02, F23, B31: finalising transmits it, READY becomes FINAL; a second round does nothing."""
    endpoint = hook(any_hooked, box.url)
    invoice = finalised(any_hooked)
    (waiting,) = handovers(any_hooked, delivered=False)
    assert waiting["invoice"]["state"] == "READY"
    assert [one["state"] for one in waiting["deliveries"]] == ["WAITING"]
    assert carry(any_hooked) == 1
    assert carry(any_hooked) == 0
    (taken,) = handovers(any_hooked, delivered=True)
    assert taken["invoice"]["state"] == "FINAL"
    assert taken["invoice"]["handedOverAt"] == taken["deliveredAt"]
    (delivery,) = taken["deliveries"]
    assert (delivery["state"], delivery["attempts"], delivery["lastStatus"]) == (
        "DELIVERED",
        1,
        200,
    )
    assert delivery["destination"] == "WEBHOOK"
    (posted,) = box.posted
    assert posted.path == "/in?firm=1"
    assert posted.id == delivery["messageId"]
    assert posted.is_signed_by(endpoint["secret"])
    assert not posted.is_signed_by("whsec_" + "A" * 43 + "=")
    assert posted.content["data"]["number"] == invoice["number"]
    # Handed over by the mail or by hand meanwhile: what is left of it says so.
    assert codes(retry(any_hooked, taken["id"])) == ["HANDOVER_TAKEN"]


def test_it_is_verified_by_the_library_of_the_specification(
    hooked: ApiClient, box: Receiver, calendar: Calendar
) -> None:
    """B31: another implementation takes it, and refuses it altered."""
    calendar.now = datetime.now(UTC)
    verifier = Webhook(hook(hooked, box.url)["secret"])
    finalised(hooked)
    carry(hooked)
    (posted,) = box.posted
    assert verifier.verify(posted.body, posted.headers)["type"] == "invoice.finalised"
    with pytest.raises(Exception, match="No matching signature"):
        verifier.verify(posted.body.replace(b"1234.50", b"1.50"), posted.headers)


def test_the_message_is_the_whole_invoice(hooked: ApiClient, box: Receiver) -> None:
    """B31: parties, lines with their account, VAT groups, totals as strings, and the PDF."""
    hook(hooked, box.url)
    job = drawn(hooked, "PAT-2501")
    final(hooked, job["id"])
    carry(hooked)
    content = box.posted[0].content
    assert (content["type"], content["version"]) == ("invoice.finalised", 1)
    assert content["timestamp"] == "2026-11-21T09:30:00Z"
    data = content["data"]
    shown = hooked.query(
        "query($id: ID!) { invoice(id: $id) { number issueDate dueDate net { amount }"
        " vat { amount } gross { amount currency } client { id code name } entity { id }"
        " seller { name siren vatNumber } buyer { name } project { id code }"
        " vatGroups { rate base { amount } vat { amount } } lines { id description ledgerAccount"
        " sku net { amount } taxCode { code rate } phase { id code } } } }",
        id=job["id"],
    )["invoice"]
    for name in ("number", "issueDate", "dueDate"):
        assert data[name] == shown[name]
    assert (data["kind"], data["typeCode"], data["credits"]) == ("INVOICE", "380", None)
    assert data["currency"] == shown["gross"]["currency"]
    for name in ("net", "vat", "gross"):
        assert data[name] == shown[name]["amount"]
    assert {name: data["client"][name] for name in ("id", "code", "name")} == shown["client"]
    assert data["entity"]["id"] == shown["entity"]["id"]
    assert data["project"]["code"] == "PAT-2501"
    for party in ("seller", "buyer"):
        assert shown[party].items() <= data[party].items()
    for told, line in zip(data["lines"], shown["lines"], strict=True):
        assert (told["id"], told["net"]) == (line["id"], line["net"]["amount"])
        assert (told["ledgerAccount"], told["sku"]) == (line["ledgerAccount"], line["sku"])
        assert told["taxCode"] == line["taxCode"]["code"]
        assert told["vatRate"] == line["taxCode"]["rate"]
        assert told["phase"]["id"] == line["phase"]["id"]
        assert told["project"]["code"] == "PAT-2501"
    for told, group in zip(data["vatGroups"], shown["vatGroups"], strict=True):
        assert told["rate"] == group["rate"]
        assert (told["base"], told["vat"]) == (group["base"]["amount"], group["vat"]["amount"])
    paper = data["pdf"]
    assert paper["expiresAt"] == "2026-11-28T09:30:00Z"
    url = paper["url"].removeprefix("https://jalon.test")
    pdf = hooked.get(url)
    assert (pdf[:5], len(pdf)) == (b"%PDF-", paper["size"])


def test_a_credit_note_names_what_it_corrects(hooked: ApiClient, box: Receiver) -> None:
    hook(hooked, box.url)
    invoice = finalised(hooked)
    assert codes(credit(hooked, invoice["id"], reason="Erreur")) == []
    assert carry(hooked) == 2
    (note,) = [one.content["data"] for one in box.posted if one.content["data"]["credits"]]
    assert (note["kind"], note["gross"]) == ("CREDIT_NOTE", "1481.40")
    assert note["credits"]["number"] == invoice["number"]
    assert note["credits"]["reason"] == "Erreur"
    assert note["dueDate"] is None


def test_what_is_not_made_final_is_not_told(any_hooked: ApiClient, box: Receiver) -> None:
    """HOUSE 1: refused, tried out or rolled back, nothing leaves the house, and no number burns."""
    hook(any_hooked, box.url)
    assert codes(final(any_hooked, blank(any_hooked)["id"])) == ["INVOICE_EMPTY"]
    good = blank(any_hooked)["id"]
    change(any_hooked, good, lines=[account_line("10")])
    bulk = (
        "mutation($input: InvoicesBulkFinaliseInput!) {"
        " invoicesBulkFinalise(input: $input) { counts { updated rejected } } }"
    )
    both = [{"id": good}, {"id": blank(any_hooked)["id"]}]
    for key, items, dry in (("dry", both[:1], True), ("half", both, False)):
        asked = {"items": items, "dryRun": dry, "idempotencyKey": key}
        any_hooked.query(bulk, input=asked)
    assert carry(any_hooked) == 0
    assert box.posted == []
    assert final(any_hooked, good)["invoice"]["number"] == "PAR26-00001"
    assert carry(any_hooked) == 1


def test_without_a_destination_nothing_changes(any_hooked: ApiClient, box: Receiver) -> None:
    """Whoever fetches and acknowledges goes on; a webhook of another entity is no destination."""
    hook(any_hooked, box.url, entityId="entity_2")
    finalised(any_hooked)
    assert carry(any_hooked) == 0
    (waiting,) = handovers(any_hooked, delivered=False)
    assert waiting["deliveries"] == []
    assert codes(retry(any_hooked, waiting["id"])) == ["HANDOVER_NO_DESTINATION"]


def test_a_later_webhook_takes_what_waits_when_it_is_asked_to(
    any_hooked: ApiClient, box: Receiver
) -> None:
    """`includeWaiting` sends what nobody has taken; without it handoverRetry does, one by one."""
    for _ in range(2):
        finalised(any_hooked)
    hook(any_hooked, box.url)
    assert carry(any_hooked) == 0
    one, two = handovers(any_hooked, delivered=False)
    assert codes(retry(any_hooked, one["id"])) == []
    assert carry(any_hooked) == 1
    hook(any_hooked, box.url, includeWaiting=True)
    assert carry(any_hooked) == 1
    assert [entry["id"] for entry in handovers(any_hooked, delivered=True)] == [
        one["id"],
        two["id"],
    ]


def test_it_is_handed_over_once_all_its_destinations_have_it(
    any_hooked: ApiClient, box: Receiver
) -> None:
    """Two webhooks, one of which refuses: READY stays, until that one has it or is deleted."""
    first = hook(any_hooked, box.url)
    box.answers = [Answer(), Answer(500, b"no")]
    second = hook(any_hooked, box.url + "&second", entityId="entity_1")
    finalised(any_hooked)
    assert carry(any_hooked) == 2
    (entry,) = handovers(any_hooked, delivered=False)
    assert entry["invoice"]["state"] == "READY"
    assert (entry["attempts"], entry["lastError"]) == (2, "HTTP 500: no")
    assert sorted(one["state"] for one in entry["deliveries"]) == ["DELIVERED", "WAITING"]
    left = next(one for one in entry["deliveries"] if one["state"] == "WAITING")["endpoint"]["id"]
    assert {box.posted[0].id, box.posted[1].id} == {one["messageId"] for one in entry["deliveries"]}
    assert left in (first["id"], second["id"])
    assert act(any_hooked, "webhookEndpointDelete", id=left)["deletedId"] == left
    (entry,) = handovers(any_hooked, delivered=True)
    assert (entry["invoice"]["state"], entry["lastError"]) == ("FINAL", None)
    assert carry(any_hooked) == 0


def test_a_rotated_secret_signs_beside_the_former_one_for_a_while(
    hooked: ApiClient, box: Receiver, calendar: Calendar
) -> None:
    endpoint = hook(hooked, box.url)
    asked = {"id": endpoint["id"], "keepFormerHours": 2}
    answer = act(hooked, "webhookEndpointRotateSecret", **asked)
    assert answer["node"]["formerSecretUntil"] is not None
    old, new = endpoint["secret"], answer["secret"]
    for hours, signed in ((0, (True, True)), (2, (True, False))):
        calendar.now += timedelta(hours=hours)
        finalised(hooked)
        carry(hooked)
        posted = box.posted[-1]
        assert (posted.is_signed_by(new), posted.is_signed_by(old)) == signed
    for hours in (-1, LONGEST_OVERLAP + 1):
        wrong = act(hooked, "webhookEndpointRotateSecret", id=endpoint["id"], keepFormerHours=hours)
        assert codes(wrong) == ["FIELD_INVALID"]


def test_a_test_is_posted_once_whatever_comes_of_it(hooked: ApiClient, box: Receiver) -> None:
    endpoint = hook(hooked, box.url)
    box.answers = [Answer(500)]
    for state in ("DEAD", "DELIVERED"):
        answers = [hooked.query(TEST, id=endpoint["id"])["webhookEndpointTest"] for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0]["delivery"]["state"] == "WAITING"
        assert carry(hooked) == 1
        (newest, *_) = deliveries(hooked, endpointId=endpoint["id"])
        assert newest["id"] == answers[0]["delivery"]["id"]
        assert (newest["state"], newest["handover"]) == (state, None)
    assert [one.content["type"] for one in box.posted] == ["endpoint.test"] * 2
    assert box.posted[1].is_signed_by(endpoint["secret"])


def test_a_secret_is_shown_once_and_kept_nowhere(hooked: ApiClient, box: Receiver) -> None:
    """Neither in an answer, a log, nor the database; the address is for who may see settings."""
    with capture_logs() as logs:
        endpoint = hook(hooked, box.url)
        finalised(hooked)
        carry(hooked)
    secret = endpoint["secret"]
    database = hooked.house.database.url.removeprefix("sqlite:///")
    with open(database, "rb") as file, open(database + "-wal", "rb") as rest:
        kept = file.read() + rest.read()
    for told in (json.dumps(logs), json.dumps(hooked.query(ENDPOINTS)), repr(kept)):
        assert secret.removeprefix("whsec_") not in told
    assert box.url not in json.dumps(logs)
    reader = hooked.with_role(Role.ACCOUNTANT)
    assert [one["url"] for one in reader.query(ENDPOINTS)["webhookEndpoints"]["nodes"]] == [None]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hook.example/", "FIELD_INVALID"),
        ("https://u:p@hook.example/", "FIELD_INVALID"),
        ("https://169.254.169.254/latest", "WEBHOOK_HOST_PRIVATE"),
        ("https://[::1]/", "WEBHOOK_HOST_PRIVATE"),
        ("", "FIELD_REQUIRED"),
    ],
)
def test_an_address_inside_is_refused_at_the_door(firm: ApiClient, url: str, code: str) -> None:
    answer = act(firm, "webhookEndpointCreate", url=url)
    assert (codes(answer), answer["secret"]) == ([code], None)
    assert answer["userErrors"][0]["field"] == ["url"]


def test_a_webhook_is_changed_switched_off_and_deleted(hooked: ApiClient, box: Receiver) -> None:
    """Switched off, what waits is dead and nothing new is meant for it; on again, it is asked."""
    endpoint = hook(hooked, box.url, description="Compta")
    finalised(hooked)
    off = act(hooked, "webhookEndpointUpdate", id=endpoint["id"], enabled=False)["node"]
    assert (off["enabled"], off["disabledReason"]) == (False, "Switched off by tests")
    asked = "{ webhookEndpoints { nodes { disabledReason } } }"
    (told,) = hooked.in_language("fr").query(asked)["webhookEndpoints"]["nodes"]
    assert told == {"disabledReason": "Désactivé par tests"}
    assert codes(hooked.query(TEST, id=endpoint["id"])["webhookEndpointTest"]) == [
        "WEBHOOK_DISABLED"
    ]
    (entry,) = handovers(hooked, states=["DEAD"])
    assert entry["deliveries"][0]["lastError"].startswith("WEBHOOK_DISABLED: ")
    assert codes(retry(hooked, entry["id"])) == ["WEBHOOK_DISABLED"]
    stale = act(hooked, "webhookEndpointUpdate", id=endpoint["id"], expectedVersion=1, url=box.url)
    assert codes(stale) == ["STALE_OBJECT"]
    on = act(hooked, "webhookEndpointUpdate", id=endpoint["id"], enabled=True, entityId="entity_1")
    assert (on["node"]["enabled"], on["node"]["entity"]["id"]) == (True, "entity_1")
    assert carry(hooked) == 0
    assert codes(retry(hooked, entry["id"])) == []
    assert carry(hooked) == 1
    for _ in range(2):
        gone = act(hooked, "webhookEndpointDelete", id=endpoint["id"])
        assert (gone["deletedId"], codes(gone)) == (endpoint["id"], [])
    assert hooked.query(ENDPOINTS)["webhookEndpoints"]["nodes"] == []
    changed = act(hooked, "webhookEndpointUpdate", id=endpoint["id"], enabled=True)
    assert codes(changed) == ["RECORD_ARCHIVED"]
    assert codes(act(hooked, "webhookEndpointRotateSecret", id=endpoint["id"])) == [
        "RECORD_ARCHIVED"
    ]
    finalised(hooked)
    assert carry(hooked) == 0


def test_a_firm_has_so_many_webhooks(hooked: ApiClient) -> None:
    for turn in range(MOST_ENDPOINTS):
        hook(hooked, f"https://hook{turn}.example/")
    answer = act(hooked, "webhookEndpointCreate", url="https://one.more.example/")
    assert codes(answer) == ["WEBHOOKS_TOO_MANY"]


def test_webhooks_of_another_firm_are_not_there(hooked: ApiClient, box: Receiver) -> None:
    """Neither seen, changed, tried nor told of our invoices; a firm's entity is its own."""
    endpoint = hook(hooked, box.url)
    other = hooked.of_another_firm()
    assert other.query(ENDPOINTS)["webhookEndpoints"]["nodes"] == []
    for name in ("webhookEndpointUpdate", "webhookEndpointDelete", "webhookEndpointRotateSecret"):
        assert codes(act(other, name, id=endpoint["id"])) == ["NOT_FOUND"]
    assert codes(other.query(TEST, id=endpoint["id"])["webhookEndpointTest"]) == ["NOT_FOUND"]
    theirs = done(other, "entityCreate", **AN_ENTITY)["id"]
    for name, given in (
        ("webhookEndpointCreate", {"url": box.url}),
        ("webhookEndpointUpdate", {"id": endpoint["id"]}),
    ):
        assert codes(act(hooked, name, entityId=theirs, **given)) == ["NOT_FOUND"]
    finalised(hooked)
    (entry,) = handovers(hooked)
    assert handovers(other) == deliveries(other) == []
    assert codes(retry(other, entry["id"])) == ["NOT_FOUND"]
    assert carry(hooked) == 1
