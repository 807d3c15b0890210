/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the key process, one after the other: the first byte of each chooses sender and
 * phase, the second its length. Whatever is asked, the answer has a head and keeps within its row,
 * and nothing is answered that the table does not permit.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "keys/keyd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vs_keyd keyd;

static void
must(vs_result r)
{
	if (r.code != VS_E_OK)
		abort();
}

static char folder[] = "/tmp/vs-fuzz-keys-XXXXXX";

static int
forget(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info, (void)flag, (void)ftw;
	return remove(path);
}

static void
clean_up(void)
{
	(void)nftw(folder, forget, 16, FTW_DEPTH | FTW_PHYS);
}

static void
set_up(void)
{
	const struct vs_keys_input input = {.fd = -1};
	struct vs_keys_source setup = {.provider = VS_KEYS_PROVIDER_file};
	static struct vs_keys_root *root;
	static struct vs_keys_vault *vault;
	char reason[VS_KEYS_REASON_SIZE];

	vs_log_configure(VS_LOG_ERROR, VS_LOG_TEXT, 2);
	if (mkdtemp(folder) == NULL || atexit(clean_up) != 0)
		abort();
	(void)memcpy(setup.file, folder, sizeof(folder));
	must(vs_keys_root_create(folder, &setup, &input, reason));
	must(vs_keys_root_open(folder, &input, reason, &root));
	must(vs_keys_vault_open(folder, root, reason, &vault));
	must(vs_keys_vault_put(vault, VS_KEYD_PEPPER_KIND, VS_KEYD_PEPPER_ID, 1,
	                       VS_BYTES_LITERAL("0123456789abcdef0123456789abcdef")));
	must(vs_keyd_init(&keyd, root, vault, false));
}

static void
check_answer(struct vs_bytes request, enum vs_keys_sender sender, enum vs_keys_phase phase,
             struct vs_bytes answer)
{
	const struct vs_keys_request_row *row = NULL;
	struct vs_keys_head asked, back;
	struct vs_keys_reader reader;

	vs_keys_reader_init(&reader, request);
	must(vs_keys_read_request_head(&reader, &asked));
	vs_keys_reader_init(&reader, answer);
	must(vs_keys_read_answer_head(&reader, &back));
	if (asked.code != back.code || asked.serial != back.serial)
		abort();
	if (back.error != VS_E_OK) {
		if (answer.size != VS_KEYS_ANSWER_HEAD_SIZE)
			abort();
		return;
	}
	row = vs_keys_request_row(vs_keys_request_find(asked.code));
	must(vs_keys_request_permit(row, sender, phase));
	if (answer.size > VS_KEYS_ANSWER_HEAD_SIZE + row->answer_max)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t answer[VS_LIMIT_KEYS_MESSAGE_SIZE];
	uint64_t now_ms = 0;
	size_t at = 0;

	if (keyd.root == NULL)
		set_up();
	while (size - at >= 2) {
		enum vs_keys_sender sender = (data[at] & 1) != 0 ? VS_KEYS_CLI : VS_KEYS_DAEMON;
		enum vs_keys_phase phase = (data[at] & 2) != 0 ? VS_KEYS_RUN : VS_KEYS_START;
		size_t take = (size_t)data[at + 1] * ((data[at] & 4) != 0 ? 16 : 1);
		struct vs_bytes request;
		size_t answer_size = 0;

		at += 2;
		if (take > size - at)
			take = size - at;
		request = vs_bytes_from(data + at, take);
		keyd.phase = phase;
		now_ms += 1000;
		if (vs_keyd_answer(&keyd, sender, now_ms, request, answer, sizeof(answer),
		                   &answer_size)
		        .code == VS_E_OK)
			check_answer(request, sender, phase, vs_bytes_from(answer, answer_size));
		at += take;
	}
	return 0;
}
