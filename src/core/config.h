/*
 * config.h - the configuration file: its options, defaults and mistakes
 *
 * Syntax by libconfuse; the options of a gateway block depend on its type
 * and are declared by that network (gw_option, gw_section in core/gateway.h).
 * A load goes on after a mistake wherever it can and reports all of them,
 * each as `FILE:LINE: what is wrong; what to do`.
 *
 *	struct config_report rep = { 0 };
 *	struct config *c = config_load(path, gateway_kinds, &rep);
 *	for (size_t i = 0; i < rep.n; i++)
 *		print rep.v[i].text;
 *	config_report_release(&rep);
 *	if (!c)
 *		exit EX_CONFIG;
 *
 * What a network's own open() finds wrong is not known here: --check-config
 * calls it too.
 *
 * Ownership  A config owns everything that can be reached from it, the
 *            struct conf handed to networks included.
 * Limits     CONFIG_FILE_MAX bytes, CONFIG_PROBLEMS_MAX problems.
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/str.h"
#include "net/address.h"

struct conf; /* one section, as core/gateway.h lets networks see it */
struct gateway_ops;
struct gw_section;

enum {
	CONFIG_FILE_MAX = 1024 * 1024,
	CONFIG_PROBLEMS_MAX = 50,
	CONFIG_SECRET_MAX = 512, /* bytes of a component secret */
	CONFIG_CONTACTS_MAX = 32,
};

struct config_problem {
	bool is_error; /* else a warning: the file can be used */
	int line;      /* 0: of the file as a whole */
	char *text;    /* with FILE:LINE: in front */
};

struct config_report {
	struct config_problem *v; /* by line */
	size_t n, nerrors;
};

/* One more; over CONFIG_PROBLEMS_MAX it is only counted. */
void config_report_add(struct config_report *r, bool is_error, const char *path,
    int line, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void config_report_release(struct config_report *r);

/*
 * What may have been meant: the entry of known, which ends with NULL, that is
 * at most two letters away from name; NULL if none is.
 */
const char *config_nearest(const char *name, const char *const *known);

struct config_server {
	struct str host;
	int port;
	struct str domain; /* the users' own; never empty */
	bool
	    domain_guessed; /* the first gateway's name minus a label: log it */
};

struct config_store {
	struct str path, key_file; /* path[path.len] is a NUL, both */
};

/* What `passerelle queue ...` talks to. */
struct config_control {
	struct str path; /* of the socket; empty: there is none */
};

/* Requests from outside. */
struct config_http {
	struct str listen;     /* an address */
	int port;              /* 0: there is none */
	struct str public_url; /* no slash at the end; may be empty */
	const struct address_prefix *proxy; /* whose X-Forwarded-For counts */
	size_t nproxy;
	bool metrics;
	const struct address_prefix *metrics_allow;
	size_t nmetrics_allow;
};

/*
 * Who may use a gateway.  Prepared (RFC 6122) and sorted.  An entry with '@'
 * is a bare JID, one without is a domain; both match exactly.
 */
struct config_access {
	const struct str *allow;
	size_t nallow;
	const struct str *admins; /* bare JIDs */
	size_t nadmins;
};

/* Ceilings of one gateway. */
struct config_limits {
	size_t users;     /* with a session at the same time */
	size_t sessions;  /* of one user */
	size_t rooms;     /* of one session */
	size_t occupants; /* stored, in all */
	size_t resources; /* of one user, inside rooms */
	size_t contacts;  /* of one user, in his roster */
	size_t commands;  /* running ad-hoc commands of one user */
};

/* Whom to turn to, by the field of XEP-0157; those of one field together. */
struct config_contacts {
	struct {
		const char *field;
		struct str uri;
	} v[CONFIG_CONTACTS_MAX];
	size_t n;
};

struct config_gateway {
	struct str domain; /* prepared */
	const struct gateway_ops *ops;
	struct secret secret; /* from secret or secret_file */
	int64_t reconnect_min_ms, reconnect_max_ms;
	unsigned connect_burst;      /* dials to a network at once, */
	int64_t connect_interval_ms; /* then one each; 0: no limit */
	unsigned network_burst; /* the same where users have addresses of */
	int64_t network_interval_ms; /* their own, for all: the above is each */
	int64_t idle_days;           /* 0: for ever */
	struct str contact;          /* for complaints: a URI, or empty */
	struct config_contacts contacts; /* that one among them */
	bool stay_connected;             /* of users who have not set it */
	bool allow_gateways; /* users who come through another one */
	bool archive;
	int64_t archive_days; /* 0: for ever */
	int64_t bodies_days;  /* of messages that have ended */
	int64_t archive_max;  /* lines of one conversation; 0: no limit */
	struct config_access access; /* its own allow, else access.allow */
	struct config_limits limits;
	const struct conf *conf; /* for ops->open() and reload() */
};

struct config {
	struct config_server server;
	struct config_store store;
	struct config_http http;
	struct config_control control;
	enum log_level log_level;
	struct config_access access;
	struct config_gateway *gateway;
	size_t ngateway;   /* at least 1 */
	struct conf *root; /* private */
	char *path;        /* private */
};

/*
 * NULL when there was an error; rep, zeroed by the caller, says which.  With
 * warnings only, both.  kinds ends with NULL: gateway_kinds.
 */
struct config *config_load(const char *path,
    const struct gateway_ops *const *kinds, struct config_report *rep);

/*
 * The same of text that is in memory; path is for messages and for relative
 * file names.  is_untrusted: no secret_file is opened; for the fuzzer.
 */
struct config *config_parse(const char *path, struct str text,
    bool is_untrusted, const struct gateway_ops *const *kinds,
    struct config_report *rep);
void config_free(struct config **cp);

/*
 * The path of the control socket that a program with this file has, also if
 * much of the file is wrong or its secrets cannot be read: whoever asks may
 * have another environment.  The caller's to free(); NULL: rep says why.
 */
char *config_control_path(const char *path,
    const struct gateway_ops *const *kinds, struct config_report *rep);

/* NULL: no gateway of that domain. */
const struct config_gateway *config_gateway_find(
    const struct config *c, struct str domain);

/* ---- access ----------------------------------------------------------- */

/* bare is prepared: node@domain or domain. */
bool config_allows(const struct config_access *a, struct str bare);
bool config_is_admin(const struct config_access *a, struct str bare);

/* ---- reloading -------------------------------------------------------- */

enum config_change {
	CONFIG_CH_LOG = 1 << 0,
	CONFIG_CH_ACCESS = 1 << 1, /* allow or admins, of a gateway or in all */
	CONFIG_CH_LIMITS = 1 << 2, /* limits, reconnect_*, archive, contacts */
	CONFIG_CH_NETWORK = 1
	    << 3, /* options of the kind: call ops->reload() */
	CONFIG_CH_RESTART = 1 << 4, /* something that is read at start only */
};

/*
 * What differs, CONFIG_CH_*.  Of the gateways, config_diff() only says whether
 * one was added or removed, or needs a restart.  Names of all that needs one
 * are appended to restart_out, separated by ", ":
 * "server.port, gateway irc.example.org: secret".
 */
unsigned config_diff(
    const struct config *was, const struct config *is, struct buf *restart_out);

/* One gateway against itself.  restart_out may be NULL. */
unsigned config_gateway_diff(const struct config_gateway *was,
    const struct config_gateway *is, struct buf *restart_out);

/* ---- what there is ---------------------------------------------------- */

/*
 * Every section and option of the core, for the test that compares them with
 * the sample file.  "gateway" holds "limits".  Ends with name NULL.
 */
const struct gw_section *config_sections(void);

#endif
