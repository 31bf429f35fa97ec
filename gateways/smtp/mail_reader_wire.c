#include "smtp/mail_reader_wire.h"
#include "lib/pack.h"

void
mail_reader_options_pack(const struct mail_reader_options *o, struct buf *out)
{
	pack_str(out, o->authserv_id);
	pack_u64(out, o->hops);
	pack_str(out, o->own_domain);
}

bool
mail_reader_options_read(struct mail_reader_options *o, struct str bytes)
{
	uint64_t hops;

	if (!unpack_str(&bytes, &o->authserv_id) ||
	    !unpack_u64(&bytes, &hops) || hops > UINT16_MAX ||
	    !unpack_str(&bytes, &o->own_domain))
		return false;
	o->hops = (unsigned)hops;
	return bytes.len == 0;
}

void
mail_reader_refusal_pack(const struct err *err, struct buf *out)
{
	pack_u64(out, err->kind == ERR_TOO_BIG);
	pack_str(out, str_c(err->text));
}

bool
mail_reader_refusal_read(struct err *err, struct str bytes)
{
	uint64_t too_big;
	struct str text;

	if (!unpack_u64(&bytes, &too_big) || !unpack_str(&bytes, &text))
		return false;
	err_set(
	    err, too_big ? ERR_TOO_BIG : ERR_BAD_INPUT, STR_FMT, STR_ARG(text));
	return true;
}
