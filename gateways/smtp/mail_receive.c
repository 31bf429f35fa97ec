#include "smtp/mail_receive.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "lib/log.h"
#include "lib/secret.h"
#include "lib/xalloc.h"
#include "net/local.h"
#include "net/tls.h"
#include "smtp/mail_envelope.h"

enum {
	USERS_MAX = 64 * 1024, /* bytes of the file */
	MODE_MAX = 0777,
	PER_ADDRESS = 50, /* an MTA has 20 at a time, or a few more */
	PER_STRANGER = 10,
	MB = 1024 * 1024,
};

const struct gw_option mail_receive_options[] = {
	{ "protocol", GW_OPT_STR, "lmtp", 0, 0 },
	{ "listen", GW_OPT_STR, "127.0.0.1", 0, 0 },
	{ "port", GW_OPT_INT, "2424", 1, 65535 },
	{ "path", GW_OPT_STR, "", 0, 0 },
	{ "path_mode", GW_OPT_STR, "0660", 0, 0 },
	{ "path_group", GW_OPT_STR, "", 0, 0 },
	{ "hostname", GW_OPT_STR, "", 0, 0 },
	{ "allow", GW_OPT_LIST, "{}", 0, 0 },
	{ "trusted", GW_OPT_LIST, "{}", 0, 0 },
	{ "xforward", GW_OPT_LIST, "{}", 0, 0 },
	{ "xclient", GW_OPT_LIST, "{}", 0, 0 },
	{ "tls_cert", GW_OPT_STR, "", 0, 0 },
	{ "tls_key", GW_OPT_STR, "", 0, 0 },
	{ "require_tls", GW_OPT_BOOL, "no", 0, 0 },
	{ "auth", GW_OPT_BOOL, "no", 0, 0 },
	{ "require_auth", GW_OPT_BOOL, "no", 0, 0 },
	{ "users_file", GW_OPT_STR, "", 0, 0 },
	{ "size_max_mb", GW_OPT_INT, "0", 0, 50 },
	{ "recipients_max", GW_OPT_INT, "100", 1, MAIL_RCPT_MAX },
	{ "connections_max", GW_OPT_INT, "100", 1, 10000 },
	{ "per_address_max", GW_OPT_INT, "0", 0, 10000 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

/* ---- ranges --------------------------------------------------------------- */

static void
add_range(struct mail_ranges *r, const struct address_prefix *p)
{
	r->v = xrealloc_array(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = *p;
}

static void
add_text(struct mail_ranges *r, struct str text)
{
	struct address_prefix p;
	struct err err = ERR_INIT;

	if (address_range_parse(&p, text, &err) == 0)
		add_range(r, &p);
}

static void
add_loopback(struct mail_ranges *r)
{
	add_text(r, STR("127.0.0.0/8"));
	add_text(r, STR("::1"));
	r->has_unix = true;
}

static void
add_everybody(struct mail_ranges *r)
{
	add_text(r, STR("0.0.0.0/0"));
	add_text(r, STR("::/0"));
	r->has_unix = true;
}

static void
copy_ranges(struct mail_ranges *to, const struct mail_ranges *from)
{
	for (size_t i = 0; i < from->n; i++)
		add_range(to, &from->v[i]);
	to->has_unix = from->has_unix;
}

static int
read_ranges(struct mail_ranges *r, const struct conf *conf, const char *option,
    struct err *err)
{
	size_t n = conf_list_len(conf, option);

	if (n > MAIL_RANGES_MAX)
		return conf_err(conf, option, err, "%s: more than %d", option,
		    MAIL_RANGES_MAX);
	for (size_t i = 0; i < n; i++) {
		struct str text = conf_list_at(conf, option, i);
		struct address_prefix p;
		struct err why = ERR_INIT;

		if (str_is(text, "unix")) {
			r->has_unix = true;
			continue;
		}
		if (address_range_parse(&p, text, &why) < 0)
			return conf_err(
			    conf, option, err, "%s: %s", option, why.text);
		add_range(r, &p);
	}
	return 0;
}

bool
mail_ranges_have(const struct mail_ranges *r, const struct sockaddr *sa)
{
	if (!sa)
		return r->has_unix;
	for (size_t i = 0; i < r->n; i++)
		if (address_in_range(&r->v[i], sa))
			return true;
	return false;
}

/*
 * LMTP is spoken by an MTA, which is on this machine unless the file says
 * otherwise, and vouches for what it hands over.  SMTP is spoken by anybody.
 */
static int
read_peers(struct mail_receive *r, const struct conf *conf, struct err *err)
{
	if (read_ranges(&r->allow, conf, "allow", err) < 0 ||
	    read_ranges(&r->trusted, conf, "trusted", err) < 0 ||
	    read_ranges(&r->xforward, conf, "xforward", err) < 0 ||
	    read_ranges(&r->xclient, conf, "xclient", err) < 0)
		return -1;
	if (!conf_is_set(conf, "allow") && r->is_lmtp)
		add_loopback(&r->allow);
	else if (!conf_is_set(conf, "allow"))
		add_everybody(&r->allow);
	if (!conf_is_set(conf, "trusted") && r->is_lmtp)
		copy_ranges(&r->trusted, &r->allow);
	add_loopback(&r->local);
	/* Who may reach the socket is told by its rights. */
	r->allow.has_unix = r->trusted.has_unix = true;
	return 0;
}

/* ---- the place ------------------------------------------------------------ */

static int
read_protocol(struct mail_receive *r, const struct conf *conf, struct err *err)
{
	struct str is = conf_str(conf, "protocol");

	r->is_lmtp = str_is(is, "lmtp");
	if (r->is_lmtp || str_is(is, "smtp"))
		return 0;
	return conf_err(
	    conf, "protocol", err, "protocol: \"lmtp\" or \"smtp\"");
}

static int
read_mode(struct mail_receive *r, const struct conf *conf, struct err *err)
{
	struct str text = conf_str(conf, "path_mode");
	unsigned mode = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '7')
			mode = MODE_MAX;
		mode = mode * 8 + (unsigned)(text.p[i] - '0');
		if (mode > MODE_MAX)
			break;
	}
	if (text.len == 0 || mode > MODE_MAX)
		return conf_err(conf, "path_mode", err,
		    "path_mode: rights in octal, such as \"0660\"");
	r->mode = mode;
	return 0;
}

static int
read_place(struct mail_receive *r, const struct conf *conf, struct err *err)
{
	struct str path = conf_str(conf, "path");
	struct str address = conf_str(conf, "listen");
	struct str by_systemd = STR("systemd:");

	if (path.len && conf_is_set(conf, "listen"))
		return conf_err(
		    conf, "path", err, "either listen or path, not both");
	if (path.len > LOCAL_PATH_MAX)
		return conf_err(conf, "path", err, "path: %d bytes at most",
		    LOCAL_PATH_MAX);
	if (str_starts(address, by_systemd)) {
		r->inherited = str_dup(str_skip(address, by_systemd.len));
		address = STR_EMPTY;
	} else if (!path.len && !address_is_digits(address)) {
		return conf_err(conf, "listen", err,
		    "listen: an address in digits, such as \"127.0.0.1\"");
	}
	r->path = str_dup(path);
	r->address = str_dup(path.len ? STR_EMPTY : address);
	r->group = str_dup(conf_str(conf, "path_group"));
	r->port = (uint16_t)conf_int(conf, "port");
	return read_mode(r, conf, err);
}

/* ---- logins --------------------------------------------------------------- */

/* A line that is none is a mistake that would lock somebody out, and one
   without a password would let anybody in. */
static int
check_users(
    const struct mail_receive *r, const struct conf *conf, struct err *err)
{
	struct str rest = buf_str(&r->users), line;
	ptrdiff_t colon;
	int number = 0;

	while (str_cut(&rest, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (line.len == 0 || line.p[0] == '#')
			continue;
		colon = str_find(line, ':');
		if (colon <= 0 || (size_t)colon + 1 == line.len)
			return conf_err(conf, "users_file", err,
			    "users_file: line %d is not name:password", number);
	}
	return 0;
}

static int
read_logins(struct mail_receive *r, const struct conf *conf, struct err *err)
{
	bool has_users = conf_str(conf, "users_file").len > 0;

	r->has_auth = conf_bool(conf, "auth") || has_users;
	r->needs_auth = conf_bool(conf, "require_auth");
	if (r->needs_auth && !r->has_auth)
		return conf_err(conf, "require_auth", err,
		    "require_auth: needs auth = yes or users_file");
	if (!has_users)
		return 0;
	if (conf_file(conf, "users_file", &r->users, err) < 0)
		return -1;
	return check_users(r, conf, err);
}

bool
mail_receive_login(
    const struct mail_receive *r, struct str user, struct str password)
{
	struct str rest = buf_str(&r->users), line, name;
	bool ok = false, is_name, is_password;

	while (str_cut(&rest, '\n', &line)) {
		line = str_trim(line);
		if (line.len == 0 || line.p[0] == '#')
			continue;
		(void)str_cut(&line, ':', &name);
		/* Both are looked at, whatever comes of the first. */
		is_name = secret_eq(name, user);
		is_password = secret_eq(line, password);
		ok = ok || (is_name && is_password);
	}
	return ok;
}

/* ---- TLS ------------------------------------------------------------------ */

/* When the younger of the files was written; -1: one is not there. */
static int64_t
time_of_files(const struct mail_receive *r)
{
	struct stat cert, key;
	int64_t a, b;

	if (stat(r->cert, &cert) < 0 || stat(r->key, &key) < 0)
		return -1;
	a = (int64_t)cert.st_mtim.tv_sec * 1000 +
	    cert.st_mtim.tv_nsec / 1000000;
	b = (int64_t)key.st_mtim.tv_sec * 1000 + key.st_mtim.tv_nsec / 1000000;
	return a > b ? a : b;
}

static int
read_tls(struct mail_receive *r, const struct conf *conf, struct err *err)
{
	struct str key = conf_str(conf, "tls_key");
	struct err why = ERR_INIT;

	r->cert = str_dup(conf_str(conf, "tls_cert"));
	r->key = str_dup(key.len ? key : str_c(r->cert));
	r->needs_tls = conf_bool(conf, "require_tls");
	if (!r->cert[0] && (r->needs_tls || key.len))
		return conf_err(conf, r->needs_tls ? "require_tls" : "tls_key",
		    err, "without tls_cert there is no TLS");
	if (!r->cert[0])
		return 0;
	r->cert_time = time_of_files(r);
	r->tls = tls_server_new(r->cert, r->key, &why);
	return r->tls ? 0 : conf_err(conf, "tls_cert", err, "%s", why.text);
}

struct tls_server *
mail_receive_tls(struct mail_receive *r, const struct log_ctx *log)
{
	int64_t at = r->tls ? time_of_files(r) : -1;
	struct tls_server *fresh;
	struct err err = ERR_INIT;

	if (at < 0 || at == r->cert_time)
		return r->tls;
	r->cert_time = at;
	fresh = tls_server_new(r->cert, r->key, &err);
	if (!fresh) {
		log_warn(log, "certificate for mail not renewed",
		    "receive=%s err=\"%s\"", r->name, err.text);
		return r->tls;
	}
	tls_server_free(&r->tls);
	r->tls = fresh;
	return r->tls;
}

/* ---- all of it ------------------------------------------------------------ */

static void
read_limits(struct mail_receive *r, const struct conf *conf, uint64_t size_max)
{
	int64_t mb = conf_int(conf, "size_max_mb");
	int64_t per = conf_int(conf, "per_address_max");

	r->size_max = mb ? (size_t)mb * MB : (size_t)size_max;
	r->recipients_max = (unsigned)conf_int(conf, "recipients_max");
	r->connections_max = (unsigned)conf_int(conf, "connections_max");
	r->per_address_max = per ? (unsigned)per
	    : r->is_lmtp         ? PER_ADDRESS
	                         : PER_STRANGER;
}

struct mail_receive *
mail_receive_new(struct gateway *gw, const struct conf *conf, uint64_t size_max,
    struct err *err)
{
	struct mail_receive *r = xcalloc(1, sizeof(*r));
	struct str host = conf_str(conf, "hostname");

	r->name = str_dup(conf_title(conf));
	r->host = str_dup(host.len ? host : gateway_domain(gw));
	buf_init(&r->users, USERS_MAX);
	if (read_protocol(r, conf, err) == 0 && read_place(r, conf, err) == 0 &&
	    read_peers(r, conf, err) == 0 && read_logins(r, conf, err) == 0 &&
	    read_tls(r, conf, err) == 0) {
		read_limits(r, conf, size_max);
		return r;
	}
	mail_receive_free(&r);
	return NULL;
}

void
mail_receive_free(struct mail_receive **rp)
{
	struct mail_receive *r = *rp;

	*rp = NULL;
	if (!r)
		return;
	secret_wipe(r->users.p, r->users.len);
	buf_release(&r->users);
	tls_server_free(&r->tls);
	free(r->allow.v);
	free(r->trusted.v);
	free(r->xforward.v);
	free(r->xclient.v);
	free(r->local.v);
	free(r->name);
	free(r->address);
	free(r->path);
	free(r->group);
	free(r->inherited);
	free(r->host);
	free(r->cert);
	free(r->key);
	free(r);
}
