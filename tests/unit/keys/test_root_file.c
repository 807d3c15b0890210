/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/root_file.h"

#include "test_folder.h"

#define ID    "00112233445566aa"
#define OTHER "ffeeddccbbaa9988"

static void
there_and_back(void)
{
	struct vs_keys_root_file file = {.current_id = ID, .previous_id = OTHER}, again;
	struct vs_buf text;

	(void)snprintf(file.current.file, sizeof(file.current.file),
	               "/etc/voltseal/root \"1\".key");
	file.previous.memory_kib = 262144;
	file.previous.passes = 3;
	memset(file.previous.salt, 0xC5, sizeof(file.previous.salt));
	memset(file.previous.wrapped, 0x1F, 40);
	file.previous.wrapped_size = 40;
	(void)snprintf(file.previous.name, sizeof(file.previous.name), "token");
	(void)snprintf(file.previous.label, sizeof(file.previous.label), "root");
	vs_buf_init(&text, 4096);
	CHECK_OK(vs_keys_root_file_print(&file, &text));
	CHECK_OK(vs_keys_root_file_parse(vs_buf_view(&text), &again));
	CHECK(memcmp(&file, &again, sizeof(file)) == 0);
	file.previous = (struct vs_keys_source){0};
	file.previous_id[0] = '\0';
	vs_buf_reset(&text);
	CHECK_OK(vs_keys_root_file_print(&file, &text));
	CHECK_OK(vs_keys_root_file_parse(vs_buf_view(&text), &again));
	CHECK(again.previous_id[0] == '\0' && strcmp(again.current_id, ID) == 0);
	vs_buf_done(&text);
}

static void
what_is_refused(void)
{
	static const char *const wrong[] = {
	    "",
	    "{}",
	    "[1]",
	    "{\"format\":2,\"current\":{\"id\":\"" ID "\",\"provider\":\"file\"}}",
	    "{\"format\":1}",
	    "{\"format\":1,\"current\":{\"id\":\"" ID "\"}}",
	    "{\"format\":1,\"current\":{\"provider\":\"file\"}}",
	    "{\"format\":1,\"current\":{\"id\":\"" ID "\",\"provider\":\"cloud\"}}",
	    "{\"format\":1,\"current\":{\"id\":\"0011\",\"provider\":\"file\"}}",
	    "{\"format\":1,\"current\":{\"id\":\"00112233445566AA\",\"provider\":\"file\"}}",
	    "{\"format\":1,\"current\":{\"id\":\"" ID "\",\"provider\":\"file\",\"salt\":\"00\"}}",
	    "{\"format\":1,\"current\":{\"id\":\"" ID "\",\"provider\":\"file\",\"passes\":-1}}",
	    "{\"format\":1,\"current\":{\"id\":\"" ID "\",\"provider\":\"file\",\"file\":7}}",
	    "{\"format\":1,\"current\":{\"id\":\"" ID "\",\"provider\":\"file\"},\"previous\":{}}",
	};
	struct vs_keys_root_file file = {.current_id = "kept"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_ERR(vs_keys_root_file_parse(vs_bytes_from_text(wrong[i]), &file), CONFIG);
	CHECK(strcmp(file.current_id, "kept") == 0);
}

static void
on_disk(void)
{
	struct vs_keys_root_file file = {.current_id = ID}, again;
	char dir[VS_PATH_SIZE] = "/tmp/vs-rootfile-XXXXXX";

	test_folder_make(dir);
	CHECK(!vs_keys_root_file_exists(dir));
	CHECK_ERR(vs_keys_root_file_read(dir, &again), NOT_FOUND);
	CHECK_OK(vs_keys_root_file_write(dir, &file));
	CHECK(vs_keys_root_file_exists(dir));
	CHECK_OK(vs_keys_root_file_read(dir, &again));
	CHECK(strcmp(again.current_id, ID) == 0);
}

int
main(void)
{
	CASE(there_and_back);
	CASE(what_is_refused);
	CASE(on_disk);
	return 0;
}
