#include "crash_stage.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/config.h"
#include "core/core.h"
#include "core/gateway.h"
#include "core/store_op.h"
#include "core/store_writer.h"
#include "crash_disk.h"
#include "fake/fake.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "net/loop.h"

static void *shared;
static size_t shared_size;

/* ---- what is wrapped (ld --wrap) -------------------------------------- */

bool __real_store_writer_add(struct store_writer *w, struct op *op);
bool __wrap_store_writer_add(struct store_writer *w, struct op *op);
bool __real_store_writer_add_all(struct store_writer *w, struct list *ops);
bool __wrap_store_writer_add_all(struct store_writer *w, struct list *ops);

bool
__wrap_store_writer_add(struct store_writer *w, struct op *op)
{
	bool taken = __real_store_writer_add(w, op);

	store_writer_wait(w);
	return taken;
}

bool
__wrap_store_writer_add_all(struct store_writer *w, struct list *ops)
{
	bool taken = __real_store_writer_add_all(w, ops);

	store_writer_wait(w);
	return taken;
}

/* ---- the program ------------------------------------------------------ */

static const char config_text[] =
    "server { host = \"127.0.0.1\" port = 5347 domain = \"example.org\" }\n"
    "store { path = \"%s/db\" key_file = \"%s/key\" }\n"
    "access { allow = { \"example.org\" } }\n"
    "gateway \"%s\" { secret = \"s\" connect_interval_ms = 0 archive = no\n"
    "%s }\n";

static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	if (getenv("CRASH_TRACE") || level < LOG_WARN)
		fprintf(stderr, "  %s\n", line);
}

static struct config *
read_config(const struct crash_net *net)
{
	struct config_report rep = { .n = 0 };
	struct config *config;
	char text[2048];

	snprintf(text, sizeof(text), config_text, crash_mode.dir,
	    crash_mode.dir, net->domain, net->block);
	config =
	    config_parse("crash.conf", str_c(text), false, gateway_kinds, &rep);
	for (size_t i = 0; i < rep.n && !config; i++)
		fprintf(stderr, "%s\n", rep.v[i].text);
	return config;
}

static struct store *
open_store(const struct config *config)
{
	struct store_params p = { .path = config->store.path.p,
		.key_file = config->store.key_file.p };
	struct err err = ERR_INIT;
	struct store *st = store_open(&p, NULL, &err);

	if (!st)
		fprintf(stderr, "%s\n", err.text);
	return st;
}

int
crash_stage_open(
    struct crash_stage *s, const struct crash_net *net, int64_t later_ms)
{
	struct core_params p;
	struct err err = ERR_INIT;
	struct clock *c;

	log_set_sink(on_log, NULL);
	crash_disk_register();
	s->loop = loop_new();
	c = loop_clock(s->loop);
	clock_advance(c, c->at + later_ms, c->utc + later_ms);
	s->config = read_config(net);
	s->store = s->config ? open_store(s->config) : NULL;
	if (!s->store)
		return -1;
	p = (struct core_params){
		.loop = s->loop, .config = s->config, .store = s->store
	};
	s->core = core_new(&p, &err);
	if (!s->core) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	core_start(s->core, NULL, NULL);
	s->component = fake_component(str_c(net->domain));
	fake_component_up(s->component);
	return 0;
}

void
crash_stage_feed(struct crash_stage *s, const char *fmt, ...)
{
	char xml[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(xml, sizeof(xml), fmt, ap);
	va_end(ap);
	(void)fake_component_feed(s->component, str_c(xml));
}

bool
crash_stage_worker_dies(const char *program)
{
	LIST_EACH(fake_workers(), n)
	{
		struct fake_worker *f = LIST_ENTRY(n, struct fake_worker, node);

		if (f->is_dead || strcmp(f->program, program) != 0)
			continue;
		fake_worker_die(f, SIGKILL); /* it may be gone now */
		return true;
	}
	return false;
}

/* ---- stopping it ------------------------------------------------------ */

static int
child(crash_play_fn *play, bool again)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		play(again);
		_exit(CRASH_ENDED);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

bool
crash_stage_stop_at(unsigned target, crash_play_fn *play)
{
	int rc;

	crash_dir_empty();
	memset(shared, 0, shared_size);
	crash->target = target;
	rc = child(play, false);
	if (rc == CRASH_ENDED && crash->count < target)
		return false;
	crash->target = 0;
	if (rc == CRASH_STOPPED)
		rc = child(play, true);
	if (rc != CRASH_ENDED) {
		printf("stopped at %u, and then did not run: exit %d\n", target,
		    rc);
		exit(1);
	}
	crash->target = target;
	return true;
}

void *
crash_stage_share(size_t n)
{
	/* cppcheck-suppress invalidFunctionArg ; there is no file */
	shared = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    /* cppcheck-suppress invalidFunctionArg ; -1 is what it wants */
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared_size = n;
	crash = shared;
	return shared == MAP_FAILED ? NULL : shared;
}
