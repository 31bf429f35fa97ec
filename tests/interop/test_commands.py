"""Ad-hoc commands (XEP-0050): status, and the settings of a user."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from names import GATEWAY, NETWORK
from stage import DIAGONAL
from xmppclient import Refused

STAGES = DIAGONAL

COMMANDS = "http://jabber.org/protocol/commands"
DATA = "jabber:x:data"
AT_NETWORK = f"{NETWORK}@{GATEWAY}"


class Command:
    """One stage of a command: its state, its text, its form."""

    def __init__(self, answer):
        self.answer = answer
        found = answer.find(f"{{{COMMANDS}}}command")
        self.state = found.get("status") if found is not None else None
        self.session = found.get("sessionid") if found is not None else None
        text = [] if found is None else list(found.itertext())
        self.text = "\n".join(text)
        self.fields = {
            f.get("var"): f
            for f in answer.xml.iter(f"{{{DATA}}}field")
            if f.get("var") and f.get("type") != "hidden"
        }

    def value(self, var):
        return self.fields[var].findtext(f"{{{DATA}}}value") or ""


async def execute(client, to, node):
    return Command(
        await client.iq(
            to,
            f"<command xmlns='{COMMANDS}' node='{node}' action='execute'/>",
            kind="set",
        )
    )


async def submit(client, to, node, session, values):
    command = ET.Element(
        f"{{{COMMANDS}}}command",
        {"node": node, "sessionid": session, "action": "execute"},
    )
    form = ET.SubElement(command, f"{{{DATA}}}x", {"type": "submit"})
    for var, value in values.items():
        field = ET.SubElement(form, f"{{{DATA}}}field", {"var": var})
        ET.SubElement(field, f"{{{DATA}}}value").text = value
    id = client._send("iq", [command], to=to, type="set")
    return Command(
        await client.expect(
            f"the end of {node}",
            kind="iq",
            id=id,
            where=lambda s: s.type in ("result", "error"),
        )
    )


async def cancel(client, to, node, session):
    return await client.iq(
        to,
        f"<command xmlns='{COMMANDS}' node='{node}' sessionid='{session}'"
        " action='cancel'/>",
        kind="set",
    )


async def settings_command(client, at=AT_NETWORK):
    """The command at the network that asks for nick and password."""
    for item in await client.items(at, node=COMMANDS):
        command = await execute(client, at, item["node"])
        if {"nick", "sasl_password"} <= set(command.fields):
            return item["node"], command
        if command.state == "executing":
            await cancel(client, at, item["node"], command.session)
    raise AssertionError("no settings command at the network")


async def change(client, at=AT_NETWORK, **values):
    """Submits the settings as they are but for these; None forgets.  A secret
    that is left empty stays, and has a field of its own to forget it."""
    node, command = await settings_command(client, at)
    form = {var: command.value(var) for var in command.fields}
    for var, value in values.items():
        form[var] = value or ""
        if value is None and f"{var}_forget" in form:
            form[f"{var}_forget"] = "1"
    return await submit(client, at, node, command.session, form)


async def test_status_tells_of_the_links(stage, romeo, balcony):
    for to in (GATEWAY, AT_NETWORK):
        nodes = [i["node"] for i in await romeo.items(to, node=COMMANDS)]
        if "status" not in nodes:
            continue
        status = await execute(romeo, to, "status")
        assert status.state == "completed"
        assert status.text.strip()
    assert "status" in [
        i["node"] for i in await romeo.items(GATEWAY, node=COMMANDS)
    ]


async def test_every_listed_command_starts_and_can_be_cancelled(romeo):
    for to in (GATEWAY, AT_NETWORK):
        for item in await romeo.items(to, node=COMMANDS):
            command = await execute(romeo, to, item["node"])
            assert command.state in ("executing", "completed"), item
            if command.state == "executing":
                answer = await cancel(
                    romeo, to, item["node"], command.session
                )
                assert answer.type == "result"


async def test_a_command_that_is_not_there_is_an_error(romeo):
    answer = await romeo.iq(
        GATEWAY,
        f"<command xmlns='{COMMANDS}' node='no-such' action='execute'/>",
        kind="set",
    )
    assert answer.condition == "item-not-found"


async def test_a_session_of_somebody_else_cannot_be_used(romeo, benvolio):
    node, command = await settings_command(romeo)
    stolen = await submit(
        benvolio, AT_NETWORK, node, command.session, {"nick": "stolen"}
    )
    assert stolen.answer.type == "error"
    again = Command(
        await romeo.iq(
            AT_NETWORK,
            f"<command xmlns='{COMMANDS}' node='{node}' action='execute'/>",
            kind="set",
        )
    )
    assert again.value("nick") != "stolen"


async def test_a_nick_that_was_set_is_the_nick_on_irc(stage, juliet):
    mercutio = await stage.client("mercutio")
    assert (await change(mercutio, nick="queenmab")).state == "completed"
    channel = stage.new_channel()
    await juliet.join(channel)
    await mercutio.join(stage.room(channel), "mercutio")
    assert "queenmab" in await juliet.names(channel)
    _, command = await settings_command(mercutio)
    assert command.value("nick") == "queenmab"
    assert (await change(mercutio, nick=None)).state == "completed"


async def test_a_password_is_never_shown_again_nor_stored_as_text(stage):
    escalus = await stage.client("escalus")
    secret = "Thus with a kiss I die"
    done = await change(escalus, sasl_password=secret)
    assert done.state == "completed"
    node, command = await settings_command(escalus)
    assert secret not in str(command.answer)
    for path in filter(Path.is_file, stage.passerelle.folder.iterdir()):
        assert secret.encode() not in path.read_bytes(), path
    done = await change(escalus, sasl_password=None)
    assert done.state == "completed"


HOSTILE_SETTINGS = {
    "CR": "one\rQUIT :two",
    "LF": "one\nQUIT :two",
    "a tab": "one\ttwo",
    "600 characters": "x" * 600,
}


SETTINGS = ("nick", "sasl_account", "sasl_password", "server_password")


@pytest.mark.parametrize("var", SETTINGS)
@pytest.mark.parametrize("what", HOSTILE_SETTINGS)
async def test_a_setting_is_taken_whole_or_refused_whole(
    stage, juliet, what, var
):
    hostile = HOSTILE_SETTINGS[what]
    mercutio = await stage.client("mercutio")
    channel = stage.new_channel()
    await juliet.join(channel)
    _, command = await settings_command(mercutio)
    before = command.value(var)
    done = await change(mercutio, **{var: hostile})
    if done.answer.type == "error":
        assert done.answer.error_text
    try:
        await mercutio.join(stage.room(channel), "mercutio")
        mercutio.say(stage.room(channel), "alive")
        await juliet.expect_text(channel, "alive")
    except Refused:  # ngIRCd does not take just any server password
        assert var == "server_password" and done.state == "completed"
    _, command = await settings_command(mercutio)
    if "password" not in var:
        assert command.value(var) in (hostile, before)
    undone = await change(mercutio, **{var: None})
    assert undone.state == "completed", undone.answer
    assert not juliet.inbox.waiting(
        lambda line: line.command == "QUIT" and "two" in line.params
    )


async def test_an_administrator_reads_the_configuration_again(stage, romeo):
    escalus = await stage.client("escalus")
    config = stage.passerelle.config
    was = config.read_text()
    done = await execute(escalus, GATEWAY, "reload")
    assert (done.state, done.text.strip()) == ("completed", "Done.")
    try:
        config.write_text(was.replace("reconnect_max = 3", "reconnect_max = x"))
        done = await execute(escalus, GATEWAY, "reload")
    finally:
        config.write_text(was)
    assert "passerelle.conf" in done.text and "reconnect_max" in done.text
    done = await execute(escalus, GATEWAY, "audit")
    assert done.text.count("reloaded the configuration") >= 2
    assert (await execute(romeo, GATEWAY, "reload")).answer.type == "error"
