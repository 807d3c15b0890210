/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/proof_file.h"

#include "test.h"

#define HASH "PH6byTDck/AfppmF7yQtn56GHzxTVaokzl70tLinDMs=\n"
#define FILE_TEXT                                                                                  \
	"c2sp.org/tlog-proof@v1\nextra YWJj\nindex 7\n" HASH HASH "\nname\n9\n" HASH "\nsignature"

static void
there_and_back(void)
{
	struct vs_audit_inclusion_file file;
	struct vs_buf text;

	vs_buf_init(&text, VS_AUDIT_PROOF_FILE_SIZE);
	CHECK_OK(vs_audit_inclusion_parse(VS_BYTES_LITERAL(FILE_TEXT), &file));
	CHECK(file.index == 7 && file.proof.count == 2 && vs_bytes_equal_text(file.extra, "YWJj"));
	CHECK(vs_bytes_equal_text(file.checkpoint, "name\n9\n" HASH "\nsignature"));
	CHECK(file.proof.hashes[1].bytes[0] == 0x3c && file.proof.hashes[1].bytes[31] == 0xcb);
	CHECK_OK(vs_audit_inclusion_print(&file, &text));
	CHECK(vs_bytes_equal_text(vs_buf_view(&text), FILE_TEXT));
	vs_buf_done(&text);
	CHECK_OK(vs_audit_inclusion_parse(
	    VS_BYTES_LITERAL("c2sp.org/tlog-proof@v1\nindex 0\n\nnote"), &file));
	CHECK(file.index == 0 && file.proof.count == 0 && file.extra.size == 0);
}

static void
bad_files(void)
{
	static const char *const bad[] = {
	    "",
	    "c2sp.org/tlog-proof@v2\nindex 0\n\nnote",
	    "c2sp.org/tlog-proof@v1 \nindex 0\n\nnote",
	    "c2sp.org/tlog-proof@v1\nindex 00\n\nnote",
	    "c2sp.org/tlog-proof@v1\nindex \n\nnote",
	    "c2sp.org/tlog-proof@v1\nindex -1\n\nnote",
	    "c2sp.org/tlog-proof@v1\nindex 99999999999999999999\n\nnote",
	    "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nnote",
	    "c2sp.org/tlog-proof@v1\nindex 0\n" HASH,
	    "c2sp.org/tlog-proof@v1\nindex 0\n" HASH "\n",
	    "c2sp.org/tlog-proof@v1\nindex 0\nYWJj\n\nnote",
	    "c2sp.org/tlog-proof@v1\nindex 0\n*\n\nnote",
	    "c2sp.org/tlog-proof@v1\nindex 0",
	};
	struct vs_audit_inclusion_file file;
	struct vs_buf text;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(vs_audit_inclusion_parse(vs_bytes_from_text(bad[i]), &file).code != VS_E_OK);
	vs_buf_init(&text, VS_AUDIT_PROOF_FILE_SIZE);
	CHECK_OK(vs_buf_append_text(&text, "c2sp.org/tlog-proof@v1\nindex 0\n"));
	for (int i = 0; i <= VS_AUDIT_PROOF_HASHES; i++)
		CHECK_OK(vs_buf_append_text(&text, HASH));
	CHECK_OK(vs_buf_append_text(&text, "\nnote"));
	CHECK_ERR(vs_audit_inclusion_parse(vs_buf_view(&text), &file), BAD_MESSAGE);
	vs_buf_done(&text);
}

int
main(void)
{
	CASE(there_and_back);
	CASE(bad_files);
	return 0;
}
