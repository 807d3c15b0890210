/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sealed_password.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "test.h"

#define KEY   "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
#define OTHER "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define NOW_S 1795000000

static char folder[] = "/tmp/voltseal-sealed-XXXXXX";
static char password_path[VS_PATH_SIZE], key_path[VS_PATH_SIZE];

static struct vs_fernet *
key_of(const char *text)
{
	struct vs_fernet *fernet = NULL;

	CHECK_OK(vs_fernet_new_from_text(vs_bytes_from_text(text), &fernet));
	return fernet;
}

static void
write_password(const char *text)
{
	CHECK_OK(vs_file_write(password_path, vs_bytes_from_text(text)));
}

static bool
file_holds(const char *text)
{
	struct vs_buf content;
	bool holds;

	vs_buf_init(&content, VS_SIM_PASSWORD_FILE_SIZE_MAX);
	CHECK_OK(vs_file_read(password_path, &content));
	holds = memmem(content.data, content.size, text, strlen(text)) != NULL;
	vs_buf_done(&content);
	return holds;
}

static void
a_plain_password_is_sealed_the_first_time(void)
{
	struct vs_fernet *fernet = key_of(KEY);
	struct vs_buf password;
	struct stat st;
	bool was_plain = false;

	vs_buf_init(&password, 128);
	write_password("correct-horse-battery\r\nnot this\n");
	CHECK_OK(vs_sim_password_read(password_path, fernet, NOW_S, &password, &was_plain));
	CHECK(was_plain && vs_bytes_equal_text(vs_buf_view(&password), "correct-horse-battery"));
	CHECK(!file_holds("correct") && file_holds("gAAAA"));
	CHECK(stat(password_path, &st) == 0 && (st.st_mode & 0777) == 0600);
	vs_buf_reset(&password);
	CHECK_OK(vs_sim_password_read(password_path, fernet, NOW_S + 86400 * 400, &password,
	                              &was_plain));
	CHECK(!was_plain && vs_bytes_equal_text(vs_buf_view(&password), "correct-horse-battery"));
	vs_buf_done(&password);
	vs_fernet_free(&fernet);
}

static void
without_the_key_it_stays_shut(void)
{
	struct vs_fernet *fernet = key_of(KEY), *other = key_of(OTHER);
	struct vs_buf password;

	vs_buf_init(&password, 128);
	write_password("correct-horse-battery");
	CHECK_OK(vs_sim_password_read(password_path, fernet, NOW_S, &password, NULL));
	vs_buf_reset(&password);
	CHECK_ERR(vs_sim_password_read(password_path, other, NOW_S, &password, NULL),
	          NOT_AUTHENTIC);
	CHECK_ERR(vs_sim_password_read(password_path, NULL, NOW_S, &password, NULL), CONFIG);
	CHECK(password.size == 0);
	CHECK_ERR(vs_sim_password_read("/nonexistent", fernet, NOW_S, &password, NULL), NOT_FOUND);
	vs_buf_done(&password);
	vs_fernet_free(&fernet);
	vs_fernet_free(&other);
}

static void
without_any_key_a_plain_password_is_read_as_it_stands(void)
{
	struct vs_buf password;
	bool was_plain = true;

	vs_buf_init(&password, 128);
	write_password("pass,word\n");
	CHECK_OK(vs_sim_password_read(password_path, NULL, NOW_S, &password, &was_plain));
	CHECK(!was_plain && vs_bytes_equal_text(vs_buf_view(&password), "pass,word"));
	CHECK(file_holds("pass,word"));
	vs_buf_done(&password);
}

static void
the_variable_is_read_once(void)
{
	struct vs_fernet *fernet = NULL;

	CHECK(setenv("CP_FERNET_KEY", KEY, 1) == 0);
	CHECK_OK(vs_sim_password_key_find(NULL, &fernet));
	CHECK(getenv("CP_FERNET_KEY") == NULL);
	vs_fernet_free(&fernet);
	CHECK_ERR(vs_sim_password_key_find(NULL, &fernet), NOT_FOUND);
	CHECK(setenv("CP_FERNET_KEY", "too short", 1) == 0);
	CHECK_ERR(vs_sim_password_key_find(NULL, &fernet), BAD_ENCODING);
	CHECK(getenv("CP_FERNET_KEY") == NULL && fernet == NULL);
}

static void
keys_come_from_private_files_and_from_credentials(void)
{
	struct vs_fernet *fernet = NULL;

	CHECK_OK(vs_file_write(key_path, VS_BYTES_LITERAL(KEY "\n")));
	CHECK_OK(vs_sim_password_key_find(key_path, &fernet));
	vs_fernet_free(&fernet);
	CHECK(chmod(key_path, 0644) == 0);
	CHECK_ERR(vs_sim_password_key_find(key_path, &fernet), CONFIG);
	CHECK(setenv("CREDENTIALS_DIRECTORY", folder, 1) == 0);
	CHECK_OK(vs_sim_password_key_find(NULL, &fernet));
	vs_fernet_free(&fernet);
	CHECK(unsetenv("CREDENTIALS_DIRECTORY") == 0);
}

int
main(void)
{
	CHECK(mkdtemp(folder) != NULL && unsetenv("CP_FERNET_KEY") == 0 &&
	      unsetenv("CREDENTIALS_DIRECTORY") == 0);
	CHECK_OK(vs_path_join(folder, "cp_password.txt", password_path));
	CHECK_OK(vs_path_join(folder, "cp_fernet_key", key_path));
	CASE(a_plain_password_is_sealed_the_first_time);
	CASE(without_the_key_it_stays_shut);
	CASE(without_any_key_a_plain_password_is_read_as_it_stands);
	CASE(the_variable_is_read_once);
	CASE(keys_come_from_private_files_and_from_credentials);
	CHECK_OK(vs_file_remove(password_path));
	CHECK_OK(vs_file_remove(key_path));
	CHECK(rmdir(folder) == 0);
	return 0;
}
