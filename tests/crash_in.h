/*
 * crash_in.h - the world of crash_in, for the networks that it plays
 */
#ifndef TESTS_CRASH_IN_H
#define TESTS_CRASH_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "crash_disk.h"
#include "crash_stage.h"

enum boundary {
	B_WRITE = CRASH_WRITE,
	B_SYNC = CRASH_SYNC,
	B_SYNCED = CRASH_SYNCED,
	B_CONNECTED = CRASH_OTHERS, /* somebody has a mail for us */
	B_RECIPIENT,                /* ... and has said for whom */
	B_BODY,                     /* half of it was written */
	B_TOLD,                     /* the program has been told of it */
	B_READ,                     /* a worker has it */
	B_ACKNOWLEDGED,
	B_STANZA,    /* about to be written */
	B_TAKEN,     /* the server has it */
	B_CONFIRMED, /* ... and has said so */
	B_N
};

enum { NMESSAGES = 8 };

struct script {
	const char *user, *from, *words;
	unsigned with; /* so many of the next come together with it */
	bool away;     /* he is, for AWAY_S */
	bool nobody;   /* there is no such user */
};
extern const struct script script[NMESSAGES];

struct message {
	bool acknowledged;
	bool dead;     /* the one who is nobody */
	bool deferred; /* it was told to come again, and may come later */
	char id[64];
	unsigned nseen, nrepeat, nwrong;
	unsigned seen_at; /* second of the world */
	unsigned order;
};

struct world {
	struct crash crash;
	unsigned second, norder;
	struct message message[NMESSAGES];
};
extern struct world *world; /* shared */

struct mode {
	bool stream, worker, no_kept, no_confirm, quick;
	unsigned every;
};
extern struct mode mode;

extern const struct crash_net crash_wire_in, crash_mail_in;
extern const struct gateway_ops crash_wire_in_ops, mail_gateway;

/* Of crash_mail_in: the worker that has the next mail dies. */
void crash_mail_in_die(int kind);

#endif
