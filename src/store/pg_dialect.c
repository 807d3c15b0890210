/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pg_dialect.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Oids of pg_type.dat: they never change. */
enum {
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_TEXT = 25,
	OID_BYTEA_ARRAY = 1001,
	OID_TEXT_ARRAY = 1009,
	OID_INT8_ARRAY = 1016
};

/* At a '?': which parameter, from 1; *next the first byte behind it, *last the highest so far. */
static unsigned
parameter_at(const char *at, const char **next, unsigned *last)
{
	char *end = NULL;
	unsigned number = (unsigned)strtoul(at + 1, &end, 10);

	if (end == at + 1)
		number = *last + 1;
	*next = end;
	if (number > *last)
		*last = number;
	return number;
}

vs_result
vs_store_pg_sql(const char *sql, struct vs_buf *text)
{
	unsigned last = 0;
	char quote = '\0';

	assert(sql != NULL && text != NULL);
	for (const char *at = sql; *at != '\0';) {
		if (*at == '?' && quote == '\0') {
			VS_TRY(vs_buf_printf(text, "$%u", parameter_at(at, &at, &last)));
			continue;
		}
		if (quote == '\0' && (*at == '\'' || *at == '"'))
			quote = *at;
		else if (*at == quote)
			quote = '\0';
		VS_TRY(vs_buf_append_byte(text, (uint8_t)*at++));
	}
	return VS_OK;
}

int
vs_store_pg_tenant(const char *sql)
{
	static const char wanted[] = "tenant = ";
	unsigned last = 0;

	assert(sql != NULL);
	for (const char *at = sql; *at != '\0';) {
		unsigned number;
		bool is_tenant;

		if (*at != '?') {
			at++;
			continue;
		}
		is_tenant = (size_t)(at - sql) >= sizeof(wanted) - 1 &&
		            strncmp(at - (sizeof(wanted) - 1), wanted, sizeof(wanted) - 1) == 0;
		number = parameter_at(at, &at, &last);
		if (is_tenant)
			return (int)number - 1;
	}
	return -1;
}

uint32_t
vs_store_pg_type(char letter)
{
	switch (letter) {
	case 't':
	case 'x':
		return OID_TEXT;
	case 'i':
	case 'n':
		return OID_INT8;
	case 'b':
	case 's':
		return OID_BYTEA;
	case 'T':
		return OID_TEXT_ARRAY;
	case 'I':
		return OID_INT8_ARRAY;
	case 'B':
		return OID_BYTEA_ARRAY;
	default:
		return 0;
	}
}

uint32_t
vs_store_pg_element(char letter)
{
	switch (letter) {
	case 'T':
		return OID_TEXT;
	case 'I':
		return OID_INT8;
	case 'B':
		return OID_BYTEA;
	default:
		return 0;
	}
}

vs_result
vs_store_pg_error(const char *sqlstate)
{
	static const struct {
		const char *begin;
		enum vs_err code;
	} rows[] = {
	    {"22", VS_E_BAD_VALUE},   /* data exception */
	    {"23", VS_E_CONFLICT},    /* integrity constraint violation */
	    {"P0001", VS_E_CONFLICT}, /* RAISE of a trigger of ours */
	    {"VS001", VS_E_EXISTS},   /* of signed_take: the number was taken */
	    {"42501", VS_E_CONFLICT}, /* the wall: a row of another tenant */
	    {"42", VS_E_BAD_VALUE},   {"53200", VS_E_NO_MEMORY},
	    {"40", VS_E_AGAIN}, /* rolled back: a deadlock with another node */
	};

	for (size_t i = 0; sqlstate != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(sqlstate, rows[i].begin, strlen(rows[i].begin)) == 0)
			return (vs_result){rows[i].code};
	return VS_FAIL(IO);
}
