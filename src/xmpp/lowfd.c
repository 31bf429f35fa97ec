/*
 * A number that is closed may be taken by any thread before we get it back,
 * so no particular one is asked for: the kernel hands out the lowest free
 * one, and when none was low the next call tries again.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/select.h>
#include <unistd.h>

#include "xmpp/lowfd.h"

enum { HELD_MAX = 128 };

static int held[HELD_MAX];
static unsigned nheld;
static unsigned nmissing; /* closed, and not got back yet */

static int
hold_one(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || nheld == HELD_MAX || fd >= FD_SETSIZE) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	held[nheld++] = fd;
	return 0;
}

int
lowfd_reserve(unsigned n, struct err *err)
{
	while (n--)
		if (hold_one() < 0)
			return err_set(err, ERR_INTERNAL,
			    "no descriptor below %d is free (%u held)",
			    (int)FD_SETSIZE, nheld);
	return 0;
}

static void
hold_missing(void)
{
	while (nmissing > 0 && hold_one() == 0)
		nmissing--;
}

int
lowfd_move(int *fd)
{
	int low;

	hold_missing();
	if (nheld == 0) {
		errno = EMFILE;
		return -1;
	}
	low = held[nheld - 1];
	if (dup3(*fd, low, O_CLOEXEC) < 0)
		return -1;
	nheld--;
	close(*fd);
	*fd = low;
	return 0;
}

void
lowfd_closed(void)
{
	nmissing++;
	hold_missing();
}
