/*
 * mailout_session.h - one connection, by libesmtp
 *
 * It is made for a letter, and takes further ones while they come in time.
 */
#ifndef MAILOUT_SESSION_H
#define MAILOUT_SESSION_H

#include "smtp/mail_submit.h"
#include "smtp/mailout/mailout_job.h"

/*
 * Takes the letter.  One that came later and had no luck with the connection
 * is returned: it is to have one of its own.  NULL: all that were taken have
 * ended.
 */
struct mailout_job *mailout_session_run(const struct mail_submit *to,
    struct mailout_jobs *js, struct mailout_job *first);

#endif
