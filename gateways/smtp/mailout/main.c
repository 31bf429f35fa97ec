/*
 * passerelle-mailout - hands in mail at one smart host, by libesmtp
 *
 * Started by the daemon (net/worker.h), which may kill it at any time.  What
 * the two say to each other: smtp/mail_frames.h.
 */
#include <sys/resource.h>
#include <sysexits.h>

#include "lib/child.h"
#include "lib/xalloc.h"
#include "smtp/mail_frames.h"
#include "smtp/mailout/mailout_job.h"
#include "smtp/mailout/mailout_render.h"
#include "smtp/mailout/mailout_session.h"

enum { DESCRIPTORS_MAX = 64, MEMORY_MB = 512 };

/* Address sanitizers reserve more than any memory there is. */
static void
set_limits(void)
{
	struct rlimit none = { 0, 0 };
	struct rlimit few = { DESCRIPTORS_MAX, DESCRIPTORS_MAX };

	if (setrlimit(RLIMIT_FSIZE, &none) < 0 ||
	    setrlimit(RLIMIT_NOFILE, &few) < 0)
		exit(EX_OSERR);
#if !defined(__SANITIZE_ADDRESS__)
	struct rlimit memory = { (rlim_t)MEMORY_MB << 20,
		(rlim_t)MEMORY_MB << 20 };

	if (setrlimit(RLIMIT_AS, &memory) < 0)
		exit(EX_OSERR);
#endif
}

/* The strings of *to borrow from *bytes, the caller's to free(). */
static int
read_setup(struct mailout_jobs *js, struct mail_submit *to, char **bytes)
{
	struct err err = ERR_INIT;
	struct str data;
	uint8_t type;

	if (child_read(&js->in, &type, &data) <= 0)
		return -1;
	*bytes = xmalloc(data.len + 1);
	memcpy(*bytes, data.p, data.len);
	if (type == MAIL_FRAME_SETUP &&
	    mail_submit_read(to, str_of(*bytes, data.len), &err) == 0)
		return 0;
	fprintf(stderr, "no smart host: %s\n", err.text);
	return -1;
}

static void
serve(struct mailout_jobs *js, const struct mail_submit *to)
{
	struct mailout_job *j = mailout_jobs_next(js, -1);

	while (j) {
		j = mailout_session_run(to, js, j);
		if (!j)
			j = mailout_jobs_next(js, -1);
	}
}

int
main(void)
{
	struct mailout_jobs js;
	struct mail_submit to;
	char *bytes = NULL;
	int rc;

	child_begin();
	set_limits();
	mailout_render_begin();
	mailout_jobs_init(&js);
	rc = read_setup(&js, &to, &bytes);
	if (rc == 0)
		serve(&js, &to);
	mailout_jobs_release(&js);
	free(bytes);
	mailout_render_end();
	return rc == 0 ? 0 : EX_USAGE;
}
