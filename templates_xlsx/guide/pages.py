"""The pages of the guide: one a sheet, and one about all of them, in each language."""

from __future__ import annotations

from templates_xlsx.guide.index import FILE_NAME, index_page
from templates_xlsx.guide.sheet_page import sheet_page
from templates_xlsx.layouts import LAYOUTS
from words import LANGUAGES


def guide() -> dict[str, str]:
    """The text of each page by its path, `fr/clients.md`; the same at any time and place."""
    pages = {}
    for language in LANGUAGES:
        pages[f"{language}/{FILE_NAME}"] = index_page(language)
        for sheet in LAYOUTS.values():
            pages[f"{language}/{sheet.kind}.md"] = sheet_page(sheet, language)
    return pages
