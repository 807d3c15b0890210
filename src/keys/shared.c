/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/shared.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "keys/envelope.h"
#include "keys/message.h"
#include "wire/base64.h"

#define KIND        "shared"
#define ID          "main"
#define STATE_ID    "state"
#define STATE_SIZE  256
#define FORMAT      1
#define CHECK_SIZE  8
#define POLICY_KIND "ca-policy" /* names what else there must be: written last */

struct item {
	char kind[VS_KEYS_VAULT_NAME_SIZE], id[VS_KEYS_VAULT_NAME_SIZE];
	uint32_t version;
	struct vs_bytes secret; /* a view of what was opened */
};

struct set {
	struct item items[VS_LIMIT_KEYS_SECRETS];
	size_t count;
};

enum sharing { OWN, SHARED };

static bool
is_shared(const char *kind)
{
	static const struct {
		const char *kind;
		enum sharing sharing;
	} rows[] = {
#define VS_KEYS_SHARED_KIND(kind, sharing, why) {kind, sharing},
#include "keys/shared.def"
#undef VS_KEYS_SHARED_KIND
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].kind, kind) == 0)
			return rows[i].sharing == SHARED;
	return false;
}

static bool
is_installation(const char *text)
{
	return strlen(text) == VS_KEYS_INSTALLATION_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == VS_KEYS_INSTALLATION_SIZE - 1;
}

static struct vs_bytes
view(struct vs_secret *secret)
{
	return vs_bytes_from(vs_secret_bytes(secret), vs_secret_size(secret));
}

/* --- what was taken last ---------------------------------------------------------------------- */

vs_result
vs_keys_shared_state(const struct vs_keys_vault *vault, struct vs_keys_shared_state *state_out)
{
	struct vs_keys_shared_state state = {.version = 0};
	struct vs_keys_reader reader;
	struct vs_secret *secret;

	assert(vault != NULL && state_out != NULL);
	VS_TRY(vs_keys_vault_get(vault, KIND, STATE_ID, 1, &secret, NULL));
	vs_keys_reader_init(&reader, view(secret));
	vs_keys_read_text(&reader, state.installation, sizeof(state.installation));
	vs_keys_read_text(&reader, state.root_id, sizeof(state.root_id));
	state.version = vs_keys_read_u32(&reader);
	vs_keys_read_fixed(&reader, state.sha256, sizeof(state.sha256));
	VS_TRY(vs_keys_read_end(&reader));
	*state_out = state;
	return VS_OK;
}

static vs_result
remember(struct vs_keys_vault *vault, const struct vs_keys_shared_state *state)
{
	struct vs_keys_writer writer;
	uint8_t data[STATE_SIZE];

	vs_keys_writer_init(&writer, data, sizeof(data));
	vs_keys_write_text(&writer, state->installation);
	vs_keys_write_text(&writer, state->root_id);
	vs_keys_write_u32(&writer, state->version);
	vs_keys_write_fixed(&writer, state->sha256, sizeof(state->sha256));
	VS_TRY(vs_keys_write_end(&writer));
	return vs_keys_vault_replace(vault, KIND, STATE_ID, 1, vs_bytes_from(data, writer.size));
}

const char *
vs_keys_shared_root_id(const struct vs_keys_vault *vault, const struct vs_keys_root *root)
{
	struct vs_keys_shared_state state;

	if (vs_keys_shared_state(vault, &state).code != VS_E_OK ||
	    strcmp(state.root_id, vs_keys_root_previous_id(root)) != 0)
		return vs_keys_root_id(root);
	return vs_keys_root_previous_id(root);
}

/* --- sealing -----------------------------------------------------------------------------------
 */

static vs_result
write_set(const struct vs_keys_vault *vault, struct vs_keys_writer *writer)
{
	struct vs_keys_vault_item item;
	uint16_t count = 0;

	for (size_t i = 0; i < VS_LIMIT_KEYS_SECRETS; i++)
		if (vs_keys_vault_at(vault, i, &item) && is_shared(item.kind))
			count++;
	vs_keys_write_u8(writer, FORMAT);
	vs_keys_write_u16(writer, count);
	for (size_t i = 0; i < VS_LIMIT_KEYS_SECRETS; i++) {
		if (!vs_keys_vault_at(vault, i, &item) || !is_shared(item.kind))
			continue;
		vs_keys_write_text(writer, item.kind);
		vs_keys_write_text(writer, item.id);
		vs_keys_write_u32(writer, item.version);
		vs_keys_write_bytes(writer, view(item.secret));
	}
	return vs_keys_write_end(writer);
}

static vs_result
seal(const struct vs_keys_root *root, const char *root_id, const char *installation,
     uint32_t version, struct vs_bytes plain, struct vs_buf *sealed)
{
	const struct vs_keys_envelope_name name = {KIND, installation, ID, version};
	size_t size = CHECK_SIZE + VS_KEYS_ENVELOPE_SIZE + plain.size, check_size = 0;
	uint8_t check[CHECK_SIZE], *room = NULL;
	struct vs_secret *value = NULL;
	vs_result r;

	VS_TRY(vs_hex_decode(vs_bytes_from_text(root_id), check, sizeof(check), &check_size));
	VS_TRY(vs_secret_new(size, &value));
	room = vs_secret_bytes(value);
	memcpy(room, check, CHECK_SIZE);
	r = vs_keys_envelope_seal(vs_keys_root_find(root, root_id), &name, plain,
	                          room + CHECK_SIZE);
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(sealed, vs_bytes_from(room, size));
	vs_secret_free(&value);
	return r;
}

vs_result
vs_keys_shared_seal(const struct vs_keys_vault *vault, const struct vs_keys_root *root,
                    const char *installation, uint32_t version, bool is_current,
                    struct vs_buf *sealed)
{
	const char *root_id =
	    is_current ? vs_keys_root_id(root) : vs_keys_shared_root_id(vault, root);
	struct vs_secret *plain = NULL;
	struct vs_keys_writer writer;
	vs_result r;

	assert(vault != NULL && root != NULL && installation != NULL && sealed != NULL);
	if (!is_installation(installation) || version == 0)
		return VS_FAIL(BAD_VALUE);
	VS_TRY(vs_secret_new(VS_KEYS_SHARED_SIZE, &plain));
	vs_keys_writer_init(&writer, vs_secret_bytes(plain), VS_KEYS_SHARED_SIZE);
	r = write_set(vault, &writer);
	if (r.code == VS_E_OK)
		r = seal(root, root_id, installation, version,
		         vs_bytes_from(vs_secret_bytes(plain), writer.size), sealed);
	vs_secret_free(&plain);
	return r;
}

/* --- opening -----------------------------------------------------------------------------------
 */

static const struct item *
find(const struct set *set, const char *kind, const char *id, uint32_t version)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].version == version && strcmp(set->items[i].kind, kind) == 0 &&
		    strcmp(set->items[i].id, id) == 0)
			return &set->items[i];
	return NULL;
}

static vs_result
read_set(struct vs_bytes plain, struct set *set)
{
	struct vs_keys_reader reader;
	uint16_t count;

	vs_keys_reader_init(&reader, plain);
	if (vs_keys_read_u8(&reader) != FORMAT)
		return VS_FAIL(UNSUPPORTED);
	count = vs_keys_read_u16(&reader);
	if (reader.is_bad || count > VS_LIMIT_KEYS_SECRETS)
		return VS_FAIL(BAD_MESSAGE);
	for (set->count = 0; set->count < count; set->count++) {
		struct item *item = &set->items[set->count];

		vs_keys_read_text(&reader, item->kind, sizeof(item->kind));
		vs_keys_read_text(&reader, item->id, sizeof(item->id));
		item->version = vs_keys_read_u32(&reader);
		item->secret = vs_keys_read_bytes(&reader);
		if (reader.is_bad || !is_shared(item->kind) ||
		    find(set, item->kind, item->id, item->version) != NULL)
			return VS_FAIL(BAD_MESSAGE);
	}
	return vs_keys_read_end(&reader);
}

static vs_result
open_value(const struct vs_keys_root *root, const char *installation, uint32_t version,
           struct vs_bytes sealed, char root_id[static VS_KEYS_ROOT_ID_SIZE],
           struct vs_secret **plain_out)
{
	const struct vs_keys_envelope_name name = {KIND, installation, ID, version};
	struct vs_secret *plain = NULL;
	const uint8_t *key;
	vs_result r;

	if (sealed.size <= CHECK_SIZE + VS_KEYS_ENVELOPE_SIZE || !is_installation(installation))
		return VS_FAIL(NOT_AUTHENTIC);
	(void)vs_hex_encode(vs_bytes_from(sealed.data, CHECK_SIZE), root_id, VS_KEYS_ROOT_ID_SIZE);
	key = vs_keys_root_find(root, root_id);
	if (key == NULL)
		return VS_FAIL(ROOT_BEHIND);
	VS_TRY(vs_secret_new(sealed.size - CHECK_SIZE - VS_KEYS_ENVELOPE_SIZE, &plain));
	r = vs_keys_envelope_open(key, &name,
	                          vs_bytes_from(sealed.data + CHECK_SIZE, sealed.size - CHECK_SIZE),
	                          vs_secret_bytes(plain));
	if (r.code == VS_E_OK)
		*plain_out = plain;
	else
		vs_secret_free(&plain);
	return r;
}

/* --- taking ------------------------------------------------------------------------------------
 */

static bool
is_same(struct vs_bytes a, struct vs_secret *b)
{
	return a.size == vs_secret_size(b) && vs_crypto_equal(a.data, vs_secret_bytes(b), a.size);
}

/* Whether the vault holds just these. */
static bool
holds(const struct vs_keys_vault *vault, const struct set *set)
{
	struct vs_keys_vault_item held;
	size_t count = 0;

	for (size_t i = 0; i < VS_LIMIT_KEYS_SECRETS; i++) {
		const struct item *item;

		if (!vs_keys_vault_at(vault, i, &held) || !is_shared(held.kind))
			continue;
		item = find(set, held.kind, held.id, held.version);
		if (item == NULL || !is_same(item->secret, held.secret))
			return false;
		count++;
	}
	return count == set->count;
}

static vs_result
put(struct vs_keys_vault *vault, const struct item *item)
{
	struct vs_secret *held = NULL;

	if (vs_keys_vault_get(vault, item->kind, item->id, item->version, &held, NULL).code ==
	        VS_E_OK &&
	    is_same(item->secret, held))
		return VS_OK;
	return vs_keys_vault_replace(vault, item->kind, item->id, item->version, item->secret);
}

static vs_result
put_all(struct vs_keys_vault *vault, const struct set *set, bool is_policy)
{
	for (size_t i = 0; i < set->count; i++)
		if ((strcmp(set->items[i].kind, POLICY_KIND) == 0) == is_policy)
			VS_TRY(put(vault, &set->items[i]));
	return VS_OK;
}

static vs_result
remove_others(struct vs_keys_vault *vault, const struct set *set)
{
	struct vs_keys_vault_item held;

	for (size_t i = 0; i < VS_LIMIT_KEYS_SECRETS; i++)
		if (vs_keys_vault_at(vault, i, &held) && is_shared(held.kind) &&
		    find(set, held.kind, held.id, held.version) == NULL)
			VS_TRY(vs_keys_vault_remove(vault, held.kind, held.id, held.version));
	return VS_OK;
}

/* May it be taken? *is_known_out: it is the one that was taken last. */
static vs_result
judge(const struct vs_keys_vault *vault, const struct set *set,
      const struct vs_keys_shared_state *next, bool *is_known_out)
{
	struct vs_keys_shared_state last = {.version = 0};
	struct vs_secret *own = NULL;
	vs_result r = vs_keys_shared_state(vault, &last);

	*is_known_out = false;
	if (r.code == VS_E_NOT_FOUND)
		return vs_keys_vault_get(vault, POLICY_KIND, ID, 0, &own, NULL).code == VS_E_OK &&
		               !holds(vault, set)
		           ? VS_FAIL(EXISTS)
		           : VS_OK;
	VS_TRY(r);
	if (strcmp(last.installation, next->installation) != 0)
		return VS_FAIL(NOT_AUTHENTIC);
	*is_known_out = last.version == next->version &&
	                vs_bytes_equal(vs_bytes_from(last.sha256, VS_SHA256_SIZE),
	                               vs_bytes_from(next->sha256, VS_SHA256_SIZE));
	return next->version > last.version || *is_known_out ? VS_OK : VS_FAIL(CONFLICT);
}

/* That it was taken is said first: stopped in between, the next call finds it known, and goes on.
 */
static vs_result
take(struct vs_keys_vault *vault, const struct set *set, const struct vs_keys_shared_state *next,
     bool *is_changed)
{
	bool is_known;

	VS_TRY(judge(vault, set, next, &is_known));
	*is_changed = !holds(vault, set);
	if (!is_known)
		VS_TRY(remember(vault, next));
	VS_TRY(put_all(vault, set, false));
	VS_TRY(put_all(vault, set, true));
	return remove_others(vault, set);
}

vs_result
vs_keys_shared_take(struct vs_keys_vault *vault, const struct vs_keys_root *root,
                    const char *installation, uint32_t version, struct vs_bytes sealed,
                    bool *is_changed_out)
{
	struct vs_keys_shared_state next = {.version = version};
	struct vs_secret *plain = NULL;
	bool is_changed = false;
	struct set set;
	vs_result r;

	assert(vault != NULL && root != NULL && installation != NULL && is_changed_out != NULL);
	VS_TRY(open_value(root, installation, version, sealed, next.root_id, &plain));
	memcpy(next.installation, installation, sizeof(next.installation));
	r = vs_crypto_sha256(sealed, next.sha256);
	if (r.code == VS_E_OK)
		r = read_set(view(plain), &set);
	if (r.code == VS_E_OK)
		r = take(vault, &set, &next, &is_changed);
	vs_secret_free(&plain);
	if (r.code == VS_E_OK)
		*is_changed_out = is_changed;
	return r;
}
