/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of a folder: each fuzzer is also an ordinary regression test.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_SIZE_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input lives in a block of exactly its size, so that the sanitizer sees one byte too far. */
static int
replay_file(const char *path)
{
	static uint8_t buffer[INPUT_SIZE_MAX];
	FILE *file = fopen(path, "rb");
	uint8_t *exact = NULL;
	size_t size;

	if (file == NULL)
		return 1;
	size = fread(buffer, 1, sizeof(buffer), file);
	(void)fclose(file);
	exact = malloc(size > 0 ? size : 1);
	if (exact == NULL)
		return 1;
	memcpy(exact, buffer, size);
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

int
main(int argc, char **argv)
{
	int count = 0;
	struct dirent *entry = NULL;
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;

	if (dir == NULL) {
		(void)fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 1;
	}
	while ((entry = readdir(dir)) != NULL) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		if (replay_file(path) != 0) {
			(void)fprintf(stderr, "cannot read %s\n", path);
			(void)closedir(dir);
			return 1;
		}
		count++;
	}
	(void)closedir(dir);
	(void)printf("%d inputs replayed\n", count);
	return count > 0 ? 0 : 1; /* a fuzzer without a corpus is not a test */
}
