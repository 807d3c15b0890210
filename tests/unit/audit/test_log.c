/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "keeper.h"
#include "test.h"

#define NOVEMBER INT64_C(1795181905000000000) /* 2026-11-20T13:38:25Z */
#define SECOND   INT64_C(1000000000)
#define DECEMBER (NOVEMBER + 12 * 86400 * SECOND)

static struct keeper keeper;

/* By the shell, in the folder that holds the log. */
static void
run(const char *command)
{
	char line[1024];

	(void)snprintf(line, sizeof(line), "cd '%s' && %s", keeper.dir, command);
	CHECK(keeper_shell(line) == 0);
}

/* The whole tree, rehashed from the entries, is that of the checkpoint. */
static uint64_t
rehash(const char *name)
{
	struct vs_audit_checkpoint checkpoint;
	struct vs_audit_frontier frontier;
	struct vs_audit_shard shard;
	struct vs_audit_meta meta;
	struct vs_audit_hash hash;
	struct vs_json_tape tape;
	char dir[VS_PATH_SIZE];
	uint64_t n;

	CHECK_OK(vs_path_join(keeper.dir, "log", dir));
	CHECK_OK(vs_audit_shard_open(dir, name, &shard));
	CHECK_OK(vs_audit_shard_meta(&shard, &meta));
	CHECK_OK(vs_audit_shard_checkpoint(&shard, &meta.vkey, NULL, &checkpoint));
	shard.size = checkpoint.size;
	vs_audit_frontier_init(&frontier);
	vs_json_tape_init(&tape);
	for (uint64_t i = 0; i < shard.size; i++) {
		struct vs_bytes entry;

		CHECK_OK(vs_audit_shard_entry(&shard, i, &entry));
		CHECK_OK(vs_audit_entry_parse(entry, &tape, &n));
		CHECK(n == i);
		CHECK_OK(vs_audit_hash_leaf(entry, &hash));
		CHECK_OK(vs_audit_frontier_append(&frontier, &hash, NULL));
	}
	CHECK_OK(vs_audit_frontier_root(&frontier, &hash));
	CHECK(vs_audit_hash_equal(&hash, &checkpoint.root));
	struct vs_audit_hashes hashes = vs_audit_shard_reader(&shard);
	CHECK_OK(vs_audit_prove_root(&hashes, shard.size, &hash));
	CHECK(vs_audit_hash_equal(&hash, &checkpoint.root));
	vs_json_tape_done(&tape);
	vs_audit_shard_done(&shard);
	return checkpoint.size;
}

static void
grows_and_comes_back(void)
{
	struct vs_audit_log *log;
	size_t total = 1; /* audit.shard_open */

	keeper_init(&keeper);
	log = keeper_open(&keeper, NOVEMBER, false);
	CHECK(keeper_status(log).state == VS_AUDIT_OK && keeper_status(log).published == 1);
	CHECK(strcmp(keeper_status(log).shard, "2026-11") == 0);
	CHECK(vs_audit_log_due_ns(log) == INT64_MAX);
	for (size_t i = 1; i < 60; i++) {
		CHECK_OK(keeper_append(log, 4 * i, NOVEMBER + (int64_t)i * SECOND));
		total += 4 * i;
		CHECK(keeper_status(log).size == total);
		CHECK(vs_audit_log_due_ns(log) != INT64_MAX);
		if (i % 3 == 0)
			CHECK_OK(vs_audit_log_publish(log, NOVEMBER));
		if (i % 7 == 0) { /* as after a stop: some are in the write-ahead log only */
			vs_audit_log_free(&log);
			log = keeper_open(&keeper, NOVEMBER, false);
			CHECK(keeper_status(log).state == VS_AUDIT_OK);
			CHECK(keeper_status(log).size == total);
		}
	}
	CHECK_OK(vs_audit_log_publish(log, NOVEMBER));
	CHECK(rehash("2026-11") == total);
	vs_audit_log_free(&log);
	/* Parts of full tiles are gone. */
	run("test ! -e log/2026-11/tile/0/000.p");
	run("test ! -s log/2026-11/wal");
	keeper_done(&keeper);
}

static void
months(void)
{
	struct vs_audit_log *log;
	struct vs_audit_shard shard;
	struct vs_audit_meta meta;
	char dir[VS_PATH_SIZE];

	keeper_init(&keeper);
	log = keeper_open(&keeper, NOVEMBER, false);
	CHECK_OK(keeper_append(log, 5, NOVEMBER));
	CHECK_OK(keeper_append(log, 5, DECEMBER));
	CHECK(strcmp(keeper_status(log).shard, "2026-12") == 0);
	CHECK(keeper_status(log).size == 6);
	/* A clock that is put back opens no shard again. */
	CHECK_OK(keeper_append(log, 1, NOVEMBER));
	CHECK(strcmp(keeper_status(log).shard, "2026-12") == 0);
	CHECK_OK(vs_audit_log_publish(log, DECEMBER));
	CHECK(rehash("2026-11") == 7 && rehash("2026-12") == 7);
	CHECK_OK(vs_path_join(keeper.dir, "log", dir));
	CHECK_OK(vs_audit_shard_open(dir, "2026-12", &shard));
	CHECK_OK(vs_audit_shard_meta(&shard, &meta));
	CHECK(!meta.is_fork && strcmp(meta.previous, "2026-11") == 0);
	CHECK(strncmp(meta.previous_checkpoint, "test.example/audit/2026-11\n7\n", 29) == 0);
	vs_audit_shard_done(&shard);
	/* The old shard's key is gone. */
	CHECK(keeper.made == 2 && !keeper.has[0] && keeper.has[1]);
	vs_audit_log_free(&log);
	keeper_done(&keeper);
}

/* Stopped between the closing entry and the next shard. */
static void
a_month_cut_off(void)
{
	struct vs_audit_log *log;

	keeper_init(&keeper);
	log = keeper_open(&keeper, NOVEMBER, false);
	CHECK_OK(keeper_append(log, 2, NOVEMBER));
	/* A file stands where the next folder should be. */
	run("touch log/2026-12");
	CHECK_ERR(keeper_append(log, 2, DECEMBER), IO);
	CHECK(keeper_status(log).state == VS_AUDIT_FAILED);
	CHECK_ERR(keeper_append(log, 2, DECEMBER), IO);
	run("rm log/2026-12");
	CHECK_OK(keeper_append(log, 2, DECEMBER + 2 * SECOND));
	CHECK(strcmp(keeper_status(log).shard, "2026-12") == 0 && keeper_status(log).size == 3);
	CHECK_OK(vs_audit_log_publish(log, DECEMBER));
	CHECK(rehash("2026-11") == 4 && rehash("2026-12") == 3);
	vs_audit_log_free(&log);
	keeper_done(&keeper);
}

static void
damage(const char *command, const char *why)
{
	struct vs_audit_log *log;

	keeper_init(&keeper);
	log = keeper_open(&keeper, NOVEMBER, false);
	for (int i = 0; i < 3; i++) {
		CHECK_OK(keeper_append(log, 200, NOVEMBER));
		CHECK_OK(vs_audit_log_publish(log, NOVEMBER));
		if (i == 1)
			run("cp -a log old");
	}
	vs_audit_log_free(&log);
	{
		char line[512];

		(void)snprintf(line, sizeof(line), "cd log/2026-11 && %s", command);
		run(line);
	}
	log = keeper_open(&keeper, NOVEMBER, false);
	if (keeper_status(log).state != VS_AUDIT_FORKED ||
	    strstr(keeper_status(log).reason, why) == NULL)
		(void)fprintf(stderr, "%s: %s\n", command, keeper_status(log).reason);
	CHECK(keeper_status(log).state == VS_AUDIT_FORKED);
	CHECK(strstr(keeper_status(log).reason, why) != NULL);
	CHECK_ERR(keeper_append(log, 1, NOVEMBER), CONFLICT);
	CHECK_ERR(keeper_append(log, 1, NOVEMBER + 3 * SECOND), CONFLICT);
	vs_audit_log_free(&log);
	/* With the operator's word it goes on, beside it, and says so. */
	log = keeper_open(&keeper, NOVEMBER, true);
	CHECK(keeper_status(log).state == VS_AUDIT_OK);
	CHECK(strcmp(keeper_status(log).shard, "2026-11.2") == 0);
	CHECK_OK(keeper_append(log, 1, NOVEMBER));
	vs_audit_log_free(&log);
	log = keeper_open(&keeper, NOVEMBER, false);
	CHECK(keeper_status(log).state == VS_AUDIT_OK && keeper_status(log).size == 2);
	CHECK(rehash("2026-11.2") == 2);
	vs_audit_log_free(&log);
	keeper_done(&keeper);
}

static void
forks(void)
{
	damage("rm -r tile", "tiles of the newest checkpoint are missing");
	damage("rm -r tile/0/002.p", "tiles of the newest checkpoint are missing");
	damage("rm -r tile/entries/002.p", "entries of the newest checkpoint are missing");
	damage("printf X | dd of=tile/1/000.p/2 bs=1 seek=9 conv=notrunc 2>/dev/null",
	       "not those of the newest checkpoint");
	damage("cp checkpoint x && sed 's/^6/5/' x > checkpoint", "not signed by its key");
	/* Put back to an earlier state: the key process remembers. */
	damage("rm -r ../../log && mv ../../old ../../log", "missing");
	damage("printf '{}' > x && rm -r ../2026-11 && mkdir ../2026-11", "the whole log is gone");
}

static void
write_ahead_logs(void)
{
	struct vs_audit_log *log;

	keeper_init(&keeper);
	log = keeper_open(&keeper, NOVEMBER, false);
	CHECK_OK(keeper_append(log, 3, NOVEMBER));
	vs_audit_log_free(&log);
	/* A record that was cut off was not acknowledged. */
	run("printf '\\000\\000\\001\\000abcd' >> log/2026-11/wal");
	run("cp -a log old");
	log = keeper_open(&keeper, NOVEMBER, false);
	CHECK(keeper_status(log).state == VS_AUDIT_OK && keeper_status(log).size == 4);
	vs_audit_log_free(&log);
	/* Stopped before the write-ahead log was emptied: the same entries again. */
	run("cp old/2026-11/wal log/2026-11/wal");
	log = keeper_open(&keeper, NOVEMBER, false);
	CHECK(keeper_status(log).state == VS_AUDIT_OK && keeper_status(log).size == 4);
	CHECK_OK(keeper_append(log, 2, NOVEMBER));
	CHECK_OK(vs_audit_log_publish(log, NOVEMBER));
	CHECK(rehash("2026-11") == 6);
	/* A checkpoint line that was cut off is taken away. */
	vs_audit_log_free(&log);
	run("printf 'test.example/audit/2026-11\\n9\\n' >> log/2026-11/checkpoints.log");
	log = keeper_open(&keeper, NOVEMBER, false);
	CHECK(keeper_status(log).state == VS_AUDIT_OK);
	run("! grep -q '^9$' log/2026-11/checkpoints.log");
	vs_audit_log_free(&log);
	keeper_done(&keeper);
}

static void
bad_lines_change_nothing(void)
{
	struct vs_bytes lines[] = {VS_BYTES_LITERAL("{}")};
	struct vs_audit_log *log;
	uint64_t first = 7;

	keeper_init(&keeper);
	log = keeper_open(&keeper, NOVEMBER, false);
	CHECK_ERR(vs_audit_log_append(log, lines, 1, NOVEMBER, &first), BAD_MESSAGE);
	CHECK(first == 7 && keeper_status(log).size == 1);
	CHECK_OK(keeper_append(log, 1, NOVEMBER));
	CHECK_OK(vs_audit_log_publish(log, NOVEMBER));
	CHECK(rehash("2026-11") == 2);
	vs_audit_log_free(&log);
	keeper_done(&keeper);
}

int
main(void)
{
	CASE(grows_and_comes_back);
	CASE(months);
	CASE(a_month_cut_off);
	CASE(forks);
	CASE(write_ahead_logs);
	CASE(bad_lines_change_nothing);
	return 0;
}
