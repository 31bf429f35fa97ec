#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "lib/pack.h"
#include "smtp/mail_record.h"

static struct mail_record_copy copy;
static struct buf packed;
static const char hash[] = "0123456789abcdef0123456789abcdef";

static struct mail_record
least(void)
{
	return (struct mail_record){ .hash = str_c(hash) };
}

static int
there_and_back(const struct mail_record *r, struct err *err)
{
	buf_release(&packed);
	buf_init(&packed, MAIL_RECORD_MAX);
	mail_record_pack(r, &packed);
	assert_false(buf_is_full(&packed));
	return mail_record_read(&copy, buf_str(&packed), err);
}

static void
assert_str(struct str s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.p, expected, s.len);
}

static void
what_is_packed_is_read(void **state)
{
	const struct mail_party party[] = {
		{ MAIL_TO, { STR("bob@example.net"), STR("Bob") } },
		{ MAIL_CC, { STR("root"), STR_EMPTY } },
	};
	const struct str reference[] = { STR("a@b"), STR("c@d") };
	const struct mail_dsn_row dsn[] = { { STR("eve@example.com"),
	    STR("failed"), STR("5.1.1"), STR("550 no such user"),
	    STR("mx.example.com") } };
	const struct mail_part part[] = {
		{ STR("a.txt"), STR("text/plain"), STR_EMPTY, 2, false, true,
		    STR("hi") },
		{ STR("big.iso"), STR("application/octet-stream"), STR("x@y"),
		    99999999, true, false, STR_EMPTY },
	};
	struct mail_record r = least();

	(void)state;
	r.from = (struct mail_name){ STR("alice@example.org"), STR("Alice") };
	r.reply_to[0] = (struct mail_name){ STR("list@example.org"), STR("") };
	r.nreply_to = 1;
	r.party = party;
	r.nparty = 2;
	r.reference = reference;
	r.nreference = 2;
	r.dsn = dsn;
	r.ndsn = 1;
	r.part = part;
	r.npart = 2;
	r.note[0] = STR("signed, not checked");
	r.nnote = 1;
	r.subject = STR("h\303\251llo");
	r.date_utc = -5;
	r.text = STR("one\n\ttwo");
	r.fresh = STR("one");
	r.was_trimmed = true;
	r.class = MAIL_DSN;
	r.nreceived = 3;
	r.auth.dmarc = STR("pass");
	assert_int_equal(there_and_back(&r, NULL), 0);

	assert_str(copy.record.from.address, "alice@example.org");
	assert_str(copy.record.reply_to[0].address, "list@example.org");
	assert_int_equal(copy.record.nparty, 2);
	assert_int_equal(copy.record.party[1].kind, MAIL_CC);
	assert_str(copy.record.party[1].who.address, "root");
	assert_str(copy.record.reference[1], "c@d");
	assert_str(copy.record.dsn[0].remote_mta, "mx.example.com");
	assert_str(copy.record.part[0].body, "hi");
	assert_false(copy.record.part[1].is_carried);
	assert_int_equal(copy.record.part[1].size, 99999999);
	assert_str(copy.record.note[0], "signed, not checked");
	assert_str(copy.record.subject, "h\303\251llo");
	assert_int_equal(copy.record.date_utc, -5);
	assert_str(copy.record.text, "one\n\ttwo");
	assert_str(copy.record.fresh, "one");
	assert_int_equal(copy.record.class, MAIL_DSN);
	assert_int_equal(copy.record.nreceived, 3);
	assert_str(copy.record.auth.dmarc, "pass");
	assert_str(copy.record.hash, hash);
}

static void
what_is_not_trimmed_is_fresh(void **state)
{
	struct mail_record r = least();

	(void)state;
	r.text = r.fresh = STR("all of it");
	assert_int_equal(there_and_back(&r, NULL), 0);
	assert_str(copy.record.fresh, "all of it");
}

/* One field that is not as it should be spoils the record. */
static void
wrong(struct mail_record r, const char *field)
{
	char expected[256];
	struct err err = ERR_INIT;

	(void)snprintf(expected, sizeof(expected),
	    "the record of a mail: %s is not as it should be", field);
	assert_int_equal(there_and_back(&r, &err), -1);
	assert_int_equal(err.kind, ERR_PROTOCOL);
	assert_string_equal(err.text, expected);
}

static void
a_worker_is_not_believed(void **state)
{
	struct mail_record r;
	const struct mail_part swollen = { .name = STR("a"),
		.size = 5,
		.is_carried = true,
		.body = STR("hi") };
	const struct mail_part smuggled = {
		.name = STR("a"), .size = 2, .body = STR("hi")
	};
	const struct mail_part climbing = { .name = STR("../a") };
	const struct mail_party nobody = { .who.name = STR("x") };

	(void)state;
	r = least(), r.subject = STR("a\r\nb");
	wrong(r, "subject");
	r = least(), r.from.name = STR("\xff");
	wrong(r, "from.name");
	r = least(), r.from.address = STR("a b@c");
	wrong(r, "from.address");
	r = least(), r.message_id = STR("a>b@c");
	wrong(r, "message_id");
	r = least(), r.text = STR("a\001");
	wrong(r, "text");
	r = least(), r.text = STR("a"), r.fresh = STR("\r"),
	r.was_trimmed = true;
	wrong(r, "fresh");
	r = least(), r.unsubscribe = STR("javascript:x");
	wrong(r, "unsubscribe");
	r = least(), r.hash = STR("short");
	wrong(r, "hash");
	r = least(), r.class = MAIL_NCLASS;
	wrong(r, "class");
	r = least(), r.part = &swollen, r.npart = 1;
	wrong(r, "part size");
	r = least(), r.part = &smuggled, r.npart = 1;
	wrong(r, "part size");
	r = least(), r.part = &climbing, r.npart = 1;
	wrong(r, "name");
	r = least(), r.party = &nobody, r.nparty = 1;
	wrong(r, "who.address");
}

static void
every_list_has_its_ceiling(void **state)
{
	static struct mail_part part[MAIL_PARTS_MAX + 1];
	static struct str reference[MAIL_REFERENCES_MAX + 1];
	struct mail_record r = least();

	(void)state;
	for (size_t i = 0; i <= MAIL_PARTS_MAX; i++)
		part[i].name = STR("a");
	for (size_t i = 0; i <= MAIL_REFERENCES_MAX; i++)
		reference[i] = STR("a@b");
	r.part = part;
	r.npart = MAIL_PARTS_MAX;
	r.reference = reference;
	r.nreference = MAIL_REFERENCES_MAX;
	assert_int_equal(there_and_back(&r, NULL), 0);
	r.npart++;
	wrong(r, "name");
	r.npart--;
	r.nreference++;
	wrong(r, "reference");
	r.nreference = 0;
	for (size_t i = 0; i <= MAIL_PARTS_CARRIED; i++)
		part[i].is_carried = true;
	wrong(r, "parts carried");
}

/* Cut anywhere, and with something behind its end. */
static void
a_torn_record_is_none(void **state)
{
	struct mail_record r = least();
	struct str whole;

	(void)state;
	r.text = r.fresh = STR("text");
	assert_int_equal(there_and_back(&r, NULL), 0);
	for (size_t i = 0; i < packed.len; i++)
		assert_int_equal(mail_record_read(&copy,
		                     str_head(buf_str(&packed), i), NULL),
		    -1);
	buf_addc(&packed, '\0');
	whole = buf_str(&packed);
	assert_int_equal(mail_record_read(&copy, whole, NULL), -1);
}

static void
addresses_are_bare(void **state)
{
	static const char *const good[] = { "a@b", "root", "a+b=c@x.y",
		"j\303\266rg@example.net" };
	static const char *const bad[] = { "", "@", "a@", "@b", "a@b@c", "a b",
		"<a@b>", "a@b,c@d", "\"a\"@b", "a\n@b", "a\\40b@c" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(mail_is_address(str_c(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mail_is_address(str_c(bad[i])));
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&packed);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_is_read),
		cmocka_unit_test(what_is_not_trimmed_is_fresh),
		cmocka_unit_test(a_worker_is_not_believed),
		cmocka_unit_test(every_list_has_its_ceiling),
		cmocka_unit_test(a_torn_record_is_none),
		cmocka_unit_test(addresses_are_bare),
	};

	buf_init(&packed, MAIL_RECORD_MAX);
	return cmocka_run_group_tests(tests, NULL, teardown);
}
