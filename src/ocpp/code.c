/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/code.h"

#include <string.h>

static const struct {
	const char *v2, *v16;
} rows[] = {
#define CODE(v2, v16) {#v2, #v16},
#include "ocpp/codes.def"
#undef CODE
};

const char *
vs_ocpp_code_text(enum vs_ocpp_version version, const char *code)
{
	if (version != VS_OCPP_16)
		return code;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].v2, code) == 0)
			return rows[i].v16;
	}
	return code;
}
