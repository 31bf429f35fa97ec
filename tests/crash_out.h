/*
 * crash_out.h - the world of crash_run, for the networks that it plays
 */
#ifndef TESTS_CRASH_OUT_H
#define TESTS_CRASH_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crash_disk.h"
#include "crash_stage.h"

enum boundary {
	B_WRITE = CRASH_WRITE,
	B_SYNC = CRASH_SYNC,
	B_SYNCED = CRASH_SYNCED,
	B_LETTER = CRASH_OTHERS, /* a worker has it */
	B_COMMITTING,            /* ... and has said that its end will leave */
	B_REQUEST,               /* about to leave */
	B_REQUESTED,             /* the network has it */
	B_ANSWERED,
	B_REPORTED,
	B_ACKNOWLEDGED,
	B_STANZA,  /* about to be written */
	B_WRITTEN, /* the client has it */
	B_N
};

enum { NMESSAGES = 7, PIECES = 2 };

struct script {
	const char *to, *words;
};
extern const struct script script[NMESSAGES];

struct message {
	unsigned nsent[PIECES]; /* how often the network has taken it */
	uint64_t ticket[PIECES];
	bool acknowledged[PIECES]; /* its report */
	bool failed_once;
	unsigned nreceipt, nerror, nunsure;
	unsigned order; /* of the first piece, among all */
};

struct world {
	struct crash crash;
	unsigned norder;
	bool died_early; /* a worker did, and said nothing of committing */
	struct message message[NMESSAGES];
};
extern struct world *world; /* shared */

/* What the network says of which. */
enum { M_PARTS = 2, M_RETRY = 3, M_REFUSED = 4, M_AT_ONCE = 5 };

struct mode {
	bool no_trying, no_accepted, no_committing, quick;
	bool worker; /* it dies, not the program */
	unsigned every;
};
extern struct mode mode;

void world_takes(size_t i, unsigned part, uint64_t ticket);

extern const struct crash_net crash_wire_out, crash_mail_out;
extern const struct gateway_ops crash_wire_out_ops, mail_gateway;

/* Of crash_mail_out: a worker dies, now or where it is next looked at. */
void crash_mail_out_die(int kind);

#endif
