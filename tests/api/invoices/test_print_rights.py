"""The papers that a job printed, after who asked for them came to reach less of the firm."""

from __future__ import annotations

from typing import Any

import pytest

from domain.access import Role
from jobs.running import Runner
from server.long_work import kinds_of
from tests.api.invoices.acts import drawn
from tests.api.invoices.test_print_jobs import PRINT, silent
from tests.server.signing import Browser, doors_of, person, signed_in
from tests.support.api import ApiClient

FILES = "{ jobs { nodes { kind resultFiles { filename download { url } } } } }"
UPDATE = """
mutation($input: MemberUpdateInput!) { memberUpdate(input: $input) { userErrors { code } } }
"""


def printed(api: ApiClient, browser: Browser) -> None:
    """Two papers of different entities in a zip, as whoever sits at the browser asked for it."""
    ids = [drawn(api, code)["id"] for code in ("PAT-2501", "REH-2501")]
    job = browser.data(PRINT, ids=ids, form="ZIP", key="print")["invoicesPrint"]["job"]
    runner = Runner(api.house.database, kinds_of(api.house), api.house.clock)
    runner.run(int(job["id"].removeprefix("job_")), api.organisation_id, silent)


def files(browser: Browser) -> list[Any]:
    doors_of(browser.api).forget_all()
    (job,) = browser.data(FILES)["jobs"]["nodes"]
    return list(job["resultFiles"])


@pytest.mark.parametrize(
    "less",
    [{"role": "COLLABORATOR"}, {"role": "PROJECT_MANAGER"}, {"entityIds": ["entity_1"]}],
    ids=lambda less: next(iter(less.values())),
)
def test_who_no_longer_reaches_the_papers_has_them_no_more(
    any_firm: ApiClient, less: dict[str, Any]
) -> None:
    api = any_firm
    member = f"member_{person(api, role=Role.ACCOUNTANT)}"
    browser = signed_in(api)
    printed(api, browser)
    assert len(files(browser)) == 1
    assert api.query(UPDATE, input={"id": member, **less})["memberUpdate"]["userErrors"] == []
    assert files(browser) == []
    whole = {"role": "READER", "entityIds": None}
    assert api.query(UPDATE, input={"id": member, **whole})["memberUpdate"]["userErrors"] == []
    assert len(files(browser)) == 1
