/*
 * The program: arguments, limits, wiring, signals.
 *
 * Exit codes are those of sysexits.h: 0 stopped as asked, 64 usage, 65 the
 * store is damaged or a line of an import was refused, 66 no file to import,
 * 69 the program that was to be asked does not run, 71 the system refused something, 74 the store cannot be read or written, 75
 * another instance has the store, 78 configuration.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>

#include "core/config.h"
#include "core/control.h"
#include "core/control_words.h"
#include "core/core.h"
#include "core/gateway.h"
#include "core/import.h"
#include "core/store.h"
#include "core/verb.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "net/loop.h"
#include "xmpp/component.h"

/* Ready is said without the XMPP server after so long: it may come later. */
enum { READY_MS = 10000 };

#define DEFAULT_PATH "/etc/passerelle.conf"

struct program {
	const char *path;
	struct config *config;
	struct config
	    *old; /* replaced by a reload: strings may still be used */
	struct loop *loop;
	struct store *store;
	struct core *core;
	struct timer ready;
	bool is_stopping;
};

static int
usage(FILE *to, int code)
{
	fprintf(to,
	    "usage: passerelle -c FILE\n"
	    "       passerelle --check-config -c FILE\n"
	    "       passerelle --import SETTINGS -c FILE\n"
	    "       passerelle [-c FILE] [-g DOMAIN] WORD...\n"
	    "       passerelle --version | --help\n"
	    "\n"
	    "  -c FILE         the configuration; runs in the foreground\n"
	    "  --check-config  say what is wrong with it, and end\n"
	    "  --import SETTINGS\n"
	    "                  take over users' settings while it is stopped\n"
	    "  WORD...         ask the program that runs; \"help\" shows what\n"
	    "  -g DOMAIN       the gateway that is meant\n"
	    "\n"
	    "See passerelle(8) and passerelle.conf(5).\n");
	return code;
}

/* ---- configuration ---------------------------------------------------- */

/* err, which may be NULL, has the first mistake. */
static struct config *
load(const char *path, struct err *err)
{
	struct config_report rep = { .n = 0 };
	struct config *c = config_load(path, gateway_kinds, &rep);
	size_t i;

	for (i = rep.n; i-- > 0;)
		if (rep.v[i].is_error)
			err_set(err, ERR_BAD_INPUT, "%s", rep.v[i].text);
	for (i = 0; i < rep.n; i++)
		fprintf(stderr, "%s: %s\n",
		    rep.v[i].is_error ? "error" : "warning", rep.v[i].text);
	config_report_release(&rep);
	return c;
}

/* What only the networks themselves can tell about their sections. */
static int
check(const char *path)
{
	struct core_params p = { .config = load(path, NULL) };
	struct err err = ERR_INIT;
	struct core *core;

	if (!p.config)
		return EX_CONFIG;
	p.loop = loop_new();
	core = core_new(&p, &err);
	if (!core)
		fprintf(stderr, "error: %s\n", err.text);
	core_free(&core);
	loop_free(&p.loop);
	config_free((struct config **)(void *)&p.config);
	if (err.kind != ERR_NONE)
		return EX_CONFIG;
	printf("%s: no mistakes found\n", path);
	return EX_OK;
}

/* ---- running ---------------------------------------------------------- */

static void
say_ready(struct program *pg)
{
	timer_cancel(&pg->ready);
	log_info(NULL, "ready", "version=%s", PASSERELLE_VERSION);
	sd_notify(0, "READY=1");
}

static void
on_attached(void *arg)
{
	struct program *pg = arg;

	if (timer_is_set(&pg->ready))
		say_ready(pg);
}

static void
on_ready_deadline(struct timer *t)
{
	log_warn(NULL, "XMPP server not reached yet",
	    "action=\"go on trying; see the lines before\"");
	say_ready(TIMER_OWNER(t, struct program, ready));
}

static void
on_stopped(void *arg)
{
	struct program *pg = arg;

	loop_stop(pg->loop);
}

static void
on_term(int signum, void *arg)
{
	struct program *pg = arg;

	if (pg->is_stopping) {
		loop_stop(pg->loop);
		return;
	}
	pg->is_stopping = true;
	log_info(NULL, "stopping", "signal=%d", signum);
	sd_notify(0, "STOPPING=1");
	core_stop(pg->core, on_stopped, pg);
}

static int
reload(void *arg, struct buf *restart_out, struct err *err)
{
	struct program *pg = arg;
	struct config *is = load(pg->path, err);

	if (!is || core_reload(pg->core, is, err) < 0) {
		log_error(NULL, "configuration not reloaded",
		    "file=%s err=\"%s\" action=\"nothing has changed\"",
		    pg->path, err->text);
		if (is)
			config_free(&is);
		return -1;
	}
	(void)config_diff(pg->config, is, restart_out);
	log_set_level(is->log_level);
	log_info(NULL, "configuration reloaded",
	    "file=%s needs_restart=\"" STR_FMT "\"", pg->path,
	    STR_ARG(buf_str(restart_out)));
	config_free(&pg->old);
	pg->old = pg->config;
	pg->config = is;
	return 0;
}

static void
on_hup(int signum, void *arg)
{
	struct err err = ERR_INIT;
	struct buf restart;

	(void)signum;
	buf_init(&restart, 4096);
	(void)reload(arg, &restart, &err);
	buf_release(&restart);
}

static int
exit_code(enum store_open_result why)
{
	switch (why) {
	case STORE_IN_USE:
		return EX_TEMPFAIL;
	case STORE_BAD_KEY:
		return EX_CONFIG;
	case STORE_TOO_NEW:
	case STORE_DAMAGED:
		return EX_DATAERR;
	case STORE_OPENED:
	case STORE_IO:
		break;
	}
	return EX_IOERR;
}

/* As many descriptors as the system grants: each IRC link is one. */
static void
raise_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) < 0)
		log_warn(NULL, "descriptor limit not raised", "now=%llu",
		    (unsigned long long)r.rlim_cur);
}

static int
listen_to_signals(struct program *pg, struct err *err)
{
	signal(SIGPIPE, SIG_IGN);
	if (loop_on_signal(pg->loop, SIGTERM, on_term, pg, err) < 0 ||
	    loop_on_signal(pg->loop, SIGINT, on_term, pg, err) < 0 ||
	    loop_on_signal(pg->loop, SIGHUP, on_hup, pg, err) < 0)
		return -1;
	return 0;
}

static int
open_store(struct program *pg)
{
	struct store_params p = { .path = pg->config->store.path.p,
		.key_file = pg->config->store.key_file.p,
		.loop = pg->loop };
	enum store_open_result why = STORE_OPENED;
	struct err err = ERR_INIT;

	pg->store = store_open(&p, &why, &err);
	if (pg->store)
		return EX_OK;
	log_error(NULL, "store not opened", "err=\"%s\"", err.text);
	return exit_code(why);
}

/* ---- importing -------------------------------------------------------- */

static int
import(struct program *pg, FILE *from, const char *name)
{
	struct core_params p = {
		.loop = pg->loop, .config = pg->config, .store = pg->store
	};
	struct import_result result;
	struct err err = ERR_INIT;

	pg->core = core_new(&p, &err);
	if (!pg->core) {
		fprintf(stderr, "error: %s\n", err.text);
		return EX_CONFIG;
	}
	result = import_settings(pg->core, from, name, stderr);
	core_free(&pg->core);
	printf("%s: %zu settings imported, %zu lines refused\n", name,
	    result.nset, result.nrefused);
	return result.nrefused ? EX_DATAERR : EX_OK;
}

static int
run_import(struct program *pg, const char *name)
{
	FILE *from;
	int code;

	pg->config = load(pg->path, NULL);
	if (!pg->config)
		return EX_CONFIG;
	from = fopen(name, "r");
	if (!from) {
		perror(name);
		config_free(&pg->config);
		return EX_NOINPUT;
	}
	umask(077);
	pg->loop = loop_new();
	code = open_store(pg);
	if (code == EX_OK)
		code = import(pg, from, name);
	store_close(&pg->store);
	loop_free(&pg->loop);
	config_free(&pg->config);
	fclose(from);
	return code;
}

/* ---- serving ---------------------------------------------------------- */

static int
serve(struct program *pg)
{
	struct core_params p = { .loop = pg->loop,
		.config = pg->config,
		.store = pg->store,
		.reload = reload,
		.reload_arg = pg };
	struct clock *clock = loop_clock(pg->loop);
	struct err err = ERR_INIT;

	pg->core = core_new(&p, &err);
	if (!pg->core) {
		log_error(
		    NULL, "configuration refused", "err=\"%s\"", err.text);
		return EX_CONFIG;
	}
	if (core_listen(pg->core, &err) < 0) {
		log_error(NULL, "not listening", "err=\"%s\"", err.text);
		core_free(&pg->core);
		return EX_OSERR;
	}
	if (listen_to_signals(pg, &err) < 0) {
		log_error(NULL, "signals not set up", "err=\"%s\"", err.text);
		core_free(&pg->core);
		return EX_OSERR;
	}
	if (pg->config->server.domain_guessed)
		log_info(NULL, "users' domain guessed",
		    "domain=" STR_FMT " option=server.domain",
		    STR_ARG(pg->config->server.domain));
	timer_init(&pg->ready, on_ready_deadline);
	timer_set(&pg->ready, clock, clock->at + READY_MS);
	core_start(pg->core, on_attached, pg);
	loop_run(pg->loop);
	timer_cancel(&pg->ready);
	core_free(&pg->core);
	return EX_OK;
}

static int
run(struct program *pg)
{
	struct err err = ERR_INIT;
	int code;

	pg->config = load(pg->path, NULL);
	if (!pg->config)
		return EX_CONFIG;
	log_set_level(pg->config->log_level);
	umask(077);
	raise_limits();
	if (component_setup((unsigned)pg->config->ngateway, &err) < 0) {
		log_error(NULL, "start refused", "err=\"%s\"", err.text);
		return EX_SOFTWARE;
	}
	pg->loop = loop_new();
	code = open_store(pg);
	if (code == EX_OK)
		code = serve(pg);
	store_close(&pg->store);
	/* Waits for the last stanzas to be written, and the streams to end. */
	loop_free(&pg->loop);
	config_free(&pg->old);
	config_free(&pg->config);
	if (code == EX_OK)
		log_info(NULL, "stopped", "code=0");
	return code;
}

/* ---- asking the program that runs -------------------------------------- */

/* What is misspelt need not be sent; "help" needs nobody else. */
static int
check_words(const char *const *word, size_t n)
{
	struct str first[2] = { str_c(word[0]), str_c(n > 1 ? word[1] : "") };
	struct err err = ERR_INIT;
	struct buf text;
	size_t nname;

	if (!verb_find(first, n > 1 ? 2 : 1, &nname, &err)) {
		fprintf(stderr, "error: %s\n", err.text);
		return EX_USAGE;
	}
	if (strcmp(word[0], "help") != 0)
		return -1;
	buf_init(&text, VERB_TEXT_MAX);
	verb_write_help(&text);
	printf("What a running passerelle can be asked, with\n"
	       "passerelle [-c FILE] [-g DOMAIN] and\n\n%s",
	    text.p);
	buf_release(&text);
	return EX_OK;
}

static int
ask(const char *path, const char *domain, const char *const *word, size_t n)
{
	const char *all[CONTROL_WORDS_MAX] = { "-g", domain };
	struct config_report rep = { .n = 0 };
	size_t nall = domain ? 2 : 0;
	int code = check_words(word, n);
	char *control;

	if (code >= 0)
		return code;
	for (size_t i = 0; i < n && nall < CONTROL_WORDS_MAX; i++)
		all[nall++] = word[i];
	if (n > CONTROL_WORDS_MAX - (domain ? 2 : 0)) {
		fprintf(stderr, "error: too many words\n");
		return EX_USAGE;
	}
	control = config_control_path(path, gateway_kinds, &rep);
	for (size_t i = 0; i < rep.n && !control; i++)
		fprintf(stderr, "error: %s\n", rep.v[i].text);
	config_report_release(&rep);
	code = control ? control_ask(str_c(control), all, nall) : EX_CONFIG;
	free(control);
	return code;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "check-config", no_argument, NULL, 'C' },
		{ "import", required_argument, NULL, 'I' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct program pg = { .path = NULL };
	const char *settings = NULL, *domain = NULL;
	bool only_check = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "+c:g:h", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			pg.path = optarg;
			break;
		case 'g':
			domain = optarg;
			break;
		case 'C':
			only_check = true;
			break;
		case 'I':
			settings = optarg;
			break;
		case 'v':
			printf("passerelle %s\n", PASSERELLE_VERSION);
			return EX_OK;
		case 'h':
			return usage(stdout, EX_OK);
		default:
			return usage(stderr, EX_USAGE);
		}
	}
	if (optind != argc && !settings && !only_check)
		return ask(pg.path ? pg.path : DEFAULT_PATH, domain,
		    (const char *const *)(argv + optind),
		    (size_t)(argc - optind));
	if (!pg.path || optind != argc || domain)
		return usage(stderr, EX_USAGE);
	if (settings)
		return run_import(&pg, settings);
	return only_check ? check(pg.path) : run(&pg);
}
