/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One way to say that something failed.
 *
 * A function that can fail returns vs_result and nothing else; its outputs come last and are
 * untouched on failure. The rows of errors.def are the vocabulary; each carries its stable code
 * (VS-1103), its HTTP status and its OCPP error code, so that the decision is made once.
 */
#pragma once

enum vs_err {
	VS_E_OK = 0,
#define VS_ERR(name, code, text, http, ocpp) VS_E_##name,
#include "base/errors.def"
#undef VS_ERR
	VS_E_COUNT /* must be last */
};

/* A struct, not an int: it cannot be mixed up with a length or be ignored. */
typedef struct {
	enum vs_err code;
} vs_result;
#define VS_RESULT __attribute__((warn_unused_result)) vs_result

#define VS_OK         ((vs_result){VS_E_OK})
#define VS_FAIL(name) ((vs_result){VS_E_##name})

/* Leave the function at once. Only where nothing has to be released. */
#define VS_TRY(expr)                                                                               \
	do {                                                                                       \
		vs_result r_ = (expr);                                                             \
		if (r_.code != VS_E_OK)                                                            \
			return r_;                                                                 \
	} while (0)

const char *vs_err_name(enum vs_err err); /* "TOO_LONG" */
int vs_err_code(enum vs_err err);         /* 1103, printed as VS-1103; 0 for OK */
const char *vs_err_text(enum vs_err err);
int vs_err_http(enum vs_err err);
const char *vs_err_ocpp(enum vs_err err); /* the OCPP 2.x CALLERROR code */
