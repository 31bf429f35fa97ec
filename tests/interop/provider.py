"""An SMS provider that does what a test tells it to.

It is made of the case file of a profile (tests/profiles/NAME.json): which
requests it takes, to the letter, what it answers, what it tells by webhooks
and how it signs them.  What it does not know it answers with 404 and keeps in
`strange`.  Webhooks are sent again until the answer is 2xx, as the real ones
do.

	provider = await Provider("twilio").start()
	... the line: base = provider.base, settings = provider.vars ...
	provider.plan("too fast", CLOSE, "accepted")
	seen = await provider.expect("a text")
	await provider.call("delivered", seen)
"""

import asyncio
import base64
import collections
import hashlib
import itertools
import json
import re
import time
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from inbox import DEADLINE_S, Inbox
from place import HOST, TOP
from signing import default_values, sign

# What may be planned beside the name of an answer.
CLOSE = "read it, then close"  # also on a connection that was used before
SILENT = "read it, never answer"
DEAF = "take the connection, never read"
HALF = "break off in the middle of the answer"

BODY_MAX = 1 << 20
TRIES_MAX = 12  # of one webhook
REFERENCE = "28a101-9f86d081884c7d65"  # ours, in every case file
HOOKS = "https://gw.example.org/sms/main/T0ken/"
STATUS = f"{HOOKS}status?id={REFERENCE}"  # one that was sent along
FREE = {  # the URL first, since it holds the id
    "status_url": r"https?://[^\s&]+",
    "id": r"[a-z0-9-]{8,36}",
    "uuid": r"[0-9a-f-]{36}",
}


def load(folder, name):
    return json.loads((TOP / folder / f"{name}.json").read_text())


class Seen:
    """A request that the provider knew."""

    def __init__(self, case, groups):
        self.case = case  # the entry of `sends`
        self.name = case["name"]
        self.status_url = groups.get("status_url")
        # Our name for it; None: the request does not hold it.
        self.reference = groups.get("id") or reference_in(self.status_url)
        self.connection = None  # which of the provider's, from 1
        self.provider_id = None  # what we have called it
        self.answer = None  # the name of what we said
        self.at = time.monotonic()

    def __repr__(self):
        return f"{self.name} ({self.reference}): {self.answer}"


def reference_in(url):
    fields = dict(parse_qsl(urlsplit(url or "").query))
    return fields.get("id")


class Request:
    """As it came in, with its fields decoded."""

    def __init__(self, method, target, headers, body):
        self.method, self.target = method, target
        self.headers, self.body = headers, body
        self.path = urlsplit(target).path
        self.query = parse_qsl(
            urlsplit(target).query, keep_blank_values=True
        )

    @property
    def form(self):
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    def __repr__(self):
        return f"{self.method} {self.target} {self.headers} {self.body!r}"


class Mismatch(Exception):
    """A request that is not the one of a case, and where they differ."""


class Matcher:
    """One entry of `sends`, with what may differ from one to the next."""

    def __init__(self, case_file, send):
        self._file, self.send = case_file, send
        self._message = send["message"]
        self._groups = {}

    def match(self, request, base_path):
        """What was free in it; Mismatch."""
        self._groups = {}
        wanted = self.send["request"]
        path = base_path + self._file.path_below_base(wanted["url"])
        self._same("method", wanted["method"], request.method)
        self._same("path", path, request.path)
        self._pairs("query", wanted.get("query", []), request.query)
        if "form" in wanted:
            self._pairs("form", wanted["form"], request.form)
        elif "json" in wanted:
            self._tree("json", wanted["json"], json.loads(request.body))
        elif request.body:
            raise Mismatch("a body where none was to be")
        for name, value in wanted.get("headers", {}).items():
            self._header(name, value, request)
        return self._groups

    def _same(self, what, wanted, got):
        if wanted != got:
            raise Mismatch(f"{what}: {got!r} instead of {wanted!r}")

    def _pairs(self, what, wanted, got):
        self._same(what, [k for k, _ in wanted], [k for k, _ in got])
        for (key, text), (_, value) in zip(wanted, got, strict=True):
            self._text(f"{what} {key}", text, value)

    def _tree(self, what, wanted, got):
        if isinstance(wanted, dict) and isinstance(got, dict):
            self._same(what, sorted(wanted), sorted(got))
            for key, value in wanted.items():
                self._tree(f"{what}.{key}", value, got[key])
        elif isinstance(wanted, list) and isinstance(got, list):
            self._same(f"{what}: length", len(wanted), len(got))
            for i, value in enumerate(wanted):
                self._tree(f"{what}.{i}", value, got[i])
        elif isinstance(wanted, str) and isinstance(got, str):
            self._text(what, wanted, got)
        else:
            self._same(what, (type(wanted), wanted), (type(got), got))

    def _text(self, what, wanted, got):
        """The values of the case's message are free, but one throughout."""
        pattern = re.escape(wanted)
        for name, form in FREE.items():
            text = re.escape(self._message.get(name, "\0"))
            known = self._groups.get(name)
            pattern = pattern.replace(
                text, re.escape(known) if known else f"(?P<{name}>{form})", 1
            )
        found = re.fullmatch(pattern, got, re.S)
        if not found:
            raise Mismatch(f"{what}: {got!r} instead of {wanted!r}")
        self._groups.update(found.groupdict())

    def _header(self, name, wanted, request):
        got = request.headers.get(name.lower())
        if got is None:
            raise Mismatch(f"no header {name}")
        if isinstance(wanted, str):
            if not wanted.isdigit():  # a time
                self._same(f"header {name}", wanted, got)
        elif "jwt" in wanted:
            self._file.check_jwt(got, wanted["jwt"])
        else:
            self._file.check_ovh(request, got)


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class CaseFile:
    def __init__(self, name):
        self.profile = load("gateways/sms/profiles", name)
        self.case = load("tests/profiles", name)
        values = default_values(self.profile, self.case["vars"])
        self.base = values.get("base", "http://loopback.invalid")
        self.matchers = [Matcher(self, s) for s in self.case["sends"]]
        self.answers = {a["name"]: a for a in self.case["answers"]}
        self.webhooks = {w["name"]: w for w in self.case["webhooks"]}
        self.site = None  # where requests are sent to instead of self.base

    def path_below_base(self, url):
        assert url.startswith(self.base), url
        return urlsplit(url[len(self.base):]).path

    def check_jwt(self, got, wanted):
        head, claims, proof = got.removeprefix("Bearer ").split(".")
        key = serialization.load_pem_public_key(
            self.case["public_key"].encode()
        )
        key.verify(unb64url(proof), f"{head}.{claims}".encode(),
                   padding.PKCS1v15(), hashes.SHA256())
        claims = json.loads(unb64url(claims))
        if sorted(claims) != sorted(wanted):
            raise Mismatch(f"claims {sorted(claims)}")
        if not claims["iat"] - 60 < time.time() < claims["exp"]:
            raise Mismatch("a token of another time")

    def check_ovh(self, request, got):
        values = self.case["vars"]
        text = "+".join([
            values["app_secret"], values["consumer_key"], request.method,
            self.site + request.target, request.body.decode(),
            request.headers["x-ovh-timestamp"],
        ])
        if got != "$1$" + hashlib.sha1(text.encode()).hexdigest():
            raise Mismatch("a wrong signature")


class Provider:
    def __init__(self, name, log=None):
        self.name = name
        self.file = CaseFile(name)
        self.vars = dict(self.file.case["vars"])
        self.number = self.file.case["line"]["number"]
        self.requests = Inbox(f"{name} (scripted)")
        self.strange = []  # what it did not know: (request, why)
        self.connections = 0
        self._plan = collections.deque()
        self._numbers = itertools.count(1)
        self._log = log
        self._server = None
        self._tasks = set()

    async def start(self, port=0):
        self._server = await asyncio.start_server(
            self._serve, HOST, port, limit=BODY_MAX
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.file.site = f"http://{HOST}:{self.port}"
        return self

    async def stop(self):
        """Whoever calls now is refused."""
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def base(self):
        """What the line's `base` has to be."""
        return self.file.site + urlsplit(self.file.base).path

    # What it is to do.

    def plan(self, *steps):
        """Each is the name of an answer, or one of the words above.  What
        comes without a plan is accepted."""
        self._plan.extend(steps)

    async def expect(self, what=None, deadline_s=DEADLINE_S):
        """The next request; what: the name of the case that it must be."""
        return await self.requests.expect(
            what or "any request",
            lambda seen: what is None or seen.name == what, deadline_s
        )

    def forget(self):
        """What was planned and what was seen."""
        self._plan.clear()
        self.requests.forget()

    def _next_step(self):
        return self._plan.popleft() if self._plan else self.accepted

    @property
    def accepted(self):
        return next(a["name"] for a in self.file.case["answers"]
                    if a["expect"]["class"] == "accepted")

    # Requests.

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        self.connections += 1
        number = self.connections
        try:
            if self._plan and self._plan[0] == DEAF:
                self._plan.popleft()
                await asyncio.sleep(3600)
            while await self._one(reader, writer, number):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader, writer, connection):
        """False: the connection is to end."""
        request = await self._read(reader)
        if request is None:
            return False
        self._say(f"<- {request!r}")
        if self._is_poll(request):
            await self._write(writer, 200, {}, "[]")
            return True
        seen = self._recognise(request)
        if seen is None:
            await self._write(writer, 404, {}, "what is that?")
            return True
        seen.connection = connection
        step = seen.answer = self._next_step()
        self._say(f"{seen!r}")
        self.requests.put(seen)
        if step == CLOSE:
            return False
        if step == SILENT:
            await asyncio.sleep(3600)
        await self._answer(writer, self.file.answers.get(step), seen,
                           broken=step == HALF)
        return step != HALF

    async def _read(self, reader):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.decode().rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        size = int(headers.get("content-length", 0))
        assert size <= BODY_MAX
        return Request(method, target, headers, await reader.readexactly(size))

    def _is_poll(self, request):
        """Has anything come in?  Nothing ever has: flows show the rest."""
        polls = self.file.case.get("polls", [])
        paths = [urlsplit(self.base).path + self.file.path_below_base(
            p["list"]["request"]["url"]) for p in polls]
        return request.method == "GET" and request.path in paths

    def _recognise(self, request):
        why = []
        for matcher in self.file.matchers:
            try:
                groups = matcher.match(request, urlsplit(self.base).path)
                return Seen(matcher.send, groups)
            except (Mismatch, ValueError, KeyError) as problem:
                why.append(f"{matcher.send['name']}: {problem}")
        self.strange.append((request, why))
        self._say(f"strange: {why}")
        return None

    async def _answer(self, writer, answer, seen, broken):
        """In the case's words, with an id of its own."""
        answer = answer or self.file.answers[self.accepted]
        body = answer["body"]
        for old in answer["expect"].get("ids", []):
            if old == REFERENCE:
                seen.provider_id = seen.reference
                continue
            seen.provider_id = seen.provider_id or self._new_id(old)
            body = body.replace(old, seen.provider_id, 1)
        if seen.reference:
            body = body.replace(REFERENCE, seen.reference)
        await self._write(writer, answer["status"], answer.get("headers", {}),
                          body, broken)

    def _new_id(self, like):
        """Digits stay digits, since some answers have them as numbers."""
        n = next(self._numbers)
        return f"{int(like) + n}" if like.isdigit() else f"{like}x{n}"

    async def _write(self, writer, status, headers, body, broken=False):
        raw = body.encode()
        lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(raw)}"]
        if not any(name.lower() == "content-type" for name in headers):
            is_json = body[:1] in ("{", "[")
            kind = "application/json" if is_json else "text/plain"
            lines.append(f"Content-Type: {kind}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        whole = ("\r\n".join(lines) + "\r\n\r\n").encode() + raw
        self._say(f"-> {status} {body[:200]!r}")
        writer.write(whole[:-len(raw) // 2 or 20] if broken else whole)
        await writer.drain()

    # Webhooks.

    def webhook(self, name, seen=None, hooks=None, replace=None, **how):
        """The request of a case, for a message that was seen, signed anew.

        hooks: where the gateway's webhooks are, as HOOKS.
        """
        case = self.file.webhooks[name]
        changes = dict(replace or {})
        if seen is not None and seen.provider_id:
            for answer in self.file.case["answers"]:
                for old in answer["expect"].get("ids", []):
                    if old != REFERENCE:
                        changes.setdefault(old, seen.provider_id)
        if seen is not None and seen.reference:
            changes[REFERENCE] = seen.reference
        if hooks:
            changes[HOOKS] = hooks
        request = dict(case["request"])
        own = ""
        if seen is not None and request["url"].startswith(STATUS):
            own = seen.status_url or ""
            if own:
                request["url"] = request["url"][len(STATUS):]
        for part in ("url", "body"):
            text = request.get(part, "")
            for old, new in changes.items():
                text = text.replace(old, new)
            request[part] = text
        request["url"] = own + request["url"]
        return sign(self.file.profile, self.file.case, request,
                    how.pop("now", int(time.time())),
                    nonce=how.pop("nonce", f"n{next(self._numbers)}"), **how)

    async def call(self, name, seen=None, hooks=None, at=None, again=0,
                   **how):
        """Sends it until it is taken; the statuses of the answers.

        at: (host, port) where the gateway listens.  again: as often once
        more, as providers do.
        """
        request = self.webhook(name, seen, hooks, **how)
        statuses = []
        for _ in range(1 + again):
            statuses += await self.deliver(request, at)
        return statuses

    async def deliver(self, request, at, tries=TRIES_MAX):
        """Until 2xx."""
        statuses = []
        for attempt in range(tries):
            try:
                status, body = await self.post(request, at)
            except OSError:
                status, body = 0, b""
            statuses.append(status)
            self._say(f"webhook {request['url']}: {status} {body[:100]!r}")
            if 200 <= status < 300:
                break
            await asyncio.sleep(min(0.1 * 2 ** attempt, 2))
        return statuses

    async def post(self, request, at):
        """Once: (status, body)."""
        url = urlsplit(request["url"])
        host, port = at or (url.hostname, url.port)
        reader, writer = await asyncio.open_connection(host, port)
        raw = request.get("body", "").encode()
        target = url.path + (f"?{url.query}" if url.query else "")
        lines = [f"{request['method']} {target} HTTP/1.1",
                 f"Host: {url.netloc}", "Connection: close"]
        lines += [f"{name}: {value}"
                  for name, value in request["headers"].items()]
        if request["method"] != "GET":
            lines.append(f"Content-Length: {len(raw)}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + raw)
        answer = await asyncio.wait_for(reader.read(BODY_MAX), DEADLINE_S)
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), body

    def _say(self, text):
        if self._log:
            self._log.write(f"{self.name}: {text}\n")
