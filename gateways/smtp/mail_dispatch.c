/*
 * What becomes of a mail, for each of its recipients.
 *
 *	a mailbox	a message for its user; what is wrong with it refuses it
 *	postmaster	a message for the operators, whatever it is
 *	a target	as that says (mail_target.h)
 *	b.		a report about a mail of ours, or an automatic answer
 *
 * Nothing here causes a mail.
 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/crypto.h"
#include "lib/log.h"
#include "lib/utf8.h"
#include "smtp/mail_address.h"
#include "smtp/mail_alert.h"
#include "smtp/mail_alias.h"
#include "smtp/mail_blocks.h"
#include "smtp/mail_bounce.h"
#include "smtp/mail_deliver.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_group.h"
#include "smtp/mail_inlet.h"
#include "smtp/mail_lists.h"
#include "smtp/mail_originals.h"
#include "smtp/mail_out.h"
#include "smtp/mail_spelling.h"
#include "smtp/mail_take.h"
#include "smtp/mail_target.h"
#include "smtp/mail_thread.h"
#include "smtp/mail_verdict.h"
#include "smtp/mail_wishes.h"

enum {
	REMARK_MAX = 300,
	QUOTED_MAX = 100,
	SAME_MS = 5 * 60 * 1000, /* see tell_apart() */
	DAY_MS = 24 * 3600 * 1000
};

/* One mail for one of its recipients. */
struct letter {
	struct mail_slot *slot;
	struct mail_gateway *mail;
	const struct mail_record *r;
	struct mail_verdict_params params;
	bool is_stranger; /* nobody vouches for who handed it in */
};

static int64_t
utc_of(const struct letter *l)
{
	return gateway_clock(l->mail->gw)->utc;
}

static void
refuse(struct letter *l, int code, const char *enhanced, const char *text)
{
	mail_reply_set(&l->slot->reply, code, enhanced, "%s", text);
}

/* ---- who it is from ----------------------------------------------------- */

/*
 * An address that can be written to, spelled as one of XMPP is; empty for any
 * other.  How people spell it themselves is noted.
 */
static struct str
contact_of(const struct letter *l, struct buf *out)
{
	const struct mail_record *r = l->r;
	struct str from = r->from.address.len ? r->from.address
	                                      : l->slot->take->envelope.sender;
	struct mail_address a;
	struct buf spelled;

	buf_init(&spelled, 2 * MAIL_ADDRESS_MAX);
	buf_clear(out);
	if (mail_address_parse(from, &a, NULL) == 0 &&
	    mail_address_canonical(&a, &spelled, NULL) == 0) {
		mail_spelling_note(l->mail, buf_str(&spelled));
		mail_address_fold(buf_str(&spelled), out);
	}
	buf_release(&spelled);
	return buf_str(out);
}

static struct str
domain_of(struct str address)
{
	ptrdiff_t at = str_find(address, '@');

	return at < 0 ? STR_EMPTY : str_skip(address, (size_t)at + 1);
}

/* Anybody can write one of us into his From. */
static enum mail_trust
trust_of(const struct letter *l)
{
	enum mail_trust trust = mail_verdict_trust(&l->params, l->r);

	if (trust == MAIL_UNKNOWN && l->is_stranger &&
	    mail_options_is_own(&l->mail->opt, domain_of(l->r->from.address)))
		return MAIL_UNVERIFIED;
	return trust;
}

/* ---- a message for a user -------------------------------------------------- */

static struct str
own_thread(const struct letter *l, char out[MAIL_REF_ID_MAX + 1])
{
	uint64_t ticket;

	if (mail_ref_message_read(
	        &l->mail->refs, l->r->in_reply_to, out, &ticket))
		return str_c(out);
	for (size_t i = l->r->nreference; i-- > 0;)
		if (mail_ref_message_read(
		        &l->mail->refs, l->r->reference[i], out, &ticket))
			return str_c(out);
	return STR_EMPTY;
}

/* What it answers went out here; by its domain, for our keys change. */
static bool
answers_ours(const struct letter *l)
{
	struct str id = l->r->in_reply_to, domain = str_c(l->mail->opt.domain);

	if (id.len == 0 && l->r->nreference)
		id = l->r->reference[l->r->nreference - 1];
	return id.len > domain.len && id.p[id.len - domain.len - 1] == '@' &&
	    str_eq_nocase(str_skip(id, id.len - domain.len), domain);
}

/* Appends the address at which all who have it are answered, if he does not
   know that yet.  A list is one whom its members write to. */
static void
add_all(const struct letter *l, struct str user, struct str contact,
    const struct mail_thread *t, struct buf *out)
{
	struct str people[MAIL_PARTIES_MAX + 1] = { contact };
	size_t n = 1;

	if (contact.len == 0 || l->r->class == MAIL_LIST)
		return;
	for (size_t i = 0; i < l->r->nparty; i++)
		people[n++] = l->r->party[i].who.address;
	if (mail_group_note(l->mail, user, str_c(t->id), people, n, out))
		buf_addf(
		    out, "@" STR_FMT, STR_ARG(gateway_domain(l->mail->gw)));
}

static void
deliver(
    struct letter *l, struct str user, struct str contact, struct str remark)
{
	struct mail_wish wish = mail_wishes_of(l->mail->wishes, user);
	struct mail_deliver_style style = { .subjects = !wish.no_subjects,
		.quotes = wish.quotes,
		.files = !wish.no_files };
	struct mail_deliver_facts f = { .user = user,
		.line = STR(MAIL_LINE),
		.contact = contact,
		.domain = str_c(l->mail->opt.domain),
		.trust = trust_of(l),
		.remark = remark,
		.now_utc = utc_of(l) };
	char own[MAIL_REF_ID_MAX + 1];
	struct mail_delivery *d;
	struct buf all;

	f.thread = mail_thread_in(l->mail->threads, user, contact, l->r,
	    own_thread(l, own), &f.is_new, &f.answers);
	f.whose = answers_ours(l) ? STR_EMPTY : contact;
	buf_init(&all, 2 * GW_NAME_MAX + MAIL_DOMAIN_MAX);
	add_all(l, user, contact, f.thread, &all);
	f.all = buf_str(&all);
	d = mail_delivery_new(&style, &f, l->r);
	buf_release(&all);
	if (contact.len)
		mail_thread_came(l->mail->threads, user, contact, f.thread,
		    l->r, d->message.id);
	mail_lists_note(l->mail, user, l->r);
	if (d->was_trimmed)
		mail_originals_put(
		    l->mail->originals, user, contact, l->r->text);
	(void)mail_take_item(l->slot, d, NULL);
}

static void
question(struct letter *l, struct str user, struct str contact)
{
	struct str list = l->r->class == MAIL_LIST ? l->r->list_id : STR_EMPTY;
	struct str subject = str_head(l->r->subject, QUOTED_MAX);
	struct buf text;

	buf_init(&text, 2 * GW_NAME_MAX + 1000);
	subject.len = utf8_cut(subject, subject.len);
	if (list.len)
		buf_addf(
		    &text, "The mailing list <" STR_FMT ">", STR_ARG(list));
	else
		buf_add_str(&text, contact);
	buf_addf(&text, " wants to write to you");
	if (subject.len)
		buf_addf(&text, " about \"" STR_FMT "\"", STR_ARG(subject));
	buf_addf(&text,
	    ".  %sse the command \"A sender\" to let the mail through, or to "
	    "block it.",
	    list.len ? "U" : "Write there, or u");
	if (mail_blocks_ask(l->mail->blocks, user, contact, list))
		gateway_tell(l->mail->gw, user, buf_str(&text));
	buf_release(&text);
	refuse(l, 450, "4.7.1",
	    "The recipient wants to be asked first: try again later");
}

/* True: he wants it. */
static bool
is_wanted(struct letter *l, struct str user, struct str contact)
{
	enum mail_welcome welcome =
	    mail_wishes_of(l->mail->wishes, user).welcome;

	switch (
	    mail_blocks_find(l->mail->blocks, user, contact, l->r->list_id)) {
	case MAIL_RULE_ALLOW:
		return true;
	case MAIL_RULE_BLOCK:
		/* As for who is blocked at the server: nobody learns of it. */
		log_info(gateway_log(l->mail->gw), "mail dropped",
		    "user=" STR_FMT " from=\"" STR_FMT "\" why=blocked",
		    STR_ARG(user), STR_ARG(contact));
		return false;
	case MAIL_RULE_NONE:
	case MAIL_RULE_ASKED:
		break;
	}
	if (welcome == MAIL_WELCOME_ALL ||
	    mail_thread_knows(l->mail->threads, user, contact))
		return true;
	if (welcome == MAIL_WELCOME_ASK && contact.len)
		question(l, user, contact);
	else
		refuse(l, 550, "5.7.1",
		    "The recipient hears only from whom he has written to");
	return false;
}

/* ---- what comes back -------------------------------------------------------- */

/* Once for each: its key is made of what it is about. */
static void
key_from(const char *what, struct str about, uint64_t n,
    uint8_t out[CRYPTO_SHA256_BYTES])
{
	char text[GW_NAME_MAX + 100];
	int len = snprintf(text, sizeof(text), "%s " STR_FMT " %" PRIu64, what,
	    STR_ARG(about), n);

	crypto_sha256(
	    str_of(text,
	        (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1),
	    out);
}

static void
tell_delay(struct letter *l, uint64_t ticket, const struct mail_bounce *b)
{
	uint8_t key[CRYPTO_SHA256_BYTES];
	char text[sizeof(b->err.text) + 100];
	struct mail_record notice = { .in_reply_to = l->r->returned_id,
		.class = MAIL_ORDINARY };
	struct letter about = *l;
	struct mail_thread_owner who;

	if (!mail_thread_whose(l->mail->threads, &l->mail->refs, ticket, &who))
		return;
	key_from("delayed", STR_EMPTY, ticket, key);
	(void)snprintf(text, sizeof(text),
	    "[not delivered yet, and still being tried: %s]", b->err.text);
	notice.hash = str_of((const char *)key, sizeof(key));
	notice.text = notice.fresh = str_c(text);
	notice.from.address = who.contact;
	about.r = &notice;
	about.params.has_authserv = about.is_stranger = false; /* it is ours */
	deliver(&about, who.user, who.contact, STR_EMPTY);
}

static void
count_nobody(const struct letter *l, uint64_t ticket)
{
	struct mail_thread_owner who;

	if (mail_thread_whose(l->mail->threads, &l->mail->refs, ticket, &who) &&
	    mail_inlet_is_first_nobody(l->mail, who.user, who.contact))
		mail_out_nobody(l->mail, who.user);
}

static void
on_report(struct letter *l, uint64_t ticket)
{
	struct mail_bounce b;

	mail_bounce_read(l->r, &b);
	log_info(gateway_log(l->mail->gw), "bounce",
	    "ticket=%" PRIu64 " kind=%d why=\"%s\"", ticket, (int)b.kind,
	    b.err.text);
	if (b.kind == MAIL_BOUNCE_DELAYED) {
		tell_delay(l, ticket, &b);
	} else if (b.kind == MAIL_BOUNCE_REPORT) {
		if (b.is_nobody)
			count_nobody(l, ticket);
		l->slot->has_report = true;
		l->slot->report = (struct gw_report){ .line = STR(MAIL_LINE),
			.ticket = ticket,
			.fate = b.fate,
			.err = b.err };
	}
}

/* Out of office: once a day for each contact. */
static void
on_auto(struct letter *l, uint64_t ticket)
{
	uint8_t key[CRYPTO_SHA256_BYTES];
	struct mail_record once = *l->r;
	struct letter about = *l;
	struct mail_thread_owner who;
	char contact[MAIL_ADDRESS_MAX + 1], user[GW_NAME_MAX * 4];

	if (!mail_thread_whose(l->mail->threads, &l->mail->refs, ticket, &who))
		return;
	(void)snprintf(contact, sizeof(contact), STR_FMT, STR_ARG(who.contact));
	(void)snprintf(user, sizeof(user), STR_FMT, STR_ARG(who.user));
	key_from("automatic", who.contact, (uint64_t)(utc_of(l) / DAY_MS), key);
	once.hash = str_of((const char *)key, sizeof(key));
	once.class = MAIL_AUTO;
	about.r = &once;
	deliver(&about, str_c(user), str_c(contact), STR_EMPTY);
}

static bool
is_automatic(const struct letter *l)
{
	return l->r->is_auto || l->r->class == MAIL_AUTO ||
	    l->r->class == MAIL_MDN || l->slot->take->envelope.sender.len == 0;
}

static void
on_bounce(struct letter *l)
{
	uint64_t ticket;

	if (!mail_bounce_ticket(&l->mail->refs, l->r,
	        str_c(l->slot->where.local), utc_of(l), &ticket))
		refuse(l, 550, "5.1.1", "That is about no mail of ours");
	else if (l->r->class == MAIL_DSN)
		on_report(l, ticket);
	else if (is_automatic(l))
		on_auto(l, ticket);
	else
		refuse(l, 550, "5.7.1",
		    "Only servers write there: write to the sender instead");
}

/* ---- by where it goes --------------------------------------------------------- */

/* A report that came to the user himself: ours, or somebody else's spam. */
static void
on_backscatter(struct letter *l)
{
	uint64_t ticket;

	if (mail_bounce_ticket(
	        &l->mail->refs, l->r, STR_EMPTY, utc_of(l), &ticket))
		on_report(l, ticket);
	else
		refuse(l, 550, "5.7.1", "That is about no mail of ours");
}

static void
on_mailbox(struct letter *l, struct str user)
{
	struct buf name;
	struct str contact;

	switch (mail_verdict(&l->params, l->r, &l->slot->reply)) {
	case MAIL_VERDICT_REFUSE:
		return;
	case MAIL_VERDICT_DROP:
		log_info(gateway_log(l->mail->gw), "mail dropped",
		    "user=" STR_FMT " from=\"" STR_FMT "\" why=spam",
		    STR_ARG(user), STR_ARG(l->r->from.address));
		return;
	case MAIL_VERDICT_TAKE:
		break;
	}
	if (l->r->class == MAIL_DSN) {
		on_backscatter(l);
		return;
	}
	buf_init(&name, 2 * MAIL_ADDRESS_MAX);
	contact = contact_of(l, &name);
	if (is_wanted(l, user, contact))
		deliver(l, user, contact, STR_EMPTY);
	buf_release(&name);
}

static void
on_target(struct letter *l)
{
	struct mail_alert *alert = NULL;
	enum mail_target_end end;

	if (mail_verdict_circles(l->r, &l->slot->reply))
		return;
	end = mail_target_deliver(l->mail, &l->slot->where,
	    &l->slot->take->envelope, l->r, &alert, &l->slot->reply);
	if (end == MAIL_TARGET_SAY)
		(void)mail_take_item(l->slot, NULL, alert);
	l->slot->is_counted = end == MAIL_TARGET_COUNT;
}

static void
on_name(struct letter *l)
{
	struct str user = mail_alias_user(l->mail, &l->slot->where);

	if (user.len)
		on_mailbox(l, user);
	else
		on_target(l);
}

static struct str
operator_at(const struct letter *l, size_t i)
{
	const struct mail_words *named = &l->mail->opt.postmasters;

	if (named->n)
		return i < named->n ? str_c(named->v[i]) : STR_EMPTY;
	return gateway_admin(l->mail->gw, i);
}

/* Of whose mail somebody complains, if it was one of ours. */
static struct str
accused(const struct letter *l)
{
	struct mail_thread_owner who;
	uint64_t ticket;

	return l->r->class == MAIL_ARF &&
	        mail_bounce_ticket(
	            &l->mail->refs, l->r, STR_EMPTY, utc_of(l), &ticket) &&
	        mail_thread_whose(
	            l->mail->threads, &l->mail->refs, ticket, &who)
	    ? who.user
	    : STR_EMPTY;
}

static void
write_remark(const struct letter *l, char out[REMARK_MAX])
{
	struct str user = accused(l);

	(void)snprintf(out, REMARK_MAX, "%s" STR_FMT "%sto " STR_FMT,
	    user.len                      ? "complaint about a mail of "
	        : l->r->class == MAIL_ARF ? "complaint "
	                                  : "",
	    STR_ARG(user), user.len ? ", " : "", STR_ARG(l->slot->recipient));
}

/* Complaints, and what people and servers tell who runs this. */
static void
on_operator(struct letter *l)
{
	char remark[REMARK_MAX];
	struct buf name;
	struct str contact, jid;

	if (mail_verdict_circles(l->r, &l->slot->reply))
		return;
	buf_init(&name, 2 * MAIL_ADDRESS_MAX);
	contact = contact_of(l, &name);
	write_remark(l, remark);
	for (size_t i = 0;
	     i < MAIL_OPERATORS_MAX && (jid = operator_at(l, i)).len; i++)
		deliver(l, jid, contact, str_c(remark));
	if (operator_at(l, 0).len == 0)
		log_warn(gateway_log(l->mail->gw), "mail for nobody",
		    "to=" STR_FMT " from=\"" STR_FMT
		    "\" action=\"dropped: there is no administrator\"",
		    STR_ARG(l->slot->recipient), STR_ARG(contact));
	buf_release(&name);
}

static void
on_nowhere(struct letter *l)
{
	refuse(l, 550, "5.1.1", "There is no such address here");
}

static void (*const by_where[])(struct letter *l) = {
	[MAIL_WHERE_NOWHERE] = on_nowhere,
	[MAIL_WHERE_NAME] = on_name,
	[MAIL_WHERE_TARGET] = on_target,
	[MAIL_WHERE_BOUNCE] = on_bounce,
	[MAIL_WHERE_REPLY] = on_nowhere,
	[MAIL_WHERE_POSTMASTER] = on_operator,
	[MAIL_WHERE_COMPUTED] = on_name,
	[MAIL_WHERE_RESERVED] = on_nowhere,
};

/*
 * What our own MTA has found out can have been written by nobody else only
 * where it is that one which hands in.  Our own Message-IDs vouch for nobody:
 * whoever has had a mail of ours knows one.
 */
static bool
is_believed(const struct mail_take *t)
{
	return t->mail->opt.authserv_id[0] != '\0' && t->client.is_vouched;
}

static bool
is_stranger(const struct mail_client *c)
{
	return !c->is_vouched && !c->is_unix && (!c->user.len || c->is_target);
}

/*
 * What DMARC has vouched for is the sender that the filter has read.  If we
 * read another, the mail was written to be read in two ways.
 */
static void
check_vouched(struct mail_record *r)
{
	struct str seen = r->auth.dmarc_domain;
	struct str from = domain_of(r->from.address);

	if (seen.len && !mail_verdict_is_below(from, seen))
		r->auth.dmarc = STR("permerror");
}

/*
 * A mail that says neither when nor as what it was written, and has been
 * through no server: it comes again for a while, if its sender had no answer.
 * Later it is another that says the same, as alerts do.
 */
static void
tell_apart(
    struct letter *l, struct mail_record *r, uint8_t hash[MAIL_HASH_BYTES])
{
	char text[MAIL_HASH_BYTES + 32];
	int n;

	if (r->message_id.len || r->date_utc || r->nreceived ||
	    r->hash.len != MAIL_HASH_BYTES)
		return;
	memcpy(text, r->hash.p, MAIL_HASH_BYTES);
	n = snprintf(text + MAIL_HASH_BYTES, sizeof(text) - MAIL_HASH_BYTES,
	    " %" PRId64, utc_of(l) / SAME_MS);
	crypto_sha256(str_of(text, MAIL_HASH_BYTES + (size_t)n), hash);
	r->hash = str_of((const char *)hash, MAIL_HASH_BYTES);
}

void
mail_dispatch(struct mail_take *t, const struct mail_record *r)
{
	struct mail_record record = *r;
	uint8_t hash[MAIL_HASH_BYTES];
	struct letter l = { .mail = t->mail,
		.r = &record,
		.params = { .spam = t->mail->opt.spam,
		    .has_authserv = is_believed(t) },
		.is_stranger = is_stranger(&t->client) };

	if (!l.params.has_authserv)
		record.auth = (struct mail_auth){ 0 };
	check_vouched(&record);
	tell_apart(&l, &record, hash);
	for (size_t i = 0; i < t->envelope.nrecipient; i++) {
		l.slot = &t->slot[i];
		if (mail_inlet_where(t->mail, l.slot->recipient, &l.slot->where,
		        &l.slot->reply) == 0)
			by_where[l.slot->where.kind](&l);
	}
}
