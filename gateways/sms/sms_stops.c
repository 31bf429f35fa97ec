/*
 * Who wants no more texts from a line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/gateway.h"
#include "lib/log.h"
#include "sms/sms_stops.h"

enum { KEY_MAX = 512 };

static const char prefix[] = "stop ";

void
sms_stops_init(struct sms_stops *all, struct gateway *gw)
{
	all->gw = gw;
	map_init(&all->map);
}

void
sms_stops_release(struct sms_stops *all)
{
	struct map_iter it = { 0 };

	while (map_next(&all->map, &it))
		free(it.value);
	map_release(&all->map);
}

static struct str
key_of(struct str line, struct str number, char out[KEY_MAX])
{
	(void)snprintf(out, KEY_MAX, "%s" STR_FMT " " STR_FMT, prefix,
	    STR_ARG(line), STR_ARG(number));
	return str_c(out);
}

static void
add(struct sms_stops *all, struct str key)
{
	char *copy = str_dup(key);

	map_put(&all->map, str_c(copy), copy);
}

static void
stop(struct sms_stops *all, struct str key)
{
	if (map_get(&all->map, key))
		return;
	if (all->map.n >= SMS_STOPS_MAX) {
		log_warn(gateway_log(all->gw), "stop list full",
		    "what=\"" STR_FMT "\"", STR_ARG(key));
		return;
	}
	add(all, key);
	gateway_fact_put(all->gw, STR_EMPTY, key, STR("1"));
}

static void
start(struct sms_stops *all, struct str key)
{
	char *copy = map_del(&all->map, key);

	if (copy)
		gateway_fact_put(all->gw, STR_EMPTY, key, STR_EMPTY);
	free(copy);
}

void
sms_stops_note(struct sms_stops *all, struct str line, struct str number,
    enum sms_word word)
{
	char key[KEY_MAX];

	if (word == SMS_WORD_STOP)
		stop(all, key_of(line, number, key));
	else if (word == SMS_WORD_START)
		start(all, key_of(line, number, key));
}

int
sms_stops_check(const struct sms_stops *all, struct str line, struct str number,
    struct err *err)
{
	char key[KEY_MAX];

	if (!map_get(&all->map, key_of(line, number, key)))
		return 0;
	return err_set(err, ERR_POLICY,
	    STR_FMT " has answered STOP and gets nothing from line " STR_FMT
	            " until START comes from there",
	    STR_ARG(number), STR_ARG(line));
}

bool
sms_stops_fact(struct sms_stops *all, struct str name)
{
	if (!str_starts(name, str_c(prefix)))
		return false;
	if (name.len < KEY_MAX && all->map.n < SMS_STOPS_MAX &&
	    !map_get(&all->map, name))
		add(all, name);
	return true;
}
