"""Health and figures, as those who watch see them."""

import asyncio
import contextlib
import http.client
import re

import pytest
from corner import Corner
from names import GATEWAY, NETWORK
from ngircd import Ngircd
from place import HOST, free_ports

SAMPLE = re.compile(
    r'^(passerelle_\w+)(\{(\w+="(?:[^"\\]|\\.)*",?)+\})? -?\d+(\.\d+)?$'
)


@pytest.fixture
def corner(certificates, tmp_path):
    (port,) = free_ports(1)
    corner = Corner(
        tmp_path,
        certificates,
        {NETWORK: (Ngircd(tmp_path, certificates), "")},
        blocks=f'http {{ port = {port} proxies = {{ "{HOST}" }} }}',
    )
    corner.http_port = port
    try:
        corner.start()
        yield corner
    finally:
        corner.kill()


def ask(corner, method, path, headers=None):
    """Status and text."""
    connection = http.client.HTTPConnection(HOST, corner.http_port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


async def until(corner, status):
    """The words that come with it."""
    words = "nobody listens"
    for _ in range(150):
        with contextlib.suppress(ConnectionRefusedError):
            got, words = await asyncio.to_thread(
                ask, corner, "GET", "/healthz"
            )
            if got == status:
                return words
        await asyncio.sleep(0.1)
    raise AssertionError(f"/healthz never answered {status}: {words}")


async def test_health_says_what_is_wrong_while_it_is(corner):
    assert await until(corner, 200) == "ok\n"
    corner.xmpp.stop()
    words = await until(corner, 503)
    assert words == f"gateway {GATEWAY}: not connected to the XMPP server\n"
    corner.xmpp.start()
    assert await until(corner, 200) == "ok\n"
    assert await corner.end() == 0


async def test_figures_are_there_for_whom_it_is_allowed(corner):
    await until(corner, 200)
    romeo = await corner.client("romeo")
    await romeo.iq(GATEWAY, "<ping xmlns='urn:xmpp:ping'/>")
    status, text = await asyncio.to_thread(ask, corner, "GET", "/metrics")
    assert status == 200
    families = re.findall(r"^# TYPE (\w+) (?:gauge|counter)$", text, re.M)
    assert len(families) == len(set(families)) > 15
    for line in text.splitlines():
        if not line.startswith("# "):
            sample = SAMPLE.match(line)
            assert sample and sample[1] in families, line
    assert f'passerelle_stream_up{{gateway="{GATEWAY}"}} 1' in text
    assert "passerelle_store_ok 1" in text
    assert 'passerelle_http_answers_total{at="healthz",status="200"}' in text
    assert "romeo" not in text
    for kind, at, why, expected in (
        ("POST", "/metrics", {}, 405),
        ("GET", "/metrics/x", {}, 404),
        ("GET", "/metric", {}, 404),
        ("GET", "/metrics", {"X-Forwarded-For": "192.0.2.1"}, 403),
        ("GET", "/metrics", {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"}, 403),
    ):
        status, _ = await asyncio.to_thread(ask, corner, kind, at, why)
        assert status == expected, (kind, at, why)
    assert await corner.end() == 0
