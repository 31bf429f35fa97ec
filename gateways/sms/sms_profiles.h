/*
 * sms_profiles.h - the profiles of a gateway, read from their files
 *
 * A profile is found by its name: NAME.json in the folder that the operator
 * has named, else in the one that this program came with.  Each is read once.
 */
#ifndef SMS_PROFILES_H
#define SMS_PROFILES_H

#include "lib/err.h"
#include "lib/list.h"
#include "lib/str.h"

struct sms_profile;

struct sms_profiles {
	struct list list; /* private */
	char *own;        /* the operator's folder; NULL: none */
};

void sms_profiles_init(struct sms_profiles *all, struct str own);
void sms_profiles_release(struct sms_profiles *all);

/* Borrowed, as long as all.  NULL: err says which files were looked for. */
const struct sms_profile *sms_profiles_get(
    struct sms_profiles *all, struct str name, struct err *err);

#endif
