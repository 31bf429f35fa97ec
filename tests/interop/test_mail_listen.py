"""Clients of Debian, and sockets that do what no client does, at the places
where mail comes in."""

import asyncio
import re
import socket
import subprocess

import mta
import pytest
from names import DOMAIN, MAIL_GATEWAY
from office import Office
from place import HOST, find_program, free_ports

TOKEN = "abcdefghijklmnopqrstuvwx23"
DISK = f"disk.{TOKEN}@{MAIL_GATEWAY}"
NOBODY = f"nobody@{MAIL_GATEWAY}"
NAS = "root@nas.example"
LOAD = 300  # mails of smtp-source, over LOAD_CONNECTIONS at once
LOAD_CONNECTIONS = 20

TARGET = f"""
	target "disk" {{ to = "romeo@{DOMAIN}"  token = "{TOKEN}"  flood = no
	                hard_minute = 0  hard_5_minutes = 0  hard_hour = 0 }}
"""
BLOCKS = """
	receive "unix" {{ path = "{folder}/lmtp"  path_mode = "0600" }}
	receive "lan" {{ protocol = "smtp"  listen = "{host}"  port = {port}
	                tls_cert = "{folder}/pem"  auth = yes
	                users_file = "{folder}/users" }}
"""

# What receivers have taken for the end of a mail.
SEQUENCES = {
    "LF.LF": b"\n.\n",
    "LF.CRLF": b"\n.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CR.CR": b"\r.\r",
    "CR.CRLF": b"\r.\r\n",
    "CRLF.CR": b"\r\n.\r",
    "CRLF.NUL.CRLF": b"\r\n\0.\r\n",
}


def make_certificate(folder):
    subprocess.run(
        [
            *(find_program("openssl"), "req", "-x509", "-newkey", "ec"),
            *("-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
            *("-subj", "/CN=mail.test", "-keyout", folder / "key.pem"),
            *("-out", folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    text = (folder / "cert.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "pem").write_text(text)


def open_office(folder, server=None):
    folder.mkdir()
    (port,) = free_ports(1)
    make_certificate(folder)
    (folder / "users").write_text("alice:secret\n")
    (folder / "users").chmod(0o600)
    office = Office(
        "prosody",
        folder,
        server,
        sections=TARGET
        + BLOCKS.format(folder=folder, host=HOST, port=port),
    )
    office.lan_port = port
    return office


@pytest.fixture(scope="module")
def running_office(loop, scratch):
    office = open_office(scratch / "listen")
    try:
        office.start()
        yield office
        status = loop.run_until_complete(office.end())
        complaints = office.complaints()
        assert not complaints, complaints
        assert status == 0, office.passerelle.tail(80)
    finally:
        office.kill()


@pytest.fixture
def office(loop, running_office):
    yield running_office
    loop.run_until_complete(running_office.part_all())


@pytest.fixture
def romeo(loop, office):
    return loop.run_until_complete(office.client("romeo"))


async def heard(client, subject):
    return await client.expect(
        f"a mail about {subject}",
        kind="message",
        where=lambda s: s.subject and subject in s.subject,
    )


async def run(*argv):
    """Exit status and all that was said."""
    process = await asyncio.create_subprocess_exec(
        *map(str, argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, said.decode(errors="replace")


async def swaks(*more, to=DISK, subject="swaks"):
    return await run(
        *(find_program("swaks"), "--from", NAS, "--to", to),
        *("--helo", "nas.example", "--header", f"Subject: {subject}"),
        *("--body", "a disk is full", *more),
    )


# ---- clients ---------------------------------------------------------------


async def test_swaks_by_lmtp_over_tcp(office, romeo):
    code, said = await swaks(
        *("--protocol", "LMTP", "--server", f"{HOST}:{office.lmtp_port}"),
        subject="over tcp",
    )
    assert code == 0, said
    assert "a disk is full" in (await heard(romeo, "over tcp")).body


async def test_swaks_by_lmtp_over_a_unix_socket(office, romeo):
    code, said = await swaks(
        *("--protocol", "LMTP", "--socket", office.folder / "lmtp"),
        *("--pipeline",),
        subject="over unix",
    )
    assert code == 0, said
    assert re.search("PIPELINING", said)
    await heard(romeo, "over unix")


async def test_swaks_by_smtp_with_tls_and_a_login(office, romeo):
    code, said = await swaks(
        *("--server", f"{HOST}:{office.lan_port}", "--tls"),
        *("--auth", "PLAIN", "--auth-user", "alice"),
        *("--auth-password", "secret"),
        subject="with tls",
    )
    assert code == 0, said
    assert "235 2.7.0" in said and "TLS started" in said
    await heard(romeo, "with tls")


async def test_a_login_that_is_wrong_costs_time_and_is_refused(office):
    started = asyncio.get_running_loop().time()
    code, said = await swaks(
        *("--server", f"{HOST}:{office.lan_port}", "--tls", "--auth"),
        *("LOGIN", "--auth-user", "alice", "--auth-password", "guess"),
    )
    assert code != 0 and "535 5.7.8" in said
    assert asyncio.get_running_loop().time() - started > 1


async def test_who_does_not_exist_is_told_at_once(office):
    code, said = await swaks(
        *("--protocol", "LMTP", "--server", f"{HOST}:{office.lmtp_port}"),
        to=NOBODY,
    )
    assert code != 0 and re.search(r"<\*\* 550 5\.1\.1", said), said


async def test_smtp_source_by_the_hundred(office, romeo):
    code, said = await run(
        *(find_program("smtp-source"), "-L", "-s", LOAD_CONNECTIONS),
        *("-m", LOAD, "-l", 2000, "-f", NAS, "-t", DISK, "-S", "load"),
        f"inet:{HOST}:{office.lmtp_port}",
    )
    assert code == 0, said
    for _ in range(LOAD):
        await heard(romeo, "load")


# ---- what no client does ---------------------------------------------------


class Raw:
    """Says bytes, reads whole replies."""

    def __init__(self, port):
        self._socket = socket.create_connection((HOST, port), timeout=30)
        self._file = self._socket.makefile("rb")
        self.reply()

    def say(self, data):
        self._socket.sendall(data)

    def reply(self):
        while (line := self._file.readline()) and line[3:4] == b"-":
            pass
        return line.decode()

    def ask(self, text):
        self.say(text.encode() + b"\r\n")
        return self.reply()

    def begin(self, hello, to=DISK):
        self.ask(f"{hello} nas.example")
        self.ask(f"MAIL FROM:<{NAS}>")
        assert self.ask(f"RCPT TO:<{to}>").startswith("250")
        assert self.ask("DATA").startswith("354")

    def close(self):
        self._file.close()
        self._socket.close()


def smuggling(name, inside, to=DISK):
    return (
        f"From: {NAS}\r\nSubject: first {name}\r\n\r\nhello".encode()
        + inside
        + f"MAIL FROM:<{NAS}>\r\nRCPT TO:<{to}>\r\nDATA\r\n"
        f"Subject: second {name}\r\n\r\nevil\r\n.\r\nQUIT\r\n".encode()
    )


def rest_of(raw):
    replies = []
    while reply := raw.reply():
        replies.append(reply[:9])
    raw.close()
    return replies


@pytest.mark.parametrize("name", SEQUENCES)
async def test_lmtp_takes_one_mail_of_two(office, romeo, name):
    def hand_in():
        raw = Raw(office.lmtp_port)
        raw.begin("LHLO")
        raw.say(smuggling(name, SEQUENCES[name]))
        return rest_of(raw)

    assert await asyncio.to_thread(hand_in) == ["250 2.0.0", "221 2.0.0"]
    got = await heard(romeo, f"first {name}")
    assert "evil" in got.body
    await romeo.barrier(MAIL_GATEWAY)
    assert not any(
        f"second {name}" in (s.subject or "") for s in romeo.inbox.history
    )


@pytest.mark.parametrize("name", SEQUENCES)
async def test_smtp_of_strangers_takes_none(office, romeo, name):
    def hand_in():
        raw = Raw(office.lan_port)
        raw.begin("EHLO")
        raw.say(smuggling(f"strange {name}", SEQUENCES[name]))
        return rest_of(raw)

    first, *rest = await asyncio.to_thread(hand_in)
    assert first in ("550 5.6.1", "550 5.6.0") and rest == ["221 2.0.0"]
    await romeo.barrier(MAIL_GATEWAY)
    assert not any(
        f"strange {name}" in (s.subject or "") for s in romeo.inbox.history
    )


async def test_who_goes_early_hurts_nobody(office, romeo):
    words = [
        b"",
        b"LHLO x\r\n",
        f"LHLO x\r\nMAIL FROM:<{NAS}>\r\n".encode(),
        f"LHLO x\r\nMAIL FROM:<{NAS}>\r\nRCPT TO:<{DISK}>\r\n".encode(),
        f"LHLO x\r\nMAIL FROM:<{NAS}>\r\nRCPT TO:<{DISK}>\r\nDATA\r\n"
        "Subject: half".encode(),
        b"LHLO x\r\nSTARTTLS\r\n",
        b"\0\xff\r\n" * 3,
        b"A" * 70000,
    ]

    def come_and_go():
        for port in (office.lmtp_port, office.lan_port):
            for what in words:
                with socket.create_connection((HOST, port), timeout=30) as s:
                    s.sendall(what)

    await asyncio.to_thread(come_and_go)
    code, said = await swaks(
        *("--protocol", "LMTP", "--server", f"{HOST}:{office.lmtp_port}"),
        subject="after all",
    )
    assert code == 0, said
    await heard(romeo, "after all")
    assert not any("half" in (s.subject or "") for s in romeo.inbox.history)


# ---- through Postfix, as contrib/ tells to set it --------------------------


@pytest.fixture
def behind_postfix(loop, scratch):
    if mta.can_start():
        pytest.skip(mta.can_start())
    office = open_office(scratch / "behind-postfix", "postfix")
    try:
        office.start()
        yield office
        assert loop.run_until_complete(office.end()) == 0
        assert not office.complaints()
    finally:
        office.kill()


async def test_postfix_gives_on_one_mail_of_two(behind_postfix):
    romeo = await behind_postfix.client("romeo")

    def hand_in(name):
        raw = Raw(behind_postfix.mta.smtp_port)
        raw.begin("EHLO")
        raw.say(smuggling(name, SEQUENCES[name]))
        return rest_of(raw)

    for name in SEQUENCES:
        replies = await asyncio.to_thread(hand_in, name)
        assert [r[:3] for r in replies] == ["250", "221"], (name, replies)
        await heard(romeo, f"first {name}")
    await romeo.barrier(MAIL_GATEWAY)
    subjects = [s.subject or "" for s in romeo.inbox.history]
    assert not [s for s in subjects if "second" in s]
