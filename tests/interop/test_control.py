"""What the running program is asked on the command line."""

import asyncio
import os
import signal
import socket
import stat

import pytest
from corner import Corner
from names import GATEWAY, NETWORK
from ngircd import Ngircd
from passerelle import SANITIZERS, find_program

USAGE, UNAVAILABLE, CONFIG = 64, 69, 78


@pytest.fixture
def corner(certificates, tmp_path):
    corner = Corner(
        tmp_path,
        certificates,
        {NETWORK: (Ngircd(tmp_path, certificates), "")},
    )
    try:
        corner.start()
        yield corner
    finally:
        corner.kill()


@pytest.fixture
def post(certificates, tmp_path):
    """With a gateway that stores and forwards instead."""
    post = Corner(tmp_path, certificates, {})
    text = post.config.read_text()
    post.config.write_text(text.replace('"irc"', '"post"'))
    try:
        post.start()
        yield post
    finally:
        post.kill()


async def ask(corner, *words, config=None):
    """Exit status, what it prints and what it complains of."""
    process = await asyncio.create_subprocess_exec(
        find_program(),
        "-c",
        str(config or corner.config),
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **SANITIZERS},
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


async def until_up(corner):
    for _ in range(150):
        status, out, err = await ask(corner, "status")
        if status == 0 and out.startswith("ok\n"):
            return out
        await asyncio.sleep(0.1)
    raise AssertionError(f"never up: {out}{err}")


async def test_the_running_program_says_how_it_is(corner):
    text = await until_up(corner)
    assert f"Gateway {GATEWAY}, version" in text
    socket_file = corner.folder / "passerelle.db.control"
    assert stat.S_IMODE(socket_file.stat().st_mode) == 0o600
    status, out, _ = await ask(corner, "metrics")
    assert status == 0 and "passerelle_store_ok 1\n" in out
    corner.xmpp.stop()  # then it is wanted most
    for _ in range(100):
        status, out, _ = await ask(corner, "status")
        if "not connected to the XMPP server" in out:
            break
        await asyncio.sleep(0.1)
    assert status == 0 and "not connected to the XMPP server" in out
    assert await corner.end() == 0
    assert not socket_file.exists()
    status, out, err = await ask(corner, "status")
    assert status == UNAVAILABLE and not out
    assert "is not running" in err and str(socket_file) in err


async def test_the_configuration_is_read_again_on_request(corner):
    await until_up(corner)
    status, out, _ = await ask(corner, "reload")
    assert (status, out) == (0, "Done.\n")
    good = corner.config.read_text()
    corner.config.write_text(good + "log { levl = info }\n")
    status, out, err = await ask(corner, "reload")
    assert status == 1 and not out and "levl" in err
    # a file with mistakes still says where to ask
    status, out, _ = await ask(corner, "status")
    assert status == 0 and out.startswith("ok\n")
    corner.config.write_text(good)
    assert await corner.end() == 0


async def test_what_is_not_understood_is_told_without_asking(corner):
    await until_up(corner)
    for words, part in (
        (("statsu",), "did you mean 'status'?"),
        (("status", "now"), "too many words"),
        (("frobnicate", "it"), "'help' shows what is"),
        (("a" * 9000,), "is not known"),
    ):
        status, out, err = await ask(corner, *words)
        assert status == USAGE and not out and part in err, words
    status, out, _ = await ask(corner, "help")
    assert status == 0 and "status" in out
    nothing = corner.folder / "nothing.conf"
    status, _, err = await ask(corner, "status", config=nothing)
    assert status == CONFIG and "No such file" in err
    assert await corner.end() == 0


async def test_whoever_misuses_the_socket_disturbs_nobody(corner):
    await until_up(corner)
    path = str(corner.folder / "passerelle.db.control")
    held = []
    for text in (b"", b"status", b"x" * 100000, b"\xff\0", b"a\0" * 50, b"\0"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(path)
        try:
            s.sendall(text)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        held.append(s)
    for s in held:
        try:
            answer = s.recv(4096)
        except OSError:
            answer = b""
        assert answer == b"" or answer.startswith(b"error: ")
        s.close()
    await until_up(corner)
    corner.passerelle.signal(signal.SIGKILL)
    corner.passerelle.wait(10)
    corner.passerelle.start()  # the old socket is in its way
    await until_up(corner)
    assert await corner.end() == 0


async def test_what_is_owed_is_seen_held_and_cancelled_without_xmpp(post):
    await until_up(post)
    status, out, _ = await ask(post, "queue", "hold")
    assert status == 0 and "nothing is sent until" in out
    romeo = await post.client("romeo")
    for words in ("first", "second"):
        romeo.say(f"bob@{GATEWAY}", words, kind="chat")
    for _ in range(100):
        status, out, _ = await ask(post, "queue", "list")
        if len(out.splitlines()) == 3:
            break
        await asyncio.sleep(0.1)
    lines = out.splitlines()
    assert "2 on their way; all held" in lines[0]
    first, second = (line.split()[0] for line in lines[1:])
    post.xmpp.stop()
    status, out, _ = await ask(post, "queue", "cancel", second)
    assert status == 0 and out == f"Message {second} is cancelled.\n"
    status, out, _ = await ask(post, "-g", GATEWAY, "queue", "release")
    assert status == 0 and out == f"{GATEWAY}: 1 messages may go.\n"
    for _ in range(100):
        status, out, _ = await ask(post, "queue", "show", first)
        if " sent " in out.splitlines()[0]:
            break
        await asyncio.sleep(0.1)
    assert status == 0 and " sent " in out.splitlines()[0]
    status, out, _ = await ask(post, "queue", "show", second)
    assert status == 0 and " cancelled " in out.splitlines()[0]
    status, out, err = await ask(post, "queue", "show", "9999")
    assert status == 1 and not out and "there is no message 9999" in err
    status, out, _ = await ask(post, "line", "list")
    assert status == 0 and "main: works" in out
    assert await post.end() == 0
