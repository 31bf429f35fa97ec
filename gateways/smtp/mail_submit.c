#include "smtp/mail_submit.h"
#include <arpa/inet.h>

#include "lib/pack.h"

enum { HOST_MAX = 255, PATH_BYTES_MAX = 1024, MS_MAX = 3600000 };

bool
mail_tls_parse(struct str s, enum mail_tls *out)
{
	static const char *const name[MAIL_NTLS] = {
		[MAIL_TLS_NONE] = "none",
		[MAIL_TLS_STARTTLS] = "starttls",
		[MAIL_TLS_IMPLICIT] = "implicit",
	};

	for (unsigned i = 0; i < MAIL_NTLS; i++)
		if (str_is(s, name[i])) {
			*out = (enum mail_tls)i;
			return true;
		}
	return false;
}

bool
mail_submit_is_here(const struct mail_submit *s)
{
	char host[sizeof("255.255.255.255")];
	struct in_addr a;

	if (str_eq_nocase(s->host, STR("localhost")) || str_is(s->host, "::1"))
		return true;
	if (s->host.len >= sizeof(host))
		return false;
	memcpy(host, s->host.p, s->host.len);
	host[s->host.len] = '\0';
	return inet_pton(AF_INET, host, &a) == 1 &&
	    ntohl(a.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* ---- checking --------------------------------------------------------- */

/* Nothing that ends a line or a C string. */
static bool
is_clean(struct str s, size_t max)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.len <= max;
}

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '/')
			return false;
	return s.len > 0 && s.len <= HOST_MAX;
}

static int
check_login(const struct mail_submit *s, struct err *err)
{
	if (!is_clean(s->user, MAIL_LOGIN_MAX) ||
	    !is_clean(s->password, MAIL_LOGIN_MAX))
		return err_set(err, ERR_BAD_INPUT,
		    "user and password have %d bytes at most, none of them "
		    "a control character",
		    MAIL_LOGIN_MAX);
	if (s->user.len == 0 && s->password.len > 0)
		return err_set(
		    err, ERR_BAD_INPUT, "there is a password, but no user");
	if (s->user.len > 0 && s->password.len == 0)
		return err_set(
		    err, ERR_BAD_INPUT, "there is a user, but no password");
	if (s->user.len > 0 && s->tls == MAIL_TLS_NONE &&
	    !mail_submit_is_here(s))
		return err_set(err, ERR_BAD_INPUT,
		    "tls = \"none\" would show the password to everybody "
		    "between here and " STR_FMT
		    "; use \"starttls\" or \"implicit\"",
		    STR_ARG(s->host));
	return 0;
}

static bool
is_time(int64_t ms)
{
	return ms > 0 && ms <= MS_MAX;
}

int
mail_submit_check(const struct mail_submit *s, struct err *err)
{
	if (!is_name(s->host))
		return err_set(err, ERR_BAD_INPUT,
		    "that is neither the name nor the address of a host");
	if (s->port == 0)
		return err_set(err, ERR_BAD_INPUT, "there is no port 0");
	if (!is_name(s->helo))
		return err_set(err, ERR_BAD_INPUT,
		    "we cannot call ourselves \"" STR_FMT "\"",
		    STR_ARG(s->helo));
	if (!is_clean(s->ca_file, PATH_BYTES_MAX))
		return err_set(
		    err, ERR_BAD_INPUT, "ca_file is not the name of a file");
	if (!is_time(s->connect_ms) || !is_time(s->reply_ms) ||
	    !is_time(s->final_ms) || s->keep_ms < 0 || s->keep_ms > MS_MAX ||
	    s->per_connection == 0)
		return err_set(err, ERR_BAD_INPUT, "a time is out of range");
	return check_login(s, err);
}

/* ---- packing ---------------------------------------------------------- */

void
mail_submit_pack(const struct mail_submit *s, struct buf *out)
{
	pack_str(out, s->host);
	pack_u64(out, s->port);
	pack_u64(out, s->tls);
	pack_str(out, s->user);
	pack_str(out, s->password);
	pack_str(out, s->ca_file);
	pack_u64(out, s->verify);
	pack_u64(out, s->has_pin);
	pack_str(out, str_of((const char *)s->pin, sizeof(s->pin)));
	pack_str(out, s->helo);
	pack_i64(out, s->connect_ms);
	pack_i64(out, s->reply_ms);
	pack_i64(out, s->final_ms);
	pack_i64(out, s->keep_ms);
	pack_u64(out, s->per_connection);
}

static bool
unpack_max(struct str *rest, uint64_t max, uint64_t *out)
{
	return unpack_u64(rest, out) && *out <= max;
}

static bool
unpack_where(struct mail_submit *s, struct str *rest)
{
	uint64_t port, tls;

	if (!unpack_str(rest, &s->host) ||
	    !unpack_max(rest, UINT16_MAX, &port) ||
	    !unpack_max(rest, MAIL_NTLS - 1, &tls))
		return false;
	s->port = (uint16_t)port;
	s->tls = (enum mail_tls)tls;
	return unpack_str(rest, &s->user) && unpack_str(rest, &s->password);
}

static bool
unpack_trust(struct mail_submit *s, struct str *rest)
{
	uint64_t verify, has_pin;
	struct str pin;

	if (!unpack_str(rest, &s->ca_file) || !unpack_max(rest, 1, &verify) ||
	    !unpack_max(rest, 1, &has_pin) || !unpack_str(rest, &pin) ||
	    pin.len != sizeof(s->pin))
		return false;
	s->verify = verify;
	s->has_pin = has_pin;
	memcpy(s->pin, pin.p, sizeof(s->pin));
	return true;
}

static bool
unpack_manner(struct mail_submit *s, struct str *rest)
{
	uint64_t per_connection;

	if (!unpack_str(rest, &s->helo) || !unpack_i64(rest, &s->connect_ms) ||
	    !unpack_i64(rest, &s->reply_ms) ||
	    !unpack_i64(rest, &s->final_ms) || !unpack_i64(rest, &s->keep_ms) ||
	    !unpack_max(rest, UINT32_MAX, &per_connection))
		return false;
	s->per_connection = (unsigned)per_connection;
	return rest->len == 0;
}

int
mail_submit_read(struct mail_submit *s, struct str bytes, struct err *err)
{
	*s = (struct mail_submit){ .port = 0 };
	if (!unpack_where(s, &bytes) || !unpack_trust(s, &bytes) ||
	    !unpack_manner(s, &bytes))
		return err_set(
		    err, ERR_PROTOCOL, "these bytes name no smart host");
	return mail_submit_check(s, err);
}
