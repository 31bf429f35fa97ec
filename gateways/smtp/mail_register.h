/*
 * mail_register.h - how users get a mailbox
 */
#ifndef MAIL_REGISTER_H
#define MAIL_REGISTER_H

struct gw_registration;

extern const struct gw_registration mail_registration;

#endif
