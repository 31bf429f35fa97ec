/*
 * mailread_files.h - what is carried beside the text of a mail
 */
#ifndef MAILREAD_FILES_H
#define MAILREAD_FILES_H

#include <gmime/gmime.h>

#include "smtp/mail_record.h"

struct mailread_pool;

enum {
	/* A picture that a page shows and that is smaller is no picture: it is
	   a line, a dot or somebody who counts. */
	MAILREAD_PICTURE_MIN = 2048,
};

struct mailread_files {
	struct mailread_pool *pool;
	struct mail_part part[MAIL_PARTS_MAX];
	size_t n, ncarried;
	size_t carried; /* bytes */
};

/* in_page: it belongs to a page of HTML. */
void mailread_files_add(
    struct mailread_files *f, GMimePart *part, bool in_page);

/* As NAME.eml, after its subject. */
void mailread_files_add_message(
    struct mailread_files *f, GMimeMessagePart *part);

#endif
