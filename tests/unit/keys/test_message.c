/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/message.h"

#include "test.h"

static void
known_bytes(void)
{
	static const uint8_t expected[] = {0,    1,    0x02, 0x01, 0, 0,   0,   7, /* head */
	                                   0x05, 0x16, 0,    0,    0, 0,   0,   0,  0,
	                                   0,    0x01, 0x02, 0,    3, 'a', 'b', 'c'};
	const struct vs_keys_head head = {.code = 0x0201, .serial = 7};
	struct vs_keys_writer writer;
	uint8_t room[64];

	vs_keys_writer_init(&writer, room, sizeof(room));
	vs_keys_write_request_head(&writer, &head);
	vs_keys_write_u8(&writer, 0x05);
	vs_keys_write_u8(&writer, 0x16);
	vs_keys_write_u64(&writer, 0);
	vs_keys_write_u16(&writer, 0x0102);
	vs_keys_write_text(&writer, "abc");
	CHECK_OK(vs_keys_write_end(&writer));
	CHECK(writer.size == sizeof(expected) && memcmp(room, expected, sizeof(expected)) == 0);
}

static void
fields_come_back(void)
{
	struct vs_keys_kek kek = {.tenant = "acme", .version = 3, .root_id = "0011223344556677"};
	const struct vs_keys_name name = {"device/field", "CS-0001", 9};
	struct vs_keys_name_room room;
	struct vs_keys_writer writer;
	struct vs_keys_reader reader;
	struct vs_keys_kek kek_again;
	struct vs_keys_name again;
	uint8_t data[512], fixed[3];

	kek.wrapped.size = 62;
	memset(kek.wrapped.data, 0xAB, 62);
	vs_keys_writer_init(&writer, data, sizeof(data));
	vs_keys_write_kek(&writer, &kek);
	vs_keys_write_name(&writer, &name);
	vs_keys_write_fixed(&writer, (const uint8_t *)"xyz", 3);
	vs_keys_write_u32(&writer, 0xFEEDBEEF);
	CHECK_OK(vs_keys_write_end(&writer));
	vs_keys_reader_init(&reader, vs_bytes_from(data, writer.size));
	vs_keys_read_kek(&reader, &kek_again);
	vs_keys_read_name(&reader, &room, &again);
	vs_keys_read_fixed(&reader, fixed, sizeof(fixed));
	CHECK_ERR(vs_keys_read_end(&reader), BAD_MESSAGE); /* something is left */
	CHECK(vs_keys_read_u32(&reader) == 0xFEEDBEEF);
	CHECK_OK(vs_keys_read_end(&reader));
	CHECK(strcmp(kek_again.tenant, "acme") == 0 && kek_again.version == 3);
	CHECK(strcmp(kek_again.root_id, kek.root_id) == 0);
	CHECK(memcmp(&kek_again.wrapped, &kek.wrapped, sizeof(kek.wrapped)) == 0);
	CHECK(strcmp(again.kind, name.kind) == 0 && strcmp(again.id, name.id) == 0);
	CHECK(again.version == 9 && memcmp(fixed, "xyz", 3) == 0);
}

static void
every_cut_is_seen(void)
{
	struct vs_keys_kek kek = {.tenant = "acme", .version = 3, .root_id = "0011223344556677"};
	struct vs_keys_writer writer;
	struct vs_keys_reader reader;
	uint8_t data[256];

	kek.wrapped.size = 62;
	vs_keys_writer_init(&writer, data, sizeof(data));
	vs_keys_write_kek(&writer, &kek);
	for (size_t size = 0; size < writer.size; size++) {
		vs_keys_reader_init(&reader, vs_bytes_from(data, size));
		vs_keys_read_kek(&reader, &kek);
		CHECK_ERR(vs_keys_read_end(&reader), BAD_MESSAGE);
	}
}

static void
wrong_fields(void)
{
	static const uint8_t nul[] = {0, 3, 'a', 0, 'b'}, wrapped[] = {0, 65};
	struct vs_keys_wrapped into;
	struct vs_keys_reader reader;
	uint8_t data[80] = {0};
	char text[4];

	vs_keys_reader_init(&reader, vs_bytes_from(nul, sizeof(nul)));
	vs_keys_read_text(&reader, text, sizeof(text));
	CHECK_ERR(vs_keys_read_end(&reader), BAD_MESSAGE);
	CHECK(text[0] == '\0');
	vs_keys_reader_init(&reader, VS_BYTES_LITERAL("\0\4abcd")); /* no room for its NUL */
	vs_keys_read_text(&reader, text, sizeof(text));
	CHECK_ERR(vs_keys_read_end(&reader), BAD_MESSAGE);
	memcpy(data, wrapped, sizeof(wrapped));
	vs_keys_reader_init(&reader, vs_bytes_from(data, 67));
	vs_keys_read_wrapped(&reader, &into);
	CHECK_ERR(vs_keys_read_end(&reader), BAD_MESSAGE);
	CHECK(into.size == 0);
	/* what follows something bad is bad */
	CHECK(vs_keys_read_u8(&reader) == 0 && vs_keys_read_bytes(&reader).size == 0);
}

static void
a_full_writer_stays_full(void)
{
	struct vs_keys_writer writer;
	uint8_t data[8];

	vs_keys_writer_init(&writer, data, sizeof(data));
	vs_keys_write_u64(&writer, 1);
	CHECK_OK(vs_keys_write_end(&writer));
	vs_keys_write_u8(&writer, 1);
	CHECK_ERR(vs_keys_write_end(&writer), TOO_LONG);
	CHECK(writer.size == sizeof(data));
	vs_keys_writer_init(&writer, data, sizeof(data));
	vs_keys_write_text(&writer, "1234567");
	vs_keys_write_u8(&writer, 1);
	CHECK_ERR(vs_keys_write_end(&writer), TOO_LONG);
}

static void
heads(void)
{
	const struct vs_keys_head head = {.code = 9, .serial = 77, .error = VS_E_FORBIDDEN};
	struct vs_keys_head again = {.serial = 5};
	struct vs_keys_writer writer;
	struct vs_keys_reader reader;
	uint8_t data[16];

	vs_keys_writer_init(&writer, data, sizeof(data));
	vs_keys_write_answer_head(&writer, &head);
	CHECK(writer.size == VS_KEYS_ANSWER_HEAD_SIZE);
	vs_keys_reader_init(&reader, vs_bytes_from(data, writer.size));
	CHECK_OK(vs_keys_read_answer_head(&reader, &again));
	CHECK(again.code == 9 && again.serial == 77 && again.error == VS_E_FORBIDDEN);
	data[8] = 0xFF; /* an error from the future */
	vs_keys_reader_init(&reader, vs_bytes_from(data, writer.size));
	CHECK_OK(vs_keys_read_answer_head(&reader, &again));
	CHECK(again.error == VS_E_INTERNAL);
	vs_keys_reader_init(&reader, vs_bytes_from(data, 9));
	CHECK_ERR(vs_keys_read_answer_head(&reader, &again), BAD_MESSAGE);
	data[1] = 2; /* another version */
	vs_keys_reader_init(&reader, vs_bytes_from(data, writer.size));
	CHECK_ERR(vs_keys_read_request_head(&reader, &again), BAD_MESSAGE);
}

int
main(void)
{
	CASE(known_bytes);
	CASE(fields_come_back);
	CASE(every_cut_is_seen);
	CASE(wrong_fields);
	CASE(a_full_writer_stays_full);
	CASE(heads);
	return 0;
}
