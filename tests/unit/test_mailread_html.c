#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

#include "lib/buf.h"
#include "lib/utf8.h"
#include "smtp/mail_trim.h"
#include "smtp/mailread/mailread_html.h"

static struct mailread_html_info info;
static struct buf out;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, 200 * 1024);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

static void
read_file(const char *path, struct buf *to)
{
	FILE *f = fopen(path, "re");

	if (!f)
		fail_msg("%s: cannot be opened", path);
	buf_added(to, fread(buf_reserve(to, 100000), 1, 100000, f));
	(void)fclose(f);
}

static void
insert(struct buf *to, const char *what, size_t at)
{
	struct buf b;

	if (at == MAILREAD_HTML_NOWHERE)
		return;
	assert_true(at <= to->len);
	buf_init(&b, to->max);
	buf_add(&b, to->p, at);
	buf_add_str(&b, str_c(what));
	buf_add(&b, to->p + at, to->len - at);
	buf_release(to);
	*to = b;
}

/* Where what mail_trim() keeps ends; nowhere: it keeps all. */
static size_t
cut_at(void)
{
	struct mail_trim_hint hint = { false, info.quote_at, info.quote_end,
		info.signature_at, info.signature_end };
	struct mail_trimmed t;

	mail_trim(buf_str(&out), &hint, &t);
	return t.was_trimmed ? (size_t)(t.fresh.p + t.fresh.len - out.p)
	                     : MAILREAD_HTML_NOWHERE;
}

/* With the marks that the files have. */
static void
show_marks(void)
{
	struct {
		size_t at;
		const char *what;
	} mark[] = { { cut_at(), "{cut}" }, { info.quote_at, "{quote}" },
		{ info.quote_end, "{/quote}" }, { info.signature_at, "{sig}" },
		{ info.signature_end, "{/sig}" } };
	enum { NMARK = sizeof(mark) / sizeof(mark[0]) };

	/* From the end, so that the others stay where they are. */
	for (size_t end = SIZE_MAX; end > 0;) {
		size_t best = NMARK;

		for (size_t i = 0; i < NMARK; i++)
			if (mark[i].at < end &&
			    (best == NMARK || mark[i].at > mark[best].at))
				best = i;
		if (best == NMARK)
			return;
		end = mark[best].at;
		for (size_t i = NMARK; i-- > 0;)
			if (mark[i].at == end)
				insert(&out, mark[i].what, end);
	}
}

static const char *
reduced(struct str html)
{
	buf_clear(&out);
	assert_int_equal(mailread_html(html, NULL, &out, &info), 0);
	assert_true(utf8_is_xml(buf_str(&out)));
	return out.p;
}

static void
check(const char *html, const char *want)
{
	reduced(str_c(html));
	assert_string_equal(out.p, want);
}

/* What is wanted is beside it; WRITE=1 writes down what is. */
static void
check_file(const char *name, struct buf *html, struct buf *want)
{
	char path[300];

	snprintf(path, sizeof(path), "tests/mail/html/%s", name);
	buf_clear(html);
	buf_clear(want);
	read_file(path, html);
	memcpy(strrchr(path, '.'), ".txt", 5);
	reduced(buf_str(html));
	show_marks();
	if (getenv("WRITE")) {
		FILE *f = fopen(path, "we");

		assert_non_null(f);
		fwrite(out.p, 1, out.len, f);
		assert_int_equal(fclose(f), 0);
		return;
	}
	read_file(path, want);
	if (!str_eq(buf_str(want), buf_str(&out)))
		fail_msg("%s:\n" STR_FMT "\nbut:\n" STR_FMT, path,
		    STR_ARG(buf_str(want)), STR_ARG(buf_str(&out)));
}

static int
is_html(const struct dirent *d)
{
	return str_ends(str_c(d->d_name), STR(".html"));
}

static void
mails_of_many_programs_can_be_read(void **state)
{
	struct dirent **entry;
	int n = scandir("tests/mail/html", &entry, is_html, alphasort);
	struct buf html, want;

	(void)state;
	assert_true(n > 10);
	buf_init(&html, 200000);
	buf_init(&want, 200000);
	for (int i = 0; i < n; i++) {
		check_file(entry[i]->d_name, &html, &want);
		free(entry[i]);
	}
	free(entry);
	buf_release(&html);
	buf_release(&want);
}

static void
boxes_are_lines_and_blanks_become_one(void **state)
{
	(void)state;
	check("<div>a   b\n c</div><div>d<b>e</b> f</div>", "a b c\nde f\n");
	check("a<br>b<br><br>c<br></div><div>d", "a\nb\n\nc\nd\n");
	check("<div>a</div><div><br></div><div>b</div>", "a\n\nb\n");
	check("<p>a</p><p>b</p>", "a\n\nb\n");
	check("<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p>"
	      "<p class=MsoNormal>b</p>",
	    "a\n\nb\n");
	check("<br><br><br><div>a</div><br><br><br><br><div>b</div><br>",
	    "a\n\nb\n");
	check("a<span> b</span> <i> c </i>d", "a b c d\n");
	check("", "");
	check("<div> &nbsp; </div>", "");
	check("<pre>\n  a\n\n\n   b  c\n</pre>d", "  a\n\n   b  c\n\nd\n");
	check("<div style='white-space: pre-wrap'>a  b\nc</div>", "a  b\nc\n");
}

static void
lists_have_their_marks(void **state)
{
	(void)state;
	check("<ul><li>a<li><p>b</p></li></ul>c", "- a\n- b\n\nc\n");
	check("<ol><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ol>",
	    "1. a\n2. b\n- c\n3. d\n");
	check("<ul><li></li><li>a</li></ul>", "- a\n");
}

static void
cells_stand_beside_each_other(void **state)
{
	(void)state;
	check("<table><tr><th>a</th><th>b</th></tr>"
	      "<tr><td><p>c</p></td><td><div>d</div></td></tr></table>",
	    "a | b\nc | d\n");
	check("<table><tr><td>a<br>b</td><td>c</td></tr></table>", "a\nb\nc\n");
	check(
	    "<table><tr><td>a</td><td></td><td>b</td></tr></table>", "a | b\n");
	check("<table><tr><td><table><tr><td>a</td></tr><tr><td>b</td></tr>"
	      "</table></td></tr><tr><td>c</td></tr></table>",
	    "a\nb\nc\n");
}

static void
links_are_kept(void **state)
{
	(void)state;
	check("<a href='https://example.org/a'>here</a> and",
	    "here <https://example.org/a> and\n");
	check(
	    "<a href='https://example.org/'>example.org</a>", "example.org\n");
	check("<a href='mailto:bob@example.org'>bob@example.org</a>",
	    "bob@example.org\n");
	check("<a href='https://evil.example/'>https://bank.example/</a>",
	    "https://bank.example/ <https://evil.example/>\n");
	check("<a href='javascript:x()'>a</a><a href='#b'>b</a>"
	      "<a href='/c'>c</a><a name=d>d</a>",
	    "abcd\n");
	check("<a href='https://example.org/ x\">y<z&#x202e;'>a</a>",
	    "a <https://example.org/%20x%22%3Ey%3Cz%E2%80%AE>\n");
	check("<a href='https://example.org/1'><div>Big</div></a>text",
	    "Big <https://example.org/1>\ntext\n");
	check("<a href='https://e.example/1'>a</a>"
	      "<a href='https://e.example/1'><img src=x alt=b></a>",
	    "a <https://e.example/1>b\n");
}

static void
pictures_are_their_words(void **state)
{
	(void)state;
	check(
	    "a <img src=x alt='\xf0\x9f\x98\x80'> b", "a \xf0\x9f\x98\x80 b\n");
	check("a<img src=x><img src=x alt='image001.png'>", "a\n");
	check("a<img src=x width=1 height=1 alt=spy>", "a\n");
	check("<a href='https://example.org/x'><img src=x></a>",
	    "<https://example.org/x>\n");
}

static void
what_is_hidden_is_left_out(void **state)
{
	(void)state;
	check("<style>a{}</style><script>b()</script><title>c</title>d", "d\n");
	check("<div style='DISPLAY: none !important'>a<p>b</p></div>c", "c\n");
	check("<span style='max-height:0px;overflow:hidden'>a</span>b", "b\n");
	check("<td style='font-size:0px'><div>a</div></td>", "a\n");
	check("a&zwnj;&nbsp;&#847;&zwnj;&nbsp;\xe2\x80\x8b"
	      "b&shy;c",
	    "a bc\n");
	check("<!-- a --><!--[if mso]><p>b</p><![endif]-->"
	      "<![if !mso]>c<![endif]>",
	    "c\n");
	/* Persian needs what separates without a blank. */
	check("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae",
	    "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\n");
}

static void
quotes_have_marks(void **state)
{
	(void)state;
	check("a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e",
	    "a\n\n> b\n> c\n>\n>> d\n\ne\n");
	check("<blockquote style='margin:0 0 0 40px;border:none;padding:0px'>"
	      "a</blockquote>",
	    "a\n");
	check("<div name='quote'>a</div>b", "> a\nb\n");
}

static void
entities_are_characters(void **state)
{
	(void)state;
	check("&lt;a&gt; &amp; &euro; &#150; &#x1F600; &nosuch; &#0;&#xFFFE;",
	    "<a> & \xe2\x82\xac \xe2\x80\x93 \xf0\x9f\x98\x80 &nosuch;\n");
}

static void
other_charsets_are_read(void **state)
{
	(void)state;
	buf_clear(&out);
	mailread_html(STR("<meta charset='utf-8'><p>\xe4\xf6</p>"),
	    "iso-8859-1", &out, &info);
	assert_string_equal(out.p, "äö\n");
	buf_clear(&out);
	mailread_html(STR("<p>\xe4\x80</p>"), "x-no-such", &out, &info);
	assert_string_equal(out.p, "ä€\n");
	check("<meta http-equiv='content-type' "
	      "content='text/html; charset=utf-16'><p>\xc3\xa4</p>",
	    "ä\n");
}

/* Of hostile pages: how many of what. */
static void
bomb(const char *before, const char *each, size_t n, const char *after)
{
	size_t len = strlen(each);
	struct timespec a, b;
	struct buf html;
	long ms;

	buf_init(&html, 4 * 1024 * 1024);
	buf_add_str(&html, str_c(before));
	for (size_t i = 0; i < n && html.len < 3000000; i++)
		buf_add(&html, each, len);
	buf_add_str(&html, str_c(after));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	reduced(buf_str(&html));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	if (ms >= 1500)
		fail_msg("%.20s%s: %ld ms", before, each, ms);
	buf_release(&html);
}

static void
hostile_pages_cost_little(void **state)
{
	(void)state;
	bomb("<p ", "a=1 ", 400000, ">");
	bomb("<p ", "a", 400000, "='x'>");
	bomb("<p x='>' ", "b=\"'>\" ", 400000, ">");
	bomb("", "<div>", 200000, "x");
	bomb("", "<blockquote>", 40000, "x");
	bomb("", "<b>", 100000, "x");
	bomb("", "</b>", 100000, "x");
	bomb("", "<table><tr><td>", 40000, "x");
	bomb("", "<a href='http://x'>a", 40000, "x");
	bomb("", "<!--", 120000, "");
	bomb("", "<![", 120000, "");
	bomb("", "<", 500000, "");
	bomb("", "&", 500000, "");
	bomb("", "<a b='", 90000, "");
	bomb("", "<a<", 90000, "");
	bomb("", "<?", 90000, "");
	bomb("", "<script>", 90000, "");
	bomb("", "<ol><li>", 90000, "x");
	bomb("", "<p>", 170000, "x");
	bomb("", "x<br>", 100000, "x");
}

/* Each is compared with all before it; quotes must not hide them. */
static void
attributes_without_end_cost_little(void **state)
{
	static const char *const values[] = { "", "=1", "='>'", " = \"'\"",
		"=x\">", "='\n'" };

	(void)state;
	for (size_t f = 0; f < sizeof(values) / sizeof(values[0]); f++) {
		struct buf html;
		char one[40];

		buf_init(&html, 1024 * 1024);
		buf_add_str(&html, STR("<p x='>'"));
		for (int i = 0; html.len < MAILREAD_HTML_MAX; i++) {
			snprintf(one, sizeof(one), " a%d%s", i, values[f]);
			buf_add_str(&html, str_c(one));
		}
		bomb(html.p, "", 0, "");
		buf_release(&html);
	}
}

static void
closing_tags_of_nothing_cost_little(void **state)
{
	struct buf html;

	(void)state;
	buf_init(&html, 1024 * 1024);
	for (int i = 0; i < 45000; i++)
		buf_add_str(&html, STR("<div>"));
	for (int i = 0; i < 70000; i++)
		buf_add_str(&html, STR("</b>"));
	bomb(html.p, "", 0, "");
	assert_true(info.was_cut);
	buf_release(&html);
}

static void
a_long_tag_is_left_out(void **state)
{
	struct buf html;

	(void)state;
	buf_init(&html, 1024 * 1024);
	buf_add_str(&html, STR("<p>a</p><img src='data:image/png;base64,"));
	for (int i = 0; i < 20000; i++)
		buf_add_str(&html, STR("QUFB"));
	buf_add_str(&html, STR("'><p>b</p>"));
	assert_string_equal(reduced(buf_str(&html)), "a\n\nb\n");
	assert_false(info.was_cut);
	buf_release(&html);
}

static void
what_is_too_long_is_cut_and_told(void **state)
{
	struct buf html, small;

	(void)state;
	buf_init(&html, 4 * 1024 * 1024);
	for (int i = 0; i < 300000; i++)
		buf_add_str(&html, STR("é "));
	reduced(buf_str(&html));
	assert_true(info.was_cut);
	buf_init(&small, 100);
	buf_add_str(&small, STR("x"));
	mailread_html(buf_str(&html), NULL, &small, &info);
	assert_true(info.was_cut);
	assert_true(small.len > 90 && small.len <= 100);
	assert_true(utf8_is_xml(buf_str(&small)));
	buf_release(&small);
	buf_release(&html);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mails_of_many_programs_can_be_read),
		cmocka_unit_test(boxes_are_lines_and_blanks_become_one),
		cmocka_unit_test(lists_have_their_marks),
		cmocka_unit_test(cells_stand_beside_each_other),
		cmocka_unit_test(links_are_kept),
		cmocka_unit_test(pictures_are_their_words),
		cmocka_unit_test(what_is_hidden_is_left_out),
		cmocka_unit_test(quotes_have_marks),
		cmocka_unit_test(entities_are_characters),
		cmocka_unit_test(other_charsets_are_read),
		cmocka_unit_test(hostile_pages_cost_little),
		cmocka_unit_test(attributes_without_end_cost_little),
		cmocka_unit_test(closing_tags_of_nothing_cost_little),
		cmocka_unit_test(a_long_tag_is_left_out),
		cmocka_unit_test(what_is_too_long_is_cut_and_told),
	};

	return cmocka_run_group_tests_name(
	    "mailread_html", tests, setup, teardown);
}
