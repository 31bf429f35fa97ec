"""passerelle-mailout alone: the daemon's side of it, and servers that do what
a script says."""

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import threading
import time

from passerelle import find_program
from place import HOST

DEADLINE_S = 20
LINE_MAX = 64 * 1024
SENT, RETRY, REFUSED, UNSURE = 1, 3, 4, 5  # enum gw_fate
NONE, STARTTLS, IMPLICIT = 0, 1, 2  # enum mail_tls


# ---- lib/pack ------------------------------------------------------------


def u64(n):
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def i64(n):
    return u64(n << 1 if n >= 0 else ~(n << 1))


def text(s):
    s = s.encode() if isinstance(s, str) else s
    return u64(len(s)) + s


class Unpack:
    def __init__(self, data):
        self.data = data

    def u64(self):
        n = shift = 0
        while True:
            byte = self.data[0]
            self.data = self.data[1:]
            n |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return n
            shift += 7

    def text(self):
        n = self.u64()
        s, self.data = self.data[:n], self.data[n:]
        return s.decode()


# ---- what is sent --------------------------------------------------------


def letter(files=(), references=(), automatic=False, dsn=False, **other):
    """mail_letter_pack()."""
    field = {
        "env_from": "b.1.mac@mail.example.org",
        "env_to": "bob@example.net",
        "from_": "alice@mail.example.org",
        "from_name": "Alice",
        "to": "bob@example.net",
        "to_name": "",
        "reply_to": "",
        "cc": "",
        "subject": "Hello",
        "message_id": "t.1.a.mac@mail.example.org",
        "in_reply_to": "",
        "body": "Hello there\n",
        "jabber_id": "",
    }
    assert not set(other) - set(field)
    field.update(other)
    out = u64(1) + b"".join(text(s) for s in field.values())
    out += i64(1700000000000) + u64(automatic) + u64(dsn)
    out += u64(len(references)) + b"".join(text(r) for r in references)
    out += u64(len(files))
    for name, mime, body in files:
        out += text(name) + text(mime) + text(body)
    return out


def smarthost(
    port,
    host=HOST,
    tls=NONE,
    user="",
    password="",
    ca="",
    verify=True,
    pin=None,
    connect_ms=2000,
    reply_ms=3000,
    final_ms=3000,
    keep_ms=300,
    per_connection=100,
):
    """mail_submit_pack()."""
    out = text(host) + u64(port) + u64(tls) + text(user) + text(password)
    out += text(str(ca)) + u64(verify) + u64(pin is not None)
    out += text(pin or bytes(32)) + text("mail.example.org")
    for ms in (connect_ms, reply_ms, final_ms, keep_ms):
        out += i64(ms)
    return out + u64(per_connection)


class Result:
    """mail_result_read()."""

    def __init__(self, data):
        u = Unpack(data)
        self.fate, self.kind, self.why = u.u64(), u.u64(), u.text()
        self.code, self.enhanced = u.u64(), u.text()
        u.u64()
        self.broken, self.text = bool(u.u64()), u.text()
        assert not u.data

    def __repr__(self):
        return (
            f"fate {self.fate} kind {self.kind} {self.why!r} {self.code} "
            f"{self.enhanced!r} broken={self.broken} {self.text!r}"
        )


# ---- the worker ----------------------------------------------------------


class Worker:
    """As net/worker.c starts it."""

    def __init__(self, *args, **options):
        ours, its = socket.socketpair()
        env = {
            "PASSERELLE_PARENT": str(os.getpid()),
            "LC_ALL": "C",
            "HOME": "/nonexistent",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        self._socket = ours
        self._process = subprocess.Popen(
            [find_program() + "-mailout"],
            stdin=its,
            stdout=its,
            stderr=subprocess.PIPE,
            env=env,
        )
        its.close()
        self._bytes = b""
        self.committed = 0
        self.say(b"S", smarthost(*args, **options))

    def say(self, kind, data=b""):
        self._socket.sendall(struct.pack("<I", len(data) + 1) + kind + data)

    def hear(self, deadline_s=DEADLINE_S):
        """(kind, data); None when it has closed."""
        end = time.monotonic() + deadline_s
        while True:
            if len(self._bytes) >= 5:
                size = struct.unpack("<I", self._bytes[:4])[0]
                if len(self._bytes) >= 4 + size:
                    frame = self._bytes[4 : 4 + size]
                    self._bytes = self._bytes[4 + size :]
                    return frame[:1], frame[1:]
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                raise AssertionError("the worker says nothing")
            try:
                more = self._socket.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self._bytes += more

    def ask(self):
        """It asks for a letter."""
        kind, _ = self.hear()
        assert kind == b"N", kind

    def result(self, deadline_s=DEADLINE_S):
        """Of the letter that it has; whether it committed is noted."""
        self.committed = 0
        while True:
            frame = self.hear(deadline_s)
            assert frame, f"it has died: {self.end()}"
            kind, data = frame
            if kind == b"C":
                self.committed += 1
                continue
            assert kind == b"R", kind
            return Result(data)

    def send(self, **fields):
        """One letter, from asking to its result."""
        self.ask()
        self.say(b"L", letter(**fields))
        return self.result()

    def kill(self):
        self._process.send_signal(signal.SIGKILL)

    @property
    def pid(self):
        return self._process.pid

    def end(self):
        """Closes; its status, and what it had to say."""
        self._socket.close()
        try:
            _, errors = self._process.communicate(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            _, errors = self._process.communicate()
        return self._process.returncode, errors.decode()


@contextlib.contextmanager
def working(*args, **options):
    """A worker that is to end well, whatever it was told to do."""
    worker = Worker(*args, **options)
    try:
        yield worker
    except BaseException:
        worker.kill()
        print(worker.end())
        raise
    status, errors = worker.end()
    assert (status, errors) == (0, ""), errors


# ---- the server ----------------------------------------------------------


class Hung(Exception):
    """The worker has gone."""


class Connection:
    def __init__(self, server, sock):
        self.server = server
        self.sock = sock
        self._bytes = b""

    def say(self, *lines):
        """In one write."""
        self.raw("".join(line + "\r\n" for line in lines).encode())

    def raw(self, data):
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Hung from e

    def hear(self):
        """A line, without its end."""
        while b"\n" not in self._bytes:
            self.fill()
        line, self._bytes = self._bytes.split(b"\n", 1)
        self.server.heard.append(line.decode("latin-1"))
        return line.decode("latin-1").rstrip("\r")

    def fill(self):
        try:
            more = self.sock.recv(65536)
        except OSError as e:
            raise Hung from e
        if not more:
            raise Hung
        self._bytes += more

    def expect(self, prefix):
        line = self.hear()
        if line == "QUIT" != prefix:
            self.say("221 2.0.0 bye")
            raise Hung
        assert line.upper().startswith(prefix), line
        return line

    def mail(self):
        """What comes behind 354, as it came, up to the dot."""
        while not self._bytes.endswith(b"\r\n.\r\n"):
            self.fill()
        data, self._bytes = self._bytes[:-3], b""
        return data

    def rest(self):
        """Until it hangs up."""
        with contextlib.suppress(Hung):
            while True:
                self.fill()
        return self._bytes

    def close(self):
        """With a reset, if it has not read all."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def secure(self, context):
        self.sock = context.wrap_socket(self.sock, server_side=True)

    # What most scripts begin with.

    def greet(self, *keywords):
        self.say("220 mx.example.net ready")
        self.hello(*keywords)

    def hello(self, *keywords):
        self.expect("EHLO mail.example.org".upper())
        words = ["mx.example.net", *keywords]
        last = len(words) - 1
        self.say(
            *(f"250{' ' if i == last else '-'}{w}" for i, w in enumerate(words))
        )

    def take(self, answer="250 2.0.0 queued as 1"):
        """One mail, answer by answer, whether commands are pipelined or
        not."""
        self.expect("MAIL FROM:")
        self.say("250 2.1.0 ok")
        self.expect("RCPT TO:")
        self.say("250 2.1.5 ok")
        self.expect("DATA")
        self.say("354 go on")
        self.server.mails.append(self.mail())
        self.say(answer)

    def bye(self):
        self.expect("QUIT")
        self.say("221 2.0.0 bye")


class Server:
    """scripts: one for each connection; the last one goes on."""

    def __init__(self, *scripts, host=HOST):
        self.heard, self.mails, self.failures = [], [], []
        self.nconnections = 0
        self._scripts = list(scripts)
        self._listener = socket.create_server(
            (host, 0),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
        )
        self.port = self._listener.getsockname()[1]
        self._threads = []
        self._open = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.settimeout(DEADLINE_S)
                script = self._scripts[
                    min(self.nconnections, len(self._scripts) - 1)
                ]
                self.nconnections += 1
                connection = Connection(self, sock)
                self._open.append(connection)
                thread = threading.Thread(
                    target=self._play, args=(script, connection), daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def _play(self, script, connection):
        try:
            script(connection)
            while connection.hear() != "QUIT":
                pass
            connection.say("221 2.0.0 bye")
            connection.rest()
        except Hung:
            pass
        except (AssertionError, OSError) as e:
            self.failures.append(e)
        finally:
            connection.close()

    def stop(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(DEADLINE_S)
        for connection in self._open:
            connection.close()
        for thread in self._threads:
            thread.join(DEADLINE_S)


@contextlib.contextmanager
def serving(*scripts, fails=False, **options):
    """fails: what a script did not expect is looked at by the test."""
    server = Server(*scripts, **options)
    try:
        yield server
    finally:
        server.stop()
    assert fails or not server.failures, server.failures
