/*
 * instance.h - one gateway as the core keeps it
 *
 * A component domain, the stream to the XMPP server for it, the network
 * implementation behind it and everybody who uses it.
 */
#ifndef CORE_INSTANCE_H
#define CORE_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/core.h"
#include "core/gate.h"
#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/map.h"

struct audit;
struct blocks;
struct bridges;
struct browse;
struct component;
struct confirm;
struct rosters;
struct identities;
struct inbox;
struct jid;
struct mam;
struct outbox;
struct registrations;
struct seats;
struct services;
struct probe;
struct unwanted;
struct upload;
struct twin;

struct gateway {
	struct list node; /* in the core */
	struct core *core;
	const struct gateway_ops *ops;
	const struct config_gateway *conf;
	char *domain;
	struct log_ctx log;
	struct component *component; /* NULL before core_start() */
	struct services *services;   /* iq: disco, commands, ping ... */
	struct confirm *confirm;     /* what the server has taken */
	struct twin *twin;           /* is our name ours alone? */
	struct inbox *inbox;         /* what came in and is owed */
	struct seats *seats;         /* ours in rooms of others */
	uint64_t facts, secrets;     /* the store's answers we wait for */
	struct list keepings;        /* facts on their way to the disk */
	int64_t archived_us;         /* archive_time() at last */
	struct timer prune;          /* of the archive */
	struct mam *mam;             /* questions to the archive */
	struct browse *browse;       /* lists of rooms */
	struct rosters *rosters;     /* who has subscribed to what */
	struct identities *identities;
	struct blocks *blocks;   /* who is kept out */
	struct bridges *bridges; /* who comes through another gateway */
	struct audit *audit;     /* what administrators did */
	struct upload *upload;   /* files for the XMPP server */
	struct probe *probe;     /* who is still there after a reconnect */
	struct outbox *outbox;   /* what we owe; NULL: the network is live */
	struct map accounts;     /* by bare JID */
	struct list checks;      /* sessions to look at before the turn ends */
	struct registrations *registrations;
	struct unwanted *unwanted; /* from whom users do not want to hear */
	struct timer hold;     /* when networks are read again at the latest */
	struct list arrears;   /* arrears.h: rooms that owe */
	struct list farewells; /* farewell.h: wait for the stream */
	size_t nfarewell;
	struct gates gates; /* when networks may be dialled */
	size_t nsession;
	struct buf local; /* instance_jid() at work; kept for its memory */
	struct buf key;   /* what session_key() returned last */
	size_t nstored;   /* occupants in the store */
	bool is_draining; /* nobody connects who is not connected */
	bool was_up;      /* its stream has been up once */
	bool is_failed;   /* ops->open() has refused */
	void *priv;
};

/* Networks are not read for so long at most while XMPP is slow. */
enum { INSTANCE_HOLD_MS = 20000 };

struct gateway *instance_new(
    struct core *c, const struct config_gateway *conf, struct err *err);

/* Every session is offline. */
void instance_free(struct gateway **gwp);

void instance_start(struct gateway *gw);

/* Sends everybody away and logs every session out. */
void instance_stop(struct gateway *gw);

/* An attempt is under way. */
bool instance_is_sending(const struct gateway *gw);

/* No session is left, and no attempt is under way. */
bool instance_is_quiet(struct gateway *gw);

/* Before the turn ends: ends sessions that nobody needs any more. */
void instance_turn(struct gateway *gw);

/*
 * Appends the JID of an address; resource, unescaped, may be empty.  The
 * network's name is written as given in the address.  -1, nothing appended:
 * no JID can carry that name.
 */
int instance_jid(struct gateway *gw, const struct gw_address *a,
    struct str resource, struct buf *out);

/* Where a JID at this gateway points; strings live in names. */
int instance_address(struct gateway *gw, const struct jid *to,
    struct buf *names, struct gw_address *out, struct err *err);

#endif
