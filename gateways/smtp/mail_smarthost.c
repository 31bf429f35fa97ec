#include <stdlib.h>

#include "lib/secret.h"
#include "lib/xalloc.h"
#include "net/tls.h"
#include "smtp/mail_attach.h"
#include "smtp/mail_smarthost.h"

_Static_assert((int)TLS_PIN_BYTES == (int)MAIL_PIN_BYTES, "both are a SHA-256");

enum { SECOND_MS = 1000, HOUR_MS = 3600 * 1000, CONNECT_MS = 30000 };

struct mail_smarthost {
	struct mail_sender *sender;
	bool wants_dsn;
};

const struct gw_option mail_submit_options[] = {
	{ "host", GW_OPT_STR, "127.0.0.1", 0, 0 },
	{ "port", GW_OPT_INT, "0", 0, 65535 },
	{ "tls", GW_OPT_STR, "none", 0, 0 },
	{ "ca_file", GW_OPT_STR, "", 0, 0 },
	{ "verify", GW_OPT_BOOL, "yes", 0, 0 },
	{ "pin", GW_OPT_STR, "", 0, 0 },
	{ "user", GW_OPT_STR, "", 0, 0 },
	{ "password", GW_OPT_STR, "", 0, 0 },
	{ "password_file", GW_OPT_STR, "", 0, 0 },
	{ "parallel", GW_OPT_INT, "4", 1, 50 },
	{ "burst", GW_OPT_INT, "1", 1, 10000 },
	{ "interval_ms", GW_OPT_INT, "0", 0, 86400000 },
	{ "per_connection", GW_OPT_INT, "100", 1, 10000 },
	{ "keep_s", GW_OPT_INT, "2", 0, 300 },
	{ "timeout_s", GW_OPT_INT, "60", 1, 600 },
	{ "final_timeout_s", GW_OPT_INT, "600", 1, 3600 },
	{ "expire_hours", GW_OPT_INT, "48", 1, 240 },
	{ "receipt", GW_OPT_STR, "sent", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

/* ---- reading ---------------------------------------------------------- */

static int
read_tls(const struct conf *c, struct mail_submit *s, struct err *err)
{
	struct str pin = conf_str(c, "pin");

	if (!mail_tls_parse(conf_str(c, "tls"), &s->tls))
		return conf_err(c, "tls", err,
		    "tls is \"none\", \"starttls\" or \"implicit\"");
	s->ca_file = conf_str(c, "ca_file");
	s->verify = conf_bool(c, "verify");
	s->has_pin = pin.len > 0;
	if (s->has_pin && !tls_parse_pin(pin, s->pin))
		return conf_err(c, "pin", err,
		    "a pin is the SHA-256 of a certificate: 64 hex digits");
	if (s->tls == MAIL_TLS_NONE && (s->has_pin || s->ca_file.len))
		return conf_err(c, s->has_pin ? "pin" : "ca_file", err,
		    "tls = \"none\" shows no certificate; use \"starttls\" "
		    "or \"implicit\"");
	return 0;
}

/* 0 in the file: what is usual. */
static uint16_t
port_of(const struct conf *c, enum mail_tls tls)
{
	static const uint16_t usual[MAIL_NTLS] = {
		[MAIL_TLS_NONE] = 25,
		[MAIL_TLS_STARTTLS] = 587,
		[MAIL_TLS_IMPLICIT] = 465,
	};
	int64_t port = conf_int(c, "port");

	return port ? (uint16_t)port : usual[tls];
}

/* Into password, which outlives s. */
static int
read_login(const struct conf *c, struct mail_submit *s, struct buf *password,
    struct err *err)
{
	struct str given = conf_str(c, "password");

	s->user = conf_str(c, "user");
	s->password = given;
	if (conf_str(c, "password_file").len == 0)
		return 0;
	if (given.len)
		return conf_err(c, "password_file", err,
		    "both password and password_file; keep one");
	if (conf_file(c, "password_file", password, err) < 0)
		return -1;
	s->password = str_trim(buf_str(password));
	return 0;
}

static void
read_times(const struct conf *c, struct mail_submit *s)
{
	s->reply_ms = conf_int(c, "timeout_s") * SECOND_MS;
	s->connect_ms = s->reply_ms < CONNECT_MS ? s->reply_ms : CONNECT_MS;
	s->final_ms = conf_int(c, "final_timeout_s") * SECOND_MS;
	s->keep_ms = conf_int(c, "keep_s") * SECOND_MS;
	s->per_connection = (unsigned)conf_int(c, "per_connection");
}

static int
read_section(const struct conf *c, struct mail_gateway *mail,
    struct mail_submit *s, struct buf *password, struct err *err)
{
	struct err why = ERR_INIT;

	*s = (struct mail_submit){ .host = conf_str(c, "host"),
		.helo = str_c(mail->opt.domain) };
	read_times(c, s);
	if (read_tls(c, s, err) < 0 || read_login(c, s, password, err) < 0)
		return -1;
	s->port = port_of(c, s->tls);
	if (mail_submit_check(s, &why) < 0)
		return conf_err(c, NULL, err, "submit: %s", why.text);
	return 0;
}

/* ---- the line --------------------------------------------------------- */

static int
read_receipt(const struct conf *c, struct mail_smarthost *h,
    struct gw_line *line, struct err *err)
{
	struct str s = conf_str(c, "receipt");

	if (str_is(s, "accepted"))
		line->stage = GW_STAGE_ACCEPTED;
	else if (str_is(s, "sent"))
		line->stage = GW_STAGE_SENT;
	else if (str_is(s, "delivered"))
		line->stage = GW_STAGE_DELIVERED;
	else
		return conf_err(c, "receipt", err,
		    "receipt is \"accepted\", \"sent\" or \"delivered\"");
	h->wants_dsn = line->reports = line->stage == GW_STAGE_DELIVERED;
	return 0;
}

static int
put_line(const struct conf *c, struct mail_gateway *mail,
    struct mail_smarthost *h, const struct mail_sender_params *p,
    struct err *err)
{
	struct gw_line line = { .name = STR(MAIL_LINE),
		.fallback = STR_EMPTY,
		.parallel = (unsigned)conf_int(c, "parallel"),
		.burst = (unsigned)conf_int(c, "burst"),
		.interval_ms = conf_int(c, "interval_ms"),
		.expire_ms = conf_int(c, "expire_hours") * HOUR_MS,
		.outcome_ms = MAIL_ATTACH_MS + mail_sender_longest_ms(p) };

	if (read_receipt(c, h, &line, err) < 0)
		return -1;
	gateway_line_put(mail->gw, &line);
	return 0;
}

/* ---- the noun --------------------------------------------------------- */

static void
smarthost_close(struct mail_gateway *mail)
{
	if (!mail->smarthost)
		return;
	mail_sender_free(&mail->smarthost->sender);
	free(mail->smarthost);
	mail->smarthost = NULL;
}

static int
smarthost_open(
    struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	const struct conf *c = conf_next(conf, "submit", NULL);
	struct mail_sender_params p = { .program = NULL };
	struct buf password;
	int rc;

	if (!c)
		return 0;
	mail->smarthost = xcalloc(1, sizeof(*mail->smarthost));
	buf_init(&password, MAIL_LOGIN_MAX + sizeof("\r\n"));
	rc = read_section(c, mail, &p.submit, &password, err);
	if (rc == 0)
		rc = put_line(c, mail, mail->smarthost, &p, err);
	p.parallel = (unsigned)conf_int(c, "parallel");
	if (rc == 0)
		mail->smarthost->sender = mail_sender_new(mail->gw, &p);
	else
		smarthost_close(mail);
	secret_wipe(password.p, password.len);
	buf_release(&password);
	return rc;
}

struct mail_sender *
mail_smarthost_sender(const struct mail_gateway *mail)
{
	return mail->smarthost ? mail->smarthost->sender : NULL;
}

bool
mail_smarthost_wants_dsn(const struct mail_gateway *mail)
{
	return mail->smarthost && mail->smarthost->wants_dsn;
}

const struct mail_noun mail_smarthost_noun = {
	.open = smarthost_open,
	.close = smarthost_close,
};
