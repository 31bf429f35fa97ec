"""Kill -9 of Passerelle, and of the XMPP server, while texts go both ways.

KILLS and CRASH_TEXTS make it longer: 300 and 1000 for the long run.  What is
asked is said in the table that it prints.
"""

import asyncio
import contextlib
import os
import random
import re
from collections import Counter, defaultdict

import pytest
from booth import NUMBER, Booth
from inbox import Unseen
from slixmpp.xmlstream.xmlstream import NotConnectedError

KILLS = int(os.environ.get("KILLS", "30"))
TEXTS = int(os.environ.get("CRASH_TEXTS", "1000"))
PHONES = 20
BETWEEN_S = (0.4, 1.4)  # two kills
SERVER_EVERY = 6  # every so many-th kill is of the XMPP server
AGAIN_S = 4  # without an answer a client sends the same again
END_S = 150  # after the last kill
TEST_S = 120 + KILLS * 6 + END_S

# The server has died while we were at it.
AWAY = (Unseen, OSError, AttributeError, NotConnectedError)
UNSURE = re.compile(r'Perhaps not sent: "out (\d+)"')
# A thousand texts are more than a user may send in a day.
NO_CAPS = """
	user_day_messages = 0  user_day_parts = 0
	line_day_messages = 0  line_day_parts = 0
"""
RECEIPTS = "{urn:xmpp:receipts}"
REQUEST = "<request xmlns='urn:xmpp:receipts'/>"
MAM = "{urn:xmpp:mam:2}"
FORWARDED = "{urn:xmpp:forward:0}forwarded/{jabber:client}message"
BODY = "{jabber:client}body"


class Sender:
    """A user's client: what got neither receipt nor error, it sends again,
    with the same id, and after its server has died it logs in again."""

    def __init__(self, booth):
        self._booth = booth
        self.client = None
        self.open = {}  # id: (number, text)
        self.received = Counter()  # receipts, by id
        self.unsure = set()
        self.refused = {}  # id: text of the error
        self.words = defaultdict(list)  # inward: body: [(id, delayed)]
        self._sent_at = {}
        self._read = 0

    async def log_in(self):
        while True:
            try:
                self.client = await self._booth.client("romeo", "crash")
                self._read = 0
                return
            except AWAY:
                await asyncio.sleep(0.2)

    def send(self, number, id, text):
        self.open[id] = (number, text)
        self._put(id)

    def _put(self, id):
        number, text = self.open[id]
        self._sent_at[id] = asyncio.get_running_loop().time()
        if self.client and self.client.is_connected:
            self.client.say(
                self._booth.jid(number),
                text,
                kind="chat",
                extra=[REQUEST],
                id=id,
            )

    def look(self):
        """All that has arrived since the last look."""
        if not self.client:
            return
        history = self.client.inbox.history
        for stanza in history[self._read :]:
            if stanza.kind == "message":
                self._take(stanza)
        self._read = len(history)

    def _take(self, stanza):
        receipt = stanza.find(RECEIPTS + "received")
        if receipt is not None:
            self.received[receipt.get("id")] += 1
            self.open.pop(receipt.get("id"), None)
        elif stanza.type == "error":
            self._take_error(stanza)
        elif stanza.body and stanza.body.startswith("in "):
            self.words[stanza.body].append((stanza.id, stanza.is_delayed))
        elif stanza.body and (told := UNSURE.match(stanza.body)):
            self.unsure.add(f"o{told[1]}")
            self.open.pop(f"o{told[1]}", None)

    def _take_error(self, stanza):
        """While the gateway is away its server answers for it: not sent."""
        if stanza.condition in (
            "service-unavailable",
            "remote-server-not-found",
            "remote-server-timeout",
            "resource-constraint",
        ):
            return
        self.refused[stanza.id] = stanza.error_text or stanza.condition
        self.open.pop(stanza.id, None)

    async def repeat(self):
        """Until cancelled: looks, sends again, logs in again."""
        while True:
            self.look()
            if self.client and not self.client.is_connected:
                await self.log_in()
            now = asyncio.get_running_loop().time()
            for id in list(self.open):
                if now - self._sent_at[id] > AGAIN_S:
                    self._put(id)
            await asyncio.sleep(0.05)

    async def from_the_archive(self):
        """What the server had taken for us while we were away."""
        after = ""
        while True:
            mark = len(self.client.inbox.history)
            answer = await self.client.iq(
                self.client.bare,
                f"<query xmlns='{MAM[1:-1]}'><set xmlns="
                "'http://jabber.org/protocol/rsm'><max>100</max>"
                f"<after>{after}</after></set></query>"
                if after
                else f"<query xmlns='{MAM[1:-1]}'><set xmlns="
                "'http://jabber.org/protocol/rsm'><max>100</max></set>"
                "</query>",
                kind="set",
            )
            for stanza in self.client.inbox.history[mark:]:
                self._take_archived(stanza)
            end = answer.find(MAM + "fin")
            last = end.findtext(".//{http://jabber.org/protocol/rsm}last")
            if end.get("complete") == "true" or not last:
                return
            after = last

    def _take_archived(self, stanza):
        result = stanza.find(MAM + "result")
        message = None if result is None else result.find(FORWARDED)
        body = None if message is None else message.findtext(BODY)
        if body and body.startswith("in ") and body not in self.words:
            self.words[body].append((message.get("id"), True))


@pytest.fixture
def booth(loop, scratch):
    booth = Booth(
        "prosody",
        scratch / "crash",
        options=NO_CAPS,
        line_options="parallel = 20",
        modules=("mam",),
        retries=120,
    )
    try:
        loop.run_until_complete(booth.start())
        yield booth
        loop.run_until_complete(booth.end())
        assert not booth.complaints()
    finally:
        booth.kill()


async def kill_again_and_again(booth):
    dice = random.Random(20261126)
    for n in range(1, KILLS + 1):
        await asyncio.sleep(dice.uniform(*BETWEEN_S))
        victim = booth.xmpp if n % SERVER_EVERY == 0 else booth.passerelle
        victim.kill()
        await asyncio.sleep(dice.uniform(0, 0.2))
        if victim is booth.passerelle:
            await asyncio.to_thread(booth.start_passerelle)
        else:
            await asyncio.to_thread(booth.xmpp.start)


def number_of(n):
    return f"+3361000{n % PHONES:04}"


async def greet(sender, booth):
    """Answers come to who has written last: so he has, to everybody."""
    for n in range(PHONES):
        sender.send(number_of(n), f"hello{n}", f"hello {n}")
    for n in range(PHONES):
        await booth.phone.expect("hello", receiver=number_of(n))


async def talk(sender, booth, killing):
    """Texts both ways, spread over the time that the kills take."""
    pause = KILLS * sum(BETWEEN_S) / 2 / TEXTS
    for n in range(TEXTS):
        number = number_of(n)
        sender.send(number, f"o{n}", f"out {n}")
        await booth.phone.say(number, NUMBER, f"in {n}")
        await asyncio.sleep(pause)
    await killing


async def settle(sender):
    """Until every text has its end, both ways."""
    end = asyncio.get_running_loop().time() + END_S
    while asyncio.get_running_loop().time() < end:
        if not sender.open and len(sender.words) == TEXTS:
            return
        await asyncio.sleep(0.2)
        if len(sender.words) < TEXTS and not sender.open:
            with contextlib.suppress(*AWAY):  # it is looked at again
                await sender.from_the_archive()


async def test_nothing_is_lost_and_nothing_repeated_silently(booth, capsys):
    sender = Sender(booth)
    await sender.log_in()
    repeating = asyncio.ensure_future(sender.repeat())
    await greet(sender, booth)
    killing = asyncio.ensure_future(kill_again_and_again(booth))
    try:
        await talk(sender, booth, killing)
        await settle(sender)
    finally:
        repeating.cancel()
        killing.cancel()
    await asyncio.sleep(1)  # what would come twice, does so now
    sender.look()
    if not sender.client.is_connected:
        await sender.log_in()
    await sender.from_the_archive()
    phones = Counter(
        t.text for t in booth.phone.inbox.history if t.text.startswith("out ")
    )
    out = [f"out {n}" for n in range(TEXTS)]
    told = {f"out {i[1:]}" for i in sender.unsure | set(sender.refused)}
    lost = [t for t in out if not phones[t] and t not in told]
    repeated = [t for t in out if phones[t] > 1]
    missing = [
        f"in {n}" for n in range(TEXTS) if f"in {n}" not in sender.words
    ]
    again = {b: c for b, c in sender.words.items() if len(c) > 1}
    silent = [
        b
        for b, copies in again.items()
        if len({id for id, _ in copies}) > 1
        or not all(delayed for _, delayed in copies[1:])
    ]
    with capsys.disabled():
        print(
            f"\n{KILLS} kills"
            "      texts  lost  repeated  told unsure  in the window"
            f"\noutward  {TEXTS:10} {len(lost):5} {len(repeated):9}"
            f" {len(sender.unsure):12}"
            f"\ninward   {TEXTS:10} {len(missing):5} {len(silent):9}"
            f" {'':12} {len(again):14}"
        )
    assert not sender.open, f"without an end: {list(sender.open)[:20]}"
    assert not lost, lost[:20]
    assert not repeated, repeated[:20]
    assert not missing, missing[:20]
    assert not silent, [(b, again[b]) for b in silent[:5]]
