/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voltseal audit witness: somebody else, elsewhere, who signs that a log goes on with what they
 * have seen (C2SP tlog-cosignature). What was seen last is in a file of theirs; a log that was put
 * back does not get a second signature.
 */
#include <stdio.h>
#include <string.h>

#include "audit/view.h"
#include "cli/audit_mirror.h"
#include "cli/fail.h"

#define EXIT_MISSING 3
#define EXIT_FORK    4

struct witness {
	struct vs_pkey *key;
	struct vs_audit_vkey vkey;
	struct vs_audit_view audit;
	struct vs_audit_checkpoint seen; /* size 0: nothing yet */
};

/* The witness's key, made at the first time: PKCS#8, for its owner alone. */
static vs_result
open_key(const char *path, struct vs_pkey **key_out)
{
	struct vs_secret *pem = NULL;
	vs_result r;

	if (!vs_file_exists(path)) {
		VS_TRY(vs_pkey_new(VS_PKEY_ED25519, key_out));
		r = vs_pkey_write_private(*key_out, &pem);
		if (r.code == VS_E_OK)
			r = vs_file_write(path,
			                  vs_bytes_from(vs_secret_bytes(pem), vs_secret_size(pem)));
		vs_secret_free(&pem);
		return r;
	}
	VS_TRY(vs_file_secret_read(path, &pem));
	r = vs_pkey_read_private(vs_bytes_from(vs_secret_bytes(pem), vs_secret_size(pem)), key_out);
	vs_secret_free(&pem);
	return r;
}

/* What was signed last, by this witness: its own signature says so. */
static vs_result
open_seen(struct witness *witness, const char *path)
{
	struct vs_audit_note note;
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, VS_AUDIT_NOTE_SIZE + 1);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK)
		r = vs_audit_note_parse(vs_buf_view(&text), &note);
	if (r.code == VS_E_OK)
		r = vs_audit_note_check(&note, &witness->vkey, NULL);
	if (r.code == VS_E_OK)
		r = vs_audit_checkpoint_parse(note.text, &witness->seen);
	else if (r.code == VS_E_NOT_FOUND && !vs_file_exists(path))
		r = VS_OK;
	vs_buf_done(&text);
	return r;
}

/* Is this shard what its checkpoint says (seen here, not believed), and does it go on with what was
 * seen? */
static vs_result
check_shard(struct vs_audit_view *audit, const struct vs_audit_checkpoint *seen)
{
	const struct vs_audit_checkpoint *now = &audit->checkpoint;
	struct vs_audit_hashes hashes = vs_audit_shard_reader(&audit->shard);
	struct vs_audit_proof proof = {.count = 0};
	struct vs_audit_hash root;

	VS_TRY(vs_audit_prove_root(&hashes, now->size, &root));
	if (!vs_audit_hash_equal(&root, &now->root) || seen->size > now->size)
		return VS_FAIL(CONFLICT);
	if (seen->size == 0)
		return VS_OK;
	VS_TRY(vs_audit_prove_consistency(&hashes, seen->size, now->size, &proof));
	return vs_audit_check_consistency(seen->size, &seen->root, now->size, &now->root, &proof);
}

/* From this shard back to the one that was seen: each begins with the end of the one before. */
static vs_result
check_back(const char *dir, const struct vs_audit_meta *after,
           const struct vs_audit_checkpoint *seen)
{
	struct vs_audit_meta meta = *after;
	bool is_there = false;
	vs_result r = VS_OK;

	while (!is_there && r.code == VS_E_OK) {
		struct vs_audit_view before;

		if (meta.is_fork || meta.previous[0] == '\0')
			return VS_FAIL(CONFLICT);
		r = vs_audit_view_open(dir, meta.previous, &before);
		if (r.code == VS_E_OK &&
		    !vs_bytes_equal_text(vs_buf_view(&before.note), meta.previous_checkpoint))
			r = VS_FAIL(CONFLICT);
		is_there = r.code == VS_E_OK && strcmp(before.checkpoint.origin, seen->origin) == 0;
		if (is_there)
			r = check_shard(&before, seen);
		meta = before.meta;
		vs_audit_view_done(&before);
	}
	return r;
}

static vs_result
check(const char *dir, struct witness *witness)
{
	const struct vs_audit_checkpoint nothing = {.size = 0}, *seen = &witness->seen;

	if (seen->size == 0 || strcmp(seen->origin, witness->audit.checkpoint.origin) == 0)
		return check_shard(&witness->audit, seen);
	VS_TRY(check_shard(&witness->audit, &nothing));
	return check_back(dir, &witness->audit.meta, seen);
}

static vs_result
sign(struct vs_cli *cli, struct witness *witness, const char *path)
{
	struct vs_audit_note note;
	struct vs_buf text;
	size_t start;
	vs_result r;

	VS_TRY(vs_audit_note_parse(vs_buf_view(&witness->audit.note), &note));
	vs_buf_init(&text, VS_AUDIT_NOTE_SIZE);
	r = vs_buf_append_bytes(&text, vs_buf_view(&witness->audit.note));
	start = text.size;
	if (r.code == VS_E_OK)
		r = vs_audit_note_sign(note.text, &witness->vkey, witness->key,
		                       (uint64_t)(cli->now_ms / 1000), &text);
	/* Remembered before it is given out. */
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_buf_view(&text));
	if (r.code == VS_E_OK)
		r = vs_buf_append(&cli->out, text.data + start, text.size - start);
	vs_buf_done(&text);
	return r;
}

static int
run(struct vs_cli *cli, struct witness *witness, const char *dir, const char *path)
{
	vs_result r = open_seen(witness, path);

	if (r.code != VS_E_OK)
		return vs_cli_fail(cli, r.code, "the file of --seen is not this witness's");
	r = vs_audit_view_open(dir, NULL, &witness->audit);
	if (r.code != VS_E_OK) {
		(void)vs_cli_fail(cli, r.code, "there is no signed checkpoint");
		return EXIT_MISSING;
	}
	if (check(dir, witness).code != VS_E_OK) {
		(void)vs_cli_fail(cli, VS_E_CONFLICT,
		                  "the log does not go on with what was seen last: not signed");
		return EXIT_FORK;
	}
	r = sign(cli, witness, path);
	return r.code == VS_E_OK ? 0 : vs_cli_fail(cli, r.code, "it cannot be signed");
}

int
vs_cli_run_audit_witness(struct vs_cli *cli)
{
	const char *key = vs_cli_option(cli, "witness-key"), *seen = vs_cli_option(cli, "seen");
	const char *name = vs_cli_option(cli, "name");
	char vkey[VS_AUDIT_VKEY_SIZE];
	struct vs_cli_audit_place place;
	struct witness witness;
	int code;
	vs_result r;

	if (key == NULL || seen == NULL || name == NULL)
		return vs_cli_fail_usage(
		    cli, "--name NAME, --witness-key FILE and --seen FILE are needed");
	cli->subject = cli->args.positional_count > 0 ? cli->args.positionals[0] : NULL;
	memset(&witness, 0, sizeof(witness));
	r = open_key(key, &witness.key);
	if (r.code == VS_E_OK)
		r = vs_audit_vkey_make(name, VS_AUDIT_WITNESS, witness.key, &witness.vkey);
	if (r.code != VS_E_OK) {
		code = vs_cli_fail(cli, r.code, "the name or the key of the witness is not one");
	} else {
		vs_audit_vkey_text(&witness.vkey, vkey);
		if (!cli->is_quiet)
			(void)fprintf(stderr, "witness %s\n", vkey);
		code = vs_cli_audit_place_open(cli, cli->subject, &place);
		if (code == 0)
			code = run(cli, &witness, place.dir, seen);
		vs_cli_audit_place_done(&place);
	}
	vs_audit_view_done(&witness.audit);
	vs_pkey_free(&witness.key);
	return code;
}
