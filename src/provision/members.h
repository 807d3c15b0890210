/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of a JSON object as rows, read and written by the same table: each message of
 * provisioning is a list of them, and what is not in the list is refused.
 */
#pragma once

#include "wire/json.h"

enum vs_provision_member_type {
	VS_PROVISION_TEXT,   /* char[size]; written when not "" */
	VS_PROVISION_BUF,    /* struct vs_buf, a longer text; written when not empty */
	VS_PROVISION_BLOB,   /* uint8_t[size], base64url, exactly so many; written when not all 0 */
	VS_PROVISION_NUMBER, /* int64_t, 0 to 2^53; written when not 0 or when it must be there */
	VS_PROVISION_TIME,   /* int64_t wall ms; the same */
};

struct vs_provision_member {
	const char *name;
	enum vs_provision_member_type type;
	bool is_required;
	size_t size;
	void *target; /* zero before it is read */
};

#define VS_PROVISION_MEMBERS_MAX 32
#define VS_PROVISION_NUMBER_MAX  (INT64_C(1) << 53)

/* One object and nothing behind it but white space. BAD_MESSAGE and the errors of wire/json.h;
 * MISSING, UNEXPECTED, WRONG_TYPE, TOO_LONG, BAD_VALUE of a member. Targets of what was read are
 * written on failure, too. */
VS_RESULT vs_provision_members_read(struct vs_bytes text, const struct vs_provision_member *members,
                                    size_t count);
/* Appends the object. */
VS_RESULT vs_provision_members_write(const struct vs_provision_member *members, size_t count,
                                     struct vs_buf *text);
