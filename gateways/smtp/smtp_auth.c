/*
 * RFC 4616		PLAIN: authorization, NUL, user, NUL, password
 * draft-murchison-sasl-login	LOGIN: user and password, each asked for
 */
#include "smtp/smtp_auth.h"

#include "lib/crypto.h"

enum { PLAIN, LOGIN_USER, LOGIN_PASSWORD };

void
smtp_auth_release(struct smtp_auth *a)
{
	secret_release(&a->user);
	secret_release(&a->password);
}

static enum smtp_auth_step
plain(struct smtp_auth *a, struct str text)
{
	struct str as, user;

	if (!str_has(text, '\0'))
		return SMTP_AUTH_BAD;
	(void)str_cut(&text, '\0', &as);
	if (!str_has(text, '\0'))
		return SMTP_AUTH_BAD;
	(void)str_cut(&text, '\0', &user);
	/* Nobody acts for somebody else here. */
	if (user.len == 0 || str_has(text, '\0') ||
	    (as.len > 0 && !str_eq(as, user)) ||
	    secret_set(&a->user, user) < 0 ||
	    secret_set(&a->password, text) < 0)
		return SMTP_AUTH_BAD;
	return SMTP_AUTH_DONE;
}

static enum smtp_auth_step
login(struct smtp_auth *a, struct str text)
{
	struct secret *to =
	    a->mechanism == LOGIN_USER ? &a->user : &a->password;

	if (str_has(text, '\0') || secret_set(to, text) < 0)
		return SMTP_AUTH_BAD;
	if (to == &a->password)
		return a->user.len ? SMTP_AUTH_DONE : SMTP_AUTH_BAD;
	a->mechanism = LOGIN_PASSWORD;
	a->challenge = "UGFzc3dvcmQ6"; /* "Password:" */
	return SMTP_AUTH_ASK;
}

enum smtp_auth_step
smtp_auth_next(struct smtp_auth *a, struct str line)
{
	enum smtp_auth_step step = SMTP_AUTH_BAD;
	struct buf text;

	if (str_is(line, "*"))
		return SMTP_AUTH_GIVEN_UP;
	buf_init(&text, SMTP_AUTH_LINE_MAX);
	if (crypto_base64_decode(line, &text))
		step = a->mechanism == PLAIN ? plain(a, buf_str(&text))
		                             : login(a, buf_str(&text));
	secret_wipe(text.p, text.len);
	buf_release(&text);
	return step;
}

enum smtp_auth_step
smtp_auth_begin(struct smtp_auth *a, struct str mechanism, struct str initial,
    bool has_initial)
{
	smtp_auth_release(a);
	if (str_eq_nocase(mechanism, STR("PLAIN"))) {
		a->mechanism = PLAIN;
		a->challenge = "";
	} else if (str_eq_nocase(mechanism, STR("LOGIN"))) {
		a->mechanism = LOGIN_USER;
		a->challenge = "VXNlcm5hbWU6"; /* "Username:" */
	} else {
		return SMTP_AUTH_UNKNOWN;
	}
	if (!has_initial)
		return SMTP_AUTH_ASK;
	/* An initial response that is empty is written so. */
	return smtp_auth_next(a, str_is(initial, "=") ? STR_EMPTY : initial);
}
