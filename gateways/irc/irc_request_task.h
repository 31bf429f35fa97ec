/*
 * irc_request_task.h - a request that takes several commands
 *
 * Its commands all carry the ref of the request; each that was queued is
 * answered once (irc_proto.h, Refs), and with the last of them the request
 * is, with the first error there was.
 *
 *	t = irc_task_new(l, id);
 *	irc_task_did(t, irc_proto_kick(..., irc_task_ref(t), &t->err));
 *	irc_task_queued(l, t);
 */
#ifndef IRC_REQUEST_TASK_H
#define IRC_REQUEST_TASK_H

#include "irc/irc_link.h"

struct irc_task {
	struct list node; /* link->tasks */
	gw_req_id id;
	unsigned open;  /* commands that are not answered */
	struct err err; /* the first */
	bool is_ban;    /* whom it kicks is banned, too */
	char *unban;    /* a ban to be found in the list and taken; or NULL */
	char *found;    /* as it stands there, or NULL */
};

struct irc_task *irc_task_new(struct irc_link *l, gw_req_id id);

uint64_t irc_task_ref(const struct irc_task *t);

/* What a command returned; false: it was not queued, and t->err says why. */
bool irc_task_did(struct irc_task *t, int rc);

/* Modes, in as many lines as it takes.  False: as irc_task_did(). */
bool irc_task_change(struct irc_link *l, struct irc_task *t, struct str room,
    const struct irc_change *change, size_t n);

/* No command follows.  Frees and answers it if none is open. */
void irc_task_queued(struct irc_link *l, struct irc_task *t);

/* NULL: that request is none of these. */
struct irc_task *irc_task_find(const struct irc_link *l, gw_req_id id);

/* One of its commands was answered; err may be NULL. */
void irc_task_answered(
    struct irc_link *l, struct irc_task *t, const struct err *err);

/* Without a word. */
void irc_tasks_drop(struct irc_link *l);

#endif
