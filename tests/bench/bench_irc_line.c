/*
 * What others feel while one IRC server sends a megabyte without a newline:
 * the loop reads 64 KiB at a time, so the stall is the longest of those.
 * The aim is below 100 ms; memory stays at one line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "irc/irc_proto.h"

enum { TOTAL = 1024 * 1024, CHUNK = 64 * 1024, AIM_MS = 100 };

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int
main(void)
{
	static char chunk[CHUNK];
	struct irc_params params = { .nick = STR("bench"),
		.user = STR("bench"),
		.realname = STR("bench") };
	struct irc_proto p;
	struct irc_event ev;
	double worst = 0, took, start;
	size_t i;

	memset(chunk, 'x', sizeof(chunk));
	irc_proto_init(&p, &params);
	if (irc_proto_start(&p, 1000, NULL) < 0)
		return 1;
	for (i = 0; i < TOTAL / CHUNK; i++) {
		start = now_ms();
		irc_proto_feed(&p, chunk, sizeof(chunk), 1000);
		while (irc_proto_next(&p, &ev))
			continue;
		took = now_ms() - start;
		worst = took > worst ? took : worst;
	}
	printf("line without an end %8d bytes  %6.2f ms, kept %zu bytes\n",
	    TOTAL, worst, p.in.part.len);
	irc_proto_release(&p);
	return worst < AIM_MS ? 0 : 1;
}
