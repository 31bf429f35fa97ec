#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sms/sms_media.h"

static const uint8_t key[CRYPTO_KEY_BYTES] = { 7 };
static const uint8_t other_key[CRYPTO_KEY_BYTES] = { 8 };
static const int64_t now_utc = 1700000000LL * 1000;

#define BYTES(s)                                                               \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}

static void
files_are_known_by_their_bytes(void **state)
{
	static const struct {
		struct str body;
		const char *type, *name;
	} row[] = {
		{ BYTES("\xff\xd8\xff\xe0\0\x10JFIF"), "image/jpeg",
		    "picture.jpg" },
		{ BYTES("\x89PNG\r\n\x1a\n\0\0"), "image/png", "picture.png" },
		{ BYTES("GIF89a..."), "image/gif", "picture.gif" },
		{ BYTES("RIFF\x10\0\0\0WEBPVP8 "), "image/webp",
		    "picture.webp" },
		{ BYTES("RIFF\x10\0\0\0WAVEfmt "), "audio/wav", "audio.wav" },
		{ BYTES("\0\0\0\x18"
		        "ftypmp42"),
		    "video/mp4", "video.mp4" },
		{ BYTES("\0\0\0\x18"
		        "ftyp3gp5"),
		    "video/3gpp", "video.3gp" },
		{ BYTES("\0\0\0\x18"
		        "ftypheic"),
		    "image/heic", "picture.heic" },
		{ BYTES("#!AMR\n<"), "audio/amr", "audio.amr" },
		{ BYTES("#!AMR-WB\n"), "audio/amr-wb", "audio.awb" },
		{ BYTES("ID3\x03"), "audio/mpeg", "audio.mp3" },
		{ BYTES("%PDF-1.4"), "application/pdf", "document.pdf" },
		{ BYTES("BEGIN:VCARD\r\nVERSION"), "text/vcard",
		    "contact.vcf" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct sms_media_type *t = sms_media_sniff(row[i].body);

		assert_string_equal(t->type, row[i].type);
		assert_string_equal(t->name, row[i].name);
	}
}

/* Nothing that a browser would run has a name of its own. */
static void
what_is_not_known_is_bytes(void **state)
{
	static const struct str row[] = { BYTES(""), BYTES("\xff"),
		BYTES("\xff\xd8"), BYTES("<!DOCTYPE html><script>"),
		BYTES("<svg xmlns='http://www.w3.org/2000/svg'>"),
		BYTES("<?xml version='1.0'?>"), BYTES("alert(1)"),
		BYTES("BEGIN:VCARDx"), BYTES("MZ\x90"), BYTES("PK\x03\x04"),
		BYTES("\0\0\0\0WAVE"), BYTES("xxxx....WEBPVP8 "),
		BYTES("RIFF....") };

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct sms_media_type *t = sms_media_sniff(row[i]);

		assert_string_equal(t->type, "application/octet-stream");
		assert_string_equal(t->name, "file.bin");
	}
}

static void
what_is_said_gives_a_name_at_most(void **state)
{
	(void)state;
	assert_string_equal(
	    sms_media_said(STR("image/jpeg"))->name, "picture.jpg");
	assert_string_equal(
	    sms_media_said(STR("IMAGE/JPG ; q=1"))->type, "image/jpeg");
	assert_string_equal(
	    sms_media_said(STR("text/x-vCard"))->name, "contact.vcf");
	assert_null(sms_media_said(STR("text/html")));
	assert_null(sms_media_said(STR("image/svg+xml")));
	assert_null(sms_media_said(STR("")));
	assert_null(sms_media_said(STR(";")));
}

static void
a_layout_is_left_out(void **state)
{
	(void)state;
	assert_true(sms_media_is_layout(
	    STR("application/smil; charset=utf-8"), STR("https://x/1")));
	assert_true(sms_media_is_layout(STR(""), STR("https://x/0.smil?a=b")));
	assert_false(sms_media_is_layout(STR("image/png"), STR("https://x/")));
	assert_false(sms_media_is_layout(STR(""), STR("")));
	assert_false(
	    sms_media_is_layout(STR(""), STR("https://x/a.jpg?b=.smil")));
}

static void
credentials_go_to_their_own_host_only(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} row[] = {
		{ "https://api.example/v1", "https://api.example/media/1",
		    true },
		{ "https://api.example", "HTTPS://API.EXAMPLE:443/x", true },
		{ "http://api.example", "http://api.example:80?x", true },
		{ "http://[::1]:80/", "http://[::1]/", true },
		{ "https://api.example", "http://api.example/", false },
		{ "https://api.example", "https://api.example:8443/", false },
		{ "https://api.example", "https://api.example.org/", false },
		{ "https://api.example", "https://evil/https://api.example",
		    false },
		{ "https://api.example", "https://api.example@evil/", false },
		{ "https://api.example", "https://api.example:443@evil/",
		    false },
		{ "https://api.example", "https://evil#@api.example", false },
		{ "https://api.example", "https://evil\\@api.example/", false },
		{ "https://api.example", "https://api.example\\@evil/", false },
		{ "https://api.example", "//api.example/", false },
		{ "https://", "https://", false },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (sms_media_same_origin(str_c(row[i].a), str_c(row[i].b)) !=
		    row[i].same)
			fail_msg("%s %s", row[i].a, row[i].b);
	}
}

static const struct sms_media_link a_link = {
	.line = { "main", 4 },
	.url = { "https://api.example/AC1/Media/ME2?x=1", 37 },
	.until_utc = 1700000000LL * 1000 + 60000,
};

static void
a_link_holds_all_of_it_and_shows_nothing(void **state)
{
	struct sms_media_link got;
	struct buf link, again, room;
	struct err err = ERR_INIT;

	(void)state;
	buf_init(&link, SMS_MEDIA_LINK_MAX);
	buf_init(&again, SMS_MEDIA_LINK_MAX);
	buf_init(&room, SMS_MEDIA_LINK_MAX);
	buf_addc(&link, '/');
	assert_int_equal(
	    sms_media_link_make(key, &a_link, "picture.jpg", &link, &err), 0);
	assert_true(str_ends(buf_str(&link), STR("/picture.jpg")));
	assert_null(strstr(link.p, "example"));
	assert_int_equal(strspn(link.p,
	                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
	                     "uvwxyz0123456789-_/."),
	    link.len);
	assert_int_equal(sms_media_link_open(
	                     key, buf_str(&link), now_utc, &room, &got, &err),
	    0);
	assert_true(str_eq(got.line, a_link.line));
	assert_true(str_eq(got.url, a_link.url));
	assert_true(got.until_utc == a_link.until_utc);
	buf_addc(&again, '/');
	assert_int_equal(
	    sms_media_link_make(key, &a_link, "picture.jpg", &again, &err), 0);
	assert_string_not_equal(link.p, again.p);
	buf_release(&link);
	buf_release(&again);
	buf_release(&room);
}

static void
a_link_is_good_for_a_while(void **state)
{
	struct sms_media_link got;
	struct buf link, room;
	struct err err = ERR_INIT;

	(void)state;
	buf_init(&link, SMS_MEDIA_LINK_MAX);
	buf_init(&room, SMS_MEDIA_LINK_MAX);
	buf_addc(&link, '/');
	sms_media_link_make(key, &a_link, "x", &link, &err);
	assert_int_equal(sms_media_link_open(key, buf_str(&link),
	                     a_link.until_utc, &room, &got, &err),
	    0);
	assert_int_equal(sms_media_link_open(key, buf_str(&link),
	                     a_link.until_utc + 1, &room, &got, &err),
	    -1);
	assert_int_equal(err.kind, ERR_GONE);
	buf_release(&link);
	buf_release(&room);
}

static void
no_other_link_is_taken(void **state)
{
	static const char *const bad[] = { "", "/", "//", "/x", "/x/y",
		"/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/a.jpg" };
	struct sms_media_link got;
	struct buf link, room;
	struct err err = ERR_INIT;

	(void)state;
	buf_init(&link, SMS_MEDIA_LINK_MAX);
	buf_init(&room, SMS_MEDIA_LINK_MAX);
	buf_addc(&link, '/');
	sms_media_link_make(key, &a_link, "x", &link, &err);
	assert_int_equal(sms_media_link_open(other_key, buf_str(&link), now_utc,
	                     &room, &got, &err),
	    -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	for (size_t i = 0; i + 2 < link.len; i++) {
		link.p[i] ^= 4;
		assert_int_equal(sms_media_link_open(key, buf_str(&link),
		                     now_utc, &room, &got, &err),
		    -1);
		link.p[i] ^= 4;
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sms_media_link_open(key, str_c(bad[i]),
		                     now_utc, &room, &got, &err),
		    -1);
	buf_release(&link);
	buf_release(&room);
}

static void
a_url_that_is_too_long_has_no_link(void **state)
{
	static char url[SMS_MEDIA_URL_MAX + 1];
	struct sms_media_link l = a_link;
	struct buf link;
	struct err err = ERR_INIT;

	(void)state;
	memset(url, 'x', sizeof(url));
	buf_init(&link, SMS_MEDIA_LINK_MAX);
	l.url = str_of(url, sizeof(url));
	assert_int_equal(sms_media_link_make(key, &l, "x", &link, &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	assert_int_equal(link.len, 0);
	l.url.len--;
	assert_int_equal(sms_media_link_make(key, &l, "x", &link, &err), 0);
	buf_release(&link);
	buf_init(&link, 50);
	buf_addc(&link, 'p');
	assert_int_equal(
	    sms_media_link_make(key, &a_link, "x", &link, &err), -1);
	assert_string_equal(link.p, "p");
	buf_release(&link);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_known_by_their_bytes),
		cmocka_unit_test(what_is_not_known_is_bytes),
		cmocka_unit_test(what_is_said_gives_a_name_at_most),
		cmocka_unit_test(a_layout_is_left_out),
		cmocka_unit_test(credentials_go_to_their_own_host_only),
		cmocka_unit_test(a_link_holds_all_of_it_and_shows_nothing),
		cmocka_unit_test(a_link_is_good_for_a_while),
		cmocka_unit_test(no_other_link_is_taken),
		cmocka_unit_test(a_url_that_is_too_long_has_no_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
