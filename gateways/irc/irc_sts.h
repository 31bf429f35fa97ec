/*
 * irc_sts.h - servers that want TLS (IRCv3 strict transport security)
 *
 * Said on a clear link: "sts=port=6697" - leave at once and come back by TLS
 * to that port.  Said under TLS: "sts=duration=86400" - for so many seconds
 * this host is never to be talked to in the clear again; 0 takes that back.
 * There is no way around it for users.
 *
 * Limits     IRC_STS_HOSTS_MAX hosts; what comes over is not remembered.
 * Time       An argument, milliseconds since the Epoch.
 */
#ifndef IRC_STS_H
#define IRC_STS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/map.h"
#include "lib/str.h"

enum { IRC_STS_HOSTS_MAX = 1000, IRC_STS_DAYS_MAX = 3650 };

/* Under this name the core keeps it. */
#define IRC_STS_FACT "sts"

/* What a server says. */
struct irc_sts {
	uint16_t port; /* 0: not told */
	bool has_duration;
	int64_t duration_ms;
};

/* The value of the capability.  False: nothing of it is of use. */
bool irc_sts_parse(struct str value, struct irc_sts *out);

/* What is remembered, by host. */
struct irc_sts_hosts {
	struct map by_host;
};

void irc_sts_init(struct irc_sts_hosts *h);
void irc_sts_release(struct irc_sts_hosts *h);

/* The port to go to by TLS; 0: the host may be talked to in the clear. */
uint16_t irc_sts_port(
    const struct irc_sts_hosts *h, struct str host, int64_t now_utc);

/*
 * duration_ms 0 forgets.  True: so much has changed that it is to be written down; value_out then has
 * what to give to irc_sts_recall() one day, empty: nothing.
 */
bool irc_sts_remember(struct irc_sts_hosts *h, struct str host, uint16_t port,
    int64_t duration_ms, int64_t now_utc, struct buf *value_out);

void irc_sts_recall(struct irc_sts_hosts *h, struct str host, struct str value);

#endif
