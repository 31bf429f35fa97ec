#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/config.h"
#include "lib/xalloc.h"
#include "smtp/mail_envelope.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_record.h"
#include "smtp/mail_sender.h"
#include "smtp/mail_smarthost.h"
#include "smtp/mail_target_base.h"

#define TOKEN "abcdefghijklmnopqrstuvwx23"
enum { SECOND = 1000, MINUTE = 60 * SECOND };

/* ---- the core --------------------------------------------------------- */

struct gateway {
	struct mail_gateway mail;
};

static struct gateway gw;
static struct clock hands;
static struct config *config;

/* What was said to the core, a line each. */
static struct buf said;
static bool is_full; /* the inbox is */
static struct gw_seat_state seat;
static bool has_seat;
static gw_kept_fn *kept;
static void *kept_arg;

/* Facts as they are on disk. */
static struct {
	char *name, *value;
} fact[50];
static size_t nfact;

void *
gateway_priv(struct gateway *g)
{
	return &g->mail;
}

struct clock *
gateway_clock(struct gateway *g)
{
	(void)g;
	return &hands;
}

const struct log_ctx *
gateway_log(struct gateway *g)
{
	(void)g;
	return NULL;
}

struct str
gateway_domain(struct gateway *g)
{
	(void)g;
	return STR("mail.example.org");
}

void
gateway_fact_put(
    struct gateway *g, struct str network, struct str name, struct str value)
{
	size_t i;

	(void)g;
	(void)network;
	for (i = 0; i < nfact && !str_is(name, fact[i].name); i++)
		;
	if (i == nfact) {
		assert_true(nfact < sizeof(fact) / sizeof(fact[0]));
		fact[nfact++].name = str_dup(name);
	}
	str_store(&fact[i].value, value);
}

void
gateway_fact_keep(struct gateway *g, struct str network, struct str name,
    struct str value, gw_kept_fn *fn, void *arg)
{
	gateway_fact_put(g, network, name, value);
	fn(arg, true);
}

void
gateway_secret_put(struct gateway *g, struct str name, struct str value)
{
	(void)g;
	(void)name;
	(void)value;
}

int
gateway_seat_put(struct gateway *g, const struct gw_seat *s, struct err *err)
{
	(void)g;
	(void)err;
	buf_addf(&said,
	    "seat " STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT "\n",
	    STR_ARG(s->room), STR_ARG(s->name), STR_ARG(s->nick),
	    STR_ARG(s->password));
	has_seat = true;
	return 0;
}

void
gateway_seat_del(struct gateway *g, struct str room, struct str name)
{
	(void)g;
	buf_addf(&said, "no seat " STR_FMT " " STR_FMT "\n", STR_ARG(room),
	    STR_ARG(name));
}

bool
gateway_seat_state(struct gateway *g, struct str room, struct str name,
    struct gw_seat_state *out)
{
	(void)g;
	(void)room;
	(void)name;
	*out = seat;
	return has_seat;
}

int
gateway_arrive(struct gateway *g, const struct gw_arrival *v, size_t n,
    gw_kept_fn *fn, void *arg)
{
	(void)g;
	assert_int_equal(n, 1);
	/* A subject is the room's own. */
	assert_true(!v->is_post || v->message->subject.len == 0);
	if (is_full)
		return -1;
	buf_addf(&said, "%s " STR_FMT " from " STR_FMT ": " STR_FMT "\n",
	    v->is_post ? "post" : "message", STR_ARG(v->user),
	    STR_ARG(v->message->from), STR_ARG(v->message->body));
	kept = fn;
	kept_arg = arg;
	return 0;
}

/* The smart host: what it was given, and whom to tell what became of it. */
static bool has_smarthost;
static mail_sent_fn *sent;
static void *sent_arg;

struct mail_sender *
mail_smarthost_sender(const struct mail_gateway *mail)
{
	static char there;

	(void)mail;
	return has_smarthost ? (struct mail_sender *)(void *)&there : NULL;
}

void
mail_send(struct mail_sender *s, const struct mail_letter *l, mail_sent_fn *fn,
    void *arg)
{
	(void)s;
	assert_true(str_starts(l->env_from, STR("b.")));
	assert_true(str_eq(l->env_to, l->to));
	assert_true(str_starts(l->message_id, STR("a.")));
	buf_addf(&said,
	    "mail " STR_FMT " <" STR_FMT "> to " STR_FMT " " STR_FMT
	    " after " STR_FMT ": " STR_FMT "\n",
	    STR_ARG(l->from_name), STR_ARG(l->from), STR_ARG(l->to),
	    STR_ARG(l->subject), STR_ARG(l->in_reply_to), STR_ARG(l->body));
	sent = fn;
	sent_arg = arg;
}

static void
result(enum gw_fate fate)
{
	struct mail_result r = { .fate = fate };

	err_set(&r.err, ERR_NOT_FOUND, "nobody is called so there");
	sent(sent_arg, &r);
}

/* ---- the stage -------------------------------------------------------- */

static int
test_open(struct gateway *g, const struct conf *conf, struct err *err)
{
	(void)g;
	(void)conf;
	(void)err;
	return 0;
}

static const struct gw_option options[] = {
	{ "room_targets", GW_OPT_BOOL, "no", 0, 0 },
	{ "targets_per_minute", GW_OPT_INT, "3000", 0, 60000 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};
static const struct gw_section sections[] = {
	{ .name = "target", .option = mail_target_options },
	{ .name = NULL },
};
static const struct gateway_ops ops = { .kind = "smtp",
	.options = options,
	.sections = sections,
	.open = test_open };

static char domain[] = "mail.example.org";
static char nobody[] = "", mx[] = "mx.example.org";
static char *authserv_id = nobody;

static int
opened(const char *block, struct err *err)
{
	const struct gateway_ops *const kinds[] = { &ops, NULL };
	struct config_report rep = { 0 };
	struct buf text;

	buf_init(&text, 64 * 1024);
	buf_addf(&text,
	    "server { domain = \"example.org\" }\n"
	    "gateway \"mail.example.org\" { type = \"smtp\" secret = \"s\"\n"
	    "%s\n}\n",
	    block);
	config = config_parse("test.conf", buf_str(&text), true, kinds, &rep);
	config_report_release(&rep);
	buf_release(&text);
	assert_non_null(config);
	gw.mail = (struct mail_gateway){ .gw = &gw };
	gw.mail.opt.domain = domain;
	gw.mail.opt.authserv_id = authserv_id;
	return mail_targets_noun.open(&gw.mail, config->gateway[0].conf, err);
}

static void
open_with(const char *block)
{
	struct err err = ERR_INIT;

	if (opened(block, &err) < 0)
		fail_msg("%s", err.text);
	mail_targets_noun.ready(&gw.mail);
}

static void
close_it(void)
{
	if (gw.mail.targets)
		mail_targets_noun.close(&gw.mail);
	config_free(&config);
}

static int
begin(void **state)
{
	(void)state;
	clock_init(&hands, 1000, 1000000);
	buf_init(&said, 1024 * 1024);
	seat = (struct gw_seat_state){ .is_inside = true };
	has_seat = is_full = has_smarthost = false;
	authserv_id = nobody;
	kept = NULL;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	close_it();
	while (nfact) {
		nfact--;
		free(fact[nfact].name);
		free(fact[nfact].value);
		fact[nfact].value = NULL;
	}
	buf_release(&said);
	clock_release(&hands);
	return 0;
}

static void
restart(const char *block)
{
	struct err err = ERR_INIT;

	close_it();
	if (opened(block, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < nfact; i++) {
		struct str name = str_c(fact[i].name);

		assert_true(str_starts(name, str_c(mail_targets_noun.prefix)));
		if (fact[i].value[0])
			mail_targets_noun.on_fact(&gw.mail,
			    str_skip(name, strlen(mail_targets_noun.prefix)),
			    str_c(fact[i].value));
	}
	mail_targets_noun.ready(&gw.mail);
}

static void
move(int64_t ms)
{
	clock_advance(&hands, hands.at + ms, hands.utc + ms);
}

static void
assert_said(const char *want)
{
	assert_string_equal(said.p, want);
	buf_clear(&said);
}

/* ---- mails ------------------------------------------------------------ */

static struct mail_client client;
static struct mail_reply reply;

static int
admit(const char *local)
{
	struct mail_envelope e = { .client = &client };
	struct mail_where w;

	reply = (struct mail_reply){ 0 };
	mail_where_read(str_c(local), &w);
	if (mail_target_admit(&gw.mail, &w, &e, &reply) == 0)
		return 250;
	return reply.code;
}

/* Each with a hash of its own but for 0. */
static struct mail_record
record_of(unsigned n)
{
	static char hash[MAIL_HASH_BYTES];

	memcpy(hash, &n, sizeof(n));
	return (struct mail_record){ .subject = STR("disk full"),
		.text = STR("sda1\n"),
		.hash = str_of(hash, sizeof(hash)) };
}

/* Of the last one that was said. */
static char post_id[GW_ID_MAX + 1];

static enum mail_target_end
deliver_record(const char *local, const struct mail_record *r)
{
	struct mail_envelope e = { .client = &client };
	struct mail_alert *a = NULL;
	struct mail_where w;
	enum mail_target_end is;

	reply = (struct mail_reply){ 0 };
	mail_where_read(str_c(local), &w);
	is = mail_target_deliver(&gw.mail, &w, &e, r, &a, &reply);
	assert_int_equal(a != NULL, is == MAIL_TARGET_SAY);
	if (a) {
		assert_int_equal(
		    gateway_arrive(&gw, &a->arrival, 1, NULL, NULL), 0);
		mail_target_kept(&gw.mail, a);
	}
	if (a)
		snprintf(post_id, sizeof(post_id), "%s", a->id);
	mail_alert_free(&a);
	return is;
}

static enum mail_target_end
deliver(const char *local, unsigned n)
{
	struct mail_record r = record_of(n);

	return deliver_record(local, &r);
}

/* ---- tests ------------------------------------------------------------ */

#define ROOM_TARGET                                                            \
	"target \"disk\" { to = \"ops@conference.example.org\" token = "       \
	"\"" TOKEN "\" }"

static void
a_token_opens_the_door(void **state)
{
	(void)state;
	open_with(ROOM_TARGET);
	assert_said("seat ops@conference.example.org disk disk \n");
	assert_int_equal(admit("disk." TOKEN), 250);
	assert_int_equal(admit("DISK+" TOKEN), 250);
	assert_int_equal(admit("n.disk." TOKEN), 250);
	assert_int_equal(admit(TOKEN), 250);
	assert_int_equal(admit("disk." TOKEN ".crit"), 250);
	assert_int_equal(admit("disk.bbcdefghijklmnopqrstuvwx23"), 550);
	assert_string_equal(reply.enhanced, "5.1.1");
	assert_int_equal(admit("nas." TOKEN), 550);
	assert_string_equal(reply.enhanced, "5.1.1");
	assert_int_equal(admit("bbcdefghijklmnopqrstuvwx23"), 550);
	assert_int_equal(admit("disk"), 550);
	assert_string_equal(reply.enhanced, "5.7.1");
	assert_int_equal(admit("nas"), 550);
	assert_string_equal(reply.enhanced, "5.1.1");
}

static void
a_room_is_told(void **state)
{
	(void)state;
	open_with(ROOM_TARGET);
	buf_clear(&said);
	assert_int_equal(deliver("disk." TOKEN, 1), MAIL_TARGET_SAY);
	assert_said(
	    "post ops@conference.example.org from disk: disk full\nsda1\n");
	assert_int_equal(deliver("disk." TOKEN ".crit", 2), MAIL_TARGET_SAY);
	assert_said("post ops@conference.example.org from disk: [CRIT] disk "
	            "full\nsda1\n");
}

static void
a_person_is_told(void **state)
{
	(void)state;
	open_with("target \"disk\" { to = \"Romeo@example.org\" networks = "
	          "{ \"192.0.2.0/24\" } lines = 1 body = \"{text}\" }");
	assert_said("");
	assert_int_equal(admit("disk"), 550);
	client.address = STR("192.0.2.9");
	assert_int_equal(admit("disk"), 250);
	assert_int_equal(admit("disk.crit"), 250);
	assert_int_equal(deliver("disk", 1), MAIL_TARGET_SAY);
	assert_said("message romeo@example.org from disk: sda1\n");
	client.address = STR_EMPTY;
}

static void
a_sender_that_nobody_vouches_for_is_refused_after_the_data(void **state)
{
	struct mail_record r = record_of(1);

	(void)state;
	authserv_id = mx;
	open_with("target \"disk\" { to = \"romeo@example.org\" from = "
	          "{ \"*@nas.example.org\" } }");
	assert_int_equal(admit("disk"), 550);
	client.is_vouched = true;
	assert_int_equal(admit("disk"), 250);
	r.from.address = STR("root@nas.example.org");
	assert_int_equal(deliver_record("disk", &r), MAIL_TARGET_REFUSE);
	assert_int_equal(reply.code, 550);
	assert_string_equal(reply.enhanced, "5.7.1");
	r.auth.dmarc = STR("pass");
	client.is_vouched = false;
	assert_int_equal(deliver_record("disk", &r), MAIL_TARGET_REFUSE);
	client.is_vouched = true;
	assert_int_equal(deliver_record("disk", &r), MAIL_TARGET_SAY);
	client.is_vouched = false;
}

static void
a_login_is_that_of_the_target(void **state)
{
	(void)state;
	open_with(ROOM_TARGET);
	assert_true(mail_target_login(&gw.mail, STR("disk"), STR(TOKEN)));
	assert_false(mail_target_login(&gw.mail, STR("disk"), STR("x")));
	assert_false(mail_target_login(&gw.mail, STR("disk"), STR_EMPTY));
	assert_false(mail_target_login(&gw.mail, STR("nas"), STR(TOKEN)));
	client.user = STR("disk");
	assert_int_equal(admit("disk"), 250);
	client.user = STR_EMPTY;
}

static void
a_room_that_is_closed_to_us_makes_the_sender_wait(void **state)
{
	(void)state;
	open_with(ROOM_TARGET);
	seat.is_inside = false;
	seat.since_at = hands.at;
	assert_int_equal(admit("disk." TOKEN), 250);
	move(MINUTE - 1);
	assert_int_equal(admit("disk." TOKEN), 250);
	move(1);
	assert_int_equal(admit("disk." TOKEN), 450);
	assert_string_equal(reply.enhanced, "4.3.2");
	/* Since mail waits, the room is tried again, once a minute. */
	buf_clear(&said);
	move(MINUTE - 1);
	assert_int_equal(admit("disk." TOKEN), 450);
	assert_said("");
	move(1);
	assert_int_equal(admit("disk." TOKEN), 450);
	assert_said("seat ops@conference.example.org disk disk \n");
	seat.is_inside = true;
	assert_int_equal(admit("disk." TOKEN), 250);
	has_seat = false;
	assert_int_equal(admit("disk." TOKEN), 450);
}

static void
the_same_mail_is_said_once(void **state)
{
	(void)state;
	open_with(ROOM_TARGET);
	buf_clear(&said);
	assert_int_equal(deliver("disk." TOKEN, 1), MAIL_TARGET_SAY);
	buf_clear(&said);
	assert_int_equal(deliver("disk." TOKEN, 1), MAIL_TARGET_DONE);
	assert_said("");
	move((int64_t)MAIL_SEEN_MS + 1);
	assert_int_equal(deliver("disk." TOKEN, 1), MAIL_TARGET_SAY);
}

static void
a_flood_is_said_counted_and_put_off(void **state)
{
	unsigned n[4] = { 0 };

	(void)state;
	open_with(ROOM_TARGET);
	for (unsigned i = 1; i <= 100; i++)
		n[deliver("disk." TOKEN, i)]++;
	assert_int_equal(n[MAIL_TARGET_SAY], 20);
	assert_int_equal(n[MAIL_TARGET_COUNT], 30);
	assert_int_equal(n[MAIL_TARGET_REFUSE], 50);
	assert_int_equal(reply.code, 450);
	assert_string_equal(reply.enhanced, "4.7.1");
	assert_int_equal(admit("disk." TOKEN), 450);
	assert_string_equal(reply.enhanced, "4.7.1");
	buf_clear(&said);
	/* One that was counted comes again: it is not counted twice. */
	move(2 * SECOND);
	assert_int_equal(deliver("disk." TOKEN, 30), MAIL_TARGET_DONE);
	move(MINUTE - 2 * SECOND);
	assert_said("post ops@conference.example.org from disk: … and 30 more "
	            "mails in 60 s; the last: disk full\n");
	kept(kept_arg, true);
	move(10 * MINUTE);
	assert_said("");
}

static void
a_summary_that_could_not_be_kept_is_said_later(void **state)
{
	(void)state;
	open_with(ROOM_TARGET);
	for (unsigned i = 1; i <= 25; i++)
		(void)deliver("disk." TOKEN, i);
	buf_clear(&said);
	is_full = true;
	move(MINUTE);
	assert_said("");
	is_full = false;
	move(MINUTE);
	assert_said("post ops@conference.example.org from disk: … and 5 more "
	            "mails in 60 s; the last: disk full\n");
	kept(kept_arg, false);
	move(MINUTE);
	assert_said("post ops@conference.example.org from disk: … and 5 more "
	            "mails in 60 s; the last: disk full\n");
	kept(kept_arg, true);
	move(10 * MINUTE);
	assert_said("");
}

static void
what_was_counted_is_summed_up_after_a_restart(void **state)
{
	(void)state;
	open_with(ROOM_TARGET);
	for (unsigned i = 1; i <= 25; i++)
		(void)deliver("disk." TOKEN, i);
	restart(ROOM_TARGET);
	buf_clear(&said);
	move(MINUTE);
	assert_said("post ops@conference.example.org from disk: … and 5 more "
	            "mails in 60 s; the last: disk full\n");
	kept(kept_arg, true);
	restart(ROOM_TARGET);
	buf_clear(&said);
	move(MINUTE);
	assert_said("");
}

static void
switched_off_a_flood_is_said(void **state)
{
	(void)state;
	open_with("target \"disk\" { to = \"ops@muc.example.org\" token = "
	          "\"" TOKEN "\" flood = no }");
	for (unsigned i = 1; i <= 1000; i++)
		assert_int_equal(deliver("disk." TOKEN, i), MAIL_TARGET_SAY);
}

#define UNRULED                                                                \
	"target \"disk\" { to = \"romeo@example.org\" token = \"" TOKEN        \
	"\" flood = no }"

static void
all_of_them_together_have_a_limit(void **state)
{
	(void)state;
	open_with("targets_per_minute = 50 " UNRULED);
	for (unsigned i = 1; i <= 50; i++)
		assert_int_equal(deliver("disk." TOKEN, i), MAIL_TARGET_SAY);
	assert_int_equal(deliver("disk." TOKEN, 51), MAIL_TARGET_REFUSE);
	assert_int_equal(reply.code, 450);
	assert_int_equal(admit("disk." TOKEN), 450);
	move(MINUTE);
	assert_int_equal(deliver("disk." TOKEN, 51), MAIL_TARGET_SAY);
	restart("targets_per_minute = 0 " UNRULED);
	for (unsigned i = 100; i <= 4000; i++)
		assert_int_equal(deliver("disk." TOKEN, i), MAIL_TARGET_SAY);
}

static void
subjects_say_how_bad_it_is(void **state)
{
	struct mail_record r = record_of(1);

	(void)state;
	open_with("target \"disk\" { to = \"romeo@example.org\" token = "
	          "\"" TOKEN "\" warn = { \"*full*\" } crit = { \"*dead*\" } "
	          "mention = \"romeo\" }");
	(void)deliver_record("disk." TOKEN, &r);
	assert_said(
	    "message romeo@example.org from disk: [WARN] disk full\nsda1\n");
	r = record_of(2);
	r.subject = STR("disk full and dead");
	(void)deliver_record("disk." TOKEN, &r);
	assert_said("message romeo@example.org from disk: [CRIT] disk full and "
	            "dead romeo\nsda1\n");
	r = record_of(3);
	(void)deliver_record("disk." TOKEN ".info", &r);
	assert_said("message romeo@example.org from disk: disk full\nsda1\n");
	r = record_of(4);
	r.subject = STR("x");
	r.severity = STR("emerg");
	(void)deliver_record("disk." TOKEN, &r);
	assert_said(
	    "message romeo@example.org from disk: [CRIT] x romeo\nsda1\n");
	r = record_of(5);
	r.subject = STR("x");
	r.importance = STR("high");
	(void)deliver_record("disk." TOKEN, &r);
	assert_said("message romeo@example.org from disk: [WARN] x\nsda1\n");
}

static void
a_target_of_somebody_lives_on_with_its_token(void **state)
{
	char token[MAIL_TOKEN_LEN + 1], next[MAIL_TOKEN_LEN + 1], local[64];
	struct mail_target *t;

	(void)state;
	open_with("");
	t = mail_target_add(&gw.mail, STR("nas"));
	t->owner = xstrdup("romeo@example.org");
	assert_int_equal(mail_target_read_to(&t->wish,
	                     STR("ops@muc.example.org"), STR_EMPTY, NULL),
	    0);
	mail_target_rotate(t, token);
	mail_target_keep(t);
	for (size_t i = 0; i < nfact; i++)
		assert_null(strstr(fact[i].value, token));
	restart("");
	assert_said("seat ops@muc.example.org nas nas \n");
	snprintf(local, sizeof(local), "nas.%s", token);
	assert_int_equal(admit(local), 250);
	t = mail_target_find(&gw.mail, STR("nas"));
	assert_string_equal(t->owner, "romeo@example.org");
	/* The token before is good for a while. */
	mail_target_rotate(t, next);
	mail_target_keep(t);
	restart("");
	assert_int_equal(admit(local), 250);
	move((int64_t)MAIL_TARGET_OVERLAP_MS);
	assert_int_equal(admit(local), 550);
	snprintf(local, sizeof(local), "nas.%s", next);
	assert_int_equal(admit(local), 250);
	mail_targets_noun.forget(&gw.mail, STR("romeo@example.org"));
	assert_int_equal(admit(local), 550);
	restart("");
	assert_int_equal(admit(local), 550);
}

static void
an_address_may_have_its_days(void **state)
{
	enum { DAY = 24 * 60 * MINUTE };
	char token[MAIL_TOKEN_LEN + 1], next[MAIL_TOKEN_LEN + 1], local[64];
	struct mail_target *t;

	(void)state;
	open_with("");
	t = mail_target_add(&gw.mail, STR("nas"));
	t->owner = xstrdup("romeo@example.org");
	t->days = 2;
	assert_int_equal(mail_target_read_to(&t->wish, STR("romeo@example.org"),
	                     STR_EMPTY, NULL),
	    0);
	mail_target_rotate(t, token);
	mail_target_keep(t);
	restart("");
	snprintf(local, sizeof(local), "nas.%s", token);
	move(2 * DAY - 1);
	assert_int_equal(admit(local), 250);
	assert_true(mail_target_login(&gw.mail, STR("nas"), str_c(token)));
	move(1);
	assert_int_equal(admit(local), 550);
	assert_string_equal(reply.enhanced, "5.1.1");
	assert_false(mail_target_login(&gw.mail, STR("nas"), str_c(token)));
	/* A new one has its days again; the old one does not come back. */
	mail_target_rotate(mail_target_find(&gw.mail, STR("nas")), next);
	assert_int_equal(admit(local), 550);
	snprintf(local, sizeof(local), "nas.%s", next);
	assert_int_equal(admit(local), 250);
	move(2 * DAY);
	assert_int_equal(admit(local), 550);
}

static void
what_the_file_says_counts(void **state)
{
	struct mail_target *t;

	(void)state;
	open_with(ROOM_TARGET);
	(void)deliver("disk." TOKEN, 1);
	restart("target \"disk\" { to = \"romeo@example.org\" token = "
	        "\"" TOKEN "\" }");
	buf_clear(&said);
	(void)deliver("disk." TOKEN, 2);
	assert_said("message romeo@example.org from disk: disk full\nsda1\n");
	assert_true(mail_target_find(&gw.mail, STR("disk"))->used_utc > 0);
	/* So it does where somebody had made one of that name. */
	t = mail_target_find(&gw.mail, STR("disk"));
	t->owner = xstrdup("juliet@example.org");
	mail_target_keep(t);
	restart(ROOM_TARGET);
	buf_clear(&said);
	(void)deliver("disk." TOKEN, 3);
	assert_said(
	    "post ops@conference.example.org from disk: disk full\nsda1\n");
	assert_null(mail_target_find(&gw.mail, STR("disk"))->owner);
	/* Gone from the file, gone. */
	mail_target_keep(mail_target_find(&gw.mail, STR("disk")));
	restart("");
	assert_int_equal(admit("disk." TOKEN), 550);
}

static void
one_that_is_disabled_takes_nothing(void **state)
{
	struct mail_target *t;

	(void)state;
	open_with(ROOM_TARGET);
	t = mail_target_find(&gw.mail, STR("disk"));
	t->is_off = true;
	mail_target_keep(t);
	restart(ROOM_TARGET);
	buf_clear(&said);
	assert_int_equal(admit("disk." TOKEN), 550);
	assert_string_equal(reply.enhanced, "5.2.1");
	assert_int_equal(deliver("disk." TOKEN, 1), MAIL_TARGET_REFUSE);
	assert_false(mail_target_login(&gw.mail, STR("disk"), STR(TOKEN)));
}

static void
what_is_wrong_in_the_file_is_named(void **state)
{
	static const struct {
		const char *block, *why;
	} rows[] = {
		{ "target \"a b\" { to = \"romeo@example.org\" }",
		    "a name is" },
		{ "target \"b.x.y\" { to = \"romeo@example.org\" }",
		    "a name is" },
		{ "target \"ab\" { to = \"romeo\" }", "neither somebody" },
		{ "target \"ab\" { to = \"a@b.c\" kind = \"x\" }",
		    "neither user nor room" },
		{ "target \"ab\" { to = \"a@b.c\" token = \"short\" }",
		    "token: it has to be" },
		{ "target \"ab\" { to = \"a@b.c\" networks = { \"x\" } }",
		    "networks: " },
		{ "target \"ab\" { to = \"a@b.c\" from = { \"*\" } }",
		    "names no domain" },
		{ "target \"ab\" { to = \"a@b.c\" type = \"x\" }", "type: " },
		{ "target \"ab\" { to = \"a@b.c\" from = { \"*@x.y\" } }",
		    "no authserv_id" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(opened(rows[i].block, &err), -1);
		if (!strstr(err.text, rows[i].why))
			fail_msg("%s", err.text);
		close_it();
	}
}

/* ---- answers ---------------------------------------------------------- */

#define ANSWERED                                                               \
	"target \"disk\" { to = \"ops@conference.example.org\" token = "       \
	"\"" TOKEN "\" replies = yes }"

static struct mail_record
record_to_answer(unsigned n)
{
	struct mail_record r = record_of(n);

	r.from.address = STR("root@nas.example");
	r.subject = STR("Re: disk full");
	r.message_id = STR("1@nas.example");
	return r;
}

static void
hear(const char *to_post, const char *body, enum gw_standing standing)
{
	struct gw_message m = { .from = STR("Juliet"),
		.reply_to = str_c(to_post),
		.body = str_c(body) };

	mail_target_heard(
	    &gw, STR("ops@conference.example.org"), STR("disk"), &m, standing);
}

static void
open_answered(const char *block)
{
	struct mail_record r = record_to_answer(1);

	has_smarthost = true;
	open_with(block);
	assert_int_equal(deliver_record("disk." TOKEN, &r), MAIL_TARGET_SAY);
	buf_clear(&said);
}

static void
an_answer_of_a_member_is_mailed(void **state)
{
	(void)state;
	open_answered(ANSWERED);
	hear(post_id, "done", GW_STANDING_MEMBER);
	assert_said("mail Juliet <disk@mail.example.org> to root@nas.example "
	            "Re: disk full after 1@nas.example: done\n");
	result(GW_SENT);
	assert_said("");
}

static void
where_answers_go_the_mail_may_say(void **state)
{
	struct mail_record r;

	(void)state;
	open_answered(ANSWERED);
	r = record_to_answer(2);
	r.reply_to[0].address = STR("help@nas.example");
	r.nreply_to = 1;
	(void)deliver_record("disk." TOKEN, &r);
	buf_clear(&said);
	hear(post_id, "done", GW_STANDING_OWNER);
	assert_true(str_starts(buf_str(&said),
	    STR("mail Juliet <disk@mail.example.org> to help@nas.example ")));
	result(GW_SENT);
}

static void
nothing_else_is_mailed(void **state)
{
	(void)state;
	open_answered(ANSWERED);
	hear("", "just talk", GW_STANDING_OWNER);
	hear("n0000000000000000", "an answer to others", GW_STANDING_OWNER);
	hear(post_id, "", GW_STANDING_OWNER);
	assert_said("");
	hear(post_id, "let me", GW_STANDING_NONE);
	assert_said("post ops@conference.example.org from disk: Juliet: not "
	            "mailed: only members of this room answer by mail\n");
	hear(post_id, "let me", GW_STANDING_OUTCAST);
	assert_int_equal(gw.mail.targets->nsending, 0);
	for (int i = 0; i < 20; i++)
		hear(post_id, "let me", GW_STANDING_NONE);
	buf_clear(&said);
	hear(post_id, "let me", GW_STANDING_NONE);
	assert_said("");
}

static void
answers_are_off_unless_the_operator_wants_them(void **state)
{
	(void)state;
	open_answered(ROOM_TARGET);
	hear(post_id, "done", GW_STANDING_OWNER);
	assert_said("");
}

static void
an_answer_that_fails_is_told_in_the_room(void **state)
{
	(void)state;
	open_answered(ANSWERED);
	hear(post_id, "done", GW_STANDING_OWNER);
	buf_clear(&said);
	result(GW_REFUSED);
	assert_said("post ops@conference.example.org from disk: Juliet: not "
	            "mailed: nobody is called so there\n");
	hear(post_id, "done", GW_STANDING_OWNER);
	for (int i = 0; i < 4; i++) {
		buf_clear(&said);
		result(GW_RETRY);
		assert_said("");
		move(10 * MINUTE);
		assert_true(str_starts(buf_str(&said), STR("mail ")));
	}
	buf_clear(&said);
	result(GW_RETRY);
	assert_said("post ops@conference.example.org from disk: Juliet: not "
	            "mailed: nobody is called so there\n");
	has_smarthost = false;
	hear(post_id, "done", GW_STANDING_OWNER);
	assert_said("post ops@conference.example.org from disk: Juliet: not "
	            "mailed: no mail is sent from here\n");
}

static void
there_are_so_many_answers_and_no_more(void **state)
{
	(void)state;
	open_answered(ANSWERED);
	for (int i = 0; i < 30; i++)
		hear(post_id, "done", GW_STANDING_OWNER);
	assert_int_equal(gw.mail.targets->nsending, 10);
}

static void
what_was_said_can_be_answered_for_a_week_over_restarts(void **state)
{
	char first[GW_ID_MAX + 1];
	struct mail_record r;

	(void)state;
	open_answered(ANSWERED);
	memcpy(first, post_id, sizeof(first));
	restart(ANSWERED);
	buf_clear(&said);
	hear(first, "done", GW_STANDING_OWNER);
	assert_true(str_starts(buf_str(&said), STR("mail Juliet ")));
	result(GW_SENT);
	buf_clear(&said);
	move((int64_t)7 * 24 * 60 * MINUTE);
	hear(first, "done", GW_STANDING_OWNER);
	assert_said("");
	/* The next one that is said makes room on the disk. */
	r = record_to_answer(7);
	assert_int_equal(deliver_record("disk." TOKEN, &r), MAIL_TARGET_SAY);
	for (size_t i = 0; i < nfact; i++)
		if (strstr(fact[i].name, first))
			assert_string_equal(fact[i].value, "");
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_token_opens_the_door),
		T(a_room_is_told),
		T(a_person_is_told),
		T(a_sender_that_nobody_vouches_for_is_refused_after_the_data),
		T(a_login_is_that_of_the_target),
		T(a_room_that_is_closed_to_us_makes_the_sender_wait),
		T(the_same_mail_is_said_once),
		T(a_flood_is_said_counted_and_put_off),
		T(a_summary_that_could_not_be_kept_is_said_later),
		T(what_was_counted_is_summed_up_after_a_restart),
		T(switched_off_a_flood_is_said),
		T(all_of_them_together_have_a_limit),
		T(subjects_say_how_bad_it_is),
		T(a_target_of_somebody_lives_on_with_its_token),
		T(an_address_may_have_its_days),
		T(what_the_file_says_counts),
		T(one_that_is_disabled_takes_nothing),
		T(what_is_wrong_in_the_file_is_named),
		T(an_answer_of_a_member_is_mailed),
		T(where_answers_go_the_mail_may_say),
		T(nothing_else_is_mailed),
		T(answers_are_off_unless_the_operator_wants_them),
		T(an_answer_that_fails_is_told_in_the_room),
		T(there_are_so_many_answers_and_no_more),
		T(what_was_said_can_be_answered_for_a_week_over_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
