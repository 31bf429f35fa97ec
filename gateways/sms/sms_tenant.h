/*
 * sms_tenant.h - who has which number of the pool
 *
 * A line with `pool = yes` is given to one user when he registers.  When he
 * gives it back, nobody gets it for SMS_QUARANTINE_MS: who knew him under that
 * number must not reach somebody else.  What comes in for it meanwhile is for
 * the operator.  Kept over restarts as facts of the gateway, by number, so a
 * line may be called otherwise.
 */
#ifndef SMS_TENANT_H
#define SMS_TENANT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/map.h"
#include "lib/str.h"

struct sms_gateway;
struct sms_line;

#define SMS_QUARANTINE_MS (90 * 24 * 3600 * INT64_C(1000))

struct sms_tenants {
	struct map map; /* of struct tenant, by number */
};

void sms_tenants_init(struct sms_tenants *all);
void sms_tenants_release(struct sms_tenants *all);

/* The first line of the pool that can be given to somebody; or NULL. */
struct sms_line *sms_tenant_free_line(struct sms_gateway *sms);

/* The line of the pool that he has; or NULL. */
struct sms_line *sms_tenant_line_of(struct sms_gateway *sms, struct str user);

void sms_tenant_move_in(struct sms_line *l, struct str user);
void sms_tenant_move_out(struct sms_line *l);

/* False: not a fact of ours. */
bool sms_tenant_fact(
    struct sms_gateway *sms, struct str name, struct str value);

#endif
