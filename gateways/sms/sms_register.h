/*
 * sms_register.h - how people get a line
 *
 *	of the operator   named in `users` of a line: nothing to do
 *	of the pool       a line with `pool = yes`: sms_tenant.h
 *	his own           at a provider of `own_profiles`: sms_own.h
 */
#ifndef SMS_REGISTER_H
#define SMS_REGISTER_H

struct gw_registration;

extern const struct gw_registration sms_registration;

#endif
