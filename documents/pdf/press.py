"""The door to the press: one set-up of the engine for a process, one paper at a time."""

from __future__ import annotations

import atexit
import warnings
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from documents.pdf.assets import Carried, Images

if TYPE_CHECKING:
    from documents.pdf.engine import Engine

LOGO_URL = "logo:"
"""The scheme of logos: "logo:" and the digest of the file, so that a decoded one can be kept."""

_turn = Lock()
"""The engine's font map is not made for two threads; printing holds the interpreter anyway."""


def printed(
    markup: str,
    *,
    images: Images,
    archival_identifier: str | None = None,
    carried: Carried | None = None,
) -> bytes:
    """`markup` as PDF, tagged for screen readers; PDF/A-3b when it is given an identifier.

    Only such a one carries a file.

    `markup` is HTML written as XML, `images` the files it names; any other address is refused. The
    same input gives the same bytes.
    """
    with _turn:
        if _engine().is_worn_out():
            _engine.cache_clear()
        return _engine().printed(markup, images, archival_identifier, carried)


_given_up: set[bytes] = set()
"""The shapes of papers that are not stamped, whatever set-up of the engine there is."""


@cache
def _engine() -> Engine:
    # Three times as slow to import as the whole of SQLAlchemy: who prints nothing does not pay.
    # It warns of an old HarfBuzz and of a machine without fonts; papers need neither.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from documents.pdf.engine import Engine

        return Engine(_given_up)


# The engine keeps a temporary folder of fonts until its set-up is dropped.
atexit.register(_engine.cache_clear)
