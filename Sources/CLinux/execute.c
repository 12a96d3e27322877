/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/tendon_plan.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char DEFAULT_PATH[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static const char *search_path(char *const *envp) {
  for (; *envp; envp++)
    if (strncmp(*envp, "PATH=", 5) == 0)
      return *envp + 5;
  return DEFAULT_PATH;
}

int tendon_execute(char *const *argv, char *const *envp) {
  const char *name = argv[0];
  if (strchr(name, '/') || !*name) {
    syscall(SYS_execve, name, argv, envp);
    return errno;
  }
  size_t name_length = strlen(name);
  int answer = ENOENT;
  for (const char *entry = search_path(envp);;) {
    size_t length = strcspn(entry, ":");
    char path[PATH_MAX];
    if (length + name_length + 2 <= sizeof path) {
      memcpy(path, entry, length);
      size_t at = length;
      /* An empty entry is the working directory. */
      if (length > 0)
        path[at++] = '/';
      memcpy(path + at, name, name_length + 1);
      syscall(SYS_execve, path, argv, envp);
      if (errno == EACCES)
        answer = EACCES;
      else if (errno != ENOENT && errno != ENOTDIR)
        return errno;
    }
    if (!entry[length])
      return answer;
    entry += length + 1;
  }
}
