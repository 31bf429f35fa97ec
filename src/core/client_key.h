/*
 * client_key.h - the command "Client certificate" of a network
 *
 * A key per user and network, made here on request and kept sealed, for
 * networks that know people by the fingerprint of a certificate.  It is the
 * setting CLIENT_KEY_SETTING, which no form shows; the network asks for it
 * with session_setting() and shows the certificate when it connects.
 */
#ifndef CORE_CLIENT_KEY_H
#define CORE_CLIENT_KEY_H

struct adhoc_call;

#define CLIENT_KEY_SETTING "client_key"

/* The function of the ad-hoc command. */
void client_key_on_call(struct adhoc_call *call);

#endif
