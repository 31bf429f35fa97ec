/*
 * mail_subject.h - what programs put in front of a subject, and what is behind
 *
 * "Re:", "Aw:", "RE :", "Re[2]:", "Fwd:", "WG:", "Rép:", the tags of mailing
 * lists: RFC 5256 2.1, with the words of more languages.  What comes back is a
 * part of what was given, which is one clean line (mail_words_line).
 *
 * Pure; linear time.
 */
#ifndef SMTP_MAIL_SUBJECT_H
#define SMTP_MAIL_SUBJECT_H

#include <stdbool.h>

#include "lib/str.h"

/*
 * For comparing: without such words and without tags in brackets, in front
 * and, as "(fwd)", behind.  Empty if there is nothing else.
 */
struct str mail_subject_base(struct str subject);

/*
 * For people, and to put another "Re: " in front of: without such words, but
 * with its tag: "Re: [vote] Re: lunch" gives "[vote] Re: lunch".
 */
struct str mail_subject_plain(struct str subject);

/* What its first word says; both where languages differ ("VS:"). */
bool mail_subject_is_reply(struct str subject);
bool mail_subject_is_forward(struct str subject);

#endif
