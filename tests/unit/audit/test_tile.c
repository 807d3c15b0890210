/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/tile.h"

#include "test.h"

static const struct {
	const char *path;
	struct vs_audit_tile tile;
} known[] = {
    {"tile/0/000", {false, 0, 0, 256}},
    {"tile/0/x001/x234/067", {false, 0, 1234067, 256}}, /* the example of tlog-tiles */
    {"tile/1/x001/000.p/255", {false, 1, 1000, 255}},
    {"tile/entries/999.p/1", {true, 0, 999, 1}},
    {"tile/7/x018/x446/x744/x073/x709/x551/615", {false, 7, UINT64_MAX, 256}},
};

static void
paths(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char path[VS_AUDIT_TILE_PATH_SIZE];
		struct vs_audit_tile tile;

		vs_audit_tile_path(&known[i].tile, path);
		CHECK(strcmp(path, known[i].path) == 0);
		CHECK_OK(vs_audit_tile_parse(vs_bytes_from_text(path), &tile));
		CHECK(tile.is_entries == known[i].tile.is_entries &&
		      tile.level == known[i].tile.level && tile.index == known[i].tile.index &&
		      tile.width == known[i].tile.width);
	}
}

static void
bad_paths(void)
{
	static const char *const bad[] = {
	    "",
	    "tile",
	    "tile/0",
	    "tile/8/000",
	    "tile/00/000",
	    "tile/0/00",
	    "tile/0/0000",
	    "tile/0/x000/001",
	    "tile/0/000.p/0",
	    "tile/0/000.p/256",
	    "tile/0/000.p/01",
	    "tile/0/000/001",
	    "tile/0/x001",
	    "tile/0/000.p/",
	    "tile/0/000 ",
	    "tile/entries/",
	    "tile/0/../000",
	    "tile/0/x018/x446/x744/x073/x709/x551/616",
	    "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
	};
	struct vs_audit_tile tile;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(vs_audit_tile_parse(vs_bytes_from_text(bad[i]), &tile), BAD_VALUE);
}

static void
widths(void)
{
	CHECK(vs_audit_tile_width(0, 0, 0) == 0);
	CHECK(vs_audit_tile_width(1, 0, 0) == 1);
	CHECK(vs_audit_tile_width(255, 1, 0) == 0);
	CHECK(vs_audit_tile_width(256, 0, 0) == 256);
	CHECK(vs_audit_tile_width(256, 0, 1) == 0);
	CHECK(vs_audit_tile_width(256, 1, 0) == 1);
	CHECK(vs_audit_tile_width(70000, 0, 273) == 112);
	CHECK(vs_audit_tile_width(70000, 1, 1) == 17);
	CHECK(vs_audit_tile_width(70000, 2, 0) == 1);
	CHECK(vs_audit_tile_width(70000, 3, 0) == 0);
}

static void
bundles(void)
{
	static uint8_t big[VS_AUDIT_ENTRY_SIZE + 1];
	struct vs_bytes rest, entry;
	struct vs_buf bundle;

	vs_buf_init(&bundle, VS_AUDIT_BUNDLE_SIZE);
	CHECK_OK(vs_audit_bundle_append(&bundle, VS_BYTES_LITERAL("one")));
	CHECK_OK(vs_audit_bundle_append(&bundle, vs_bytes_from(NULL, 0)));
	CHECK_OK(vs_audit_bundle_append(&bundle, vs_bytes_from(big, VS_AUDIT_ENTRY_SIZE)));
	CHECK_ERR(vs_audit_bundle_append(&bundle, vs_bytes_from(big, sizeof(big))), TOO_LONG);
	rest = vs_buf_view(&bundle);
	CHECK(rest.data[0] == 0 && rest.data[1] == 3);
	CHECK_OK(vs_audit_bundle_next(&rest, &entry));
	CHECK(vs_bytes_equal_text(entry, "one"));
	CHECK_OK(vs_audit_bundle_next(&rest, &entry));
	CHECK(entry.size == 0);
	CHECK_OK(vs_audit_bundle_next(&rest, &entry));
	CHECK(entry.size == VS_AUDIT_ENTRY_SIZE);
	CHECK_ERR(vs_audit_bundle_next(&rest, &entry), NOT_FOUND);
	rest = vs_bytes_from(bundle.data, 4);
	CHECK_ERR(vs_audit_bundle_next(&rest, &entry), BAD_MESSAGE);
	rest = vs_bytes_from(bundle.data, 1);
	CHECK_ERR(vs_audit_bundle_next(&rest, &entry), BAD_MESSAGE);
	vs_buf_done(&bundle);
}

int
main(void)
{
	CASE(paths);
	CASE(bad_paths);
	CASE(widths);
	CASE(bundles);
	return 0;
}
