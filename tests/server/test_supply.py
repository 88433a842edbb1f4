"""What Jalon runs with: licences that let it be given away, and what is known against it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server import licences
from tests.support.source import ROOT


@pytest.fixture(scope="module")
def audited() -> Callable[..., tuple[int, str]]:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "setup" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., tuple[int, str]] = module.audited
    return found


def saying(text: str, *, error: str = "", code: int = 0) -> list[str]:
    """A command that ends with `code` and has said `text`."""
    said = f"import sys; print({text!r}); sys.stderr.write({error!r}); sys.exit({code})"
    return [sys.executable, "-c", said]


def told(*libraries: dict[str, Any]) -> str:
    return json.dumps({"dependencies": list(libraries), "fixes": []})


SOUND = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "not found"}
BROKEN = {"name": "c", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}


def test_a_known_vulnerability_fails_the_check(audited: Callable[..., tuple[int, str]]) -> None:
    """Point 8."""
    code, said = audited(saying(told(SOUND, SKIPPED, BROKEN), code=1))
    assert code == 1
    assert "c 2: PYSEC-1, mended in 3" in said


def test_without_anybody_to_ask_the_check_passes_and_says_so(
    audited: Callable[..., tuple[int, str]],
) -> None:
    refused = "requests.exceptions.ProxyError: Max retries exceeded"
    for asked in (saying(told(SKIPPED)), saying("", error=refused, code=1), saying("[]")):
        code, said = audited(asked)
        assert code == 0
        assert said.startswith("NOT AUDITED")
    code, said = audited([sys.executable, "-c", "import time; time.sleep(60)"], patience=0.2)
    assert (code, said.startswith("NOT AUDITED")) == (0, True)
    code, said = audited(saying(told(SOUND, SKIPPED)))
    assert (code, said) == (
        0,
        "No vulnerability is known of 1 of 2 libraries. NOT AUDITED: b.",
    )


def test_a_lock_without_hashes_fails_the_check(
    audited: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    error = "ERROR:pip_audit._cli:requirement a==1 does not contain a hash"
    assert audited(saying("", error=error, code=1))[0] == 1
    assert audited(saying("", error="No module named pip_audit", code=1))[0] == 1


@pytest.mark.parametrize(
    ("expression", "is_allowed"),
    [
        ("MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-2.0-or-later OR LGPL-2.0-or-later OR MPL-1.1", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR AGPL-3.0-only", False),
        ("GPL-3.0-only OR MIT AND SSPL-1.0", False),
        ("(MIT", False),
        ("MIT MIT", False),
        ("BUSL-1.1", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_a_licence_must_let_us_choose_one_that_is_allowed(
    expression: str, is_allowed: bool
) -> None:
    assert licences.is_allowed(expression) is is_allowed


def test_every_library_may_be_given_away_with_ours() -> None:
    """House rule: a licence that forbids distribution under Apache-2.0 does not come in."""
    text, wrong = licences.page()
    assert wrong == []
    names = licences.locked()
    assert len(names) > 50
    assert all(f"| {name} |" in text or f"`{name}`" in text for name in names)
    assert licences.PAGE.read_text(encoding="utf-8") == text


def test_what_is_not_current_or_not_allowed_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(licences, "PAGE", tmp_path / "licences.md")
    assert licences.main(["--check"]) == 1
    assert licences.main([]) == 0
    assert licences.main(["--check"]) == 0
    monkeypatch.setattr(licences, "ALLOWED", licences.ALLOWED - {"ISC"})
    assert licences.main(["--check"]) == 1
    assert "shellingham: ISC" in capsys.readouterr().err


def test_the_check_of_the_house_asks_both() -> None:
    steps = subprocess.run(
        ["make", "-n", "check"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "setup/audit.py" in steps
    assert "server.licences --check" in steps
