"""The installation gets a new secret: what the former one signed stays good while it is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.api.handover.acts import act, carry, deliveries, finalised, hook, retry
from tests.api.invoices.acts import codes
from tests.api.takeover.sheets import TEMPLATE, download
from tests.support.api import SECRET, ApiClient
from tests.support.prepared import Calendar
from tests.support.receiver import Receiver
from tests.support.takeover import send

NEW = b"the secret of after the rotation, long enough"


def rotate(api: ApiClient, *former: str) -> None:
    """As after a restart with another JALON_SECRET."""
    object.__setattr__(api.house, "secret", NEW)
    object.__setattr__(api.house, "former_secrets", tuple(one.encode() for one in former))


def errors(review: dict[str, Any]) -> set[str]:
    return {issue["code"] for issue in review["userErrors"]}


def test_receivers_links_and_workbooks_outlive_a_rotation(hooked: ApiClient, box: Receiver) -> None:
    endpoint = hook(hooked, box.url)
    workbook = download(hooked, "progress", prefilled=True)
    link = hooked.query(TEMPLATE, kind="clients", prefilled=False, locale=None)
    url = link["templateDownload"]["download"]["url"]
    rotate(hooked, SECRET)
    finalised(hooked)
    carry(hooked)
    (posted,) = box.posted
    assert posted.is_signed_by(endpoint["secret"])
    assert hooked.http.get(url).status_code == 200
    assert not errors(send(hooked, workbook)) & {"TEMPLATE_TAMPERED", "TEMPLATE_UNSIGNED"}


def test_without_the_former_secret_nothing_of_it_passes(
    hooked: ApiClient, box: Receiver, calendar: Calendar
) -> None:
    """WEBHOOK_SECRET_GONE: nothing is sent that its receiver could not verify; it waits."""
    endpoint = hook(hooked, box.url)
    workbook = download(hooked, "progress", prefilled=True)
    link = hooked.query(TEMPLATE, kind="clients", prefilled=False, locale=None)
    rotate(hooked)
    assert hooked.http.get(link["templateDownload"]["download"]["url"]).status_code == 404
    assert "TEMPLATE_TAMPERED" in errors(send(hooked, workbook))
    finalised(hooked)
    carry(hooked)
    assert box.posted == []
    (waiting,) = deliveries(hooked)
    assert waiting["state"] == "WAITING"
    assert "no longer kept" in waiting["lastError"]
    asked = {"id": endpoint["id"], "keepFormerHours": 24}
    answer = act(hooked, "webhookEndpointRotateSecret", **asked)
    calendar.now += timedelta(hours=1)
    assert codes(retry(hooked, waiting["handover"]["id"])) == []
    carry(hooked)
    (posted,) = box.posted
    assert posted.is_signed_by(answer["secret"])


def test_a_secret_is_not_renewed_over_a_change_that_was_not_seen(
    hooked: ApiClient, box: Receiver
) -> None:
    """API.md 10: STALE_OBJECT with the webhook as it is, and no new secret."""
    endpoint = hook(hooked, box.url)
    changed = act(hooked, "webhookEndpointUpdate", id=endpoint["id"], description="B")["node"]
    stale = act(hooked, "webhookEndpointRotateSecret", id=endpoint["id"], expectedVersion=1)
    assert (codes(stale), stale["secret"]) == (["STALE_OBJECT"], None)
    assert stale["node"] == changed
