#include <stdlib.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/xalloc.h"
#include "smtp/mail_attach.h"
#include "smtp/mail_bundle.h"
#include "smtp/mail_caps.h"
#include "smtp/mail_draft.h"
#include "smtp/mail_fail.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_out.h"
#include "smtp/mail_sender.h"
#include "smtp/mail_sets.h"
#include "smtp/mail_smarthost.h"

enum { HOLD_MAX_S = 600, CONV_MAX = sizeof(((struct mail_thread *)0)->id) };

/* On its way: what a mail was made of. */
struct mailing {
	struct list node;
	struct mail_gateway *mail;
	char *user;
	char *to;         /* NULL: the only one to whom it goes */
	mail_ref_text id; /* of the Message-ID */
	struct mail_attaching *files;
	struct buf letter; /* packed, while files are fetched */
	size_t n;
	gw_ticket ticket[];
};

struct mail_out {
	struct mail_bundles bundles;
	struct list mailings;
};

#define MAILING(n) LIST_ENTRY(n, struct mailing, node)

/* ---- may it go -------------------------------------------------------- */

/* Where the file is and what it is locked with: nobody else can open it. */
static bool
is_locked(struct str url)
{
	return str_eq_nocase(str_head(url, 7), STR("aesgcm:"));
}

static bool
has_locked(const struct gw_message *m)
{
	for (size_t i = 0; i < m->nattachment; i++)
		if (is_locked(m->attachment[i].url))
			return true;
	return is_locked(m->body);
}

static int
check_words(
    struct mail_gateway *mail, const struct gw_message *m, struct err *err)
{
	if (mail_compose_is_empty(m) && mail_compose_subject(m).len == 0 &&
	    !mail_compose_is_sent(m))
		return err_set(err, ERR_BAD_INPUT, "there is nothing to send");
	if (has_locked(m))
		return err_set(err, ERR_UNSUPPORTED,
		    "an encrypted file cannot be opened on the other side; "
		    "send it without encryption");
	if (m->body.len > mail->opt.size_max)
		return err_set(err, ERR_TOO_BIG,
		    "a mail may have %llu MB at most",
		    (unsigned long long)(mail->opt.size_max >> 20));
	return 0;
}

static int
check_sender(struct mail_gateway *mail, struct err *err)
{
	return mail_smarthost_sender(mail)
	    ? 0
	    : err_set(err, ERR_NOT_ALLOWED,
	          "no mail is sent from here, it only comes in; ask the "
	          "operator of this gateway");
}

/* ---- with what else it goes ------------------------------------------- */

static int64_t
hold_of(struct session *s, const struct gw_message *m)
{
	struct mail_gateway *mail = mail_of(session_gateway(s));
	struct str setting = session_setting(s, m->to, MAIL_OUT_HOLD);
	uint64_t seconds;

	if (mail_compose_is_sent(m))
		return 0;
	if (str_to_uint(setting, HOLD_MAX_S, &seconds))
		return (int64_t)seconds * 1000;
	return mail->opt.hold_ms;
}

int
mail_out_check_hold(struct gateway *gw, struct str value, struct err *err)
{
	uint64_t n;

	(void)gw;
	return str_to_uint(value, HOLD_MAX_S, &n)
	    ? 0
	    : err_set(err, ERR_BAD_INPUT,
	          "a number of seconds from 0 to %d, please", HOLD_MAX_S);
}

/* conv: where the name of its conversation goes. */
static void
bundle_in(struct session *s, const struct gw_message *m, char conv[CONV_MAX],
    struct mail_bundle_in *out)
{
	struct mail_gateway *mail = mail_of(session_gateway(s));
	struct gw_message ask = mail_draft_named(m);
	const struct mail_thread *t =
	    mail_thread_out(mail->threads, session_user(s), m->to, &ask);
	int64_t hold_ms = hold_of(s, m), max_ms = mail->opt.hold_max_ms;

	(void)snprintf(conv, CONV_MAX, "%s", t ? t->id : "");
	*out = (struct mail_bundle_in){ .user = session_user(s),
		.to = m->to,
		.subject = ask.subject,
		.thread = m->thread,
		.conv = str_c(conv),
		.answers = m->reply_to.len > 0,
		.now_at = gateway_clock(mail->gw)->at,
		.hold_ms = hold_ms,
		.max_ms = max_ms > hold_ms ? max_ms : hold_ms };
}

static void
fill_route(struct mail_gateway *mail, const struct mail_bundle_in *in,
    struct gw_route *out)
{
	out->npieces = out->nunits = 1;
	out->hold_ms = in->hold_ms;
	out->hold_max_ms = in->max_ms;
	mail_bundle_pick(&mail->out->bundles, in, out->bundle);
}

/* What goes with something that was counted counts for nothing. */
static int
count(struct session *s, const struct mail_bundle_in *in, struct str to,
    struct err *err)
{
	struct mail_gateway *mail = mail_of(session_gateway(s));
	const struct mail_caps_mail c = { .to = to,
		.is_new = !mail_thread_knows(mail->threads, in->user, in->to) };

	if (mail_bundle_joins(&mail->out->bundles, in))
		return 0;
	if (mail_caps_check(mail->caps, in->user, &c, err) < 0)
		return -1;
	mail_caps_note(mail->caps, in->user, &c);
	return 0;
}

static int
route_one(struct session *s, const struct gw_message *m, struct gw_route *out,
    struct err *err)
{
	struct mail_gateway *mail = mail_of(session_gateway(s));
	struct mail_bundle_in in;
	char conv[CONV_MAX];
	struct buf to;
	int rc;

	buf_init(&to, 2 * MAIL_ADDRESS_MAX);
	rc = mail_draft_check_to(mail, m->to, &to, err);
	if (rc == 0) {
		bundle_in(s, m, conv, &in);
		rc = count(s, &in, buf_str(&to), err);
	}
	if (rc == 0)
		fill_route(mail, &in, out);
	buf_release(&to);
	return rc;
}

/* One mail to each, at once. */
static int
route_group(struct session *s, const struct gw_message *m,
    const struct mail_group *g, struct gw_route *out, struct err *err)
{
	struct mail_gateway *mail = mail_of(session_gateway(s));
	struct mail_caps *caps = mail->caps;
	struct mail_caps_mail c = { .is_new = false };

	for (size_t i = 0; i < g->n; i++) {
		c.to = g->address[i];
		if (mail_caps_check(caps, session_user(s), &c, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < g->n; i++) {
		c.to = g->address[i];
		mail_caps_note(caps, session_user(s), &c);
	}
	mail_group_pin(mail, session_user(s), m->to, m->id);
	out->npieces = out->nunits = (unsigned)g->n;
	out->many = true;
	return 0;
}

int
mail_out_route(struct session *s, const struct gw_message *m,
    struct gw_route *out, struct err *err)
{
	struct mail_gateway *mail = mail_of(session_gateway(s));
	struct mail_group g;

	(void)snprintf(out->line, sizeof(out->line), "%s", MAIL_LINE);
	if (check_sender(mail, err) < 0 || check_words(mail, m, err) < 0)
		return -1;
	return mail_group_find(mail, session_user(s), m->to, STR_EMPTY, &g)
	    ? route_group(s, m, &g, out, err)
	    : route_one(s, m, out, err);
}

/* ---- what becomes of it ----------------------------------------------- */

static void
mailing_free(struct mailing *g)
{
	list_del(&g->node);
	mail_attach_cancel(&g->files);
	buf_release(&g->letter);
	free(g->user);
	free(g->to);
	free(g);
}

/* For each message of it, in their order. */
static void
tell(struct mailing *g, const struct gw_outcome *o)
{
	struct gw_outcome each = *o;

	for (size_t i = 0; i < g->n; i++) {
		each.ticket = g->ticket[i];
		gateway_outcome(g->mail->gw, &each);
	}
}

void
mail_out_nobody(struct mail_gateway *mail, struct str user)
{
	char text[512];

	if (!mail_caps_failed(mail->caps, user))
		return;
	(void)snprintf(text, sizeof(text),
	    STR_FMT " has mailed many addresses today that do not exist, and "
	            "can mail nobody until tomorrow.",
	    STR_ARG(user));
	gateway_tell_admins(mail->gw, str_c(text));
}

static void
note_failure(struct mailing *g, const struct mail_result *r)
{
	if (r->fate == GW_REFUSED &&
	    mail_fail_is_nobody(r->code, str_c(r->enhanced)))
		mail_out_nobody(g->mail, str_c(g->user));
}

static void
on_sent(void *arg, const struct mail_result *r)
{
	struct mailing *g = arg;
	struct gw_outcome o = { .fate = r->fate,
		.err = r->err,
		.retry_after_ms = r->retry_after_ms,
		.is_line_broken = r->is_broken,
		.network_id = str_c(g->id) };

	/* Passwords and certificates are no business of users. */
	if (r->code && o.err.kind && !r->is_broken)
		mail_fail_set(&o.err, r->code, str_c(r->enhanced), r->text);
	if (r->is_broken) {
		o.details = str_c(r->err.text);
		(void)err_set(&o.err, r->err.kind,
		    "the mail server does not let this gateway in");
	}
	if (g->to && o.err.kind)
		(void)err_prefix(&o.err, "%s", g->to);
	note_failure(g, r);
	tell(g, &o);
	mailing_free(g);
}

/* ---- sending ---------------------------------------------------------- */

static struct mailing *
mailing_new(struct session *s, const gw_ticket *t, size_t n)
{
	struct mail_gateway *mail = mail_of(session_gateway(s));
	struct mailing *g = xcalloc(1, sizeof(*g) + n * sizeof(*t));

	g->mail = mail;
	g->user = str_dup(session_user(s));
	buf_init(&g->letter, MAIL_LETTER_MAX);
	g->n = n;
	memcpy(g->ticket, t, n * sizeof(*t));
	list_add(&mail->out->mailings, &g->node);
	return g;
}

/* The addresses of files that are none are said behind all that was. */
static void
send_with(
    struct mailing *g, struct mail_letter *l, const struct mail_attached *files)
{
	struct mail_sender *sender = mail_smarthost_sender(g->mail);
	struct buf body;

	buf_init(&body, MAIL_LETTER_BODY_MAX);
	buf_add_str(&body, l->body);
	buf_add_str(&body, files->left);
	l->body = buf_str(&body);
	l->file = files->file;
	l->nfile = files->nfile;
	mail_send(sender, l, on_sent, g);
	buf_release(&body);
}

static void
on_files(void *arg, const struct mail_attached *files)
{
	struct mailing *g = arg;
	struct mail_letter_copy copy;
	struct gw_outcome no = { .fate = GW_REFUSED };

	g->files = NULL;
	if (mail_letter_read(&copy, buf_str(&g->letter), &no.err) == 0) {
		send_with(g, &copy.letter, files);
		buf_release(&g->letter);
		buf_init(&g->letter, 0);
	} else {
		tell(g, &no);
		mailing_free(g);
	}
}

static void
hand_in(struct mailing *g, struct mail_draft *d)
{
	if (mail_attach_count(d->mail, d->message, d->n) == 0) {
		mail_send(
		    mail_smarthost_sender(d->mail), &d->letter, on_sent, g);
		return;
	}
	mail_letter_pack(&d->letter, &g->letter);
	g->files = mail_attach(d->mail, d->message, d->n, on_files, g);
}

void
mail_out_send_all(struct session *s, const gw_ticket *t,
    const struct gw_message *const *m, size_t n)
{
	struct mailing *g = mailing_new(s, t, n);
	struct gw_outcome no = { .fate = GW_REFUSED };
	struct mail_draft d;

	mail_draft_init(&d, s, m, n);
	if (check_sender(d.mail, &no.err) == 0 &&
	    mail_draft_make(&d, t[0], g->id, &no.err) == 0) {
		mail_sets_put(d.mail, t, n);
		if (d.group.n)
			g->to = str_dup(buf_str(&d.to));
		hand_in(g, &d);
		mail_draft_sent(&d);
	} else {
		tell(g, &no);
		mailing_free(g);
	}
	mail_draft_release(&d);
}

void
mail_out_send(struct session *s, gw_ticket t, const struct gw_message *m)
{
	mail_out_send_all(s, &t, &m, 1);
}

/* ---- opening and closing ---------------------------------------------- */

static int
open_out(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	mail->out = xcalloc(1, sizeof(*mail->out));
	mail_bundles_init(&mail->out->bundles);
	list_init(&mail->out->mailings);
	return 0;
}

/* The sender has gone before: nothing comes any more. */
static void
close_out(struct mail_gateway *mail)
{
	LIST_EACH(&mail->out->mailings, n)
	{
		mailing_free(MAILING(n));
	}
	mail_bundles_release(&mail->out->bundles);
	free(mail->out);
	mail->out = NULL;
}

const struct mail_noun mail_out_noun = {
	.open = open_out,
	.close = close_out,
};
