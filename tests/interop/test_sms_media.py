"""Pictures that come in by MMS: at the XMPP server's, or a link of ours."""

import asyncio
import base64
import http.server
import json
import re
import threading
import urllib.error
import urllib.request

import pytest
from counter import OWNER
from names import ADMIN, DOMAIN, SECRET
from passerelle import REPORT, SANITIZERS, find_program
from place import HOST, TOP, free_ports
from process import STOP_S, Process
from prosody import Prosody
from xmppclient import XmppClient

OOB = "{jabber:x:oob}x/{jabber:x:oob}url"
GATEWAY = f"sms.{DOMAIN}"
PEER = f"+15551230001@{GATEWAY}"
TOKEN = "T0kenT0kenT0ken1"
GIF = b"GIF89a" + bytes(range(256)) * 50
PAGE = b"<html><script>alert(1)</script>"
USER, KEY = "user", "pass"

CONFIG = """
server {{ host = "{host}"  port = {component_port}  domain = "{domain}" }}
store  {{ path = "{folder}/passerelle.db"  key_file = "{folder}/key" }}
log    {{ level = "debug" }}
http   {{ listen = "{host}"  port = {http_port}
          public_url = "http://{host}:{http_port}" }}
access {{ allow = {{ "{domain}" }}  admins = {{ "{admin}" }} }}
gateway "{gateway}" {{
	type = "sms"
	secret = "{secret}"
	reconnect_min = 1
	reconnect_max = 3
	default_region = "1"
	profiles = "{profiles}"
	media_dir = "{folder}/media"
	media_max_mb = 1
	line "main" {{
		profile = "bandwidth"
		base = "{base}"
		number = "+15550009999"
		users = {{ "{owner}" }}
		hook_token = "{token}"
		account_id = "A1"
		application_id = "app"
		api_user = "{user}"
		api_password = "{key}"
	}}
}}
"""


class Files(http.server.BaseHTTPRequestHandler):
    """A provider's media: for who knows the password."""

    def do_GET(self):
        self.server.asked.append(self.path)
        known = base64.b64encode(f"{USER}:{KEY}".encode()).decode()
        body = {"/gif": GIF, "/page": PAGE}.get(self.path)
        if self.headers.get("Authorization") != f"Basic {known}":
            body = None
        self.send_response(200 if body else 401)
        self.send_header("Content-Length", str(len(body or b"")))
        self.send_header("Content-Type", "image/png")  # which is not so
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *words):
        pass


class Shop:
    def __init__(self, folder, upload):
        folder.mkdir()
        self.files = http.server.ThreadingHTTPServer((HOST, 0), Files)
        self.files.asked = []
        self.base = f"http://{HOST}:{self.files.server_port}"
        self._thread = threading.Thread(target=self.files.serve_forever)
        (self.http_port,) = free_ports(1)
        self.xmpp = Prosody(folder, [GATEWAY], upload=upload)
        config = folder / "passerelle.conf"
        config.write_text(CONFIG.format(
            host=HOST, component_port=self.xmpp.component_port,
            domain=DOMAIN, folder=folder, http_port=self.http_port,
            admin=ADMIN, gateway=GATEWAY, secret=SECRET,
            profiles=TOP / "gateways/sms/profiles", base=self.base,
            owner=OWNER, token=TOKEN, user=USER, key=KEY,
        ))
        config.chmod(0o600)
        self.passerelle = Process(
            "passerelle", [find_program(), "-c", config], folder,
            env=SANITIZERS,
        )
        self.log = open(folder / "transcript.log", "w", buffering=1)
        self.romeo = None

    async def start(self):
        self._thread.start()
        self.xmpp.start()
        self.passerelle.start()
        self.passerelle.wait_until(
            "says ready",
            lambda: re.search(r"\bready\b", self.passerelle.log()),
        )
        self.romeo = XmppClient(
            f"{OWNER}/phone", self.xmpp.c2s_port, self.log
        )
        await self.romeo.connect()
        await self.romeo.wait_for_service(GATEWAY)

    async def comes(self, id, *media):
        """The link that he is given for the first of them."""
        event = {"type": "message-received", "message": {
            "id": id, "owner": "+15550009999", "from": "+15551230001",
            "to": ["+15550009999"], "text": "", "media": list(media),
        }}
        url = f"http://{HOST}:{self.http_port}/sms/main/{TOKEN}/inbound"
        status, _, _ = await fetch(url, json.dumps([event]).encode())
        assert status == 200
        got = await self.romeo.expect(
            f"the picture of {id}",
            where=lambda s: s.sender.startswith(PEER)
            and s.find(OOB) is not None,
        )
        return got.find(OOB).text

    async def end(self):
        await self.romeo.close()
        self.passerelle.signal(15)
        status = self.passerelle.wait(STOP_S)
        report = REPORT.search(self.passerelle.log())
        assert not report, self.passerelle.tail(100)
        assert status == 0, self.passerelle.tail(80)

    def kill(self):
        self.passerelle.kill()
        self.xmpp.kill()
        self.files.shutdown()
        self.files.server_close()
        self.log.close()


async def fetch(url, body=None):
    """(status, fields, body)"""

    def work():
        request = urllib.request.Request(
            url, body, {"Content-Type": "application/json"} if body else {}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as e:
            return e.code, e.headers, e.read()

    return await asyncio.to_thread(work)


@pytest.fixture
def shop(request, loop, tmp_path):
    shop = Shop(tmp_path / "shop", upload=request.param)
    try:
        loop.run_until_complete(shop.start())
        yield shop
        loop.run_until_complete(shop.end())
    finally:
        shop.kill()


@pytest.mark.parametrize("shop", [True], indirect=True)
async def test_a_picture_is_at_the_xmpp_server(shop):
    url = await shop.comes("p1", f"{shop.base}/gif")
    assert url.startswith(f"http://{HOST}:{shop.xmpp.upload_port}/")
    assert url.endswith("/picture.gif")
    status, fields, body = await fetch(url)
    assert (status, body) == (200, GIF)
    assert fields["Content-Type"] == "image/gif"
    assert shop.files.asked == ["/gif"]


@pytest.mark.parametrize("shop", [False], indirect=True)
async def test_without_a_place_for_files_there_is_a_link_of_ours(shop):
    url = await shop.comes("p1", f"{shop.base}/gif")
    assert url.startswith(f"http://{HOST}:{shop.http_port}/media/")
    assert "A1" not in url
    status, fields, body = await fetch(url)
    assert (status, body) == (200, GIF)
    assert fields["Content-Type"] == "image/gif"
    assert shop.files.asked == ["/gif"]  # the spool has it
    status, _, _ = await fetch(url.replace("/picture", "x/picture"))
    assert status == 404
    # What would run in our name is bytes, whatever it is said to be.
    status, fields, body = await fetch(
        await shop.comes("p2", f"{shop.base}/page")
    )
    assert (status, body) == (200, PAGE)
    assert fields["Content-Type"] == "application/octet-stream"
    assert fields["X-Content-Type-Options"] == "nosniff"
    # Neither a password nor a request for another host of this machine.
    other = http.server.ThreadingHTTPServer((HOST, 0), Files)
    other.asked = []
    thread = threading.Thread(target=other.serve_forever)
    thread.start()
    try:
        url = await shop.comes("p3", f"http://{HOST}:{other.server_port}/gif")
        status, _, _ = await fetch(url)
        assert status == 502
        assert other.asked == []
    finally:
        other.shutdown()
        other.server_close()
        thread.join()
