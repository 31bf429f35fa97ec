"""Kannel as an SMS network: bearerbox, smsbox, and who stands for the phones.

The line protocol of its "fake" SMSC lets a test be the phone (phone.py); its
"http" SMSC hands messages to a page of ours, for failures that a phone cannot
make; numbers that begin with 1777 hear their own words again.
"""

import urllib.parse
import urllib.request

from place import HOST, find_program, free_ports, is_listening
from process import Process

CONFIG = """
group = core
admin-port = {admin}
admin-interface = {host}
admin-password = {password}
status-password = {password}
smsbox-port = {smsbox}
smsbox-interface = {host}
box-deny-ip = "*.*.*.*"
box-allow-ip = "{host}"
log-file = "{folder}/bearerbox-own.log"
log-level = 1
access-log = "{folder}/access.log"
dlr-storage = internal
sms-resend-freq = 1
sms-resend-retry = 2
{core}

group = smsc
smsc = fake
smsc-id = fake1
host = {host}
our-host = {host}
port = {phone}
connect-allow-ip = {host}
denied-prefix = "1666;+1666;1777;+1777"

group = smsc
smsc = http
system-type = generic
smsc-id = http1
our-host = {host}
port = {carrier}
connect-allow-ip = {host}
allowed-prefix = "1666;+1666"
send-url = "http://{host}:{carrier_page}/up?from=%P&to=%p&text=%b&coding=%c&id=%I"
status-success-regex = "^ok"
status-permfail-regex = "^perm"
status-tempfail-regex = "^temp"
generic-foreign-id-regex = "<id>(.+)</id>"
generic-status-sent = 200
generic-status-error = 404

group = smsc
smsc = loopback
smsc-id = loop1
allowed-prefix = "1777;+1777"

group = smsbox
bearerbox-host = {host}
bearerbox-port = {smsbox}
sendsms-port = {sendsms}
sendsms-interface = {host}
log-file = "{folder}/smsbox-own.log"
log-level = 1
http-request-retry = {retries}
http-queue-delay = 1

group = sendsms-user
username = {user}
password = {password}
max-messages = 10
concatenation = true

group = sms-service
keyword = default
get-url = "{mo_url}"
catch-all = true
max-messages = 0
"""

USER, PASSWORD = "tester", "fee-simple"


class Kannel:
    name = "kannel"

    def __init__(self, folder, mo_url, core="", retries=20):
        """mo_url: what is called for a message of a phone, with Kannel's
        escapes; core: further lines of its core group."""
        self._folder = folder / self.name
        self._folder.mkdir()
        (
            self._admin,
            self._smsbox,
            self.phone_port,
            self.carrier_port,
            self.carrier_page_port,
            self.sendsms_port,
        ) = free_ports(6)
        config = self._folder / "kannel.conf"
        config.write_text(
            CONFIG.format(
                host=HOST,
                folder=self._folder,
                admin=self._admin,
                smsbox=self._smsbox,
                phone=self.phone_port,
                carrier=self.carrier_port,
                carrier_page=self.carrier_page_port,
                sendsms=self.sendsms_port,
                user=USER,
                password=PASSWORD,
                mo_url=mo_url,
                core=core,
                retries=retries,
            )
        )
        self._bearerbox, self._smsbox_process = (
            Process(
                program,
                [find_program(program), "-v", "4", config],
                self._folder,
            )
            for program in ("bearerbox", "smsbox")
        )

    @property
    def process(self):
        return self._bearerbox

    @property
    def base(self):
        return f"http://{HOST}:{self.sendsms_port}"

    def start(self):
        """smsbox ends at once when there is no bearerbox yet."""
        for process in self.processes:
            process.start()
            process.wait_until("listens", self.is_up(process))

    @property
    def processes(self):
        """In the order of their start."""
        return self._bearerbox, self._smsbox_process

    def is_up(self, process):
        port = {
            self._bearerbox: self._smsbox,
            self._smsbox_process: self.sendsms_port,
        }[process]
        return lambda: is_listening(port)

    def admin(self, what, **more):
        """A page of the administration: suspend, isolate, resume, status."""
        query = urllib.parse.urlencode({"password": PASSWORD, **more})
        url = f"http://{HOST}:{self._admin}/{what}?{query}"
        with urllib.request.urlopen(url, timeout=5) as page:
            return page.read().decode(errors="replace")

    def is_attached(self):
        """A phone is connected."""
        return "fake1" in (t := self.admin("status.txt")) and "(online" in (
            next(line for line in t.splitlines() if "fake1" in line)
        )

    def stop(self):
        """Its own way takes up to twelve seconds, and nothing is kept."""
        self.kill()

    def kill(self):
        self._smsbox_process.kill()
        self._bearerbox.kill()
