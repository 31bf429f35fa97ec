/*
 * mail_record.h - what a mail says, flat
 *
 * Made by the worker that reads mails (mailread/), packed with lib/pack, read
 * by the daemon.  Nothing in it needs to be parsed again: addresses are bare,
 * texts are UTF-8, parts are decoded.
 *
 *	mail_record_pack(&record, &out);              the worker
 *	...
 *	static struct mail_record_copy copy;          the daemon: it is large
 *	if (mail_record_read(&copy, bytes, &err) < 0) ...
 *	use copy.record
 *
 * Text       Everything is valid UTF-8 of characters that XML 1.0 has.  Texts
 *            of one line hold no control characters; `text` and `fresh` hold
 *            LF and tabs besides.
 * Trust      The worker has read what a stranger wrote and may be his by now:
 *            mail_record_read() believes nothing.  Whatever it lets through is
 *            as this header says, every ceiling and every form.
 * Ownership  A record borrows all it points to; one that was read borrows from
 *            the bytes and from its copy.
 */
#ifndef MAIL_RECORD_H
#define MAIL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"
#include "smtp/mail_address.h"

enum {
	MAIL_TEXT_MAX = 200 * 1024,
	MAIL_LINE_MAX = 1024, /* bytes of a text of one line */
	MAIL_WORD_MAX = 255,  /* of a word that software reads */
	MAIL_ID_MAX = 250,    /* of a Message-ID, without its brackets */
	MAIL_URL_MAX = 2000,
	MAIL_REPLY_TO_MAX = 4,
	MAIL_PARTIES_MAX = 50,
	MAIL_REFERENCES_MAX = 50,
	MAIL_DSN_ROWS_MAX = 50,
	MAIL_NOTES_MAX = 8,
	MAIL_PARTS_MAX = 100,                /* named */
	MAIL_PARTS_CARRIED = 10,             /* with their bytes */
	MAIL_PART_MAX = 10 * 1024 * 1024,    /* one that is carried */
	MAIL_CARRIED_MAX = 32 * 1024 * 1024, /* all that are */
	MAIL_HASH_BYTES = 32,
	MAIL_RECORD_MAX = MAIL_CARRIED_MAX + 2 * 1024 * 1024, /* packed */
};

/*
 * address: one @ with something on both sides of it, or none (`root`); no
 * blanks, controls or brackets.  Empty: there was none that can be used.
 * name: one line; it may look like an address, which only who shows it can
 * judge.
 */
struct mail_name {
	struct str address, name;
};

enum mail_party_kind { MAIL_TO, MAIL_CC };

struct mail_party {
	enum mail_party_kind kind;
	struct mail_name who;
};

enum mail_class {
	MAIL_ORDINARY,
	MAIL_AUTO, /* by a program: RFC 3834 and what is in use beside it */
	MAIL_LIST, /* by a mailing list */
	MAIL_DSN,  /* about the delivery of another mail (RFC 3464), or a text
	              that is one in everything but form */
	MAIL_MDN,  /* another mail was displayed, or deleted (RFC 8098) */
	MAIL_ARF,  /* a complaint about another mail (RFC 5965) */
	MAIL_NCLASS
};

/* One recipient of a DSN. */
struct mail_dsn_row {
	struct str recipient;  /* an address */
	struct str action;     /* failed delayed delivered relayed expanded */
	struct str status;     /* "5.1.1" */
	struct str diagnostic; /* what the far server said; one line */
	struct str remote_mta;
};

/* What came beside the text, in the order of the mail. */
struct mail_part {
	struct str name; /* for people and file systems; never empty */
	struct str mime; /* "image/png" */
	struct str cid;
	uint64_t size; /* decoded */
	bool is_inline;
	bool is_carried; /* body is all of it */
	struct str body;
};

/*
 * What our own MTA has found out about the sender (RFC 8601), and nobody
 * else.  Words are lower case: pass, fail, none ...; empty: nothing said.
 */
struct mail_auth {
	struct str dmarc, policy; /* policy: none quarantine reject */
	struct str dmarc_domain;  /* whose policy: that of the From */
	struct str spf, spf_domain;
	struct str dkim, dkim_domain;
};

struct mail_record {
	struct mail_name from, sender;
	struct mail_name reply_to[MAIL_REPLY_TO_MAX];
	size_t nreply_to;
	const struct mail_party *party; /* MAIL_PARTIES_MAX */
	size_t nparty;
	struct str subject;
	struct str message_id, in_reply_to; /* without brackets, ASCII, no
	                                       blanks; or empty */
	const struct str *reference;        /* such ids, the newest last */
	size_t nreference;                  /* MAIL_REFERENCES_MAX */
	int64_t date_utc; /* milliseconds; 0: none that can be read */

	struct str text;  /* all of it, readable */
	struct str fresh; /* without quotes and signature; text in doubt */
	bool was_trimmed; /* fresh is less than text */
	bool was_cut;     /* text ends at MAIL_TEXT_MAX, or the mail did not
	                     come whole */
	bool is_html;     /* text was made from HTML */

	enum mail_class class;
	bool is_auto;           /* nobody wrote it now; lists may be that */
	struct str auto_kind;   /* auto-replied, auto-generated ...; or empty */
	struct str list_id;     /* "dev.lists.example.org" */
	struct str list_post;   /* address that posts; or empty */
	struct str unsubscribe; /* https: or mailto: URL */
	bool one_click;         /* ... which a POST is enough for (RFC 8058) */
	struct str feedback;    /* MAIL_ARF: "abuse", "fraud" ... */
	const struct mail_dsn_row *dsn;
	size_t ndsn;
	struct str dsn_envid;       /* what we called it */
	struct str returned_id;     /* Message-ID in what came back */
	struct str returned_to;     /* an address in To there */
	struct str returned_sender; /* Return-Path there */

	struct mail_auth auth;
	bool is_spam;          /* a filter on the way says so */
	struct str importance; /* low medium high; or empty */
	struct str severity;   /* as a program has put it; one line */
	struct str jabber_id;  /* claimed by nobody but the sender */
	unsigned nreceived;    /* Received headers */
	bool has_own_loop;     /* two of them are by own_domain */

	const struct mail_part *part; /* MAIL_PARTS_MAX */
	size_t npart;
	struct str note[MAIL_NOTES_MAX]; /* for people: "signed, not checked" */
	size_t nnote;

	/*
	 * SHA-256 of the mail without what delivery adds (Received, Return-Path
	 * and the like): MAIL_HASH_BYTES, the same when it comes again.  With
	 * Received, if neither Date nor Message-ID tells it from others.
	 */
	struct str hash;
};

struct mail_record_copy {
	struct mail_record record;
	struct mail_party party[MAIL_PARTIES_MAX];
	struct str reference[MAIL_REFERENCES_MAX];
	struct mail_dsn_row dsn[MAIL_DSN_ROWS_MAX];
	struct mail_part part[MAIL_PARTS_MAX];
};

/* A record as this header says; check buf_is_full(). */
void mail_record_pack(const struct mail_record *r, struct buf *out);

/* 0, or -1: those bytes are no record; err says which field is wrong. */
int mail_record_read(
    struct mail_record_copy *copy, struct str bytes, struct err *err);

/* The forms, for who makes records. */
bool mail_is_line(struct str s);    /* MAIL_LINE_MAX, no controls */
bool mail_is_word(struct str s);    /* MAIL_WORD_MAX, printable ASCII */
bool mail_is_address(struct str s); /* as in struct mail_name; not empty */
bool mail_is_id(struct str s);      /* a Message-ID; not empty */
bool mail_is_url(struct str s);     /* https: or mailto: */
bool mail_is_file(struct str s);    /* a name that names no other folder */

const char *mail_class_name(enum mail_class c); /* "dsn": for logs */

#endif
