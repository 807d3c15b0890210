/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about tenant KEKs and the keys below them: wrapped in, wrapped out, one key at a time in
 * the open. */
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "keys/client.h"
#include "keys/envelope.h"
#include "keys/keyd.h"
#include "keys/shared.h"

#define KEK_KIND "tenant-kek"

static bool
is_tenant(const char *text)
{
	return text[0] != '\0' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text);
}

static struct vs_keys_envelope_name
kek_name(const struct vs_keys_kek *kek)
{
	return (struct vs_keys_envelope_name){KEK_KIND, kek->tenant, "", kek->version};
}

static struct vs_keys_envelope_name
key_name(const struct vs_keys_kek *kek, const struct vs_keys_name *name)
{
	return (struct vs_keys_envelope_name){name->kind, kek->tenant, name->id, name->version};
}

/* A KEK's kind is not for keys below a KEK: nobody is given a KEK in the open by naming it so. */
static vs_result
check_name(const struct vs_keys_name *name)
{
	return name->kind[0] == '\0' || strcmp(name->kind, KEK_KIND) == 0 || name->version == 0
	           ? VS_FAIL(BAD_VALUE)
	           : VS_OK;
}

static vs_result
kek_wrap(const struct vs_keyd *keyd, const char *root_id, struct vs_keys_kek *kek,
         const uint8_t key[static VS_KEYS_KEY_SIZE])
{
	struct vs_keys_envelope_name name = kek_name(kek);

	(void)snprintf(kek->root_id, sizeof(kek->root_id), "%s", root_id);
	return vs_keys_envelope_wrap(vs_keys_root_find(keyd->root, root_id), &name, key,
	                             &kek->wrapped);
}

/* NOT_FOUND: wrapped by a root KEK that is in neither slot. */
static vs_result
kek_unwrap(struct vs_keyd *keyd, const struct vs_keys_kek *kek,
           uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	struct vs_keys_envelope_name name = kek_name(kek);
	const uint8_t *root = vs_keys_root_find(keyd->root, kek->root_id);

	if (root == NULL)
		return VS_FAIL(NOT_FOUND);
	return vs_keys_envelope_unwrap(root, &name, &kek->wrapped, key_out);
}

vs_result
vs_keyd_on_KEK_NEW(struct vs_keyd *keyd, struct vs_keys_reader *request,
                   struct vs_keys_writer *answer)
{
	struct vs_keys_kek kek = {.tenant = ""};
	uint8_t key[VS_KEYS_KEY_SIZE];
	vs_result r;

	vs_keys_read_text(request, kek.tenant, sizeof(kek.tenant));
	kek.version = vs_keys_read_u32(request);
	VS_TRY(vs_keys_read_end(request));
	if (!is_tenant(kek.tenant) || kek.version == 0)
		return VS_FAIL(BAD_VALUE);
	vs_random_bytes(key, sizeof(key));
	/* By the one that every node has: the newest may not be everywhere yet. */
	r = kek_wrap(keyd, vs_keys_shared_root_id(keyd->vault, keyd->root), &kek, key);
	explicit_bzero(key, sizeof(key));
	vs_keys_write_kek(answer, &kek);
	return r;
}

vs_result
vs_keyd_on_KEK_REWRAP(struct vs_keyd *keyd, struct vs_keys_reader *request,
                      struct vs_keys_writer *answer)
{
	uint8_t key[VS_KEYS_KEY_SIZE];
	struct vs_keys_kek kek;
	vs_result r;

	vs_keys_read_kek(request, &kek);
	VS_TRY(vs_keys_read_end(request));
	r = kek_unwrap(keyd, &kek, key);
	if (r.code == VS_E_OK)
		r = kek_wrap(keyd, vs_keys_root_id(keyd->root), &kek, key);
	explicit_bzero(key, sizeof(key));
	vs_keys_write_kek(answer, &kek);
	return r;
}

/* Wrap `key` below the KEK. */
static vs_result
wrap_below(struct vs_keyd *keyd, const struct vs_keys_kek *kek, const struct vs_keys_name *name,
           const uint8_t key[static VS_KEYS_KEY_SIZE], struct vs_keys_wrapped *wrapped_out)
{
	struct vs_keys_envelope_name below = key_name(kek, name);
	uint8_t parent[VS_KEYS_KEY_SIZE];
	vs_result r;

	VS_TRY(check_name(name));
	r = kek_unwrap(keyd, kek, parent);
	if (r.code == VS_E_OK)
		r = vs_keys_envelope_wrap(parent, &below, key, wrapped_out);
	explicit_bzero(parent, sizeof(parent));
	return r;
}

vs_result
vs_keyd_on_KEY_NEW(struct vs_keyd *keyd, struct vs_keys_reader *request,
                   struct vs_keys_writer *answer)
{
	struct vs_keys_wrapped wrapped = {.size = 0};
	struct vs_keys_name_room room;
	struct vs_keys_name name;
	struct vs_keys_kek kek;
	uint8_t key[VS_KEYS_KEY_SIZE];
	vs_result r;

	vs_keys_read_kek(request, &kek);
	vs_keys_read_name(request, &room, &name);
	VS_TRY(vs_keys_read_end(request));
	vs_random_bytes(key, sizeof(key));
	r = wrap_below(keyd, &kek, &name, key, &wrapped);
	vs_keys_write_fixed(answer, key, sizeof(key));
	vs_keys_write_wrapped(answer, &wrapped);
	explicit_bzero(key, sizeof(key));
	return r;
}

vs_result
vs_keyd_on_KEY_UNWRAP(struct vs_keyd *keyd, struct vs_keys_reader *request,
                      struct vs_keys_writer *answer)
{
	uint8_t parent[VS_KEYS_KEY_SIZE], key[VS_KEYS_KEY_SIZE] = {0};
	struct vs_keys_envelope_name below;
	struct vs_keys_wrapped wrapped;
	struct vs_keys_name_room room;
	struct vs_keys_name name;
	struct vs_keys_kek kek;
	vs_result r;

	vs_keys_read_kek(request, &kek);
	vs_keys_read_name(request, &room, &name);
	vs_keys_read_wrapped(request, &wrapped);
	VS_TRY(vs_keys_read_end(request));
	VS_TRY(check_name(&name));
	below = key_name(&kek, &name);
	r = kek_unwrap(keyd, &kek, parent);
	if (r.code == VS_E_OK)
		r = vs_keys_envelope_unwrap(parent, &below, &wrapped, key);
	explicit_bzero(parent, sizeof(parent));
	vs_keys_write_fixed(answer, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return r;
}

/* One key from parent to parent. */
static vs_result
rewrap_one(struct vs_keys_reader *request, const struct vs_keys_kek *kek,
           uint8_t parents[static 2][VS_KEYS_KEY_SIZE], struct vs_keys_writer *answer)
{
	struct vs_keys_wrapped wrapped, again = {.size = 0};
	struct vs_keys_envelope_name below;
	struct vs_keys_name_room room;
	struct vs_keys_name name;
	uint8_t key[VS_KEYS_KEY_SIZE];
	vs_result r;

	vs_keys_read_name(request, &room, &name);
	vs_keys_read_wrapped(request, &wrapped);
	if (request->is_bad)
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(check_name(&name));
	below = key_name(kek, &name);
	r = vs_keys_envelope_unwrap(parents[0], &below, &wrapped, key);
	if (r.code == VS_E_OK)
		r = vs_keys_envelope_wrap(parents[1], &below, key, &again);
	explicit_bzero(key, sizeof(key));
	vs_keys_write_wrapped(answer, &again);
	return r;
}

vs_result
vs_keyd_on_KEY_REWRAP(struct vs_keyd *keyd, struct vs_keys_reader *request,
                      struct vs_keys_writer *answer)
{
	uint8_t parents[2][VS_KEYS_KEY_SIZE];
	struct vs_keys_kek from, to;
	uint16_t count;
	vs_result r;

	vs_keys_read_kek(request, &from);
	vs_keys_read_kek(request, &to);
	count = vs_keys_read_u16(request);
	if (request->is_bad || count > VS_KEYS_REWRAP_MAX)
		return VS_FAIL(BAD_MESSAGE);
	if (strcmp(from.tenant, to.tenant) != 0)
		return VS_FAIL(FORBIDDEN);
	r = kek_unwrap(keyd, &from, parents[0]);
	if (r.code == VS_E_OK)
		r = kek_unwrap(keyd, &to, parents[1]);
	for (uint16_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = rewrap_one(request, &from, parents, answer);
	explicit_bzero(parents, sizeof(parents));
	if (r.code == VS_E_OK)
		r = vs_keys_read_end(request);
	return r;
}
