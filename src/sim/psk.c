/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/psk.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "wire/base64.h"
#include "wire/json.h"

#define FILE_SIZE_MAX 4096
#define NODES         32

static vs_result
parse(struct vs_bytes text, struct vs_sim_psk *psk_out)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;
	struct vs_sim_psk psk;
	struct vs_bytes key;
	int64_t kid = 0;
	size_t size = 0;
	vs_result r;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	VS_TRY(vs_json_parse(text, &tape));
	VS_TRY(vs_json_int(&tape, vs_json_member(&tape, nodes, "epoch"), &kid));
	VS_TRY(vs_json_text(&tape, vs_json_member(&tape, nodes, "key"), NULL, 0, &key));
	r = vs_base64_decode(VS_BASE64, key, psk.key, sizeof(psk.key), &size);
	if (r.code == VS_E_OK && (size != sizeof(psk.key) || kid < 1 || kid > UINT32_MAX))
		r = VS_FAIL(BAD_MESSAGE);
	psk.kid = (uint32_t)kid;
	if (r.code == VS_E_OK)
		*psk_out = psk;
	explicit_bzero(&psk, sizeof(psk));
	return r;
}

vs_result
vs_sim_psk_read(const char *path, struct vs_sim_psk *psk_out)
{
	struct vs_buf text;
	vs_result r;

	assert(path != NULL && psk_out != NULL);
	vs_buf_init(&text, FILE_SIZE_MAX);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK && parse(vs_buf_view(&text), psk_out).code != VS_E_OK)
		r = VS_FAIL(BAD_MESSAGE);
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	return r;
}

vs_result
vs_sim_psk_write(const char *path, const struct vs_sim_psk *psk)
{
	char key[VS_BASE64_TEXT_SIZE(VS_SIM_PSK_SIZE)], text[128];
	int size;
	vs_result r = VS_FAIL(INTERNAL);

	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(psk->key, sizeof(psk->key)), key,
	                       sizeof(key));
	size = snprintf(text, sizeof(text), "{\"epoch\":%u,\"key\":\"%s\"}\n", (unsigned)psk->kid,
	                key);
	if (size > 0 && (size_t)size < sizeof(text))
		r = vs_file_write(path, vs_bytes_from(text, (size_t)size));
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return r;
}
