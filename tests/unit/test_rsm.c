/* Pages of a long list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "xmpp/rsm.h"
#include "xmpp/stanza.h"

/* What a <set/> with that inside makes of ten items: "from-to", or "bad". */
static const char *
cut(const char *inside)
{
	static char out[40];
	struct stanza *s;
	struct buf xml, scratch;
	struct rsm page;
	struct err err;
	size_t from, to;

	buf_init(&xml, 4096);
	buf_init(&scratch, 4096);
	buf_addf(&xml, "<query xmlns='q'>%s</query>", inside);
	s = stanza_parse(buf_str(&xml));
	assert_non_null(s);
	if (rsm_read(s, &scratch, 4, 6, &page, &err) < 0) {
		snprintf(out, sizeof(out), "bad");
	} else {
		rsm_cut(&page, 10, 2, 7, &from, &to);
		snprintf(out, sizeof(out), "%zu-%zu%s", from, to,
		    page.is_asked ? "" : " unasked");
	}
	stanza_free(&s);
	buf_release(&xml);
	buf_release(&scratch);
	return out;
}

#define SET(inside)                                                            \
	"<set xmlns='http://jabber.org/protocol/rsm'>" inside "</set>"

/* `after` is item 2, `before` item 7. */
static void
pages_are_cut_as_they_are_asked_for(void **state)
{
	static const struct {
		const char *set, *want;
	} rows[] = {
		{ "", "0-4 unasked" },
		{ "<set xmlns='other'><max>1</max></set>", "0-4 unasked" },
		{ SET(""), "0-4" },
		{ SET("<max>2</max>"), "0-2" },
		{ SET("<max> 2 </max>"), "0-2" },
		{ SET("<max>0</max>"), "0-0" },
		{ SET("<max>9999</max>"), "0-6" },
		{ SET("<max>3</max><after>x</after>"), "3-6" },
		{ SET("<max>3</max><before>x</before>"), "4-7" },
		{ SET("<max>3</max><before/>"), "7-10" },
		{ SET("<max>6</max><after>x</after><before>y</before>"),
		    "3-7" },
		{ SET("<max>3</max><index>8</index>"), "8-10" },
		{ SET("<max>3</max><index>80</index>"), "10-10" },
		{ SET("<max>-1</max>"), "bad" },
		{ SET("<max>99999999999</max>"), "bad" },
		{ SET("<index>x</index>"), "bad" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(cut(rows[i].set), rows[i].want);
}

static void
places_that_cross_give_nothing(void **state)
{
	struct rsm page = { .max = 5, .after = STR("b"), .before = STR("a") };
	size_t from, to;

	(void)state;
	rsm_cut(&page, 10, 8, 2, &from, &to);
	assert_int_equal(from, to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_cut_as_they_are_asked_for),
		cmocka_unit_test(places_that_cross_give_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
