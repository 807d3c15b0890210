/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/proof_file.h"

#include <assert.h>
#include <string.h>

#include "wire/base64.h"

#define HEAD "c2sp.org/tlog-proof@v1\n"

static vs_result
print_hashes(const struct vs_audit_proof *proof, struct vs_buf *text)
{
	char line[VS_BASE64_TEXT_SIZE(VS_SHA256_SIZE)];

	for (size_t i = 0; i < proof->count; i++) {
		(void)vs_base64_encode(VS_BASE64,
		                       vs_bytes_from(proof->hashes[i].bytes, VS_SHA256_SIZE), line,
		                       sizeof(line));
		VS_TRY(vs_buf_printf(text, "%s\n", line));
	}
	return VS_OK;
}

vs_result
vs_audit_inclusion_print(const struct vs_audit_inclusion_file *file, struct vs_buf *text)
{
	assert(file != NULL && text != NULL);
	VS_TRY(vs_buf_append_text(text, HEAD));
	if (file->extra.size > 0)
		VS_TRY(vs_buf_printf(text, "extra %.*s\n", VS_BYTES_PRINTF(file->extra)));
	VS_TRY(vs_buf_printf(text, "index %llu\n", (unsigned long long)file->index));
	VS_TRY(print_hashes(&file->proof, text));
	VS_TRY(vs_buf_append_byte(text, '\n'));
	return vs_buf_append_bytes(text, file->checkpoint);
}

/* The line up to its newline, when it begins so; *rest is then behind it. */
static bool
take_line(struct vs_bytes *rest, const char *begin, struct vs_bytes *line_out)
{
	size_t size = strlen(begin);
	const uint8_t *end;

	if (rest->size < size || !vs_bytes_equal_text(vs_bytes_from(rest->data, size), begin))
		return false;
	end = memchr(rest->data + size, '\n', rest->size - size);
	if (end == NULL)
		return false;
	*line_out = vs_bytes_from(rest->data + size, (size_t)(end - rest->data) - size);
	rest->size -= size + line_out->size + 1;
	rest->data = end + 1;
	return true;
}

static vs_result
read_index(struct vs_bytes line, uint64_t *index_out)
{
	uint64_t index = 0;

	if (line.size == 0 || line.size > 19 || (line.data[0] == '0' && line.size > 1))
		return VS_FAIL(BAD_MESSAGE);
	for (size_t i = 0; i < line.size; i++) {
		if (line.data[i] < '0' || line.data[i] > '9')
			return VS_FAIL(BAD_MESSAGE);
		index = 10 * index + (uint64_t)(line.data[i] - '0');
	}
	*index_out = index;
	return VS_OK;
}

/* Up to the empty line. */
static vs_result
read_hashes(struct vs_bytes *rest, struct vs_audit_proof *proof)
{
	struct vs_bytes line;
	size_t size;

	proof->count = 0;
	while (take_line(rest, "", &line)) {
		if (line.size == 0)
			return VS_OK;
		if (proof->count == VS_AUDIT_PROOF_HASHES)
			return VS_FAIL(BAD_MESSAGE);
		VS_TRY(vs_base64_decode(VS_BASE64, line, proof->hashes[proof->count].bytes,
		                        VS_SHA256_SIZE, &size));
		if (size != VS_SHA256_SIZE)
			return VS_FAIL(BAD_MESSAGE);
		proof->count++;
	}
	return VS_FAIL(BAD_MESSAGE);
}

vs_result
vs_audit_inclusion_parse(struct vs_bytes text, struct vs_audit_inclusion_file *file_out)
{
	struct vs_audit_inclusion_file file = {.extra = {NULL, 0}};
	struct vs_bytes rest = text, line;

	assert(file_out != NULL);
	if (text.size > VS_AUDIT_PROOF_FILE_SIZE)
		return VS_FAIL(TOO_LONG);
	if (!take_line(&rest, "c2sp.org/tlog-proof@v1", &line) || line.size != 0)
		return VS_FAIL(BAD_MESSAGE);
	if (take_line(&rest, "extra ", &line)) {
		if (line.size == 0)
			return VS_FAIL(BAD_MESSAGE);
		file.extra = line;
	}
	if (!take_line(&rest, "index ", &line))
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(read_index(line, &file.index));
	VS_TRY(read_hashes(&rest, &file.proof));
	if (rest.size == 0)
		return VS_FAIL(BAD_MESSAGE);
	file.checkpoint = rest;
	*file_out = file;
	return VS_OK;
}
