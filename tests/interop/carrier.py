"""The network behind Kannel's "http" SMSC: numbers that begin with 1666.

What it says to a text decides what becomes of it: "ok ..." is taken and gets
an id, "perm ..." is refused for good, "temp ..." cannot be sent just now.
Reports of any kind are told afterwards by report().
"""

import itertools
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from place import HOST

DELIVERED, FAILED, BUFFERED, SENT, REJECTED = 1, 2, 4, 8, 16


class Carrier:
    def __init__(self, page_port, report_port):
        self._report_port = report_port
        self._ids = itertools.count(1)
        self._taken = {}  # text: (id, sender, receiver)
        self.attempts = []  # every text that came, in order
        carrier = self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                answer = carrier._take(
                    dict(
                        urllib.parse.parse_qsl(
                            urllib.parse.urlsplit(self.path).query
                        )
                    )
                ).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer((HOST, page_port), Page)
        self._thread = threading.Thread(
            target=self._server.serve_forever, daemon=True
        )

    def start(self):
        self._thread.start()

    def stop(self):
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _take(self, message):
        text = message.get("text", "")
        self.attempts.append(text)
        kind = text.partition(" ")[0]
        if kind != "ok":
            return f"{kind} fail"
        id = f"up-{next(self._ids)}"
        self._taken[text] = (id, message["from"], message["to"])
        return f"ok <id>{id}</id>"

    def report(self, text, mask):
        """What has become of the message with that text."""
        id, sender, receiver = self._taken[text]
        query = urllib.parse.urlencode(
            {
                "from": sender,
                "to": receiver,
                "text": "report",
                "dlr-mid": id,
                "dlr-mask": mask,
            }
        )
        url = f"http://{HOST}:{self._report_port}/?{query}"
        with urllib.request.urlopen(url, timeout=5) as page:
            return page.read().decode()
