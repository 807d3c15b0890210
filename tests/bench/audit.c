/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the audit log does in a second: entries appended in batches, synced and published as the key
 * process does it, then the whole log verified as `voltseal audit verify` does it.
 *
 * bench_audit DIR ENTRIES BATCH: DIR is a new folder. Prints {"append_per_s": N, "verify_per_s":
 * N}.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/log.h"
#include "audit/verify.h"
#include "base/random.h"

#define BATCH_MAX 1024

static uint8_t seed[32];
static struct vs_buf remembered;

static void
must(vs_result r, const char *what)
{
	if (r.code == VS_E_OK)
		return;
	(void)fprintf(stderr, "bench_audit: %s: %s\n", what, vs_err_text(r.code));
	exit(1);
}

static int64_t
now_ns(clockid_t clock)
{
	struct timespec at;

	(void)clock_gettime(clock, &at);
	return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

/* --- one key, in memory ---------------------------------------------------------------------- */

static vs_result
make(void *self, struct vs_pkey **key_out)
{
	(void)self;
	vs_random_bytes(seed, sizeof(seed));
	return vs_pkey_read_raw_private(VS_PKEY_ED25519, vs_bytes_from(seed, sizeof(seed)),
	                                key_out);
}

static vs_result
find(void *self, const uint8_t public[static 32], struct vs_pkey **key_out)
{
	(void)self, (void)public;
	return vs_pkey_read_raw_private(VS_PKEY_ED25519, vs_bytes_from(seed, sizeof(seed)),
	                                key_out);
}

static vs_result
keep(void *self, const uint8_t public[static 32])
{
	(void)self, (void)public;
	return VS_OK;
}

static vs_result
remember(void *self, struct vs_bytes note)
{
	(void)self;
	vs_buf_reset(&remembered);
	return vs_buf_append_bytes(&remembered, note);
}

static vs_result
recall(void *self, struct vs_buf *note)
{
	(void)self;
	return remembered.size == 0 ? VS_FAIL(NOT_FOUND)
	                            : vs_buf_append_bytes(note, vs_buf_view(&remembered));
}

/* --- what is measured ------------------------------------------------------------------------ */

/* An entry as a revocation by an operator makes it. */
static struct vs_bytes
line(struct vs_buf *buf)
{
	const struct vs_audit_entry entry = {
	    .at_ns = now_ns(CLOCK_REALTIME),
	    .node = "node-1",
	    .tenant = "default",
	    .actor_kind = "session",
	    .actor_id = "0123456789abcdef",
	    .source = "192.0.2.17",
	    .event = "key.revoke",
	    .severity = "warn",
	    .result = "ok",
	    .corr = "02f5ef69643c",
	    .count = 1,
	    .fields = {{"station", "CS-0001", 0}, {"channel", "field", 0}, {"epoch", NULL, 3}},
	    .field_count = 3,
	};

	vs_buf_init(buf, VS_AUDIT_ENTRY_SIZE);
	must(vs_audit_entry_print(&entry, buf), "entry");
	return vs_buf_view(buf);
}

static double
append(struct vs_audit_log *log, uint64_t count, size_t batch)
{
	struct vs_bytes lines[BATCH_MAX];
	struct vs_buf buf;
	struct vs_bytes one = line(&buf);
	uint64_t first;
	int64_t begin = now_ns(CLOCK_MONOTONIC), took;

	for (size_t i = 0; i < batch; i++)
		lines[i] = one;
	for (uint64_t done = 0; done < count; done += batch) {
		int64_t now = now_ns(CLOCK_REALTIME);

		must(vs_audit_log_append(log, lines, batch, now, &first), "append");
		if (vs_audit_log_due_ns(log) <= now)
			must(vs_audit_log_publish(log, now), "publish");
	}
	must(vs_audit_log_publish(log, now_ns(CLOCK_REALTIME)), "publish");
	took = now_ns(CLOCK_MONOTONIC) - begin;
	vs_buf_done(&buf);
	return (double)count * 1e9 / (double)took;
}

static double
verify(const char *dir)
{
	int64_t begin = now_ns(CLOCK_MONOTONIC);
	struct vs_audit_finding finding;

	must(vs_audit_verify(dir, "", (struct vs_bytes){NULL, 0}, NULL, &finding), "verify");
	if (finding.verdict != VS_AUDIT_SOUND) {
		(void)fprintf(stderr, "bench_audit: %s\n", finding.what);
		exit(1);
	}
	return (double)finding.entries * 1e9 / (double)(now_ns(CLOCK_MONOTONIC) - begin);
}

int
main(int argc, char **argv)
{
	struct vs_audit_log_options options = {
	    .name = "bench.example",
	    .node = "bench",
	    .keeper = {NULL, find, make, keep, remember, recall},
	};
	uint64_t count = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	size_t batch = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	struct vs_audit_log *log = NULL;
	double appended;

	if (count == 0 || batch == 0 || batch > BATCH_MAX) {
		(void)fprintf(stderr, "usage: bench_audit DIR ENTRIES BATCH (at most 1024)\n");
		return 64;
	}
	(void)snprintf(options.dir, sizeof(options.dir), "%s", argv[1]);
	vs_buf_init(&remembered, 65536);
	must(vs_audit_log_new(&options, now_ns(CLOCK_REALTIME), &log), "open");
	appended = append(log, count, batch);
	vs_audit_log_free(&log);
	(void)printf("{\"append_per_s\": %.0f, \"verify_per_s\": %.0f}\n", appended,
	             verify(argv[1]));
	vs_buf_done(&remembered);
	return 0;
}
