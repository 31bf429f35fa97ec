-- Attaches Passerelle to Prosody 0.11 or later.
--
--	cp passerelle.cfg.lua /etc/prosody/conf.d/
--	put your names and a secret in (openssl rand -hex 24)
--	prosodyctl check config && systemctl restart prosody
--
-- passerelle.conf then has
--
--	server { host = "127.0.0.1"  port = 5347  domain = "example.org" }
--	gateway "irc.example.org" { type = "irc"  secret = "the same" }
--
-- The component port is 5347 on loopback unless component_ports and
-- component_interfaces say otherwise in the global section; the protocol has
-- no encryption, so keep it there.

Component "irc.example.org"
	component_secret = "CHANGE ME"
	-- After a crash or a lost connection the new one takes over at once
	-- instead of being refused until TCP gives the old one up.
	component_conflict_resolve = "kick_old"
