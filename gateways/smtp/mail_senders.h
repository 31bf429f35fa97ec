/*
 * mail_senders.h - commands: whom a user wants to hear from, and how
 */
#ifndef MAIL_SENDERS_H
#define MAIL_SENDERS_H

#include <stddef.h>

#include "core/gateway.h"

extern const struct gw_setting mail_sender_fields[];
extern const struct gw_setting mail_wish_fields[];
extern const struct gw_setting mail_whole_fields[];

/* gw_command.answer */
typedef int mail_senders_answer(struct gateway *gw, struct str user,
    const struct gw_field *field, size_t nfield, struct buf *out,
    struct err *err);
mail_senders_answer mail_senders_on_list, mail_senders_on_rule,
    mail_senders_on_wish, mail_senders_on_whole;

#endif
