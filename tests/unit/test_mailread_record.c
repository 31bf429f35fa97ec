/*
 * Mails of tests/mail/read as they come, NAME.eml, and what is read of each,
 * NAME.txt.  With UPDATE in the environment the answers are written anew: look
 * at what has changed.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "lib/xalloc.h"
#include "smtp/mailread/mailread_names.h"
#include "smtp/mailread/mailread_pool.h"
#include "smtp/mailread/mailread_record.h"

enum { FILE_MAX = 4 * 1024 * 1024 };

#define FOLDER "tests/mail/read"

static struct mail_record_copy copy;

static const struct mail_reader_options options = {
	.authserv_id = { "mx.example.org", 14 },
	.own_domain = { "mail.example.org", 16 },
};

/* ---- records as text --------------------------------------------------- */

static void
say(struct buf *out, const char *name, struct str value)
{
	if (value.len > 0)
		buf_addf(out, "%s: " STR_FMT "\n", name, STR_ARG(value));
}

static void
say_name(struct buf *out, const char *what, struct mail_name n)
{
	if (n.address.len + n.name.len > 0)
		buf_addf(out, "%s: <" STR_FMT "> " STR_FMT "\n", what,
		    STR_ARG(n.address), STR_ARG(n.name));
}

static void
say_flag(struct buf *out, const char *name, bool is_set)
{
	if (is_set)
		buf_addf(out, "%s\n", name);
}

static void
say_people(struct buf *out, const struct mail_record *r)
{
	say_name(out, "from", r->from);
	say_name(out, "sender", r->sender);
	for (size_t i = 0; i < r->nreply_to; i++)
		say_name(out, "reply-to", r->reply_to[i]);
	for (size_t i = 0; i < r->nparty; i++)
		say_name(out, r->party[i].kind == MAIL_CC ? "cc" : "to",
		    r->party[i].who);
}

static void
say_thread(struct buf *out, const struct mail_record *r)
{
	say(out, "subject", r->subject);
	say(out, "message-id", r->message_id);
	say(out, "in-reply-to", r->in_reply_to);
	for (size_t i = 0; i < r->nreference; i++)
		say(out, "reference", r->reference[i]);
	if (r->date_utc)
		buf_addf(out, "date: %lld\n", (long long)r->date_utc);
}

static void
say_kind(struct buf *out, const struct mail_record *r)
{
	buf_addf(out, "class: %s\n", mail_class_name(r->class));
	say_flag(out, "is auto", r->is_auto);
	say(out, "auto kind", r->auto_kind);
	say(out, "list id", r->list_id);
	say(out, "list post", r->list_post);
	say(out, "unsubscribe", r->unsubscribe);
	say_flag(out, "one click", r->one_click);
	say_flag(out, "is spam", r->is_spam);
	say(out, "importance", r->importance);
	say(out, "severity", r->severity);
	say(out, "jabber id", r->jabber_id);
	if (r->nreceived)
		buf_addf(out, "received: %u\n", r->nreceived);
	say_flag(out, "has own loop", r->has_own_loop);
}

static void
say_auth(struct buf *out, const struct mail_auth *a)
{
	say(out, "dmarc", a->dmarc);
	say(out, "dmarc policy", a->policy);
	say(out, "dmarc domain", a->dmarc_domain);
	say(out, "spf", a->spf);
	say(out, "spf domain", a->spf_domain);
	say(out, "dkim", a->dkim);
	say(out, "dkim domain", a->dkim_domain);
}

static void
say_report(struct buf *out, const struct mail_record *r)
{
	for (size_t i = 0; i < r->ndsn; i++) {
		const struct mail_dsn_row *d = &r->dsn[i];

		buf_addf(out, "dsn: " STR_FMT " <" STR_FMT "> " STR_FMT "\n",
		    STR_ARG(d->action), STR_ARG(d->recipient),
		    STR_ARG(d->status));
		say(out, "  diagnostic", d->diagnostic);
		say(out, "  remote", d->remote_mta);
	}
	say(out, "feedback", r->feedback);
	say(out, "envid", r->dsn_envid);
	say(out, "returned id", r->returned_id);
	say(out, "returned to", r->returned_to);
	say(out, "returned sender", r->returned_sender);
}

static void
say_parts(struct buf *out, const struct mail_record *r)
{
	for (size_t i = 0; i < r->npart; i++) {
		const struct mail_part *p = &r->part[i];

		buf_addf(out, "part: " STR_FMT " (" STR_FMT ") %llu%s%s\n",
		    STR_ARG(p->name), STR_ARG(p->mime),
		    (unsigned long long)p->size, p->is_inline ? " inline" : "",
		    p->is_carried ? "" : " not carried");
		say(out, "  cid", p->cid);
	}
	for (size_t i = 0; i < r->nnote; i++)
		say(out, "note", r->note[i]);
}

static void
say_text(struct buf *out, const struct mail_record *r)
{
	say_flag(out, "is html", r->is_html);
	say_flag(out, "was cut", r->was_cut);
	buf_addf(out, "--- text\n" STR_FMT "\n", STR_ARG(r->text));
	if (r->was_trimmed)
		buf_addf(out, "--- fresh\n" STR_FMT "\n", STR_ARG(r->fresh));
}

static void
say_record(struct buf *out, const struct mail_record *r)
{
	say_people(out, r);
	say_thread(out, r);
	say_kind(out, r);
	say_auth(out, &r->auth);
	say_report(out, r);
	say_parts(out, r);
	say_text(out, r);
}

/* ---- reading ----------------------------------------------------------- */

/*
 * Packed and read again: what the worker makes the daemon takes.  The record
 * is in `copy`, and borrows from `packed`.
 */
static int
read_mail(struct str mail, struct buf *packed, struct err *err)
{
	char *bytes = xmalloc(mail.len + 1);
	struct mailread_pool pool;
	struct mail_record r;
	int rc;

	if (mail.len > 0)
		memcpy(bytes, mail.p, mail.len);
	mailread_pool_init(&pool);
	rc = mailread_record(&r, &pool, bytes, mail.len, &options, err);
	if (rc == 0) {
		mail_record_pack(&r, packed);
		assert_false(buf_is_full(packed));
		if (mail_record_read(&copy, buf_str(packed), err) < 0)
			fail_msg("%s", err->text);
	}
	mailread_pool_release(&pool);
	free(bytes);
	return rc;
}

static void
read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	buf_added(out, fread(buf_reserve(out, FILE_MAX), 1, FILE_MAX, f));
	(void)fclose(f); /* was only read */
}

static void
write_file(const char *path, struct str text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.len, f), text.len);
	assert_int_equal(fclose(f), 0);
}

/* Mails are written with LF here, and come with CR LF. */
static void
with_crlf(struct str mail, struct buf *out)
{
	for (size_t i = 0; i < mail.len; i++) {
		if (mail.p[i] == '\n')
			buf_addc(out, '\r');
		buf_addc(out, mail.p[i]);
	}
}

static void
describe(const char *path, struct buf *out)
{
	struct buf file, mail, packed;
	struct err err = ERR_INIT;

	buf_init(&file, FILE_MAX);
	buf_init(&mail, 2 * FILE_MAX);
	buf_init(&packed, MAIL_RECORD_MAX);
	read_file(path, &file);
	with_crlf(buf_str(&file), &mail);
	if (read_mail(buf_str(&mail), &packed, &err) < 0)
		buf_addf(out, "refused: %s\n", err.text);
	else
		say_record(out, &copy.record);
	buf_release(&file);
	buf_release(&mail);
	buf_release(&packed);
}

static bool
is_as_before(const char *name)
{
	char eml[512], txt[512];
	struct buf now, before;
	bool ok;

	(void)snprintf(eml, sizeof(eml), FOLDER "/%s.eml", name);
	(void)snprintf(txt, sizeof(txt), FOLDER "/%s.txt", name);
	buf_init(&now, 2 * FILE_MAX);
	buf_init(&before, FILE_MAX);
	describe(eml, &now);
	if (getenv("UPDATE"))
		write_file(txt, buf_str(&now));
	read_file(txt, &before);
	ok = str_eq(buf_str(&now), buf_str(&before));
	if (!ok)
		print_error(
		    "%s: expected\n%s\nnot\n%s\n", eml, before.p, now.p);
	buf_release(&now);
	buf_release(&before);
	return ok;
}

static int
is_mail(const struct dirent *e)
{
	return str_ends(str_c(e->d_name), STR(".eml"));
}

static void
mails_are_read_as_their_files_say(void **state)
{
	struct dirent **entry;
	int n = scandir(FOLDER, &entry, is_mail, alphasort), nwrong = 0;

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		entry[i]->d_name[strlen(entry[i]->d_name) - 4] = '\0';
		nwrong += !is_as_before(entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	assert_int_equal(nwrong, 0);
}

/* ---- what people mean harm with (facts: hostile input) ----------------- */

static struct buf mail, packed;

static void
repeat(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_str(&mail, str_c(text));
}

static void
begin(const char *head)
{
	buf_clear(&mail);
	buf_clear(&packed);
	repeat(head, 1);
}

static void
is_refused(const char *why)
{
	struct err err = ERR_INIT;

	assert_int_equal(read_mail(buf_str(&mail), &packed, &err), -1);
	assert_string_equal(err.text, why);
	assert_int_equal(err.kind, ERR_BAD_INPUT);
}

static void
is_read(const char *text)
{
	struct err err = ERR_INIT;

	assert_int_equal(read_mail(buf_str(&mail), &packed, &err), 0);
	assert_int_equal(copy.record.text.len, strlen(text));
	assert_memory_equal(copy.record.text.p, text, strlen(text));
}

static void
nested_groups_are_not_parsed(void **state)
{
	(void)state;
	begin("From: a@b\r\nTo: ");
	repeat("a:", 5000);
	repeat("\r\n\r\nhi\r\n", 1);
	is_refused("a header nests groups of addresses");

	/* Longer than any header that is read: it is read without. */
	begin("From: a@b\r\nTo: ");
	repeat("a:", 50000);
	repeat("\r\n\r\nhi\r\n", 1);
	is_read("hi");
	assert_int_equal(copy.record.nparty, 0);
	assert_int_equal(copy.record.nnote, 1);
}

static void
groups_in_a_message_inside_are_not_parsed(void **state)
{
	(void)state;
	begin("From: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
	      "--x\r\nContent-Type: message/rfc822\r\n\r\nCc: ");
	repeat("a:", 5000);
	repeat("\r\n\r\nhi\r\n--x--\r\n", 1);
	is_refused("a header nests groups of addresses");

	begin("From: a@b\r\nContent-Type: multipart/digest; boundary=x\r\n\r\n"
	      "--x\r\n\r\nCc: ");
	repeat("a:", 5000);
	repeat("\r\n\r\nhi\r\n--x--\r\n", 1);
	is_refused("a header nests groups of addresses");
}

static void
parameters_are_counted(void **state)
{
	(void)state;
	begin("From: a@b\r\nContent-Type: text/plain");
	repeat(";\r\n a=b", 1000);
	repeat("\r\n\r\nhi\r\n", 1);
	is_refused("a part has too many parameters");

	begin("From: a@b\r\nContent-Type: text/plain");
	repeat(";\r\n a=b", 200000);
	repeat("\r\n\r\nhi\r\n", 1);
	is_refused("it has too many headers");
}

static void
a_million_empty_parts_are_not_parsed(void **state)
{
	(void)state;
	begin("From: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n");
	repeat("--x\r\n\r\n", 400000);
	is_refused("it has too many parts");

	/* The boundary is written so that it may be read in several ways. */
	begin("From: a@b\r\nContent-Type: multipart/mixed; "
	      "boundary*0=\"x\"; boundary*1=\"y\"\r\n\r\n");
	repeat("--xy\r\n\r\n", 400000);
	is_refused("it has too many parts");
}

static void
depth_is_counted(void **state)
{
	(void)state;
	begin("From: a@b\r\n");
	for (int i = 0; i < 2000; i++)
		buf_addf(&mail,
		    "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n"
		    "--b%d\r\n",
		    i, i);
	is_refused("its parts are nested too deeply");

	begin("From: a@b\r\n");
	repeat("Content-Type: message/rfc822\r\n\r\n", 2000);
	is_refused("its parts are nested too deeply");
}

static void
headers_are_counted(void **state)
{
	(void)state;
	begin("From: a@b\r\n");
	repeat("X: y\r\n", 200000);
	is_refused("it has too many headers");

	begin("From: a@b\r\nX: ");
	repeat("0123456789abcdef", 1000000);
	repeat("\r\n\r\nhi\r\n", 1);
	is_refused("it has too many headers");
}

/* What is long and does no harm is no reason to refuse a mail. */
static void
a_long_header_is_left_out(void **state)
{
	(void)state;
	begin("From: a@b\r\nReferences:");
	repeat("\r\n <0123456789abcdef@example.org>", 1000);
	repeat("\r\nSubject: still there\r\n\r\nhi\r\n", 1);
	is_read("hi");
	assert_int_equal(copy.record.nreference, 0);
	assert_int_equal(copy.record.subject.len, 11);
	assert_int_equal(copy.record.nnote, 1);

	begin("From: a@b\r\nX: y\r\n");
	repeat("(", 16000);
	repeat("\r\nTo: ", 1);
	repeat("=?utf-8?q?a?= ", 1000);
	repeat("\r\n\r\nhi\r\n", 1);
	is_read("hi");
}

static void
what_is_no_mail_is_a_text(void **state)
{
	(void)state;
	begin("");
	is_read("");
	assert_int_equal(copy.record.from.address.len, 0);
	begin("just words\r\nand more\r\n");
	is_read("just words\nand more");
	begin("\r\n\r\nhi");
	is_read("hi");
}

static void
an_mbox_line_is_passed(void **state)
{
	(void)state;
	begin("From eve@example.com Sat Jan  3 01:05:34 1996\r\n"
	      "From: bob@example.net\r\n\r\nhi\r\n");
	is_read("hi");
	assert_int_equal(copy.record.from.address.len, 15);
}

static void
no_charset_does_harm(void **state)
{
	(void)state;
	begin("From: a@b\r\nContent-Type: text/plain; charset=x-none\r\n\r\n"
	      "a\377b\0c\r\n");
	is_read("a\303\277b");

	begin("From: a@b\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n"
	      "a+AAEAAA-b\r\n"); /* U+0001, U+0000 */
	is_read("ab");

	begin("From: a@b\r\nContent-Type: text/plain;"
	      " charset=\"utf-8//IGNORE\"\r\n\r\nhi\r\n");
	is_read("hi");
}

static void
one_line_is_one_line(void **state)
{
	struct str s;

	(void)state;
	begin("From: =?utf-8?q?Eve=0D=0ABcc=3A?= <e@example.com>\r\n"
	      "Subject: =?utf-8?q?a=0D=0Ab=01=EF=BF=BE?= "
	      "=?utf-8?b?4oCu?=x\r\n\r\nhi\r\n");
	is_read("hi");
	s = copy.record.subject;
	assert_true(mail_is_line(s));
	assert_int_equal(copy.record.nparty, 0);
	assert_true(mail_is_line(copy.record.from.name));
}

static void
two_senders_are_refused(void **state)
{
	(void)state;
	begin("From: a@b\r\nFrom: c@d\r\n\r\nhi\r\n");
	is_refused("it has two From headers");
}

/* What a large mail carries is the same that was put into it. */
static void
files_are_carried_up_to_their_ceilings(void **state)
{
	(void)state;
	begin("From: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n");
	for (int i = 0; i < 12; i++)
		repeat("--x\r\nContent-Type: image/png; name=a.png\r\n"
		       "Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n",
		    1);
	repeat("--x--\r\n", 1);
	is_read("");
	assert_int_equal(copy.record.npart, 12);
	assert_true(copy.record.part[9].is_carried);
	assert_int_equal(copy.record.part[9].body.len, 2);
	assert_false(copy.record.part[10].is_carried);
	assert_int_equal(copy.record.part[10].size, 2);
}

static void
a_large_file_is_named(void **state)
{
	(void)state;
	begin("From: a@b\r\nContent-Type: image/png; name=a.png\r\n\r\n");
	repeat("0123456789abcde\n", MAIL_PART_MAX / 16 + 1);
	is_read("");
	assert_int_equal(copy.record.npart, 1);
	assert_false(copy.record.part[0].is_carried);
	assert_int_equal(copy.record.part[0].size, MAIL_PART_MAX + 16);
}

static void
a_long_text_is_cut(void **state)
{
	(void)state;
	begin("From: a@b\r\n\r\n");
	repeat("0123456789abcde\r\n", 100000);
	assert_int_equal(read_mail(buf_str(&mail), &packed, NULL), 0);
	assert_true(copy.record.was_cut);
	assert_true(copy.record.text.len <= MAIL_TEXT_MAX);
	assert_true(copy.record.text.len > MAIL_TEXT_MAX - 20);
}

static void
hash_of(const char *text, char out[MAIL_HASH_BYTES])
{
	begin(text);
	assert_int_equal(read_mail(buf_str(&mail), &packed, NULL), 0);
	memcpy(out, copy.record.hash.p, MAIL_HASH_BYTES);
}

static void
the_same_mail_has_the_same_hash(void **state)
{
	char a[MAIL_HASH_BYTES], b[MAIL_HASH_BYTES], c[MAIL_HASH_BYTES];

	(void)state;
	hash_of("Received: by x\r\n\tid 1\r\nFrom: a@b\r\n"
	        "Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\nhi\r\n",
	    a);
	hash_of("Return-Path: <a@b>\r\nReceived: by y\r\n\tid 2\r\n"
	        "From: a@b\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\n"
	        "hi\r\n",
	    b);
	hash_of("From: a@b\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\n"
	        "ho\r\n",
	    c);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
}

static void
mails_without_date_and_id_are_told_apart_by_who_received_them(void **state)
{
	char a[MAIL_HASH_BYTES], b[MAIL_HASH_BYTES], c[MAIL_HASH_BYTES];

	(void)state;
	hash_of("Received: by x\r\n\tid 1\r\nSubject: jam\r\n\r\n", a);
	hash_of("Received: by x\r\n\tid 1\r\nDelivered-To: a@b\r\n"
	        "Subject: jam\r\n\r\n",
	    b);
	hash_of("Received: by x\r\n\tid 2\r\nSubject: jam\r\n\r\n", c);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
	hash_of("Received: by x\r\n\tid 1\r\nMessage-ID: <1@x>\r\n"
	        "Subject: jam\r\n\r\n",
	    a);
	hash_of("Received: by x\r\n\tid 3\r\nMessage-ID: <1@x>\r\n"
	        "Subject: jam\r\n\r\n",
	    c);
	assert_memory_equal(a, c, sizeof(a));
}

static int
setup(void **state)
{
	(void)state;
	mailread_gmime_init();
	buf_init(&mail, 32 * 1024 * 1024);
	buf_init(&packed, MAIL_RECORD_MAX);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&mail);
	buf_release(&packed);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mails_are_read_as_their_files_say),
		cmocka_unit_test(nested_groups_are_not_parsed),
		cmocka_unit_test(groups_in_a_message_inside_are_not_parsed),
		cmocka_unit_test(parameters_are_counted),
		cmocka_unit_test(a_million_empty_parts_are_not_parsed),
		cmocka_unit_test(depth_is_counted),
		cmocka_unit_test(headers_are_counted),
		cmocka_unit_test(a_long_header_is_left_out),
		cmocka_unit_test(what_is_no_mail_is_a_text),
		cmocka_unit_test(an_mbox_line_is_passed),
		cmocka_unit_test(no_charset_does_harm),
		cmocka_unit_test(one_line_is_one_line),
		cmocka_unit_test(two_senders_are_refused),
		cmocka_unit_test(files_are_carried_up_to_their_ceilings),
		cmocka_unit_test(a_large_file_is_named),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(the_same_mail_has_the_same_hash),
		cmocka_unit_test(
		    mails_without_date_and_id_are_told_apart_by_who_received_them),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
