/*
 * tests/smtp/table, row by row: see its head.
 */
#include "smtp_peer.h"

enum { ROWS_MAX = 400, ROW_MAX = 4096, FIELDS = 5 };

static struct row {
	char *text, *name;
	char *kind, *state, *say, *want;
	bool is_lmtp;
} rows[ROWS_MAX];
static size_t nrow;

/* ---- reading -------------------------------------------------------------- */

static char
escaped(const char **s)
{
	char c = *(*s)++;

	switch (c) {
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	case '0':
		return '\0';
	case 'x':
		*s += 2;
		return (char)(str_hex_digit((*s)[-2]) * 16 +
		    str_hex_digit((*s)[-1]));
	default:
		return c;
	}
}

static void expand(struct buf *out, const char *s, const char *end);

/* {N*text}; where it ends. */
static const char *
repeat(struct buf *out, const char *s)
{
	char *text;
	const char *end = strchr(s, '}');
	long n = strtol(s, &text, 10);

	assert_non_null(end);
	assert_int_equal(*text, '*');
	while (n-- > 0)
		expand(out, text + 1, end);
	return end + 1;
}

static void
expand(struct buf *out, const char *s, const char *end)
{
	while (s < end)
		if (*s == '\\') {
			s++;
			if (s < end)
				buf_addc(out, escaped(&s));
		} else if (*s == '{') {
			s = repeat(out, s + 1);
		} else {
			buf_addc(out, *s++);
		}
}

static bool
has(const struct row *r, const char *what)
{
	return strstr(r->kind, what) != NULL;
}

static void
add_row(const char *line, int number, bool is_lmtp)
{
	struct row *r = &rows[nrow++];
	char *field[FIELDS], *s = strdup(line);

	r->text = s;
	for (int i = 0; i < FIELDS; i++) {
		field[i] = strsep(&s, "\t");
		if (!field[i])
			fail_msg("line %d has not enough fields", number);
	}
	r->kind = field[0];
	r->state = field[1];
	r->say = field[2];
	r->want = field[3];
	r->is_lmtp = is_lmtp;
	if (asprintf(&r->name, "line_%d_%s_%s", number,
	        is_lmtp ? "lmtp" : "smtp", r->state) < 0)
		abort();
}

static void
read_table(void)
{
	FILE *f = fopen("tests/smtp/table", "re");
	char line[ROW_MAX];
	int number = 0;

	if (!f)
		abort();
	while (fgets(line, sizeof(line), f)) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		if (strncmp(line, "smtp", 4) != 0)
			add_row(line, number, true);
		if (strncmp(line, "lmtp", 4) != 0)
			add_row(line, number, false);
	}
	(void)fclose(f);
}

/* ---- playing -------------------------------------------------------------- */

static void
say_hello(const struct row *r)
{
	peer_say(r->is_lmtp ? "LHLO me\r\n" : "EHLO me\r\n");
}

/* Each state but the first two stands on those before it. */
static const struct state {
	const char *name, *base, *say;
} states[] = {
	{ "mail", "hello", "MAIL FROM:<a@example.net>\r\n" },
	{ "rcpt", "mail", "RCPT TO:<bob@example.org>\r\n" },
	{ "refused", "mail", "RCPT TO:<nobody@example.org>\r\n" },
	{ "data", "rcpt", "DATA\r\n" },
	{ "taken", "data", "Subject: x\r\n\r\nx\r\n.\r\n" },
	{ "tls", "hello", "STARTTLS\r\n" },
	{ "auth", "hello", "AUTH LOGIN\r\n" },
	{ "in", "hello", "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n" },
};

static void
enter(const struct row *r, const char *state)
{
	if (strcmp(state, "open") == 0) {
		peer_greet();
		return;
	}
	if (strcmp(state, "hello") == 0) {
		peer_greet();
		say_hello(r);
		return;
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(state, states[i].name) == 0) {
			enter(r, states[i].base);
			peer_say(states[i].say);
			if (strcmp(state, "tls") == 0)
				smtp_proto_tls_is_on(peer.p);
			return;
		}
	fail_msg("no state is called %s", state);
}

static void
begin(const struct row *r)
{
	struct smtp_params as = peer_params(r->is_lmtp);

	as.has_tls = has(r, "+tls");
	as.needs_tls = has(r, "+needtls");
	as.has_auth = has(r, "+auth");
	as.needs_auth = has(r, "+needauth");
	as.clear_auth = has(r, "+clear");
	as.may_xforward = has(r, "+xforward");
	as.may_xclient = has(r, "+xclient");
	peer_begin(&as);
}

static void
play(const struct row *r, size_t step)
{
	struct buf say, want;
	bool is_new = strcmp(r->state, "new") == 0;
	bool is_early = strcmp(r->state, "early") == 0;
	const char *got;
	char all[4200];

	buf_init(&say, PEER_ALL);
	buf_init(&want, PEER_ALL);
	expand(&say, r->say, r->say + strlen(r->say));
	expand(&want, r->want, r->want + strlen(r->want));
	if (r->say[0] && r->say[strlen(r->say) - 1] != '\\')
		buf_add_str(&say, STR("\r\n"));
	begin(r);
	if (!is_new && !is_early)
		enter(r, r->state);
	(void)peer_codes();
	peer.ndelay = 0;
	peer.step = step;
	peer_say_str(buf_str(&say));
	if (is_new || is_early)
		peer_greet();
	got = peer_codes();
	snprintf(all, sizeof(all), "%s%s", got, peer.ndelay ? " delay" : "");
	assert_string_equal(all, want.p);
	peer_end();
	buf_release(&say);
	buf_release(&want);
}

/* However it is cut into pieces. */
static void
row_holds(void **state)
{
	const struct row *r = *state;

	play(r, 0);
	play(r, 1);
	play(r, 7);
}

int
main(void)
{
	static struct CMUnitTest tests[ROWS_MAX];
	int rc;

	read_table();
	for (size_t i = 0; i < nrow; i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
			.test_func = row_holds,
			.initial_state = &rows[i] };
	rc = _cmocka_run_group_tests("table", tests, nrow, NULL, NULL);
	for (size_t i = 0; i < nrow; i++) {
		free(rows[i].text);
		free(rows[i].name);
	}
	return rc;
}
