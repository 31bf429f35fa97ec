"""SMS through a real network: Kannel, its phones, and real XMPP servers."""

import asyncio

import carrier
import pytest
from booth import NUMBER, XMPP_SERVERS, Booth

RECEIPTS = "urn:xmpp:receipts"
REQUEST = f"<request xmlns='{RECEIPTS}'/>"


@pytest.fixture(scope="module", params=list(XMPP_SERVERS))
def running_booth(request, loop, scratch):
    booth = Booth(request.param, scratch / f"booth-{request.param}")
    try:
        loop.run_until_complete(booth.start())
        yield booth
        status = loop.run_until_complete(booth.end())
        assert not booth.complaints()
        assert status == 0, booth.passerelle.tail(80)
    finally:
        booth.kill()


@pytest.fixture
def booth(request, loop, running_booth):
    yield running_booth
    loop.run_until_complete(running_booth.part_all())


@pytest.fixture
def romeo(loop, booth):
    return loop.run_until_complete(booth.client("romeo"))


def is_receipt(stanza, id):
    received = stanza.find(f"{{{RECEIPTS}}}received")
    return received is not None and received.get("id") == id


async def test_a_text_reaches_the_phone_and_its_receipt_the_sender(
    booth, romeo
):
    number = booth.new_number()
    id = romeo.say(
        booth.jid(number), "Hé, è vero? 5 €", kind="chat", extra=[REQUEST]
    )
    text = await booth.phone.expect("the text", receiver=number)
    assert text.text == "Hé, è vero? 5 €"
    assert text.sender == NUMBER
    receipt = await romeo.expect(
        "the receipt", where=lambda s: is_receipt(s, id)
    )
    assert receipt.sender == booth.jid(number)


async def test_an_answer_comes_from_the_number(booth, romeo):
    number = booth.new_number()
    romeo.say(booth.jid(number), "Who is there?", kind="chat")
    await booth.phone.expect("the question", receiver=number)
    await booth.phone.say(number, NUMBER, "It is I,  €urus & ^{<co>}")
    answer = await romeo.expect(
        "the answer", kind="message", sender=booth.jid(number)
    )
    assert answer.body == "It is I,  €urus & ^{<co>}"
    assert answer.type == "chat"


async def test_other_alphabets_go_both_ways(booth, romeo):
    number = booth.new_number()
    romeo.say(booth.jid(number), "Ромео 😀 か", kind="chat")
    text = await booth.phone.expect("the text", receiver=number)
    assert text.kind == "ucs-2"
    assert text.text == "Ромео 😀 か"
    await booth.phone.say(number, NUMBER, "Да \U0001f339", ucs2=True)
    answer = await romeo.expect(
        "the answer", kind="message", sender=booth.jid(number)
    )
    assert answer.body == "Да \U0001f339"


async def test_a_long_text_arrives_whole_in_parts(booth, romeo):
    number = booth.new_number()
    long = "".join(chr(ord("a") + i % 26) for i in range(400))
    id = romeo.say(booth.jid(number), long, kind="chat", extra=[REQUEST])
    parts = [
        await booth.phone.expect(f"part {i}", receiver=number, part=i)
        for i in (1, 2, 3)
    ]
    assert {p.parts for p in parts} == {3}
    assert len({p.reference for p in parts}) == 1
    assert "".join(p.text for p in parts) == long
    await romeo.expect("one receipt", where=lambda s: is_receipt(s, id))


async def test_the_same_stanza_twice_is_one_text(booth, romeo):
    number = booth.new_number()
    id = romeo.new_id()
    for _ in range(2):
        romeo.say(booth.jid(number), "once", kind="chat", id=id)
    await booth.phone.expect("the text", receiver=number)
    romeo.say(booth.jid(number), "twice", kind="chat")
    second = await booth.phone.expect("the next", receiver=number)
    assert second.text == "twice"


async def test_a_national_number_is_told_its_address(booth, romeo):
    id = romeo.say(booth.jid("0612345678"), "hello", kind="chat")
    error = await romeo.expect_error(id)
    assert error.condition == "gone"
    gone = error.find(
        "{jabber:client}error/{urn:ietf:params:xml:ns:xmpp-stanzas}gone"
    )
    assert gone.text == f"xmpp:+33612345678@{booth.jid('')[1:]}"


async def test_a_number_outside_the_destinations_costs_nothing(booth, romeo):
    id = romeo.say(booth.jid("+88213000001"), "hello", kind="chat")
    error = await romeo.expect_error(id)
    assert error.condition in ("not-allowed", "policy-violation")


async def test_a_phone_that_is_off_gets_it_later(booth, romeo):
    number = booth.new_number()
    await booth.phone.detach()
    id = romeo.say(booth.jid(number), "when?", kind="chat", extra=[REQUEST])
    await romeo.barrier(booth.jid("")[1:])
    await booth.phone.attach()
    await booth.phone.expect("the text", receiver=number, deadline_s=20)
    await romeo.expect("the receipt", where=lambda s: is_receipt(s, id))




async def test_half_of_an_emoji_never_comes_alone(booth, romeo):
    """Kannel cuts UCS-2 texts where the part is full, be it inside of a
    surrogate pair; the phone joins them."""
    number = booth.new_number()
    text = "x" + "\U0001f339" * 80
    romeo.say(booth.jid(number), text, kind="chat")
    parts, n = [], 2
    while len(parts) < n:
        part = await booth.phone.expect(
            "a part", receiver=number, part=len(parts) + 1
        )
        parts.append(part.text)
        n = part.parts
    joined = "".join(parts).encode("utf-16-be", "surrogatepass")
    assert joined.decode("utf-16-be") == text


async def until(what, is_so, deadline_s=20):
    for _ in range(deadline_s * 50):
        if is_so():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{what}: not in {deadline_s} s")


async def test_what_the_network_refuses_for_good_is_an_error(booth, romeo):
    id = romeo.say(booth.jid(booth.odd_number()), "perm 1", kind="chat")
    error = await romeo.expect_error(id, deadline_s=20)
    assert error.condition == "recipient-unavailable"
    assert booth.carrier.attempts.count("perm 1") == 1


async def test_what_the_network_gives_up_is_an_error(booth, romeo):
    """Kannel tries it again by itself, and then says that it failed."""
    id = romeo.say(booth.jid(booth.odd_number()), "temp 1", kind="chat")
    await romeo.expect_error(id, deadline_s=30)
    assert booth.carrier.attempts.count("temp 1") > 1


@pytest.mark.parametrize("late", (carrier.FAILED, carrier.REJECTED))
async def test_a_report_of_failure_is_an_error(booth, romeo, late):
    text = f"ok then {late}"
    id = romeo.say(booth.jid(booth.odd_number()), text, kind="chat")
    await until("the network has it", lambda: text in booth.carrier.attempts)
    await asyncio.sleep(0.2)  # Kannel has read the answer
    booth.carrier.report(text, carrier.BUFFERED)
    booth.carrier.report(text, late)
    error = await romeo.expect_error(id, deadline_s=20)
    assert error.condition == "recipient-unavailable"


async def test_a_report_of_delivery_is_a_receipt(booth, romeo):
    text = "ok then delivered"
    id = romeo.say(
        booth.jid(booth.odd_number()), text, kind="chat", extra=[REQUEST]
    )
    await until("the network has it", lambda: text in booth.carrier.attempts)
    await asyncio.sleep(0.2)  # Kannel has read the answer
    booth.carrier.report(text, carrier.BUFFERED)
    await romeo.barrier(booth.jid("")[1:])
    assert not romeo.inbox.waiting(lambda s: is_receipt(s, id))
    booth.carrier.report(text, carrier.DELIVERED)
    await romeo.expect("the receipt", where=lambda s: is_receipt(s, id))


async def test_a_network_that_is_full_gets_it_later(loop, scratch, request):
    """503: certainly not sent, so it is tried again, in order and once."""
    booth = Booth(
        "prosody", scratch / "full", core="sms-outgoing-queue-limit = 1"
    )
    try:
        await booth.start()
        await booth.phone.detach()
        romeo = await booth.client("romeo")
        number = booth.new_number()
        for n in range(3):
            romeo.say(booth.jid(number), f"full {n}", kind="chat")
        await until(
            "it was full", lambda: "status=503" in booth.passerelle.log()
        )
        await booth.phone.attach()
        for n in range(3):
            text = await booth.phone.expect(
                "the text", receiver=number, deadline_s=40
            )
            assert text.text == f"full {n}"
        assert len(booth.phone.inbox.history) == 3
        assert await booth.end() == 0
        assert not booth.complaints()
    finally:
        booth.kill()
