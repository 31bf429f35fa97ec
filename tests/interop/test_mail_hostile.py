"""Mails that mean harm: each is answered, the daemon keeps its memory and its
peace, and an ordinary mail that follows arrives."""

import asyncio
import smtplib

import pytest
from names import DOMAIN, MAIL_GATEWAY
from office import Office
from place import HOST

STAGES = ()
TARGET = f"disk@{MAIL_GATEWAY}"
SENDER = "root@nas.example.org"
MORE_MB = 16  # of memory, whatever comes
HELD_MB = 256  # of it a sanitizer keeps for a while
SIZE_MAX_MB = 12
SECTIONS = f"""
	target "disk" {{ to = "romeo@{DOMAIN}"  networks = {{ "127.0.0.0/8" }}
	                flood = no }}
"""

HEAD = b"From: root@nas.example.org\r\nMessage-ID: <%s@x>\r\n"
MULTIPART = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"


def nested(levels):
    return b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
        for i in range(levels)
    )


# What comes, and the codes that it may be answered with: facts/hostile input.
REFUSED, EITHER = (550, 552), (250, 550, 552)
MAILS = {
    "groups": (EITHER, lambda: b"To:" + (b"\r\n " + b"a:" * 400) * 125 + b"\r\n\r\nx\r\n"),
    "few_groups": (REFUSED, lambda: b"To: " + b"a:" * 5000 + b"\r\n\r\nx\r\n"),
    "parts": (REFUSED, lambda: MULTIPART + b"--x\r\n\r\n" * 1000000),
    "parameters": (
        REFUSED,
        lambda: b"Content-Type: text/plain"
        + b";\r\n a=b" * 200000
        + b"\r\n\r\nx\r\n",
    ),
    "depth": (REFUSED, lambda: nested(2000)),
    "messages": (
        REFUSED,
        lambda: b"Content-Type: message/rfc822\r\n\r\n" * 2000 + b"x\r\n",
    ),
    "dashes": (EITHER, lambda: nested(19) + b"\r\n" + b"--\r\n" * 1000000),
    "headers": (REFUSED, lambda: b"X: y\r\n" * 200000 + b"\r\nx\r\n"),
    "charset": (
        EITHER,
        lambda: b"Content-Type: text/plain; charset=utf-7\r\n\r\n"
        + (b"+AAAAAQAC-" * 80 + b"\r\n") * 600,
    ),
    "attributes": (
        EITHER,
        lambda: b"Content-Type: text/html\r\n\r\n<a "
        + b"\r\n".join([b"a=b " * 200] * 500)
        + b">x\r\n",
    ),
    "divisions": (
        EITHER,
        lambda: b"Content-Type: text/html\r\n\r\n"
        + b"\r\n".join([b"<div>" * 100] * 2000)
        + b"x\r\n",
    ),
    "words": (
        EITHER,
        lambda: b"Subject:" + b"\r\n =?utf-8?q?=0D=0A?=" * 800 + b"\r\n\r\nx\r\n",
    ),
    "recipients": (
        EITHER,
        lambda: b"To:" + b"\r\n a@b," * 100000 + b" a@b\r\n\r\nx\r\n",
    ),
    "nothing": (EITHER, lambda: b""),
}


@pytest.fixture(scope="module")
def running_office(loop, scratch):
    office = Office(
        "prosody",
        scratch / "office-hostile",
        options=f"size_max_mb = {SIZE_MAX_MB}",
        sections=SECTIONS,
    )
    try:
        office.start()
        yield office
        status = loop.run_until_complete(office.end())
        assert not office.complaints()
        assert status == 0, office.passerelle.tail(80)
    finally:
        office.kill()


@pytest.fixture
def romeo(loop, running_office):
    yield loop.run_until_complete(running_office.client("romeo"))
    loop.run_until_complete(running_office.part_all())


def hand_in(office, mail):
    """The code that the mail is answered with."""
    with smtplib.LMTP(HOST, office.lmtp_port, timeout=60) as client:
        try:
            client.sendmail(SENDER, [TARGET], mail)
        except smtplib.SMTPRecipientsRefused as refused:
            return refused.recipients[TARGET][0]
        except smtplib.SMTPDataError as refused:
            return refused.smtp_code
    return 250


def memory_mb(office):
    with open(f"/proc/{office.passerelle.pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def is_sanitized(office):
    with open(f"/proc/{office.passerelle.pid}/maps") as maps:
        return "libasan" in maps.read()


async def ordinary(office, romeo, text):
    mail = office.write(SENDER, TARGET, text, subject="as always")
    assert hand_in(office, mail.as_bytes()) == 250
    await romeo.expect(
        "an ordinary mail",
        kind="message",
        where=lambda s: s.body and text in s.body,
    )


async def test_hostile_mails_are_answered_and_ordinary_ones_arrive(
    running_office, romeo
):
    office = running_office
    await ordinary(office, romeo, "before")
    before = memory_mb(office)
    more = MORE_MB + (HELD_MB if is_sanitized(office) else 0)
    for name, (codes, make) in MAILS.items():
        mark = office.passerelle.log_size()
        mail = (HEAD % name.encode() if name != "nothing" else b"") + make()
        code = await asyncio.to_thread(hand_in, office, mail)
        assert code in codes, f"{name}: {code}"
        if code != 250:
            said = office.passerelle.log(mark)
            assert said.count("mail refused") == 1, f"{name}: {said[-2000:]}"
        await ordinary(office, romeo, f"after {name}")
        assert memory_mb(office) - before < more, name
