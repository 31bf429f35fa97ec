/*
 * sms_gateway.h - what the parts of the SMS gateway share
 *
 *	sms_gateway.c	the contract: addresses, options, settings
 *	sms_line.c	what the operator, or a user, has at a provider
 *	sms_out.c	from a message to requests, from answers to outcomes
 *	sms_in.c	from webhooks to arrivals and reports
 *	sms_poller.c	what no webhook brought
 *	sms_parcel.c	messages with pictures, until these can be fetched
 *
 * The only files of this gateway that know the core or do I/O; the others are
 * pure.
 */
#ifndef SMS_GATEWAY_H
#define SMS_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "lib/map.h"
#include "sms/sms_caps.h"
#include "sms/sms_destinations.h"
#include "sms/sms_last.h"
#include "sms/sms_own.h"
#include "sms/sms_parts.h"
#include "sms/sms_profiles.h"
#include "sms/sms_region.h"
#include "sms/sms_stops.h"
#include "sms/sms_tenant.h"

struct http_client;
struct sms_rehost;
struct sms_spool;

struct sms_gateway {
	struct gateway *gw;
	struct sms_profiles profiles;
	const struct sms_region *home; /* NULL: no national numbers */
	struct map lines;              /* of struct sms_line, by name */
	struct http_client *http;      /* to what the operator has configured */
	struct list order;             /* the same, as in the file */
	struct sms_lasts last;
	struct sms_stops stops;
	struct sms_tenants tenants;
	const struct sms_profile *own[SMS_OWN_PROFILES_MAX];
	size_t nown;        /* of which users may bring lines */
	struct list trials; /* sms_own.c: lines that are tried */
	struct sms_parts parts;
	struct list sendings; /* sms_out.c: requests under way */
	struct list hooks;    /* sms_in.c: requests of others, likewise */
	struct list parcels;  /* sms_parcel.c: messages with pictures */
	size_t nparcel;
	struct sms_rehost *rehost;
	struct sms_spool *spool; /* NULL: there is none */
	uint8_t ref_key[32];     /* of ids in webhooks */
	bool has_groups;         /* a line of it can send to groups */
	bool is_ready;           /* what is kept has been read */
	bool smart_text;         /* quotes and dashes as GSM 03.38 has them */
	struct sms_destinations to;      /* that may be written to */
	struct sms_caps user, line;      /* of each */
	char canonical[GW_NAME_MAX + 1]; /* what split() said last */
};

struct sms_session {
	bool online;
};

static inline struct sms_gateway *
sms_of(struct gateway *gw)
{
	return gateway_priv(gw);
}

#endif
