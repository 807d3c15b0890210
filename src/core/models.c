/* SPDX-License-Identifier: Apache-2.0 */
#include "core/models.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

static struct vs_bytes
trim(struct vs_bytes text)
{
	while (text.size > 0 && text.data[0] == ' ')
		text = vs_bytes_from(text.data + 1, text.size - 1);
	while (text.size > 0 && text.data[text.size - 1] == ' ')
		text.size--;
	return text;
}

/* What is before the first `mark`, and the rest behind it; false: there is none. */
static bool
split(struct vs_bytes text, char mark, struct vs_bytes *head, struct vs_bytes *rest)
{
	const uint8_t *at = text.size > 0 ? memchr(text.data, mark, text.size) : NULL;
	size_t size;

	if (at == NULL)
		return false;
	size = (size_t)(at - text.data);
	*head = trim(vs_bytes_from(text.data, size));
	*rest = trim(vs_bytes_from(text.data + size + 1, text.size - size - 1));
	return true;
}

static vs_result
read_quirks(struct vs_bytes text, uint32_t *quirks)
{
	char words[VS_CORE_QUIRKS_TEXT_SIZE];

	if (!vs_bytes_copy_text(text, words, sizeof(words)))
		return VS_FAIL(TOO_LONG);
	for (char *at = words; *at != '\0'; at++)
		if (*at == '+')
			*at = ',';
	VS_TRY(vs_core_quirks_parse(vs_bytes_from_text(words), quirks));
	return *quirks != 0 ? VS_OK : VS_FAIL(BAD_VALUE);
}

static vs_result
read_row(struct vs_bytes text, struct vs_core_models *models)
{
	struct vs_bytes name, vendor, model, quirks;

	if (!split(text, '=', &name, &quirks) || !split(name, '/', &vendor, &model) ||
	    vendor.size == 0 || model.size == 0)
		return VS_FAIL(BAD_VALUE);
	if (models->count == VS_CORE_MODELS_MAX ||
	    !vs_bytes_copy_text(vendor, models->rows[models->count].vendor,
	                        VS_CORE_MODEL_NAME_SIZE) ||
	    !vs_bytes_copy_text(model, models->rows[models->count].model, VS_CORE_MODEL_NAME_SIZE))
		return VS_FAIL(TOO_LONG);
	VS_TRY(read_quirks(quirks, &models->rows[models->count].quirks));
	models->count++;
	return VS_OK;
}

vs_result
vs_core_models_parse(struct vs_bytes text, struct vs_core_models *models_out)
{
	struct vs_core_models models = {.count = 0};
	struct vs_bytes rest = trim(text), row;

	assert(models_out != NULL);
	while (rest.size > 0) {
		if (!split(rest, ';', &row, &rest)) {
			row = rest;
			rest.size = 0;
		}
		if (row.size > 0)
			VS_TRY(read_row(row, &models));
	}
	*models_out = models;
	return VS_OK;
}

static bool
fits(const char *pattern, const char *name)
{
	size_t size = strlen(pattern);

	if (pattern[size - 1] == '*')
		return strncasecmp(pattern, name, size - 1) == 0;
	return strcasecmp(pattern, name) == 0;
}

uint32_t
vs_core_models_quirks(const struct vs_core_models *models, const char *vendor, const char *model)
{
	uint32_t quirks = 0;

	if (models == NULL || vendor[0] == '\0')
		return 0;
	for (size_t i = 0; i < models->count; i++)
		if (fits(models->rows[i].vendor, vendor) && fits(models->rows[i].model, model))
			quirks |= models->rows[i].quirks;
	return quirks;
}
