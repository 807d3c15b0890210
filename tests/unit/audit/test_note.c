/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/note.h"

#include "test.h"

/* Made with python3-cryptography and hashlib from the texts of C2SP signed-note, tlog-checkpoint
 * and tlog-cosignature; the seed is 00 01 .. 1f. */
#define NAME  "voltseal.example/audit/2026-11"
#define VKEY  NAME "+88b70d40+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define WVKEY "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define TEXT  NAME "\n1\nPH6byTDck/AfppmF7yQtn56GHzxTVaokzl70tLinDMs=\n"
#define SIGNATURE                                                                                  \
	"\xe2\x80\x94 " NAME " iLcNQKOOUTQBZoy9y3AyrLYpZEecFD6kZhObzlljhowbFI6w4h1bYLbjxXjbPlLPPb" \
	"P8d8re2lBqryXIGo+0pjwKVgg=\n"
#define COSIGNATURE                                                                                \
	"\xe2\x80\x94 witness.example/w1 519lMgAAAABkGFDLa7W78n2MqTDZ1kEj8tG9IgeO0cajCxkbOtkRed9t" \
	"3D5ZizN/fQDLV4hyOSfqj2rnc+o3MKDLfPYccpz8HmWtCA==\n"
#define OTHER "\xe2\x80\x94 other.example 519lMgAAAABkGFDLa7W78n2MqTDZ1kEj8tG9IgeO\n"

static struct vs_pkey *key;

static void
make_key(void)
{
	uint8_t seed[32];

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	CHECK_OK(
	    vs_pkey_read_raw_private(VS_PKEY_ED25519, vs_bytes_from(seed, sizeof(seed)), &key));
}

static void
vkeys(void)
{
	static const char *const bad[] = {
	    "",
	    "+88b70d40+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
	    NAME "+88b70d41+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
	    NAME "+88b70d40+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
	    NAME "+88b70d40+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVQ==",
	    "a b+88b70d40+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
	    "other+88b70d40+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
	};
	struct vs_audit_vkey vkey, again;
	char text[VS_AUDIT_VKEY_SIZE];

	CHECK_OK(vs_audit_vkey_make(NAME, VS_AUDIT_SIGNER, key, &vkey));
	vs_audit_vkey_text(&vkey, text);
	CHECK(strcmp(text, VKEY) == 0);
	CHECK_OK(vs_audit_vkey_parse(vs_bytes_from_text(text), &again));
	CHECK(strcmp(again.name, NAME) == 0 && again.kind == VS_AUDIT_SIGNER);
	CHECK_OK(vs_audit_vkey_make("witness.example/w1", VS_AUDIT_WITNESS, key, &vkey));
	vs_audit_vkey_text(&vkey, text);
	CHECK(strcmp(text, WVKEY) == 0);
	CHECK_ERR(vs_audit_vkey_make("a+b", VS_AUDIT_SIGNER, key, &vkey), BAD_VALUE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(vs_audit_vkey_parse(vs_bytes_from_text(bad[i]), &vkey).code != VS_E_OK);
}

static void
checkpoints(void)
{
	struct vs_audit_checkpoint checkpoint, again;
	struct vs_audit_vkey vkey;
	struct vs_buf note;

	vs_buf_init(&note, 4096);
	CHECK_OK(vs_audit_vkey_parse(VS_BYTES_LITERAL(VKEY), &vkey));
	CHECK_OK(vs_audit_checkpoint_parse(VS_BYTES_LITERAL(TEXT), &checkpoint));
	CHECK(checkpoint.size == 1 && strcmp(checkpoint.origin, NAME) == 0);
	/* Ed25519 is deterministic: ours is the same. */
	CHECK_OK(vs_audit_checkpoint_sign(&checkpoint, &vkey, key, &note));
	CHECK(vs_bytes_equal_text(vs_buf_view(&note), TEXT "\n" SIGNATURE));
	CHECK_OK(vs_audit_checkpoint_open(vs_buf_view(&note), &vkey, &again));
	CHECK(again.size == 1 && vs_audit_hash_equal(&again.root, &checkpoint.root));
	note.data[sizeof(NAME)] = '2';
	CHECK_ERR(vs_audit_checkpoint_open(vs_buf_view(&note), &vkey, &again), NOT_AUTHENTIC);
	vs_buf_done(&note);
}

static void
cosignatures(void)
{
	struct vs_audit_vkey vkey, witness;
	struct vs_audit_note note;
	struct vs_buf lines;
	uint64_t at = 1;

	CHECK_OK(vs_audit_vkey_parse(VS_BYTES_LITERAL(VKEY), &vkey));
	CHECK_OK(vs_audit_vkey_parse(VS_BYTES_LITERAL(WVKEY), &witness));
	CHECK_OK(
	    vs_audit_note_parse(VS_BYTES_LITERAL(TEXT "\n" OTHER SIGNATURE COSIGNATURE), &note));
	CHECK_OK(vs_audit_note_check(&note, &vkey, &at));
	CHECK(at == 0);
	CHECK_OK(vs_audit_note_check(&note, &witness, &at));
	CHECK(at == 1679315147);
	vs_buf_init(&lines, 1024);
	CHECK_OK(vs_audit_note_sign(note.text, &witness, key, 1679315147, &lines));
	CHECK(vs_bytes_equal_text(vs_buf_view(&lines), COSIGNATURE));
	vs_buf_done(&lines);
	CHECK_OK(vs_audit_note_parse(VS_BYTES_LITERAL(TEXT "\n" SIGNATURE), &note));
	CHECK_ERR(vs_audit_note_check(&note, &witness, NULL), NOT_FOUND);
	/* The name and id of the key, the signature of another text. */
	CHECK_OK(vs_audit_note_parse(VS_BYTES_LITERAL("x\n\n" SIGNATURE), &note));
	CHECK_ERR(vs_audit_note_check(&note, &vkey, NULL), NOT_AUTHENTIC);
}

static void
bad_notes(void)
{
	static const char *const bad[] = {
	    "",
	    "\n",
	    TEXT,
	    TEXT "\n",
	    "\n\n" SIGNATURE "\n\n",
	    TEXT SIGNATURE,
	    TEXT "\n- " NAME " iLcNQKOOUTQB\n",
	    TEXT "\n\xe2\x80\x94 " NAME "\n",
	    TEXT "\n\xe2\x80\x94  iLcNQKOOUTQB\n",
	    TEXT "\n\xe2\x80\x94 " NAME " iLcNQKOO-TQB\n",
	    TEXT "\n\xe2\x80\x94 " NAME " iLc=\n",
	    TEXT "\n\xe2\x80\x94 " NAME " iLcNQKOOUTQB",
	    "a\tb\n\n" SIGNATURE,
	    "a\rb\n\n" SIGNATURE,
	    "\xff\n\n" SIGNATURE,
	};
	static const char *const bad_texts[] = {
	    "",
	    NAME "\n",
	    NAME "\n1\n",
	    NAME "\n01\nPH6byTDck/AfppmF7yQtn56GHzxTVaokzl70tLinDMs=\n",
	    NAME "\n-1\nPH6byTDck/AfppmF7yQtn56GHzxTVaokzl70tLinDMs=\n",
	    NAME "\n1\nPH6byTDck/A=\n",
	    "\n1\nPH6byTDck/AfppmF7yQtn56GHzxTVaokzl70tLinDMs=\n",
	};
	struct vs_audit_checkpoint checkpoint;
	struct vs_audit_note note;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(vs_audit_note_parse(vs_bytes_from_text(bad[i]), &note).code != VS_E_OK);
	for (size_t i = 0; i < sizeof(bad_texts) / sizeof(bad_texts[0]); i++)
		CHECK(
		    vs_audit_checkpoint_parse(vs_bytes_from_text(bad_texts[i]), &checkpoint).code !=
		    VS_E_OK);
}

int
main(void)
{
	make_key();
	CASE(vkeys);
	CASE(checkpoints);
	CASE(cosignatures);
	CASE(bad_notes);
	vs_pkey_free(&key);
	return 0;
}
