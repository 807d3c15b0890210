/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root KEK under a key of a PKCS #11 token (HSM, smart card, SoftHSM): the token's AES-256 key
 * is neither readable nor extractable and wraps the root KEK by CKM_AES_KEY_WRAP_PAD (RFC 5649);
 * the wrapped form is in root.json. At start the token unwraps it into the key process, once; the
 * module is not called after that, so that it needs no room in the sandbox.
 *
 * The user's PIN comes as a line from the terminal or a file descriptor.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "keys/provider.h"

#define SLOTS_MAX        64
#define TOKEN_LABEL_SIZE 32 /* padded with blanks, no NUL */

struct token {
	void *module;
	CK_FUNCTION_LIST *calls; /* initialised when not NULL */
	CK_SESSION_HANDLE session;
	bool has_session;
	char *reason;
};

static vs_result
fail(struct token *token, const char *what, const char *name)
{
	(void)snprintf(token->reason, VS_KEYS_REASON_SIZE, "%s: %s", what, name);
	return VS_FAIL(CONFIG);
}

static vs_result
module_open(struct token *token, const char *path)
{
	CK_C_GetFunctionList get = NULL;
	CK_FUNCTION_LIST *calls = NULL;

	token->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (token->module == NULL)
		return fail(token, "this PKCS #11 module cannot be loaded", path);
	*(void **)&get = dlsym(token->module, "C_GetFunctionList");
	if (get == NULL || get(&calls) != CKR_OK || calls == NULL ||
	    calls->C_Initialize(NULL) != CKR_OK)
		return fail(token, "this is no PKCS #11 module", path);
	token->calls = calls;
	return VS_OK;
}

static void
token_close(struct token *token)
{
	if (token->has_session) {
		(void)token->calls->C_Logout(token->session);
		(void)token->calls->C_CloseSession(token->session);
	}
	if (token->calls != NULL)
		(void)token->calls->C_Finalize(NULL);
	if (token->module != NULL)
		(void)dlclose(token->module);
	*token = (struct token){.reason = token->reason};
}

static bool
has_label(const CK_TOKEN_INFO *info, const char *label)
{
	size_t size = strlen(label);

	if (size == 0 || size > TOKEN_LABEL_SIZE)
		return false;
	for (size_t i = 0; i < TOKEN_LABEL_SIZE; i++) {
		if (info->label[i] != (i < size ? (CK_UTF8CHAR)label[i] : ' '))
			return false;
	}
	return true;
}

static vs_result
session_open(struct token *token, const char *label, CK_FLAGS flags)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_TOKEN_INFO info;

	if (token->calls->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
		return fail(token, "the PKCS #11 module lists no tokens", label);
	for (CK_ULONG i = 0; i < count; i++) {
		if (token->calls->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    !has_label(&info, label))
			continue;
		if (token->calls->C_OpenSession(slots[i], CKF_SERIAL_SESSION | flags, NULL, NULL,
		                                &token->session) != CKR_OK)
			return fail(token, "the token gives no session", label);
		token->has_session = true;
		return VS_OK;
	}
	return fail(token, "there is no token of this label", label);
}

static vs_result
token_open(struct token *token, const struct vs_keys_source *source,
           const struct vs_keys_input *input, CK_FLAGS flags)
{
	struct vs_secret *pin = NULL;
	CK_RV rv;

	VS_TRY(module_open(token, source->file));
	VS_TRY(session_open(token, source->name, flags));
	if (vs_keys_input_line(input, "PIN of the token", &pin).code != VS_E_OK)
		return fail(token, "the PIN cannot be had for the token", source->name);
	rv = token->calls->C_Login(token->session, CKU_USER, vs_secret_bytes(pin),
	                           (CK_ULONG)vs_secret_size(pin));
	vs_secret_free(&pin);
	return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN
	           ? VS_OK
	           : fail(token, "the token refuses the PIN", source->name);
}

/* --- the token's key ------------------------------------------------------------------------- */

/* NOT_FOUND when there is none; CONFIG when there are two of the name. */
static vs_result
key_find(struct token *token, char *label, CK_OBJECT_HANDLE *key_out)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
	                           {CKA_LABEL, label, strlen(label)}};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG count = 0;

	if (token->calls->C_FindObjectsInit(token->session, template, 2) != CKR_OK ||
	    token->calls->C_FindObjects(token->session, found, 2, &count) != CKR_OK ||
	    token->calls->C_FindObjectsFinal(token->session) != CKR_OK)
		return fail(token, "the token cannot be searched", label);
	if (count == 0)
		return VS_FAIL(NOT_FOUND);
	if (count > 1)
		return fail(token, "the token has more than one key of this label", label);
	*key_out = found[0];
	return VS_OK;
}

static vs_result
key_make(struct token *token, char *label, CK_OBJECT_HANDLE *key_out)
{
	CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG size = 32;
	CK_ATTRIBUTE template[] = {
	    {CKA_TOKEN, &yes, sizeof(yes)},       {CKA_PRIVATE, &yes, sizeof(yes)},
	    {CKA_SENSITIVE, &yes, sizeof(yes)},   {CKA_EXTRACTABLE, &no, sizeof(no)},
	    {CKA_WRAP, &yes, sizeof(yes)},        {CKA_UNWRAP, &yes, sizeof(yes)},
	    {CKA_ENCRYPT, &no, sizeof(no)},       {CKA_DECRYPT, &no, sizeof(no)},
	    {CKA_VALUE_LEN, &size, sizeof(size)}, {CKA_LABEL, label, strlen(label)},
	};

	if (token->calls->C_GenerateKey(token->session, &mechanism, template,
	                                sizeof(template) / sizeof(template[0]), key_out) != CKR_OK)
		return fail(token, "the token makes no key", label);
	return VS_OK;
}

/* The root KEK goes through a session object that lives as long as this function. */
static vs_result
wrap(struct token *token, CK_OBJECT_HANDLE key, struct vs_secret *root,
     struct vs_keys_source *source)
{
	CK_MECHANISM mechanism = {CKM_AES_KEY_WRAP_PAD, NULL, 0};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE template[] = {
	    {CKA_CLASS, &class, sizeof(class)},
	    {CKA_KEY_TYPE, &type, sizeof(type)},
	    {CKA_TOKEN, &no, sizeof(no)},
	    {CKA_EXTRACTABLE, &yes, sizeof(yes)},
	    {CKA_VALUE, vs_secret_bytes(root), vs_secret_size(root)},
	};
	CK_ULONG size = sizeof(source->wrapped);
	CK_OBJECT_HANDLE object;
	CK_RV rv;

	if (token->calls->C_CreateObject(token->session, template,
	                                 sizeof(template) / sizeof(template[0]), &object) != CKR_OK)
		return fail(token, "the token takes no key", source->label);
	rv = token->calls->C_WrapKey(token->session, &mechanism, key, object, source->wrapped,
	                             &size);
	(void)token->calls->C_DestroyObject(token->session, object);
	if (rv != CKR_OK)
		return fail(token, "the token does not wrap by CKM_AES_KEY_WRAP_PAD",
		            source->label);
	source->wrapped_size = size;
	return VS_OK;
}

static vs_result
unwrap(struct token *token, CK_OBJECT_HANDLE key, const struct vs_keys_source *source,
       struct vs_secret *root)
{
	CK_MECHANISM mechanism = {CKM_AES_KEY_WRAP_PAD, NULL, 0};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE template[] = {
	    {CKA_CLASS, &class, sizeof(class)},   {CKA_KEY_TYPE, &type, sizeof(type)},
	    {CKA_TOKEN, &no, sizeof(no)},         {CKA_SENSITIVE, &no, sizeof(no)},
	    {CKA_EXTRACTABLE, &yes, sizeof(yes)},
	};
	CK_ATTRIBUTE value = {CKA_VALUE, vs_secret_bytes(root), vs_secret_size(root)};
	uint8_t wrapped[VS_KEYS_WRAPPED_SIZE];
	CK_OBJECT_HANDLE object;
	CK_RV rv;

	memcpy(wrapped, source->wrapped, sizeof(wrapped));
	if (token->calls->C_UnwrapKey(token->session, &mechanism, key, wrapped,
	                              (CK_ULONG)source->wrapped_size, template,
	                              sizeof(template) / sizeof(template[0]), &object) != CKR_OK)
		return fail(token, "the token does not unwrap the root key with", source->label);
	rv = token->calls->C_GetAttributeValue(token->session, object, &value, 1);
	(void)token->calls->C_DestroyObject(token->session, object);
	if (rv != CKR_OK || value.ulValueLen != vs_secret_size(root))
		return fail(token, "the token does not give the root key that it unwrapped with",
		            source->label);
	return VS_OK;
}

/* --- the provider ---------------------------------------------------------------------------- */

static vs_result
make_in(struct token *token, struct vs_keys_source *source, const struct vs_keys_input *input,
        struct vs_secret *root)
{
	CK_OBJECT_HANDLE key = 0;
	vs_result r;

	VS_TRY(token_open(token, source, input, CKF_RW_SESSION));
	r = key_find(token, source->label, &key);
	if (r.code == VS_E_NOT_FOUND)
		r = key_make(token, source->label, &key);
	if (r.code != VS_E_OK)
		return r;
	vs_random_bytes(vs_secret_bytes(root), VS_KEYS_KEY_SIZE);
	return wrap(token, key, root, source);
}

vs_result
vs_keys_pkcs11_make(struct vs_keys_source *source, const struct vs_keys_input *input,
                    struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE])
{
	struct token token = {.reason = reason};
	struct vs_secret *root = NULL;
	vs_result r;

	VS_TRY(vs_secret_new(VS_KEYS_KEY_SIZE, &root));
	r = make_in(&token, source, input, root);
	token_close(&token);
	if (r.code != VS_E_OK) {
		vs_secret_free(&root);
		return r;
	}
	*root_out = root;
	return VS_OK;
}

static vs_result
load_in(struct token *token, const struct vs_keys_source *source, const struct vs_keys_input *input,
        struct vs_secret *root)
{
	char label[VS_KEYS_LABEL_SIZE];
	CK_OBJECT_HANDLE key = 0;
	vs_result r;

	memcpy(label, source->label, sizeof(label));
	VS_TRY(token_open(token, source, input, 0));
	r = key_find(token, label, &key);
	if (r.code == VS_E_NOT_FOUND)
		return fail(token, "the token has no key of this label", label);
	VS_TRY(r);
	return unwrap(token, key, source, root);
}

vs_result
vs_keys_pkcs11_load(const struct vs_keys_source *source, const struct vs_keys_input *input,
                    struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE])
{
	struct token token = {.reason = reason};
	struct vs_secret *root = NULL;
	vs_result r;

	VS_TRY(vs_secret_new(VS_KEYS_KEY_SIZE, &root));
	r = load_in(&token, source, input, root);
	token_close(&token);
	if (r.code != VS_E_OK) {
		vs_secret_free(&root);
		return r;
	}
	*root_out = root;
	return VS_OK;
}

vs_result
vs_keys_pkcs11_drop(const struct vs_keys_source *source)
{
	(void)source; /* the wrapped form leaves root.json; the token's key is its owner's */
	return VS_OK;
}
