"""Uploads are read for the person they name: workbooks by their parts, anything else as text."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from domain.privacy import Rewriter, Subject, address_trace, name_traces
from persistence.files import Files
from persistence.privacy.files import named_in, remove_files

WHO = Subject("contact", 3)
TRACES = [*name_traces("Zoé D'Arc & Fils"), *address_trace("zoe@marque.test")]
REWRITER = Rewriter(TRACES, WHO.neutral_name("fr"), WHO.neutral_address)


def workbook(text: str) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>{text}</t></si></sst>")
    return content.getvalue()


def test_a_file_that_names_the_person_is_found_whatever_it_is(tmp_path: Path) -> None:
    files = Files.at(tmp_path.as_uri())
    files.put("1/imports/a", workbook("Zo\u00e9 D'Arc &amp; Fils"))
    files.put("1/imports/b", workbook("ZOE@marque.test"))
    files.put("1/imports/c", "Nom\nZoé D'Arc & Fils".encode("cp1252"))
    files.put("1/imports/d", workbook("Zoé D'Arcy &amp; Fils"))
    files.put("1/imports/e", workbook("zoe@marque.test")[:-30])
    keys = {f"1/imports/{name}" for name in "abcdex"}
    found = named_in(files, keys, REWRITER)
    assert found == {"1/imports/a", "1/imports/b", "1/imports/c"}
    assert remove_files(files, found | {"1/imports/x"}) == 3
    assert {key for key, _ in files.keys("1/imports/")} == {"1/imports/d", "1/imports/e"}
    assert list(files.keys("11/")) == []
