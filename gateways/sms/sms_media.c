/*
 * link = token "/" name
 * token = base64url( sealed( until_utc LF line LF url ) )
 *
 * The name is for people and for clients that choose by the ending; it is not
 * looked at when the link comes back.
 */
#include "sms/sms_media.h"

#include <inttypes.h>

/* ---- what it is ----------------------------------------------------------- */

enum { MARK_MAX = 16 };

/*
 * Bytes that stand at some place.  Nothing that a browser would run or
 * lay out is here: no HTML, no XML, no SVG.
 */
static const struct mark {
	size_t at;
	size_t len;
	const char bytes[MARK_MAX + 1];
	struct sms_media_type is;
} marks[] = {
	{ 0, 3, "\xff\xd8\xff", { "image/jpeg", "picture.jpg" } },
	{ 0, 8, "\x89PNG\r\n\x1a\n", { "image/png", "picture.png" } },
	{ 0, 6, "GIF87a", { "image/gif", "picture.gif" } },
	{ 0, 6, "GIF89a", { "image/gif", "picture.gif" } },
	{ 8, 6, "WEBPVP", { "image/webp", "picture.webp" } },
	{ 4, 8, "ftypheic", { "image/heic", "picture.heic" } },
	{ 4, 8, "ftypheix", { "image/heic", "picture.heic" } },
	{ 4, 8, "ftypmif1", { "image/heif", "picture.heif" } },
	{ 4, 8, "ftypavif", { "image/avif", "picture.avif" } },
	{ 4, 7, "ftyp3gp", { "video/3gpp", "video.3gp" } },
	{ 4, 7, "ftyp3g2", { "video/3gpp2", "video.3g2" } },
	{ 4, 8, "ftypqt  ", { "video/quicktime", "video.mov" } },
	{ 4, 8, "ftypM4A ", { "audio/mp4", "audio.m4a" } },
	{ 4, 4, "ftyp", { "video/mp4", "video.mp4" } },
	{ 0, 4, "\x1a\x45\xdf\xa3", { "video/webm", "video.webm" } },
	{ 8, 4, "WAVE", { "audio/wav", "audio.wav" } },
	{ 0, 4, "OggS", { "audio/ogg", "audio.ogg" } },
	{ 0, 6, "#!AMR\n", { "audio/amr", "audio.amr" } },
	{ 0, 9, "#!AMR-WB\n", { "audio/amr-wb", "audio.awb" } },
	{ 0, 4, "fLaC", { "audio/flac", "audio.flac" } },
	{ 0, 3, "ID3", { "audio/mpeg", "audio.mp3" } },
	{ 0, 2, "\xff\xfb", { "audio/mpeg", "audio.mp3" } },
	{ 0, 2, "\xff\xf3", { "audio/mpeg", "audio.mp3" } },
	{ 0, 2, "\xff\xf1", { "audio/aac", "audio.aac" } },
	{ 0, 2, "\xff\xf9", { "audio/aac", "audio.aac" } },
	{ 0, 5, "%PDF-", { "application/pdf", "document.pdf" } },
	{ 0, 12, "BEGIN:VCARD\r", { "text/vcard", "contact.vcf" } },
	{ 0, 12, "BEGIN:VCARD\n", { "text/vcard", "contact.vcf" } },
	{ 0, 15, "BEGIN:VCALENDAR", { "text/calendar", "event.ics" } },
};

static const struct sms_media_type unknown = { "application/octet-stream",
	"file.bin" };

/* RIFF is around both WebP and WAV. */
static bool
is_in_riff(const struct mark *m, struct str body)
{
	return m->at != 8 || str_starts(body, STR("RIFF"));
}

const struct sms_media_type *
sms_media_sniff(struct str body)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const struct mark *m = &marks[i];

		if (body.len >= m->at + m->len &&
		    memcmp(body.p + m->at, m->bytes, m->len) == 0 &&
		    is_in_riff(m, body))
			return &m->is;
	}
	return &unknown;
}

/* Without parameters and blanks. */
static struct str
bare_type(struct str type)
{
	struct str rest = type, bare;

	return str_cut(&rest, ';', &bare) ? str_trim(bare) : STR_EMPTY;
}

const struct sms_media_type *
sms_media_said(struct str type)
{
	static const char *const other[][2] = {
		{ "image/jpg", "image/jpeg" },
		{ "text/x-vcard", "text/vcard" },
		{ "text/directory", "text/vcard" },
		{ "audio/mp3", "audio/mpeg" },
		{ "audio/x-wav", "audio/wav" },
	};
	struct str want = bare_type(type);

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (str_eq_nocase(want, str_c(other[i][0])))
			want = str_c(other[i][1]);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (str_eq_nocase(want, str_c(marks[i].is.type)))
			return &marks[i].is;
	return NULL;
}

bool
sms_media_is_layout(struct str type, struct str url)
{
	struct str rest = url, path = STR_EMPTY;

	if (str_eq_nocase(bare_type(type), STR("application/smil")) ||
	    str_eq_nocase(bare_type(type), STR("application/smil+xml")))
		return true;
	str_cut(&rest, '?', &path);
	return str_ends(path, STR(".smil")) || str_ends(path, STR(".smi"));
}

/* ---- where it is ------------------------------------------------------------ */

/* "https", "host", "443"; false: it is not plainly one of these. */
static bool
origin(struct str url, struct str part[3])
{
	size_t scheme, end, colon;

	for (scheme = 0; scheme + 3 <= url.len; scheme++)
		if (memcmp(url.p + scheme, "://", 3) == 0)
			break;
	if (scheme + 3 > url.len)
		return false;
	part[0] = str_head(url, scheme);
	url = str_skip(url, scheme + 3);
	for (end = 0; end < url.len && !strchr("/?#", url.p[end]); end++)
		/* What stands in front of it, or is a slash to some, could
		   hide another host. */
		if (url.p[end] == '@' || url.p[end] == '\\')
			return false;
	url = str_head(url, end);
	for (colon = url.len; colon > 0; colon--)
		if (url.p[colon - 1] == ':' || url.p[colon - 1] == ']')
			break;
	if (colon == 0 || url.p[colon - 1] == ']')
		colon = url.len + 1;
	part[1] = str_head(url, colon - 1);
	part[2] = str_skip(url, colon);
	if (part[2].len == 0)
		part[2] = str_eq_nocase(part[0], STR("https")) ? STR("443")
		                                               : STR("80");
	return part[1].len > 0;
}

bool
sms_media_same_origin(struct str a, struct str b)
{
	struct str x[3], y[3];

	if (!origin(a, x) || !origin(b, y))
		return false;
	for (int i = 0; i < 3; i++)
		if (!str_eq_nocase(x[i], y[i]))
			return false;
	return true;
}

/* ---- links -------------------------------------------------------------------- */

/* What else is sealed with a key of ours is none of these. */
#define BOUND STR("sms media link")

int
sms_media_link_make(const uint8_t key[CRYPTO_KEY_BYTES],
    const struct sms_media_link *l, const char *name, struct buf *out,
    struct err *err)
{
	size_t before = out->len;
	struct buf plain, sealed;
	int rc;

	if (l->url.len > SMS_MEDIA_URL_MAX || str_has(l->line, '\n'))
		return err_set(err, ERR_TOO_BIG,
		    "a URL of %zu bytes, more than %d", l->url.len,
		    SMS_MEDIA_URL_MAX);
	buf_init(&plain, SMS_MEDIA_LINK_MAX);
	buf_init(&sealed, SMS_MEDIA_LINK_MAX);
	buf_addf(&plain, "%" PRId64 "\n", l->until_utc);
	buf_add_str(&plain, l->line);
	buf_addc(&plain, '\n');
	buf_add_str(&plain, l->url);
	rc = buf_is_full(&plain) ||
	        crypto_seal(key, BOUND, buf_str(&plain), &sealed) < 0 ||
	        crypto_base64url(buf_str(&sealed), out) < 0 ||
	        buf_addf(out, "/%s", name) < 0
	    ? -1
	    : 0;
	buf_release(&plain);
	buf_release(&sealed);
	if (rc == 0)
		return 0;
	buf_truncate(out, before);
	return err_set(err, ERR_TOO_BIG, "a link to it would be too long");
}

static bool
unseal(const uint8_t *key, struct str token, struct buf *room)
{
	struct buf sealed;
	bool ok;

	buf_clear(room);
	buf_init(&sealed, SMS_MEDIA_LINK_MAX);
	ok = crypto_base64url_decode(token, &sealed) &&
	    crypto_open(key, BOUND, buf_str(&sealed), room);
	buf_release(&sealed);
	return ok;
}

int
sms_media_link_open(const uint8_t key[CRYPTO_KEY_BYTES], struct str rest,
    int64_t now_utc, struct buf *room, struct sms_media_link *out,
    struct err *err)
{
	struct str token, until;
	uint64_t n;

	if (!str_starts(rest, STR("/")))
		return err_set(err, ERR_NOT_FOUND, "there is no such link");
	rest = str_skip(rest, 1);
	str_cut(&rest, '/', &token);
	if (!unseal(key, token, room))
		return err_set(err, ERR_NOT_FOUND, "there is no such link");
	rest = buf_str(room);
	if (!str_cut(&rest, '\n', &until) ||
	    !str_to_uint(until, INT64_MAX, &n) ||
	    !str_cut(&rest, '\n', &out->line) || !rest.p)
		return err_set(err, ERR_NOT_FOUND, "there is no such link");
	out->url = rest;
	out->until_utc = (int64_t)n;
	if (out->until_utc < now_utc)
		return err_set(err, ERR_GONE, "this link is too old");
	return 0;
}
