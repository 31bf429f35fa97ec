/*
 * passerelle-mailread - reads mails for the daemon, so that it need not
 *
 * What parses a stranger's mail has a memory, a time and an output of its own,
 * writes no file and starts no program.  It is ended by the daemon.
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/pack.h"
#include "lib/xalloc.h"
#include "smtp/mail_reader_wire.h"
#include "smtp/mailread/mailread_names.h"
#include "smtp/mailread/mailread_pool.h"
#include "smtp/mailread/mailread_record.h"

enum {
	MEMORY_MAX = 256 * 1024 * 1024,
	STACK_MIN = 8 * 1024 * 1024,
	FILES_MAX = 32, /* converters of charsets are loaded when needed */
	CPU_MAX_S = 5,  /* for one mail */
};

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SHADOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SHADOW 1
#endif
#endif
#ifndef HAS_SHADOW
#define HAS_SHADOW 0 /* memory that is reserved, a thread that checks it */
#endif

struct service {
	struct mail_reader_options options;
	struct buf options_bytes;
	char *mail; /* NULL: none is coming */
	size_t len, size;
};

/* ---- limits ----------------------------------------------------------- */

static void
limit(__rlimit_resource_t resource, rlim_t n)
{
	struct rlimit l;

	if (getrlimit(resource, &l) < 0)
		exit(EX_OSERR);
	l.rlim_cur = l.rlim_max < n ? l.rlim_max : n;
	if (setrlimit(resource, &l) < 0)
		exit(EX_OSERR);
}

static void
limit_all(void)
{
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, FILES_MAX);
	limit(RLIMIT_STACK, STACK_MIN);
	if (HAS_SHADOW)
		return;
	limit(RLIMIT_AS, MEMORY_MAX);
	limit(RLIMIT_NPROC, 0); /* neither programs nor threads */
}

/* What was used so far, and some more. */
static void
limit_time(void)
{
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) < 0)
		exit(EX_OSERR);
	limit(RLIMIT_CPU,
	    (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1 +
	        CPU_MAX_S));
}

/* ---- answers ---------------------------------------------------------- */

static void
say(uint8_t type, struct str data)
{
	if (child_write(type, data) < 0)
		exit(EX_OK); /* nobody is there any more */
}

static void
say_record(const struct mail_record *r)
{
	struct buf packed;
	struct str rest;

	buf_init(&packed, MAIL_RECORD_MAX);
	mail_record_pack(r, &packed);
	if (buf_is_full(&packed))
		exit(EX_SOFTWARE);
	for (rest = buf_str(&packed); rest.len > 0;
	     rest = str_skip(rest, MAIL_READER_FRAME))
		say(MAIL_READER_RECORD, str_head(rest, MAIL_READER_FRAME));
	say(MAIL_READER_DONE, STR_EMPTY);
	buf_release(&packed);
}

static void
say_refused(const struct err *err)
{
	struct buf packed;

	buf_init(&packed, MAIL_READER_FRAME);
	mail_reader_refusal_pack(err, &packed);
	say(MAIL_READER_REFUSED, buf_str(&packed));
	buf_release(&packed);
}

/* ---- frames ----------------------------------------------------------- */

static bool
on_options(struct service *s, struct str data)
{
	buf_clear(&s->options_bytes);
	buf_add_str(&s->options_bytes, data);
	return mail_reader_options_read(
	    &s->options, buf_str(&s->options_bytes));
}

static bool
on_mail(struct service *s, struct str data)
{
	uint64_t size;

	if (s->mail || !unpack_u64(&data, &size) || size > MAIL_READER_MAIL_MAX)
		return false;
	s->mail = xmalloc(size + 1);
	s->size = size;
	s->len = 0;
	return true;
}

static bool
on_bytes(struct service *s, struct str data)
{
	if (!s->mail || data.len > s->size - s->len)
		return false;
	memcpy(s->mail + s->len, data.p, data.len);
	s->len += data.len;
	return true;
}

static bool
on_end(struct service *s, struct str data)
{
	struct mail_record record;
	struct mailread_pool pool;
	struct err err = ERR_INIT;

	(void)data;
	if (!s->mail || s->len != s->size)
		return false;
	limit_time();
	mailread_pool_init(&pool);
	if (mailread_record(
	        &record, &pool, s->mail, s->len, &s->options, &err) < 0)
		say_refused(&err);
	else
		say_record(&record);
	mailread_pool_release(&pool);
	free(s->mail);
	s->mail = NULL;
	return true;
}

static const struct {
	uint8_t type;
	bool (*fn)(struct service *s, struct str data);
} frame_row[] = {
	{ MAIL_READER_OPTIONS, on_options },
	{ MAIL_READER_MAIL, on_mail },
	{ MAIL_READER_BYTES, on_bytes },
	{ MAIL_READER_END, on_end },
};

static bool
on_frame(struct service *s, uint8_t type, struct str data)
{
	for (size_t i = 0; i < sizeof(frame_row) / sizeof(frame_row[0]); i++)
		if (frame_row[i].type == type)
			return frame_row[i].fn(s, data);
	return false;
}

int
main(void)
{
	struct service s = { .mail = NULL };
	struct child_input in;
	struct str data;
	uint8_t type;
	int rc;

	child_begin();
	limit_all();
	mailread_gmime_init();
	buf_init(&s.options_bytes, MAIL_READER_FRAME);
	child_input_init(&in, MAIL_READER_FRAME);
	while (rc = child_read(&in, &type, &data), rc > 0)
		if (!on_frame(&s, type, data))
			return EX_PROTOCOL;
	return rc < 0 ? EX_PROTOCOL : EX_OK;
}
