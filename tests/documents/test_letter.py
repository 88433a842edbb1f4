"""The letter of a document: whatever its words are, it has the head that is meant and one body."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import letter as letters
from documents.letter import Head, letter, said
from domain.errors import Refusal
from domain.mail_address import address

INJECTED = (
    "=?utf-8?q?evil=0D=0ABcc:_x@y.test=0D=0AContent-Type:_text/html=0D=0A=0D=0A<b>hi?=",
    "=?utf-8?b?YQ0KQmNjOiB4QHkudGVzdA==?=",
    "a\r\nBcc: x@y.test",
    "a\r\n\r\n--b",
    "=\x00?utf-8?q?a=0D=0AX-Evil:_1?=",
)
LONG = (
    "Atelier Rivage, Architectes Urbanistes Paysagistes Associes (Paris, Lyon)",
    'Atelier Rivage; Architectes Urbanistes Paysagistes Associés <a@b.test>, "Lyon" \\',
    "S.A.R.L. " + "d’architecture, " * 15,
    "@" * 250,
)
MEANT = ["Cc", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Reply-To", "Subject"]
WORDS = st.one_of(
    st.sampled_from(INJECTED + LONG),
    st.text(st.sampled_from('=?utf-8qb_ \r\n\t\x0b\x00,;:<>@"\\()[].éß漢👩\u2028'), max_size=200),
    st.text(max_size=200),
    st.lists(st.sampled_from((*INJECTED, *LONG, " ", "\n")), max_size=3).map("".join),
)


def head_of(name: str, subject: str, message_id: str = "<1@jalon.test>") -> Head:
    return Head(
        sender_name=name,
        sender="factures@jalon.test",
        to=[f"{'a' * 60}{one}@client.test" for one in range(20)],
        cc=["chef@client.test"],
        reply_to="atelier@firm.test",
        subject=subject,
        message_id=message_id,
        written_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def read(made: bytes) -> EmailMessage:
    found = message_from_bytes(made, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def shown_name(made: bytes) -> str:
    """The name as readers decode it (RFC 2047 6.2): `policy.default` parts encoded words."""
    written, _ = parseaddr(str(message_from_bytes(made, policy=policy.compat32)["From"]))
    return str(make_header(decode_header(written)))


@given(name=WORDS, subject=WORDS, filename=WORDS)
def test_no_word_makes_a_header_an_address_or_a_body(
    name: str, subject: str, filename: str
) -> None:
    """What was written comes back as it was, on one line; the envelope's people and nobody else."""
    head = head_of(name, subject)
    made = letter(
        head, "Bonjour,\n=?utf-8?q?a=0D=0Ab?=", paper=b"%PDF", filename=f"F{filename}.pdf"
    )
    assert made.isascii()
    assert all(len(line) <= 998 for line in made.split(b"\r\n"))
    found = read(made)
    assert sorted(found.keys()) == sorted([*MEANT, "To"])
    (sender,) = found["From"].addresses
    assert sender.addr_spec == head.sender
    assert shown_name(made) == said(name)
    assert [one.addr_spec for one in found["To"].addresses] == head.to
    assert found["Reply-To"] == head.reply_to
    assert found["Subject"] == said(subject)
    body, paper = found.iter_parts()
    assert body.get_content().splitlines() == ["Bonjour,", "=?utf-8?q?a=0D=0Ab?="]
    assert sorted(paper.keys()) == [
        *("Content-Disposition", "Content-Transfer-Encoding", "Content-Type", "MIME-Version")
    ]
    assert paper.get_content() == b"%PDF"


def test_what_is_taken_off_a_head_is_what_would_break_it() -> None:
    assert (
        said(" Atelier  «\u202fRivage\u00a0»\r\n(Lyon),\t=\x00?x ")
        == "Atelier « Rivage » (Lyon), = ?x"
    )
    assert address("=?utf-8?q?a?=@client.test") is None


@pytest.mark.parametrize(
    "message_id", ["<1@a.test>\r\nBcc: x@y.test", "<1@a.test>\r\n\r\n--b", "<é@a.test>"]
)
def test_a_letter_with_another_head_is_never_made(message_id: str) -> None:
    """MAIL_HEAD_BROKEN: read back before it leaves, whatever let a line through."""
    with pytest.raises(Refusal) as refused:
        letter(head_of("A", "B", message_id), "c", paper=b"%PDF", filename="a.pdf")
    assert [issue.code for issue in refused.value.issues] == ["MAIL_HEAD_BROKEN"]


def test_a_letter_with_another_body_is_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault that was: words that become lines of the head, a type and a body among them."""
    monkeypatch.setattr(letters, "said", lambda text: text)
    for evil in ("a\r\nContent-Type: text/html\r\n\r\nhi", "a\r\nBcc: x@y.test", "a\r\n b\r\nX: y"):
        with pytest.raises(Refusal):
            letter(head_of("A", evil), "c", paper=b"%PDF", filename="a.pdf")
