/*
 * What the programs of contrib/alerts mail, tests/mail/alerts/FILE.eml, and
 * what a room is told of it, FILE.txt.  The address is that of the line in
 * contrib/alerts/FILE, with a token in the place of TOKEN.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/xalloc.h"
#include "smtp/mail_alert.h"
#include "smtp/mail_glob.h"
#include "smtp/mail_where.h"
#include "smtp/mailread/mailread_names.h"
#include "smtp/mailread/mailread_pool.h"
#include "smtp/mailread/mailread_record.h"

enum { FILE_MAX = 256 * 1024 };

#define FOLDER "tests/mail/alerts"
#define LINES  "contrib/alerts"
#define TOKEN  "abcdefghijklmnopqrstuvwx23"
#define DOMAIN "mail.example.org"

static struct buf file;

static void
read_file(const char *folder, const char *name, const char *suffix)
{
	char path[256];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s is not there", path);
	buf_clear(&file);
	do {
		char *to = buf_reserve(&file, 4096);

		assert_non_null(to);
		n = fread(to, 1, 4096, f);
		buf_added(&file, n);
	} while (n > 0);
	(void)fclose(f);
}

/* With the token in the place of its name. */
static void
put_token(struct buf *out)
{
	struct str rest = buf_str(&file);

	while (rest.len) {
		if (str_starts(rest, STR("TOKEN"))) {
			buf_add_str(out, STR(TOKEN));
			rest = str_skip(rest, 5);
		} else {
			buf_addc(out, rest.p[0]);
			rest = str_skip(rest, 1);
		}
	}
}

/* What is before the first "@mail.example.org" in the line of the program. */
static void
address_of(const char *name, struct mail_where *out)
{
	struct buf text;
	const char *at, *from;

	read_file(LINES, name, "");
	buf_init(&text, FILE_MAX);
	put_token(&text);
	at = strstr(text.p, "@" DOMAIN);
	if (!at)
		fail_msg("%s has no address", name);
	for (from = at; from > text.p && !strchr(" \t\n=<:", from[-1]); from--)
		;
	mail_where_read(str_of(from, (size_t)(at - from)), out);
	buf_release(&text);
	if (strcmp(out->slug, "disk") != 0)
		fail_msg("%s: not the address of a target", name);
}

/* As a target with the lines of nagios.cfg has it. */
static enum mail_severity
severity_of(const struct mail_where *w, const struct mail_record *r)
{
	enum mail_severity s = mail_severity_read(str_c(w->severity));

	if (s == MAIL_SEVERITY_NONE &&
	    mail_glob(STR("*PROBLEM*CRITICAL*"), r->subject))
		s = MAIL_SEVERITY_CRIT;
	return s == MAIL_SEVERITY_NONE ? mail_severity_read(r->severity) : s;
}

static void
told(const struct mail_where *w, struct buf *out)
{
	static const struct mail_reader_options options = {
		.own_domain = { DOMAIN, sizeof(DOMAIN) - 1 },
	};
	struct mail_alert_style style = { .title = STR("{mark}{subject}"),
		.body = STR("{title}\n{text}"),
		.lines = MAIL_ALERT_LINES,
		.bytes = MAIL_ALERT_BYTES };
	struct mail_alert_facts facts = { .slug = STR("disk"),
		.token = str_c(w->token),
		.domain = STR(DOMAIN) };
	struct mailread_pool pool;
	struct mail_record r;
	struct mail_alert *a;
	struct buf mail;
	struct err err = ERR_INIT;

	buf_init(&mail, FILE_MAX);
	put_token(&mail);
	mailread_pool_init(&pool);
	if (mailread_record(&r, &pool, mail.p, mail.len, &options, &err) < 0)
		fail_msg("%s", err.text);
	facts.severity = severity_of(w, &r);
	a = mail_alert_new(&style, &facts, &r);
	buf_add_str(out, a->message.body);
	buf_addc(out, '\n');
	mail_alert_free(&a);
	mailread_pool_release(&pool);
	buf_release(&mail);
}

static void
check(const char *name)
{
	struct mail_where w;
	struct buf is;

	address_of(name, &w);
	buf_init(&is, FILE_MAX);
	read_file(FOLDER, name, ".eml");
	told(&w, &is);
	read_file(FOLDER, name, ".txt");
	if (!str_eq(buf_str(&is), buf_str(&file)))
		fail_msg("%s:\n%s\nnot\n%s", name, is.p, file.p);
	assert_null(strstr(is.p, TOKEN));
	buf_release(&is);
}

static int
is_line(const struct dirent *e)
{
	return e->d_name[0] != '.' && strcmp(e->d_name, "README.md") != 0;
}

static void
each_program_s_mail_is_told_as_people_read_it(void **state)
{
	struct dirent **entry;
	int n = scandir(LINES, &entry, is_line, alphasort);

	(void)state;
	assert_true(n >= 10);
	buf_init(&file, FILE_MAX);
	for (int i = 0; i < n; i++) {
		check(entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	buf_release(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_program_s_mail_is_told_as_people_read_it),
	};

	mailread_gmime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
