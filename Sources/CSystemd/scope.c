/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CSystemd.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

static const char DESTINATION[] = "org.freedesktop.systemd1";
static const char MANAGER_PATH[] = "/org/freedesktop/systemd1";
static const char MANAGER[] = "org.freedesktop.systemd1.Manager";

/* What JobRemoved said; jobs of others are passed over. */
struct job {
  char path[256];
  char result[64];
  /* The newest removed job, as it may be told of before we know our own. */
  char removed[8][256];
  char results[8][64];
  int count;
};

static int job_removed(sd_bus_message *message, void *data, sd_bus_error *error) {
  (void)error;
  struct job *job = data;
  uint32_t id;
  const char *path, *unit, *result;
  int answer = sd_bus_message_read(message, "uoss", &id, &path, &unit, &result);
  if (answer < 0) return answer;
  int slot = job->count++ % 8;
  snprintf(job->removed[slot], sizeof job->removed[slot], "%s", path);
  snprintf(job->results[slot], sizeof job->results[slot], "%s", result);
  return 0;
}

static bool is_done(struct job *job) {
  for (int i = 0; i < 8 && i < job->count; i++) {
    if (strcmp(job->removed[i], job->path) == 0) {
      memcpy(job->result, job->results[i], sizeof job->result);
      return true;
    }
  }
  return false;
}

static uint64_t now_usec(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int append_scope(sd_bus_message *message, const char *name, const char *slice,
                        const char *description, const char *before, pid_t pid) {
  int answer = sd_bus_message_append(message, "ss", name, "fail");
  if (answer >= 0) answer = sd_bus_message_open_container(message, 'a', "(sv)");
  if (answer >= 0)
    answer = sd_bus_message_append(message, "(sv)", "Description", "s", description);
  if (answer >= 0) answer = sd_bus_message_append(message, "(sv)", "Slice", "s", slice);
  /* All controllers that there are, kept in force from the root down to the scope. */
  if (answer >= 0) answer = sd_bus_message_append(message, "(sv)", "Delegate", "b", 1);
  /*
   * Said here and not as After= of that unit: a scope that other units name is kept when it is
   * dead, and could not be made again.
   */
  if (answer >= 0)
    answer = sd_bus_message_append(message, "(sv)", "Before", "as", 1, before);
  /* Each instance has a limit of its own; systemd's default is made for one program. */
  if (answer >= 0)
    answer = sd_bus_message_append(message, "(sv)", "TasksMax", "t", UINT64_MAX);
  if (answer >= 0)
    answer = sd_bus_message_append(message, "(sv)", "PIDs", "au", 1, (uint32_t)pid);
  if (answer >= 0) answer = sd_bus_message_close_container(message);
  if (answer >= 0) answer = sd_bus_message_append(message, "a(sa(sv))", 0);
  return answer;
}

static int call_start(sd_bus *bus, struct job *job, const char *name, const char *slice,
                      const char *description, const char *before, pid_t pid,
                      uint64_t timeout_usec, char *words, size_t size) {
  sd_bus_message *request = NULL, *reply = NULL;
  sd_bus_error error = SD_BUS_ERROR_NULL;
  const char *path = NULL;
  int answer = sd_bus_message_new_method_call(bus, &request, DESTINATION, MANAGER_PATH, MANAGER,
                                              "StartTransientUnit");
  if (answer >= 0) answer = append_scope(request, name, slice, description, before, pid);
  if (answer >= 0) answer = sd_bus_call(bus, request, timeout_usec, &error, &reply);
  if (answer >= 0) answer = sd_bus_message_read(reply, "o", &path);
  if (answer >= 0)
    snprintf(job->path, sizeof job->path, "%s", path);
  else {
    bool exists = sd_bus_error_has_name(&error, "org.freedesktop.systemd1.UnitExists");
    snprintf(words, size, "StartTransientUnit: %s",
             error.message ? error.message : strerrordesc_np(-answer));
    if (exists) answer = -EEXIST;
  }
  sd_bus_error_free(&error);
  sd_bus_message_unref(request);
  sd_bus_message_unref(reply);
  return answer < 0 ? answer : 0;
}

static int wait_for(sd_bus *bus, struct job *job, uint64_t timeout_usec, char *words,
                    size_t size) {
  uint64_t end = now_usec() + timeout_usec;
  for (;;) {
    int answer = sd_bus_process(bus, NULL);
    if (answer < 0) {
      snprintf(words, size, "waiting for the scope: %s", strerrordesc_np(-answer));
      return answer;
    }
    if (is_done(job)) break;
    if (answer > 0) continue;
    uint64_t now = now_usec();
    if (now >= end) {
      snprintf(words, size, "the scope's job did not end in time");
      return -ETIMEDOUT;
    }
    answer = sd_bus_wait(bus, end - now);
    if (answer < 0 && answer != -EINTR) {
      snprintf(words, size, "waiting for the scope: %s", strerrordesc_np(-answer));
      return answer;
    }
  }
  if (strcmp(job->result, "done") == 0) return 0;
  snprintf(words, size, "the scope's job ended with \"%s\"", job->result);
  return -EIO;
}

int tendon_systemd_start_scope(const char *name, const char *slice, const char *description,
                               const char *before, pid_t pid, uint64_t timeout_usec,
                               char *message, size_t size) {
  sd_bus *bus = NULL;
  struct job job = {.count = 0};
  message[0] = 0;
  int answer = sd_bus_open_system(&bus);
  if (answer < 0) {
    snprintf(message, size, "the system bus cannot be reached: %s", strerrordesc_np(-answer));
    return answer;
  }
  answer = sd_bus_match_signal(bus, NULL, DESTINATION, MANAGER_PATH, MANAGER, "JobRemoved",
                               job_removed, &job);
  if (answer >= 0)
    answer = sd_bus_call_method(bus, DESTINATION, MANAGER_PATH, MANAGER, "Subscribe", NULL, NULL,
                                "");
  if (answer < 0)
    snprintf(message, size, "systemd cannot be listened to: %s", strerrordesc_np(-answer));
  if (answer >= 0)
    answer = call_start(bus, &job, name, slice, description, before, pid, timeout_usec, message,
                        size);
  if (answer >= 0) answer = wait_for(bus, &job, timeout_usec, message, size);
  sd_bus_flush_close_unref(bus);
  return answer < 0 ? answer : 0;
}
