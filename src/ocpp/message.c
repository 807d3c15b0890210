/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/message.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ocpp/code.h"
#include "ocpp/validate.h"

#define TYPE_MAX               6  /* SEND of OCPP 2.1 */
#define ERROR_CODE_SIZE_MAX    64 /* bytes; the longest of the standard has 29 */
#define DESCRIPTION_LENGTH_MAX (VS_OCPP_DESCRIPTION_SIZE - 1)

/* One message while it is read. */
struct frame {
	struct vs_ocpp_check check;
	enum vs_ocpp_version version;
	enum vs_ocpp_side sender;
	const struct vs_ocpp_outstanding *outstanding;
	struct vs_ocpp_message message;
	unsigned type; /* as written; 0 while it is not read */
	bool has_id;
	bool is_in_payload; /* the frame is read and right up to here */
	bool is_answer;     /* to the outstanding call */
};

/* The next element of the frame is there: a comma, and what begins a value. */
static vs_result
next_element(struct frame *frame, bool is_first)
{
	bool more = false;

	VS_TRY(vs_json_read_more(&frame->check.reader, ']', is_first, &more));
	return more ? VS_OK : VS_FAIL(BAD_FRAME);
}

static vs_result
read_type(struct frame *frame)
{
	struct vs_json_reader *reader = &frame->check.reader;
	uint8_t byte = vs_json_read_peek(reader);
	uint32_t start = reader->at;
	uint32_t size;
	uint8_t flags;

	if (byte != '-' && (byte < '0' || byte > '9'))
		return byte == 0 ? VS_FAIL(TRUNCATED) : VS_FAIL(BAD_FRAME);
	VS_TRY(vs_json_read_number(reader, &size, &flags));
	frame->type = size == 1 ? (unsigned)(reader->text[start] - '0') : TYPE_MAX + 1;
	return VS_OK;
}

/* A string element whose raw text is its value. */
static vs_result
read_plain_string(struct frame *frame, size_t length_max, struct vs_bytes *text_out)
{
	struct vs_json_reader *reader = &frame->check.reader;
	struct vs_json_string string = {0};
	uint8_t byte = vs_json_read_peek(reader);

	if (byte != '"')
		return byte == 0 ? VS_FAIL(TRUNCATED) : VS_FAIL(BAD_FRAME);
	VS_TRY(vs_json_read_string(reader, &string));
	if ((string.flags & VS_JSON_ESCAPED) != 0 || string.length > length_max ||
	    string.length == 0)
		return VS_FAIL(BAD_FRAME);
	*text_out = (struct vs_bytes){reader->text + string.start, string.size};
	return VS_OK;
}

static vs_result
read_end(struct frame *frame)
{
	bool more = false;

	VS_TRY(vs_json_read_more(&frame->check.reader, ']', false, &more));
	if (more)
		return VS_FAIL(BAD_FRAME);
	return vs_json_read_end(&frame->check.reader);
}

/* Every action of a version has a request there (tablegen.c). */
static bool
is_in_version(const struct vs_ocpp_tables *tables, enum vs_ocpp_action action)
{
	assert(action > VS_OCPP_NONE && action < VS_OCPP_ACTIONS);
	return tables != NULL && tables->payloads[action].request >= 0;
}

static vs_result
payload_table(const struct vs_ocpp_tables *tables, enum vs_ocpp_action action,
              enum vs_ocpp_type type, struct vs_ocpp_check *check, unsigned *object_out)
{
	int object;

	if (!is_in_version(tables, action))
		return VS_FAIL(UNKNOWN_ACTION);
	object = type == VS_OCPP_RESULT ? tables->payloads[action].response
	                                : tables->payloads[action].request;
	if (object < 0)
		return VS_FAIL(UNSUPPORTED);
	check->tables = tables;
	*object_out = (unsigned)object;
	return VS_OK;
}

static vs_result
read_payload(struct frame *frame)
{
	unsigned object = 0;

	VS_TRY(payload_table(vs_ocpp_tables(frame->version), frame->message.action,
	                     frame->message.type, &frame->check, &object));
	VS_TRY(next_element(frame, false));
	frame->is_in_payload = true;
	VS_TRY(vs_ocpp_check_object(&frame->check, object));
	frame->is_in_payload = false;
	VS_TRY(read_end(frame));
	frame->message.payload = frame->check.tape->nodes;
	return VS_OK;
}

static vs_result
read_call(struct frame *frame)
{
	struct vs_json_reader *reader = &frame->check.reader;
	const struct vs_ocpp_action_row *row;
	struct vs_json_string name = {0};
	int place;

	VS_TRY(next_element(frame, false));
	if (vs_json_read_peek(reader) != '"')
		return vs_json_read_peek(reader) == 0 ? VS_FAIL(TRUNCATED) : VS_FAIL(BAD_FRAME);
	VS_TRY(vs_json_read_string(reader, &name));
	place = vs_ocpp_words_find(&vs_ocpp_action_words, reader->text + name.start, name.size,
	                           reader->size - name.start);
	if (place < 0)
		return VS_FAIL(UNKNOWN_ACTION);
	frame->message.action = (enum vs_ocpp_action)vs_ocpp_action_words.words[place].id;
	row = vs_ocpp_action(frame->message.action);
	if (is_in_version(vs_ocpp_tables(frame->version), frame->message.action) &&
	    ((row->sender & frame->sender) == 0 ||
	     (row->durability == VS_OCPP_UNANSWERED) != (frame->type == VS_OCPP_NOTICE)))
		return VS_FAIL(UNSUPPORTED);
	return read_payload(frame);
}

/* [4, id, code, description, details]: known to come without its end, and with details that are a
 * string. */
static vs_result
read_error(struct frame *frame)
{
	struct vs_json_reader *reader = &frame->check.reader;
	struct vs_json_string description = {0};
	bool more = false;

	VS_TRY(next_element(frame, false));
	VS_TRY(read_plain_string(frame, ERROR_CODE_SIZE_MAX, &frame->message.error_code));
	VS_TRY(vs_json_read_more(reader, ']', false, &more));
	if (!more)
		return vs_json_read_end(reader);
	if (vs_json_read_peek(reader) != '"')
		return vs_json_read_peek(reader) == 0 ? VS_FAIL(TRUNCATED) : VS_FAIL(BAD_FRAME);
	VS_TRY(vs_json_read_string(reader, &description));
	frame->message.error_description =
	    (struct vs_bytes){reader->text + description.start, description.size};
	VS_TRY(vs_json_read_more(reader, ']', false, &more));
	if (!more)
		return vs_json_read_end(reader);
	VS_TRY(vs_json_read_any(reader, frame->check.tape));
	frame->message.payload = frame->check.tape->nodes;
	return read_end(frame);
}

static bool
is_answer(const struct frame *frame)
{
	return frame->outstanding != NULL &&
	       vs_bytes_equal_text(frame->message.id, frame->outstanding->id);
}

static bool
is_known_type(const struct frame *frame)
{
	return frame->type >= VS_OCPP_CALL &&
	       frame->type <= (frame->version == VS_OCPP_21 ? VS_OCPP_NOTICE : VS_OCPP_ERROR);
}

static vs_result
read_frame(struct frame *frame)
{
	struct vs_json_reader *reader = &frame->check.reader;

	if (vs_json_read_peek(reader) != '[')
		return vs_json_read_peek(reader) == 0 ? VS_FAIL(TRUNCATED) : VS_FAIL(BAD_FRAME);
	VS_TRY(vs_json_read_open(reader, '['));
	VS_TRY(next_element(frame, true));
	VS_TRY(read_type(frame));
	VS_TRY(next_element(frame, false));
	VS_TRY(read_plain_string(frame, VS_OCPP_ID_LENGTH_MAX, &frame->message.id));
	frame->has_id = true;
	if (!is_known_type(frame))
		return VS_FAIL(UNKNOWN_TYPE);
	frame->message.type = (enum vs_ocpp_type)frame->type;
	if (frame->type == VS_OCPP_CALL || frame->type == VS_OCPP_NOTICE)
		return read_call(frame);
	if (frame->type == VS_OCPP_RESULT_ERROR)
		return read_error(frame);
	if (!is_answer(frame))
		return VS_FAIL(STALE);
	frame->is_answer = true;
	frame->message.action = frame->outstanding->action;
	return frame->message.type == VS_OCPP_RESULT ? read_payload(frame) : read_error(frame);
}

static bool
is_of_frame(enum vs_err err)
{
	return err != VS_E_UNKNOWN_TYPE && err != VS_E_UNKNOWN_ACTION && err != VS_E_UNSUPPORTED &&
	       err != VS_E_STALE && err != VS_E_NO_MEMORY;
}

/* Is the sender told? OCPP-J 1.6, 4.1.3: a message of a type that is not known is ignored. OCPP 2.1
 * Part 4, 4.2.4: a result that cannot be used is answered with CALLRESULTERROR. */
static bool
wants_error(const struct frame *frame, enum vs_err err)
{
	switch (frame->type) {
	case VS_OCPP_RESULT:
		return frame->version == VS_OCPP_21 && frame->is_answer;
	case VS_OCPP_ERROR:
		return false;
	case VS_OCPP_RESULT_ERROR:
	case VS_OCPP_NOTICE:
		return frame->version != VS_OCPP_21 && frame->version != VS_OCPP_16;
	default:
		return frame->version != VS_OCPP_16 || err != VS_E_UNKNOWN_TYPE;
	}
}

static void __attribute__((cold)) fill_fault(struct frame *frame, enum vs_err err)
{
	struct vs_ocpp_fault *fault = frame->check.fault;

	vs_ocpp_check_describe(&frame->check, err);
	fault->version = frame->version;
	fault->type = is_known_type(frame) ? (enum vs_ocpp_type)frame->type : (enum vs_ocpp_type)0;
	fault->action = frame->message.action;
	fault->wants_error = wants_error(frame, err);
	fault->is_outstanding = frame->is_answer;
	/* OCPP 2.0.1 Part 4, 4.2.3: "-1" when the message id cannot be read */
	(void)vs_bytes_copy_text(frame->has_id ? frame->message.id : VS_BYTES_LITERAL("-1"),
	                         fault->id, sizeof(fault->id));
	fault->code =
	    frame->is_in_payload || !is_of_frame(err) ? vs_err_ocpp(err) : "RpcFrameworkError";
}

vs_result
vs_ocpp_message_parse(enum vs_ocpp_version version, enum vs_ocpp_side sender, struct vs_bytes text,
                      const struct vs_ocpp_outstanding *outstanding, struct vs_json_tape *tape,
                      struct vs_ocpp_message *message_out, struct vs_ocpp_fault *fault_out)
{
	struct frame frame = {.check = {.tape = tape, .fault = fault_out},
	                      .version = version,
	                      .sender = sender,
	                      .outstanding = outstanding,
	                      .message = {.tape = tape}};
	vs_result r = vs_json_reader_init(&frame.check.reader, text);

	tape->text = text;
	tape->count = 0;
	if (r.code == VS_E_OK)
		r = read_frame(&frame);
	if (r.code == VS_E_OK) {
		*message_out = frame.message;
		return r;
	}
	tape->count = 0;
	tape->fault_at = frame.check.reader.at;
	fill_fault(&frame, r.code);
	return r;
}

vs_result
vs_ocpp_payload_parse(enum vs_ocpp_version version, enum vs_ocpp_action action,
                      enum vs_ocpp_type type, struct vs_bytes payload, struct vs_json_tape *tape,
                      struct vs_ocpp_fault *fault_out)
{
	struct frame frame = {.check = {.tape = tape, .fault = fault_out},
	                      .version = version,
	                      .message = {.action = action},
	                      .type = (unsigned)type,
	                      .is_in_payload = true};
	vs_result r = vs_json_reader_init(&frame.check.reader, payload);
	unsigned object = 0;

	tape->text = payload;
	tape->count = 0;
	if (r.code == VS_E_OK)
		r = payload_table(vs_ocpp_tables(version), action, type, &frame.check, &object);
	if (r.code == VS_E_OK)
		r = vs_ocpp_check_object(&frame.check, object);
	if (r.code == VS_E_OK)
		r = vs_json_read_end(&frame.check.reader);
	if (r.code == VS_E_OK)
		return r;
	tape->count = 0;
	tape->fault_at = frame.check.reader.at;
	fill_fault(&frame, r.code);
	return r;
}

static void
message_begin(struct vs_json_writer *writer, struct vs_buf *buf, enum vs_ocpp_type type,
              struct vs_bytes id)
{
	vs_json_write_begin(writer, buf);
	vs_json_write_array(writer);
	vs_json_write_int(writer, type);
	vs_json_write_string(writer, id);
}

void
vs_ocpp_call_begin(struct vs_json_writer *writer, struct vs_buf *buf, const char *id,
                   enum vs_ocpp_action action)
{
	message_begin(writer, buf, VS_OCPP_CALL, vs_bytes_from_text(id));
	vs_json_write_text(writer, vs_ocpp_action(action)->name);
}

void
vs_ocpp_notice_begin(struct vs_json_writer *writer, struct vs_buf *buf, const char *id,
                     enum vs_ocpp_action action)
{
	message_begin(writer, buf, VS_OCPP_NOTICE, vs_bytes_from_text(id));
	vs_json_write_text(writer, vs_ocpp_action(action)->name);
}

void
vs_ocpp_result_begin(struct vs_json_writer *writer, struct vs_buf *buf, struct vs_bytes id)
{
	message_begin(writer, buf, VS_OCPP_RESULT, id);
}

vs_result
vs_ocpp_message_end(struct vs_json_writer *writer)
{
	vs_json_write_array_end(writer);
	return vs_json_write_end(writer);
}

static vs_result
error_write(struct vs_buf *buf, enum vs_ocpp_type type, enum vs_ocpp_version version,
            struct vs_bytes id, const char *code, const char *description)
{
	struct vs_json_writer writer;
	struct vs_bytes text = vs_bytes_from_text(description);

	/* not within a character */
	if (text.size > DESCRIPTION_LENGTH_MAX) {
		text.size = DESCRIPTION_LENGTH_MAX;
		while (text.size > 0 && (text.data[text.size] & 0xc0) == 0x80)
			text.size--;
	}
	message_begin(&writer, buf, type, id);
	vs_json_write_text(&writer, vs_ocpp_code_text(version, code));
	vs_json_write_string(&writer, text);
	vs_json_write_object(&writer);
	vs_json_write_object_end(&writer);
	return vs_ocpp_message_end(&writer);
}

vs_result
vs_ocpp_error_write(struct vs_buf *buf, enum vs_ocpp_version version, struct vs_bytes id,
                    const char *code, const char *description)
{
	return error_write(buf, VS_OCPP_ERROR, version, id, code, description);
}

vs_result
vs_ocpp_error_write_fault(struct vs_buf *buf, const struct vs_ocpp_fault *fault)
{
	return error_write(
	    buf, fault->type == VS_OCPP_RESULT ? VS_OCPP_RESULT_ERROR : VS_OCPP_ERROR,
	    fault->version, vs_bytes_from_text(fault->id), fault->code, fault->description);
}
