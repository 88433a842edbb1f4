"""Names compared as people read them: the same name (N-KEY), nearly the same, or merely near.

Source: DOMAIN §3.3, rows N-KEY and N-LOOSE.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from unicodedata import combining, normalize

from domain.remembered import remembering

KEY_LENGTH = 255
"""Keys are kept in columns of this length; what is cut off a longer one never tells names apart."""

LETTERS = str.maketrans(
    {
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "&": " et ",
        **dict.fromkeys("’‘‛ʼ´`′", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys('«»"“”„‟″', None),
    }
)
_STOOD_FOR = frozenset('&"`')
"""Of the plainest letters those that have others to stand for them."""
_PUNCTUATION = re.compile(r"[^\w]+|_+")
_INITIALS = re.compile(r"\b(?:\w\.){2,}")
_SARL = re.compile(r"\bs\.? ?a\.? ?r\.? ?l\b\.?")
_ALIKE = 0.4

_FRENCH_FORMS = "sa sas sasu sarl eurl eirl sci sccv scp scm scop snc selarl selas sem spl gie"
_FOREIGN_FORMS = "gmbh ag kg ohg ltd limited plc llp llc inc corp bv nv srl sprl asbl spa lda sl"
LEGAL_FORMS = frozenset([*_FRENCH_FORMS.split(), *_FOREIGN_FORMS.split()])
"""Legal forms that say nothing of who the party is."""


@remembering(8192)
def name_key(text: str) -> str:
    """`text` as names are compared: equal keys are the same name (N-KEY).

    Case, accents, ligatures, kinds of apostrophes, dashes and spaces do not count, quotes are
    dropped, & is "et". At most 255 characters.
    """
    return folded(text)[:KEY_LENGTH]


def folded(text: str) -> str:
    """The same of a text of any length."""
    if text.isascii() and _STOOD_FOR.isdisjoint(text):
        return " ".join(text.lower().split())
    # NFKC makes "´" a space and an accent: apostrophes are told apart before it.
    key = normalize("NFKC", text.translate(LETTERS)).casefold().translate(LETTERS)
    if not key.isascii():
        key = "".join(c for c in normalize("NFD", key) if not combining(c))
    return " ".join(key.split())


_TYPED = str.maketrans(
    {**dict.fromkeys("’‘‛ʼ´`′", "'"), **dict.fromkeys("‐‑‒–—―−", "-"), "\u00ad": None}
)


def spelling(text: str) -> str:
    """`text` as an editor may give it back unasked: other spaces, capitals, apostrophes, dashes.

    Accents and letters count: who changes one of them means another word.
    """
    return normalize("NFC", " ".join(text.translate(_TYPED).split())).casefold()


@remembering(8192)
def loose_key(text: str) -> str:
    """`text` without punctuation and legal forms either (N-LOOSE); never empty for a real name."""
    plain = _SARL.sub("sarl", name_key(text))
    plain = _INITIALS.sub(lambda found: found[0].replace(".", ""), plain)
    words = _PUNCTUATION.sub(" ", plain).split()
    telling = [word for word in words if word not in LEGAL_FORMS]
    return " ".join(telling or words)


class Names:
    """Candidates by the runs of three characters they hold: a look-up reads few of them."""

    def __init__(self, candidates: Iterable[str]) -> None:
        self.names = list(dict.fromkeys(candidates))
        self._sizes: list[int] = []
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        for place, name in enumerate(self.names):
            pieces = _pieces(name)
            self._sizes.append(len(pieces))
            for piece in pieces:
                self._holders[piece].append(place)

    def scores(self, name: str) -> Iterable[tuple[float, str]]:
        """How much each candidate has in common with `name`: 1 is everything (Dice)."""
        pieces = _pieces(name)
        shared = Counter(place for piece in pieces for place in self._holders.get(piece, ()))
        for place, count in shared.items():
            yield 2 * count / (len(pieces) + self._sizes[place]), self.names[place]


def _pieces(text: str) -> set[str]:
    """The runs of three characters of the loose key, word ends included."""
    padded = f"  {loose_key(text)} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def nearest(name: str, candidates: Names, limit: int = 3) -> list[str]:
    """Up to `limit` of the candidates that `name` may have meant, the likeliest first.

    A candidate counts when it is alike by two fifths, or when one holds the other whole.
    """
    told = loose_key(name)
    if not told:
        return []
    near = [
        (-score, candidate)
        for score, candidate in candidates.scores(name)
        if score >= _ALIKE or _holds(loose_key(candidate), told)
    ]
    return [candidate for _, candidate in sorted(near)[:limit]]


def _holds(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) > 3 and shorter in longer
