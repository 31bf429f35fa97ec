/*
 * outbox_draft.h - messages of a user that wait for his session
 */
#ifndef CORE_OUTBOX_DRAFT_H
#define CORE_OUTBOX_DRAFT_H

struct err;
struct outbox;
struct sender;
struct session;

/* The session is online: each finds its line, or is refused. */
void outbox_drafts_go(struct sender *s, struct session *is);

/* It is not: until OUTBOX_LOGIN_MS have passed. */
void outbox_drafts_wait(struct sender *s);
void outbox_drafts_fail(struct sender *s, const struct err *err);

/* When the outbox ends: without a word. */
void outbox_drafts_drop(struct sender *s);

/* Nor does what is refused wait for the disk. */
void outbox_refused_drop(struct outbox *b);

/* What was asked about is not remembered any more. */
void outbox_sure_clear(struct outbox *b);

#endif
