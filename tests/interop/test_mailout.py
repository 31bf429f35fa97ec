"""The worker that sends mail, against servers that do what breaks libesmtp.

Whatever they do, the worker says what became of the mail, ends by itself and
crashes nowhere; no mail arrives with a hole in it, twice or unasked for.
"""

import base64
import email
import email.policy
import hashlib
import os
import socket
import ssl
import time

import pytest
from mailout import (
    IMPLICIT,
    NONE,
    REFUSED,
    RETRY,
    SENT,
    STARTTLS,
    UNSURE,
    Worker,
    letter,
    serving,
    working,
)
from place import HOST, SCRIPTED_HOST

ALL = (
    "PIPELINING",
    "SIZE 10485760",
    "ETRN",
    "STARTTLS",
    "ENHANCEDSTATUSCODES",
    "8BITMIME",
    "DSN",
    "SMTPUTF8",
    "CHUNKING",
)


def plainly(c):
    """Any number of mails."""
    c.greet("PIPELINING", "DSN")
    while True:
        c.take()


def read(mail):
    return email.message_from_bytes(mail, policy=email.policy.default)


# ---- what arrives --------------------------------------------------------


def test_a_mail_arrives_as_it_was_meant():
    body = "Grüße, 你好\n.\n..dot\n-- \nafter\ttab  \n" + "x" * 2000 + "\n"
    with serving(plainly) as s, working(s.port) as w:
        r = w.send(
            from_name='Alïce "x" <a@b.example>',
            to_name="Bob",
            subject="Größe: ein langer Betreff, " * 5,
            cc="Carül <carol@example.net>, dave@example.net",
            reply_to="r.1@mail.example.org",
            in_reply_to="x@example.net",
            references=[f"{i}.{'y' * 60}@example.net" for i in range(20)],
            body=body,
            jabber_id="alice@example.org",
            automatic=True,
            files=[
                ("größe.png", "image/png", bytes(range(256)) * 4),
                ("mail.eml", "message/rfc822", b"From: x\n\nhi\n"),
            ],
        )
        assert r.fate == SENT and r.code == 250, r
        assert r.enhanced == "2.0.0" and r.text == "queued as 1"
        assert w.committed == 1
    raw = s.mails[0]
    assert all(32 <= b < 127 or b in b"\r\n\t" for b in raw)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    m = read(undotted(raw))
    assert [k.lower() for k in m.keys()] == [
        "date", "from", "reply-to", "to", "cc", "subject", "message-id",
        "in-reply-to", "references", "auto-submitted", "jabber-id",
        "mime-version", "content-type",
    ]  # fmt: skip
    assert m["from"].addresses[0].addr_spec == "alice@mail.example.org"
    assert m["from"].addresses[0].display_name == 'Alïce "x" <a@b.example>'
    assert m["subject"] == ("Größe: ein langer Betreff, " * 5).strip()
    assert [a.addr_spec for a in m["cc"].addresses] == [
        "carol@example.net",
        "dave@example.net",
    ]
    assert len(m["references"].split()) == 20
    parts = list(m.iter_parts())
    assert text_of(parts[0]) == body.replace("\n-- \n", "\n--\n")
    assert parts[0].get_content_charset() == "utf-8"
    assert parts[1].get_content() == bytes(range(256)) * 4
    assert parts[1].get_filename() == "größe.png"
    assert parts[2].get_content_type() == "application/octet-stream"


def file_of(mail):
    return list(read(mail).iter_attachments())[0].get_content()


def text_of(part):
    return part.get_content().replace("\r\n", "\n")


def undotted(raw):
    return b"\r\n".join(
        line[1:] if line.startswith(b".") else line
        for line in raw.split(b"\r\n")
    )


def test_the_envelope_asks_for_reports():
    with serving(plainly) as s, working(s.port) as w:
        assert w.send().fate == SENT
        assert w.send(dsn=True).fate == SENT
        assert w.send(env_from="").fate == SENT
        assert w.send(env_from="b." + "x" * 62 + "@x.example").fate == SENT
    mails = [h.strip() for h in s.heard if h.startswith("MAIL")]
    rcpts = [h.strip() for h in s.heard if h.startswith("RCPT")]
    assert mails == [
        "MAIL FROM:<b.1.mac@mail.example.org> RET=HDRS ENVID=b.1.mac",
        "MAIL FROM:<b.1.mac@mail.example.org> RET=HDRS ENVID=b.1.mac",
        "MAIL FROM:<>",
        "MAIL FROM:<b." + "x" * 62 + "@x.example> RET=HDRS",
    ]
    assert rcpts == [
        "RCPT TO:<bob@example.net> NOTIFY=FAILURE,DELAY",
        "RCPT TO:<bob@example.net> NOTIFY=SUCCESS,FAILURE,DELAY",
        "RCPT TO:<bob@example.net>",
        "RCPT TO:<bob@example.net> NOTIFY=FAILURE,DELAY",
    ]
    assert s.nconnections == 1


def test_many_go_over_one_connection():
    with serving(plainly) as s, working(s.port, per_connection=40) as w:
        for i in range(100):
            r = w.send(subject=f"number {i}", body=f"{i}\n" * 200)
            assert r.fate == SENT, r
    assert s.nconnections == 3
    assert [read(m)["subject"] for m in s.mails] == [
        f"number {i}" for i in range(100)
    ]


def test_a_connection_that_nobody_needs_is_ended():
    def script(c):
        c.greet()
        c.take()
        c.bye()

    with serving(script) as s, working(s.port, keep_ms=50) as w:
        assert w.send().fate == SENT
        w.ask()
        time.sleep(0.3)
        assert s.heard[-1].startswith("QUIT")


# ---- nothing gets out of its place (20, 21) ------------------------------


@pytest.mark.parametrize(
    "field",
    [
        {"env_to": "bob@example.net>\r\nRCPT TO:<eve@example.net"},
        {"env_to": "bob@example.net\r\n"},
        {"env_to": "böb@example.net"},
        {"env_from": "b@x.example>\r\nDATA"},
        {"subject": "x\r\nBcc: eve@example.net"},
        {"from_name": "x\nBcc: eve@example.net"},
        {"message_id": "a b@c"},
        {"body": "a\rb"},
        {"body": "a\0b"},
        {"in_reply_to": "x>\r\nX-Evil: 1\r\n"},
    ],
)
def test_nothing_becomes_a_command_or_a_header(field):
    with serving(plainly) as s, working(s.port) as w:
        r = w.send(**field)
        assert r.fate == REFUSED and "cannot stand" in r.why, r
        assert w.send().fate == SENT
    assert not any("eve@" in h for h in s.heard)
    assert len(s.mails) == 1


# ---- a server that hangs up or speaks nonsense (1, 5, 6, 36) -------------


def test_hanging_up_with_answers_outstanding():
    """With CHUNKING, which every Postfix offers, libesmtp calls a null
    function here; so it is not to see it."""

    def script(c):
        c.greet(*(w for w in ALL if w != "STARTTLS"))
        c.expect("MAIL FROM:")
        c.say("250 2.1.0 ok")
        c.expect("RCPT TO:")
        c.close()

    with serving(script) as s, working(s.port) as w:
        r = w.send()
        assert r.fate == RETRY and not w.committed, r
        assert not r.broken and HOST in r.why
        assert w.send().fate == RETRY
    assert not any(h.startswith("BDAT") for h in s.heard)


@pytest.mark.parametrize("at", range(6))
def test_hanging_up_at_each_step(at):
    def script(c):
        steps = [
            lambda: c.say("220 ready"),
            lambda: c.hello("PIPELINING"),
            lambda: (c.expect("MAIL"), c.say("250 ok")),
            lambda: (c.expect("RCPT"), c.say("250 ok")),
            lambda: (c.expect("DATA"), c.say("354 go on")),
            lambda: c.server.mails.append(c.mail()),
        ]
        for step in steps[: at + 1]:
            step()
        c.close()

    with serving(script) as s, working(s.port) as w:
        r = w.send(body="x\n" * (400000 if at == 4 else 1))
        if at == 5:
            assert r.fate == UNSURE and w.committed == 1, r
            assert "may have been sent" in r.why
        elif at == 4:
            assert r.fate in (RETRY, UNSURE), r
            assert (r.fate == UNSURE) == bool(w.committed)
        else:
            assert r.fate == RETRY and not w.committed, r
        # It goes on.
        assert w.send(body="x\n").fate == r.fate or at == 4
    assert s.nconnections == 2


NONSENSE = (
    b"hello\r\n",
    b"25\r\n",
    b"\r\n",
    b"999999999999 x\r\n",
    b"\xff\xfe\r\n",
    b"x" * 5000 + b"\r\n",
    b"250-a\r\n251 b\r\n",
)


def nonsensical(nonsense, at):
    def script(c):
        if at == "greeting":
            c.raw(nonsense)
            c.rest()
        c.say("220 ready")
        if at == "ehlo":
            c.hear()
            c.raw(nonsense)
            c.rest()
        c.hello("PIPELINING", "CHUNKING")
        for step, good in (
            ("mail", "250 ok"),
            ("rcpt", "250 ok"),
            ("data", "354 go"),
        ):
            c.hear()
            if at == step:
                c.raw(nonsense)
                c.rest()
            c.say(good)
        c.mail()
        c.raw(nonsense)

    return script


@pytest.mark.parametrize("at", ["greeting", "ehlo", "mail", "rcpt", "data",
                                "end"])  # fmt: skip
def test_nonsense_at_each_step(at):
    scripts = [nonsensical(n, at) for n in NONSENSE]
    with serving(*scripts, fails=True) as s, working(
        s.port, reply_ms=300, final_ms=300, keep_ms=0
    ) as w:
        for nonsense in NONSENSE:
            r = w.send()
            if at == "end" and nonsense.startswith(b"250-"):
                assert r.fate == SENT, r  # it is taken, whatever follows
            else:
                assert r.fate == (UNSURE if at == "end" else RETRY), r
            assert w.committed == (at == "end")
    assert s.nconnections == len(NONSENSE)


def test_a_server_that_is_closed_says_so():
    def script(c):
        c.say("421 4.3.2 closed for repairs")

    with serving(script) as s, working(s.port) as w:
        r = w.send()
        assert r.fate == RETRY and r.code == 421, r
        assert "closed for repairs" in r.why
        assert r.enhanced == "4.3.2"
    with serving(lambda c: c.say("554 no")) as s, working(s.port) as w:
        r = w.send()
        assert r.fate == RETRY and r.code == 554 and "no" in r.why, r


def test_nobody_listens():
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    with working(port) as w:
        r = w.send()
        assert r.fate == RETRY and "Connection refused" in r.why, r
        assert w.send().fate == RETRY


def test_a_host_with_an_ipv6_address():
    """libesmtp takes what stands behind the first colon for the port."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serving(plainly, host="::1") as s, working(s.port, host="::1") as w:
        assert w.send().fate == SENT


def test_a_name_that_is_none():
    with working(25, host="no-such-host.invalid") as w:
        r = w.send()
        assert r.fate == RETRY and "no-such-host.invalid" in r.why, r


# ---- verdicts (5, 3.2) ---------------------------------------------------


VERDICTS = (
    (["550 5.7.1 you"], REFUSED, 550, "5.7.1"),
    (["451 4.3.0 later"], RETRY, 451, "4.3.0"),
    (["250 ok", "550 5.1.1 who?", "554 no"], REFUSED, 550, "5.1.1"),
    (["250 ok", "550 5.1.1 who?", "354 go", "554 x"], REFUSED, 550, "5.1.1"),
    (["250 ok", "450 4.2.0 greylisted", "554 no"], RETRY, 450, "4.2.0"),
    (["250 ok", "452 4.2.2 full", "354 go", "554 x"], RETRY, 452, "4.2.2"),
    (["250 ok", "250 ok", "554 5.6.0 no"], REFUSED, 554, "5.6.0"),
    (["250 ok", "250 ok", "451 no"], RETRY, 451, ""),
    (["250 ok", "250 ok", "250 what"], RETRY, 0, ""),
    (["250 ok", "250 ok", "354 go", "550 5.7.26 spam"], REFUSED, 550,
     "5.7.26"),
    (["250 ok", "250 ok", "354 go", "450 4.7.1 wait"], RETRY, 450, "4.7.1"),
    (["250 ok", "250 ok", "354 go", "250 2.0.0 ok"], SENT, 250, "2.0.0"),
    (["250-2.1.0 a", "250 ok", "250 ok", "354 go"], RETRY, 0, ""),
    (["530 5.7.0 log in first"], RETRY, 530, "5.7.0"),
)  # fmt: skip


def answering(answers, keywords):
    def script(c):
        c.greet(*(k for k in keywords if k != "STARTTLS"))
        for answer in answers:
            line = c.hear()
            if line.startswith(("QUIT", "RSET")):
                break
            c.say(answer)
            if answer.startswith("354") and len(answers) > 3:
                data = c.mail() if answers[1][0] == "2" else c.hear()
                assert data
                c.say(answers[-1])
                break

    return script


@pytest.mark.parametrize("keywords", [(), ("PIPELINING",), ALL])
def test_verdicts(keywords):
    scripts = [answering(answers, keywords) for answers, *_ in VERDICTS]
    with serving(*scripts, fails=True) as s, working(
        s.port, reply_ms=300, final_ms=300, keep_ms=0
    ) as w:
        for answers, fate, code, enhanced in VERDICTS:
            r = w.send()
            assert (r.fate, r.code, r.enhanced) == (fate, code, enhanced), r
            assert r.broken == (code == 530)
            assert w.committed == (
                answers[:3] == ["250 ok", "250 ok", "354 go"]
            )
    assert s.nconnections == len(VERDICTS)


def test_a_refused_recipient_does_not_end_the_connection():
    def script(c):
        c.greet("PIPELINING")
        for _ in range(3):
            c.expect("MAIL")
            c.say("250 ok")
            c.expect("RCPT")
            c.say("550 5.1.1 who?")
            c.expect("DATA")
            c.say("503 nobody to send it to")
            c.expect("RSET")
            c.say("250 ok")
        c.take()

    with serving(script) as s, working(s.port) as w:
        for _ in range(3):
            assert w.send().fate == REFUSED
        assert w.send().fate == SENT
    assert s.nconnections == 1


def test_a_refused_sender_does_not_end_the_connection():
    def script(c):
        c.greet("PIPELINING")
        c.expect("MAIL")
        c.say("550 5.1.8 not you")
        c.take()

    with serving(script) as s, working(s.port) as w:
        assert w.send().fate == REFUSED
        assert w.send().fate == SENT
    assert s.nconnections == 1


def test_the_next_mail_is_tried_on_a_connection_of_its_own():
    def once(c):
        c.greet()
        c.take()
        c.expect("MAIL")
        c.say("421 4.7.0 enough for today")
        c.close()

    with serving(once, plainly) as s, working(s.port) as w:
        assert w.send().fate == SENT
        assert w.send(subject="second").fate == SENT
    assert s.nconnections == 2
    assert [read(m)["subject"] for m in s.mails] == ["Hello", "second"]


def test_an_answer_may_have_no_text():
    def script(c):
        c.say("220 ready")
        c.expect("EHLO")
        c.raw(b"250\r\n")
        c.expect("MAIL")
        c.raw(b"250\r\n")
        c.expect("RCPT")
        c.raw(b"250-\r\n250\r\n")
        c.expect("DATA")
        c.raw(b"354\r\n")
        c.mail()
        c.raw(b"250\r\n")

    with serving(script) as s, working(s.port) as w:
        assert w.send().fate == SENT


def test_enhanced_codes_may_differ_or_be_missing():
    def script(c):
        c.greet("ENHANCEDSTATUSCODES", "PIPELINING")
        c.take("250-2.0.0 fine\r\n250-2.6.0 really\r\n250 queued")

    with serving(script) as s, working(s.port) as w:
        r = w.send()
        assert r.fate == SENT and r.text == "fine 2.6.0 really queued", r


def test_answers_in_small_pieces():
    def script(c):
        lines = (
            b"220 hi\r\n250-mx\r\n250-CHUNKING\r\n250-PIPELINING\r\n"
            b"250-XUSR\r\n250 DSN\r\n"
        )
        for byte in lines[:8]:
            c.raw(bytes([byte]))
            time.sleep(0.002)
        c.expect("EHLO")
        for byte in lines[8:]:
            c.raw(bytes([byte]))
            time.sleep(0.002)
        c.take()

    with serving(script) as s, working(s.port) as w:
        assert w.send().fate == SENT


def test_a_mail_that_is_too_large_is_not_begun():
    def script(c):
        c.greet("SIZE 20000", "PIPELINING")
        while True:
            c.take()

    with serving(script) as s, working(s.port) as w:
        r = w.send(body="x" * 70 + "\n" + "y" * 50000)
        assert r.fate == REFUSED and r.enhanced == "5.3.4", r
        assert "takes mails of 20000 bytes" in r.why
        assert w.send().fate == SENT
    assert len(s.mails) == 1
    assert " SIZE=" in next(h for h in s.heard if h.startswith("MAIL"))


# ---- time (16, 17) -------------------------------------------------------


def test_a_host_that_does_not_answer_connections():
    """A listener whose queue is full drops what comes."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        held = []
        for _ in range(4):
            c = socket.socket()
            c.setblocking(False)
            c.connect_ex((HOST, port))
            held.append(c)
        with working(port, connect_ms=500) as w:
            begun = time.monotonic()
            r = w.send()
            assert r.fate == RETRY and "timed out" in r.why, r
            assert time.monotonic() - begun < 5
        for c in held:
            c.close()


@pytest.mark.parametrize("at", ["greeting", "mail", "data", "middle", "end"])
def test_a_server_that_falls_silent(at):
    def script(c):
        if at == "greeting":
            c.rest()
        c.greet("PIPELINING")
        c.expect("MAIL")
        if at == "middle":
            c.raw(b"25")
        if at in ("mail", "middle"):
            c.rest()
        c.say("250 ok")
        c.expect("RCPT")
        c.say("250 ok")
        c.expect("DATA")
        if at == "data":
            c.rest()
        c.say("354 go")
        c.mail()
        c.rest()

    with serving(script) as s, working(s.port, reply_ms=400, final_ms=400) as w:
        begun = time.monotonic()
        r = w.send()
        assert r.fate == (UNSURE if at == "end" else RETRY), r
        assert "does not answer" in r.why
        assert time.monotonic() - begun < 3  # once, not once for QUIT too


@pytest.mark.parametrize("tls", [NONE, STARTTLS, IMPLICIT])
def test_no_mail_arrives_with_a_hole(tls, tls_files):
    """A server that stops reading for longer than the timeout: libesmtp goes
    on with the bytes that follow those it could not write."""
    body = "".join(f"{i:07d} {'x' * 60}\n" for i in range(120000)).encode()
    got = []

    def script(c):
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        begin_tls(c, tls, tls_files)
        c.expect("MAIL")
        c.say("250 ok")
        c.expect("RCPT")
        c.say("250 ok")
        c.expect("DATA")
        c.say("354 go")
        c.fill()
        time.sleep(1.5)
        got.append(c.rest())

    with serving(script, fails=True) as s, working(
        s.port, host="localhost" if tls else HOST, tls=tls,
        ca=tls_files.ca, reply_ms=500,
    ) as w:  # fmt: skip
        r = w.send(files=[("x", "text/plain", body)])
        assert r.fate == RETRY and not w.committed, r
        if tls != IMPLICIT:
            assert "does not take what is sent" in r.why
    data = got[0].split(b"base64\r\n\r\n", 1)[1].replace(b"\r\n", b"")
    data = base64.b64decode(data[: len(data) // 4 * 4])
    assert data and body.startswith(data)


@pytest.mark.parametrize("tls", [NONE, STARTTLS, IMPLICIT])
@pytest.mark.parametrize("says", [True, False])
def test_a_server_that_does_not_want_the_rest(tls, says, tls_files):
    """It was certainly not sent, and why is known where it can be read."""

    def script(c):
        begin_tls(c, tls, tls_files)
        c.expect("MAIL")
        c.say("250 ok")
        c.expect("RCPT")
        c.say("250 ok")
        c.expect("DATA")
        c.say("354 go")
        c.fill()
        if says:
            c.say("552 5.3.4 too much")
        c.sock.shutdown(socket.SHUT_WR)
        c.rest()

    with serving(script, fails=True) as s, working(
        s.port, host="localhost" if tls else HOST, tls=tls, ca=tls_files.ca
    ) as w:
        r = w.send(files=[("x", "text/plain", bytes(8000000))])
        assert not w.committed, r
        if says and tls != STARTTLS:
            assert (r.fate, r.code, r.enhanced) == (REFUSED, 552, "5.3.4"), r
        else:
            assert r.fate == RETRY and "hung up" in r.why, r


def test_a_slow_reader_gets_it_all():
    body = os.urandom(3000000)

    def script(c):
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        c.greet()
        c.expect("MAIL")
        c.say("250 ok")
        c.expect("RCPT")
        c.say("250 ok")
        c.expect("DATA")
        c.say("354 go")
        for _ in range(5):
            time.sleep(0.2)
            c.fill()
        c.server.mails.append(c.mail())
        c.say("250 ok")

    with serving(script) as s, working(s.port, reply_ms=4000) as w:
        assert w.send(files=[("x", "application/octet-stream", body)]).fate == SENT
    assert file_of(s.mails[0]) == body


# ---- TLS (2, 3, 8, 10-15) ------------------------------------------------


class TlsFiles:
    def __init__(self, certificates):
        self.ca = certificates.ca
        self.cert = certificates.cert
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates.cert, certificates.key)
        self.names = []
        self.context.sni_callback = self._on_name

    def _on_name(self, sock, name, context):
        self.names.append(name)

    @property
    def pin(self):
        der = ssl.PEM_cert_to_DER_cert(self.cert.read_text())
        return hashlib.sha256(der).digest()


@pytest.fixture
def tls_files(certificates):
    return TlsFiles(certificates)


def begin_tls(c, mode, files, *keywords):
    """Up to what is offered within."""
    if mode == IMPLICIT:
        c.secure(files.context)
    if mode == STARTTLS:
        c.greet("PIPELINING", "STARTTLS", "CHUNKING")
        c.expect("STARTTLS")
        c.say("220 go on")
        c.secure(files.context)
        c.hello("PIPELINING", "CHUNKING", *keywords)
    else:
        c.greet("PIPELINING", *keywords)


def securely(files, mode, *keywords, login=None):
    def script(c):
        begin_tls(c, mode, files, *keywords)
        if login:
            login(c)
        while True:
            c.take()

    return script


BOTH = pytest.mark.parametrize("mode", [STARTTLS, IMPLICIT])


@BOTH
def test_mail_over_tls(mode, tls_files):
    """Over and over: the default context of libesmtp is freed after the first
    session, and a ticket that comes early makes it wait for ever."""
    with serving(securely(tls_files, mode)) as s, working(
        s.port, host="localhost", tls=mode, ca=tls_files.ca, per_connection=1,
    ) as w:  # fmt: skip
        for _ in range(20):
            r = w.send()
            assert r.fate == SENT, r
    assert s.nconnections == 20
    assert set(tls_files.names) == {"localhost"}


@BOTH
def test_large_mail_over_tls(mode, tls_files):
    body = os.urandom(3000000)
    with serving(securely(tls_files, mode)) as s, working(
        s.port, host="localhost", tls=mode, ca=tls_files.ca
    ) as w:
        assert w.send(files=[("x", "application/octet-stream", body)]).fate == SENT
        assert w.send().fate == SENT
    assert file_of(s.mails[0]) == body


@BOTH
def test_a_host_in_digits_over_tls(mode, tls_files):
    with serving(securely(tls_files, mode)) as s, working(
        s.port, host=HOST, tls=mode, ca=tls_files.ca
    ) as w:
        assert w.send().fate == SENT


@BOTH
def test_a_certificate_of_nobody_we_know(mode, tls_files):
    with serving(securely(tls_files, mode), fails=True) as s, working(
        s.port, host="localhost", tls=mode
    ) as w:
        r = w.send()
        assert r.fate == RETRY and r.broken, r
        assert "certificate" in r.why
    assert not any(h.startswith("MAIL") for h in s.heard)


@BOTH
def test_a_certificate_of_somebody_else(mode, tls_files):
    with serving(
        securely(tls_files, mode), fails=True, host=SCRIPTED_HOST
    ) as s, working(
        s.port, host=SCRIPTED_HOST, tls=mode, ca=tls_files.ca
    ) as w:
        r = w.send()
        assert r.fate == RETRY and r.broken, r
        assert "certificate" in r.why and "mismatch" in r.why
    assert not any(h.startswith("MAIL") for h in s.heard)


@BOTH
def test_a_pinned_certificate(mode, tls_files):
    with serving(securely(tls_files, mode)) as s, working(
        s.port, host=HOST, tls=mode, pin=tls_files.pin
    ) as w:
        assert w.send().fate == SENT
    with serving(securely(tls_files, mode), fails=True) as s, working(
        s.port, host=HOST, tls=mode, pin=bytes(32), ca=tls_files.ca
    ) as w:
        r = w.send()
        assert r.fate == RETRY and r.broken and "pinned" in r.why, r
    assert not any(h.startswith("MAIL") for h in s.heard)


@BOTH
def test_verification_can_be_switched_off(mode, tls_files):
    with serving(securely(tls_files, mode)) as s, working(
        s.port, host=HOST, tls=mode, verify=False
    ) as w:
        assert w.send().fate == SENT


def test_nothing_is_sent_where_starttls_is_missing():
    with serving(plainly, fails=True) as s, working(
        s.port, tls=STARTTLS, verify=False
    ) as w:
        r = w.send()
        assert r.fate == RETRY and r.broken, r
        assert "does not offer STARTTLS" in r.why
    assert not any(h.startswith("MAIL") for h in s.heard)


def test_a_server_without_ehlo_has_no_starttls():
    def script(c):
        c.say("220 old")
        c.hear()
        c.say("502 what?")
        c.expect("HELO")
        c.say("250 hi")
        c.take()

    with serving(script, fails=True) as s, working(
        s.port, tls=STARTTLS, verify=False
    ) as w:
        r = w.send()
        assert r.fate == RETRY and r.broken, r
    assert not any(h.startswith("MAIL") for h in s.heard)
    with serving(script) as s, working(s.port) as w:
        assert w.send().fate == SENT


@pytest.mark.parametrize("together", [True, False])
def test_what_stands_behind_the_answer_to_starttls(tls_files, together):
    """It would be taken for what the server said inside TLS."""

    def script(c):
        c.greet("STARTTLS")
        c.expect("STARTTLS")
        if together:
            c.raw(b"220 go on\r\n250-mx\r\n250 AUTH PLAIN\r\n")
        else:
            c.raw(b"220 go on\r\n")
            c.raw(b"250-mx\r\n250 AUTH PLAIN\r\n")
        c.secure(tls_files.context)
        c.hello()
        c.take()

    with serving(script, fails=True) as s, working(
        s.port, host="localhost", tls=STARTTLS, ca=tls_files.ca,
        user="us", password="secret",
    ) as w:  # fmt: skip
        r = w.send()
        assert r.fate == RETRY, r
        if together:
            assert r.broken and "in the clear" in r.why
    assert not any(h.startswith(("MAIL", "AUTH")) for h in s.heard)


def test_a_server_that_speaks_no_tls_at_all():
    with serving(plainly, fails=True) as s, working(
        s.port, tls=IMPLICIT, verify=False
    ) as w:
        r = w.send()
        assert r.fate == RETRY and "TLS" in r.why, r
    with serving(lambda c: c.rest()) as s, working(
        s.port, tls=IMPLICIT, verify=False, reply_ms=300
    ) as w:
        r = w.send()
        assert r.fate == RETRY and "does not answer" in r.why, r


@BOTH
def test_hanging_up_inside_tls(mode, tls_files):
    def script(c):
        begin_tls(c, mode, tls_files)
        c.expect("MAIL")
        c.say("250 ok")
        c.expect("RCPT")
        c.close()

    with serving(script) as s, working(
        s.port, host="localhost", tls=mode, ca=tls_files.ca
    ) as w:
        r = w.send()
        assert r.fate == RETRY and not w.committed, r


# ---- logging in (8, 9, 40) -----------------------------------------------

PLAIN = "AHVzAHNlY3JldA=="  # \0us\0secret


def plain_login(c):
    assert c.hear() == f"AUTH PLAIN {PLAIN}"
    c.say("235 2.7.0 welcome")


def login_login(c):
    assert c.hear() == "AUTH LOGIN dXM="
    c.say("334 UGFzc3dvcmQ6")
    assert c.hear() == "c2VjcmV0"
    c.say("235 2.7.0 welcome")


@BOTH
@pytest.mark.parametrize(
    "offer, login",
    [
        ("AUTH PLAIN LOGIN", plain_login),
        ("AUTH NTLM EXTERNAL LOGIN PLAIN", login_login),
        ("AUTH=PLAIN", plain_login),
    ],
)
def test_a_login(mode, offer, login, tls_files):
    with serving(securely(tls_files, mode, offer, login=login)) as s, working(
        s.port, host="localhost", tls=mode, ca=tls_files.ca,
        user="us", password="secret",
    ) as w:  # fmt: skip
        assert w.send().fate == SENT
        assert w.send().fate == SENT
    assert s.nconnections == 1


def failing(answer):
    def login(c):
        c.expect("AUTH PLAIN")
        c.say(answer)
        c.hear()
        c.say("250 2.1.0 come in all the same")

    return login


@BOTH
def test_a_login_that_fails_sends_nothing(mode, tls_files):
    """libesmtp goes on without."""
    script = securely(
        tls_files, mode, "AUTH PLAIN LOGIN", login=failing("535 5.7.8 no")
    )
    with serving(script, fails=True) as s, working(
        s.port, host="localhost", tls=mode, ca=tls_files.ca,
        user="us", password="secret",
    ) as w:  # fmt: skip
        r = w.send()
        assert r.fate == RETRY and r.broken, r
        assert "did not let us log in: 535 5.7.8 no" in r.why
        assert "secret" not in r.why and PLAIN not in r.why
    assert not any(h.startswith("MAIL") for h in s.heard)
    assert sum(h.startswith("AUTH") for h in s.heard) == 1  # no second guess


@pytest.mark.parametrize("offer", ["AUTH GSSAPI NTLM CRAM-MD5", "SIZE 100000", "AUTH"])
def test_no_way_to_log_in_sends_nothing(offer, tls_files):
    with serving(
        securely(tls_files, STARTTLS, offer), fails=True
    ) as s, working(
        s.port, host="localhost", tls=STARTTLS, ca=tls_files.ca,
        user="us", password="secret",
    ) as w:  # fmt: skip
        r = w.send()
        assert r.fate == RETRY and r.broken, r
        assert "no way to log in" in r.why
    assert not any(h.startswith(("MAIL", "AUTH")) for h in s.heard)


def test_a_login_that_is_off_for_now(tls_files):
    script = securely(
        tls_files, STARTTLS, "AUTH PLAIN", login=failing("454 4.7.0 later")
    )
    with serving(script, fails=True) as s, working(
        s.port, host="localhost", tls=STARTTLS, ca=tls_files.ca,
        user="us", password="secret",
    ) as w:  # fmt: skip
        r = w.send()
        assert r.fate == RETRY and not r.broken, r
        assert "454 4.7.0 later" in r.why
    assert not any(h.startswith("MAIL") for h in s.heard)


def test_no_password_leaves_in_the_clear():
    w = Worker(25, host="mx.example.net", user="us", password="secret")
    assert w.hear() is None
    status, errors = w.end()
    assert status == 64 and "would show the password" in errors


def test_a_login_on_this_machine_needs_no_tls():
    def script(c):
        c.greet("AUTH PLAIN")
        plain_login(c)
        c.take()

    with serving(script) as s, working(
        s.port, user="us", password="secret"
    ) as w:
        assert w.send().fate == SENT


# ---- the worker itself ---------------------------------------------------


def test_a_worker_that_is_killed_has_not_sent_the_end():
    """What the daemon relies on: without COMMITTING the mail is not there."""
    got = []

    def script(c):
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        c.greet()
        c.expect("MAIL")
        c.say("250 ok")
        c.expect("RCPT")
        c.say("250 ok")
        c.expect("DATA")
        c.say("354 go")
        c.fill()
        w.kill()
        got.append(c.rest())

    with serving(script) as s:
        w = Worker(s.port)
        w.ask()
        w.say(b"L", letter(files=[("x", "application/octet-stream", bytes(7000000))]))
        assert w.hear() is None
        w.end()
    assert not got[0].endswith(b"\r\n.\r\n")


def test_it_ends_when_the_daemon_closes():
    with serving(plainly) as s:
        w = Worker(s.port)
        w.ask()
        assert w.end() == (0, "")


def test_it_does_not_take_nonsense_from_the_daemon():
    w = Worker(25)
    w.ask()
    w.say(b"X", b"what")
    assert w.hear() is None
    assert w.end() == (0, "")
    w = Worker(25)
    w.ask()
    w.say(b"L", b"no letter")
    assert w.result().fate == REFUSED
    assert w.end()[0] == 0
