#include "smtp/mail_deliver.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/crypto.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "smtp/mail_address.h"
#include "smtp/mail_subject.h"
#include "smtp/mail_thread.h"
#include "smtp/mail_words.h"

enum {
	WORDS_MORE = 64, /* beside what is counted: ids, "mail" */
	LATE_MIN_MS = 10 * 60 * 1000,
	ID_LEN = 16,
};
#define LATE_MAX_MS ((int64_t)14 * 24 * 3600 * 1000)

struct making {
	struct mail_delivery *d;
	const struct mail_deliver_style *style;
	const struct mail_deliver_facts *facts;
	const struct mail_record *r;
};

/* ---- names that last --------------------------------------------------- */

static size_t
length_of(const struct mail_name *n)
{
	return n->address.len + n->name.len;
}

/*
 * All strings of the message stand one after another in d->words: it has room
 * for them from the start, and takes no more, so it never moves.
 */
static void
words_init(struct making *k)
{
	const struct mail_deliver_facts *f = k->facts;
	size_t n = f->user.len + f->line.len + f->contact.len + f->answers.len +
	    f->whose.len + f->thread->xmpp.len + k->r->subject.len +
	    k->r->from.name.len + k->r->importance.len + WORDS_MORE;

	for (size_t i = 0; i < k->r->nparty; i++)
		n += length_of(&k->r->party[i].who);
	for (size_t i = 0; i < k->r->nreply_to; i++)
		n += length_of(&k->r->reply_to[i]);
	buf_init(&k->d->words, n);
	(void)buf_reserve(&k->d->words, n);
}

static struct str
keep(struct mail_delivery *d, struct str s)
{
	size_t at = d->words.len;

	if (s.len == 0 || buf_add_str(&d->words, s) < 0)
		return STR_EMPTY;
	return str_of(d->words.p + at, s.len);
}

static struct str
keep_name(struct mail_delivery *d, struct str name)
{
	struct buf shown;
	struct str kept;

	buf_init(&shown, MAIL_WORDS_NAME_MAX * 2);
	mail_words_name(name, &shown);
	kept = keep(d, buf_str(&shown));
	buf_release(&shown);
	return kept;
}

/* Of the mail and of whom it is for: the core knows by it what came before. */
static void
sum_of(const struct making *k, uint8_t out[CRYPTO_SHA256_BYTES])
{
	struct buf of;

	buf_init(&of, MAIL_HASH_BYTES + 4096);
	buf_add_str(&of, k->r->hash);
	buf_add_str(&of, k->facts->user);
	crypto_sha256(buf_str(&of), out);
	buf_release(&of);
}

static void
id_of(const uint8_t sum[CRYPTO_SHA256_BYTES], char out[GW_ID_MAX + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

	*out++ = 'm';
	for (size_t i = 0; i < ID_LEN; i++)
		*out++ = letters[sum[i] & 31];
	*out = '\0';
}

static void
key_of(const uint8_t sum[CRYPTO_SHA256_BYTES], char out[MAIL_DELIVER_KEY + 1])
{
	for (size_t i = 0; i < CRYPTO_SHA256_BYTES; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", (unsigned)sum[i]);
}

/* ---- who else ----------------------------------------------------------- */

static bool
is_ours(const struct making *k, struct str address)
{
	struct mail_address a;

	return mail_address_parse(address, &a, NULL) == 0 &&
	    str_eq_nocase(a.domain, k->facts->domain);
}

static bool
is_no_reply(struct str address)
{
	static const char *const names[] = { "noreply", "no-reply",
		"donotreply", "do-not-reply", "no_reply" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_starts(address, str_c(names[i])) &&
		    address.len > strlen(names[i]) &&
		    strchr("@+-.", address.p[strlen(names[i])]))
			return true;
	return false;
}

static void
add_party(
    struct making *k, enum gw_party_kind kind, const struct mail_name *who)
{
	struct gw_message *m = &k->d->message;
	struct mail_address a;
	struct buf name;

	if (m->nparty == GW_PARTIES_MAX ||
	    mail_address_parse(who->address, &a, NULL) < 0 || a.is_quoted ||
	    a.is_literal || a.is_utf8)
		return;
	buf_init(&name, MAIL_ADDRESS_MAX);
	mail_address_fold(who->address, &name); /* as XMPP spells it */
	k->d->party[m->nparty++] = (struct gw_party){ .kind = kind,
		.name = keep(k->d, buf_str(&name)),
		.title = keep_name(k->d, who->name) };
	buf_release(&name);
}

static void
add_parties(struct making *k)
{
	struct gw_message *m = &k->d->message;
	const struct mail_record *r = k->r;

	m->party = k->d->party;
	for (size_t i = 0; i < r->nreply_to; i++)
		if (!mail_address_same(
		        r->reply_to[i].address, k->facts->contact))
			add_party(k, GW_PARTY_REPLY_TO, &r->reply_to[i]);
	if (m->nparty == 0 && is_no_reply(k->facts->contact))
		k->d->party[m->nparty++] =
		    (struct gw_party){ .kind = GW_PARTY_NO_REPLY };
	for (size_t i = 0; i < r->nparty; i++)
		if (!is_ours(k, r->party[i].who.address))
			add_party(k,
			    r->party[i].kind == MAIL_CC ? GW_PARTY_CC
			                                : GW_PARTY_TO,
			    &r->party[i].who);
}

/* ---- the text ------------------------------------------------------------ */

static bool
shows_subject(const struct making *k)
{
	return k->style->subjects && k->r->subject.len &&
	    (k->facts->is_new ||
	        !str_eq_nocase(mail_subject_base(k->r->subject),
	            mail_subject_base(k->facts->thread->subject)));
}

static void
add_subject(struct making *k)
{
	struct mail_delivery *d = k->d;

	if (!shows_subject(k))
		return;
	buf_add_str(&d->body, k->r->subject);
	d->strong = (struct gw_span){
		.kind = GW_SPAN_STRONG, .start = 0, .end = d->body.len
	};
	d->message.span = &d->strong;
	d->message.nspan = 1;
	buf_addc(&d->body, '\n');
}

static void
add_remark(struct making *k, const char *before, struct str what)
{
	if (what.len)
		buf_addf(
		    &k->d->body, "[%s" STR_FMT "]\n", before, STR_ARG(what));
}

static void
add_remarks(struct making *k)
{
	const struct mail_record *r = k->r;

	if (k->facts->contact.len == 0)
		buf_addf(&k->d->body, "[from " STR_FMT "]\n",
		    STR_ARG(
		        r->from.address.len ? r->from.address : STR("nobody")));
	add_remark(k, "", k->facts->remark);
	if (k->facts->trust == MAIL_UNVERIFIED && r->class != MAIL_LIST)
		add_remark(k, "", STR("sender not verified"));
	if (r->class == MAIL_MDN)
		add_remark(k, "", STR("automatic receipt"));
	else if (r->class == MAIL_AUTO)
		add_remark(k, "",
		    str_is(r->auto_kind, "auto-replied")
		        ? STR("automatic reply")
		        : STR("automatic mail"));
	if (r->class == MAIL_LIST && k->facts->is_new)
		add_remark(k, "mailing list ", r->list_id);
	for (size_t i = 0; i < r->nnote && i < MAIL_NOTES_MAX; i++)
		add_remark(k, "", r->note[i]);
}

/* "To: Bob, carol@example.net and 2 more" */
static void
add_people(struct making *k, enum gw_party_kind kind, const char *label)
{
	const struct gw_message *m = &k->d->message;
	size_t n = 0;

	for (size_t i = 0; i < m->nparty; i++) {
		const struct gw_party *p = &m->party[i];

		if (p->kind != kind || n++ >= MAIL_DELIVER_SHOWN)
			continue;
		buf_addf(&k->d->body, "%s" STR_FMT, n == 1 ? label : ", ",
		    STR_ARG(p->name));
	}
	if (n > MAIL_DELIVER_SHOWN)
		buf_addf(&k->d->body, " and %zu more", n - MAIL_DELIVER_SHOWN);
	if (n)
		buf_addc(&k->d->body, '\n');
}

static struct str
text_of(struct making *k)
{
	bool is_answer = k->r->in_reply_to.len || k->r->nreference;

	k->d->was_trimmed = !k->style->quotes && is_answer && k->r->was_trimmed;
	return k->d->was_trimmed ? k->r->fresh : k->r->text;
}

static size_t
count_lines(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == '\n';
	return n + (s.len && s.p[s.len - 1] != '\n');
}

/* At the end of a line, if one is near. */
static size_t
cut_at(struct str text)
{
	size_t at = utf8_cut(text, MAIL_DELIVER_TEXT);

	for (size_t i = at; i > at / 2; i--)
		if (text.p[i - 1] == '\n')
			return i - 1;
	return utf8_cut_whole(text, at);
}

static void
add_text(struct making *k)
{
	struct mail_delivery *d = k->d;
	struct str text = str_trim(text_of(k)), head = text;

	if (text.len > MAIL_DELIVER_TEXT)
		head = str_head(text, cut_at(text));
	buf_add_str(&d->body, head);
	if (d->was_trimmed && head.len == text.len)
		buf_add_str(&d->body, STR("\n[…]"));
	if (head.len == text.len && k->r->was_cut)
		buf_add_str(&d->body, STR("\n… (the mail goes on)"));
	if (head.len == text.len)
		return;
	buf_addf(&d->body, "\n… (%zu more lines)",
	    count_lines(text) - count_lines(head));
	d->was_trimmed = false; /* what is uploaded is all of it */
	d->wants_whole = true;
}

/* The end without a line break; never nothing. */
static void
finish_body(struct making *k)
{
	struct mail_delivery *d = k->d;

	if (d->body.len > 0 && d->body.p[d->body.len - 1] == '\n')
		buf_truncate(&d->body, d->body.len - 1);
	if (d->body.len == 0 && k->r->npart == 0)
		buf_add_str(&d->body, STR("(an empty mail)"));
	d->message.body = buf_str(&d->body);
}

/* ---- all of it ----------------------------------------------------------- */

static int64_t
sent_when(const struct making *k)
{
	int64_t late = k->facts->now_utc - k->r->date_utc;

	return late >= LATE_MIN_MS && late <= LATE_MAX_MS ? k->r->date_utc : 0;
}

static void
set_message(struct making *k)
{
	struct mail_delivery *d = k->d;
	struct gw_message *m = &d->message;
	const struct mail_deliver_facts *f = k->facts;
	uint8_t sum[CRYPTO_SHA256_BYTES];

	sum_of(k, sum);
	id_of(sum, d->id);
	key_of(sum, d->key);
	*m = (struct gw_message){
		.kind = f->contact.len ? GW_MSG_NORMAL : GW_MSG_SYSTEM,
		.type = GW_TYPE_CHAT,
		.from = keep(d, f->contact),
		.title =
		    f->contact.len ? keep_name(d, k->r->from.name) : STR_EMPTY,
		.subject = keep(d, k->r->subject),
		.thread = keep(d, f->thread->xmpp),
		.reply_to = keep(d, f->answers),
		.reply_nick = keep(d, f->whose),
		.id = str_c(d->id),
		.sent_utc = sent_when(k),
	};
	if (!str_is(k->r->importance, "medium"))
		m->urgency = keep(d, k->r->importance);
	d->arrival = (struct gw_arrival){ .user = keep(d, f->user),
		.line = keep(d, f->line),
		.key = str_c(d->key),
		.message = m };
}

struct mail_delivery *
mail_delivery_new(const struct mail_deliver_style *style,
    const struct mail_deliver_facts *facts, const struct mail_record *r)
{
	struct mail_delivery *d = xcalloc(1, sizeof(*d));
	struct making k = { .d = d, .style = style, .facts = facts, .r = r };

	buf_init(&d->body, MAIL_DELIVER_MAX);
	words_init(&k);
	d->wants_files = style->files;
	set_message(&k);
	add_parties(&k);
	add_subject(&k);
	add_remarks(&k);
	add_people(&k, GW_PARTY_TO, "To: ");
	add_people(&k, GW_PARTY_CC, "Cc: ");
	if (facts->all.len)
		buf_addf(&d->body, "To answer all: " STR_FMT "\n",
		    STR_ARG(facts->all));
	add_text(&k);
	finish_body(&k);
	return d;
}

void
mail_delivery_free(struct mail_delivery **dp)
{
	struct mail_delivery *d = *dp;

	*dp = NULL;
	if (!d)
		return;
	buf_release(&d->body);
	buf_release(&d->words);
	free(d);
}

void
mail_delivery_note(struct mail_delivery *d, struct str name, struct str mime,
    uint64_t size, const char *why)
{
	buf_addf(&d->body,
	    "%s[" STR_FMT ", " STR_FMT ", %" PRIu64 " bytes: %s]",
	    d->body.len ? "\n" : "", STR_ARG(name), STR_ARG(mime), size, why);
	d->message.body = buf_str(&d->body);
}
