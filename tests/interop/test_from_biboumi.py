"""Moving from biboumi: a database made by Debian's biboumi, through its own
commands, ends as settings that a user of Passerelle sees."""

import os
import subprocess

import pytest
from names import DOMAIN, GATEWAY, SECRET
from passerelle import SANITIZERS, find_program as find_passerelle
from place import CONTRIB, HOST, find_program
from process import Process
from prosody import Prosody
from test_commands import execute, settings_command, submit
from xmppclient import XmppClient

SERVER = "irc.verona.example"
CHANNEL = "#balcony"
USER = f"romeo@{DOMAIN}"
HARD = r'a "hard" ${one}\n'  # both files have to quote it
BIBOUMI = """hostname={gateway}
password={secret}
xmpp_server_ip={host}
port={port}
db_name={folder}/biboumi.sqlite
admin=escalus@{domain}
log_level=1
identd_port=0
persistent_by_default=true
"""
STORE = """
store {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
"""


@pytest.fixture(scope="module")
def prosody(tmp_path_factory):
    server = Prosody(tmp_path_factory.mktemp("biboumi"))
    try:
        server.start()
        yield server
        server.stop()
    finally:
        server.kill()


@pytest.fixture
def biboumi(prosody, tmp_path):
    config = tmp_path / "biboumi.cfg"
    config.write_text(
        BIBOUMI.format(
            gateway=GATEWAY,
            secret=SECRET,
            host=HOST,
            port=prosody.component_port,
            folder=tmp_path,
            domain=DOMAIN,
        )
    )
    process = Process("biboumi", [find_program("biboumi"), config], tmp_path)
    process.start()
    yield process
    process.kill()


@pytest.fixture
def log(tmp_path):
    with open(tmp_path / "transcript.log", "w", buffering=1) as f:
        yield f


async def configure(client, at, **values):
    form = await execute(client, at, "configure")
    filled = {var: form.value(var) for var in form.fields}
    answer = await submit(
        client, at, "configure", form.session, {**filled, **values}
    )
    assert answer.state == "completed"


async def set_all(client):
    """What a user of biboumi sets, through biboumi."""
    await configure(client, GATEWAY, record_history="false")
    await configure(
        client,
        f"{SERVER}@{GATEWAY}",
        nick="Montague",
        sasl_password=HARD,
        address=HOST,
        tls_ports="7001",
        ports="",
        encoding_in="iso-8859-15",
    )
    await configure(
        client, f"{CHANNEL}%{SERVER}@{GATEWAY}", record_history="true"
    )


def move(folder):
    """The script, then the program; what the program said."""
    out = folder / "moved"
    done = subprocess.run(
        [CONTRIB / "from-biboumi", "--config", folder / "biboumi.cfg", out],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    conf = out / "passerelle.conf"
    conf.write_text(conf.read_text() + STORE.format(folder=folder))
    return subprocess.run(
        [find_passerelle(), "--import", out / "settings", "-c", conf],
        env={**os.environ, **SANITIZERS},
        capture_output=True,
        text=True,
    )


async def test_what_biboumi_kept_is_there(prosody, biboumi, log, tmp_path):
    client = XmppClient(f"{USER}/move", prosody.c2s_port, log)
    await client.connect()
    await client.wait_for_service(GATEWAY)
    await set_all(client)
    biboumi.signal(15)
    biboumi.wait(10)

    said = move(tmp_path)
    assert "Sanitizer" not in said.stderr
    # What this version has no setting for is named, line by line.
    for line in said.stderr.splitlines():
        assert "archive" in line or line.startswith("warning"), said.stderr
    assert "settings imported" in said.stdout

    conf = tmp_path / "moved" / "passerelle.conf"
    assert f'#network "{SERVER}"' in conf.read_text(), (
        "who may not dial loopback may not have it configured either"
    )
    assert "stay_connected = yes" in conf.read_text()
    passerelle = Process(
        "passerelle", [find_passerelle(), "-c", conf], tmp_path, env=SANITIZERS
    )
    passerelle.start()
    try:
        await client.wait_for_service(GATEWAY)
        _, form = await settings_command(client, f"{SERVER}@{GATEWAY}")
        assert form.value("nick") == "Montague"
        assert form.value("sasl_account") == "Montague"
        assert form.value("encoding") == "iso-8859-15"
        assert "sasl_password_forget" in form.fields  # it is set
        await client.close()
        passerelle.signal(15)
        assert passerelle.wait(10) == 0
    finally:
        passerelle.kill()
    assert HARD.encode() not in (tmp_path / "passerelle.db").read_bytes()


def test_a_line_that_cannot_be_used_does_not_stop_the_rest(tmp_path):
    conf = tmp_path / "passerelle.conf"
    conf.write_text(
        f'gateway "{GATEWAY}" {{ type = "irc" secret = "{SECRET}"'
        ' network "net" { host = "irc.example.net" } }'
        + STORE.format(folder=tmp_path)
    )
    conf.chmod(0o600)
    lines = [
        "# a comment",
        "",
        f"{USER}\tnet@{GATEWAY}\tnick\tMontague",
        f"{USER}\tnet@{GATEWAY}\tnick\tnot a nick",
        f"{USER}\tnet@{GATEWAY}\tsasl_required\tperhaps",
        f"{USER}\tother@{GATEWAY}\tnick\tMontague",
        f"{USER}\tnet@elsewhere.example\tnick\tMontague",
        f"a@b@c\tnet@{GATEWAY}\tnick\tMontague",
        f"{USER}\tnet@{GATEWAY}\tno_such\t1",
        f"{USER}\tnet@{GATEWAY}\tnick",
        f"{USER}\tnet@{GATEWAY}\tnick\ta\\qb",
        f"{USER}\tnet@{GATEWAY}\tnick\t" + "x" * 20000,
        f"{USER}\tnet@{GATEWAY}\tnick\t",
        f"{USER}\t{GATEWAY}\tnick\tRomeo",
    ]
    settings = tmp_path / "settings"
    settings.write_text("\n".join(lines))
    said = subprocess.run(
        [find_passerelle(), "--import", settings, "-c", conf],
        env={**os.environ, **SANITIZERS},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 65, said.stderr
    assert "2 settings imported, 10 lines refused" in said.stdout
    refused = [
        int(line.split(":")[1])
        for line in said.stderr.splitlines()
        if line.startswith(str(settings))
    ]
    assert refused == list(range(4, 14))
