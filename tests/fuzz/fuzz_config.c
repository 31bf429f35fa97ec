/*
 * Any bytes as a configuration file, for a kind of gateway made up here: no
 * crash, and each answer has a reason.  Names of files in it are not opened.
 */
#include <stdint.h>

#include "core/config.h"
#include "core/gateway.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct gw_option options[] = {
	{ "open", GW_OPT_BOOL, "no", 0, 0 },
	{ "ports", GW_OPT_LIST, "{ 6667, 6697 }", 0, 0 },
	{ "raw", GW_OPT_STR, "", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option network[] = {
	{ "host", GW_OPT_STR, NULL, 0, 0 },
	{ "port", GW_OPT_INT, "6697", 1, 65535 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_section inside[] = {
	{ .name = "network", .option = network },
	{ .name = NULL },
};

static const struct gateway_ops irc = {
	.kind = "irc",
	.options = options,
	.sections = inside,
};

static const struct gateway_ops *const kinds[] = { &irc, NULL };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_of((const char *)data, size);
	struct config_report rep = { 0 };
	struct config *c = config_parse("f", text, true, kinds, &rep);

	if (!c != (rep.nerrors > 0))
		abort();
	config_free(&c);
	config_report_release(&rep);
	return 0;
}
