/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/verify.h"

#include "keeper.h"
#include "test.h"

#define NOVEMBER INT64_C(1795181905000000000) /* 2026-11-20T13:38:25Z */
#define SECOND   INT64_C(1000000000)
#define DECEMBER (NOVEMBER + 12 * 86400 * SECOND)

static struct keeper keeper;
static char vkey[VS_AUDIT_VKEY_SIZE]; /* of the first shard */

/* Two shards of 600 and 300 entries and some, with checkpoints all along. */
static void
make(void)
{
	struct vs_audit_log *log;

	keeper_init(&keeper);
	log = keeper_open(&keeper, NOVEMBER, false);
	(void)snprintf(vkey, sizeof(vkey), "%s", keeper_status(log).vkey);
	for (int i = 0; i < 6; i++) {
		CHECK_OK(keeper_append(log, 100, NOVEMBER));
		CHECK_OK(vs_audit_log_publish(log, NOVEMBER));
	}
	for (int i = 0; i < 3; i++) {
		CHECK_OK(keeper_append(log, 100, DECEMBER));
		CHECK_OK(vs_audit_log_publish(log, DECEMBER));
	}
	CHECK_OK(keeper_append(log, 7, DECEMBER));
	vs_audit_log_free(&log);
}

static void
shell(const char *command)
{
	char line[900];

	(void)snprintf(line, sizeof(line), "cd '%s/log' && %s", keeper.dir, command);
	CHECK(keeper_shell(line) == 0);
}

static struct vs_audit_finding
look(const char *pin, struct vs_bytes known)
{
	struct vs_audit_finding finding;
	char dir[VS_PATH_SIZE];

	CHECK_OK(vs_path_join(keeper.dir, "log", dir));
	CHECK_OK(vs_audit_verify(dir, pin, known, NULL, &finding));
	return finding;
}

static void
sound(void)
{
	struct vs_audit_finding finding;

	make();
	finding = look(vkey, (struct vs_bytes){NULL, 0});
	if (finding.verdict != VS_AUDIT_SOUND)
		(void)fprintf(stderr, "%s\n", finding.what);
	CHECK(finding.verdict == VS_AUDIT_SOUND && finding.is_pinned);
	CHECK(finding.shards == 2 && finding.waiting == 7);
	/* open, 600, close; open, 300 */
	CHECK(finding.entries == 602 + 301 && finding.checkpoints == 8 + 4);
	CHECK(!look("", (struct vs_bytes){NULL, 0}).is_pinned);
	keeper_done(&keeper);
}

static void
damaged(const char *command, enum vs_audit_verdict verdict, const char *what)
{
	struct vs_audit_finding finding;

	make();
	shell(command);
	finding = look(vkey, (struct vs_bytes){NULL, 0});
	if (finding.verdict != verdict || strstr(finding.what, what) == NULL)
		(void)fprintf(stderr, "%s\n%d: %s\n", command, (int)finding.verdict, finding.what);
	CHECK(finding.verdict == verdict && strstr(finding.what, what) != NULL);
	keeper_done(&keeper);
}

static void
found(void)
{
	/* flip a byte: of an entry, a hash, a hash above, a signature, a shard's description */
	damaged("printf X | dd of=2026-11/tile/entries/001 bs=1 seek=9 conv=notrunc 2>/dev/null",
	        VS_AUDIT_TAMPERED, "2026-11: entry 256 is not what was hashed");
	damaged("printf X | dd of=2026-11/tile/0/000 bs=1 seek=3200 conv=notrunc 2>/dev/null",
	        VS_AUDIT_TAMPERED, "2026-11: entry 100 is not what was hashed");
	damaged("printf X | dd of=2026-11/tile/1/000.p/2 bs=1 seek=40 conv=notrunc 2>/dev/null",
	        VS_AUDIT_TAMPERED, "hash 1 of level 8 is not that of its entries");
	damaged("sed -i 's/^602/603/' 2026-11/checkpoint", VS_AUDIT_TAMPERED,
	        "checkpoint is not signed");
	damaged("sed -i 's/^301$/302/' 2026-11/checkpoints.log", VS_AUDIT_TAMPERED,
	        "checkpoint after that of 201 entries");
	damaged("sed -i 's/vkey/vkez/' 2026-11/meta.json", VS_AUDIT_TAMPERED, "meta.json");
	/* drop */
	damaged("rm 2026-11/tile/entries/001", VS_AUDIT_MISSING, "the bundle of entry 256");
	damaged("rm 2026-11/tile/0/001", VS_AUDIT_MISSING, "the tile of entry 256");
	damaged("rm -r 2026-12", VS_AUDIT_MISSING, "it was closed, and no shard follows");
	damaged("rm -r 2026-11", VS_AUDIT_MISSING, "there is no shard test.example/audit/2026-11");
	damaged("rm 2026-12/checkpoints.log", VS_AUDIT_MISSING, "checkpoints.log");
	/* reorder */
	damaged("cd 2026-11/tile && mv entries/000 x && mv entries/001 entries/000 && mv x "
	        "entries/001 && mv 0/000 x && mv 0/001 0/000 && mv x 0/001",
	        VS_AUDIT_TAMPERED, "entry 0 is not an entry with this number");
	/* a bundle and its hashes written anew, alike: the tree tells */
	damaged("cp 2026-12/tile/entries/000 2026-11/tile/entries/000 && "
	        "cp 2026-12/tile/0/000 2026-11/tile/0/000",
	        VS_AUDIT_FORK, "the first 1 entries are not those of the checkpoint");
	/* truncate: an older checkpoint put in the place of the newest */
	damaged(
	    "awk 'BEGIN{RS=\"\";ORS=\"\\n\\n\"} NR==3||NR==4' 2026-12/checkpoints.log | head -c "
	    "-1 > x && mv x 2026-12/checkpoint",
	    VS_AUDIT_MISSING, "a checkpoint of 201 entries was signed, 101 are here");
}

/* Everything put back to an earlier state: only what was kept elsewhere tells. */
static void
rolled_back(void)
{
	struct vs_audit_finding finding;
	struct vs_audit_log *log;
	struct vs_buf known;
	char path[VS_PATH_SIZE];

	make();
	shell("cp -a ../log ../old");
	log = keeper_open(&keeper, DECEMBER, false);
	CHECK_OK(keeper_append(log, 50, DECEMBER));
	CHECK_OK(vs_audit_log_publish(log, DECEMBER));
	vs_audit_log_free(&log);
	vs_buf_init(&known, VS_AUDIT_NOTE_SIZE + 1);
	CHECK_OK(vs_path_join(keeper.dir, "log/2026-12/checkpoint", path));
	CHECK_OK(vs_file_read(path, &known));
	finding = look(vkey, vs_buf_view(&known));
	CHECK(finding.verdict == VS_AUDIT_SOUND);
	shell("rm -r ../log && mv ../old ../log");
	CHECK(look(vkey, (struct vs_bytes){NULL, 0}).verdict == VS_AUDIT_SOUND);
	finding = look(vkey, vs_buf_view(&known));
	CHECK(finding.verdict == VS_AUDIT_MISSING);
	CHECK(strstr(finding.what, "the known checkpoint has 358 entries") != NULL);
	vs_buf_done(&known);
	keeper_done(&keeper);
}

/* Another log under the same name, all of it right in itself. */
static void
another_log(void)
{
	struct vs_audit_finding finding;
	char other[VS_AUDIT_VKEY_SIZE];

	make();
	memcpy(other, vkey, sizeof(other));
	keeper_done(&keeper);
	make();
	finding = look(other, (struct vs_bytes){NULL, 0});
	CHECK(finding.verdict == VS_AUDIT_TAMPERED);
	CHECK(strstr(finding.what, "its key is not the given one") != NULL);
	keeper_done(&keeper);
}

int
main(void)
{
	CASE(sound);
	CASE(found);
	CASE(rolled_back);
	CASE(another_log);
	return 0;
}
