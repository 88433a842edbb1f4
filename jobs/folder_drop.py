"""Putting files into a folder that another program empties: whole or not at all, never over one.

A file has its name once it is whole and on the disk. The last one of a drop tells the other program
that the others are there.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from domain.errors import Refusal
from domain.handover import HANDOVER_FILE_DIFFERS, Attempt, Drop, told

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_Same = Callable[[bytes, bytes], bool]


def drop(root: Path, parcel: Drop) -> Attempt:
    """Puts the files of `parcel` below `root`; a second time nothing happens.

    `root` itself is never made: a share that is not mounted is waited for.
    """
    try:
        if not root.is_dir():
            raise FileNotFoundError(f"the folder {root.name} is not there")
        folder = root / _plain(parcel.folder)
        folder.mkdir(mode=0o750, exist_ok=True)
        for name, content in parcel.files:
            _put(folder / _plain(name), content, parcel.is_same)
    except Refusal as refusal:
        return Attempt(error=told(refusal.issues[0]))
    except OSError as error:
        return Attempt(error=f"{type(error).__name__}: {error.strerror or error}", is_silent=True)
    return Attempt()


def _plain(name: str) -> str:
    """A name that stays within its folder."""
    if not _NAME.fullmatch(name):
        raise ValueError("not the name of a file")
    return name


def _put(path: Path, content: bytes, is_same: _Same) -> None:
    """Writes a new file; one that is there is left as it is, HANDOVER_FILE_DIFFERS if another."""
    if _is_there(path, content, is_same):
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _name(draft, path, content, is_same)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _name(draft: Path, path: Path, content: bytes, is_same: _Same) -> None:
    """Gives the file its name. A link refuses a name that is taken, a rename would not."""
    try:
        os.link(draft, path)
    except FileExistsError:
        _is_there(path, content, is_same)
    except OSError:
        # A share without links: nobody else carries this delivery meanwhile.
        if not _is_there(path, content, is_same):
            draft.rename(path)


def _is_there(path: Path, content: bytes, is_same: _Same) -> bool:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return False
    if not is_same(found, content):
        raise Refusal(HANDOVER_FILE_DIFFERS(name=path.name))
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
