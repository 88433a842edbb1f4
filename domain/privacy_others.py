"""What others are known by, where it stands in a text: looked up word by word, however many are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from domain.likeness import name_key

_WORD = re.compile(r'[^\s,<>;:"|]+')
_BETWEEN = re.compile(r"[\s,]+")
_LISTED = re.compile(r"[,\n]")
_ROOM = 300
"""Characters before and after a name in which a longer one is looked for: none is longer."""
_OF_ADDRESS = frozenset("!#$%&'*+/=?^_`{|}~.-")
_LONGEST_LOCAL = 64

Word = tuple[int, int]
"""Where it begins and ends."""


class Others:
    """The names and addresses of others, by which a text is theirs where it seems somebody's."""

    def __init__(self, names: Iterable[str], addresses: Iterable[str]) -> None:
        told = [tuple(map(name_key, filter(None, _BETWEEN.split(name)))) for name in names]
        self._names = frozenset(told)
        self._longest = max(map(len, told), default=0)
        self._addresses = frozenset(one.lower() for one in addresses)

    def end_of_name(self, text: str, start: int, end: int, *, since: int = 0) -> int | None:
        """Where the name ends that what stands from `start` to `end` is a part of, or adjoins.

        Names are told apart from the left, the longest first, from `since` on. None: it is nobody
        else's.
        """
        if not self._names:
            return None
        near = _WORD.finditer(text, max(since, start - _ROOM), end + _ROOM)
        words, first = [one.span() for one in near], 0
        while first < len(words) and words[first][0] <= start:
            last, found = self._longest_from(text, words, first)
            if found is not None and found[1] > start:
                return found[1] if _is_theirs(text, found, (start, end)) else None
            first = last + 1
        return None

    def _longest_from(self, text: str, words: list[Word], first: int) -> tuple[int, Word | None]:
        """The longest name that begins with a word: its last word, and where it stands."""
        for last in range(min(len(words), first + self._longest) - 1, first, -1):
            found = self._name_of(text, words[first : last + 1])
            if found is not None:
                return last, found
        return first, None

    def _name_of(self, text: str, words: list[Word]) -> Word | None:
        """Where a name of others stands that is just these words, but for what is around them."""
        if not all(_BETWEEN.fullmatch(text, one[1], two[0]) for one, two in pairwise(words)):
            return None
        begins, ends = words[0][0], words[-1][1]
        while begins < ends and not (text[begins].isalnum() or text[begins] == "_"):
            begins += 1
        while ends > begins and not (text[ends - 1].isalnum() or text[ends - 1] == "_"):
            ends -= 1
        told = tuple(map(name_key, filter(None, _BETWEEN.split(text[begins:ends]))))
        return (begins, ends) if told in self._names else None

    def end_of_address(self, text: str, start: int, end: int) -> int | None:
        """The same of an address, which may be the end of a longer one."""
        begins = start
        while begins > max(0, start - _LONGEST_LOCAL) and (
            text[begins - 1].isalnum() or text[begins - 1] in _OF_ADDRESS
        ):
            begins -= 1
            if text[begins:end].lower() in self._addresses:
                return end
        return None


def _is_theirs(text: str, other: Word, own: Word) -> bool:
    """Whether a name of others goes before one that stands where it does: is in it, or later.

    In a list of "Paul Durand, Marie Dupont" nobody is called Durand Marie: who is told without a
    comma is not taken for two.
    """
    if other[0] > own[0] or (other[0] == own[0] and other[1] <= own[1]):
        return False
    is_within = other[1] >= own[1]
    return is_within or not _LISTED.search(text, *other) or bool(_LISTED.search(text, *own))
