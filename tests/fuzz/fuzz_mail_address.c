/*
 * Addresses of mailboxes.  Whatever the bytes:
 *
 *	the parts of one that was parsed make it again
 *	one that can be written to is the same when it is read again
 *	it has nothing that ends a line or a path
 */
#include <stdlib.h>

#include "smtp/mail_address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_canonical(const struct mail_address *a)
{
	struct mail_address again;
	struct buf once, twice;

	buf_init(&once, 1024);
	buf_init(&twice, 1024);
	if (mail_address_canonical(a, &once, NULL) == 0) {
		for (size_t i = 0; i < once.len; i++)
			if (once.p[i] <= ' ' || once.p[i] > '~' ||
			    strchr("<>\"", once.p[i]))
				abort();
		if (mail_address_parse(buf_str(&once), &again, NULL) < 0 ||
		    mail_address_canonical(&again, &twice, NULL) < 0 ||
		    !str_eq(buf_str(&once), buf_str(&twice)))
			abort();
	}
	buf_release(&once);
	buf_release(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size), rest = in, path;
	struct mail_address a;

	if (mail_address_parse(in, &a, NULL) == 0) {
		if (a.local.len + 1 + a.domain.len != in.len)
			abort();
		check_canonical(&a);
	}
	if (mail_path_take(&rest, &path, NULL) == 0 &&
	    path.len + rest.len + 2 > in.len)
		abort();
	if (mail_address_typed(in, &a, NULL) == 0)
		check_canonical(&a);
	return 0;
}
