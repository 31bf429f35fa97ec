"""Who may use the gateway: the domains and addresses that are allowed."""

from names import GATEWAY, OTHER_DOMAIN
from stage import DIAGONAL

STAGES = DIAGONAL


async def test_a_stranger_cannot_join(stage, juliet):
    stranger = await stage.client("romeo", domain=OTHER_DOMAIN)
    channel = stage.new_channel()
    await juliet.join(channel)
    error = await stranger.refusal(stage.room(channel), "paris")
    assert error.condition not in ("not-authorized", "forbidden"), (
        "clients would ask for a password, or say that he is banned"
    )
    assert error.error_text
    await juliet.barrier()
    assert await juliet.names(channel) == {"juliet"}


async def test_a_stranger_cannot_write(stage, romeo, juliet, balcony):
    stranger = await stage.client("romeo", domain=OTHER_DOMAIN)
    juliet.inbox.forget()
    for to, kind in (
        (stage.contact("juliet"), "chat"),
        (balcony.room, "groupchat"),
        (balcony.juliet_in_room, "chat"),
    ):
        id = stranger.say(to, "let me in", kind=kind)
        error = await stranger.expect_error(id, "not allowed")
        assert error.kind == "message"
    await juliet.barrier()
    assert "let me in" not in str(juliet.inbox.history)


async def test_a_stranger_runs_no_commands(stage):
    stranger = await stage.client("escalus", domain=OTHER_DOMAIN)
    commands = "http://jabber.org/protocol/commands"
    answer = await stranger.iq(
        GATEWAY,
        f"<command xmlns='{commands}' node='status' action='execute'/>",
        kind="set",
    )
    assert answer.type == "error"


async def test_a_stranger_is_answered_all_the_same(stage):
    stranger = await stage.client("romeo", domain=OTHER_DOMAIN)
    await stranger.ping(GATEWAY)
    for payload in (
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
        "<query xmlns='http://jabber.org/protocol/disco#items'/>",
        "<query xmlns='urn:example:nothing'/>",
    ):
        await stranger.iq(GATEWAY, payload)
