/* SPDX-License-Identifier: Apache-2.0 */
/* How the words of a channel are spelled: as JSON arrays in a WebSocket text, or as the fields of a
 * framed message. */
#include <string.h>

#include "ocpp/sealed_inside.h"
#include "wire/base64.h"
#include "wire/json.h"

#define NUMBER_DIGITS 18
#define HEAD_SIZE     48 /* of E2: two numbers and what is between them */

static const struct vs_ocpp_sealed_form_row rows[] = {
    [VS_OCPP_SEALED_JSON] = {.aad_label = "voltseal/ocpp-e2",
                             .hello_label = "voltseal/ocpp-e2/hello"},
    [VS_OCPP_SEALED_FRAMED] = {.aad_label = "voltseal/e2", .hello_label = "voltseal/a2"},
};

const struct vs_ocpp_sealed_form_row *
vs_ocpp_sealed_form_row(enum vs_ocpp_sealed_form form)
{
	return &rows[form];
}

/* --- reading -----------------------------------------------------------------------------------
 */

static vs_result
read_json(struct vs_ocpp_sealed_reading *reading, struct vs_bytes text)
{
	struct vs_json_node nodes[VS_OCPP_SEALED_NODES];
	const struct vs_json_node *node = NULL;
	struct vs_json_tape tape;

	vs_json_tape_init_fixed(&tape, nodes, VS_OCPP_SEALED_NODES);
	VS_TRY(vs_json_parse(text, &tape));
	if (nodes[0].type != VS_JSON_ARRAY)
		return VS_FAIL(BAD_MESSAGE);
	while ((node = vs_json_next(nodes, node)) != NULL) {
		struct vs_ocpp_sealed_item *item = &reading->items[reading->count++];

		if (node->type == VS_JSON_STRING)
			item->is_text =
			    vs_json_text(&tape, node, NULL, 0, &item->text).code == VS_E_OK;
		else
			item->is_number = vs_json_int(&tape, node, &item->number).code == VS_E_OK;
	}
	return VS_OK;
}

/* Decimal, without a sign and without leading zeros. */
static bool
read_digits(struct vs_bytes text, int64_t *number_out)
{
	int64_t number = 0;

	if (text.size == 0 || text.size > NUMBER_DIGITS || (text.size > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		number = number * 10 + (text.data[i] - '0');
	}
	*number_out = number;
	return true;
}

/* ["E2",epoch,seq,"..."] as everybody writes it: without spaces and escapes. What is spelled
 * otherwise is left to the general reader; what is within the last quotes is base64 or refused. */
static bool
read_plain(struct vs_ocpp_sealed_reading *reading, struct vs_bytes text)
{
	static const char head[] = "[\"E2\",";
	size_t at = sizeof(head) - 1;

	if (text.size < sizeof(head) + 5 ||
	    !vs_bytes_equal_text(vs_bytes_from(text.data, at), head) ||
	    text.data[text.size - 2] != '"' || text.data[text.size - 1] != ']')
		return false;
	for (unsigned i = 1; i <= 2; i++) {
		size_t begin = at;

		while (at < text.size && text.data[at] != ',')
			at++;
		reading->items[i].is_number = read_digits(
		    vs_bytes_from(text.data + begin, at - begin), &reading->items[i].number);
		if (!reading->items[i].is_number)
			return false;
		at++;
	}
	if (at + 3 > text.size || text.data[at] != '"')
		return false;
	reading->items[0].text = vs_bytes_from(text.data + 2, 2);
	reading->items[3].text = vs_bytes_from(text.data + at + 1, text.size - at - 3);
	reading->items[0].is_text = reading->items[3].is_text = true;
	reading->count = 4;
	return true;
}

static vs_result
read_fields(struct vs_ocpp_sealed_reading *reading, struct vs_bytes text)
{
	const uint8_t *at = text.data, *const end = text.data + text.size;

	for (;;) {
		const uint8_t *mark = memchr(at, '#', (size_t)(end - at));
		struct vs_ocpp_sealed_item *item;

		if (reading->count == VS_OCPP_SEALED_ITEMS)
			return VS_FAIL(BAD_MESSAGE);
		item = &reading->items[reading->count++];
		item->text = vs_bytes_from(at, (size_t)((mark != NULL ? mark : end) - at));
		item->is_text = true;
		item->is_number = read_digits(item->text, &item->number);
		if (mark == NULL)
			return VS_OK;
		at = mark + 1;
	}
}

vs_result
vs_ocpp_sealed_read_items(enum vs_ocpp_sealed_form form, struct vs_bytes text,
                          struct vs_ocpp_sealed_reading *reading)
{
	memset(reading, 0, sizeof(*reading));
	if (text.size == 0)
		return VS_FAIL(BAD_MESSAGE);
	if (form == VS_OCPP_SEALED_JSON && read_plain(reading, text))
		return VS_OK;
	memset(reading, 0, sizeof(*reading));
	VS_TRY(form == VS_OCPP_SEALED_JSON ? read_json(reading, text) : read_fields(reading, text));
	return reading->count >= 2 && reading->items[0].is_text ? VS_OK : VS_FAIL(BAD_MESSAGE);
}

bool
vs_ocpp_sealed_is_word(const struct vs_ocpp_sealed_reading *reading, const char *word,
                       uint32_t count)
{
	return reading->count == count && vs_bytes_equal_text(reading->items[0].text, word);
}

vs_result
vs_ocpp_sealed_read_bytes(const struct vs_ocpp_sealed_reading *reading, uint32_t index,
                          uint8_t *data, size_t data_size, size_t *size_out)
{
	const struct vs_ocpp_sealed_item *item = &reading->items[index];

	if (!item->is_text)
		return VS_FAIL(WRONG_TYPE);
	return vs_base64_decode(VS_BASE64_URL, item->text, data, data_size, size_out);
}

vs_result
vs_ocpp_sealed_read_number(const struct vs_ocpp_sealed_reading *reading, uint32_t index,
                           int64_t max, int64_t *number_out)
{
	const struct vs_ocpp_sealed_item *item = &reading->items[index];

	if (!item->is_number)
		return VS_FAIL(WRONG_TYPE);
	if (item->number < 0 || item->number > max)
		return VS_FAIL(OUT_OF_RANGE);
	*number_out = item->number;
	return VS_OK;
}

static bool
begins(struct vs_bytes plain, const char *word)
{
	size_t size = strlen(word);

	return plain.size >= size && vs_bytes_equal_text(vs_bytes_from(plain.data, size), word);
}

/* Does the plain text begin as a word of the channel itself? */
bool
vs_ocpp_sealed_is_own(enum vs_ocpp_sealed_form form, struct vs_bytes plain)
{
	if (plain.size < 3)
		return form == VS_OCPP_SEALED_JSON && plain.size == 2 && plain.data[0] == '[' &&
		       plain.data[1] == '"';
	if (form == VS_OCPP_SEALED_JSON)
		return plain.data[0] == '[' && plain.data[1] == '"';
	return begins(plain, "N1#") || begins(plain, "N2#") || begins(plain, "OFFER#") ||
	       begins(plain, "ACK#");
}

/* --- writing -----------------------------------------------------------------------------------
 */

static vs_result
append_base64(struct vs_buf *out, struct vs_bytes data)
{
	size_t size = vs_base64_text_size(VS_BASE64_URL, data.size);
	uint8_t *room = NULL;

	VS_TRY(vs_buf_reserve(out, size + 1, &room));
	out->size += vs_base64_encode(VS_BASE64_URL, data, (char *)room, size + 1);
	return VS_OK;
}

static vs_result
append_last(enum vs_ocpp_sealed_form form, struct vs_bytes data, struct vs_buf *out)
{
	VS_TRY(append_base64(out, data));
	return form == VS_OCPP_SEALED_JSON ? vs_buf_append_text(out, "\"]") : VS_OK;
}

/* Of every message: printf would cost a third of its sealing. */
static size_t
put_number(uint64_t number, char *text)
{
	char digits[20];
	size_t size = 0;

	do {
		digits[size++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	for (size_t i = 0; i < size; i++)
		text[i] = digits[size - 1 - i];
	return size;
}

static size_t
put_text(const char *from, char *text)
{
	size_t size = strlen(from);

	memcpy(text, from, size);
	return size;
}

vs_result
vs_ocpp_sealed_write_e2(enum vs_ocpp_sealed_form form, uint32_t epoch, uint64_t seq,
                        struct vs_bytes sealed, struct vs_buf *out)
{
	bool is_json = form == VS_OCPP_SEALED_JSON;
	char head[HEAD_SIZE];
	size_t size = put_text(is_json ? "[\"E2\"," : "E2#", head);

	size += put_number(epoch, head + size);
	head[size++] = is_json ? ',' : '#';
	size += put_number(seq, head + size);
	size += put_text(is_json ? ",\"" : "#", head + size);
	VS_TRY(vs_buf_append(out, head, size));
	return append_last(form, sealed, out);
}

vs_result
vs_ocpp_sealed_write_n1(enum vs_ocpp_sealed_form form, const char *tenant, const char *identity,
                        uint32_t kid, struct vs_bytes message, struct vs_buf *out)
{
	if (form == VS_OCPP_SEALED_JSON)
		VS_TRY(vs_buf_printf(out, "[\"N1\",%u,\"", (unsigned)kid));
	else
		VS_TRY(vs_buf_printf(out, "N1#%s#%s#%u#", tenant, identity, (unsigned)kid));
	return append_last(form, message, out);
}

vs_result
vs_ocpp_sealed_write_n2(enum vs_ocpp_sealed_form form, struct vs_bytes message, struct vs_buf *out)
{
	VS_TRY(vs_buf_append_text(out, form == VS_OCPP_SEALED_JSON ? "[\"N2\",\"" : "N2#"));
	return append_last(form, message, out);
}

/* --- who comes ---------------------------------------------------------------------------------
 */

vs_result
vs_ocpp_sealed_who(struct vs_bytes text, struct vs_bytes *tenant_out, struct vs_bytes *identity_out)
{
	struct vs_ocpp_sealed_reading reading;

	VS_TRY(vs_ocpp_sealed_read_items(VS_OCPP_SEALED_FRAMED, text, &reading));
	if (!vs_ocpp_sealed_is_word(&reading, "N1", 5))
		return VS_FAIL(BAD_MESSAGE);
	*tenant_out = reading.items[1].text;
	*identity_out = reading.items[2].text;
	return VS_OK;
}

bool
vs_ocpp_sealed_take_n1(const struct vs_ocpp_sealed *sealed,
                       const struct vs_ocpp_sealed_reading *reading, uint32_t *kid_at,
                       uint32_t *message_at)
{
	bool is_framed = sealed->form == VS_OCPP_SEALED_FRAMED;

	*kid_at = is_framed ? 3 : 1;
	*message_at = *kid_at + 1;
	return vs_ocpp_sealed_is_word(reading, "N1", is_framed ? 5 : 3) &&
	       (!is_framed || (vs_bytes_equal_text(reading->items[1].text, sealed->tenant) &&
	                       vs_bytes_equal_text(reading->items[2].text, sealed->identity)));
}
