/*
 * mail_take.h - a mail on its way from the end of its data to the answer
 *
 *	mail_take()		policy.h: it is given to a worker to be read
 *	mail_dispatch()		what becomes of it, for each recipient
 *	(uploads)		files of it, and texts that are too long
 *	gateway_arrive(),
 *	gateway_report()	on disk: answered
 *
 * Shared by mail_take.c, which has its life, and mail_dispatch.c, which
 * decides.
 *
 * Order      What is in one mail arrives in the order of its recipients.
 * Limits     MAIL_TAKINGS_MAX at a time, each MAIL_TAKE_MS.
 */
#ifndef MAIL_TAKE_H
#define MAIL_TAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "smtp/mail_envelope.h"
#include "smtp/mail_policy.h"
#include "smtp/mail_record.h"
#include "smtp/mail_where.h"

struct mail_alert;
struct mail_delivery;
struct mail_files;
struct mail_gateway;
struct mail_noun;
struct mail_reading;
struct mail_spool;
struct mail_take;

enum {
	MAIL_TAKINGS_MAX = 200,
	MAIL_TAKE_MS = 50 * 1000, /* the other end waits for a minute */
	MAIL_UPLOAD_MS = 30 * 1000,
	MAIL_TAKE_ITEMS = 400, /* messages of one */
	MAIL_TAKINGS_ITEMS = 4000,
	MAIL_OPERATORS_MAX = 10,
};

/* One message that is to arrive. */
struct mail_item {
	struct list node;
	struct mail_slot *slot;
	struct mail_delivery *delivery; /* one of these two */
	struct mail_alert *alert;
	size_t rest; /* its text among the files; or MAIL_ITEM_NONE */
	struct gw_attachment *attachment;
};
#define MAIL_ITEM_NONE ((size_t)-1)

/* One recipient. */
struct mail_slot {
	struct mail_take *take;
	struct str recipient;
	struct mail_where where;
	struct mail_reply reply; /* what he is answered, so far */
	bool is_counted;         /* by its target */
	bool has_report;
	struct gw_report report;
	unsigned pending;
};

struct mail_take {
	struct list node; /* in mail_takings */
	struct mail_gateway *mail;
	struct mail_client client;
	struct mail_envelope envelope; /* a copy of its own */
	char *words;                   /* what both point into */
	struct str *recipient;
	struct mail_slot *slot; /* as many as there are recipients */
	struct mail_spool *spool;
	struct mail_reading *reading;
	struct mail_files *files;
	size_t own[MAIL_PARTS_CARRIED]; /* those of the mail, among them */
	size_t nown;
	size_t whole; /* all of its text, likewise; or MAIL_ITEM_NONE */
	struct list items;
	size_t nitem;
	unsigned pending; /* slots that wait for the disk */
	bool is_given_up; /* answered already */
	int64_t since_at;
	struct timer timer;
	mail_taken_fn *fn;
	void *arg;
};

extern const struct mail_noun mail_takings_noun;

/* ---- mail_dispatch.c ---------------------------------------------------- */

/* Items, a report or a refusal for each slot. */
void mail_dispatch(struct mail_take *t, const struct mail_record *r);

/* ---- mail_take.c ---------------------------------------------------------- */

/* For that slot; takes what it is given.  NULL: there are too many. */
struct mail_item *mail_take_item(struct mail_slot *slot,
    struct mail_delivery *delivery, struct mail_alert *alert);

#endif
