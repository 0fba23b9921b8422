/* replay.c: runs a harness on files without libFuzzer: those that are given, or all of its corpus.
 *
 * Each file has a process of its own, so that one that fails does not hide the others. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INPUT_MAX = 1 << 20, NAME_MAX_SHOWN = 512, SECONDS_MAX = 60 };

static int passed, failed;

static void run(const char *name)
{
	FILE *f = fopen(name, "rb");
	uint8_t *data = malloc(INPUT_MAX);
	size_t n = f && data ? fread(data, 1, INPUT_MAX, f) : 0;

	if (!f || !data || ferror(f)) {
		perror(name);
		exit(2);
	}
	fclose(f);
	/* Exactly as long as it is, for the checkers of memory. */
	data = n ? realloc(data, n) : data;
	alarm(SECONDS_MAX);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	exit(0);
}

static void replay(const char *name)
{
	int status = 1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		run(name);
	if (child < 0 || waitpid(child, &status, 0) != child || status) {
		printf("failed: %s (status %d)\n", name, status);
		failed++;
	} else {
		passed++;
	}
}

static void replay_folder(const char *folder)
{
	char name[NAME_MAX_SHOWN];
	struct dirent **names;
	int i, count = scandir(folder, &names, NULL, alphasort);

	if (count < 0) {
		perror(folder);
		failed++;
	}
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof name, "%s/%s", folder, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			replay(name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc < 2)
		replay_folder(FUZZ_CORPUS);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
