"""Handing a letter to a mail server (SMTP), and understanding what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import aiosmtplib

from domain.invoice.mail import Sent
from jobs.mail_server import HERE, SmtpServer

TIMEOUT = 60.0
"""Seconds that a server has for each answer."""

_NOT_OF_THE_LETTER = (
    aiosmtplib.SMTPAuthenticationError,
    aiosmtplib.SMTPConnectResponseError,
    aiosmtplib.SMTPHeloError,
)
"""A server that refuses us, not what we bring: once it is set right, the letter goes out."""


async def hand_in(
    server: SmtpServer, letter: bytes, *, sender: str, recipients: Sequence[str]
) -> Sent:
    """Hands `letter` in for `recipients`; what the server said of it, whatever that is.

    What a server refuses for good (5xx) is final; a refusal for now (4xx), a server that is not
    there, or one that does not let us in, is not: the letter has nothing wrong with it.
    """
    client = _client(server)
    try:
        await client.connect()
        if server.username is not None:
            await client.login(server.username, server.password or "")
        errors, _ = await client.sendmail(sender, [*recipients], letter)
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()
    except aiosmtplib.SMTPRecipientsRefused as refused:
        return _refused({one.recipient: (one.code, one.message) for one in refused.recipients})
    except _NOT_OF_THE_LETTER as error:
        return Sent(refused={"": f"{error.code} {error.message}"}, is_final=False)
    except aiosmtplib.SMTPResponseException as error:
        return _refused({"": (error.code, error.message)})
    except (aiosmtplib.SMTPException, OSError) as error:
        return Sent(refused={"": f"{type(error).__name__}: {error}"}, is_final=False)
    finally:
        client.close()
    accepted = [one for one in recipients if one not in errors]
    partial = _refused({who: (answer[0], answer[1]) for who, answer in errors.items()})
    return Sent(accepted, partial.refused, partial.is_final)


def _client(server: SmtpServer) -> aiosmtplib.SMTP:
    is_here = server.host in HERE
    needs_tls = server.username is not None and not is_here and not server.is_tls
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=TIMEOUT,
        use_tls=server.is_tls,
        start_tls=False if is_here or server.is_tls else (needs_tls or None),
    )


def _refused(told: dict[str, tuple[int, str]]) -> Sent:
    return Sent(
        refused={who: f"{code} {said}" for who, (code, said) in told.items()},
        is_final=all(code >= 500 for code, _ in told.values()),
    )
