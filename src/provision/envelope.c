/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/envelope.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "crypto/enc.h"
#include "crypto/hpke.h"
#include "provision/members.h"
#include "wire/base64.h"

#define LABEL        "voltseal/prov/v2"
#define VERSION      2
#define MEMBER_COUNT 8
#define NO_ID        "00000000-0000-0000-0000-000000000000"

static bool
id_is_valid(const char *id)
{
	size_t size = strnlen(id, VS_UUID_TEXT_SIZE);

	if (size != VS_UUID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < size; i++) {
		bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		bool is_hex = (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f');

		if (is_hyphen ? id[i] != '-' : !is_hex)
			return false;
	}
	return true;
}

static bool
kid_is_valid(const char *kid)
{
	if (kid[0] == '\0')
		return false;
	for (size_t i = 0; kid[i] != '\0'; i++) {
		if (!(kid[i] >= 'a' && kid[i] <= 'z') && !(kid[i] >= '0' && kid[i] <= '9'))
			return false;
	}
	return true;
}

/* The number of the mode, RFC 9180 5. */
static enum vs_hpke_mode
mode_of(enum vs_provision_type type)
{
	return vs_provision_type_is_psk(type) ? VS_HPKE_PSK : VS_HPKE_AUTH;
}

struct outside {
	int64_t version, mode;
	char type[9];
	struct vs_buf sealed; /* as its text */
};

static size_t
list_members(struct vs_provision_envelope *envelope, struct outside *outside,
             struct vs_provision_member members[static MEMBER_COUNT])
{
	const struct vs_provision_member all[MEMBER_COUNT] = {
	    {"v", VS_PROVISION_NUMBER, true, 0, &outside->version},
	    {"t", VS_PROVISION_TEXT, true, sizeof(outside->type), outside->type},
	    {"kid", VS_PROVISION_TEXT, true, sizeof(envelope->kid), envelope->kid},
	    {"m", VS_PROVISION_NUMBER, true, 0, &outside->mode},
	    {"pid", VS_PROVISION_TEXT, true, sizeof(envelope->claim), envelope->claim},
	    {"enc", VS_PROVISION_BLOB, true, sizeof(envelope->enc), envelope->enc},
	    {"ct", VS_PROVISION_BUF, true, 0, &outside->sealed},
	    {"id", VS_PROVISION_TEXT, true, sizeof(envelope->id), envelope->id},
	};

	memcpy(members, all, sizeof(all));
	return MEMBER_COUNT;
}

static vs_result
take(struct vs_provision_envelope *envelope, const struct outside *outside, struct vs_buf *sealed)
{
	size_t size = 0, room_size = outside->sealed.size / 4 * 3 + 3;
	uint8_t *room;

	if (outside->version != VERSION)
		return VS_FAIL(UNSUPPORTED);
	VS_TRY(vs_provision_type_parse(vs_bytes_from_text(outside->type), &envelope->type));
	if (outside->mode != (int64_t)mode_of(envelope->type) || !kid_is_valid(envelope->kid) ||
	    !id_is_valid(envelope->id) ||
	    !vs_provision_claim_is_valid(vs_bytes_from_text(envelope->claim)))
		return VS_FAIL(BAD_VALUE);
	VS_TRY(vs_buf_reserve(sealed, room_size, &room));
	VS_TRY(
	    vs_base64_decode(VS_BASE64_URL, vs_buf_view(&outside->sealed), room, room_size, &size));
	VS_TRY(vs_crypto_sha256(vs_bytes_from(room, size), envelope->sha256));
	sealed->size += size;
	return VS_OK;
}

vs_result
vs_provision_envelope_read(struct vs_bytes text, struct vs_provision_envelope *envelope_out,
                           struct vs_buf *sealed)
{
	struct vs_provision_member members[MEMBER_COUNT];
	struct vs_provision_envelope envelope = {.type = VS_PROVISION_TYPES};
	struct outside outside = {0};
	vs_result r;

	assert(envelope_out != NULL && sealed != NULL);
	if (text.size > VS_LIMIT_PROVISION_SIZE)
		return VS_FAIL(TOO_LONG);
	vs_buf_init(&outside.sealed, VS_LIMIT_PROVISION_SIZE);
	r = vs_provision_members_read(text, members, list_members(&envelope, &outside, members));
	if (r.code == VS_E_OK)
		r = take(&envelope, &outside, sealed);
	if (r.code == VS_E_OK)
		*envelope_out = envelope;
	vs_buf_done(&outside.sealed);
	return r;
}

/* --- what is authenticated -------------------------------------------------------------------- */

static vs_result
make_info(const struct vs_provision_envelope *envelope, const char *tenant, struct vs_enc *enc)
{
	struct vs_bytes view;

	vs_enc_init(enc, LABEL);
	vs_enc_text(enc, tenant);
	vs_enc_text(enc, vs_provision_type_text(envelope->type));
	vs_enc_text(enc, envelope->kid);
	return vs_enc_view(enc, &view);
}

static vs_result
make_aad(const struct vs_provision_envelope *envelope, const char *tenant, struct vs_enc *enc)
{
	char topic[VS_PROVISION_TOPIC_SIZE];
	struct vs_bytes view;

	vs_provision_topic_make(tenant, envelope->claim, envelope->type, topic);
	vs_enc_init(enc, LABEL);
	vs_enc_text(enc, topic);
	vs_enc_text(enc, envelope->id);
	vs_enc_u16(enc, (uint16_t)mode_of(envelope->type));
	vs_enc_text(enc, envelope->claim);
	return vs_enc_view(enc, &view);
}

struct made {
	struct vs_enc info, aad;
	struct vs_hpke_setup setup;
};

static vs_result
prepare(const struct vs_provision_envelope *envelope, const struct vs_provision_keys *keys,
        bool is_sender, struct made *made)
{
	memset(&made->setup, 0, sizeof(made->setup));
	if (!vs_provision_tenant_is_valid(vs_bytes_from_text(keys->tenant)))
		return VS_FAIL(BAD_VALUE);
	VS_TRY(make_info(envelope, keys->tenant, &made->info));
	VS_TRY(make_aad(envelope, keys->tenant, &made->aad));
	made->setup.kem = VS_HPKE_X25519;
	made->setup.aead = VS_HPKE_AES256GCM;
	made->setup.mode = mode_of(envelope->type);
	VS_TRY(vs_enc_view(&made->info, &made->setup.info));
	if (made->setup.mode == VS_HPKE_PSK) {
		made->setup.psk = keys->psk;
		made->setup.psk_id = vs_bytes_from_text(envelope->claim);
	} else if (is_sender) {
		made->setup.sender = keys->own;
	} else {
		made->setup.sender_public = keys->peer;
	}
	return VS_OK;
}

vs_result
vs_provision_envelope_open(const struct vs_provision_envelope *envelope, struct vs_bytes sealed,
                           const struct vs_provision_keys *keys, struct vs_buf *plain)
{
	struct vs_bytes aad;
	struct made made;

	assert(envelope != NULL && envelope->type < VS_PROVISION_TYPES && keys != NULL &&
	       keys->own != NULL);
	VS_TRY(prepare(envelope, keys, false, &made));
	VS_TRY(vs_enc_view(&made.aad, &aad));
	return vs_hpke_open_once(&made.setup, keys->own,
	                         vs_bytes_from(envelope->enc, sizeof(envelope->enc)), aad, sealed,
	                         plain);
}

/* --- making one ---------------------------------------------------------------------------------
 */

static vs_result
pad(struct vs_bytes plain, struct vs_buf *padded)
{
	size_t rest = plain.size % VS_PROVISION_PAD;
	size_t more = rest == 0 ? 0 : VS_PROVISION_PAD - rest;
	uint8_t *room;

	VS_TRY(vs_buf_append_bytes(padded, plain));
	if (more == 0)
		return VS_OK;
	VS_TRY(vs_buf_reserve(padded, more, &room));
	memset(room, ' ', more);
	padded->size += more;
	return VS_OK;
}

static vs_result
seal(struct vs_provision_envelope *envelope, const struct vs_provision_keys *keys,
     struct vs_bytes plain, struct vs_buf *sealed)
{
	uint8_t enc[VS_HPKE_ENCAPSULATED_SIZE_MAX];
	size_t enc_size = 0;
	struct vs_bytes aad;
	struct made made;

	VS_TRY(prepare(envelope, keys, true, &made));
	VS_TRY(vs_enc_view(&made.aad, &aad));
	VS_TRY(vs_hpke_seal_once(&made.setup, keys->peer, aad, plain, enc, &enc_size, sealed));
	assert(enc_size == sizeof(envelope->enc));
	memcpy(envelope->enc, enc, sizeof(envelope->enc));
	return vs_crypto_sha256(vs_buf_view(sealed), envelope->sha256);
}

static vs_result
write(struct vs_provision_envelope *envelope, struct vs_bytes sealed, struct vs_buf *text)
{
	struct outside outside = {.version = VERSION, .mode = (int64_t)mode_of(envelope->type)};
	struct vs_provision_member members[MEMBER_COUNT];
	size_t room_size = vs_base64_text_size(VS_BASE64_URL, sealed.size) + 1;
	uint8_t *room;
	vs_result r;

	vs_buf_init(&outside.sealed, VS_LIMIT_PROVISION_SIZE);
	vs_text_copy(vs_provision_type_text(envelope->type), outside.type, sizeof(outside.type));
	r = vs_buf_reserve(&outside.sealed, room_size, &room);
	if (r.code == VS_E_OK) {
		outside.sealed.size +=
		    vs_base64_encode(VS_BASE64_URL, sealed, (char *)room, room_size);
		r = vs_provision_members_write(members, list_members(envelope, &outside, members),
		                               text);
	}
	vs_buf_done(&outside.sealed);
	return r;
}

vs_result
vs_provision_envelope_seal(struct vs_provision_envelope *envelope,
                           const struct vs_provision_keys *keys, struct vs_bytes plain,
                           struct vs_buf *text)
{
	struct vs_buf padded, sealed;
	vs_result r;

	assert(envelope != NULL && envelope->type < VS_PROVISION_TYPES && keys != NULL);
	vs_buf_init(&padded, VS_LIMIT_PROVISION_SIZE);
	vs_buf_init(&sealed, VS_LIMIT_PROVISION_SIZE);
	r = pad(plain, &padded);
	if (r.code == VS_E_OK)
		r = seal(envelope, keys, vs_buf_view(&padded), &sealed);
	if (r.code == VS_E_OK)
		r = write(envelope, vs_buf_view(&sealed), text);
	if (padded.data != NULL)
		explicit_bzero(padded.data, padded.capacity);
	vs_buf_done(&padded);
	vs_buf_done(&sealed);
	return r;
}

/* --- the one answer to what was not taken -------------------------------------------------------
 */

vs_result
vs_provision_refusal_write(const char *id, struct vs_buf *text)
{
	char shown[VS_UUID_TEXT_SIZE];
	char type[] = "refused";
	int64_t version = VERSION;
	const struct vs_provision_member members[] = {
	    {"v", VS_PROVISION_NUMBER, true, 0, &version},
	    {"t", VS_PROVISION_TEXT, true, sizeof(type), type},
	    {"id", VS_PROVISION_TEXT, true, sizeof(shown), shown},
	};

	assert(id != NULL);
	vs_text_copy(id_is_valid(id) ? id : NO_ID, shown, sizeof(shown));
	return vs_provision_members_write(members, 3, text);
}

bool
vs_provision_refusal_is(struct vs_bytes text)
{
	char type[9] = "", id[VS_UUID_TEXT_SIZE] = "";
	int64_t version = 0;
	const struct vs_provision_member members[] = {
	    {"v", VS_PROVISION_NUMBER, true, 0, &version},
	    {"t", VS_PROVISION_TEXT, true, sizeof(type), type},
	    {"id", VS_PROVISION_TEXT, true, sizeof(id), id},
	};

	return text.size <= 128 && vs_provision_members_read(text, members, 3).code == VS_E_OK &&
	       version == VERSION && strcmp(type, "refused") == 0;
}
