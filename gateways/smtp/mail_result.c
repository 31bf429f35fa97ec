#include "smtp/mail_result.h"
#include "lib/pack.h"
#include "smtp/mail_record.h"
#include "smtp/mail_words.h"

enum { CODE_MIN = 200, CODE_MAX = 599, SUBJECT_MAX = 999, NPART = 3 };

/* class "." subject "." detail, RFC 3463 2 */
static bool
is_enhanced(struct str s, int code)
{
	struct str part;
	uint64_t n[NPART], i = 0;

	if (s.len == 0 || s.len > MAIL_ENHANCED_MAX)
		return false;
	while (str_cut(&s, '.', &part))
		if (i == NPART || !str_to_uint(part, SUBJECT_MAX, &n[i++]))
			return false;
	return i == NPART && n[0] == (uint64_t)(code / 100);
}

void
mail_result_enhance(struct mail_result *r, struct str s)
{
	r->enhanced[0] = '\0';
	if (!is_enhanced(s, r->code))
		return;
	memcpy(r->enhanced, s.p, s.len);
	r->enhanced[s.len] = '\0';
}

/* Servers write what they like, and a text may have been cut anywhere. */
static void
pack_line(struct str s, size_t max, struct buf *out)
{
	struct buf line;

	buf_init(&line, max);
	mail_words_line(s, max, &line);
	pack_str(out, buf_str(&line));
	buf_release(&line);
}

void
mail_result_pack(const struct mail_result *r, struct buf *out)
{
	pack_u64(out, r->fate);
	pack_u64(out, r->err.kind);
	pack_line(str_c(r->err.text), sizeof(r->err.text) - 1, out);
	pack_u64(out, (uint64_t)r->code);
	pack_str(out, str_c(r->enhanced));
	pack_i64(out, r->retry_after_ms);
	pack_u64(out, r->is_broken);
	pack_line(r->text, MAIL_RESULT_TEXT_MAX, out);
}

static bool
unpack_max(struct str *rest, uint64_t max, uint64_t *out)
{
	return unpack_u64(rest, out) && *out <= max;
}

static bool
unpack_fate(struct mail_result *r, struct str *rest)
{
	uint64_t fate, kind;
	struct str text;

	if (!unpack_max(rest, GW_UNSURE, &fate) ||
	    !unpack_max(rest, ERR_NKIND - 1, &kind) ||
	    !unpack_str(rest, &text) || !mail_is_line(text))
		return false;
	r->fate = (enum gw_fate)fate;
	if (fate == GW_LEFT || fate == GW_DELIVERED ||
	    (fate == GW_SENT) != (kind == ERR_NONE))
		return false;
	if (kind != ERR_NONE)
		err_set(&r->err, (enum err_kind)kind, STR_FMT, STR_ARG(text));
	return true;
}

static bool
unpack_reply(struct mail_result *r, struct str *rest)
{
	struct str enhanced;
	uint64_t code, broken;

	if (!unpack_max(rest, CODE_MAX, &code) ||
	    (code != 0 && code < CODE_MIN) || !unpack_str(rest, &enhanced))
		return false;
	r->code = (int)code;
	mail_result_enhance(r, enhanced);
	if (enhanced.len > 0 && !r->enhanced[0])
		return false;
	if (!unpack_i64(rest, &r->retry_after_ms) || r->retry_after_ms < 0 ||
	    !unpack_max(rest, 1, &broken))
		return false;
	r->is_broken = broken;
	return !r->is_broken || r->fate == GW_RETRY;
}

bool
mail_result_read(struct mail_result *r, struct str bytes)
{
	*r = (struct mail_result){ .err = ERR_INIT };
	return unpack_fate(r, &bytes) && unpack_reply(r, &bytes) &&
	    unpack_str(&bytes, &r->text) && mail_is_line(r->text) &&
	    r->text.len <= MAIL_RESULT_TEXT_MAX && bytes.len == 0;
}
