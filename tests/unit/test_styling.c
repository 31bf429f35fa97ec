#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/styling.h"
#include "lib/buf.h"

/* The text with <s> <e> <c> <d> where spans begin and </> where they end. */
static const char *
read(const char *text)
{
	static struct buf out;
	static const char name[] = { [GW_SPAN_STRONG] = 's',
		[GW_SPAN_EMPHASIS] = 'e',
		[GW_SPAN_CODE] = 'c',
		[GW_SPAN_DELETED] = 'd' };
	struct gw_span v[32];
	struct str s = str_c(text);
	size_t n = styling_read(s, v, 32), at, i;

	buf_release(&out);
	buf_init(&out, 4096);
	for (at = 0; at <= s.len; at++) {
		for (i = 0; i < n; i++)
			if (v[i].end == at)
				buf_addf(&out, "</>");
		for (i = 0; i < n; i++)
			if (v[i].start == at)
				buf_addf(&out, "<%c>", name[v[i].kind]);
		if (at < s.len)
			buf_addc(&out, s.p[at]);
	}
	return out.p;
}

static void
signs_mark_words(void **state)
{
	(void)state;
	assert_string_equal(read("a *b* c"), "a <s>*b*</> c");
	assert_string_equal(read("_a b_"), "<e>_a b_</>");
	assert_string_equal(read("(~a~), `b`!"), "(~a~), <c>`b`</>!");
	assert_string_equal(read("*a _b_* c"), "<s>*a <e>_b_</>*</> c");
	assert_string_equal(read("`*a*`"), "<c>`*a*`</>");
	assert_string_equal(read("*a*\n_b_"), "<s>*a*</>\n<e>_b_</>");
}

static void
what_can_be_something_else_is_left_alone(void **state)
{
	static const char *const plain[] = { "2 * 3 * 4", "*.c *.h", "__init__",
		"snake_case_name", "~/bin ~/lib", "a*b*c", "* one\n* two",
		"**twice**", "*a*b", "* a *", "*a *", "*_*", "**", "*", "",
		"*a\nb*", "a ** b", ":*( :*" };

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_string_equal(read(plain[i]), plain[i]);
}

static void
blocks_are_code(void **state)
{
	(void)state;
	assert_string_equal(read("```\n*a*\n```"), "<c>```\n*a*\n```</>");
	assert_string_equal(read("x\n```c\na\n\nb\n```\n*y*"),
	    "x\n<c>```c\na\n\nb\n```</>\n<s>*y*</>");
	assert_string_equal(read("> *a*\n>b"), "> <s>*a*</>\n>b");
	assert_string_equal(read("```\nnever closed"), "```\nnever closed");
	assert_string_equal(
	    read("> ```\n> a\nb\n> ```"), "> ```\n> a\nb\n> ```");
}

static void
there_is_an_end_to_it(void **state)
{
	struct gw_span v[4];
	struct buf text;
	int i;

	(void)state;
	buf_init(&text, 1 << 20);
	for (i = 0; i < 50000; i++)
		buf_addf(&text, "*a ");
	assert_int_equal(styling_read(buf_str(&text), v, 4), 0);
	buf_clear(&text);
	for (i = 0; i < 50000; i++)
		buf_addf(&text, "*a* ");
	assert_int_equal(styling_read(buf_str(&text), v, 4), 4);
	buf_clear(&text);
	for (i = 0; i < 50000; i++)
		buf_addf(&text, "```\n");
	assert_true(styling_read(buf_str(&text), v, 4) <= 4);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_mark_words),
		cmocka_unit_test(what_can_be_something_else_is_left_alone),
		cmocka_unit_test(blocks_are_code),
		cmocka_unit_test(there_is_an_end_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
