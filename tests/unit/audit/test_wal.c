/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/wal.h"

#include "test.h"

static void
known_answers(void)
{
	uint8_t ones[32], zeros[32] = {0};

	memset(ones, 0xff, sizeof(ones));
	CHECK(vs_audit_crc32c(VS_BYTES_LITERAL("123456789")) == 0xe3069283u);
	/* RFC 3720 B.4 */
	CHECK(vs_audit_crc32c(vs_bytes_from(zeros, 32)) == 0x8a9136aau);
	CHECK(vs_audit_crc32c(vs_bytes_from(ones, 32)) == 0x62a8ab43u);
	CHECK(vs_audit_crc32c(vs_bytes_from(NULL, 0)) == 0);
}

/* Every length and every place in memory, by the processor and by the table. */
static void
two_ways(void)
{
	uint8_t bytes[96];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167 + 13);
	for (size_t from = 0; from < 9; from++) {
		for (size_t size = 0; from + size <= sizeof(bytes); size++) {
			struct vs_bytes part = vs_bytes_from(bytes + from, size);

			CHECK(vs_audit_crc32c(part) == vs_audit_crc32c_by_table(part));
		}
	}
	CHECK(vs_audit_crc32c_by_table(VS_BYTES_LITERAL("123456789")) == 0xe3069283u);
}

static void
records(void)
{
	static uint8_t big[VS_AUDIT_ENTRY_SIZE + 1];
	struct vs_bytes rest, entry;
	struct vs_buf wal;

	vs_buf_init(&wal, 65536);
	CHECK_OK(vs_audit_wal_append(&wal, VS_BYTES_LITERAL("one")));
	CHECK_OK(vs_audit_wal_append(&wal, VS_BYTES_LITERAL("second")));
	CHECK_ERR(vs_audit_wal_append(&wal, vs_bytes_from(big, sizeof(big))), TOO_LONG);
	CHECK_ERR(vs_audit_wal_append(&wal, vs_bytes_from(big, 0)), TOO_LONG);
	rest = vs_buf_view(&wal);
	CHECK_OK(vs_audit_wal_next(&rest, &entry));
	CHECK(vs_bytes_equal_text(entry, "one"));
	CHECK_OK(vs_audit_wal_next(&rest, &entry));
	CHECK(vs_bytes_equal_text(entry, "second"));
	CHECK_ERR(vs_audit_wal_next(&rest, &entry), NOT_FOUND);
	/* Every byte counts, and every cut is seen. */
	for (size_t i = 0; i < 11; i++) {
		wal.data[i] ^= 1;
		rest = vs_buf_view(&wal);
		CHECK_ERR(vs_audit_wal_next(&rest, &entry), BAD_MESSAGE);
		CHECK(rest.size == wal.size);
		wal.data[i] ^= 1;
	}
	for (size_t size = 1; size < 11; size++) {
		rest = vs_bytes_from(wal.data, size);
		CHECK_ERR(vs_audit_wal_next(&rest, &entry), BAD_MESSAGE);
	}
	vs_buf_done(&wal);
}

int
main(void)
{
	CASE(known_answers);
	CASE(two_ways);
	CASE(records);
	return 0;
}
