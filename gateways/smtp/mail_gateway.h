/*
 * mail_gateway.h - what the parts of the mail gateway share
 *
 *	mail_gateway.c	the contract: addresses, options, sessions
 *	mail_options.c	what stands in the file
 *
 * Each part is a noun that has one pointer here.  It is opened, told what was
 * kept and closed by its row in the table of mail_gateway.c: a new one is a
 * pointer in struct mail_gateway, a declaration at the end of this file and a
 * row there.
 *
 * Lifetime   A noun is opened in the order of the table and closed in the
 *            reverse; its pointer is NULL before and after, and stays so where
 *            the file does not configure it.
 */
#ifndef MAIL_GATEWAY_H
#define MAIL_GATEWAY_H

#include <stdbool.h>

#include "core/gateway.h"
#include "smtp/mail_options.h"
#include "smtp/mail_ref.h"

struct http_client;
struct mail_aliases;
struct mail_blocks;
struct mail_caps;
struct mail_groups;
struct mail_inlet;
struct mail_lists;
struct mail_originals;
struct mail_out;
struct mail_smarthost;
struct mail_sets;
struct mail_spellings;
struct mail_takings;
struct mail_threads;
struct mail_wishes;

/* What is sent goes by it; there is one in each gateway. */
#define MAIL_LINE "mail"

struct mail_gateway {
	struct gateway *gw;
	struct mail_options opt;
	struct mail_refs refs;
	struct mail_aliases *aliases;
	struct mail_caps *caps;
	struct mail_threads *threads;
	struct mail_spellings *spellings;
	struct mail_groups *groups;
	struct mail_sets *sets;
	struct mail_out *out;
	struct http_client *http; /* to `uploads` */
	struct mail_targets *targets;
	struct mail_reader *reader;
	struct mail_smarthost *smarthost;
	struct mail_blocks *blocks;
	struct mail_wishes *wishes;
	struct mail_inlet *inlet;
	struct mail_originals *originals;
	struct mail_lists *lists;
	struct mail_takings *takings;
	struct mail_listen *listen;
	bool is_ready;                   /* what is kept has been read */
	char canonical[GW_NAME_MAX + 1]; /* what split() said last */
};

struct mail_session {
	bool online;
};

static inline struct mail_gateway *
mail_of(struct gateway *gw)
{
	return gateway_priv(gw);
}

/* What may be NULL of a noun is. */
struct mail_noun {
	/*
	 * Sets its pointer; -1: nothing is left of it.  Touches no network.
	 */
	int (*open)(struct mail_gateway *mail, const struct conf *conf,
	    struct err *err);
	void (*close)(struct mail_gateway *mail);

	/*
	 * How the names of its facts (gateway_fact_put) begin, such as
	 * "alias "; on_fact() gets what is behind that.
	 */
	const char *prefix;
	void (*on_fact)(
	    struct mail_gateway *mail, struct str name, struct str value);

	/* The same of gateway_secret_put(); told behind all facts. */
	void (*on_secret)(
	    struct mail_gateway *mail, struct str name, struct str value);

	/* All of them have been told: what touches the network may begin. */
	void (*ready)(struct mail_gateway *mail);

	/* As in core/gateway.h: nothing new; true: not over yet. */
	bool (*winds_up)(struct mail_gateway *mail);

	/* A user (bare JID) has unregistered: nothing of him is kept. */
	void (*forget)(struct mail_gateway *mail, struct str user);

	/* Appends lines of what there is of him, for him. */
	void (*describe)(
	    struct mail_gateway *mail, struct str user, struct buf *out);
};

/* Of all nouns. */
void mail_gateway_forget(struct mail_gateway *mail, struct str user);
void mail_gateway_describe(
    struct mail_gateway *mail, struct str user, struct buf *out);

#endif
