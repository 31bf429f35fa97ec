"""An IRC server that does what a test tells it to, however odd.

It serves whoever connects: registers them, with SASL if it is told to, lets
them join any channel, answers PING.  Everything else is the test's doing.
"""

import asyncio
import base64
import hashlib
import hmac

from inbox import DEADLINE_S, Inbox
from ircpeer import parse, to_bytes
from place import SCRIPTED_HOST

NAME = "scripted.verona.test"


class ScriptedIrc:
    def __init__(self, port, log):
        self._port = port
        self._log = log
        self._server = None
        self._writers = set()
        self.inbox = Inbox("the scripted IRC server")
        # What a test may change before somebody connects.
        self.capabilities = ""  # what CAP LS offers
        self.accounts = {}  # name -> password
        self.iterations = 4096  # of SCRAM
        self.lies = False  # its proof, of SCRAM, is wrong
        self.nick_for = lambda wanted: wanted  # the nick that 001 gives
        self.answers_join = True
        self.others = ["juliet"]  # who else is in any channel

    async def start(self):
        self._server = await asyncio.start_server(
            self._serve, SCRIPTED_HOST, self._port, limit=1 << 20
        )
        return self

    async def stop(self):
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()

    async def expect(self, what, command, *params, deadline_s=DEADLINE_S):
        """A line from a client, whose first parameters are these."""
        return await self.inbox.expect(
            what,
            lambda line: line.command == command
            and line.params[: len(params)] == list(params),
            deadline_s,
        )

    def send(self, line):
        """To all who are connected; bytes or text, without the line's end."""
        raw = line if isinstance(line, bytes) else to_bytes(line)
        self.send_bytes(raw + b"\r\n")

    def send_bytes(self, raw):
        self._log.write(f"scripted -> {raw[:300]!r}\n")
        for writer in self._writers:
            writer.write(raw)

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        client = _Client(self, writer)
        try:
            while raw := await reader.readline():
                self._log.write(f"scripted <- {raw!r}\n")
                line = parse(raw.rstrip(b"\r\n"))
                client.take(line)
                self.inbox.put(line)
        except (OSError, ValueError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


class Scram:
    """The server's side of SCRAM-SHA-256 (RFC 5802), written for itself."""

    def __init__(self, server):
        self._server = server
        self._parts = []  # what is signed
        self.user = None
        self.is_in = False

    def answer(self, said):
        """What to say; None: it is over, see is_in."""
        if self.is_in:
            return None
        return self._last(said) if self._parts else self._first(said)

    def _first(self, said):
        assert said.startswith("n,,n="), said
        bare = said[3:]
        user, nonce = bare.split(",")
        self.user = user[2:].replace("=2C", ",").replace("=3D", "=")
        salt = base64.b64encode(b"salt of verona").decode()
        reply = f"{nonce}SERVER,s={salt},i={self._server.iterations}"
        self._parts = [bare, reply]
        return reply

    def _last(self, said):
        body, _, proof = said.rpartition(",p=")
        auth = ",".join([*self._parts, body]).encode()
        password = self._server.accounts.get(self.user)
        if password is None or self.user is None:
            return None
        key = hashlib.pbkdf2_hmac(
            "sha256",
            password.encode(),
            b"salt of verona",
            self._server.iterations,
        )

        def mac(k, text):
            return hmac.digest(k, text, "sha256")

        client = mac(key, b"Client Key")
        signature = mac(hashlib.sha256(client).digest(), auth)
        wanted = bytes(a ^ b for a, b in zip(client, signature))
        if base64.b64decode(proof) != wanted:
            return None
        self.is_in = True
        own = mac(mac(key, b"Server Key"), auth)
        if self._server.lies:
            own = own[::-1]
        return "v=" + base64.b64encode(own).decode()


class _Client:
    """One connection and the state of its registration."""

    def __init__(self, server, writer):
        self._server, self._writer = server, writer
        self._nick = self._user = None
        self._negotiates = self._is_registered = False
        self._sasl = ""
        self._scram = None

    def take(self, line):
        handler = getattr(self, f"_on_{line.command.lower()}", None)
        if handler:
            handler(line)
        if self._nick and self._user and not (
            self._negotiates or self._is_registered
        ):
            self._welcome()

    def _reply(self, text):
        self._server._log.write(f"scripted -> {text}\n")
        self._writer.write(to_bytes(f":{NAME} {text}\r\n"))

    def _from_self(self, text):
        self._writer.write(
            to_bytes(f":{self._nick}!u@client.verona.test {text}\r\n")
        )

    def _welcome(self):
        self._is_registered = True
        self._nick = self._server.nick_for(self._nick)
        self._reply(f"001 {self._nick} :Welcome")
        self._reply(
            f"005 {self._nick} CASEMAPPING=rfc1459 CHANTYPES=#&"
            " PREFIX=(ov)@+ CHANMODES=b,k,l,imnpst NICKLEN=30"
            " NETWORK=Scripted :are supported by this server"
        )
        self._reply(f"422 {self._nick} :no message of the day")

    def _on_nick(self, line):
        if self._is_registered:
            self._from_self(f"NICK {line.params[0]}")
        self._nick = line.params[0]

    def _on_user(self, line):
        self._user = line.params

    def _on_cap(self, line):
        what = line.params[0].upper()
        if what == "LS":
            self._negotiates = True
            self._reply(f"CAP * LS :{self._server.capabilities}")
        elif what == "REQ":
            offered = {
                c.partition("=")[0] for c in self._server.capabilities.split()
            }
            wanted = set(line.text.split())
            answer = "ACK" if wanted <= offered else "NAK"
            self._reply(f"CAP * {answer} :{line.text}")
        elif what == "END":
            self._negotiates = False

    def _on_authenticate(self, line):
        if line.params[0] in ("PLAIN", "SCRAM-SHA-256"):
            self._scram = (
                Scram(self._server) if line.params[0] != "PLAIN" else None
            )
            self._challenge("")
            return
        if line.params[0] == "*":
            self._reply(f"906 {self._nick or '*'} :SASL aborted")
            return
        piece = line.params[0]
        self._sasl += "" if piece == "+" else piece
        if len(piece) == 400:
            return
        said = base64.b64decode(self._sasl).decode()
        self._sasl = ""
        nick = self._nick or "*"
        if self._scram:
            self._go_on_with_scram(nick, said)
            return
        parts = said.split("\0")
        if self._server.accounts.get(parts[-2]) == parts[-1]:
            self._reply(f"900 {nick} {nick}!u@h {parts[-2]} :logged in")
            self._reply(f"903 {nick} :SASL authentication successful")
        else:
            self._reply(f"904 {nick} :SASL authentication failed")

    def _challenge(self, text):
        coded = base64.b64encode(text.encode()).decode() or "+"
        self._writer.write(f"AUTHENTICATE {coded}\r\n".encode())

    def _go_on_with_scram(self, nick, said):
        answer = self._scram.answer(said)
        if answer is not None:
            self._challenge(answer)
        elif self._scram.is_in:
            self._reply(f"900 {nick} {nick}!u@h {self._scram.user} :hello")
            self._reply(f"903 {nick} :SASL authentication successful")
        else:
            self._reply(f"904 {nick} :SASL authentication failed")

    def _on_join(self, line):
        if not self._server.answers_join:
            return
        for channel in line.params[0].split(","):
            self._from_self(f"JOIN {channel}")
            names = " ".join([self._nick, *self._server.others])
            self._reply(f"353 {self._nick} = {channel} :{names}")
            self._reply(f"366 {self._nick} {channel} :end of names")

    def _on_part(self, line):
        self._from_self(f"PART {line.params[0]}")

    def _on_ping(self, line):
        self._reply(f"PONG {NAME} :{line.text}")
