/*
 * Where a program is stopped, and a disk that loses what was not synced.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crash_disk.h"
#include "lib/xalloc.h"

struct crash *crash;
struct crash_mode crash_mode = { .step = 1 };

void (*crash_hook)(int kind);

static void lose_power(void);

void
crash_boundary(int kind)
{
	if (++crash->count != crash->target)
		return;
	crash->died_at = kind;
	if (crash_hook) {
		crash_hook(kind);
		return;
	}
	if (crash_mode.power)
		lose_power();
	_exit(CRASH_STOPPED);
}

/* What SQLite does to a file, seen from outside. */
struct shim {
	sqlite3_file base;
	sqlite3_file *real;
	bool counts;
};

static sqlite3_vfs shim_vfs, *real_vfs;
static sqlite3_io_methods shim_methods;

#define REAL(f) (((struct shim *)(void *)(f))->real)

static void
synced_name(const char *name, char out[512])
{
	snprintf(out, 512, "%s.synced", name);
}

static void
copy_file(const char *from, const char *to)
{
	char block[65536];
	int in = open(from, O_RDONLY);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	while (in >= 0 && out >= 0 && (n = read(in, block, sizeof(block))) > 0)
		if (write(out, block, (size_t)n) != n)
			abort();
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
}

static const char *const kept[] = { "db", "db-wal" };

/* Only what was synced is there; the rest is as it was before. */
static void
lose_power(void)
{
	char name[300], synced[512];

	for (size_t i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s/%s", crash_mode.dir, kept[i]);
		synced_name(name, synced);
		if (access(synced, F_OK) == 0)
			copy_file(synced, name);
		else
			(void)truncate(name, 0);
	}
}

static void
note_synced(void)
{
	char name[300], synced[512];

	if (!crash_mode.power || crash_mode.no_sync)
		return;
	for (size_t i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s/%s", crash_mode.dir, kept[i]);
		synced_name(name, synced);
		if (access(name, F_OK) == 0)
			copy_file(name, synced);
	}
}

static int
shim_close(sqlite3_file *f)
{
	int rc = REAL(f)->pMethods->xClose(REAL(f));

	free(REAL(f));
	return rc;
}

static int
shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return REAL(f)->pMethods->xRead(REAL(f), to, n, at);
}

static int
shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	static unsigned nwrite;

	if (((struct shim *)(void *)f)->counts &&
	    nwrite++ % crash_mode.step == 0)
		crash_boundary(CRASH_WRITE);
	return REAL(f)->pMethods->xWrite(REAL(f), from, n, at);
}

static int
shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return REAL(f)->pMethods->xTruncate(REAL(f), size);
}

static int
shim_sync(sqlite3_file *f, int flags)
{
	int rc;

	crash_boundary(CRASH_SYNC);
	rc = REAL(f)->pMethods->xSync(REAL(f), flags);
	note_synced();
	crash_boundary(CRASH_SYNCED);
	return rc;
}

static int
shim_size(sqlite3_file *f, sqlite3_int64 *out)
{
	return REAL(f)->pMethods->xFileSize(REAL(f), out);
}

static int
shim_lock(sqlite3_file *f, int how)
{
	return REAL(f)->pMethods->xLock(REAL(f), how);
}

static int
shim_unlock(sqlite3_file *f, int how)
{
	return REAL(f)->pMethods->xUnlock(REAL(f), how);
}

static int
shim_reserved(sqlite3_file *f, int *out)
{
	return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}

static int
shim_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int
shim_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int
shim_device(sqlite3_file *f)
{
	return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int
shim_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}

static int
shim_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}

static void
shim_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int
shim_unmap(sqlite3_file *f, int del)
{
	return REAL(f)->pMethods->xShmUnmap(REAL(f), del);
}

static int
shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *flags_out)
{
	struct shim *s = (struct shim *)(void *)f;
	int rc;

	(void)vfs;
	s->real = xcalloc(1, (size_t)real_vfs->szOsFile);
	s->counts = flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL);
	rc = real_vfs->xOpen(real_vfs, name, s->real, flags, flags_out);
	s->base.pMethods = s->real->pMethods ? &shim_methods : NULL;
	if (!s->base.pMethods)
		free(s->real);
	return rc;
}

void
crash_disk_register(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	shim_vfs = *real_vfs;
	shim_vfs.zName = "shim";
	shim_vfs.szOsFile = sizeof(struct shim);
	shim_vfs.xOpen = shim_open;
	shim_methods = (sqlite3_io_methods){ .iVersion = 2,
		.xClose = shim_close,
		.xRead = shim_read,
		.xWrite = shim_write,
		.xTruncate = shim_truncate,
		.xSync = shim_sync,
		.xFileSize = shim_size,
		.xLock = shim_lock,
		.xUnlock = shim_unlock,
		.xCheckReservedLock = shim_reserved,
		.xFileControl = shim_control,
		.xSectorSize = shim_sector,
		.xDeviceCharacteristics = shim_device,
		.xShmMap = shim_map,
		.xShmLock = shim_shm_lock,
		.xShmBarrier = shim_barrier,
		.xShmUnmap = shim_unmap };
	if (sqlite3_vfs_register(&shim_vfs, 1) != SQLITE_OK)
		abort();
}

/* ---- its folder ------------------------------------------------------- */

/* In memory: what a power cut does is played, not waited for. */
bool
crash_dir_make(void)
{
	snprintf(crash_mode.dir, sizeof(crash_mode.dir), "%s/crash.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(crash_mode.dir) != NULL;
}

void
crash_dir_empty(void)
{
	static const char *const name[] = { "db", "db-wal", "db-shm", "db.lock",
		"db-unsettled", "db.generation", "db.generation.new",
		"db.reserve", "key", "db.synced", "db-wal.synced" };
	char path[300];

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", crash_mode.dir, name[i]);
		(void)unlink(path);
	}
}

void
crash_dir_remove(void)
{
	crash_dir_empty();
	(void)rmdir(crash_mode.dir);
}
