"""InspIRCd: the IRC server with TLS and most of IRCv3."""

import os

from place import HOST, find_folder, find_program, free_ports, is_listening
from process import Process

CONFIG = """
<path moduledir="{modules}" configdir="{folder}" datadir="{folder}"
      logdir="{folder}" runtimedir="{folder}">
<server name="{server}" description="interop tests" network="Verona"
        id="{number}AA">
<admin name="a" nick="a" email="a@verona.test">
<bind address="{host}" port="{port}" type="clients">
<bind address="{host}" port="{tls_port}" type="clients" sslprofile="tls">
<sslprofile name="tls" provider="gnutls" certfile="{cert}" keyfile="{key}"
            dhfile="{dh}" requestclientcert="yes" hash="sha256">
<connect name="all" allow="*" timeout="20" pingfreq="60" hardsendq="4M"
         softsendq="1M" {flood} localmax="1000" globalmax="1000" maxchans="12"
         resolvehostnames="no" useident="{useident}" useconnectban="no"
         maxconnwarn="no">
<class name="all" commands="*" privs="*" usermodes="*" chanmodes="*">
<type name="god" classes="all">
<oper name="escalus" password="rapier" host="*@*" type="god">
<options prefixquit="" suffixquit="" prefixpart="" suffixpart=""
         syntaxhints="no" splitwhois="no">
<performance netbuffersize="10240" somaxconn="128">
<security announceinvites="all" hidemodes="" maxtargets="20">
<limits maxnick="30" maxchan="64" maxmodes="20" maxident="10" maxhost="64"
        maxquit="255" maxtopic="307" maxkick="255" maxreal="130" maxaway="200">
<channels users="20" opers="60">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default"
     target="{folder}/server.log">
"""

# A name that does not exist keeps the server from starting.
MODULES = """
ssl_gnutls cap ircv3 ircv3_accounttag ircv3_batch chanhistory ircv3_capnotify
ircv3_chghost ircv3_ctctags ircv3_echomessage ircv3_invitenotify
ircv3_labeledresponse ircv3_msgid ircv3_servertime monitor namesx setname
uhnames sanick samode sajoin sapart alltime
""".split()


CALM = 'recvq="1M" threshold="100000" commandrate="1000000" fakelag="off"'
# As in the sample that the server comes with.
OWN = 'recvq="8K" threshold="10" commandrate="1000" fakelag="on"'


SERVICES = """
<bind address="{host}" port="{port}" type="servers">
<link name="services.verona.test" ipaddr="{host}" port="{port}"
      allowmask="127.0.0.0/8" sendpass="{secret}" recvpass="{secret}">
<uline server="services.verona.test">
<sasl target="services.verona.test" requiressl="yes">
"""
# The first server waits for the second, which dials.
LINK = """
<bind address="{host}" port="{port}" type="servers">
<link name="irc2.verona.test" ipaddr="{host}" port="{port}"
      allowmask="127.0.0.0/8" sendpass="{secret}" recvpass="{secret}">
<module name="spanningtree">
"""
DIAL = """
<link name="irc.verona.test" ipaddr="{host}" port="{port}"
      allowmask="127.0.0.0/8" sendpass="{secret}" recvpass="{secret}">
<autoconnect period="1s" server="irc.verona.test">
<module name="spanningtree">
"""
SERVICES_MODULES = """
spanningtree hidechans svshold services_account deaf servprotect sasl sslinfo
""".split()


WEBIRC = """
<module name="cgiirc">
<cgihost type="webirc" password="{password}" mask="*">
"""
# Asks the machine a client comes from, at port 113.
IDENT = """
<module name="ident">
<ident timeout="3">
"""


class Inspircd:
    name = "inspircd"
    has_echo = True
    mute_s = 0

    def __init__(self, folder, certificates, tempered=True, services=False,
                 linked=None, webirc=None, ident=False):
        """webirc: the password for it; tempered: no flood control; services: with a place for Atheme;
        linked: True for the first of two, and that one for the second."""
        second = isinstance(linked, Inspircd)
        self._folder = folder / (self.name + ("2" if second else ""))
        self._folder.mkdir()
        self.port, self.tls_port, self.services_port = free_ports(3)
        self.services_secret = "queen-mab"
        config = self._folder / "inspircd.conf"
        config.write_text(
            CONFIG.format(
                modules=find_folder("inspircd/modules"),
                server="irc2.verona.test" if second else "irc.verona.test",
                number=2 if second else 1,
                folder=self._folder,
                flood=CALM if tempered else OWN,
                useident="yes" if ident else "no",
                host=HOST,
                port=self.port,
                tls_port=self.tls_port,
                cert=certificates.cert,
                key=certificates.key,
                dh=certificates.dh,
            )
            + "".join(f'<module name="{m}">\n' for m in MODULES)
            + (self._services() if services else "")
            + (self._link(linked) if linked else "")
            + (WEBIRC.format(password=webirc) if webirc else "")
            + (IDENT if ident else "")
        )
        argv = [
            find_program("inspircd"),
            "--config",
            config,
            "--nofork",
            "--nopid",
        ]
        if os.geteuid() == 0:
            argv.append("--runasroot")
        self.process = Process(self.name, argv, self._folder)

    def _services(self):
        return SERVICES.format(
            host=HOST, port=self.services_port, secret=self.services_secret
        ) + "".join(f'<module name="{m}">\n' for m in SERVICES_MODULES)

    def _link(self, linked):
        second = isinstance(linked, Inspircd)
        return (DIAL if second else LINK).format(
            host=HOST,
            port=(linked if second else self).services_port,
            secret=self.services_secret,
        )

    def start(self):
        self.process.start()
        self.process.wait_until(
            "listens",
            lambda: is_listening(self.port) and is_listening(self.tls_port),
        )

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()
