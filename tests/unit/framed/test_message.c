/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/message.h"

#include "test.h"

static struct vs_framed_message
read_ok(const char *text)
{
	struct vs_framed_message message;

	CHECK_OK(vs_framed_read(vs_bytes_from_text(text), &message));
	return message;
}

static void
check_refused(const char *text, enum vs_err why)
{
	struct vs_framed_message message;

	CHECK(vs_framed_read(vs_bytes_from_text(text), &message).code == why);
}

static void
check_again(const char *text)
{
	struct vs_framed_message message = read_ok(text);
	struct vs_buf out;

	vs_buf_init(&out, 1000);
	CHECK_OK(vs_framed_write(&message, &out));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), text));
	vs_buf_done(&out);
}

/* Every row: its least and its most fields are read and written again, one less and one more are
 * refused. */
static void
test_every_row(void)
{
	static const char *const samples[] = {
	    "", "CP-001", "OK", "text", "abc=", "1.5", "0.3", "2.10", "-3.1"};

	for (int type = 0; type < VS_FRAMED_TYPES; type++) {
		const struct vs_framed_row *row = vs_framed_row((enum vs_framed_type)type);
		char text[600];

		CHECK(row->from != 0 && row->to != 0 && row->most >= row->least);
		(void)snprintf(text, sizeof(text), "%s%s%s", row->name,
		               row->kind[0] != '\0' ? "#" : "", row->kind);
		for (unsigned count = 0; count <= row->most; count++) {
			bool is_good =
			    row->is_repeated ? count % row->most == 0 : count >= row->least;

			if (is_good)
				check_again(text);
			else
				check_refused(text, VS_E_WRONG_COUNT);
			if (is_good)
				CHECK(read_ok(text).type == (enum vs_framed_type)type);
			if (count < row->most)
				(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
				               "#%s", samples[row->fields[count]]);
		}
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "#x");
		check_refused(text, row->is_repeated ? VS_E_WRONG_COUNT : VS_E_WRONG_COUNT);
	}
}

static void
test_values(void)
{
	struct vs_framed_message m = read_ok("REGISTER#CP#CP-001#40.5#-3.1#0.3");

	CHECK(m.type == VS_FRAMED_REGISTER_CP && m.count == 4);
	CHECK(vs_bytes_equal_text(m.fields[0], "CP-001"));
	CHECK(m.numbers[1] == 40500000 && m.numbers[2] == -3100000 && m.numbers[3] == 300000);
	m = read_ok("SUPPLY_UPDATE#CP-001#0.714286#0.21");
	CHECK(m.numbers[1] == 714286 && m.numbers[2] == 210000);
	m = read_ok("REGISTER#MONITOR#MON-1#CP-001");
	CHECK(m.type == VS_FRAMED_REGISTER_MONITOR && vs_bytes_equal_text(m.fields[1], "CP-001"));
	m = read_ok("DENY#DRIVER-001#CP-001#CP_STATE_STOPPED");
	CHECK(vs_bytes_equal_text(m.fields[2], "CP_STATE_STOPPED"));
	m = read_ok("AUTHENTICATED#CP-001#AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	CHECK(m.fields[1].size == 44);
}

static void
test_refused(void)
{
	struct vs_framed_message message;

	CHECK_ERR(vs_framed_read(vs_bytes_from(NULL, 0), &message), UNKNOWN_ACTION);
	check_refused("", VS_E_UNKNOWN_ACTION);
	check_refused("#", VS_E_UNKNOWN_ACTION);
	check_refused("REGISTER", VS_E_UNKNOWN_ACTION);
	check_refused("REGISTER#CAR#1", VS_E_UNKNOWN_ACTION);
	check_refused("heartbeat#CP-001#ACTIVATED", VS_E_UNKNOWN_ACTION);
	check_refused("HEARTBEAT#CP-001#activated", VS_E_OUT_OF_RANGE);
	check_refused("HEARTBEAT##ACTIVATED", VS_E_OUT_OF_RANGE);
	check_refused("HEARTBEAT#CP 001#ACTIVATED", VS_E_OUT_OF_RANGE);
	check_refused("FAULT#CP-001#", VS_E_WRONG_COUNT);
	check_refused("FAULT#1234567890123456789012345678901234567890123456789", VS_E_OUT_OF_RANGE);
	check_refused("SUPPLY_UPDATE#CP-001#-1#0", VS_E_OUT_OF_RANGE);
	check_refused("SUPPLY_UPDATE#CP-001#nan#0", VS_E_OUT_OF_RANGE);
	check_refused("SUPPLY_UPDATE#CP-001#1e3#0", VS_E_OUT_OF_RANGE);
	check_refused("SUPPLY_UPDATE#CP-001#100000.000001#0", VS_E_OUT_OF_RANGE);
	check_refused("REGISTER#CP#CP-001#181#0#1", VS_E_OUT_OF_RANGE);
	check_refused("AVAILABLE_CPS#CP-1#1#2", VS_E_WRONG_COUNT);
}

static void
test_repeated(void)
{
	struct vs_framed_message m = read_ok("AVAILABLE_CPS#CP-1#1#2#0.3#CP-2#-1#-2#0.35");

	CHECK(vs_framed_next(&m) && vs_bytes_equal_text(m.fields[0], "CP-1"));
	CHECK(m.numbers[3] == 300000);
	CHECK(vs_framed_next(&m) && vs_bytes_equal_text(m.fields[0], "CP-2"));
	CHECK(!vs_framed_next(&m));
	m = read_ok("AVAILABLE_CPS");
	CHECK(!vs_framed_next(&m));
}

static void
test_decimals(void)
{
	static const struct {
		int64_t micro;
		int places;
		const char *text;
	} rows[] = {{0, -1, "0"},           {1, -1, "0.000001"},       {714286, -1, "0.714286"},
	            {-3100000, -1, "-3.1"}, {5000000, -1, "5"},        {1560000, 2, "1.56"},
	            {1565000, 2, "1.57"},   {1564999, 2, "1.56"},      {-1, 2, "0.00"},
	            {999999, 2, "1.00"},    {10000000, 6, "10.000000"}};
	char text[VS_FRAMED_DECIMAL_MAX];
	int64_t micro = 7;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vs_framed_decimal_write(rows[i].micro, rows[i].places, text);
		CHECK(strcmp(text, rows[i].text) == 0);
		if (rows[i].places != -1)
			continue;
		CHECK_OK(vs_framed_decimal_read(vs_bytes_from_text(text), -INT64_C(10000000000),
		                                INT64_C(10000000000), &micro));
		CHECK(micro == rows[i].micro);
	}
	micro = 7;
	for (const char *const *bad =
	         (const char *const[]){"", "-", ".", ".5", "5.", "1.2.3", "+1", " 1", "1 ",
	                               "0.1234567", "9999999999999999999", "999999999999999999",
	                               "0x1", NULL};
	     *bad != NULL; bad++)
		CHECK_ERR(
		    vs_framed_decimal_read(vs_bytes_from_text(*bad), INT64_MIN, INT64_MAX, &micro),
		    OUT_OF_RANGE);
	CHECK(micro == 7);
	/* 5.2 kWh at 0.30. */
	CHECK(vs_framed_cost(5200000, 300000) == 1560000);
	CHECK(vs_framed_cost(VS_FRAMED_ENERGY_MAX, VS_FRAMED_PRICE_MAX) == VS_FRAMED_MONEY_MAX);
	CHECK(vs_framed_cost(1, 1) == 0 && vs_framed_cost(500000, 1) == 1);
}

static void
test_write_refused(void)
{
	struct vs_framed_message message = {.type = VS_FRAMED_FAULT, .count = 1};
	struct vs_buf out;

	vs_buf_init(&out, 20);
	CHECK_OK(vs_buf_append_text(&out, "x"));
	message.fields[0] = VS_BYTES_LITERAL("CP#1");
	CHECK_ERR(vs_framed_write(&message, &out), OUT_OF_RANGE);
	message.fields[0] = VS_BYTES_LITERAL("CP-1");
	message.count = 2;
	CHECK_ERR(vs_framed_write(&message, &out), WRONG_COUNT);
	message.count = 0;
	CHECK_ERR(vs_framed_write(&message, &out), WRONG_COUNT);
	message.count = 1;
	message.fields[0] = VS_BYTES_LITERAL("CP-1234567890-123456");
	CHECK_ERR(vs_framed_write(&message, &out), TOO_LONG);
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "x"));
	vs_buf_done(&out);
}

static const char *
masked(const char *text)
{
	static char room[600];
	struct vs_buf out;

	vs_buf_init(&out, sizeof(room) - 1);
	CHECK_OK(vs_framed_mask(vs_bytes_from_text(text), &out));
	CHECK(vs_bytes_copy_text(vs_buf_view(&out), room, sizeof(room)));
	vs_buf_done(&out);
	return room;
}

static void
test_mask(void)
{
	CHECK(strcmp(masked("AUTHENTICATE#CP-1#CP-1#secret"), "AUTHENTICATE#CP-1#CP-1#***") == 0);
	CHECK(strcmp(masked("AUTHENTICATED#CP-1#key"), "AUTHENTICATED#CP-1#***") == 0);
	CHECK(strcmp(masked("KEY_UPDATE#key"), "KEY_UPDATE#***") == 0);
	CHECK(strcmp(masked("SUPPLY_UPDATE#CP-1#5.2#1.56"), "SUPPLY_UPDATE#CP-1#5.2#1.56") == 0);
	CHECK(strcmp(masked("E2#1#5#kqYb"), "E2#1#5#kqYb") == 0);
}

int
main(void)
{
	CASE(test_every_row);
	CASE(test_values);
	CASE(test_refused);
	CASE(test_repeated);
	CASE(test_decimals);
	CASE(test_write_refused);
	CASE(test_mask);
	return 0;
}
