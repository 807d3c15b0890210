/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_folder.h"

static char dir[] = "/tmp/vs-file-XXXXXX";

static void
path_of(const char *name, char path[static VS_PATH_SIZE])
{
	CHECK_OK(vs_path_join(dir, name, path));
}

static void
write_then_read(void)
{
	char path[VS_PATH_SIZE];
	struct stat status;
	struct vs_buf buf;

	path_of("plain", path);
	vs_buf_init(&buf, 100);
	CHECK_ERR(vs_file_read(path, &buf), NOT_FOUND);
	CHECK_OK(vs_file_write(path, VS_BYTES_LITERAL("first")));
	CHECK_OK(vs_file_write_unsynced(path, VS_BYTES_LITERAL("second")));
	CHECK_OK(vs_file_read(path, &buf));
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), "second"));
	CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
	vs_buf_done(&buf);
	vs_buf_init(&buf, 5); /* smaller than the file */
	CHECK_ERR(vs_file_read(path, &buf), TOO_LONG);
	CHECK(buf.size == 0);
	vs_buf_done(&buf);
	CHECK_ERR(vs_file_write("/nowhere/at/all", VS_BYTES_LITERAL("x")), NOT_FOUND);
}

static void
secrets_must_be_private(void)
{
	char path[VS_PATH_SIZE], link_path[VS_PATH_SIZE];
	struct vs_secret *secret = NULL;

	path_of("secret", path);
	path_of("link", link_path);
	CHECK_OK(vs_file_write(path, VS_BYTES_LITERAL("hush")));
	CHECK_OK(vs_file_secret_read(path, &secret));
	CHECK(vs_secret_size(secret) == 4 && memcmp(vs_secret_bytes(secret), "hush", 4) == 0);
	vs_secret_free(&secret);
	CHECK(chmod(path, 0640) == 0);
	CHECK_ERR(vs_file_secret_read(path, &secret), CONFIG);
	CHECK_OK(vs_file_secret_read_unchecked(path, &secret));
	vs_secret_free(&secret);
	CHECK(chmod(path, 0600) == 0 && symlink(path, link_path) == 0);
	CHECK_ERR(vs_file_secret_read(link_path, &secret), IO);
	CHECK_OK(vs_file_write(path, (struct vs_bytes){NULL, 0}));
	CHECK_ERR(vs_file_secret_read(path, &secret), CONFIG); /* empty */
	CHECK(secret == NULL);
}

static void
secrets_of_others_are_refused(void)
{
	char path[VS_PATH_SIZE];
	struct vs_secret *secret = NULL;

	path_of("other", path);
	CHECK_OK(vs_file_write(path, VS_BYTES_LITERAL("hush")));
	if (geteuid() != 0) /* only root can give a file away */
		return;
	CHECK(chown(path, 65534, 65534) == 0);
	CHECK_ERR(vs_file_secret_read(path, &secret), CONFIG);
	CHECK(secret == NULL && unlink(path) == 0);
}

static void
removal(void)
{
	char path[VS_PATH_SIZE], link_path[VS_PATH_SIZE], text[8] = "";
	uint8_t big[5000];
	int fd;

	path_of("doomed", path);
	path_of("second", link_path);
	memset(big, 0xA5, sizeof(big));
	CHECK_OK(vs_file_write(path, vs_bytes_from(big, sizeof(big))));
	CHECK(link(path, link_path) == 0);
	CHECK_OK(vs_file_wipe(path));
	CHECK(!vs_file_exists(path));
	fd = open(link_path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	for (size_t i = 0; i < sizeof(big) / sizeof(text); i++) {
		CHECK(read(fd, text, sizeof(text)) == sizeof(text));
		CHECK(memcmp(text, "\0\0\0\0\0\0\0\0", sizeof(text)) == 0);
	}
	(void)close(fd);
	CHECK_OK(vs_file_remove(link_path));
	CHECK_OK(vs_file_remove(link_path));
	CHECK_OK(vs_file_wipe(link_path));
	/* One that was broken off is brought to its end, and a link leads nowhere. */
	path_of("doomed.gone", link_path);
	CHECK_OK(vs_file_write(link_path, VS_BYTES_LITERAL("hush")));
	CHECK_OK(vs_file_wipe(path));
	CHECK(!vs_file_exists(link_path));
	CHECK_OK(vs_file_write(link_path, VS_BYTES_LITERAL("kept")));
	CHECK(symlink(link_path, path) == 0);
	CHECK_ERR(vs_file_wipe(path), IO);
	CHECK(vs_file_exists(link_path) && unlink(path) == 0 && unlink(link_path) == 0);
}

static void
folders(void)
{
	char path[VS_PATH_SIZE], deep[VS_PATH_SIZE];

	path_of("a/b/c", deep);
	CHECK_OK(vs_folder_make(deep));
	CHECK_OK(vs_folder_make(deep));
	CHECK(vs_file_exists(deep));
	CHECK_OK(vs_folder_sync(deep));
	path_of("plain", path);
	CHECK_ERR(vs_folder_make(""), CONFIG);
	CHECK_OK(vs_path_join(path, "below", deep));
	CHECK_ERR(vs_folder_make(path), IO); /* a file is no folder */
	CHECK_ERR(vs_folder_make(deep), IO); /* a file is in the way */
}

static void
long_paths_are_refused(void)
{
	char name[VS_PATH_SIZE + 1], path[VS_PATH_SIZE] = "kept";

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	CHECK_ERR(vs_path_join(dir, name, path), CONFIG);
	CHECK(strcmp(path, "kept") == 0);
}

int
main(void)
{
	test_folder_make(dir);
	CASE(write_then_read);
	CASE(secrets_must_be_private);
	CASE(secrets_of_others_are_refused);
	CASE(removal);
	CASE(folders);
	CASE(long_paths_are_refused);
	return 0;
}
