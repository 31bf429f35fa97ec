/*
 * config/passerelle.conf and passerelle.conf(5) against the tables of options
 * of the core and of every network that is built in: each option is in both,
 * with its default.  Runs at the top of the tree, as tests/run does.
 *
 * In the sample a '#' directly before a name hides an option at its default.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/buf.h"

#include "core/conf.h"
#include "core/config.h"
#include "core/gateway.h"

#define SAMPLE "config/passerelle.conf"
#define MANUAL "config/passerelle.conf.5"

static struct buf text;

static void
read_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	buf_clear(&text);
	assert_true(fd >= 0);
	do {
		char *to = buf_reserve(&text, 4096);

		assert_non_null(to);
		n = read(fd, to, 4096);
		assert_true(n >= 0);
		buf_added(&text, (size_t)n);
	} while (n > 0);
	close(fd);
	(void)buf_addc(&text, '\n');
}

static int
set_up(void **state)
{
	(void)state;
	buf_init(&text, 1024 * 1024);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_release(&text);
	return 0;
}

/* ---- the sample ------------------------------------------------------- */

static struct config *
parse(void)
{
	struct config_report rep = { 0 };
	struct config *c =
	    config_parse(SAMPLE, buf_str(&text), false, gateway_kinds, &rep);

	for (size_t i = 0; i < rep.n; i++)
		print_error("%s\n", rep.v[i].text);
	config_report_release(&rep);
	assert_non_null(c);
	return c;
}

/* "#name" to " name", "#}" to " }", behind blanks only. */
static void
reveal(void)
{
	bool at_start = true;

	for (size_t i = 0; i + 1 < text.len; i++) {
		char c = text.p[i], next = text.p[i + 1];

		if (at_start && c == '#' &&
		    ((next >= 'a' && next <= 'z') || next == '}'))
			text.p[i] = ' ';
		at_start = c == '\n' || (at_start && (c == ' ' || c == '\t'));
	}
}

static int
compare(const struct conf *c, const struct gw_option *table)
{
	struct config_report rep = { 0 };
	struct conf *def =
	    conf_new("", "", STR("x"), 0, table, NULL); /* all defaults */
	int nwrong = 0;

	conf_complete(def, &rep);
	config_report_release(&rep);
	for (; table && table->name; table++) {
		const char *wrong = !conf_is_set(c, table->name)
		    ? "is not in it"
		    : table->def && !conf_same(c, def, table->name)
		    ? "is not at its default"
		    : NULL;

		/* A secret has to be there, one way or the other. */
		if (!wrong || strcmp(table->name, "secret") == 0)
			continue;
		print_error("%s:%d: %s: %s %s\n", SAMPLE, conf_line(c, NULL),
		    conf_name(c), table->name, wrong);
		nwrong++;
	}
	conf_free(&def);
	return nwrong;
}

static int
compare_core(const struct config *c, const struct config_gateway *g)
{
	int nwrong = 0;

	for (const struct gw_section *s = config_sections(); s->name; s++) {
		const struct conf *at = strcmp(s->name, "gateway") == 0
		    ? g->conf
		    : strcmp(s->name, "limits") == 0
		    ? conf_only(g->conf, s->name)
		    : conf_only(c->root, s->name);

		nwrong += compare(at, s->option);
	}
	return nwrong;
}

static int
compare_kind(const struct config_gateway *g)
{
	const struct gw_section *s = g->ops->sections;
	int nwrong = compare(g->conf, g->ops->options);

	for (; s && s->name; s++) {
		const struct conf *at = conf_only(g->conf, s->name);

		if (at)
			nwrong += compare(at, s->option);
		else
			print_error("%s: no block %s\n", SAMPLE, s->name);
		nwrong += !at;
	}
	return nwrong;
}

/* Networks for trying things out are none of an operator's business. */
static bool
is_declared(const struct gateway_ops *ops)
{
	return strcmp(ops->kind, "echo") != 0 && strcmp(ops->kind, "post") != 0;
}

static void
the_sample_can_be_used_as_it_is(void **state)
{
	struct config *c;

	(void)state;
	read_file(SAMPLE);
	c = parse();
	config_free(&c);
}

static void
the_sample_has_every_option_at_its_default(void **state)
{
	struct config *c;
	int nwrong = 0;

	(void)state;
	read_file(SAMPLE);
	reveal();
	c = parse();
	/* What every gateway has stands in the first. */
	nwrong += compare_core(c, &c->gateway[0]);
	for (size_t i = 0; i < c->ngateway; i++)
		nwrong += compare_kind(&c->gateway[i]);
	for (size_t i = 0; gateway_kinds[i]; i++) {
		bool is_there = !is_declared(gateway_kinds[i]);

		for (size_t j = 0; j < c->ngateway; j++)
			if (c->gateway[j].ops == gateway_kinds[i])
				is_there = true;
		if (!is_there)
			print_error("%s: no gateway of type %s\n", SAMPLE,
			    gateway_kinds[i]->kind);
		nwrong += !is_there;
	}
	config_free(&c);
	assert_int_equal(nwrong, 0);
}

/* ---- the manual ------------------------------------------------------- */

/* As the manual writes it: .It Va port No = 5347 */
static int
look_up(const struct gw_option *table)
{
	int nwrong = 0;

	for (; table && table->name; table++) {
		const char *def = table->def;
		struct buf item;

		buf_init(&item, 256);
		(void)buf_addf(&item, "\n.It Va %s", table->name);
		if (def && table->type != GW_OPT_STR)
			(void)buf_addf(&item, " No = %s", def);
		else if (def && (!*def || strcmp(def, "\"\"") == 0))
			(void)buf_addf(&item, " No = Qq \\&");
		else if (def)
			(void)buf_addf(&item, " No = Qq %s", def);
		(void)buf_addc(&item, '\n');
		if (!strstr(text.p, item.p)) {
			print_error("%s lacks: %s", MANUAL, item.p + 1);
			nwrong++;
		}
		buf_release(&item);
	}
	return nwrong;
}

static void
the_manual_has_every_option_with_its_default(void **state)
{
	int nwrong = 0;

	(void)state;
	read_file(MANUAL);
	for (const struct gw_section *s = config_sections(); s->name; s++)
		nwrong += look_up(s->option);
	for (size_t i = 0; gateway_kinds[i]; i++) {
		const struct gw_section *s = gateway_kinds[i]->sections;

		if (!is_declared(gateway_kinds[i]))
			continue;
		nwrong += look_up(gateway_kinds[i]->options);
		for (; s && s->name; s++)
			nwrong += look_up(s->option);
	}
	assert_int_equal(nwrong, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_sample_can_be_used_as_it_is),
		TEST(the_sample_has_every_option_at_its_default),
		TEST(the_manual_has_every_option_with_its_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
