#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

#include "lib/buf.h"
#include "smtp/mail_subject.h"
#include "smtp/mail_trim.h"

/*
 * tests/mail/trim has one mail per file: "Subject: ...", if that matters, and
 * an empty line, then the text.  A line of CUT stands where it is cut, and is
 * not part of the mail; without one all is to be kept.
 */
#define CUT "=====8<=====\n"

enum { MAIL_MAX = 100000 };

static void
read_file(const char *path, struct buf *to)
{
	FILE *f = fopen(path, "re");

	if (!f)
		fail_msg("%s: cannot be opened", path);
	buf_added(to, fread(buf_reserve(to, MAIL_MAX), 1, MAIL_MAX, f));
	(void)fclose(f);
}

static struct mail_trimmed
trim(const char *text)
{
	struct mail_trimmed t;

	mail_trim(str_c(text), NULL, &t);
	return t;
}

static bool
is_trimmed_as_wanted(const char *path, struct str file)
{
	struct mail_trim_hint hint = { 0 };
	struct mail_trimmed t;
	struct str first, want;
	const char *cut;
	struct buf text;
	bool is_good;

	if (str_starts(file, STR("Subject: "))) {
		str_cut(&file, '\n', &first);
		hint.is_forward = mail_subject_is_forward(str_skip(first, 9));
		file = str_skip(file, 1);
	}
	buf_init(&text, MAIL_MAX);
	cut = memmem(file.p, file.len, CUT, strlen(CUT));
	want = cut ? str_head(file, (size_t)(cut - file.p)) : file;
	buf_add_str(&text, want);
	if (cut)
		buf_add_str(&text, str_skip(file, want.len + strlen(CUT)));
	mail_trim(buf_str(&text), &hint, &t);
	is_good =
	    str_eq(str_trim(t.fresh), str_trim(want)) && t.was_trimmed == !!cut;
	if (!is_good)
		print_error("%s:\n" STR_FMT "but:\n" STR_FMT "\n", path,
		    STR_ARG(want), STR_ARG(t.fresh));
	assert_true(t.fresh.p >= text.p);
	assert_true(t.fresh.p + t.fresh.len <= text.p + text.len);
	buf_release(&text);
	return is_good;
}

static int
is_mail(const struct dirent *d)
{
	return str_ends(str_c(d->d_name), STR(".txt"));
}

static void
mails_of_many_programs_are_trimmed(void **state)
{
	struct dirent **entry;
	int n = scandir("tests/mail/trim", &entry, is_mail, alphasort);
	char path[300];
	struct buf file;
	int nbad = 0;

	(void)state;
	assert_true(n > 60);
	buf_init(&file, MAIL_MAX);
	for (int i = 0; i < n; i++) {
		snprintf(
		    path, sizeof(path), "tests/mail/trim/%s", entry[i]->d_name);
		buf_clear(&file);
		read_file(path, &file);
		nbad += !is_trimmed_as_wanted(path, buf_str(&file));
		free(entry[i]);
	}
	free(entry);
	buf_release(&file);
	assert_int_equal(nbad, 0);
}

static void
nothing_left_keeps_all(void **state)
{
	(void)state;
	assert_false(trim("").was_trimmed);
	assert_false(trim("\n\n").was_trimmed);
	assert_false(trim("> only\n> quoted\n").was_trimmed);
	assert_false(trim("-- \nRomeo\n").was_trimmed);
	assert_false(trim("Sent from my iPhone\n").was_trimmed);
	assert_true(str_is(trim("> a\n").fresh, "> a\n"));
}

static void
blank_lines_around_are_no_trimming(void **state)
{
	(void)state;
	assert_false(trim("\n\nhello\n\n").was_trimmed);
}

static void
html_says_where_the_quote_is(void **state)
{
	static const char text[] = "Joo.\n\nJuliet kirjas nii:\nmida?\n";
	struct mail_trim_hint hint = { .quote_at = 6,
		.quote_end = sizeof(text) - 2 };
	struct mail_trimmed t;

	(void)state;
	mail_trim(str_c(text), &hint, &t);
	assert_true(t.was_trimmed && str_is(t.fresh, "Joo."));
	/* Words behind it are an answer. */
	hint.quote_end = 20;
	mail_trim(str_c(text), &hint, &t);
	assert_false(t.was_trimmed);
	/* Nothing before it is a mail passed on. */
	hint = (struct mail_trim_hint){ .quote_at = 0,
		.quote_end = sizeof(text) - 2 };
	mail_trim(str_c(text), &hint, &t);
	assert_false(t.was_trimmed);
}

static void
html_says_where_the_signature_is(void **state)
{
	static const char text[] = "Joo.\n\nRomeo\nVerona\n\n> mida?\n";
	struct mail_trim_hint hint = { .signature_at = 6, .signature_end = 18 };
	struct mail_trimmed t;

	(void)state;
	mail_trim(str_c(text), &hint, &t);
	assert_true(t.was_trimmed && str_is(t.fresh, "Joo."));
	/* What is written below it is kept, and so is it. */
	hint.signature_end = 12;
	mail_trim(str_c(text), &hint, &t);
	assert_true(str_is(t.fresh, "Joo.\n\nRomeo\nVerona"));
}

static void
a_forwarded_mail_is_kept(void **state)
{
	struct mail_trim_hint hint = { .is_forward = true };
	struct mail_trimmed t;

	(void)state;
	mail_trim(STR("Look!\n\n> a\n> b\n"), &hint, &t);
	assert_false(t.was_trimmed);
}

static void
a_mail_of_very_many_lines_is_kept(void **state)
{
	struct mail_trimmed t;
	struct timespec a, b;
	struct buf text;

	(void)state;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	buf_init(&text, 1000000);
	for (int i = 0; i <= MAIL_TRIM_LINES_MAX; i++)
		buf_add_str(&text, STR("a\n"));
	buf_add_str(&text, STR("> b\n"));
	mail_trim(buf_str(&text), NULL, &t);
	assert_false(t.was_trimmed);
	buf_clear(&text);
	/* The most that is looked at, of lines that could be anything. */
	for (int i = 0; i < MAIL_TRIM_LINES_MAX - 1; i++)
		buf_add_str(&text, STR("On 1 a wrote From: 2 b@c Date x:\n"));
	mail_trim(buf_str(&text), NULL, &t);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	assert_true(b.tv_sec - a.tv_sec < 3);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mails_of_many_programs_are_trimmed),
		cmocka_unit_test(nothing_left_keeps_all),
		cmocka_unit_test(blank_lines_around_are_no_trimming),
		cmocka_unit_test(html_says_where_the_quote_is),
		cmocka_unit_test(html_says_where_the_signature_is),
		cmocka_unit_test(a_forwarded_mail_is_kept),
		cmocka_unit_test(a_mail_of_very_many_lines_is_kept),
	};

	return cmocka_run_group_tests_name("mail_trim", tests, NULL, NULL);
}
