/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "api/state.h"

void
vs_api_page_begin(struct vs_api_page *page, struct vs_api_read *read)
{
	*page = (struct vs_api_page){.read = read};
	vs_api_read_list_begin(read);
}

bool
vs_api_page_row(struct vs_api_page *page, const char *key)
{
	if (page->count >= page->read->list.limit) {
		page->has_more = true;
		return false;
	}
	page->count++;
	(void)snprintf(page->last, sizeof(page->last), "%s", key);
	vs_json_write_object(&page->read->json);
	return true;
}

bool
vs_api_page_row_number(struct vs_api_page *page, int64_t key)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, key);
	return vs_api_page_row(page, text);
}

vs_result
vs_api_page_end(struct vs_api_page *page)
{
	return vs_api_read_list_end(page->read, page->has_more ? page->last : "");
}
