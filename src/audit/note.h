/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed notes (C2SP signed-note) with Ed25519, and the checkpoints that they carry (C2SP
 * tlog-checkpoint, tlog-cosignature): text lines, an empty line, signature lines. Names are ASCII
 * without white space and '+'. No I/O; any thread.
 */
#pragma once

#include "audit/tree.h"
#include "crypto/pkey.h"

#define VS_AUDIT_NAME_SIZE 128 /* with NUL */
#define VS_AUDIT_NOTE_SIZE 16384
#define VS_AUDIT_VKEY_SIZE (VS_AUDIT_NAME_SIZE + 64)

enum vs_audit_key_kind {
	VS_AUDIT_SIGNER = 0x01,  /* Ed25519 over the note's text */
	VS_AUDIT_WITNESS = 0x04, /* Ed25519 over a line, a time and the text */
};

/* Who signs: as it is handed around, "NAME+HEX+BASE64". */
struct vs_audit_vkey {
	char name[VS_AUDIT_NAME_SIZE];
	enum vs_audit_key_kind kind;
	uint8_t id[4]; /* SHA-256(name 0x0A kind public)[:4] */
	uint8_t public[32];
};

/* BAD_VALUE: not such a name. */
VS_RESULT vs_audit_vkey_make(const char *name, enum vs_audit_key_kind kind,
                             const struct vs_pkey *key, struct vs_audit_vkey *vkey_out);
/* BAD_VALUE, BAD_ENCODING; an id that is not that of its key is refused. */
VS_RESULT vs_audit_vkey_parse(struct vs_bytes text, struct vs_audit_vkey *vkey_out);
void vs_audit_vkey_text(const struct vs_audit_vkey *vkey, char text_out[static VS_AUDIT_VKEY_SIZE]);

struct vs_audit_note {
	struct vs_bytes text;       /* what is signed, with its last newline; borrowed */
	struct vs_bytes signatures; /* lines; borrowed */
};

/* BAD_MESSAGE: not a note. BAD_UTF8. */
VS_RESULT vs_audit_note_parse(struct vs_bytes bytes, struct vs_audit_note *note_out);
/* NOT_FOUND: not signed by this key; NOT_AUTHENTIC: its signature is wrong. time_out (may be NULL)
 * is a witness's time in seconds, else 0. */
VS_RESULT vs_audit_note_check(const struct vs_audit_note *note, const struct vs_audit_vkey *vkey,
                              uint64_t *time_out);
/* Appends one signature line. time_s is for a witness. */
VS_RESULT vs_audit_note_sign(struct vs_bytes text, const struct vs_audit_vkey *vkey,
                             const struct vs_pkey *key, uint64_t time_s, struct vs_buf *lines);

struct vs_audit_checkpoint {
	char origin[VS_AUDIT_NAME_SIZE];
	uint64_t size;
	struct vs_audit_hash root;
};

/* The text of a note. Lines after the third are passed over. BAD_MESSAGE. */
VS_RESULT vs_audit_checkpoint_parse(struct vs_bytes text,
                                    struct vs_audit_checkpoint *checkpoint_out);
VS_RESULT vs_audit_checkpoint_print(const struct vs_audit_checkpoint *checkpoint,
                                    struct vs_buf *text);
/* A whole note: the text, an empty line, the signature. */
VS_RESULT vs_audit_checkpoint_sign(const struct vs_audit_checkpoint *checkpoint,
                                   const struct vs_audit_vkey *vkey, const struct vs_pkey *key,
                                   struct vs_buf *note);
/* Parse, check, and see that the origin is the key's name. */
VS_RESULT vs_audit_checkpoint_open(struct vs_bytes note, const struct vs_audit_vkey *vkey,
                                   struct vs_audit_checkpoint *checkpoint_out);
