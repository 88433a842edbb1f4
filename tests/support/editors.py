"""Spreadsheet editors that open a workbook and save it again; those not at hand are told loudly.

LibreOffice is looked for on the path, ExcelJS and SheetJS in the folder that JALON_NODE_MODULES
names (`npm install exceljs@4.4.0 xlsx@0.18.5`), pandas with the Python of JALON_PANDAS_PYTHON, else
of the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook

Saving = Callable[[list[Path], Path], None]
"""Saves the workbooks at the paths again, under the same names, in a folder."""

_LONGEST = 120
_EXCELJS = """
const { Workbook } = require("exceljs");
(async () => {
  for (const [from, to] of pairs) {
    const workbook = new Workbook();
    await workbook.xlsx.readFile(from);
    await workbook.xlsx.writeFile(to);
  }
})();
"""
_SHEETJS = """
const XLSX = require("xlsx");
const options = { cellStyles: true, cellDates: true };
for (const [from, to] of pairs) XLSX.writeFile(XLSX.readFile(from, options), to, options);
"""
_PANDAS = """
import sys
import pandas
for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
    sheets = pandas.read_excel(source, sheet_name=None)
    with pandas.ExcelWriter(target, engine="openpyxl") as out:
        for name, frame in sheets.items():
            frame.to_excel(out, sheet_name=name, index=False)
"""


def saved_by(editor: str, files: Mapping[str, bytes], folder: Path) -> dict[str, bytes]:
    """`files` by name as `editor` saves them, all in one start of it; skips the test without it."""
    sources, targets = folder / "sent", folder / "saved"
    sources.mkdir(parents=True)
    targets.mkdir()
    paths = []
    for name, content in files.items():
        paths.append(sources / f"{name}.xlsx")
        paths[-1].write_bytes(content)
    EDITORS[editor](paths, targets)
    return {path.stem: (targets / path.name).read_bytes() for path in paths}


def convert(paths: list[Path], folder: Path, form: str) -> None:
    """LibreOffice saves the files in another form; skips the test without LibreOffice."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is missing: apt install libreoffice-calc-nogui")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    choice = ["--convert-to", form, "--outdir", str(folder)]
    _run([office, profile, "--headless", "--norestore", *choice, *map(str, paths)])


def _libreoffice(paths: list[Path], folder: Path) -> None:
    convert(paths, folder, "xlsx:Calc MS Excel 2007 XML")


def _libreoffice_by_ods(paths: list[Path], folder: Path) -> None:
    convert(paths, folder, "ods")
    _libreoffice([folder / f"{path.stem}.ods" for path in paths], folder)


def _openpyxl(paths: list[Path], folder: Path) -> None:
    for path in paths:
        load_workbook(path).save(folder / path.name)


def _pandas(paths: list[Path], folder: Path) -> None:
    python = os.environ.get("JALON_PANDAS_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import pandas"], capture_output=True).returncode:
        pytest.skip("pandas is missing: JALON_PANDAS_PYTHON names a Python that has it")
    _run(
        [
            python,
            "-c",
            _PANDAS,
            *(str(at / path.name) for path in paths for at in (path.parent, folder)),
        ]
    )


def _by_node(package: str, script: str) -> Saving:
    def save(paths: list[Path], folder: Path) -> None:
        modules, node = os.environ.get("JALON_NODE_MODULES", ""), shutil.which("node")
        if node is None or not (Path(modules) / package).is_dir():
            pytest.skip(f"{package} is missing: JALON_NODE_MODULES names where npm installed it")
        pairs = [[str(path), str(folder / path.name)] for path in paths]
        _run([node, "-e", f"const pairs = {pairs!r};{script}"], NODE_PATH=modules)

    return save


def _run(command: list[str], **variables: str) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        env={**os.environ, **variables},
        timeout=_LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]


EDITORS: dict[str, Saving] = {
    "LibreOffice": _libreoffice,
    "LibreOffice, .ods and back": _libreoffice_by_ods,
    "openpyxl": _openpyxl,
    "pandas": _pandas,
    "ExcelJS": _by_node("exceljs", _EXCELJS),
    "SheetJS": _by_node("xlsx", _SHEETJS),
}
