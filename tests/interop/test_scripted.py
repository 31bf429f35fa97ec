"""What no Debian server does, done by a server that follows orders.

XMPP and the real IRC server play no part in this, so one pair is enough.
"""

import pytest
from names import GATEWAY, SCRIPTED_NETWORK
from scripted_irc import ScriptedIrc
from stage import MATRIX
from test_commands import change, execute
from xmppclient import NICK_CHANGED_BY_ROOM, SELF, resource

STAGES = MATRIX[:1]

CHANNEL = "#vault"
ROOM = f"{CHANNEL}%{SCRIPTED_NETWORK}@{GATEWAY}"
AT_NETWORK = f"{SCRIPTED_NETWORK}@{GATEWAY}"
JULIET = ":juliet!j@verona.test"


@pytest.fixture
def irc(loop, stage):
    server = ScriptedIrc(stage.passerelle.scripted_port, stage.transcript)
    loop.run_until_complete(server.start())
    yield server
    loop.run_until_complete(server.stop())


@pytest.fixture
def user(loop, stage, irc):
    """Nobody else uses this account, so no link to irc is left over."""
    client = loop.run_until_complete(stage.client("mercutio"))
    return client


async def leave(user):
    user.leave(ROOM, "mercutio")
    await user.expect("out", type="unavailable", code=SELF)


async def talk(user, irc, text="still alive"):
    irc.send(f"{JULIET} PRIVMSG {CHANNEL} :{text}")
    await user.expect_text(f"{ROOM}/juliet", text)


ODD_LINES = (
    b"",
    b" ",
    b":",
    b"@",
    b"@a=b",
    b":juliet",
    b"PING",
    b"NICK",
    b":srv NOTICE",
    b"NICK foo",
    b"JOIN",
    b":juliet!j@h JOIN",
    b":juliet!j@h PART",
    b":juliet!j@h KICK #vault",
    b":juliet!j@h MODE #vault +ooo",
    b":juliet!j@h MODE",
    b":juliet!j@h TOPIC",
    b":juliet!j@h PRIVMSG",
    b":srv 353 mercutio",
    b":srv 005 mercutio PREFIX=( CHANMODES=, CASEMAPPING= =x -PREFIX :x",
    b":srv 366",
    b":srv 001",
    b":srv 433",
    b":srv 999 a b c d e f g h i j k l m n o p q r s t u",
    b"@" + b"a=b;" * 2000 + b" :juliet!j@h PRIVMSG #vault :tagged",
    b"@time=nonsense;msgid=;x :juliet!j@h PRIVMSG #vault :tagged",
    b"BATCH",
    b"BATCH +x",
    b"BATCH -y",
    b"CAP * DEL",
    b"CAP * NEW :sasl",
    b"AUTHENTICATE",
    b"FAIL",
    b":juliet!j@h PRIVMSG mercutio :\x01",
    b":juliet!j@h PRIVMSG mercutio :\x01\x01",
    b":juliet!j@h PRIVMSG mercutio :\x01VERSION",
    b"\x80\xff\xfe " * 50,
)


async def test_odd_lines_hurt_nobody(user, irc):
    await user.join(ROOM, "mercutio")
    for raw in ODD_LINES:
        irc.send(raw)
        await talk(user, irc, f"alive after {ODD_LINES.index(raw)}")
    assert (await user.ping(f"{ROOM}/mercutio")).type == "result"
    await leave(user)


async def test_a_line_of_a_megabyte_is_dropped_and_the_next_one_read(
    user, irc
):
    await user.join(ROOM, "mercutio")
    irc.send_bytes(f"{JULIET} PRIVMSG {CHANNEL} :".encode() + b"x" * 1_000_000)
    irc.send_bytes(b"\r\n")
    await talk(user, irc)
    await leave(user)


HOSTILE_NICKS = (
    b"a\x02b",
    b"a\xc0\xafb",
    b"caf\xc3\xa9",
    b"\xff\xfe",
    b"a<b>&'\"",
    b"a/b",
    b"a\xef\xbf\xbe",
    b"\xe2\x80\xae",
    b"Stra\xc3\x9fe",
)


@pytest.mark.parametrize("nick", HOSTILE_NICKS)
async def test_a_nick_of_any_bytes_has_an_address(user, irc, nick):
    await user.join(ROOM, "mercutio")
    source = b":" + nick + b"!u@h "
    irc.send(source + b"JOIN #vault")
    here = await user.expect(
        "somebody", kind="presence", type="",
        where=lambda s: resource(s.sender) not in ("juliet", "mercutio"),
    )
    irc.send(source + b"PRIVMSG #vault :what's in a name?")
    await user.expect_text(here.sender, "what's in a name?")
    user.say(here.sender, "that which we call a rose", kind="chat")
    line = await irc.expect("the private message", "PRIVMSG")
    assert line.raw == b"PRIVMSG %s :that which we call a rose" % nick
    irc.send(source + b"QUIT :bye")
    await user.expect("gone", type="unavailable", sender=here.sender)
    await talk(user, irc)
    await leave(user)


async def test_names_of_one_case_mapping_are_one_person(user, irc):
    """CASEMAPPING=rfc1459: [] and {} are the same letters."""
    irc.others = ["juliet[x]"]
    await user.join(ROOM, "mercutio")
    irc.send(":JULIET{X}!j@h QUIT :gone")
    await user.expect("gone", type="unavailable", sender=f"{ROOM}/juliet[x]")
    await leave(user)


async def test_a_nick_that_the_server_cuts_is_told_with_210(user, irc):
    irc.nick_for = lambda wanted: wanted[:4]
    stanzas = await user.join(ROOM, "mercutio")
    (own,) = [s for s in stanzas if SELF in s.codes]
    assert resource(own.sender) == "merc"
    assert NICK_CHANGED_BY_ROOM in own.codes
    user.leave(ROOM, "merc")
    await user.expect("out", type="unavailable", code=SELF)


async def test_a_nick_that_the_server_changes_is_told_with_303(user, irc):
    await user.join(ROOM, "mercutio")
    irc.send(":mercutio!u@h NICK Guest123")
    await user.expect("renamed", type="unavailable", code=303)
    await user.expect(
        "the new name", kind="presence", code=SELF, sender=f"{ROOM}/Guest123"
    )
    user.leave(ROOM, "Guest123")
    await user.expect("out", type="unavailable", code=SELF)


async def test_a_join_without_an_answer_ends_with_a_timeout(user, irc):
    irc.answers_join = False
    error = await user.refusal(ROOM, "mercutio", deadline_s=75)
    assert error.condition == "remote-server-timeout"


REFUSING_NUMERICS = {
    "403": "item-not-found",
    "405": "resource-constraint",
    "471": "service-unavailable",
    "473": "registration-required",
    "474": "forbidden",
    "475": "not-authorized",
    "476": ("item-not-found", "jid-malformed"),
    "477": "registration-required",
    "489": ("policy-violation", "registration-required"),
}


async def test_every_numeric_that_refuses_a_join_ends_it(user, irc):
    await user.join(ROOM, "mercutio")
    irc.answers_join = False
    for numeric, condition in REFUSING_NUMERICS.items():
        room = f"#n{numeric}%{SCRIPTED_NETWORK}@{GATEWAY}"
        user.ask_to_join(room, "mercutio")
        await irc.expect("the JOIN", "JOIN", f"#n{numeric}")
        irc.send(f":srv {numeric} mercutio #n{numeric} :no, because")
        error = await user.expect(
            f"the error for {numeric}",
            kind="presence",
            type="error",
            where=lambda s: s.sender.startswith(room),
        )
        allowed = condition if isinstance(condition, tuple) else (condition,)
        assert error.condition in allowed, numeric
    await leave(user)


async def test_a_channel_that_forwards_tells_where(user, irc):
    await user.join(ROOM, "mercutio")
    irc.answers_join = False
    room = f"#old%{SCRIPTED_NETWORK}@{GATEWAY}"
    user.ask_to_join(room, "mercutio")
    await irc.expect("the JOIN", "JOIN", "#old")
    irc.send(":srv 470 mercutio #old #new :Forwarding to another channel")
    irc.send(":mercutio!u@h JOIN #new")
    irc.send(":srv 353 mercutio = #new :mercutio juliet")
    irc.send(":srv 366 mercutio #new :end")
    end = await user.expect(
        "the end of that join",
        kind="presence",
        where=lambda s: s.sender.startswith(room)
        and s.type in ("error", "unavailable"),
    )
    assert end.condition == "gone"
    assert "%23new%25scripted@" in repr(end), "it says where the channel is"
    assert (await user.ping(f"{room}/mercutio")).type == "error"
    await leave(user)


async def set_account(user, account, password, required="0"):
    """None forgets."""
    done = await change(
        user,
        AT_NETWORK,
        sasl_account=account,
        sasl_password=password,
        sasl_required=required,
    )
    assert done.state == "completed", done.answer


async def test_sasl_plain_logs_in_before_the_welcome(user, irc):
    irc.capabilities = "sasl=PLAIN,EXTERNAL message-tags"
    irc.accounts = {"mercutio": "a plague o' both your houses é"}
    await set_account(user, "mercutio", irc.accounts["mercutio"])
    try:
        await user.join(ROOM, "mercutio")
        seen = [line.command for line in irc.inbox.history]
        assert seen.count("AUTHENTICATE") == 2
        assert seen.index("AUTHENTICATE") < seen.index("JOIN")
        await talk(user, irc)
        await leave(user)
    finally:
        await set_account(user, None, None)


async def test_scram_logs_in_and_no_password_is_sent(user, irc):
    irc.capabilities = "sasl=PLAIN,SCRAM-SHA-256"
    irc.iterations = 150000
    irc.accounts = {"mer,cu=tio": "a plague o' both your houses"}
    await set_account(user, "mer,cu=tio", irc.accounts["mer,cu=tio"])
    try:
        await user.join(ROOM, "mercutio")
        said = [
            line.params[0]
            for line in irc.inbox.history
            if line.command == "AUTHENTICATE"
        ]
        assert said[0] == "SCRAM-SHA-256"
        assert said[-1] == "+", "the server's proof was looked at"
        assert "PLAIN" not in said
        await talk(user, irc)
        await leave(user)
    finally:
        await set_account(user, None, None)


@pytest.mark.parametrize("what", ("proof", "iterations"))
async def test_a_server_that_cheats_at_scram_gets_no_password(
    user, irc, what
):
    irc.capabilities = "sasl=PLAIN,SCRAM-SHA-256"
    irc.accounts = {"mercutio": "right"}
    irc.lies = what == "proof"
    irc.iterations = 1 if what == "iterations" else 4096
    await set_account(user, "mercutio", "right", required="1")
    try:
        error = await user.refusal(ROOM, "mercutio", deadline_s=30)
        assert "the server" in error.error_text
        said = [
            line.params[0]
            for line in irc.inbox.history
            if line.command == "AUTHENTICATE"
        ]
        assert said[-1] == "*" and "PLAIN" not in said
    finally:
        await set_account(user, None, None)


@pytest.mark.parametrize("length", (298, 299, 300, 301))
async def test_a_long_password_is_sent_in_pieces(user, irc, length):
    """Pieces of 400 bytes; a last one of exactly 400 is followed by "+"."""
    irc.capabilities = "sasl=PLAIN"
    irc.accounts = {"m": "p" * (length - 4)}
    await set_account(user, "m", irc.accounts["m"])
    try:
        await user.join(ROOM, "mercutio")
        await leave(user)
    finally:
        await set_account(user, None, None)


async def test_a_wrong_password_ends_the_join_where_an_account_is_required(
    user, irc
):
    irc.capabilities = "sasl=PLAIN"
    irc.accounts = {"mercutio": "right"}
    await set_account(user, "mercutio", "wrong", required="1")
    try:
        error = await user.refusal(ROOM, "mercutio", deadline_s=30)
        assert error.condition not in ("forbidden", "not-authorized"), (
            "clients would ask for the password of the room"
        )
        assert error.error_text
    finally:
        await set_account(user, None, None)


async def test_a_wrong_password_is_told_where_no_account_is_required(
    user, irc
):
    irc.capabilities = "sasl=PLAIN"
    irc.accounts = {"mercutio": "right"}
    await set_account(user, "mercutio", "wrong")
    try:
        await user.join(ROOM, "mercutio")
        await user.expect(
            "a word about it",
            kind="message",
            where=lambda s: "SASL" in (s.body or ""),
        )
        await leave(user)
    finally:
        await set_account(user, None, None)


async def test_a_ping_is_answered_while_much_is_queued(user, irc):
    await user.join(ROOM, "mercutio")
    for n in range(100):
        user.say(ROOM, f"line {n}")
    irc.send("PING :urgent")
    line = await irc.expect("the answer", "PONG")
    assert line.text == "urgent"
    await leave(user)


async def test_status_at_the_network_names_it(user, irc):
    await user.join(ROOM, "mercutio")
    status = await execute(user, AT_NETWORK, "status")
    if status.answer.type == "error":
        status = await execute(user, GATEWAY, "status")
    assert SCRIPTED_NETWORK in status.text
    await leave(user)
