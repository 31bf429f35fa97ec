"""What newcomers touch first: the demo, install-deps, the README's words."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from passerelle import find_program as find_passerelle
from place import CONTRIB, TOP
from process import die_with_parent, wait_until

DEMO_S = 60  # it takes three


@pytest.fixture(scope="module")
def built():
    """The demo runs build/passerelle, not the one with sanitizers."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    subprocess.run(["make"], cwd=TOP, env=env, check=True, capture_output=True)


def demo_processes():
    """Of whatever the demo has started, what is still running: that has its
    current folder in build/demo, as Prosody has it further down."""
    folder = TOP / "build" / "demo"
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            cwd = Path(os.readlink(f"/proc/{pid}/cwd"))
        except OSError:  # gone, or somebody else's
            continue
        if cwd == folder or folder in cwd.parents:
            found.append(int(pid))
    return found


def start_demo():
    return subprocess.Popen(
        ["/usr/bin/python3", "-B", CONTRIB / "demo.d", "--once"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=die_with_parent,
    )


@pytest.mark.parametrize("run", ["first", "second"])
def test_the_demo_is_seen_on_both_sides(built, run):
    demo = start_demo()
    said, _ = demo.communicate(timeout=DEMO_S)
    assert demo.returncode == 0, said
    assert "All 25 steps were seen" in said
    assert demo_processes() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_demo_leaves_nothing_running(built, number):
    demo = start_demo()
    try:
        for line in demo.stdout:
            if "1. Both log in" in line:
                break
        assert len(demo_processes()) >= 5  # and workers of ours
        demo.send_signal(number)
        demo.communicate(timeout=DEMO_S)
    finally:
        demo.kill()
    assert demo.returncode != 0
    wait_until("nothing runs", lambda: demo_processes() == [], 10)


def test_install_deps_says_nothing_when_nothing_is_missing(tmp_path):
    (tmp_path / "apt-get").write_text("#!/bin/sh\nexit 100\n")
    (tmp_path / "apt-get").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        [CONTRIB / "install-deps", "test", "build", "demo"],
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "")


def check_config(folder, text):
    """Nobody finds a mistake in it."""
    config = folder / "passerelle.conf"
    config.write_text(text)
    done = subprocess.run(
        [find_passerelle(), "--check-config", "-c", config],
        env={
            **os.environ,
            "PASSERELLE_PROFILES": str(TOP / "gateways/sms/profiles"),
        },
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr


def test_the_configuration_in_the_readme_is_a_good_one(tmp_path):
    readme = (TOP / "README.md").read_text()
    blocks = [b for b in readme.split("```")[1::2] if "gateway " in b]
    assert len(blocks) == 3  # IRC, and what SMS and mail add
    text = "".join(blocks)
    token = 'token = "{}"'
    assert token.format("...") in text
    check_config(
        tmp_path, text.replace(token.format("..."), token.format(13 * "a2"))
    )


def test_the_configuration_for_alerts_in_a_room_is_a_good_one(tmp_path):
    page = (TOP / "docs/mail.md").read_text()
    (block,) = [
        b
        for b in re.findall(r"(?:^\t\t.*\n|^\n)+", page, re.M)
        if "gateway " in b
    ]
    hint = "26 letters, see below"
    assert hint in block
    check_config(tmp_path, block.replace(hint, 13 * "a2"))
