"""Invitations between clients, on both sides and in the forms they use."""

from names import GATEWAY

INVITE = "<x xmlns='jabber:x:conference' jid='%s' reason='come'/>"
MUC_USER = "{http://jabber.org/protocol/muc#user}"
DIRECT = "{jabber:x:conference}x"


async def test_who_is_invited_by_a_message_to_him_gets_an_invite(
    stage, romeo, juliet, nurse, balcony
):
    await juliet.mode(balcony.channel, "+o", "romeo")  # InspIRCd asks for it
    romeo.send_message(stage.contact("nurse"), INVITE % balcony.room)
    await nurse.expect(
        "the invitation", "INVITE", "nurse", balcony.channel, nick="romeo"
    )
    await romeo.barrier(GATEWAY)
    assert await nurse.join(balcony.channel)


async def test_an_invitation_that_the_server_refuses_is_an_error(
    stage, romeo, juliet, balcony
):
    """She is there already; some ask first whether he may invite at all."""
    await juliet.mode(balcony.channel, "+o", "romeo")
    id = romeo.send_message(stage.contact("juliet"), INVITE % balcony.room)
    error = await romeo.expect_error(id)
    assert error.condition == "conflict"


async def test_a_room_elsewhere_is_no_invitation(stage, romeo, balcony):
    id = romeo.send_message(
        stage.contact("juliet"), INVITE % "ball@conference.example.org"
    )
    error = await romeo.expect_error(id)
    assert error.condition == "bad-request"


async def test_an_invitation_from_irc_has_the_forms_that_clients_know(
    stage, romeo, juliet, balcony
):
    channel = stage.new_channel()
    await juliet.join(channel)
    juliet.send(f"INVITE romeo {channel}")
    seen = await romeo.expect(
        "the invitation", kind="message", sender=stage.room(channel)
    )
    invite = seen.find(f"{MUC_USER}x/{MUC_USER}invite")
    assert invite.get("from") == stage.contact("juliet")
    assert seen.find(DIRECT).get("jid") == stage.room(channel)
    await romeo.join(stage.room(channel), "romeo")
