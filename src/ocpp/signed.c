/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/signed.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "wire/base64.h"
#include "wire/json_read.h"

#define SUFFIX_SIZE (sizeof(VS_OCPP_SIGNED_SUFFIX) - 1)
#define HEADER_SIZE 768

static const char *const fault_texts[VS_OCPP_SIGNED_FAULTS] = {
    [VS_OCPP_SIGNED_FINE] = "fine",
    [VS_OCPP_SIGNED_MALFORMED] = "malformed",
    [VS_OCPP_SIGNED_ALGORITHM] = "algorithm",
    [VS_OCPP_SIGNED_FOREIGN_KEY] = "foreign_key",
    [VS_OCPP_SIGNED_OTHER_ACTION] = "other_action",
    [VS_OCPP_SIGNED_OTHER_TYPE] = "other_type",
    [VS_OCPP_SIGNED_WRONG] = "wrong_signature",
    [VS_OCPP_SIGNED_UNBOUND] = "unbound",
    [VS_OCPP_SIGNED_OTHER_MESSAGE] = "other_message",
    [VS_OCPP_SIGNED_OTHER_STATION] = "other_station",
    [VS_OCPP_SIGNED_OTHER_TIME] = "other_time",
    [VS_OCPP_SIGNED_REPEATED] = "repeated",
};

const char *
vs_ocpp_signed_fault_text(enum vs_ocpp_signed_fault fault)
{
	assert(fault < VS_OCPP_SIGNED_FAULTS);
	return fault_texts[fault];
}

/* --- is it one? --------------------------------------------------------------------------------
 */

static bool
has_suffix(struct vs_bytes text)
{
	return text.size > SUFFIX_SIZE &&
	       memcmp(text.data + text.size - SUFFIX_SIZE, VS_OCPP_SIGNED_SUFFIX, SUFFIX_SIZE) == 0;
}

/* Up to the third element: a comma, and what begins a value. */
static vs_result
reach_third(struct vs_json_reader *reader, uint8_t *type_out, struct vs_json_string *id_out)
{
	uint32_t size = 0;
	uint8_t flags;
	bool more = false;

	VS_TRY(vs_json_read_open(reader, '['));
	VS_TRY(vs_json_read_more(reader, ']', true, &more));
	*type_out = vs_json_read_peek(reader);
	if (!more || *type_out < '0' || *type_out > '9')
		return VS_FAIL(BAD_FRAME);
	VS_TRY(vs_json_read_number(reader, &size, &flags));
	VS_TRY(vs_json_read_more(reader, ']', false, &more));
	if (!more || vs_json_read_peek(reader) != '"')
		return VS_FAIL(BAD_FRAME);
	VS_TRY(vs_json_read_string(reader, id_out));
	VS_TRY(vs_json_read_more(reader, ']', false, &more));
	return more && size == 1 ? VS_OK : VS_FAIL(BAD_FRAME);
}

/* `[2,"id","Action"`, as nearly all write it. False: it is read the long way. */
static bool
find_action(struct vs_json_reader *reader, struct vs_bytes *action_out)
{
	const uint8_t *text = reader->text;
	uint32_t at;

	if (reader->size < 8 || memcmp(text, "[2,\"", 4) != 0)
		return false;
	at = vs_json_read_stop(reader, 4);
	if (reader->size - at < 4 || memcmp(text + at, "\",\"", 3) != 0)
		return false;
	action_out->data = text + at + 3;
	at = vs_json_read_stop(reader, at + 3);
	action_out->size = (size_t)(text + at - action_out->data);
	return at < reader->size && text[at] == '"';
}

bool
vs_ocpp_signed_looks(struct vs_bytes text)
{
	struct vs_json_reader reader;
	struct vs_json_string word = {0}, id = {0};
	struct vs_bytes raw;
	uint8_t type = 0;

	if (vs_json_reader_init(&reader, text).code != VS_E_OK)
		return false;
	if (find_action(&reader, &raw))
		return has_suffix(raw);
	if (reach_third(&reader, &type, &id).code != VS_E_OK)
		return false;
	if (type == '3') {
		if (vs_json_read_open(&reader, '{').code != VS_E_OK)
			return false;
	} else if (type != '2' && type != '6') {
		return false;
	}
	if (vs_json_read_peek(&reader) != '"' ||
	    vs_json_read_string(&reader, &word).code != VS_E_OK)
		return false;
	raw = vs_bytes_from(text.data + word.start, word.size);
	if (type != '3')
		return has_suffix(raw);
	/* No result of any version has a member of these names. */
	return vs_bytes_equal_text(raw, "protected") || vs_bytes_equal_text(raw, "payload") ||
	       vs_bytes_equal_text(raw, "signature");
}

vs_result
vs_ocpp_signed_head(struct vs_bytes text, enum vs_ocpp_type *type_out,
                    char id_out[static VS_OCPP_ID_SIZE])
{
	struct vs_json_reader reader;
	struct vs_json_string id = {0};
	uint8_t type = 0;

	VS_TRY(vs_json_reader_init(&reader, text));
	VS_TRY(reach_third(&reader, &type, &id));
	if (type < '0' + VS_OCPP_CALL || type > '0' + VS_OCPP_NOTICE)
		return VS_FAIL(BAD_FRAME);
	*type_out = (enum vs_ocpp_type)(type - '0');
	if ((id.flags & VS_JSON_ESCAPED) != 0 || id.length == 0 ||
	    id.length > VS_OCPP_ID_LENGTH_MAX)
		(void)vs_bytes_copy_text(VS_BYTES_LITERAL("-1"), id_out, VS_OCPP_ID_SIZE);
	else
		(void)vs_bytes_copy_text(vs_bytes_from(text.data + id.start, id.size), id_out,
		                         VS_OCPP_ID_SIZE);
	return VS_OK;
}

enum vs_ocpp_action
vs_ocpp_signed_action(struct vs_bytes text)
{
	struct vs_json_reader reader;
	struct vs_json_string id = {0}, word = {0};
	uint8_t type = 0;

	if (vs_json_reader_init(&reader, text).code != VS_E_OK ||
	    reach_third(&reader, &type, &id).code != VS_E_OK || type != '0' + VS_OCPP_CALL ||
	    vs_json_read_peek(&reader) != '"' ||
	    vs_json_read_string(&reader, &word).code != VS_E_OK)
		return VS_OCPP_NONE;
	return vs_ocpp_action_find(vs_bytes_from(text.data + word.start, word.size));
}

/* --- reading -----------------------------------------------------------------------------------
 */

static vs_result
fail(enum vs_ocpp_signed_fault *fault_out, enum vs_ocpp_signed_fault fault, vs_result r)
{
	*fault_out = fault;
	return r;
}

/* A call or a notice: it names its action, a result does not. */
static bool
names_action(int64_t type)
{
	return type == VS_OCPP_CALL || type == VS_OCPP_NOTICE;
}

/* [2,id,action,JWS], [6,id,action,JWS] or [3,id,JWS]. */
static vs_result
read_frame(const struct vs_json_tape *tape, enum vs_ocpp_action asked,
           struct vs_ocpp_signed *message, const struct vs_json_node **jws_out)
{
	const struct vs_json_node *root = vs_json_root(tape), *node;
	int64_t type = 0;
	size_t size;

	if (root->type != VS_JSON_ARRAY)
		return VS_FAIL(BAD_FRAME);
	node = vs_json_next(root, NULL);
	VS_TRY(vs_json_int(tape, node, &type));
	if ((!names_action(type) || vs_json_count(root) != 4) &&
	    (type != VS_OCPP_RESULT || vs_json_count(root) != 3))
		return VS_FAIL(BAD_FRAME);
	message->type = (enum vs_ocpp_type)type;
	node = vs_json_next(root, node);
	VS_TRY(vs_json_copy_text(tape, node, message->id, sizeof(message->id)));
	node = vs_json_next(root, node);
	if (names_action(type)) {
		VS_TRY(vs_json_copy_text(tape, node, message->action, sizeof(message->action)));
		size = strlen(message->action);
		if (!has_suffix(vs_bytes_from(message->action, size)))
			return VS_FAIL(BAD_FRAME);
		message->action[size - SUFFIX_SIZE] = '\0';
		node = vs_json_next(root, node);
	} else if (asked == VS_OCPP_NONE) {
		return VS_FAIL(STALE);
	} else {
		vs_text_copy(vs_ocpp_action_name(asked), message->action, sizeof(message->action));
	}
	if (node->type != VS_JSON_OBJECT)
		return VS_FAIL(WRONG_TYPE);
	*jws_out = node;
	return VS_OK;
}

static vs_result
read_int_member(const struct vs_json_tape *tape, const char *name, bool *has_out,
                int64_t *value_out)
{
	const struct vs_json_node *node = vs_json_member(tape, vs_json_root(tape), name);

	if (node == NULL)
		return VS_OK;
	VS_TRY(vs_json_int(tape, node, value_out));
	*has_out = true;
	return *value_out >= 0 ? VS_OK : VS_FAIL(OUT_OF_RANGE);
}

static vs_result
read_text_member(const struct vs_json_tape *tape, const char *name, struct vs_bytes *text_out)
{
	const struct vs_json_node *node = vs_json_member(tape, vs_json_root(tape), name);

	return node == NULL ? VS_OK : vs_json_text(tape, node, NULL, 0, text_out);
}

static vs_result
read_thumbprint(const struct vs_json_tape *tape, struct vs_ocpp_signed *message)
{
	struct vs_bytes text = {NULL, 0};
	size_t size = 0;

	VS_TRY(read_text_member(tape, "x5t#S256", &text));
	if (text.size == 0)
		return VS_OK;
	VS_TRY(vs_base64_decode(VS_BASE64_URL, text, message->thumbprint,
	                        sizeof(message->thumbprint), &size));
	message->has_thumbprint = size == sizeof(message->thumbprint);
	return message->has_thumbprint ? VS_OK : VS_FAIL(BAD_ENCODING);
}

/* The type under either of its names; under both it must be the same. */
static bool
has_type(const struct vs_json_tape *tape, enum vs_ocpp_type type)
{
	static const char *const names[] = {"OCPPMessageTypedId", "OCPPMessageTypeId"};
	unsigned found = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct vs_json_node *node =
		    vs_json_member(tape, vs_json_root(tape), names[i]);
		const char digit[2] = {(char)('0' + (int)type), '\0'};
		int64_t value = 0;

		if (node == NULL)
			continue;
		found++;
		/* The standard's example has a number; a string of it is met as well. */
		if (node->type == VS_JSON_STRING && vs_json_is(tape, node, digit))
			continue;
		if (vs_json_int(tape, node, &value).code != VS_E_OK || value != (int64_t)type)
			return false;
	}
	return found > 0;
}

static vs_result
read_header(struct vs_ocpp_signed *message, enum vs_ocpp_signed_fault *fault_out)
{
	static const char *const foreign[] = {"jwk", "jku", "x5u"};
	const struct vs_json_tape *tape = vs_jws_header(message->jws);
	const struct vs_json_node *root = vs_json_root(tape);

	if ((VS_OCPP_SIGNED_ALGS & VS_JOSE_ALLOW(vs_jws_alg(message->jws))) == 0)
		return fail(fault_out, VS_OCPP_SIGNED_ALGORITHM, VS_FAIL(NOT_AUTHENTIC));
	for (unsigned i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (vs_json_member(tape, root, foreign[i]) != NULL)
			return fail(fault_out, VS_OCPP_SIGNED_FOREIGN_KEY, VS_FAIL(NOT_AUTHENTIC));
	if (!vs_json_is(tape, vs_json_member(tape, root, "OCPPAction"), message->action))
		return fail(fault_out, VS_OCPP_SIGNED_OTHER_ACTION, VS_FAIL(NOT_AUTHENTIC));
	if (!has_type(tape, message->type))
		return fail(fault_out, VS_OCPP_SIGNED_OTHER_TYPE, VS_FAIL(NOT_AUTHENTIC));
	VS_TRY(read_thumbprint(tape, message));
	VS_TRY(read_text_member(tape, "vs:mid", &message->mid));
	VS_TRY(read_text_member(tape, "vs:cp", &message->cp));
	VS_TRY(read_int_member(tape, "vs:iat", &message->has_at, &message->at_ms));
	return read_int_member(tape, "vs:seq", &message->has_seq, &message->seq);
}

vs_result
vs_ocpp_signed_read(struct vs_bytes text, enum vs_ocpp_action asked,
                    struct vs_ocpp_signed *signed_out, enum vs_ocpp_signed_fault *fault_out)
{
	struct vs_ocpp_signed message = {.jws = NULL};
	const struct vs_json_node *jws = NULL;
	enum vs_ocpp_signed_fault fault = VS_OCPP_SIGNED_MALFORMED;
	struct vs_json_tape tape;
	vs_result r;

	assert(signed_out != NULL && fault_out != NULL);
	vs_json_tape_init(&tape);
	r = vs_json_parse(text, &tape);
	if (r.code == VS_E_OK)
		r = read_frame(&tape, asked, &message, &jws);
	if (r.code == VS_E_OK)
		r = vs_jws_read(vs_json_raw(&tape, jws), &message.jws);
	if (r.code == VS_E_NOT_AUTHENTIC)
		fault = VS_OCPP_SIGNED_ALGORITHM;
	if (r.code == VS_E_OK)
		r = read_header(&message, &fault);
	vs_json_tape_done(&tape);
	if (r.code == VS_E_OK) {
		*signed_out = message;
		return r;
	}
	*fault_out = fault;
	vs_jws_free(&message.jws);
	return r;
}

void
vs_ocpp_signed_done(struct vs_ocpp_signed *message)
{
	assert(message != NULL);
	vs_jws_free(&message->jws);
}

/* --- verifying ---------------------------------------------------------------------------------
 */

static enum vs_ocpp_signed_fault
check_binding(const struct vs_ocpp_signed *message, const struct vs_ocpp_signed_policy *policy)
{
	if (policy->is_strict &&
	    (!message->has_thumbprint || !message->has_at || !message->has_seq ||
	     message->mid.size == 0 || message->cp.size == 0))
		return VS_OCPP_SIGNED_UNBOUND;
	if (message->mid.size > 0 && !vs_bytes_equal_text(message->mid, message->id))
		return VS_OCPP_SIGNED_OTHER_MESSAGE;
	if (message->cp.size > 0 && !vs_bytes_equal_text(message->cp, policy->identity))
		return VS_OCPP_SIGNED_OTHER_STATION;
	if (message->has_at && (message->at_ms > policy->now_ms + VS_OCPP_SIGNED_WINDOW_MS ||
	                        message->at_ms < policy->now_ms - VS_OCPP_SIGNED_WINDOW_MS))
		return VS_OCPP_SIGNED_OTHER_TIME;
	if (message->has_seq && message->seq <= policy->seq_floor)
		return VS_OCPP_SIGNED_REPEATED;
	return VS_OCPP_SIGNED_FINE;
}

static vs_result
write_plain(const struct vs_ocpp_signed *message, struct vs_bytes payload, struct vs_buf *plain)
{
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, plain);
	vs_json_write_array(&writer);
	vs_json_write_int(&writer, message->type);
	vs_json_write_text(&writer, message->id);
	if (names_action(message->type))
		vs_json_write_text(&writer, message->action);
	vs_json_write_raw(&writer, payload);
	vs_json_write_array_end(&writer);
	return vs_json_write_end(&writer);
}

vs_result
vs_ocpp_signed_open(const struct vs_ocpp_signed *message, const struct vs_jose_key *key,
                    const struct vs_ocpp_signed_policy *policy, struct vs_buf *plain,
                    enum vs_ocpp_signed_fault *fault_out)
{
	enum vs_ocpp_signed_fault fault;
	struct vs_bytes payload;
	vs_result r;

	assert(message != NULL && key != NULL && policy != NULL && plain != NULL);
	r = vs_jws_check(message->jws, key, &payload);
	if (r.code != VS_E_OK)
		return fail(fault_out, VS_OCPP_SIGNED_WRONG, r);
	fault = check_binding(message, policy);
	if (fault != VS_OCPP_SIGNED_FINE)
		return fail(fault_out, fault, VS_FAIL(NOT_AUTHENTIC));
	/* What follows is parsed as a whole, so a payload that is more than one value is seen. */
	if (payload.size == 0)
		return fail(fault_out, VS_OCPP_SIGNED_MALFORMED, VS_FAIL(BAD_MESSAGE));
	return write_plain(message, payload, plain);
}

/* --- making ------------------------------------------------------------------------------------
 */

static vs_result
write_header(const struct vs_ocpp_signer *signer, enum vs_ocpp_type type, struct vs_bytes action,
             struct vs_bytes id, struct vs_buf *header)
{
	char thumbprint[VS_BASE64_TEXT_SIZE(VS_OCPP_SIGNED_THUMBPRINT)];
	struct vs_json_writer writer;

	(void)vs_base64_encode(VS_BASE64_URL,
	                       vs_bytes_from(signer->thumbprint, sizeof(signer->thumbprint)),
	                       thumbprint, sizeof(thumbprint));
	vs_json_write_begin(&writer, header);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "OCPPAction");
	vs_json_write_string(&writer, action);
	vs_json_write_key(&writer, "OCPPMessageTypedId");
	vs_json_write_int(&writer, type);
	vs_json_write_key(&writer, "x5t#S256");
	vs_json_write_text(&writer, thumbprint);
	vs_json_write_key(&writer, "vs:mid");
	vs_json_write_string(&writer, id);
	vs_json_write_key(&writer, "vs:iat");
	vs_json_write_int(&writer, signer->at_ms);
	vs_json_write_key(&writer, "vs:seq");
	vs_json_write_int(&writer, signer->seq);
	vs_json_write_key(&writer, "vs:cp");
	vs_json_write_text(&writer, signer->identity);
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

static vs_result
append_signed(const struct vs_ocpp_signer *signer, enum vs_ocpp_type type, struct vs_bytes action,
              struct vs_bytes id, struct vs_bytes payload, struct vs_buf *text)
{
	struct vs_buf header;
	vs_result r;

	vs_buf_init(&header, HEADER_SIZE);
	r = write_header(signer, type, action, id, &header);
	if (r.code == VS_E_OK)
		r = vs_buf_printf(text, "[%d,\"%.*s\",", (int)type, VS_BYTES_PRINTF(id));
	if (r.code == VS_E_OK && names_action(type))
		r = vs_buf_printf(text, "\"%.*s" VS_OCPP_SIGNED_SUFFIX "\",",
		                  VS_BYTES_PRINTF(action));
	if (r.code == VS_E_OK)
		r = vs_jws_make(signer->key, signer->alg, VS_JWS_FLATTENED, vs_buf_view(&header),
		                payload, text);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(text, ']');
	vs_buf_done(&header);
	return r;
}

/* The first three or four elements of a message that is right. */
static vs_result
make(const struct vs_ocpp_signer *signer, const struct vs_json_tape *tape,
     enum vs_ocpp_action asked, struct vs_buf *text)
{
	const struct vs_json_node *root = vs_json_root(tape), *node = vs_json_next(root, NULL);
	struct vs_bytes id, action = vs_bytes_from_text(vs_ocpp_action_name(asked));
	int64_t type = 0;

	VS_TRY(vs_json_int(tape, node, &type));
	node = vs_json_next(root, node);
	VS_TRY(vs_json_text(tape, node, NULL, 0, &id)); /* an id holds no escapes */
	if (!names_action(type) && type != VS_OCPP_RESULT)
		return vs_buf_append_bytes(text, tape->text);
	node = vs_json_next(root, node);
	if (names_action(type)) {
		VS_TRY(vs_json_text(tape, node, NULL, 0, &action));
		node = vs_json_next(root, node);
	}
	if (node == NULL || action.size == 0)
		return VS_FAIL(BAD_VALUE);
	return append_signed(signer, (enum vs_ocpp_type)type, action, id, vs_json_raw(tape, node),
	                     text);
}

vs_result
vs_ocpp_signed_make(const struct vs_ocpp_signer *signer, struct vs_bytes plain,
                    enum vs_ocpp_action asked, struct vs_buf *text)
{
	struct vs_json_tape tape;
	size_t start;
	vs_result r;

	assert(signer != NULL && text != NULL);
	start = text->size;
	vs_json_tape_init(&tape);
	r = vs_json_parse(plain, &tape);
	if (r.code == VS_E_OK)
		r = make(signer, &tape, asked, text);
	vs_json_tape_done(&tape);
	if (r.code != VS_E_OK)
		text->size = start;
	return r;
}
