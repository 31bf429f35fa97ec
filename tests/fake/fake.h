/*
 * fake.h - the outside world of a flow: loop, links and streams that a
 * script moves
 *
 * Each .c here implements a header of src/net or src/xmpp and is linked
 * before the real one.
 */
#ifndef FAKE_FAKE_H
#define FAKE_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/list.h"
#include "lib/str.h"
#include "net/http_client.h"

struct component;
struct link;
struct loop;

/* Runs the hooks once, as a turn of the real loop does. */
void fake_loop_turn(struct loop *l);

/* ---- components ------------------------------------------------------- */

/* The component of that domain; NULL: none. */
struct component *fake_component(struct str domain);
void fake_component_up(struct component *c);
void fake_component_down(struct component *c);
void fake_component_cut(struct component *c); /* down, and nobody is told */
void fake_component_slow(struct component *c, bool slow);

/* False: ill-formed. */
bool fake_component_feed(struct component *c, struct str stanza);

/* What the program wrote, oldest first. */
struct fake_stanza {
	struct list node;
	char *to; /* its attribute */
	char *xml;
};
struct list *fake_stanzas(void);
void fake_stanza_free(struct fake_stanza *s);

/* ---- links ------------------------------------------------------------ */

struct fake_link {
	struct list node;  /* in the order opened */
	struct link *link; /* NULL: closed by the program */
	char *host;
	unsigned port;
	bool tls;
	bool certificate; /* we show one */
	bool paused;      /* the program does not read */
	bool seen;        /* the script has named it */
	bool mute;        /* the script answers fences itself */
	bool asked;       /* ... and what modes channels have */
	bool greeted;     /* LHLO was said, by `mails` */
	struct buf out;   /* written by the program, not yet taken */
};
struct list *fake_links(void);

/* Of all of them; the peer is 192.0.2.1. */
enum { FAKE_LOCAL_PORT = 40000 };

void fake_link_up(struct fake_link *f);
void fake_link_feed(struct fake_link *f, struct str bytes);
void fake_link_down(struct fake_link *f, const char *why, bool permanent);
void fake_link_hang_up(struct fake_link *f); /* before it was up */

/* Takes that line out, wherever it stands; false: it was not written. */
bool fake_link_take(struct fake_link *f, struct str line);

/* The same for a line of that word and one more, which goes to arg_out. */
bool fake_link_take_ask(
    struct fake_link *f, struct str word, struct buf *arg_out);

/*
 * Somebody connects to us, at a port or a path, from that address; NULL:
 * nobody listens there.
 */
struct fake_link *fake_call(struct str place, struct str address);

/* The link of that, for fake/listener.c. */
struct fake_link *fake_link_come(struct str address, struct link **link_out);

/* The next whole line it wrote, without its end; false: none. */
bool fake_link_line(struct fake_link *f, struct buf *line_out);

/* ---- http ------------------------------------------------------------- */

enum { FAKE_HEAD_MAX = 64 * 1024 };

/* What the program asks of a web server and is not answered yet. */
struct fake_request {
	struct list node;
	char *method, *url, *body;
	struct buf head; /* "name: value" lines; also what else was wanted */
	bool seen;       /* the script has named it */
};
struct list *fake_requests(void);

/* It is gone then. */
void fake_request_answer(
    struct fake_request *r, const struct http_response *with);

/* Somebody asks the program. */
struct http_field;
struct fake_asked {
	struct str method, uri, body;
	const struct http_field *field;
	size_t nfield;
};
void fake_ask(const struct fake_asked *a);

/* What it answered, oldest first. */
struct fake_reply {
	struct list node;
	int status;
	char *body;
};
struct list *fake_replies(void);
void fake_reply_free(struct fake_reply *r);

/* ---- workers ---------------------------------------------------------- */

struct worker;

/* What it was told, oldest first. */
struct fake_frame {
	struct list node;
	uint8_t type;
	struct buf data;
};

/* A worker that the program has started and not let go of. */
struct fake_worker {
	struct list node;
	struct worker *worker;
	char *program; /* "passerelle-mailout" */
	struct list frames;
	bool is_dead;
	bool is_killed; /* the program has; it does not know yet */
	bool is_busy;   /* for the script */
};
struct list *fake_workers(void);
void fake_frame_free(struct fake_frame *f);

/* Not from inside a call of net/worker.h; it may be gone behind it. */
void fake_worker_say(struct fake_worker *f, uint8_t type, struct str data);
void fake_worker_die(struct fake_worker *f, int signal);

/* Forget everything. */
void fake_reset(void);

#endif
