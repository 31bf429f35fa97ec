#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "lib/utf8.h"
#include "smtp/mail_words.h"

static struct buf out;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, 100000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

static const char *
line(const char *raw, size_t max)
{
	buf_clear(&out);
	mail_words_line(str_c(raw), max, &out);
	return out.p;
}

static const char *
text(const char *raw, size_t max)
{
	buf_clear(&out);
	mail_words_text(str_c(raw), max, &out);
	return out.p;
}

static const char *
name(const char *raw)
{
	buf_clear(&out);
	mail_words_name(str_c(raw), &out);
	return out.p;
}

static const char *
file(const char *raw, const char *mime)
{
	buf_clear(&out);
	mail_words_file(str_c(raw), str_c(mime), &out);
	return out.p;
}

static void
a_line_has_no_line_breaks_and_no_controls(void **state)
{
	(void)state;
	assert_string_equal(
	    line("a\r\n Bcc: b\x01\x7f c\td", 100), "a Bcc: b c d");
	assert_string_equal(line("  \t a  \n", 100), "a");
	assert_string_equal(line("a\xe2\x80\xa8"
	                         "b\xc2\x85"
	                         "c",
	                        100),
	    "a b c");
	assert_string_equal(line("", 100), "");
}

static void
what_turns_writing_around_is_left_out(void **state)
{
	(void)state;
	assert_string_equal(
	    line("ann\xe2\x80\xae"
	         "fdp.exe\xe2\x80\xac \xe2\x81\xa6x\xe2\x81\xa9",
	        100),
	    "annfdp.exe x");
	assert_string_equal(file("ann\xe2\x80\xae"
	                         "fdp.exe",
	                        ""),
	    "annfdp.exe");
}

static void
what_xml_cannot_hold_is_left_out(void **state)
{
	(void)state;
	assert_string_equal(line("a\xef\xbf\xbe\xef\xb7\x90"
	                         "b",
	                        100),
	    "ab");
	assert_string_equal(text("a\xef\xbf\xbf\x0c\x02"
	                         "b",
	                        100),
	    "ab");
}

static void
old_bytes_are_read_as_windows_1252(void **state)
{
	(void)state;
	assert_string_equal(line("caf\xe9 \x80 5", 100), "café € 5");
	assert_string_equal(line("\x93zitiert\x94", 100), "“zitiert”");
	/* Damaged UTF-8 is damaged, not old. */
	assert_string_equal(line("café caf\xc3", 100), "café caf\xef\xbf\xbd");
}

static void
a_long_line_is_cut_between_characters(void **state)
{
	(void)state;
	assert_string_equal(line("ééé", 5), "éé");
	assert_string_equal(line("abc def", 4), "abc");
	assert_string_equal(line("abcd e\xcc\x81", 6), "abcd");
	assert_string_equal(line("abcdef", 6), "abcdef");
	assert_string_equal(text("ééé", 5), "éé");
	assert_string_equal(text("éé", 4), "éé");
}

static void
lines_of_a_text_end_in_lf(void **state)
{
	(void)state;
	assert_string_equal(
	    text("a\r\nb\rc\n\td  \n\n", 100), "a\nb\nc\n\td  \n\n");
}

static void
colours_of_terminals_go(void **state)
{
	(void)state;
	assert_string_equal(
	    text("\x1b[1;31mFAILED\x1b[0m disk", 100), "FAILED disk");
	assert_string_equal(text("\x1b]0;title\x07up\x1b(B", 100), "up");
	assert_string_equal(text("a\x1b[\nb\x1b", 100), "a\nb");
}

static void
a_name_is_one_line_without_quotes(void **state)
{
	(void)state;
	assert_string_equal(name("\"Romeo Montague\""), "Romeo Montague");
	assert_string_equal(name("'Romeo'\r\n"), "Romeo");
	assert_string_equal(name("Ro\xe2\x80\x8bmeo\xc2\xa0M"), "Romeo M");
	assert_string_equal(name("O'Hara"), "O'Hara");
	assert_string_equal(name("Bob at Example"), "Bob at Example");
}

static void
a_name_like_an_address_is_no_name(void **state)
{
	static const char *const bad[] = { "boss@example.org",
		"\"boss@example.org\" (really)", "Boss <boss@example.org>",
		"boss＠example.org", "boss(at)example.org",
		"boss [AT] example.org", "boss at example.org",
		"boss at example dot org",
		"bo\xe2\x80\x8bss\xe2\x80\x8b@example.org",
		"https://example.org", "xmpp:boss" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(name(bad[i]), "");
}

static void
a_file_has_no_folder(void **state)
{
	(void)state;
	assert_string_equal(file("../../etc/passwd", ""), "passwd");
	assert_string_equal(file("C:\\Windows\\a.exe", ""), "a.exe");
	assert_string_equal(file("/", "image/png"), "image.png");
}

static void
a_file_is_not_hidden_and_no_option(void **state)
{
	(void)state;
	assert_string_equal(file(".bashrc", ""), "bashrc");
	assert_string_equal(file("-rf.txt", ""), "rf.txt");
	assert_string_equal(file("...", ""), "file");
	assert_string_equal(file("a. . ", ""), "a");
	assert_string_equal(file("con.txt", ""), "_con.txt");
	assert_string_equal(file("a:b|c;d`e$f.txt", ""), "a_b_c_d_e_f.txt");
	assert_string_equal(file("a%2fb#c?.txt", ""), "a_2fb_c_.txt");
	assert_string_equal(file("a\r\nb.txt", ""), "a b.txt");
}

static void
a_file_without_a_name_is_called_for_what_it_is(void **state)
{
	(void)state;
	assert_string_equal(file("", "image/jpeg"), "image.jpg");
	assert_string_equal(file("", "IMAGE/X-WHATEVER"), "image");
	assert_string_equal(file("", "text/calendar"), "invitation.ics");
	assert_string_equal(file("", "message/rfc822"), "message.eml");
	assert_string_equal(file("", "text/plain"), "text.txt");
	assert_string_equal(file("", "application/octet-stream"), "file");
	assert_string_equal(file("", ""), "file");
}

static void
a_file_without_an_ending_gets_one(void **state)
{
	(void)state;
	assert_string_equal(file("scan", "application/pdf"), "scan.pdf");
	assert_string_equal(file("Re: v1.2", "message/rfc822"), "Re_ v1.2.eml");
	assert_string_equal(file("README", "text/plain"), "README");
	assert_string_equal(file("scan.bin", "application/pdf"), "scan.bin");
}

static void
a_long_file_name_keeps_its_ending(void **state)
{
	char raw[400];

	(void)state;
	memset(raw, 'x', sizeof(raw));
	memcpy(raw + 390, ".tar.gz", 8);
	file(raw, "");
	assert_true(out.len <= MAIL_WORDS_FILE_MAX);
	assert_true(str_ends(buf_str(&out), STR(".gz")));
	for (size_t i = 0; i + 1 < 390; i += 2)
		memcpy(raw + i, "é", 2);
	file(raw, "");
	assert_true(out.len <= MAIL_WORDS_FILE_MAX && out.len > 90);
	assert_true(utf8_is_xml(buf_str(&out)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_no_line_breaks_and_no_controls),
		cmocka_unit_test(what_turns_writing_around_is_left_out),
		cmocka_unit_test(what_xml_cannot_hold_is_left_out),
		cmocka_unit_test(old_bytes_are_read_as_windows_1252),
		cmocka_unit_test(a_long_line_is_cut_between_characters),
		cmocka_unit_test(lines_of_a_text_end_in_lf),
		cmocka_unit_test(colours_of_terminals_go),
		cmocka_unit_test(a_name_is_one_line_without_quotes),
		cmocka_unit_test(a_name_like_an_address_is_no_name),
		cmocka_unit_test(a_file_has_no_folder),
		cmocka_unit_test(a_file_is_not_hidden_and_no_option),
		cmocka_unit_test(
		    a_file_without_a_name_is_called_for_what_it_is),
		cmocka_unit_test(a_file_without_an_ending_gets_one),
		cmocka_unit_test(a_long_file_name_keeps_its_ending),
	};

	return cmocka_run_group_tests_name(
	    "mail_words", tests, setup, teardown);
}
