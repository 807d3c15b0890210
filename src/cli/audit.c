/* SPDX-License-Identifier: Apache-2.0 */
/* voltseal audit: the log from its folder alone, on whatever machine it lies; without one, from the
 * daemon, as a mirror that is looked into in the same way. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "audit/entry.h"
#include "audit/verify.h"
#include "audit/view.h"
#include "base/clock.h"
#include "cli/audit_mirror.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"
#include "wire/base64.h"

#define EXIT_TAMPERED 2
#define EXIT_MISSING  3
#define EXIT_FORK     4

/* The folder, when the command was given all of its `most` arguments; it is the first. */
static const char *
folder_given(const struct vs_cli *cli, size_t most)
{
	return cli->args.positional_count == most ? cli->args.positionals[0] : NULL;
}

/* --- verify ---------------------------------------------------------------------------------- */

struct meter {
	uint64_t begun_ms, told_ms;
	bool is_terminal;
};

static void
tell(void *self, const char *shard, uint64_t done, uint64_t size)
{
	struct meter *meter = self;
	uint64_t now_ms = vs_clock_mono_ms();

	if (now_ms - meter->told_ms < 1000 || size == 0)
		return;
	meter->told_ms = now_ms;
	(void)fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 " entries (%" PRIu64 " %%)%c", shard,
	              done, size, 100 * done / size, meter->is_terminal ? '\r' : '\n');
}

static int
say_finding(struct vs_cli *cli, const struct vs_audit_finding *finding, uint64_t took_ms)
{
	static const char *const verdicts[] = {"sound", "", "tampered", "missing", "fork"};
	struct vs_json_writer json;
	vs_result r;

	if (cli->is_json) {
		vs_json_write_begin(&json, &cli->out);
		vs_json_write_object(&json);
		vs_json_write_key(&json, "verdict");
		vs_json_write_text(&json, verdicts[finding->verdict]);
		vs_json_write_key(&json, "what");
		vs_json_write_text(&json, finding->what);
		vs_json_write_key(&json, "entries");
		vs_json_write_int(&json, (int64_t)finding->entries);
		vs_json_write_key(&json, "waiting");
		vs_json_write_int(&json, (int64_t)finding->waiting);
		vs_json_write_key(&json, "checkpoints");
		vs_json_write_int(&json, (int64_t)finding->checkpoints);
		vs_json_write_key(&json, "shards");
		vs_json_write_int(&json, (int64_t)finding->shards);
		vs_json_write_key(&json, "pinned");
		vs_json_write_bool(&json, finding->is_pinned);
		vs_json_write_key(&json, "vkey");
		vs_json_write_text(&json, finding->vkey);
		vs_json_write_object_end(&json);
		r = vs_json_write_end(&json);
		if (r.code == VS_E_OK)
			r = vs_buf_append_byte(&cli->out, '\n');
	} else if (finding->verdict != VS_AUDIT_SOUND) {
		r = vs_buf_printf(&cli->out, "%s: %s\n", verdicts[finding->verdict], finding->what);
	} else {
		r = vs_buf_printf(
		    &cli->out,
		    "sound: %" PRIu64 " entries, %" PRIu64 " checkpoints, %" PRIu64
		    " shards; %" PRIu64 " entries wait for a checkpoint\n"
		    "%" PRIu64 " entries a second\nnewest key  %s\n%s",
		    finding->entries, finding->checkpoints, finding->shards, finding->waiting,
		    took_ms > 0 ? finding->entries * 1000 / took_ms : finding->entries,
		    finding->vkey,
		    finding->is_pinned
			? ""
			: "not pinned: give a key that you kept elsewhere with --vkey\n");
	}
	return r.code == VS_E_OK ? (int)finding->verdict : EX_SOFTWARE;
}

int
vs_cli_run_audit_verify(struct vs_cli *cli)
{
	const char *vkey = vs_cli_option(cli, "vkey"), *from = vs_cli_option(cli, "from");
	struct meter meter = {.begun_ms = vs_clock_mono_ms(), .is_terminal = isatty(2) == 1};
	const struct vs_audit_progress progress = {&meter, tell};
	struct vs_cli_audit_place place = {.is_mirror = false};
	struct vs_audit_finding finding;
	struct vs_buf known;
	int code = 0;
	vs_result r = VS_OK;

	cli->subject = folder_given(cli, 1);
	vs_buf_init(&known, VS_AUDIT_NOTE_SIZE + 1);
	if (from != NULL && vs_file_read(from, &known).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_NOT_FOUND, "the checkpoint of --from cannot be read");
	if (code == 0)
		code = vs_cli_audit_place_open(cli, cli->subject, &place);
	meter.told_ms = meter.begun_ms = vs_clock_mono_ms();
	if (code == 0)
		r = vs_audit_verify(place.dir, vkey != NULL ? vkey : "", vs_buf_view(&known),
		                    cli->is_quiet ? NULL : &progress, &finding);
	vs_cli_audit_place_done(&place);
	vs_buf_done(&known);
	if (code != 0)
		return code;
	if (r.code == VS_E_NOT_FOUND) {
		(void)vs_cli_fail(cli, r.code, "this folder holds no audit log");
		return EXIT_MISSING;
	}
	if (r.code != VS_E_OK)
		return vs_cli_fail(cli, r.code, "it could not be verified");
	return say_finding(cli, &finding, vs_clock_mono_ms() - meter.begun_ms);
}

/* --- proofs ---------------------------------------------------------------------------------- */

/* N is of the shard of --shard, else of the newest: that of the newest entry. */
static int
place_of(struct vs_cli *cli, const char *n, char place[static VS_AUDIT_SHARD_SIZE + 24])
{
	const char *shard = vs_cli_option(cli, "shard");
	const struct vs_json_node *item;
	char newest[VS_AUDIT_SHARD_SIZE + 24];
	int code;

	if (shard == NULL) {
		code = vs_cli_http(cli, "GET", "/api/v1/audit?limit=1", (struct vs_bytes){NULL, 0});
		if (code != 0)
			return code;
		item = vs_json_next(vs_json_member(&cli->tape, vs_json_root(&cli->tape), "items"),
		                    NULL);
		if (item == NULL ||
		    vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, item, "id"), newest,
		                      sizeof(newest))
		            .code != VS_E_OK)
			return vs_cli_fail(cli, VS_E_NOT_FOUND, "the log has no entries");
		newest[strcspn(newest, ":")] = '\0';
		shard = newest;
	}
	(void)snprintf(place, VS_AUDIT_SHARD_SIZE + 24, "%.15s:%.20s", shard, n);
	return 0;
}

static vs_result
print_text(struct vs_cli *cli, const struct vs_json_node *node)
{
	struct vs_bytes text = {NULL, 0};
	uint8_t *room = NULL;
	struct vs_buf buf;
	vs_result r;

	vs_buf_init(&buf, VS_AUDIT_PROOF_FILE_SIZE);
	r = vs_buf_reserve(&buf, VS_AUDIT_PROOF_FILE_SIZE, &room);
	if (r.code == VS_E_OK)
		r = vs_json_text(&cli->tape, node, (char *)room, VS_AUDIT_PROOF_FILE_SIZE, &text);
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&cli->out, text);
	vs_buf_done(&buf);
	return r;
}

/* Made by the daemon, and good for whoever has the key: who made it does not matter. */
static int
prove_by_daemon(struct vs_cli *cli, const char *n)
{
	char place[VS_AUDIT_SHARD_SIZE + 24];
	const struct vs_json_node *proof;
	int code = 0;

	cli->subject = n;
	if (strchr(n, ':') == NULL)
		code = place_of(cli, n, place);
	else
		(void)snprintf(place, sizeof(place), "%s", n);
	if (code == 0)
		code = vs_cli_ask(cli, "GET", "/api/v1/audit", place, NULL,
		                  (struct vs_bytes){NULL, 0});
	if (code != 0)
		return code;
	proof = vs_json_member(&cli->tape, vs_json_root(&cli->tape), "proof");
	return print_text(cli, proof).code == VS_E_OK
	           ? 0
	           : vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the answer has no proof");
}

int
vs_cli_run_audit_prove(struct vs_cli *cli)
{
	const char *text = cli->args.positionals[cli->args.positional_count - 1];
	struct vs_audit_view audit;
	char *end = NULL;
	uint64_t n = strtoull(text, &end, 10);
	vs_result r;

	cli->subject = folder_given(cli, 2);
	if (cli->subject == NULL && strchr(text, ':') != NULL)
		return prove_by_daemon(cli, text);
	if (*end != '\0' || end == text)
		return vs_cli_fail_usage(cli, "N is the number of an entry");
	if (cli->subject == NULL)
		return prove_by_daemon(cli, text);
	r = vs_audit_view_open(cli->subject, vs_cli_option(cli, "shard"), &audit);
	if (r.code == VS_E_OK)
		r = vs_audit_view_prove(&audit, n, &cli->out);
	vs_audit_view_done(&audit);
	if (r.code == VS_E_OUT_OF_RANGE)
		return vs_cli_fail(cli, r.code, "no checkpoint has that entry yet");
	return r.code == VS_E_OK ? 0 : vs_cli_fail(cli, r.code, "the proof cannot be made");
}

static vs_result
check_proof(struct vs_bytes text, const struct vs_audit_vkey *vkey, struct vs_buf *out)
{
	struct vs_audit_checkpoint checkpoint;
	struct vs_audit_inclusion_file file;
	uint8_t entry[VS_AUDIT_ENTRY_SIZE];
	struct vs_audit_hash leaf;
	size_t size;

	VS_TRY(vs_audit_inclusion_parse(text, &file));
	VS_TRY(vs_audit_checkpoint_open(file.checkpoint, vkey, &checkpoint));
	VS_TRY(vs_base64_decode(VS_BASE64, file.extra, entry, sizeof(entry), &size));
	VS_TRY(vs_audit_hash_leaf(vs_bytes_from(entry, size), &leaf));
	VS_TRY(vs_audit_check_inclusion(&leaf, file.index, checkpoint.size, &file.proof,
	                                &checkpoint.root));
	VS_TRY(vs_buf_append(out, entry, size));
	return vs_buf_append_byte(out, '\n');
}

int
vs_cli_run_audit_check_proof(struct vs_cli *cli)
{
	const char *text = vs_cli_option(cli, "vkey");
	struct vs_audit_vkey vkey;
	struct vs_buf file;
	vs_result r;

	cli->subject = cli->args.positionals[0];
	if (text == NULL)
		return vs_cli_fail_usage(cli, "--vkey KEY is needed: by whom is it signed?");
	if (vs_audit_vkey_parse(vs_bytes_from_text(text), &vkey).code != VS_E_OK)
		return vs_cli_fail_usage(cli, "--vkey is no key: NAME+HEX+BASE64");
	vs_buf_init(&file, VS_AUDIT_PROOF_FILE_SIZE + 1);
	r = vs_file_read(cli->subject, &file);
	if (r.code != VS_E_OK) {
		vs_buf_done(&file);
		return vs_cli_fail(cli, r.code, "the proof cannot be read");
	}
	r = check_proof(vs_buf_view(&file), &vkey, &cli->out);
	vs_buf_done(&file);
	if (r.code == VS_E_OK)
		return 0;
	(void)vs_cli_fail(cli, VS_E_CONFLICT, "it proves nothing under this key");
	return EXIT_TAMPERED;
}

/* --- consistency ----------------------------------------------------------------------------- */

/* A checkpoint that somebody kept: of which shard and signed by its key? */
static vs_result
open_kept(const char *dir, struct vs_bytes note, struct vs_audit_view *audit,
          struct vs_audit_checkpoint *kept)
{
	struct vs_audit_note parsed;
	const char *slash;

	VS_TRY(vs_audit_note_parse(note, &parsed));
	VS_TRY(vs_audit_checkpoint_parse(parsed.text, kept));
	slash = strrchr(kept->origin, '/');
	VS_TRY(vs_audit_view_open(dir, slash != NULL ? slash + 1 : "", audit));
	return vs_audit_checkpoint_open(note, &audit->meta.vkey, kept);
}

static vs_result
check_consistency(struct vs_audit_view *audit, const struct vs_audit_checkpoint *kept)
{
	struct vs_audit_hashes hashes = vs_audit_shard_reader(&audit->shard);
	struct vs_audit_proof proof = {.count = 0};

	if (kept->size > 0 && kept->size <= audit->checkpoint.size)
		VS_TRY(vs_audit_prove_consistency(&hashes, kept->size, audit->checkpoint.size,
		                                  &proof));
	return vs_audit_check_consistency(kept->size, &kept->root, audit->checkpoint.size,
	                                  &audit->checkpoint.root, &proof);
}

int
vs_cli_run_audit_consistency(struct vs_cli *cli)
{
	const char *file = cli->args.positionals[cli->args.positional_count - 1];
	struct vs_cli_audit_place place;
	struct vs_audit_checkpoint kept;
	struct vs_audit_view audit;
	struct vs_buf note;
	int code;
	vs_result r;

	cli->subject = folder_given(cli, 2);
	memset(&audit, 0, sizeof(audit));
	code = vs_cli_audit_place_open(cli, cli->subject, &place);
	vs_buf_init(&note, VS_AUDIT_NOTE_SIZE + 1);
	r = vs_file_read(file, &note);
	if (r.code == VS_E_OK && code == 0)
		r = open_kept(place.dir, vs_buf_view(&note), &audit, &kept);
	vs_buf_done(&note);
	if (code != 0) {
		vs_cli_audit_place_done(&place);
		return code;
	}
	if (r.code == VS_E_NOT_FOUND) {
		(void)vs_cli_fail(cli, r.code, "the checkpoint, or its shard, is not there");
		code = EXIT_MISSING;
	} else if (r.code != VS_E_OK) {
		(void)vs_cli_fail(cli, r.code, "that is no checkpoint of this log");
		code = EXIT_TAMPERED;
	} else if (check_consistency(&audit, &kept).code != VS_E_OK) {
		(void)vs_cli_fail(cli, VS_E_CONFLICT,
		                  "the log does not go on with that checkpoint");
		code = EXIT_FORK;
	} else if (vs_buf_printf(&cli->out,
	                         "the %" PRIu64 " entries of %s are the first of its %" PRIu64 "\n",
	                         kept.size, kept.origin, audit.checkpoint.size)
	               .code != VS_E_OK) {
		code = EX_SOFTWARE;
	}
	vs_audit_view_done(&audit);
	vs_cli_audit_place_done(&place);
	return code;
}
