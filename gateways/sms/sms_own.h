/*
 * sms_own.h - lines that users bring themselves
 *
 * A profile that the operator allows (`own_profiles`), the user's number there
 * and his account: tried with the provider first, where the profile says how
 * (`check`), and kept sealed.  Requests of such a line never go to addresses
 * that are private.
 */
#ifndef SMS_OWN_H
#define SMS_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"

struct sms_gateway;
struct sms_profile;

enum {
	SMS_OWN_PROFILES_MAX = 60,
	SMS_OWN_MAX = 5, /* of one user */
};

/* Of the gateway: option own_profiles. */
int sms_own_open(
    struct sms_gateway *sms, const struct conf *conf, struct err *err);
void sms_own_close(struct sms_gateway *sms);

/* The i-th of which users may bring lines; NULL behind the last. */
const struct sms_profile *sms_own_profile(
    const struct sms_gateway *sms, size_t i);

/* Given: "line" = the profile, "number", variables.  Ends with
   gateway_registered(). */
void sms_own_try(struct sms_gateway *sms, struct str user,
    const struct gw_field *given, size_t n, uint64_t token);

/* All that he has brought. */
void sms_own_forget(struct sms_gateway *sms, struct str user);

/* ops->secret: what was kept. */
void sms_own_secret(struct gateway *gw, struct str name, struct str value);

#endif
