/*
 * mail_listen.h - the places where mail comes in
 *
 * One for each `receive` block of the file.  A place that cannot be had is
 * tried again: an address may come up later than we do.
 */
#ifndef MAIL_LISTEN_H
#define MAIL_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_receive.h"

struct listener;

enum { MAIL_PLACES_MAX = 20, MAIL_PLACE_AGAIN_MS = 10 * 1000 };

struct mail_place {
	struct mail_listen *all;
	struct mail_receive *as;
	struct listener *listener; /* NULL: it could not be had, yet */
	struct timer again;
	struct list callers;
	size_t ncaller;
	bool says_wrong, says_full, says_stranger; /* that was said, once */
};

struct mail_listen {
	struct mail_gateway *mail;
	struct mail_place *place[MAIL_PLACES_MAX];
	size_t nplace;
	struct list pending; /* mails that are not answered yet */
};

extern const struct mail_noun mail_listen_noun;

#endif
