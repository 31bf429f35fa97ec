#include "smtp/mail_listen.h"

#include <stdlib.h>

#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/listener.h"
#include "smtp/mail_caller.h"
#include "smtp/mail_pending.h"

enum { OUT_MAX = 128 * 1024 };

/* ---- one place ------------------------------------------------------------ */

static void
on_caller(struct link *link, const struct listener_peer *peer, void *arg)
{
	mail_caller_new(arg, link, peer);
}

static void
listen_at(struct mail_place *p)
{
	const struct mail_receive *as = p->as;
	struct gateway *gw = p->all->mail->gw;
	struct clock *clock = gateway_clock(gw);
	struct listener_params params = { .inherited = str_c(as->inherited),
		.address = str_c(as->address),
		.port = as->port,
		.path = str_c(as->path),
		.mode = as->mode,
		.group = str_c(as->group),
		.out_max = OUT_MAX,
		.log = gateway_log(gw) };
	struct err err = ERR_INIT;

	p->listener =
	    listener_new(gateway_loop(gw), &params, on_caller, p, &err);
	if (p->listener) {
		log_info(gateway_log(gw), "mail is taken",
		    "receive=%s at=\"" STR_FMT "\"", as->name,
		    STR_ARG(listener_name(p->listener)));
		return;
	}
	timer_set(&p->again, clock, clock->at + MAIL_PLACE_AGAIN_MS);
	if (!p->says_wrong)
		log_error(gateway_log(gw), "no mail is taken",
		    "receive=%s err=\"%s\"", as->name, err.text);
	p->says_wrong = true;
}

static void
on_again(struct timer *t)
{
	listen_at(TIMER_OWNER(t, struct mail_place, again));
}

static bool
is_same_place(const struct mail_receive *a, const struct mail_receive *b)
{
	return str_eq(str_c(a->path), str_c(b->path)) &&
	    (a->path[0] ||
	        (a->port == b->port &&
	            str_eq(str_c(a->address), str_c(b->address))));
}

/* Else the second would be tried again for ever. */
static int
check_place(const struct mail_listen *all, const struct mail_receive *as,
    const struct conf *conf, struct err *err)
{
	for (size_t i = 0; i < all->nplace; i++)
		if (is_same_place(all->place[i]->as, as))
			return conf_err(conf, as->path[0] ? "path" : "port",
			    err, "the block \"%s\" is at that place already",
			    all->place[i]->as->name);
	return 0;
}

static int
add_place(struct mail_listen *all, const struct conf *conf, struct err *err)
{
	struct mail_gateway *mail = all->mail;
	struct mail_place *p;

	if (all->nplace == MAIL_PLACES_MAX)
		return conf_err(conf, NULL, err, "more than %d receive blocks",
		    MAIL_PLACES_MAX);
	p = xcalloc(1, sizeof(*p));
	p->all = all;
	p->as = mail_receive_new(mail->gw, conf, mail->opt.size_max, err);
	if (!p->as || check_place(all, p->as, conf, err) < 0) {
		mail_receive_free(&p->as);
		free(p);
		return -1;
	}
	timer_init(&p->again, on_again);
	list_init(&p->callers);
	all->place[all->nplace++] = p;
	return 0;
}

static void
free_place(struct mail_place *p)
{
	timer_cancel(&p->again);
	listener_free(&p->listener);
	LIST_EACH(&p->callers, n)
	{
		mail_caller_end(n);
	}
	mail_receive_free(&p->as);
	free(p);
}

/* ---- all of them ---------------------------------------------------------- */

static void
close_all(struct mail_gateway *mail)
{
	struct mail_listen *all = mail->listen;

	mail->listen = NULL;
	if (!all)
		return;
	for (size_t i = 0; i < all->nplace; i++)
		free_place(all->place[i]);
	/* Nobody is called back any more: see mail_policy.h. */
	mail_pending_drop(&all->pending);
	free(all);
}

/* Nothing comes in: then there is nobody who waits for it. */
static int
check_nobody(const struct conf *conf, struct err *err)
{
	const struct conf *target = conf_next(conf, "target", NULL);

	if (!target)
		return 0;
	return conf_err(target, NULL, err,
	    "target \"" STR_FMT "\": no mail comes in without a block "
	    "receive \"lmtp\" { } beside it",
	    STR_ARG(conf_title(target)));
}

static int
open_all(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	struct mail_listen *all;

	if (!conf_next(conf, "receive", NULL))
		return check_nobody(conf, err);
	all = xcalloc(1, sizeof(*all));
	all->mail = mail;
	list_init(&all->pending);
	mail->listen = all;
	for (const struct conf *c = conf_next(conf, "receive", NULL); c;
	     c = conf_next(conf, "receive", c))
		if (add_place(all, c, err) < 0) {
			close_all(mail);
			return -1;
		}
	return 0;
}

static void
on_ready(struct mail_gateway *mail)
{
	struct mail_listen *all = mail->listen;

	for (size_t i = 0; all && i < all->nplace; i++)
		listen_at(all->place[i]);
}

static bool
wind_up_place(struct mail_place *p)
{
	bool busy = false;

	timer_cancel(&p->again);
	listener_free(&p->listener);
	LIST_EACH(&p->callers, n)
	{
		busy |= mail_caller_wind_up(n);
	}
	return busy;
}

static bool
wind_up(struct mail_gateway *mail)
{
	struct mail_listen *all = mail->listen;
	bool busy = all && !list_is_empty(&all->pending);

	for (size_t i = 0; all && i < all->nplace; i++)
		busy |= wind_up_place(all->place[i]);
	return busy;
}

const struct mail_noun mail_listen_noun = {
	.winds_up = wind_up,
	.open = open_all,
	.close = close_all,
	.ready = on_ready,
};
