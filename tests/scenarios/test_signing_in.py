"""What docs/signing-in.md shows, run as it stands against a server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.jobs.servers import installed
from tests.server.test_links import INVITE, token_in
from tests.support.source import ROOT

GUIDE = ROOT / "docs" / "signing-in.md"
PASSWORD = "quatre chevaux sous la pluie"


def shown(language: str) -> str:
    guide = GUIDE.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_guide_lets_somebody_in(sqlite_url: str, tmp_path: Path) -> None:
    """The Python program accepts the invitation; curl signs in afterwards."""
    installation = installed(sqlite_url, tmp_path)
    with installation.serving(anew=True) as [(server, api)]:
        answer = api.query(INVITE, email="neu@a.example", role="READER")["memberInvite"]
        access = {
            **os.environ,
            "JALON_URL": server.address,
            "TOKEN": token_in(answer["link"]),
            "EMAIL": "neu@a.example",
            "PASSWORD": PASSWORD,
            "JAR": str(tmp_path / "jar"),
        }
        said = {}
        for language, command in (("python", [sys.executable, "-"]), ("sh", ["sh"])):
            said[language] = subprocess.run(
                command,
                input=shown(language),
                env=access,
                check=True,
                capture_output=True,
                text=True,
                timeout=60,
            ).stdout
    viewer = "{'door': 'SIGN_IN', 'email': 'neu@a.example', 'role': 'READER'}"
    assert said["python"].splitlines() == [viewer, "{'session': None}"]
    assert '"email":"neu@a.example"' in said["sh"]
    assert said["sh"].endswith('{"session":null}')


def test_the_guide_names_every_code_that_refuses() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    source = (ROOT / "server" / "sessions.py").read_text(encoding="utf-8")
    for code in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', source):
        if code not in ("BAD_REQUEST", "MEDIA_TYPE_UNSUPPORTED", "CONTENT_TOO_LARGE"):
            assert code in guide, code
