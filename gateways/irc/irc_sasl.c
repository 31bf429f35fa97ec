/*
 * The dialogue around the mechanisms: lines of 400 bytes of base64, numerics,
 * and which mechanism is next.
 */
#include "irc/irc_sasl.h"

#include <stdlib.h>

#include "lib/crypto.h"
#include "lib/xalloc.h"

enum {
	CHUNK = 400,      /* of an AUTHENTICATE line, sasl-3.1 */
	CLEAR_MAX = 4096, /* account, account, password */
	BASE64_MAX = 8192,
};

#define BIT(mech) ((uint8_t)(1u << (mech)))

/* The answer to a challenge; -1: give up, s->broken says why. */
typedef int mech_fn(struct irc_sasl *s, struct str challenge, struct buf *out);

static mech_fn external, scram, plain;

static const struct {
	const char *name;
	mech_fn *step;
	bool wants_certificate;
} mechs[IRC_NMECH] = {
	[IRC_MECH_EXTERNAL] = { "EXTERNAL", external, true },
	[IRC_MECH_SCRAM_SHA_256] = { "SCRAM-SHA-256", scram, false },
	[IRC_MECH_PLAIN] = { "PLAIN", plain, false },
};

/* ---- the mechanisms --------------------------------------------------- */

static int
give_up(struct irc_sasl *s, const char *why)
{
	s->broken = why;
	return -1;
}

/* RFC 4422 A: who we are is in the certificate; the name is a wish. */
static int
external(struct irc_sasl *s, struct str challenge, struct buf *out)
{
	if (challenge.len)
		return give_up(s, "the server asks more than EXTERNAL has");
	buf_add_str(out, secret_str(&s->account));
	return 0;
}

/* RFC 4616: authorise as, authenticate as, password. */
static int
plain(struct irc_sasl *s, struct str challenge, struct buf *out)
{
	struct str account = secret_str(&s->account);

	if (challenge.len)
		return give_up(s, "the server asks more than PLAIN has");
	buf_reserve(out, 2 * account.len + s->password.len + 2);
	buf_add_str(out, account);
	buf_addc(out, '\0');
	buf_add_str(out, account);
	buf_addc(out, '\0');
	buf_add_str(out, secret_str(&s->password));
	return 0;
}

/* Its first message, a key to derive, the server's proof. */
static int
scram(struct irc_sasl *s, struct str challenge, struct buf *out)
{
	const char *wrong;

	if (s->state == IRC_SASL_ASKED)
		return irc_scram_first(&s->talk->scram, secret_str(&s->account),
		    secret_str(&s->nonce), out);
	if (!s->talk->scram.answered) {
		wrong = irc_scram_challenge(&s->talk->scram, challenge);
		if (wrong)
			return give_up(s, wrong);
		s->state = IRC_SASL_DERIVING;
		return 0;
	}
	if (s->proved || !irc_scram_verify(&s->talk->scram, challenge))
		return give_up(
		    s, "the server does not prove that it knows the account");
	s->proved = true;
	return 0;
}

/* ---- which ------------------------------------------------------------ */

bool
irc_sasl_knows(struct str mechanism)
{
	for (size_t i = 0; i < IRC_NMECH; i++)
		if (str_eq_nocase(mechanism, str_c(mechs[i].name)))
			return true;
	return false;
}

static bool
is_usable(const struct irc_sasl_params *p, size_t i)
{
	if (p->mechanism.len &&
	    !str_eq_nocase(p->mechanism, str_c(mechs[i].name)))
		return false;
	return mechs[i].wants_certificate ? p->has_certificate
	                                  : p->account.len > 0;
}

int
irc_sasl_init(struct irc_sasl *s, const struct irc_sasl_params *p)
{
	*s = (struct irc_sasl){ 0 };
	for (size_t i = 0; i < IRC_NMECH; i++)
		if (is_usable(p, i))
			s->usable |= BIT(i);
	/* Before 3.2 servers tell no list, and few of those have SCRAM. */
	s->offered = p->mechanism.len
	    ? s->usable
	    : BIT(IRC_MECH_EXTERNAL) | BIT(IRC_MECH_PLAIN);
	s->wished = p->account.len || p->mechanism.len;
	if (s->usable || s->wished)
		s->state = IRC_SASL_WANTED;
	return secret_set(&s->account, p->account) < 0 ||
	        secret_set(&s->password, p->password) < 0 ||
	        secret_set(&s->nonce, p->nonce) < 0
	    ? -1
	    : 0;
}

static void
begin_talk(struct irc_sasl *s)
{
	s->talk = xcalloc(1, sizeof(*s->talk));
	irc_scram_init(&s->talk->scram);
	buf_init(&s->talk->in, IRC_SASL_IN_MAX);
}

static void
end_talk(struct irc_sasl *s)
{
	if (!s->talk)
		return;
	irc_scram_release(&s->talk->scram);
	buf_release(&s->talk->in);
	free(s->talk);
	s->talk = NULL;
}

void
irc_sasl_release(struct irc_sasl *s)
{
	secret_release(&s->account);
	secret_release(&s->password);
	secret_release(&s->nonce);
	end_talk(s);
}

/* A certificate is also shown to servers that have no use for it. */
void
irc_sasl_missing(struct irc_sasl *s)
{
	s->state = s->wished ? IRC_SASL_MISSING : IRC_SASL_OFF;
}

void
irc_sasl_forget(struct irc_sasl *s, enum irc_sasl_state state)
{
	irc_sasl_release(s);
	s->usable = 0;
	s->state = state;
}

void
irc_sasl_lost(struct irc_sasl *s)
{
	end_talk(s);
	if (s->state == IRC_SASL_WANTED || irc_sasl_is_busy(s))
		irc_sasl_missing(s);
}

/* What was begun is not begun anew: a nonce is good for one time. */
void
irc_sasl_end(struct irc_sasl *s)
{
	bool begun = irc_sasl_is_busy(s) || s->broken;

	irc_sasl_lost(s);
	if (begun || (s->state != IRC_SASL_MISSING && s->state != IRC_SASL_OFF))
		irc_sasl_forget(s, s->state);
}

void
irc_sasl_again(struct irc_sasl *s)
{
	if (!s->usable ||
	    (s->state != IRC_SASL_MISSING && s->state != IRC_SASL_OFF))
		return;
	s->state = IRC_SASL_WANTED;
	s->tried = 0;
}

void
irc_sasl_offer(struct irc_sasl *s, struct str mechanisms)
{
	struct str one;

	if (mechanisms.len == 0)
		return;
	s->offered = 0;
	while (str_cut(&mechanisms, ',', &one))
		for (size_t i = 0; i < IRC_NMECH; i++)
			if (str_eq_nocase(one, str_c(mechs[i].name)))
				s->offered |= BIT(i);
}

static unsigned
left(const struct irc_sasl *s)
{
	return s->usable & s->offered & ~s->tried;
}

bool
irc_sasl_can(const struct irc_sasl *s)
{
	return s->state == IRC_SASL_WANTED && left(s) != 0;
}

bool
irc_sasl_is_busy(const struct irc_sasl *s)
{
	return s->state >= IRC_SASL_ASKED && s->state <= IRC_SASL_DERIVING;
}

/* ---- the dialogue ----------------------------------------------------- */

void
irc_sasl_begin(struct irc_sasl *s, struct buf *out)
{
	s->mech = IRC_MECH_EXTERNAL;
	while (!(left(s) & BIT(s->mech)))
		s->mech++;
	s->tried |= BIT(s->mech);
	s->state = IRC_SASL_ASKED;
	s->proved = false;
	end_talk(s);
	begin_talk(s);
	buf_addf(out, "AUTHENTICATE %s\r\n", mechs[s->mech].name);
}

/* 400 bytes a line; a last line of 400 is followed by an empty one. */
static void
add_chunks(struct str base64, struct buf *out)
{
	for (;;) {
		struct str chunk = str_head(base64, CHUNK);

		if (chunk.len == 0) {
			buf_addf(out, "AUTHENTICATE +\r\n");
			return;
		}
		buf_addf(out, "AUTHENTICATE " STR_FMT "\r\n", STR_ARG(chunk));
		base64 = str_skip(base64, chunk.len);
		if (chunk.len < CHUNK)
			return;
	}
}

static void
release_secret(struct buf *b)
{
	secret_wipe(b->p, b->len);
	buf_release(b);
}

/* The server answers with 906. */
static void
abort_it(struct irc_sasl *s, struct buf *out)
{
	if (!s->broken)
		s->broken = "the login does not fit the protocol";
	s->state = IRC_SASL_SENT;
	buf_addf(out, "AUTHENTICATE *\r\n");
}

static void
send_answer(struct irc_sasl *s, struct str clear, struct buf *out)
{
	struct buf base64;

	buf_init(&base64, BASE64_MAX);
	buf_reserve(&base64, (clear.len + 2) / 3 * 4);
	crypto_base64(clear, &base64);
	add_chunks(buf_str(&base64), out);
	s->state = IRC_SASL_SENT;
	release_secret(&base64);
}

static void
answer(struct irc_sasl *s, struct str challenge, struct buf *out)
{
	struct buf clear;

	buf_init(&clear, CLEAR_MAX);
	if (mechs[s->mech].step(s, challenge, &clear) < 0)
		abort_it(s, out);
	else if (s->state != IRC_SASL_DERIVING)
		send_answer(s, buf_str(&clear), out);
	release_secret(&clear);
}

/* Only SCRAM has more than one challenge. */
static bool
is_expected(const struct irc_sasl *s)
{
	return !s->broken &&
	    (s->state == IRC_SASL_ASKED ||
	        (s->state == IRC_SASL_SENT &&
	            s->mech == IRC_MECH_SCRAM_SHA_256));
}

void
irc_sasl_challenge(struct irc_sasl *s, struct str chunk, struct buf *out)
{
	struct buf clear;

	if (!is_expected(s))
		return;
	if (!str_is(chunk, "+"))
		buf_add_str(&s->talk->in, chunk);
	if (chunk.len >= CHUNK && !buf_is_full(&s->talk->in))
		return;
	buf_init(&clear, IRC_SASL_IN_MAX);
	if (buf_is_full(&s->talk->in) ||
	    !crypto_base64_decode(buf_str(&s->talk->in), &clear)) {
		s->broken = "the server's challenge is too long or not base64";
		abort_it(s, out);
	} else {
		answer(s, buf_str(&clear), out);
	}
	buf_release(&clear);
	buf_clear(&s->talk->in);
}

void
irc_sasl_derived(
    struct irc_sasl *s, const uint8_t key[CRYPTO_SHA256_BYTES], struct buf *out)
{
	struct buf clear;

	if (s->state != IRC_SASL_DERIVING)
		return;
	buf_init(&clear, CLEAR_MAX);
	if (irc_scram_answer(&s->talk->scram, key, &clear) < 0)
		abort_it(s, out);
	else
		send_answer(s, buf_str(&clear), out);
	release_secret(&clear);
}

/* A welcome without the proof is worth nothing: who gave it? */
static void
on_done(struct irc_sasl *s)
{
	bool lies = s->mech == IRC_MECH_SCRAM_SHA_256 && !s->proved;

	if (lies && !s->broken)
		s->broken =
		    "the server does not prove that it knows the account";
	s->state = s->broken ? IRC_SASL_REFUSED : IRC_SASL_DONE;
}

static void
on_refused(struct irc_sasl *s, struct buf *out)
{
	if (s->state != IRC_SASL_ASKED)
		s->judged = true;
	if (!s->broken && left(s) != 0)
		irc_sasl_begin(s, out);
	else if (s->judged)
		s->state = IRC_SASL_REFUSED;
	else
		irc_sasl_missing(s);
}

void
irc_sasl_numeric(
    struct irc_sasl *s, unsigned code, struct str mechanisms, struct buf *out)
{
	if (!irc_sasl_is_busy(s))
		return;
	switch (code) {
	case 903:
		on_done(s);
		break;
	case 907:
		s->state = IRC_SASL_DONE;
		break;
	case 908:
		irc_sasl_offer(s, mechanisms);
		break;
	case 902:
	case 904:
	case 905:
	case 906:
		on_refused(s, out);
		break;
	default:
		break;
	}
}
