#include "irc/irc_watch.h"

#include <stdlib.h>

#include "irc/irc_handler.h"
#include "irc/irc_regain.h"
#include "lib/xalloc.h"

enum {
	NAMES_MAX = 400, /* bytes of one line; the answer has to fit, too */
	WATCH_ARGS = 10, /* fewer than any server takes */
};

#define WATCHED(n) LIST_ENTRY(n, struct irc_watched, node)

/* ---- the list --------------------------------------------------------- */

static struct irc_watch *
watch_new(void)
{
	struct irc_watch *w = xcalloc(1, sizeof(*w));

	list_init(&w->people);
	w->next_at = -1;
	return w;
}

static bool
is_listed(const struct irc_watched *e)
{
	return e->how == IRC_WATCH_MONITOR || e->how == IRC_WATCH_WATCH;
}

static void
forget(struct irc_watch *w, struct irc_watched *e)
{
	w->nlisted -= is_listed(e);
	w->n--;
	list_del(&e->node);
	free(e);
}

void
irc_watch_free(struct irc_watch **wp)
{
	struct irc_watch *w = *wp;

	*wp = NULL;
	if (!w)
		return;
	LIST_EACH(&w->people, n)
	{
		forget(w, WATCHED(n));
	}
	free(w);
}

static struct irc_watched *
find(const struct irc_proto *p, struct str nick)
{
	if (!p->watch)
		return NULL;
	LIST_EACH(&p->watch->people, n)
	{
		if (irc_fold_eq(p->is.casemap, nick, str_c(WATCHED(n)->nick)))
			return WATCHED(n);
	}
	return NULL;
}

bool
irc_proto_is_watched(const struct irc_proto *p, struct str nick)
{
	const struct irc_watched *e = find(p, nick);

	return e && !e->ending && e->user;
}

static struct irc_watched *
add(struct irc_watch *w, struct str nick)
{
	struct irc_watched *e = xcalloc(1, sizeof(*e) + nick.len + 1);

	memcpy(e->nick, nick.p, nick.len);
	list_add(&w->people, &e->node);
	w->n++;
	w->work = true;
	return e;
}

/* Others would be a mask, several names, or no name. */
static int
check_nick(const struct irc_proto *p, struct str nick, struct err *err)
{
	static const char bad[] = ",*?!@:";

	if (p->is.nicklen && nick.len > p->is.nicklen)
		return err_set(err, ERR_TOO_BIG,
		    "nicks have at most %u characters here", p->is.nicklen);
	for (const char *c = bad; *c; c++)
		if (str_has(nick, *c))
			return err_set(err, ERR_BAD_INPUT,
			    "a nick cannot have a '%c' in it", *c);
	if (!irc_is_middle(nick) || irc_is_channel(p, nick))
		return err_set(err, ERR_BAD_INPUT, "not a nick for IRC");
	return 0;
}

int
irc_proto_watch(struct irc_proto *p, struct str nick, struct err *err)
{
	struct irc_watch *w;
	struct irc_watched *e;

	if (p->state != IRC_READY)
		return err_set(err, ERR_UNREACHABLE,
		    "there is no connection to the network");
	if (check_nick(p, nick, err) < 0)
		return -1;
	if (!p->watch)
		p->watch = watch_new();
	w = p->watch;
	e = find(p, nick);
	if (e) { /* what is known of it is told anew */
		e->ending = false;
		e->user = true;
		e->due = e->known;
		w->due = true;
		return 0;
	}
	if (w->n >= IRC_WATCH_MAX)
		return err_set(err, ERR_BUSY,
		    "%d people are watched already, more cannot be",
		    IRC_WATCH_MAX);
	add(w, nick)->user = true;
	return 0;
}

/* Nobody wants to know any more. */
static void
let_go(struct irc_proto *p, struct irc_watched *e)
{
	if (e->user || e->house)
		return;
	if (!is_listed(e) || !e->sent) {
		forget(p->watch, e);
		return;
	}
	e->ending = true;
	p->watch->work = true;
}

void
irc_proto_unwatch(struct irc_proto *p, struct str nick)
{
	struct irc_watched *e = find(p, nick);

	if (!e)
		return;
	e->user = false;
	let_go(p, e);
}

bool
irc_watch_holder(struct irc_proto *p, struct str nick, bool on)
{
	struct irc_watched *e = find(p, nick);

	if (!on) {
		if (e) {
			e->house = false;
			let_go(p, e);
		}
		return false;
	}
	if (!p->is.monitor && !p->is.watch)
		return false;
	if (!p->watch)
		p->watch = watch_new();
	if (!e)
		e = add(p->watch, nick);
	e->ending = false;
	e->house = true;
	return true;
}

bool
irc_watch_is_free(const struct irc_proto *p, struct str nick)
{
	const struct irc_watched *e = find(p, nick);

	return e && e->known && !e->here;
}

/* ---- what is known ---------------------------------------------------- */

static void
set(struct irc_proto *p, struct irc_watched *e, bool here)
{
	if (e->known && e->here == here)
		return;
	e->known = true;
	e->here = here;
	e->due = e->user;
	p->watch->due = true;
	if (e->house && !here)
		irc_regain_freed(p, str_c(e->nick));
}

void
irc_watch_seen(struct irc_proto *p, struct str nick, bool here)
{
	struct irc_watched *e = find(p, nick);

	if (e && e->how == IRC_WATCH_ISON)
		set(p, e, here);
}

bool
irc_watch_next(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_watch *w = p->watch;

	if (!w || !w->due)
		return false;
	LIST_EACH(&w->people, n)
	{
		struct irc_watched *e = WATCHED(n);

		if (!e->due || e->ending || !e->user)
			continue;
		e->due = false;
		memset(ev, 0, sizeof(*ev));
		ev->type = IRC_EV_CONTACT;
		ev->nick = str_c(e->nick);
		ev->on = e->here;
		return true;
	}
	w->due = false;
	return false;
}

/* ---- sending ---------------------------------------------------------- */

static bool
queue(struct irc_proto *p, struct irc_out *o, struct irc_ask *a)
{
	struct irc_line line = { .rank = IRC_RANK_HOUSE, .cookie = a };

	return irc_out_end(o, &line.text, NULL) == 0 &&
	    irc_queue_add(&p->queue, &line) == 0;
}

/* On the server's list while there is room, else asked for. */
static void
place(struct irc_proto *p, struct irc_watched *e)
{
	struct irc_watch *w = p->watch;
	size_t max = p->is.monitor ? p->is.monitor : p->is.watch;

	if (w->full_at && w->full_at < max)
		max = w->full_at;
	if (w->nlisted >= max) {
		e->how = IRC_WATCH_ISON;
		return;
	}
	e->how = p->is.monitor ? IRC_WATCH_MONITOR : IRC_WATCH_WATCH;
	w->nlisted++;
}

/* Is it one of those that go into such a line? */
static bool
goes_into(const struct irc_watched *e, enum irc_watch_how how, bool ending)
{
	return e->how == how && e->ending == ending && e->sent == ending;
}

/* As many names as one line takes, with their mark; returns how many. */
static size_t
collect(
    struct irc_proto *p, enum irc_watch_how how, bool ending, struct buf *names)
{
	bool is_watch = how == IRC_WATCH_WATCH;
	size_t max = is_watch ? WATCH_ARGS : IRC_WATCH_MAX, n = 0;

	LIST_EACH(&p->watch->people, node)
	{
		struct irc_watched *e = WATCHED(node);
		size_t len = strlen(e->nick) + 2;

		if (!goes_into(e, how, ending))
			continue;
		if (n == max || (n && names->len + len > NAMES_MAX))
			break;
		buf_addf(names, "%s%s%s",
		    n == 0         ? ""
		        : is_watch ? " "
		                   : ",",
		    !is_watch    ? ""
		        : ending ? "-"
		                 : "+",
		    e->nick);
		n++;
	}
	return n;
}

/* The first n of those have been sent. */
static void
mark_sent(struct irc_proto *p, enum irc_watch_how how, bool ending, size_t n)
{
	LIST_EACH(&p->watch->people, node)
	{
		struct irc_watched *e = WATCHED(node);

		if (n == 0)
			return;
		if (!goes_into(e, how, ending))
			continue;
		n--;
		if (ending)
			forget(p->watch, e);
		else
			e->sent = true;
	}
}

/* True: one line was queued. */
static bool
change_list(struct irc_proto *p, enum irc_watch_how how, bool ending)
{
	struct str rest, one;
	struct irc_out o;
	struct buf names;
	size_t n;
	bool ok = false;

	buf_init(&names, IRC_LINE_MAX);
	n = collect(p, how, ending, &names);
	rest = buf_str(&names);
	irc_out_init(&o, how == IRC_WATCH_MONITOR ? "MONITOR" : "WATCH");
	if (how == IRC_WATCH_MONITOR)
		irc_out_middle(&o, ending ? STR("-") : STR("+"));
	while (n && str_cut(&rest, ' ', &one))
		irc_out_middle(&o, one);
	if (n)
		ok = queue(p, &o, NULL);
	if (ok)
		mark_sent(p, how, ending, n);
	buf_release(&names);
	return ok;
}

static bool
has_open_question(const struct irc_proto *p)
{
	return irc_ask_is_queued(&p->asks, IRC_ASK_ISON) ||
	    irc_ask_find(
	        &p->asks, IRC_ASK_BIT(IRC_ASK_ISON), p->is.casemap, STR_EMPTY);
}

/* Several are one parameter: servers take few of them. */
bool
irc_ison(struct irc_proto *p, struct str nicks)
{
	struct irc_ask *a =
	    irc_ask_new(&p->asks, IRC_ASK_ISON, 0, nicks, STR_EMPTY);
	struct irc_out o;

	irc_out_init(&o, "ISON");
	if (str_has(nicks, ' '))
		irc_out_trailing(&o, nicks);
	else
		irc_out_middle(&o, nicks);
	if (a && queue(p, &o, a))
		return true;
	irc_ask_free(&p->asks, &a);
	return false;
}

/* False: nobody is left to be asked for in this round. */
static bool
ask_some(struct irc_proto *p)
{
	struct buf names;
	size_t n;

	buf_init(&names, IRC_LINE_MAX);
	n = collect(p, IRC_WATCH_ISON, false, &names);
	for (size_t i = 0; i < names.len; i++)
		if (names.p[i] == ',')
			names.p[i] = ' ';
	if (n && irc_ison(p, buf_str(&names))) {
		mark_sent(p, IRC_WATCH_ISON, false, n);
		p->watch->next_at = p->now_at + IRC_ISON_MS;
	}
	buf_release(&names);
	return n > 0;
}

void
irc_watch_work(struct irc_proto *p)
{
	static const enum irc_watch_how lists[] = { IRC_WATCH_MONITOR,
		IRC_WATCH_WATCH };
	struct irc_watch *w = p->watch;
	bool more = false;

	if (!w || !w->work || p->state != IRC_READY)
		return;
	LIST_EACH(&w->people, n)
	{
		if (WATCHED(n)->how == IRC_WATCH_NEW)
			place(p, WATCHED(n));
	}
	for (size_t i = 0; i < 2; i++) {
		while (change_list(p, lists[i], true) ||
		    change_list(p, lists[i], false))
			;
	}
	more = has_open_question(p) || ask_some(p);
	LIST_EACH(&w->people, n)
	{
		struct irc_watched *e = WATCHED(n);

		more |= is_listed(e) && (e->ending || !e->sent);
	}
	w->work = more;
}

int64_t
irc_watch_deadline(const struct irc_proto *p)
{
	return p->watch && p->state == IRC_READY ? p->watch->next_at : -1;
}

void
irc_watch_tick(struct irc_proto *p)
{
	struct irc_watch *w = p->watch;

	if (!w || w->next_at < 0 || p->now_at < w->next_at)
		return;
	w->next_at = -1;
	LIST_EACH(&w->people, n)
	{
		if (WATCHED(n)->how == IRC_WATCH_ISON)
			WATCHED(n)->sent = false;
	}
	w->work = true;
}

/* ---- answers ---------------------------------------------------------- */

/* 730 me nick!user@host,... there; 731 me nick,... not there. */
bool
irc_on_monitor(struct irc_proto *p, struct irc_event *ev)
{
	bool here = irc_msg_numeric(&p->m) == 730;
	struct str list = irc_last(p), one, nick;

	while (str_cut(&list, ',', &one)) {
		struct irc_watched *e;

		str_cut(&one, '!', &nick);
		e = find(p, nick);
		if (e && e->how == IRC_WATCH_MONITOR)
			set(p, e, here);
	}
	return irc_watch_next(p, ev);
}

/* 600, 604 there; 601, 605 not there: me nick user host time text. */
bool
irc_on_watch(struct irc_proto *p, struct irc_event *ev)
{
	unsigned code = irc_msg_numeric(&p->m);
	struct irc_watched *e = find(p, p->m.param[1]);

	if (!e || e->how != IRC_WATCH_WATCH)
		return irc_on_numeric(p, ev);
	set(p, e, code == 600 || code == 604);
	return irc_watch_next(p, ev);
}

/* 602 no longer watched: we have asked for that. */
bool
irc_on_watch_off(struct irc_proto *p, struct irc_event *ev)
{
	return !p->is.watch && irc_on_numeric(p, ev);
}

/* The server's list is full: they are asked for from now on. */
static void
did_not_fit(struct irc_proto *p, struct str names)
{
	struct irc_watch *w = p->watch;
	struct irc_watched *e;
	struct str one;

	while (str_cut(&names, ',', &one)) {
		e = find(p, one);
		if (!e || !is_listed(e) || !e->sent)
			continue;
		e->how = IRC_WATCH_ISON;
		e->sent = false;
		w->nlisted--;
		w->work = true;
		if (e->ending)
			forget(w, e);
	}
	w->full_at = w->nlisted ? w->nlisted : 1;
}

/* 734 me limit nick,... :text; 512 me nick :text */
bool
irc_on_list_full(struct irc_proto *p, struct irc_event *ev)
{
	bool is_monitor = irc_msg_numeric(&p->m) == 734;
	size_t at = is_monitor ? 2 : 1;
	struct str names = p->m.nparam > at ? p->m.param[at] : STR_EMPTY;

	if (!names.len || !p->watch ||
	    !(is_monitor ? p->is.monitor : p->is.watch))
		return irc_on_numeric(p, ev);
	did_not_fit(p, names);
	return false;
}

static bool
has_name(const struct irc_proto *p, struct str names, struct str nick)
{
	struct str one;

	while (str_cut(&names, ' ', &one))
		if (irc_fold_eq(p->is.casemap, one, nick))
			return true;
	return false;
}

/* A user may ask with a line of his own: is this the answer to ours? */
static bool
is_answer(const struct irc_proto *p, struct str asked, struct str there)
{
	struct str one;

	while (str_cut(&there, ' ', &one))
		if (one.len && !has_name(p, asked, one))
			return false;
	return true;
}

/* 303 me :nick nick */
bool
irc_on_ison(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a = irc_ask_find(
	    &p->asks, IRC_ASK_BIT(IRC_ASK_ISON), p->is.casemap, STR_EMPTY);
	struct str there = p->m.nparam > 1 ? irc_last(p) : STR_EMPTY;
	struct str asked, one;

	if (!a || !is_answer(p, irc_ask_target(a), there))
		return irc_on_numeric(p, ev);
	asked = irc_ask_target(a);
	while (str_cut(&asked, ' ', &one)) {
		bool here = has_name(p, there, one);

		irc_watch_seen(p, one, here);
		irc_regain_asked(p, one, here);
	}
	irc_ask_free(&p->asks, &a);
	return irc_watch_next(p, ev);
}
