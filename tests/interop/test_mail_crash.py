"""Passerelle and its workers killed at each stage of a mail, both ways.

Outward the far side says when: before each of its answers.  Inward the test
does, at each of its commands; like a mail server it brings again what was not
answered 250.  Lost is what nobody has and nobody was told of; repeated is what
somebody has twice and nobody was told of.  CRASH_ROUNDS makes it longer.
"""

import asyncio
import os
import re
import signal
import socket
import threading
from collections import Counter
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest
from names import MAIL_GATEWAY
from office import Office
from place import HOST
from process import NotInTime, wait_until

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "1"))
EARLY = ("connect", "ehlo", "mail", "rcpt", "data")  # nothing of it has left
OUT = (*EARLY, "body", "dot", "answered")
IN = ("connect", "lhlo", "mail", "rcpt", "data", "body", "dot", "answered")
DAEMON = "passerelle"
SENDER = "passerelle-mailout"
READER = "passerelle-mailread"
REACHED_S = 20  # a mail reaches a stage
END_S = 150  # what is unsure is told after a minute
TEST_S = 60 + ROUNDS * (60 + END_S)

RECEIPT = "{urn:xmpp:receipts}received"
REQUEST = "<request xmlns='urn:xmpp:receipts'/>"
CODE_5 = re.compile(rb"5\d\d ")
WORDS = re.compile(r"^in \d+$", re.MULTILINE)
NO_CAPS = """
	hold_ms = 0
	per_hour = 0  per_day = 0  new_per_day = 0  per_recipient_hour = 0
"""


@pytest.fixture
def office(loop, scratch):
    office = Office("prosody", scratch / "mail-crash", options=NO_CAPS)
    try:
        office.start()
        yield office
        status = loop.run_until_complete(office.end())
        assert not office.complaints()
        assert status == 0, office.passerelle.tail(80)
    finally:
        office.kill()


# ---- killing -------------------------------------------------------------


def workers(office, name):
    """Pids of that program among the children of ours."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            program = (folder / "cmdline").read_bytes().split(b"\0")[0]
        except OSError:
            continue
        if int(stat[1]) == office.passerelle.pid and program.endswith(
            name.encode()
        ):
            found.append(int(folder.name))
    return found


def kill_workers(office, name):
    for pid in workers(office, name):
        os.kill(pid, signal.SIGKILL)


class Killer:
    """Kills a program once, at a stage."""

    def __init__(self, office, program, stage):
        self._office, self._program, self._stage = office, program, stage
        self._lock = threading.Lock()
        self.has_killed = False

    def __call__(self, stage):
        with self._lock:
            if stage != self._stage or self.has_killed:
                return
            if self._program == DAEMON:
                self._office.passerelle.kill()
            else:
                kill_workers(self._office, self._program)
            self.has_killed = True

    def mend(self):
        if not self._office.passerelle.is_running():
            self._office.start_passerelle()


# ---- outward -------------------------------------------------------------


class Sent:
    """A message to a mail address of its own."""

    def __init__(self, office, program, stage):
        self.to = office.new_name()
        self.jid = office.jid(self.to)
        self.program, self.stage = program, stage
        self.told = Counter()

    def read(self, stanza):
        if stanza.kind != "message" or stanza.sender != self.jid:
            return
        if stanza.find(RECEIPT) is not None:
            self.told["sent"] += 1
        elif stanza.type == "error":
            self.told["refused"] += 1
        elif (stanza.body or "").startswith("Perhaps not sent"):
            self.told["unsure"] += 1

    def copies(self, office):
        return sum(m.recipients == [self.to] for m in office.far.mails)

    def is_lost(self, office):
        return not self.told or (
            self.told["sent"] and not self.copies(office)
        )

    def is_repeated(self, office):
        return self.copies(office) > 1 and not self.told["unsure"]

    @property
    def has_to_be_sent(self):
        """Its end had certainly not left: it is tried again."""
        return self.program == SENDER and self.stage in EARLY

    def __repr__(self):
        return f"{self.program} at {self.stage}: {dict(self.told)}"


async def send(office, romeo, program, stage):
    sent = Sent(office, program, stage)
    await asyncio.to_thread(kill_workers, office, SENDER)  # a new connection
    killer = office.far.stage = Killer(office, program, stage)
    romeo.say(sent.jid, f"to {sent.to}", kind="chat", extra=[REQUEST])
    await asyncio.to_thread(
        wait_until, repr(sent), lambda: killer.has_killed, REACHED_S
    )
    office.far.stage = lambda name: None
    await asyncio.to_thread(killer.mend)
    await romeo.wait_for_service(MAIL_GATEWAY)
    if sent.has_to_be_sent:
        await settle(romeo, [sent])  # its second attempt is not to be stopped
    return sent


async def settle(romeo, sents):
    """Until each has its end."""
    end = asyncio.get_running_loop().time() + END_S
    while asyncio.get_running_loop().time() < end:
        for sent in sents:
            sent.told.clear()
            for stanza in romeo.inbox.history:
                sent.read(stanza)
        if all(sent.told for sent in sents):
            return
        await asyncio.sleep(0.2)


# ---- inward --------------------------------------------------------------


class Refused(Exception):
    """What is nobody's fault but ours."""


class Attempt:
    """One of a mail server, command by command."""

    def __init__(self, office, stage):
        self._socket = socket.create_connection((HOST, office.lmtp_port), 30)
        self._lines = self._socket.makefile("rb")
        self._stage = stage

    def hear(self):
        while line := self._lines.readline():
            if line[3:4] != b"-":
                break
        if CODE_5.match(line):
            raise Refused(line)
        return line.startswith((b"2", b"3"))

    def say(self, stage, data):
        self._socket.sendall(data)
        self._stage(stage)

    def bring(self, mail, sender, to):
        self._stage("connect")
        ok = self.hear()
        for verb, command in (
            ("lhlo", "LHLO mx.example.org"),
            ("mail", f"MAIL FROM:<{sender}>"),
            ("rcpt", f"RCPT TO:<{to}>"),
            ("data", "DATA"),
        ):
            self.say(verb, command.encode() + b"\r\n")
            ok = ok and self.hear()
        if not ok:
            return False
        self.say("body", mail[: len(mail) // 2])
        self.say("dot", mail[len(mail) // 2 :] + b"\r\n.\r\n")
        ok = self.hear()
        if ok:
            self._stage("answered")
        return ok

    def close(self):
        self._lines.close()
        self._socket.close()


def bring(office, killer, *mail):
    """Again and again, as mail servers do; how often."""
    for n in range(1, 40):
        try:
            attempt = Attempt(office, killer)
            try:
                taken = attempt.bring(*mail)
            finally:
                attempt.close()
        except OSError:
            taken = False
        killer.mend()
        if taken:
            return n
    raise NotInTime("the mail was never taken")


def written(office, n, sender, to):
    mail = office.write(sender, to, f"in {n}\n" + "word\n" * 500)
    del mail["Date"]
    mail["Date"] = format_datetime(datetime.now(timezone.utc))
    return mail.as_bytes().replace(b"\n", b"\r\n")


class Came:
    def __init__(self, n, program, stage):
        self.words, self.program, self.stage = f"in {n}", program, stage
        self.copies = []  # (id, delayed)

    def read(self, stanza):
        found = WORDS.search(stanza.body or "")
        if stanza.kind == "message" and found and found[0] == self.words:
            self.copies.append((stanza.id, stanza.is_delayed))

    @property
    def is_silent(self):
        return len({id for id, _ in self.copies}) > 1 or not all(
            delayed for _, delayed in self.copies[1:]
        )

    def __repr__(self):
        return f"{self.program} at {self.stage}: {self.copies}"


async def receive(office, romeo, n, program, stage):
    came = Came(n, program, stage)
    bob = office.new_name()
    to = f"romeo@{MAIL_GATEWAY}"
    killer = Killer(office, program, stage)
    await asyncio.to_thread(
        bring, office, killer, written(office, n, bob, to), bob, to
    )
    assert killer.has_killed, came
    await romeo.wait_for_service(MAIL_GATEWAY)
    return came


async def gather(romeo, cames):
    await asyncio.sleep(1)  # what would come twice, does so now
    end = asyncio.get_running_loop().time() + 30
    while asyncio.get_running_loop().time() < end:
        for came in cames:
            came.copies.clear()
            for stanza in romeo.inbox.history:
                came.read(stanza)
        if all(came.copies for came in cames):
            return
        await asyncio.sleep(0.2)


# ---- the table -----------------------------------------------------------


def rows_out(office, sents):
    for program in (DAEMON, SENDER):
        of = [s for s in sents if s.program == program]
        yield (
            f"outward  {program:19}",
            len(of),
            sum(bool(s.is_lost(office)) for s in of),
            sum(s.is_repeated(office) for s in of),
            sum(s.told["unsure"] > 0 for s in of),
            "",
        )


def rows_in(cames):
    for program in (DAEMON, READER):
        of = [c for c in cames if c.program == program]
        yield (
            f"inward   {program:19}",
            len(of),
            sum(not c.copies for c in of),
            sum(c.is_silent for c in of),
            "",
            sum(len(c.copies) > 1 for c in of),
        )


def print_table(rows):
    print(
        f"\n{'killed, at each stage':28} kills  lost  repeated"
        "  told unsure  in the window"
    )
    for name, n, lost, repeated, unsure, window in rows:
        print(f"{name} {n:5} {lost:5} {repeated:9} {unsure:12} {window:14}")


async def test_nothing_is_lost_and_nothing_repeated_silently(office, capsys):
    romeo = await office.client("romeo", "crash")
    await office.register(romeo, "romeo")
    sents, cames = [], []
    for _ in range(ROUNDS):
        for program in (DAEMON, SENDER):
            for stage in OUT:
                sents.append(await send(office, romeo, program, stage))
        for program in (DAEMON, READER):
            for stage in IN:
                cames.append(
                    await receive(office, romeo, len(cames), program, stage)
                )
        await settle(romeo, sents)
        await gather(romeo, cames)
    with capsys.disabled():
        print_table([*rows_out(office, sents), *rows_in(cames)])
    assert not [s for s in sents if s.is_lost(office)]
    assert not [s for s in sents if s.is_repeated(office)]
    assert not [s for s in sents if s.has_to_be_sent and not s.told["sent"]]
    assert not [c for c in cames if not c.copies]
    assert not [c for c in cames if c.is_silent]
