/*
 * store_outbox.h - what is to go out, on disk: messages, their pieces, what
 * was reported about none that we know, lines that pause
 *
 * The promises of store.h.  A piece has no row until something became of it:
 * it is queued on the line of its message.
 */
#ifndef CORE_STORE_OUTBOX_H
#define CORE_STORE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/store.h"

enum { STORE_OUT_PAGE = 500, STORE_OUT_KEY_MAX = 64 };

/* A message as it was accepted, and how it stands. */
struct store_out {
	uint64_t id; /* of all gateways together */
	struct str gateway, user;
	struct str key; /* the same for the same message; or empty */
	struct str line;
	unsigned npieces; /* written only: head says it, too */
	uint64_t nunits;
	int64_t price;
	int64_t accepted_utc;
	struct str head, body; /* packed; the body may be gone */

	/* What changes. */
	bool is_open; /* to be read at the next start */
	unsigned fate, told, flags;
	int64_t expire_utc, changed_utc;
};

struct store_piece {
	uint64_t message;
	unsigned no; /* from 1 */
	unsigned fate, tries;
	struct str line, network_id;
	int64_t at_utc; /* of what was last heard */
	unsigned err;   /* enum err_kind */
	struct str err_text;
};

/* Messages in the order of their ids, each with its pieces. */
struct store_outs {
	const struct store_out *message;
	size_t nmessage;
	const struct store_piece *piece;
	size_t npiece;
};

typedef void store_outs_fn(bool ok, const struct store_outs *o, void *arg);
typedef void store_number_fn(bool ok, uint64_t n, void *arg);

/*
 * Unless a message with its key was accepted since since_utc.  fn is given the
 * id of the one that is there, then: its own, or that of the other.
 */
store_load_id store_out_put(struct store *st, const struct store_out *o,
    int64_t since_utc, store_number_fn *fn, void *arg);

/* How it stands; with what became of one of its pieces, or NULL. */
void store_out_step(struct store *st, const struct store_out *o,
    const struct store_piece *p, store_done_fn *done, void *arg);

/* The same, of one that is about to be tried: fn is given whether it is there
   at all, 0 or 1. */
void store_out_try(struct store *st, const struct store_out *o,
    const struct store_piece *p, store_number_fn *fn, void *arg);

/* Other words of one that has not been tried. */
void store_out_body(struct store *st, uint64_t id, struct str body,
    store_done_fn *done, void *arg);

/* The largest id there ever was. */
store_load_id store_out_last(struct store *st, store_number_fn *fn, void *arg);

/* Those up to it are not used. */
void store_out_skip(struct store *st, uint64_t id);

/* STORE_OUT_PAGE of those of a gateway that are open, behind an id. */
store_load_id store_outs_load(struct store *st, struct str gateway,
    uint64_t after, store_outs_fn *fn, void *arg);

/* One of a gateway; or none. */
store_load_id store_out_find(struct store *st, struct str gateway, uint64_t id,
    store_outs_fn *fn, void *arg);
store_load_id store_out_find_named(struct store *st, struct str gateway,
    struct str line, struct str network_id, store_outs_fn *fn, void *arg);

/* What was accepted with that key since then. */
store_load_id store_out_find_keyed(struct store *st, struct str gateway,
    struct str key, int64_t since_utc, store_outs_fn *fn, void *arg);

/* The newest of a gateway that did not get there: max of them. */
store_load_id store_outs_dead(struct store *st, struct str gateway, size_t max,
    store_outs_fn *fn, void *arg);

/* Bodies of what ended before, and all of what ended long before; a part at a
   time: fn is given whether there is more. */
store_load_id store_outs_prune(struct store *st, struct str gateway,
    int64_t bodies_utc, int64_t rows_utc, store_number_fn *fn, void *arg);

/* ---- what was sent, by day ---------------------------------------------- */

struct store_tally {
	struct str user, line;
	int64_t day; /* since the Epoch */
	uint64_t nmessages, nunits;
	int64_t price;
};

typedef void store_tallies_fn(
    bool ok, const struct store_tally *v, size_t n, void *arg);
store_load_id store_tallies_load(struct store *st, struct str gateway,
    int64_t since_utc, store_tallies_fn *fn, void *arg);

/* ---- reports about nothing we know -------------------------------------- */

struct store_report {
	struct str line, network_id;
	unsigned fate; /* enum gw_fate */
	unsigned err;
	struct str err_text;
	int64_t at_utc;
};

typedef void store_reports_fn(
    bool ok, const struct store_report *v, size_t n, void *arg);
void store_report_put(struct store *st, struct str gateway,
    const struct store_report *r, store_done_fn *done, void *arg);
void store_report_del(struct store *st, struct str gateway, struct str line,
    struct str network_id, store_done_fn *done, void *arg);
void store_reports_prune(
    struct store *st, struct str gateway, int64_t before_utc);
store_load_id store_reports_load(
    struct store *st, struct str gateway, store_reports_fn *fn, void *arg);

/* ---- about the store itself --------------------------------------------- */

/* Empty: there is none of that name. */
typedef void store_meta_fn(bool ok, struct str value, void *arg);
void store_meta_put(struct store *st, struct str name, struct str value,
    store_done_fn *done, void *arg);
store_load_id store_meta_load(
    struct store *st, struct str name, store_meta_fn *fn, void *arg);

/* ---- lines that pause --------------------------------------------------- */

struct store_pause {
	struct str line; /* empty: all of the gateway */
	struct str why;  /* for people */
	bool is_broken;  /* the network said so, not an operator */
};

typedef void store_pauses_fn(
    bool ok, const struct store_pause *v, size_t n, void *arg);
void store_pause_put(struct store *st, struct str gateway,
    const struct store_pause *p, store_done_fn *done, void *arg);
void store_pause_del(struct store *st, struct str gateway, struct str line,
    store_done_fn *done, void *arg);
store_load_id store_pauses_load(
    struct store *st, struct str gateway, store_pauses_fn *fn, void *arg);

#endif
