"""What the mails say that let people in, in French and in English."""

from __future__ import annotations

from babel.dates import format_datetime

from documents.letter import Head, note
from domain.account import LINK_KEY, LinkPurpose, fingerprint, link_token
from domain.mail_address import domain_of
from domain.mail_template import Template
from persistence.people.links import TakenLink
from schema.context import House
from words import language_of, phrase

LETTERS = {
    LinkPurpose.INVITATION: Template(
        "Your invitation to {organisation}",
        "Hello,\n\n{by} invites you to work with {organisation} in Jalon. Open this link to "
        "accept; it is good until {until}:\n\n{link}\n\nIf you expect nothing "
        "of the kind, do nothing.",
    ),
    LinkPurpose.NEW_PASSWORD: Template(
        "A new password",
        "Hello,\n\nSomebody asked for a new password for this address. If it was you, open this "
        "link; it is good until {until} and works once:\n\n{link}\n\nIf it was not you, do "
        "nothing: your password stays as it is.",
    ),
}
_PAGES = {LinkPurpose.INVITATION: "invitation", LinkPurpose.NEW_PASSWORD: "password"}


def link_to(house: House, purpose: LinkPurpose, token: str) -> str:
    """Where a link leads; what follows # is told to no server and no log."""
    return f"{house.app_url}/{_PAGES[purpose]}#token={token}"


def letter_with(house: House, taken: TakenLink, *, sender: str) -> bytes:
    """The letter of a link, in the language that was kept with it."""
    locale = taken.words.get("locale", "")
    letter = LETTERS[taken.purpose]
    facts = {
        # On one line each: a name is no place for a second paragraph of the letter.
        "organisation": " ".join(taken.words.get("organisation", "").split()),
        "by": " ".join(taken.words.get("by", "").split()),
        "until": format_datetime(
            taken.expires_at, "d MMMM y HH:mm 'UTC'", locale=language_of(locale)
        ),
        "link": link_to(house, taken.purpose, _token(house, taken)),
    }
    head = Head(
        sender_name="Jalon",
        sender=sender,
        to=[taken.email],
        cc=[],
        reply_to=None,
        subject=phrase(letter.subject, locale, **facts),
        message_id=f"<{fingerprint(taken.salt)[:32]}@{domain_of(sender)}>",
        written_at=taken.created_at,
    )
    return note(head, phrase(letter.body, locale, **facts))


def _token(house: House, taken: TakenLink) -> str:
    """The token of the link, which a former secret may have made; a dead one if that is gone."""
    made = [link_token(key, taken.salt) for key in house.secrets.keys(LINK_KEY)]
    return next((one for one in made if fingerprint(one) == taken.token_sha256), made[0])
