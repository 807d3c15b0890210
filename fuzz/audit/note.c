/* SPDX-License-Identifier: Apache-2.0 */
/* Notes, keys and checkpoints: what is read is printed and must be the same again. */
#include <stdlib.h>
#include <string.h>

#include "audit/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_vkey(struct vs_bytes bytes)
{
	char text[VS_AUDIT_VKEY_SIZE];
	struct vs_audit_vkey vkey;
	struct vs_audit_note note;

	if (vs_audit_vkey_parse(bytes, &vkey).code != VS_E_OK)
		return;
	vs_audit_vkey_text(&vkey, text);
	/* hexadecimal digits may be of both cases */
	if (strlen(text) != bytes.size ||
	    vs_audit_vkey_parse(vs_bytes_from_text(text), &vkey).code != VS_E_OK)
		abort();
	if (vs_audit_note_parse(bytes, &note).code == VS_E_OK)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes bytes = vs_bytes_from(data, size);
	struct vs_audit_checkpoint checkpoint, again;
	struct vs_audit_note note;
	struct vs_buf text;

	try_vkey(bytes);
	if (vs_audit_note_parse(bytes, &note).code != VS_E_OK)
		return 0;
	if (note.text.size + 1 + note.signatures.size != size)
		abort();
	if (vs_audit_checkpoint_parse(note.text, &checkpoint).code != VS_E_OK)
		return 0;
	vs_buf_init(&text, VS_AUDIT_NOTE_SIZE);
	if (vs_audit_checkpoint_print(&checkpoint, &text).code != VS_E_OK ||
	    text.size > note.text.size || memcmp(text.data, note.text.data, text.size) != 0 ||
	    vs_audit_checkpoint_parse(vs_buf_view(&text), &again).code != VS_E_OK ||
	    again.size != checkpoint.size)
		abort();
	vs_buf_done(&text);
	return 0;
}
