/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/subject.h"

#include <assert.h>
#include <string.h>

/* What a subject of each kind has after its word. */
static const struct row {
	const char *word;
	bool has_station, has_leaf;
} rows[VS_BUS_SUBJECT_KINDS] = {
    [VS_BUS_COMMAND] = {"cmd", true, false}, [VS_BUS_EVENT] = {"evt", true, true},
    [VS_BUS_LIVE] = {"live", true, false},   [VS_BUS_OWN] = {"own", false, true},
    [VS_BUS_CONTROL] = {"ctl", false, true}, [VS_BUS_WATCH] = {"watch", true, false},
    [VS_BUS_HEALTH] = {"node", false, true},
};

static bool
is_plain(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

vs_result
vs_bus_token_write(struct vs_bytes value, char *text, size_t size, size_t *at)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t end = *at;

	assert(text != NULL && *at < size);
	if (value.size == 0)
		return VS_FAIL(BAD_VALUE);
	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.data[i];
		size_t needs = is_plain(byte) ? 1 : 3;

		if (byte == '\0' || needs >= size - end) {
			text[*at] = '\0';
			return byte == '\0' ? VS_FAIL(BAD_VALUE) : VS_FAIL(TOO_LONG);
		}
		if (needs == 1) {
			text[end++] = (char)byte;
			continue;
		}
		text[end++] = '=';
		text[end++] = digits[byte >> 4];
		text[end++] = digits[byte & 15];
	}
	text[end] = '\0';
	*at = end;
	return VS_OK;
}

/* Upper case alone: there is one spelling. */
static int
digit_of(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* Back, as a C string in text[0..size). BAD_VALUE: empty or not its one spelling; TOO_LONG. */
static vs_result
token_read(struct vs_bytes token, char *text, size_t size)
{
	char room[VS_BUS_SUBJECT_SIZE];
	size_t end = 0;

	assert(text != NULL && size > 0 && size <= sizeof(room));
	if (token.size == 0)
		return VS_FAIL(BAD_VALUE);
	for (size_t i = 0; i < token.size; i++) {
		uint8_t byte = token.data[i];

		if (byte == '=') {
			int high = i + 2 < token.size ? digit_of(token.data[i + 1]) : -1;
			int low = i + 2 < token.size ? digit_of(token.data[i + 2]) : -1;

			if (high < 0 || low < 0)
				return VS_FAIL(BAD_VALUE);
			byte = (uint8_t)(high << 4 | low);
			if (byte == '\0' || is_plain(byte))
				return VS_FAIL(BAD_VALUE);
			i += 2;
		} else if (!is_plain(byte)) {
			return VS_FAIL(BAD_VALUE);
		}
		if (end + 1 >= size)
			return VS_FAIL(TOO_LONG);
		room[end++] = (char)byte;
	}
	room[end] = '\0';
	memcpy(text, room, end + 1);
	return VS_OK;
}

static vs_result
add(const char *value, char text[static VS_BUS_SUBJECT_SIZE], size_t *at)
{
	if (*at > 0) {
		if (*at + 1 >= VS_BUS_SUBJECT_SIZE)
			return VS_FAIL(TOO_LONG);
		text[(*at)++] = '.';
	}
	return vs_bus_token_write(vs_bytes_from_text(value), text, VS_BUS_SUBJECT_SIZE, at);
}

vs_result
vs_bus_subject_write(const struct vs_bus_subject *subject, char text[static VS_BUS_SUBJECT_SIZE])
{
	const struct row *row;
	char room[VS_BUS_SUBJECT_SIZE];
	size_t at = 0;

	assert(subject != NULL && subject->kind < VS_BUS_SUBJECT_KINDS);
	row = &rows[subject->kind];
	VS_TRY(add(row->word, room, &at));
	if (row->has_station) {
		VS_TRY(add(subject->tenant, room, &at));
		VS_TRY(add(subject->station, room, &at));
	}
	if (row->has_leaf)
		VS_TRY(add(subject->leaf, room, &at));
	memcpy(text, room, at + 1);
	return VS_OK;
}

vs_result
vs_bus_subject_of_node(enum vs_bus_subject_kind kind, const char *node,
                       char text[static VS_BUS_SUBJECT_SIZE])
{
	struct vs_bus_subject subject = {.kind = kind};

	assert(kind < VS_BUS_SUBJECT_KINDS && rows[kind].has_leaf && !rows[kind].has_station);
	if (!vs_bytes_copy_text(vs_bytes_from_text(node), subject.leaf, sizeof(subject.leaf)))
		return VS_FAIL(TOO_LONG);
	return vs_bus_subject_write(&subject, text);
}

vs_result
vs_bus_subject_of_station(enum vs_bus_subject_kind kind, const char *tenant, const char *station,
                          char text[static VS_BUS_SUBJECT_SIZE])
{
	struct vs_bus_subject subject = {.kind = kind};

	assert(kind < VS_BUS_SUBJECT_KINDS && rows[kind].has_station && !rows[kind].has_leaf);
	if (!vs_bytes_copy_text(vs_bytes_from_text(tenant), subject.tenant,
	                        sizeof(subject.tenant)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(station), subject.station,
	                        sizeof(subject.station)))
		return VS_FAIL(TOO_LONG);
	return vs_bus_subject_write(&subject, text);
}

/* The next token of a text, which moves on behind its dot. */
static struct vs_bytes
next_token(struct vs_bytes *rest, bool *more_out)
{
	const uint8_t *dot = rest->size > 0 ? memchr(rest->data, '.', rest->size) : NULL;
	size_t size = dot == NULL ? rest->size : (size_t)(dot - rest->data);
	struct vs_bytes token = vs_bytes_from(rest->data, size);

	*more_out = dot != NULL;
	*rest =
	    dot == NULL ? vs_bytes_from(NULL, 0) : vs_bytes_from(dot + 1, rest->size - size - 1);
	return token;
}

static vs_result
take(struct vs_bytes *rest, bool *more, char *text, size_t size)
{
	if (!*more)
		return VS_FAIL(BAD_VALUE);
	return token_read(next_token(rest, more), text, size);
}

vs_result
vs_bus_subject_read(struct vs_bytes text, struct vs_bus_subject *subject_out)
{
	struct vs_bus_subject subject = {.kind = VS_BUS_COMMAND};
	const struct row *row = NULL;
	bool more = false;
	struct vs_bytes word = next_token(&text, &more);

	assert(subject_out != NULL);
	for (int i = 0; i < VS_BUS_SUBJECT_KINDS && row == NULL; i++) {
		if (!vs_bytes_equal_text(word, rows[i].word))
			continue;
		row = &rows[i];
		subject.kind = (enum vs_bus_subject_kind)i;
	}
	if (row == NULL)
		return VS_FAIL(BAD_VALUE);
	if (row->has_station) {
		VS_TRY(take(&text, &more, subject.tenant, sizeof(subject.tenant)));
		VS_TRY(take(&text, &more, subject.station, sizeof(subject.station)));
	}
	if (row->has_leaf)
		VS_TRY(take(&text, &more, subject.leaf, sizeof(subject.leaf)));
	if (more)
		return VS_FAIL(BAD_VALUE);
	*subject_out = subject;
	return VS_OK;
}

vs_result
vs_bus_key_write(const char *tenant, const char *station, char text[static VS_BUS_SUBJECT_SIZE])
{
	char room[VS_BUS_SUBJECT_SIZE];
	size_t at = 0;

	VS_TRY(add(tenant, room, &at));
	VS_TRY(add(station, room, &at));
	memcpy(text, room, at + 1);
	return VS_OK;
}

vs_result
vs_bus_key_read(struct vs_bytes text, char tenant[static VS_CORE_TENANT_SIZE],
                char station[static VS_CORE_IDENTITY_SIZE])
{
	struct vs_bus_subject read = {.kind = VS_BUS_COMMAND};
	bool more = true;

	VS_TRY(take(&text, &more, read.tenant, sizeof(read.tenant)));
	VS_TRY(take(&text, &more, read.station, sizeof(read.station)));
	if (more)
		return VS_FAIL(BAD_VALUE);
	memcpy(tenant, read.tenant, sizeof(read.tenant));
	memcpy(station, read.station, sizeof(read.station));
	return VS_OK;
}

bool
vs_bus_node_is_valid(const char *node)
{
	size_t size = node == NULL ? 0 : strnlen(node, VS_BUS_NODE_SIZE);

	if (size == 0 || size >= VS_BUS_NODE_SIZE)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!is_plain((uint8_t)node[i]))
			return false;
	}
	return true;
}
