#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/letter.h"
#include "lib/pack.h"

static void
numbers_of_every_size_come_back(void **state)
{
	static const uint64_t n[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX,
		UINT64_MAX - 1, UINT64_MAX };
	static const int64_t i[] = { 0, -1, 1, -64, 64, INT64_MIN, INT64_MAX };
	struct buf b;
	struct str rest;
	uint64_t u;
	int64_t s;

	(void)state;
	buf_init(&b, 1000);
	for (size_t k = 0; k < sizeof(n) / sizeof(n[0]); k++)
		pack_u64(&b, n[k]);
	for (size_t k = 0; k < sizeof(i) / sizeof(i[0]); k++)
		pack_i64(&b, i[k]);
	rest = buf_str(&b);
	for (size_t k = 0; k < sizeof(n) / sizeof(n[0]); k++) {
		assert_true(unpack_u64(&rest, &u));
		assert_true(u == n[k]);
	}
	for (size_t k = 0; k < sizeof(i) / sizeof(i[0]); k++) {
		assert_true(unpack_i64(&rest, &s));
		assert_true(s == i[k]);
	}
	assert_int_equal(rest.len, 0);
	assert_false(unpack_u64(&rest, &u));
	buf_release(&b);
}

static void
what_is_no_number_is_not_taken(void **state)
{
	struct str endless =
	    STR("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80");
	struct str too_big = STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
	struct str cut = STR("\x85");
	struct str longer = STR("\x05"
	                        "abc");
	struct str s;
	uint64_t u;

	(void)state;
	assert_false(unpack_u64(&endless, &u));
	assert_false(unpack_u64(&too_big, &u));
	assert_false(unpack_u64(&cut, &u));
	assert_false(unpack_str(&longer, &s));
}

static const struct gw_span span[] = { { GW_SPAN_STRONG, 0, 5 },
	{ GW_SPAN_DELETED, 2, 3 } };
static const struct gw_attachment attachment[] = {
	{ { "http://a/b", 10 }, { "b", 1 }, { "image/png", 9 }, 77 },
};
static const struct str recipient[] = { { "+331", 4 }, { "+332", 4 } };

static const struct gw_party party[] = {
	{ GW_PARTY_CC, { "bob", 3 }, { "Bob", 3 } },
};

static struct gw_message
whole(void)
{
	return (struct gw_message){ .kind = GW_MSG_ACTION,
		.room = STR("room"),
		.to = STR("to"),
		.from = STR("from"),
		.body = STR("hello\0you"),
		.subject = STR("subject"),
		.thread = STR("thread"),
		.context = STR("context"),
		.reply_to = STR("reply-to"),
		.reply_nick = STR("nick"),
		.reaction = STR("+1"),
		.redacts = STR("redacts"),
		.network_id = STR("id"),
		.parts = STR("a\nb\n"),
		.account = STR("account"),
		.host = STR("host"),
		.title = STR("Title"),
		.id = STR("m1"),
		.urgency = STR("high"),
		.span = span,
		.nspan = 2,
		.attachment = attachment,
		.nattachment = 1,
		.recipient = recipient,
		.nrecipient = 2,
		.party = party,
		.nparty = 1,
		.type = GW_TYPE_HEADLINE,
		.taken_back = true };
}

static void
a_message_comes_back_whole(void **state)
{
	struct gw_message m = whole();
	struct letter l;
	struct buf b, again;

	(void)state;
	buf_init(&b, LETTER_MAX);
	buf_init(&again, LETTER_MAX);
	letter_pack(&m, &b);
	assert_int_equal(letter_read(&l, buf_str(&b), NULL), 0);
	assert_true(str_eq(l.m.body, m.body));
	assert_true(str_eq(l.m.title, m.title));
	assert_int_equal(l.m.kind, GW_MSG_ACTION);
	assert_true(l.m.taken_back);
	assert_int_equal(l.m.nspan, 2);
	assert_int_equal(l.m.span[1].kind, GW_SPAN_DELETED);
	assert_int_equal(l.m.span[1].start, 2);
	assert_true(str_is(l.m.attachment[0].mime, "image/png"));
	assert_int_equal(l.m.attachment[0].size_bytes, 77);
	assert_true(str_is(l.m.recipient[1], "+332"));
	assert_true(str_is(l.m.id, "m1"));
	assert_true(str_is(l.m.urgency, "high"));
	assert_int_equal(l.m.type, GW_TYPE_HEADLINE);
	assert_int_equal(l.m.nparty, 1);
	assert_int_equal(l.m.party[0].kind, GW_PARTY_CC);
	assert_true(str_is(l.m.party[0].title, "Bob"));
	letter_pack(&l.m, &again);
	assert_true(str_eq(buf_str(&again), buf_str(&b)));
	letter_release(&l);
	buf_release(&b);
	buf_release(&again);
}

/* As version 1 had it: 16 strings, no lists but the empty ones. */
static void
one_of_an_earlier_version_is_read(void **state)
{
	struct letter l;
	struct buf b;

	(void)state;
	buf_init(&b, LETTER_MAX);
	pack_u64(&b, 1);
	pack_u64(&b, GW_MSG_NORMAL);
	pack_u64(&b, 0);
	for (int i = 0; i < 16; i++)
		pack_str(&b, i == 3 ? STR("hello") : STR_EMPTY);
	for (int i = 0; i < 3; i++)
		pack_u64(&b, 0);
	assert_int_equal(letter_read(&l, buf_str(&b), NULL), 0);
	assert_true(str_is(l.m.body, "hello"));
	assert_int_equal(l.m.type, GW_TYPE_CHAT);
	letter_release(&l);
	buf_release(&b);
}

/* Whatever stands on the disk, reading it ends and stays inside. */
static void
damaged_bytes_are_no_message(void **state)
{
	struct gw_message m = whole();
	struct err err = ERR_INIT;
	struct letter l;
	struct buf b;

	(void)state;
	buf_init(&b, LETTER_MAX);
	letter_pack(&m, &b);
	for (size_t n = 0; n < b.len; n++) {
		assert_int_equal(
		    letter_read(&l, str_head(buf_str(&b), n), &err), -1);
		assert_int_equal(err.kind, ERR_INTERNAL);
		letter_release(&l);
	}
	for (size_t n = 0; n < b.len; n++) {
		b.p[n] = (char)~b.p[n];
		(void)letter_read(&l, buf_str(&b), NULL);
		letter_release(&l);
		b.p[n] = (char)~b.p[n];
	}
	buf_addc(&b, 'x');
	assert_int_equal(letter_read(&l, buf_str(&b), NULL), -1);
	letter_release(&l);
	buf_release(&b);
}

static void
more_than_is_taken_does_not_fit(void **state)
{
	struct gw_message m = whole();

	(void)state;
	assert_true(letter_fits(&m));
	m.nrecipient = LETTER_RECIPIENTS_MAX + 1;
	assert_false(letter_fits(&m));
	m = whole();
	m.nspan = LETTER_SPANS_MAX + 1;
	assert_false(letter_fits(&m));
	m = whole();
	m.nattachment = LETTER_ATTACHMENTS_MAX + 1;
	assert_false(letter_fits(&m));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_every_size_come_back),
		cmocka_unit_test(what_is_no_number_is_not_taken),
		cmocka_unit_test(a_message_comes_back_whole),
		cmocka_unit_test(one_of_an_earlier_version_is_read),
		cmocka_unit_test(damaged_bytes_are_no_message),
		cmocka_unit_test(more_than_is_taken_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
