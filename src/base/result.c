/* SPDX-License-Identifier: Apache-2.0 */
#include "base/result.h"

#include <assert.h>

struct row {
	const char *name;
	const char *text;
	const char *ocpp;
	int code;
	int http;
};

static const struct row rows[VS_E_COUNT] = {
    [VS_E_OK] = {"OK", "ok", "", 0, 200},
#define VS_ERR(name, code, text, http, ocpp) [VS_E_##name] = {#name, text, #ocpp, code, http},
#include "base/errors.def"
#undef VS_ERR
};

static const struct row *
row_of(enum vs_err err)
{
	assert((unsigned)err < VS_E_COUNT);
	return &rows[err];
}

const char *
vs_err_name(enum vs_err err)
{
	return row_of(err)->name;
}

int
vs_err_code(enum vs_err err)
{
	return row_of(err)->code;
}

const char *
vs_err_text(enum vs_err err)
{
	return row_of(err)->text;
}

int
vs_err_http(enum vs_err err)
{
	return row_of(err)->http;
}

const char *
vs_err_ocpp(enum vs_err err)
{
	return row_of(err)->ocpp;
}
