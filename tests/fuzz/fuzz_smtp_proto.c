/*
 * However what a client says is cut into pieces, it is answered the same and
 * the same mails come out; nothing is told that was not asked for, and no
 * ceiling is passed.
 *
 * The first byte of the input says what the server offers, the second seeds
 * the cuts, the rest is what the client says.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "smtp/smtp_proto.h"

enum { ALL_BYTES = 1 << 24, SIZE_MAX_BYTES = 5000, RCPT_MAX = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct talk {
	struct smtp_proto *p;
	struct buf out, seen; /* answers; mails and what was asked */
	bool in_mail, over;
	size_t bytes, from; /* of the mail; where it begins in seen */
} talk;

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* A verdict that only depends on what was said. */
static void
answer(const struct smtp_event *ev)
{
	struct mail_reply r;
	unsigned sum = 0;

	for (size_t i = 0; i < ev->text.len; i++)
		sum = sum * 31 + (unsigned char)ev->text.p[i];
	if (ev->type == SMTP_EV_STARTTLS)
		mail_reply_set(&r, 454, "4.7.0", "not now");
	else if (sum % 4 == 1)
		mail_reply_set(&r, 550, "5.1.1", "no");
	else
		mail_reply_set(&r, 250, "2.0.0", "ok");
	buf_addf(&talk.seen, "%d %zu ", (int)ev->type, ev->text.len);
	buf_add_str(&talk.seen, ev->text);
	smtp_proto_answer(talk.p, &r);
}

static void
take(void)
{
	struct mail_reply r[RCPT_MAX];
	struct mail_envelope e;

	smtp_proto_envelope(talk.p, &e);
	check(e.nrecipient > 0 && e.nrecipient <= RCPT_MAX);
	for (size_t i = 0; i < e.nrecipient; i++) {
		check(e.recipient[i].len <= MAIL_PATH_MAX);
		mail_reply_set(
		    &r[i], i % 2 ? 250 : 451, "4.0.0", "mail %zu", i);
	}
	smtp_proto_taken(talk.p, r, e.nrecipient);
}

static void
act(const struct smtp_event *ev)
{
	check(!talk.over);
	switch (ev->type) {
	case SMTP_EV_DATA:
		check(!talk.in_mail);
		talk.in_mail = true;
		talk.bytes = 0;
		talk.from = talk.seen.len;
		break;
	case SMTP_EV_BYTES:
		check(talk.in_mail && ev->text.len > 0);
		talk.bytes += ev->text.len;
		check(talk.bytes <= SIZE_MAX_BYTES);
		buf_add_str(&talk.seen, ev->text);
		break;
	case SMTP_EV_END:
		check(talk.in_mail);
		talk.in_mail = false;
		buf_addf(&talk.seen, "<end>");
		take();
		break;
	case SMTP_EV_VOID:
		check(talk.in_mail);
		talk.in_mail = false;
		/* How much had come of it depends on the pieces. */
		buf_truncate(&talk.seen, talk.from);
		buf_addf(&talk.seen, "<void>");
		break;
	case SMTP_EV_DELAY:
		smtp_proto_go_on(talk.p);
		break;
	case SMTP_EV_CLOSE:
		talk.over = true;
		break;
	default:
		check(!talk.in_mail);
		answer(ev);
	}
}

/* Whether something was written, so that more may be looked at. */
static bool
turn(void)
{
	struct smtp_event ev;
	struct str out;

	while (smtp_proto_next(talk.p, &ev))
		act(&ev);
	out = smtp_proto_out(talk.p);
	check(out.len == 0 || str_ends(out, STR("\r\n")));
	buf_add_str(&talk.out, out);
	smtp_proto_wrote(talk.p, out.len);
	return out.len > 0;
}

static void
feed(struct str bytes)
{
	char *gone = str_dup(bytes);

	smtp_proto_feed(talk.p, str_of(gone, bytes.len));
	while (turn())
		;
	check(talk.over || smtp_proto_wants_input(talk.p));
	memset(gone, '#', bytes.len);
	free(gone);
}

static void
run(const struct smtp_params *as, struct str stream, unsigned seed)
{
	talk = (struct talk){ .p = smtp_proto_new(as) };
	buf_init(&talk.out, ALL_BYTES);
	buf_init(&talk.seen, ALL_BYTES);
	smtp_proto_greet(talk.p);
	while (stream.len > 0) {
		size_t n = SMTP_FEED_MAX;

		if (seed) {
			seed = seed * 1103515245 + 12345;
			n = 1 + (seed >> 16) % (seed & 0x800000 ? 5 : 90);
		}
		feed(str_head(stream, n));
		stream = str_skip(stream, n);
	}
	smtp_proto_free(&talk.p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_params as = { .host = STR("mx"),
		.size_max = SIZE_MAX_BYTES,
		.recipients_max = RCPT_MAX,
		.mails_max = 50,
		.errors_max = 30 };
	struct talk whole;
	struct str stream;

	if (size < 2)
		return 0;
	stream = str_of((const char *)data + 2, size - 2);
	as.is_lmtp = data[0] & 1;
	as.is_strict = data[0] & 2;
	as.has_auth = as.clear_auth = data[0] & 4;
	as.may_xforward = data[0] & 8;
	as.may_xclient = data[0] & 16;
	as.has_tls = data[0] & 32;
	run(&as, stream, 0);
	whole = talk;
	run(&as, stream, 1u + data[1]);
	check(whole.in_mail == talk.in_mail);
	if (talk.in_mail) {
		buf_truncate(&whole.seen, whole.from);
		buf_truncate(&talk.seen, talk.from);
	}
	check(str_eq(buf_str(&whole.out), buf_str(&talk.out)));
	check(str_eq(buf_str(&whole.seen), buf_str(&talk.seen)));
	buf_release(&whole.out);
	buf_release(&whole.seen);
	buf_release(&talk.out);
	buf_release(&talk.seen);
	return 0;
}
