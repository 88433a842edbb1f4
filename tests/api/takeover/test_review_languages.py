"""A review is made by one of the firm and looked at by another, who speaks another language."""

from __future__ import annotations

import pytest

from tests.api.takeover.reviews import reviewed, rows_of
from tests.api.takeover.sheets import book
from tests.api.takeover.test_review import KNOWN, RED
from tests.support.api import ApiClient

TOLD = {
    "fr": ("Adresse de facturation, Délai de paiement (jours).", "« Devise » est obligatoire"),
    "en": ("Billing address, Payment term (days).", "“Currency” is mandatory"),
}


@pytest.mark.parametrize("maker", ["fr", "en"])
def test_the_columns_are_named_in_the_language_of_whoever_looks(
    any_firm: ApiClient, maker: str
) -> None:
    """WILL_UPDATE, MANDATORY_MISSING: no English word in a French sentence, nor the other way."""
    review, _ = reviewed(any_firm.in_language(maker), book("clients", KNOWN, RED))
    for language, (changed, missing) in TOLD.items():
        rows = rows_of(any_firm.in_language(language), review)
        [update], [red] = rows[2]["userErrors"], rows[3]["userErrors"]
        assert update["message"].endswith(changed)
        assert missing in red["message"].replace("\u00a0", " ")
