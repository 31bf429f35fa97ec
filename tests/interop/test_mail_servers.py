"""Passerelle behind each of the mail servers that contrib/ has a
configuration for: in, out, who exists, and what comes back."""

import email
import smtplib

import mta
import pytest
from names import MAIL_GATEWAY
from office import FAR_DOMAIN, Office
from place import HOST

STAGES = ()
WHY_NOT = mta.can_start()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

REFUSED = "550 5.1.1 nobody of that name"


@pytest.fixture(scope="module", params=["postfix", "exim", "opensmtpd"])
def running_office(request, loop, scratch):
    office = Office(
        "prosody",
        scratch / f"office-{request.param}",
        request.param,
        options="hold_ms = 0",
    )
    office.far.judge = lambda to: (
        REFUSED if to.startswith("nobody") else "250 2.1.5 taken"
    )
    try:
        office.start()
        yield office
        status = loop.run_until_complete(office.end())
        assert not office.complaints()
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


@pytest.fixture
def mailbox(loop, office, romeo):
    return loop.run_until_complete(office.register(romeo, "romeo", "Romeo"))


async def test_a_conversation_goes_through_both_ways(office, romeo, mailbox):
    bob = office.new_name()
    romeo.say(office.jid(bob), "How are you, Bob?", kind="chat")
    mail = await office.at_far_side(lambda m: m.recipients == [bob])
    first = email.message_from_bytes(mail.data)
    assert first["From"] == f"Romeo <{mailbox}>"
    assert mail.sender.startswith("b.") and MAIL_GATEWAY in mail.sender
    answer = office.write(
        f"Bob <{bob}>",
        mailbox,
        "I am well.\n\nRomeo wrote:\n> How are you, Bob?\n",
        f"Re: {first['Subject']}",
        In_Reply_To=first["Message-ID"],
        References=first["Message-ID"],
    )
    assert office.hand_in(answer, bob, mailbox) == {}
    said = await romeo.expect(
        "the answer", sender=office.jid(bob), where=lambda s: s.body
    )
    assert "I am well." in said.body and "How are you" not in said.body
    romeo.say(office.jid(bob), "Then I am, too.", kind="chat")
    mail = await office.at_far_side(
        lambda m: m.recipients == [bob] and "Then I am" in m.text
    )
    second = email.message_from_bytes(mail.data)
    assert second["In-Reply-To"] == answer["Message-ID"]
    assert first["Message-ID"] in second["References"]


async def test_a_bounce_is_the_error_of_its_message(office, romeo, mailbox):
    nobody = "nobody" + office.new_name()
    id = romeo.say(office.jid(nobody), "Hello?", kind="chat")
    error = await romeo.expect(
        "the bounce",
        sender=office.jid(nobody),
        where=lambda s: s.type == "error",
        deadline_s=60,
    )
    assert error.id == id and error.condition == "item-not-found"
    assert "nobody of that name" in error.error_text


async def test_who_is_nobody_is_said_as_early_as_the_server_can(office, mailbox):
    mail = office.write(f"bob@{FAR_DOMAIN}", mailbox)
    refused = office.hand_in(
        mail, f"bob@{FAR_DOMAIN}", mailbox, f"hamlet@{MAIL_GATEWAY}"
    )
    if office.mta.name == "opensmtpd":
        bounce = await office.at_far_side(
            lambda m: m.recipients == [f"bob@{FAR_DOMAIN}"] and m.sender == ""
        )
        assert f"hamlet@{MAIL_GATEWAY}" in bounce.text
    else:
        assert refused[f"hamlet@{MAIL_GATEWAY}"][0] == 550


async def test_dovecot_hands_mail_on(office, romeo, mailbox, tmp_path):
    dovecot = mta.Dovecot(tmp_path, office.lmtp_port, office.far.port)
    dovecot.start()
    try:
        bob = office.new_name()
        with smtplib.LMTP(HOST, dovecot.smtp_port, timeout=30) as client:
            refused = client.sendmail(
                bob,
                [mailbox, f"hamlet@{MAIL_GATEWAY}"],
                office.write(bob, mailbox, "by Dovecot").as_bytes(),
            )
        assert list(refused) == [f"hamlet@{MAIL_GATEWAY}"]
        said = await romeo.expect(
            "the mail", sender=office.jid(bob), where=lambda s: s.body
        )
        assert "by Dovecot" in said.body
    finally:
        dovecot.stop()
