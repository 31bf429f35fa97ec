#include "smtp/mail_draft.h"
#include "lib/clock.h"
#include "lib/crypto.h"
#include "smtp/mail_alias.h"
#include "smtp/mail_attach.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_out.h"
#include "smtp/mail_smarthost.h"
#include "smtp/mail_spelling.h"
#include "smtp/mail_subject.h"
#include "smtp/mail_target.h"

/* ---- whom it is for --------------------------------------------------- */

static int
check_ours(struct mail_gateway *mail, struct str name, struct err *err)
{
	return err_set(err, ERR_UNSUITABLE,
	    mail_target_is(mail, name)
	        ? "" STR_FMT " only tells what comes there: nobody reads "
	          "what is written to it"
	        : "" STR_FMT " is not the address of a mailbox",
	    STR_ARG(name));
}

/* Appends the address as it is sent to. */
int
mail_draft_check_to(struct mail_gateway *mail, struct str name, struct buf *out,
    struct err *err)
{
	struct mail_address a;

	if (!str_has(name, '@'))
		return check_ours(mail, name, err);
	if (mail_address_parse(name, &a, err) < 0 ||
	    mail_address_canonical(&a, out, err) < 0)
		return -1;
	if (mail_options_is_own(&mail->opt, a.domain))
		return err_set(err, ERR_UNSUITABLE,
		    STR_FMT " is a mailbox of this gateway: write to its user "
		            "at his XMPP address",
		    STR_ARG(name));
	return 0;
}

/* As the conversations want to be asked: by the subject that it names. */
struct gw_message
mail_draft_named(const struct gw_message *m)
{
	struct gw_message copy = *m;

	copy.subject = mail_compose_subject(m);
	return copy;
}

/* ---- the letter ------------------------------------------------------- */

/* A mail answers what any message of it answers. */
static void
find_lead(struct mail_draft *d)
{
	d->lead = mail_draft_named(d->message[0]);
	d->lead.to = d->group.n ? d->group.address[0] : d->message[0]->to;
	for (size_t i = 1; i < d->n; i++) {
		if (d->lead.reply_to.len == 0)
			d->lead.reply_to = d->message[i]->reply_to;
		if (d->lead.thread.len == 0)
			d->lead.thread = d->message[i]->thread;
		if (d->lead.subject.len == 0)
			d->lead.subject = mail_compose_subject(d->message[i]);
		if (d->lead.nparty == 0) {
			d->lead.party = d->message[i]->party;
			d->lead.nparty = d->message[i]->nparty;
		}
	}
}

/* Of a group each piece is for one: of those that there were at first. */
static int
find_recipient(struct mail_draft *d, struct err *err)
{
	const struct gw_message *m = d->message[0];
	size_t i = m->part ? m->part - 1 : 0;

	if (!mail_group_find(d->mail, d->user, m->to, m->id, &d->group))
		d->recipient = m->to;
	else if (i < d->group.n)
		d->recipient = d->group.address[i];
	else
		return err_set(err, ERR_UNSUITABLE,
		    "those whom it was for are not known any more");
	return 0;
}

static int
find_sender(struct mail_draft *d, struct err *err)
{
	const struct mail_alias *a = mail_alias_of_user(d->mail, d->user);

	if (mail_alias_address(d->mail, d->user, &d->from) < 0)
		return err_set(err, ERR_STRANGER,
		    "you have no mailbox here any more; register at %s",
		    gateway_domain(d->mail->gw).p);
	d->name = a ? str_c(a->title) : STR_EMPTY;
	return 0;
}

static void
make_ids(struct mail_draft *d, gw_ticket t)
{
	struct mail_gateway *mail = d->mail;

	d->thread =
	    mail_thread_out(mail->threads, d->user, d->lead.to, &d->lead);
	if (!d->thread)
		mail_thread_new_id(d->fresh);
	mail_ref_bounce(
	    &mail->refs, t, gateway_clock(mail->gw)->utc, d->bounce);
	(void)snprintf(d->env_from, sizeof(d->env_from), "%s@%s", d->bounce,
	    mail->opt.domain);
}

/* All copies of a mail have one Message-ID, which is of no single ticket. */
static uint64_t
number_of(const struct mail_draft *d, gw_ticket t)
{
	uint8_t hash[CRYPTO_SHA256_BYTES];
	uint64_t n = UINT64_C(1) << 63;

	if (d->group.n == 0)
		return t;
	crypto_sha256(d->lead.id, hash);
	for (int i = 0; i < 7; i++)
		n |= (uint64_t)hash[i] << (8 * i);
	return n;
}

static void
make_message_id(struct mail_draft *d, gw_ticket t, mail_ref_text out)
{
	struct str thread = str_c(d->thread ? d->thread->id : d->fresh);

	mail_ref_message(&d->mail->refs, thread, number_of(d, t), out);
	(void)snprintf(d->id, sizeof(d->id), "%s@%s", out, d->mail->opt.domain);
}

static void
add_copy(struct mail_draft *d, struct str name)
{
	struct mail_address a;
	size_t was = d->cc.len;

	if (mail_address_same(name, d->lead.to) ||
	    mail_address_parse(name, &a, NULL) < 0)
		return;
	if (was)
		buf_add_str(&d->cc, STR(", "));
	if (mail_address_canonical(&a, &d->cc, NULL) < 0 || buf_is_full(&d->cc))
		buf_truncate(&d->cc, was);
}

/* Whom else it says it is for; they get their own, or have theirs. */
static void
add_copies(struct mail_draft *d)
{
	for (size_t i = 1; i < d->group.n; i++)
		add_copy(d, d->group.address[i]);
	for (size_t i = 0; i < d->lead.nparty; i++) {
		const struct gw_party *p = &d->lead.party[i];

		if (p->kind == GW_PARTY_TO || p->kind == GW_PARTY_CC)
			add_copy(d, p->name);
	}
}

/* What was before it: a mail that is tried again does not answer itself. */
static size_t
count_references(const struct mail_draft *d)
{
	size_t n = d->thread ? d->thread->nreference : 0;

	for (size_t i = 0; i < n; i++)
		if (str_is(d->thread->reference[i], d->id))
			return i;
	return n;
}

static bool
is_file(const void *arg, struct str url)
{
	return mail_attach_is_file(arg, url);
}

static int
make_words(struct mail_draft *d, struct err *err)
{
	bool is_named = mail_alias_of_user(d->mail, d->user) != NULL;
	struct str rest = is_named ? buf_str(&d->from) : d->user, node;
	struct mail_compose_in in = { .message = d->message,
		.n = d->n,
		.subject = d->thread ? d->thread->subject : STR_EMPTY,
		.answers = count_references(d) > 0,
		.is_file = is_file,
		.arg = d->mail };

	/* An address that is made of his JID is no name for people. */
	(void)str_cut(&rest, '@', &node);
	in.sender = d->name.len ? d->name : node;
	return mail_compose(&in, &d->words, err);
}

static void
fill_letter(struct mail_draft *d)
{
	bool shows_jid =
	    str_is(session_setting(d->s, STR_EMPTY, MAIL_OUT_JID), "1");
	const struct gw_message *last = d->message[d->n - 1];
	size_t nreference = count_references(d);

	d->letter = (struct mail_letter){ .env_from = str_c(d->env_from),
		.env_to = buf_str(&d->spelled),
		.from = buf_str(&d->from),
		.from_name = d->name,
		.to = buf_str(&d->shown),
		.cc = buf_str(&d->cc),
		.subject = buf_str(&d->words.subject),
		.message_id = str_c(d->id),
		.date_utc = last->sent_utc ? last->sent_utc
		                           : gateway_clock(d->mail->gw)->utc,
		.body = buf_str(&d->words.body),
		.jabber_id = shows_jid ? d->user : STR_EMPTY,
		.wants_dsn = mail_smarthost_wants_dsn(d->mail) };
	if (nreference) {
		d->letter.in_reply_to = d->thread->reference[nreference - 1];
		d->letter.reference = d->thread->reference;
		d->letter.nreference = nreference;
	}
}

void
mail_draft_init(struct mail_draft *d, struct session *s,
    const struct gw_message *const *m, size_t n)
{
	*d = (struct mail_draft){ .mail = mail_of(session_gateway(s)),
		.s = s,
		.user = session_user(s),
		.message = m,
		.n = n };
	buf_init(&d->from, 2 * MAIL_ADDRESS_MAX);
	buf_init(&d->to, 2 * MAIL_ADDRESS_MAX);
	buf_init(&d->spelled, 2 * MAIL_ADDRESS_MAX);
	buf_init(&d->shown, 2 * MAIL_ADDRESS_MAX);
	buf_init(&d->cc, MAIL_LETTER_CC_MAX);
	buf_init(&d->words.subject, 0);
	buf_init(&d->words.body, 0);
}

void
mail_draft_release(struct mail_draft *d)
{
	buf_release(&d->from);
	buf_release(&d->to);
	buf_release(&d->spelled);
	buf_release(&d->shown);
	buf_release(&d->cc);
	mail_composed_release(&d->words);
}

/* id: where what is before the @ of its Message-ID goes. */
int
mail_draft_make(
    struct mail_draft *d, gw_ticket t, mail_ref_text id, struct err *err)
{
	if (find_recipient(d, err) < 0 || find_sender(d, err) < 0 ||
	    mail_draft_check_to(d->mail, d->recipient, &d->to, err) < 0)
		return -1;
	find_lead(d);
	mail_spelling_write(d->mail, buf_str(&d->to), &d->spelled);
	mail_spelling_write(d->mail, d->lead.to, &d->shown);
	make_ids(d, t);
	make_message_id(d, t, id);
	add_copies(d);
	if (make_words(d, err) < 0)
		return -1;
	if (d->words.body.len == 0 && d->lead.subject.len == 0 &&
	    mail_attach_count(d->mail, d->message, d->n) == 0)
		return err_set(err, ERR_BAD_INPUT, "there is nothing to send");
	fill_letter(d);
	return mail_letter_check(&d->letter, err);
}

/* The conversation has it: what comes may answer it before it is sent. */
void
mail_draft_sent(struct mail_draft *d)
{
	struct str subject = mail_subject_plain(buf_str(&d->words.subject));

	mail_thread_sent(d->mail->threads, d->user, d->lead.to, d->thread,
	    subject, str_c(d->id), d->lead.id, d->lead.thread);
}
