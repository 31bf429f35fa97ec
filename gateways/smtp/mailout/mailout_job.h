/*
 * mailout_job.h - the letters, one after another, and what became of them
 *
 * One is with us at a time: it is asked for, rendered, and ends by a result.
 */
#ifndef MAILOUT_JOB_H
#define MAILOUT_JOB_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/child.h"
#include "smtp/mail_letter.h"
#include "smtp/mail_result.h"

struct mailout_job {
	char *env_from, *env_to, *envid; /* envid NULL: it has none */
	bool wants_dsn;
	struct buf bytes;
	bool was_given;     /* to libesmtp, since it last began with it */
	bool was_committed; /* its end may have left */
	bool was_tried;     /* on a connection that others had used before */
};

struct mailout_jobs {
	struct child_input in;
	bool has_asked;
	bool is_over; /* the daemon has closed, or speaks otherwise */
};

void mailout_jobs_init(struct mailout_jobs *js);
void mailout_jobs_release(struct mailout_jobs *js);

/*
 * The next letter, waiting wait_ms for it at most, or with -1 as long as it
 * takes.  Those that cannot be rendered have ended already.  NULL: there is
 * none.
 */
struct mailout_job *mailout_jobs_next(struct mailout_jobs *js, int wait_ms);

/* Its end is about to leave. */
void mailout_job_commit(struct mailout_job *j);

/* What became of it; it is freed. */
void mailout_job_end(struct mailout_job **jp, const struct mail_result *r);

#endif
