"""A mail server that a test looks into: SMTP and LMTP, one verdict for each
recipient, by the test's own function."""

import contextlib
import socketserver
import threading
import time

from place import HOST
from process import NotInTime

OK = "250 2.1.5 taken"
FINAL = "250 2.0.0 taken"
LINE_MAX = 64 * 1024
MAIL_MAX = 64 * 1024 * 1024


class Mail:
    """As it came."""

    def __init__(self, sender, recipients, data):
        self.sender = sender
        self.recipients = recipients
        self.data = data

    @property
    def text(self):
        return self.data.decode(errors="replace")


class _Talk(socketserver.StreamRequestHandler):
    timeout = 60

    def handle(self):
        sink = self.server.sink
        self._sender, self._recipients, self._lmtp = None, [], False
        with contextlib.suppress(OSError):
            sink.stage("connect")
            self._say("220 sink ready")
            while line := self.rfile.readline(LINE_MAX):
                text = line.decode(errors="replace").strip()
                sink.commands.append(text)
                verb = text[:4].upper()
                sink.stage(verb.lower())
                if verb == "QUIT":
                    self._say("221 2.0.0 bye")
                    return
                getattr(self, f"_{verb.lower()}", self._other)(text)

    def _say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def _other(self, text):
        self._say("250 2.0.0 fine")

    def _ehlo(self, text):
        for word in self.server.sink.keywords:
            self._say(f"250-{word}")
        self._say("250 ENHANCEDSTATUSCODES")

    def _lhlo(self, text):
        self._lmtp = True
        self._ehlo(text)

    def _mail(self, text):
        self._sender, self._recipients = _path(text), []
        self._say("250 2.1.0 fine")

    def _rcpt(self, text):
        reply = self.server.sink.judge(_path(text))
        if reply.startswith("2"):
            self._recipients.append(_path(text))
        self._say(reply)

    def _data(self, text):
        self._say("354 go on" if self._recipients else "554 5.5.1 to whom?")
        if not self._recipients:
            return
        data = b""
        while (line := self.rfile.readline(LINE_MAX)) != b".\r\n":
            if not line or len(data) > MAIL_MAX:
                return
            if not data:
                self.server.sink.stage("body")
            data += line[1:] if line.startswith(b".") else line
        sink = self.server.sink
        mail = Mail(self._sender, self._recipients, data)
        replies = [sink.finish(mail, to) for to in self._recipients]
        if replies[0].startswith("2"):
            sink.mails.append(mail)
        sink.stage("dot")
        for reply in replies if self._lmtp else replies[:1]:
            self._say(reply)
        sink.stage("answered")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _path(text):
    return text[text.index("<") + 1 : text.index(">")]


class Sink:
    """judge(recipient): the reply to RCPT; finish(mail, recipient): that to
    the end of data; stage(name): called before each answer, "connect", then
    the command, "body" with its first line, "dot" when it has been taken, and
    "answered" behind that."""

    def __init__(self, judge=None, finish=None):
        self.judge = judge or (lambda to: OK)
        self.finish = finish or (lambda mail, to: FINAL)
        self.stage = lambda name: None
        self.keywords = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 50000000"]
        self.mails = []
        self.commands = []
        self._server = _Server((HOST, 0), _Talk)
        self._server.sink = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, daemon=True
        )
        self._thread.start()

    def wait_for(self, found, deadline_s=30):
        """The first mail for which that holds."""
        end = time.monotonic() + deadline_s
        while time.monotonic() < end:
            for mail in list(self.mails):
                if found(mail):
                    return mail
            time.sleep(0.02)
        raise NotInTime(f"a mail at the sink: {len(self.mails)} others came")

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
