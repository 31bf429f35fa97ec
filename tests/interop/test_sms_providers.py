"""Every shipped profile through the real gateway, at a provider that checks
each request to the letter (provider.py)."""

import asyncio

import pytest
from counter import PROFILES, Counter
from provider import CLOSE, DEAF, HALF, SILENT

RECEIPTS = "urn:xmpp:receipts"
REQUEST = f"<request xmlns='{RECEIPTS}'/>"
OOB = "jabber:x:oob"
QUIET_S = 1  # nothing more came in that time
SOON_MS = 5000  # what waits longer is not waited for here

REFUSALS = ("bad-recipient", "unreachable", "opted-out", "filtered",
            "too-long", "media", "permanent")
AGAIN = ("throttle", "retry")
PAUSES = ("auth", "no-credit", "bad-sender")


@pytest.fixture(scope="module")
def running_counter(loop, scratch):
    counter = Counter(scratch / "counter")
    try:
        loop.run_until_complete(counter.start())
        yield counter
        status = loop.run_until_complete(counter.end())
        assert not counter.complaints()
        assert status == 0, counter.passerelle.tail(80)
    finally:
        counter.kill()


class Desk:
    """One profile and one user at it."""

    def __init__(self, counter, profile):
        self.counter, self.profile = counter, profile
        self.provider = counter.providers[profile]
        self.case = self.provider.file.case
        self.user = None
        self.peer = counter.jid(profile, "+15551230001")
        if "self" in self.provider.file.profile["limits"]:
            self.peer = counter.jid(profile, self.provider.number)

    def say(self, text="Hi there", **more):
        return self.user.say(self.peer, text, kind="chat", extra=[REQUEST],
                             **more)

    def say_media(self, message):
        """The links of files, with the text or, without, with the first."""
        links = [url for url, _ in message["media"]]
        extra = [f"<x xmlns='{OOB}'><url>{url}</url></x>" for url in links]
        return self.user.say(self.peer, message["text"] or links[0],
                             kind="chat", extra=[*extra, REQUEST])

    async def sent(self, *plan):
        """One message with that fate at the provider: (id, what was seen)."""
        self.provider.plan(*plan)
        id = self.say()
        return id, await self.provider.expect()

    async def call(self, name, seen=None, **more):
        return await self.provider.call(
            name, seen, hooks=self.counter.hooks(self.profile), **more
        )

    async def receipt(self, id):
        return await self.user.expect(
            f"the receipt of {id}", where=lambda s: is_receipt(s, id)
        )

    def webhooks(self, hook, state=None):
        """Names of good ones that tell something; state: of that."""
        return [
            w["name"]
            for w in self.case["webhooks"]
            if w["hook"] == hook and w.get("events")
            and state in (None, w["events"][0].get("state"))
        ]

    def answers(self, *classes):
        return [
            a for a in self.case["answers"]
            if a["expect"]["class"] in classes
            and a.get("kind", "sms") == "sms"
        ]

    @property
    def reports(self):
        return self.provider.file.profile["limits"]["dlr"] != "none"

    async def quiet(self):
        """Nobody asks the provider for anything."""
        await asyncio.sleep(QUIET_S)
        assert not self.provider.requests.waiting()
        assert not self.provider.strange, self.provider.strange


def is_receipt(stanza, id):
    received = stanza.find(f"{{{RECEIPTS}}}received")
    return received is not None and received.get("id") == id


@pytest.fixture(params=[p for p in PROFILES if p != "loopback"])
def desk(request, loop, running_counter):
    desk = Desk(running_counter, request.param)
    desk.user = loop.run_until_complete(
        running_counter.client("romeo", request.param)
    )
    yield desk
    loop.run_until_complete(running_counter.part_all())
    strange, desk.provider.strange = desk.provider.strange, []
    desk.provider.forget()
    assert not strange


def only_for(*profiles):
    """Where one profile stands for all: how the wire behaves."""
    return pytest.mark.parametrize("desk", profiles, indirect=True)


async def test_texts_are_sent_as_the_provider_wants_them(desk):
    for send in desk.case["sends"]:
        if send["kind"] == "sms" and "from a word" not in send["name"]:
            desk.say(send["message"]["text"])
            seen = await desk.provider.expect(send["name"])
            assert seen.answer == desk.provider.accepted


async def test_media_go_with_their_caption_as_one_message(desk):
    sends = [s for s in desk.case["sends"] if s["kind"] == "mms"
             and "subject" not in s["message"]]
    for send in sends:
        desk.say_media(send["message"])
        seen = await desk.provider.expect(send["name"])
        assert seen.answer == desk.provider.accepted
    if not sends:
        pytest.skip("this provider takes no media")


@only_for("telnyx", "bandwidth")
async def test_a_group_is_one_message(desk):
    send = next(s for s in desk.case["sends"] if s["kind"] == "group")
    group = ",".join(send["message"]["to_list"])
    desk.user.say(desk.counter.jid(desk.profile, group),
                  send["message"]["text"], kind="chat")
    await desk.provider.expect(send["name"])
    await desk.quiet()


async def test_a_receipt_is_sent_when_the_message_was_delivered(desk):
    id, seen = await desk.sent()
    delivered = desk.webhooks("status", "delivered")
    if not desk.reports:
        assert not delivered
    else:
        statuses = await desk.call(delivered[0], seen)
        assert statuses[-1] in (200, 204)
    await desk.receipt(id)


async def test_reports_in_any_order_and_number_are_one_receipt(desk):
    delivered = desk.webhooks("status", "delivered")
    if not delivered:
        pytest.skip("this provider reports nothing")
    id, seen = await desk.sent()
    await desk.call(delivered[0], seen, again=2)
    for earlier in desk.webhooks("status", "sent"):
        await desk.call(earlier, seen, again=1)
    await desk.receipt(id)
    await desk.user.barrier(desk.counter.domain(desk.profile))
    assert not desk.user.inbox.waiting(lambda s: is_receipt(s, id))
    assert not desk.user.inbox.waiting(lambda s: s.type == "error")


async def test_a_failure_is_told(desk):
    failed = [*desk.webhooks("status", "failed"),
              *desk.webhooks("status", "rejected"),
              *desk.webhooks("status", "expired")]
    for name in failed:
        id, seen = await desk.sent()
        await desk.call(name, seen)
        await desk.user.expect_error(id, f"{name!r} of {id}")


async def test_what_is_refused_is_refused_once(desk):
    for answer in desk.answers(*REFUSALS):
        id, _ = await desk.sent(answer["name"])
        error = await desk.user.expect_error(id, f"{answer['name']!r}")
        text = answer["expect"].get("text")
        assert not text or text in error.error_text
    await desk.quiet()


async def test_what_was_certainly_not_sent_is_sent_again(desk):
    for answer in desk.answers(*AGAIN):
        if answer["expect"].get("after_ms", 0) > SOON_MS:
            continue
        id, first = await desk.sent(answer["name"])
        second = await desk.provider.expect(deadline_s=30)
        assert second.reference == first.reference
        asked = answer["expect"].get("after_ms", 0) / 1000
        assert second.at - first.at >= asked - 0.05


async def test_a_line_that_is_refused_waits_for_its_operator(desk):
    """Nothing more goes out by it, and nothing is lost."""
    first_of = {a["expect"]["class"]: a["name"]
                for a in reversed(desk.answers(*PAUSES))}
    for name in first_of.values():
        id, first = await desk.sent(name)
        other = desk.say()
        await desk.quiet()
        desk.counter.operate("line", "resume",
                             desk.counter.line(desk.profile))
        for _ in (id, other):
            await desk.provider.expect(deadline_s=20)
        assert not desk.user.inbox.waiting(lambda s: s.type == "error")


async def test_what_comes_in_reaches_its_user_once(desk):
    names = desk.webhooks("inbound")
    for name in names:
        webhook = desk.provider.file.webhooks[name]
        texts = [e.get("text") for e in webhook["events"]
                 if len(e.get("group", ())) < 2]
        # What is for another number is not his.
        mine = [e.get("text") for e in webhook["events"]
                if len(e.get("group", ())) < 2
                and e.get("to") in (None, desk.provider.number)]
        if any("part" in e for e in webhook["events"]):
            continue
        statuses = await desk.call(name, again=2)
        assert set(statuses) <= {200, 204}
        for text in filter(None, mine):
            await desk.user.expect(f"{name!r}", kind="message",
                                   type="chat", body=text)
        await desk.user.barrier(desk.counter.domain(desk.profile))
        assert not desk.user.inbox.waiting(
            lambda s: s.kind == "message" and s.body in texts
        ), f"{name!r} came twice"


async def test_nobody_else_can_call(desk):
    """Whatever a forger changes: refused, and nothing happens."""
    names = desk.webhooks("inbound")[:1]
    if not names:
        pytest.skip("nothing comes in here")
    provider, hooks = desk.provider, desk.counter.hooks(desk.profile)
    good = provider.webhook(names[0], hooks=hooks)
    elsewhere = {**good, "url": good["url"].replace(
        desk.counter.token(desk.profile), "token-of-somebody")}
    assert (await provider.post(elsewhere, None))[0] == 404
    for what, spoilt in spoils(provider, good):
        status, _ = await provider.post(spoilt, None)
        assert status == 403, f"{what}: {status}"
    await desk.user.barrier(desk.counter.domain(desk.profile))
    assert not desk.user.inbox.waiting(lambda s: s.kind == "message")


def spoils(provider, good):
    """What a forger would try against a signed request."""
    how = provider.file.profile["verify"]
    how = how[0] if isinstance(how, list) else how
    name = how.get("header", "Authorization")
    if how["scheme"] == "path-token":
        return
    if name in good["headers"]:
        value = good["headers"][name]
        middle = len(value) // 2
        other = "A" if value[middle] != "A" else "B"
        yield "a spoilt proof", {**good, "headers": {
            **good["headers"],
            name: value[:middle] + other + value[middle + 1:]}}
        yield "no proof", {**good, "headers": {
            k: v for k, v in good["headers"].items() if k != name}}
    if how["scheme"] in ("hmac", "ed25519", "vonage-sig", "plivo-v3") \
            or "body_claim" in how:
        yield "another body", {**good, "body": good["body"] + " "}


@only_for("twilio", "telnyx")
async def test_a_connection_closed_behind_a_request_sends_nothing_twice(desk):
    """Also one that was used before, where libraries try again."""
    _, first = await desk.sent()
    id, seen = await desk.sent(CLOSE)
    assert seen.connection == first.connection
    await desk.quiet()
    delivered = desk.webhooks("status", "delivered")[0]
    await desk.call(delivered, seen)
    await desk.receipt(id)


@only_for("bandwidth", "kannel")
async def test_half_an_answer_is_unsure_and_not_repeated(desk):
    id, seen = await desk.sent(HALF)
    await desk.quiet()
    await desk.call(desk.webhooks("status", "delivered")[0], seen)
    await desk.receipt(id)


@only_for("sinch")
async def test_no_answer_is_unsure_and_not_repeated(desk, running_counter):
    """Neither if it was read, nor if it only lies in a socket somewhere."""
    id, seen = await desk.sent(SILENT)
    other = Desk(running_counter, "infobip")
    other.user = await running_counter.client("romeo", "infobip")
    port = other.provider.port
    await other.provider.stop()  # so that it comes by a new connection
    await other.provider.start(port)
    other.provider.plan(DEAF)
    unread = other.say()
    await asyncio.sleep(32)  # the deadline of a request is 30 s
    await desk.quiet()
    await other.quiet()
    assert not other.user.inbox.waiting(
        lambda s: s.id == unread and s.type == "error"
    )
    await desk.call(desk.webhooks("status", "delivered")[0], seen)
    await desk.receipt(id)


@only_for("plivo", "voipms")
async def test_a_provider_that_is_away_gets_it_when_it_is_back(desk):
    port = desk.provider.port
    await desk.provider.stop()
    desk.say()
    await asyncio.sleep(1)
    await desk.provider.start(port)
    await desk.provider.expect(deadline_s=30)
    await desk.quiet()


@only_for("android-sms-gateway")
async def test_a_provider_that_knows_our_reference_is_asked_again(desk):
    """It answers that it has had it: sent, once."""
    id, first = await desk.sent(CLOSE, "it has had that one")
    second = await desk.provider.expect(deadline_s=30)
    assert second.reference == first.reference
    await desk.call("delivered", second)
    await desk.receipt(id)


@only_for("loopback")
async def test_without_any_provider_what_is_sent_comes_back(desk):
    id = desk.say("Is anybody there?")
    await desk.receipt(id)
    await desk.user.expect_text(desk.peer, "Is anybody there?", kind="chat")
    refused = desk.say("no such number")
    await desk.user.expect_error(refused, condition="item-not-found")
    failed = desk.say("fail later")
    await desk.user.expect_error(failed)
    again = desk.say("not so fast")
    await desk.user.barrier(desk.counter.domain(desk.profile))
    assert not desk.user.inbox.waiting(lambda s: s.id == again)
    assert not desk.provider.connections
