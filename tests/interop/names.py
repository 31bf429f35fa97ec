"""The names that all configurations agree on."""

DOMAIN = "verona.test"  # the users' own, allowed to use the gateway
OTHER_DOMAIN = "mantua.test"  # on the same server, not allowed
USERS = ("romeo", "benvolio", "mercutio", "escalus")  # in both domains
ADMIN = f"escalus@{DOMAIN}"
PASSWORD = "wherefore"

GATEWAY = f"irc.{DOMAIN}"  # one configured network
OPEN_GATEWAY = f"open.{DOMAIN}"  # any host may be named, private ones not
SOLO_GATEWAY = f"solo.{DOMAIN}"  # only_network: addresses without "%"
GATEWAYS = (GATEWAY, OPEN_GATEWAY, SOLO_GATEWAY)
SMS_GATEWAY = f"sms.{DOMAIN}"  # on the stages of booth.py only
MAIL_GATEWAY = f"mail.{DOMAIN}"  # on the stages of office.py only
POST_GATEWAY = f"post.{DOMAIN}"  # on the stages of hall.py only
ROOMS = f"rooms.{DOMAIN}"  # the server's own, where the module "muc" is wanted
SECRET = "o happy dagger"

NETWORK = "net"  # its name in JIDs and in passerelle.conf
DEAD_NETWORK = "dead"  # configured, but nothing listens there
SCRIPTED_NETWORK = "scripted"  # ScriptedIrc, when a test has started it
