/*
 * mail_smarthost.h - the `submit` section: where mail goes out
 *
 * Reads it, declares the line MAIL_LINE, and has who hands the mail in.
 */
#ifndef MAIL_SMARTHOST_H
#define MAIL_SMARTHOST_H

#include <stdbool.h>

#include "core/gateway.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_sender.h"

struct mail_smarthost;

extern const struct gw_option mail_submit_options[];
extern const struct mail_noun mail_smarthost_noun; /* mail->smarthost */

/* NULL: the file has no such section; no mail is sent. */
struct mail_sender *mail_smarthost_sender(const struct mail_gateway *mail);

/* Is every letter to ask for a report of its delivery? */
bool mail_smarthost_wants_dsn(const struct mail_gateway *mail);

#endif
