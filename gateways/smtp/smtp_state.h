/*
 * smtp_state.h - inside of a connection; for smtp_proto.c and smtp_command.c
 */
#ifndef SMTP_STATE_H
#define SMTP_STATE_H

#include "lib/buf.h"
#include "smtp/smtp_auth.h"
#include "smtp/smtp_data.h"
#include "smtp/smtp_path.h"
#include "smtp/smtp_proto.h"

enum smtp_stage {
	SMTP_NEW,     /* not greeted */
	SMTP_COMMAND, /* waits for one */
	SMTP_AUTH,    /* in the dialogue of a login */
	SMTP_DATA,
	SMTP_TLS,  /* 220 was said, TLS is not on yet */
	SMTP_OVER, /* what is out is still written */
};

struct smtp_proto {
	struct smtp_params as;
	char *host;
	enum smtp_stage stage;
	enum smtp_event_type asked; /* NONE: no answer is owed */
	bool delayed;
	bool ends; /* with the next command */
	bool tells_delay, tells_close;
	bool is_tls;
	unsigned nerror, njunk, nmail, nlogin;

	char *helo;                 /* NULL: not said yet */
	char *user;                 /* NULL: nobody has logged in */
	struct smtp_origin client;  /* by XCLIENT */
	struct smtp_origin forward; /* by XFORWARD, for one mail ... */
	bool is_forwarded;          /* ... if it was said */
	struct smtp_auth auth;

	/* One mail. */
	char *sender;          /* NULL: there is none */
	struct str *recipient; /* each of its own */
	size_t nrecipient;
	uint64_t size;
	bool utf8;
	char *candidate; /* sender or recipient that is asked about */
	struct smtp_data data;

	bool skips;     /* a line that is too long */
	struct buf in;  /* copied, because it had to wait */
	size_t used;    /* of in: borrowed by the last event, or done with */
	struct str fed; /* not looked at; used once in is empty */
	struct buf out;
};

/* "code enhanced text"; enhanced NULL: "code text". */
void smtp_say(struct smtp_proto *p, int code, const char *enhanced,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The same for what the peer has done wrong: counted, and costs time. */
void smtp_fail(struct smtp_proto *p, int code, const char *enhanced,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The same for an address: an MTA that is no stranger has it from one. */
void smtp_refuse(struct smtp_proto *p, int code, const char *enhanced,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Nothing is read any more. */
void smtp_end(struct smtp_proto *p);

void smtp_banner(struct smtp_proto *p);

/* The mail so far is forgotten. */
void smtp_forget_mail(struct smtp_proto *p);

/* An answer is owed to this. */
void smtp_ask(struct smtp_proto *p, struct smtp_event *ev,
    enum smtp_event_type type, struct str text);

/* smtp_command.c: one line, without its end. */
void smtp_command(struct smtp_proto *p, struct str line, struct smtp_event *ev);
void smtp_auth_line(
    struct smtp_proto *p, struct str line, struct smtp_event *ev);

#endif
