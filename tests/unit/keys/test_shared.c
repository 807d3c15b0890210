/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/shared.h"

#include "base/limits.h"
#include "keys/envelope.h"
#include "keys/message.h"
#include "shared_rig.h"

#define NAME  "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"

static void
put(struct rig *rig, const char *kind, uint32_t version, const char *secret)
{
	CHECK_OK(
	    vs_keys_vault_replace(rig->vault, kind, "main", version, vs_bytes_from_text(secret)));
}

static bool
has(const struct rig *rig, const char *kind, uint32_t version, const char *wanted)
{
	struct vs_secret *secret = NULL;

	return vs_keys_vault_get(rig->vault, kind, "main", version, &secret, NULL).code ==
	           VS_E_OK &&
	       vs_bytes_equal_text(vs_bytes_from(vs_secret_bytes(secret), vs_secret_size(secret)),
	                           wanted);
}

static void
seal(const struct rig *rig, uint32_t version, struct vs_buf *sealed)
{
	vs_buf_reset(sealed);
	CHECK_OK(vs_keys_shared_seal(rig->vault, rig->root, NAME, version, false, sealed));
}

static vs_result
take(struct rig *rig, uint32_t version, const struct vs_buf *sealed)
{
	bool is_changed;

	return vs_keys_shared_take(rig->vault, rig->root, NAME, version, vs_buf_view(sealed),
	                           &is_changed);
}

struct pair {
	struct rig a, b;
	struct vs_buf sealed;
};

/* `a` has a CA; `b` has its root key, and the pepper of a first start. */
static void
pair_make(struct pair *pair)
{
	rig_make(&pair->a);
	put(&pair->a, "ca-policy", 3, "current=1");
	put(&pair->a, "ca-issuing", 1, "issuing 1");
	put(&pair->a, "ca-root", 1, "root 1");
	rig_twin(&pair->a, &pair->b);
	put(&pair->b, "pepper", 1, "its own, of nobody's verifiers..");
	put(&pair->b, "audit", 1, "its own audit key");
	vs_buf_init(&pair->sealed, VS_KEYS_SHARED_SIZE + 64);
}

static void
pair_end(struct pair *pair)
{
	vs_buf_done(&pair->sealed);
	rig_close(&pair->a);
	rig_close(&pair->b);
}

static void
one_joins_and_has_what_is_shared(void)
{
	struct vs_keys_shared_state state;
	struct pair pair;
	bool is_changed = false;

	pair_make(&pair);
	CHECK_ERR(vs_keys_shared_state(pair.b.vault, &state), NOT_FOUND);
	seal(&pair.a, 1, &pair.sealed);
	CHECK(memmem(pair.sealed.data, pair.sealed.size, "issuing", 7) == NULL);
	CHECK_OK(vs_keys_shared_take(pair.b.vault, pair.b.root, NAME, 1, vs_buf_view(&pair.sealed),
	                             &is_changed));
	CHECK(is_changed);
	CHECK(has(&pair.b, "pepper", 1, RIG_PEPPER) && has(&pair.b, "ca-policy", 3, "current=1") &&
	      has(&pair.b, "ca-issuing", 1, "issuing 1") && has(&pair.b, "ca-root", 1, "root 1"));
	CHECK(has(&pair.b, "audit", 1, "its own audit key"));
	/* The one who sealed it finds nothing to change; both remember. */
	CHECK_OK(vs_keys_shared_take(pair.a.vault, pair.a.root, NAME, 1, vs_buf_view(&pair.sealed),
	                             &is_changed));
	CHECK(!is_changed);
	rig_close(&pair.b);
	rig_open(&pair.b);
	CHECK(has(&pair.b, "pepper", 1, RIG_PEPPER));
	CHECK_OK(vs_keys_shared_state(pair.b.vault, &state));
	CHECK(state.version == 1 && strcmp(state.installation, NAME) == 0);
	pair_end(&pair);
}

/* What was added, changed and taken away at one is so at the other. */
static void
a_newer_one_takes_its_place(void)
{
	struct pair pair;

	pair_make(&pair);
	seal(&pair.a, 1, &pair.sealed);
	CHECK_OK(take(&pair.a, 1, &pair.sealed));
	CHECK_OK(take(&pair.b, 1, &pair.sealed));
	put(&pair.b, "ca-issuing", 2, "issuing 2");
	put(&pair.b, "ca-policy", 4, "current=1 next=2");
	CHECK_OK(vs_keys_vault_remove(pair.b.vault, "ca-policy", "main", 3));
	CHECK_OK(vs_keys_vault_remove(pair.b.vault, "ca-root", "main", 1));
	seal(&pair.b, 2, &pair.sealed);
	CHECK_OK(take(&pair.a, 2, &pair.sealed));
	CHECK(has(&pair.a, "ca-issuing", 2, "issuing 2") &&
	      has(&pair.a, "ca-policy", 0, "current=1 next=2"));
	CHECK(!has(&pair.a, "ca-root", 1, "root 1") && !has(&pair.a, "ca-policy", 3, "current=1"));
	/* Its own change that was not written: taken back, also under the same name. */
	put(&pair.a, "ca-issuing", 2, "another issuing 2");
	put(&pair.a, "ca-issuing", 3, "issuing 3");
	CHECK_OK(take(&pair.a, 2, &pair.sealed));
	CHECK(has(&pair.a, "ca-issuing", 2, "issuing 2") &&
	      !has(&pair.a, "ca-issuing", 3, "issuing 3"));
	pair_end(&pair);
}

static void
nothing_older_comes_back(void)
{
	struct vs_buf old;
	struct pair pair;

	pair_make(&pair);
	vs_buf_init(&old, VS_KEYS_SHARED_SIZE + 64);
	seal(&pair.a, 7, &old);
	CHECK_OK(take(&pair.b, 7, &old));
	put(&pair.a, "ca-issuing", 1, "issuing 1, renewed");
	seal(&pair.a, 7, &pair.sealed); /* another one of the same version */
	CHECK_ERR(take(&pair.b, 7, &pair.sealed), CONFLICT);
	seal(&pair.a, 8, &pair.sealed);
	CHECK_OK(take(&pair.b, 8, &pair.sealed));
	CHECK_ERR(take(&pair.b, 7, &old), CONFLICT);
	CHECK(has(&pair.b, "ca-issuing", 1, "issuing 1, renewed"));
	vs_buf_done(&old);
	pair_end(&pair);
}

/* Bound to its version, its installation and its root key, and each byte of it. */
static void
what_was_changed_is_refused(void)
{
	char long_name[] = NAME "0";
	bool is_changed;
	struct rig stranger;
	struct pair pair;

	pair_make(&pair);
	seal(&pair.a, 5, &pair.sealed);
	CHECK_ERR(take(&pair.b, 6, &pair.sealed), NOT_AUTHENTIC);
	CHECK_ERR(vs_keys_shared_take(pair.b.vault, pair.b.root, OTHER, 5,
	                              vs_buf_view(&pair.sealed), &is_changed),
	          NOT_AUTHENTIC);
	CHECK_ERR(vs_keys_shared_take(pair.b.vault, pair.b.root, long_name, 5,
	                              vs_buf_view(&pair.sealed), &is_changed),
	          NOT_AUTHENTIC);
	for (size_t i = 8; i < pair.sealed.size; i += 11) {
		pair.sealed.data[i] ^= 0x10;
		CHECK_ERR(take(&pair.b, 5, &pair.sealed), NOT_AUTHENTIC);
		pair.sealed.data[i] ^= 0x10;
	}
	for (size_t size = 0; size < pair.sealed.size; size += 17) {
		const struct vs_bytes cut = vs_bytes_from(pair.sealed.data, size);

		CHECK_ERR(vs_keys_shared_take(pair.b.vault, pair.b.root, NAME, 5, cut, &is_changed),
		          NOT_AUTHENTIC);
	}
	CHECK(has(&pair.b, "pepper", 1, "its own, of nobody's verifiers.."));
	CHECK_OK(take(&pair.b, 5, &pair.sealed));
	/* Sealed well, but of another installation with the same root key. */
	vs_buf_reset(&pair.sealed);
	CHECK_OK(vs_keys_shared_seal(pair.a.vault, pair.a.root, OTHER, 9, false, &pair.sealed));
	CHECK_ERR(vs_keys_shared_take(pair.b.vault, pair.b.root, OTHER, 9,
	                              vs_buf_view(&pair.sealed), &is_changed),
	          NOT_AUTHENTIC);
	rig_make(&stranger);
	seal(&stranger, 10, &pair.sealed);
	CHECK_ERR(take(&pair.b, 10, &pair.sealed), ROOT_BEHIND);
	rig_close(&stranger);
	CHECK_ERR(vs_keys_shared_seal(pair.a.vault, pair.a.root, "short", 1, false, &pair.sealed),
	          BAD_VALUE);
	CHECK_ERR(vs_keys_shared_seal(pair.a.vault, pair.a.root, NAME, 0, false, &pair.sealed),
	          BAD_VALUE);
	pair_end(&pair);
}

/* It has issued: its certificates would be of a CA that nobody knows any more. */
static void
who_has_a_ca_of_its_own_keeps_it(void)
{
	struct pair pair;

	pair_make(&pair);
	put(&pair.b, "ca-policy", 1, "current=1");
	seal(&pair.a, 1, &pair.sealed);
	CHECK_ERR(take(&pair.b, 1, &pair.sealed), EXISTS);
	CHECK(has(&pair.b, "ca-policy", 1, "current=1"));
	pair_end(&pair);
}

/* Stopped in the middle of taking: what is there is neither, and the same value mends it. */
static void
a_taking_that_was_cut_off_goes_on(void)
{
	char path[VS_PATH_SIZE];
	struct pair pair;

	pair_make(&pair);
	seal(&pair.a, 1, &pair.sealed);
	CHECK_OK(take(&pair.b, 1, &pair.sealed));
	put(&pair.a, "ca-policy", 4, "current=2");
	seal(&pair.a, 2, &pair.sealed);
	CHECK_OK(take(&pair.b, 2, &pair.sealed));
	/* As after a kill between the state and the files. */
	rig_close(&pair.b);
	CHECK_OK(vs_path_join(pair.b.dir, "ca-policy.main.4.sealed", path));
	CHECK_OK(vs_file_remove(path));
	CHECK_OK(vs_path_join(pair.b.dir, "pepper.main.1.sealed", path));
	CHECK_OK(vs_file_remove(path));
	rig_open(&pair.b);
	CHECK_OK(take(&pair.b, 2, &pair.sealed));
	CHECK(has(&pair.b, "ca-policy", 0, "current=2") && has(&pair.b, "pepper", 1, RIG_PEPPER));
	pair_end(&pair);
}

static void
it_stays_under_its_root_key_until_it_is_moved(void)
{
	char first[VS_KEYS_ROOT_ID_SIZE];
	struct pair pair;

	pair_make(&pair);
	seal(&pair.a, 1, &pair.sealed);
	CHECK_OK(take(&pair.a, 1, &pair.sealed));
	CHECK_OK(take(&pair.b, 1, &pair.sealed));
	memcpy(first, vs_keys_root_id(pair.a.root), sizeof(first));
	CHECK_OK(vs_keys_root_rotate(pair.a.root, NULL, &rig_no_input, pair.a.reason));
	CHECK_OK(vs_keys_vault_rewrap(pair.a.vault));
	CHECK(strcmp(vs_keys_shared_root_id(pair.a.vault, pair.a.root), first) == 0);
	seal(&pair.a, 2, &pair.sealed);
	CHECK_OK(take(&pair.a, 2, &pair.sealed));
	CHECK_OK(take(&pair.b, 2, &pair.sealed)); /* who has only the old one goes on */
	vs_buf_reset(&pair.sealed);
	CHECK_OK(vs_keys_shared_seal(pair.a.vault, pair.a.root, NAME, 3, true, &pair.sealed));
	CHECK_OK(take(&pair.a, 3, &pair.sealed));
	CHECK_ERR(take(&pair.b, 3, &pair.sealed), ROOT_BEHIND);
	CHECK(strcmp(vs_keys_shared_root_id(pair.a.vault, pair.a.root),
	             vs_keys_root_id(pair.a.root)) == 0);
	seal(&pair.a, 4, &pair.sealed);
	CHECK_ERR(take(&pair.b, 4, &pair.sealed), ROOT_BEHIND);
	pair_end(&pair);
}

/* Authentic, and yet nothing that this program has written. */
static void
forms(void)
{
	static const struct {
		const char *kind;
		uint8_t format, times;
		enum vs_err wanted;
	} rows[] = {
	    {"pepper", 2, 1, VS_E_UNSUPPORTED}, {"audit", 1, 1, VS_E_BAD_MESSAGE},
	    {"shared", 1, 1, VS_E_BAD_MESSAGE}, {"pepper", 1, 2, VS_E_BAD_MESSAGE},
	    {"pepper", 1, 1, VS_E_OK},
	};
	const struct vs_keys_envelope_name name = {"shared", NAME, "main", 1};
	uint8_t plain[256], sealed[512];
	struct vs_keys_writer writer;
	struct pair pair;

	pair_make(&pair);
	seal(&pair.a, 1, &pair.sealed);
	memcpy(sealed, pair.sealed.data, 8);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_changed;

		vs_keys_writer_init(&writer, plain, sizeof(plain));
		vs_keys_write_u8(&writer, rows[i].format);
		vs_keys_write_u16(&writer, rows[i].times);
		for (uint8_t n = 0; n < rows[i].times; n++) {
			vs_keys_write_text(&writer, rows[i].kind);
			vs_keys_write_text(&writer, "main");
			vs_keys_write_u32(&writer, 1);
			vs_keys_write_bytes(&writer, VS_BYTES_LITERAL("secret"));
		}
		CHECK_OK(vs_keys_envelope_seal(vs_keys_root_key(pair.b.root), &name,
		                               vs_bytes_from(plain, writer.size), sealed + 8));
		CHECK(vs_keys_shared_take(
			  pair.b.vault, pair.b.root, NAME, 1,
			  vs_bytes_from(sealed, 8 + VS_KEYS_ENVELOPE_SIZE + writer.size),
			  &is_changed)
		          .code == rows[i].wanted);
	}
	pair_end(&pair);
}

static void
too_much_is_refused(void)
{
	uint8_t big[VS_LIMIT_KEYS_SECRET_SIZE] = {1};
	struct vs_buf sealed;
	struct rig rig;

	rig_make(&rig);
	for (uint32_t i = 1; i <= VS_KEYS_SHARED_SIZE / sizeof(big) + 1; i++)
		CHECK_OK(vs_keys_vault_put(rig.vault, "ca-issuing", "main", i,
		                           vs_bytes_from(big, sizeof(big))));
	vs_buf_init(&sealed, VS_KEYS_SHARED_SIZE + 64);
	CHECK_ERR(vs_keys_shared_seal(rig.vault, rig.root, NAME, 1, false, &sealed), TOO_LONG);
	CHECK(sealed.size == 0);
	vs_buf_done(&sealed);
	rig_close(&rig);
}

int
main(void)
{
	CASE(one_joins_and_has_what_is_shared);
	CASE(a_newer_one_takes_its_place);
	CASE(nothing_older_comes_back);
	CASE(what_was_changed_is_refused);
	CASE(who_has_a_ca_of_its_own_keeps_it);
	CASE(a_taking_that_was_cut_off_goes_on);
	CASE(it_stays_under_its_root_key_until_it_is_moved);
	CASE(forms);
	CASE(too_much_is_refused);
	return 0;
}
