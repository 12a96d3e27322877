/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tendon-init --socket PATH [--foreground]
 * tendon-init --check [FD]        says its build; with FD, whether it could take over from there
 * tendon-init --take-over FD      for itself: see upgrade.h
 *
 * The parent of all instances of a host. It starts what the agent asks for, keeps every exit until
 * the agent has acknowledged it, and outlives the agent. Without --foreground it goes to the
 * background and returns once the socket can be connected to. On SIGHUP it starts its program again,
 * in place and with all children.
 */

#include "client.h"
#include "enter.h"
#include "exec.h"
#include "fence.h"
#include "listen.h"
#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { STACK_SIZE = 64 * 1024, WAITED_SIGNALS = 4 };

static void say(const char *text) {
  /* Nobody to tell when it fails. */
  if (write(STDERR_FILENO, text, strlen(text)) < 0)
    return;
}

static int fail(const char *what, int error) {
  say("tendon-init: ");
  say(what);
  if (error) {
    say(": ");
    say(strerrordesc_np(error));
  }
  say("\n");
  return 1;
}

/* Default dispositions, so that children need not reset them, and the ones we wait for blocked. */
static int open_signals(void) {
  for (int number = 1; number < NSIG; number++)
    signal(number, SIG_DFL); /* fails for those that can't be changed */
  sigset_t waited;
  sigemptyset(&waited);
  sigaddset(&waited, SIGCHLD);
  sigaddset(&waited, SIGTERM);
  sigaddset(&waited, SIGINT);
  sigaddset(&waited, SIGHUP);
  sigprocmask(SIG_SETMASK, &waited, NULL);
  return signalfd(-1, &waited, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* true: SIGTERM or SIGINT was among them. */
static bool take_signals(struct init *init, int signals) {
  bool end = false;
  /* A signal waits once at most: all of them fit. */
  struct signalfd_siginfo infos[WAITED_SIGNALS];
  ssize_t length = read(signals, infos, sizeof infos);
  for (size_t i = 0; length > 0 && i < (size_t)length / sizeof infos[0]; i++) {
    uint32_t number = infos[i].ssi_signo;
    end = end || number == SIGTERM || number == SIGINT;
    if (number == SIGHUP && !init->next[0])
      memcpy(init->next, init->program, sizeof init->next);
  }
  children_reap(&init->children, init->client.fd >= 0);
  return end;
}

static bool map_memory(struct init *init) {
  const int protection = PROT_READ | PROT_WRITE;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
  init->stack_size = STACK_SIZE;
  init->stack = mmap(NULL, STACK_SIZE, protection, flags | MAP_STACK, -1, 0);
  init->buffer = mmap(NULL, TENDON_INIT_MAX_MESSAGE, protection, flags, -1, 0);
  return init->stack != MAP_FAILED && init->buffer != MAP_FAILED &&
         children_init(&init->children);
}

/* Becomes init->next; returns when it can't. */
static void become(struct init *init, const struct listener *listener, bool asked_to_end) {
  const char *wrong = upgrade(init, listener, asked_to_end);
  int error = errno;
  if (init->next_is_asked && init->client.fd >= 0)
    client_refuse_upgrade(init, wrong, error);
  else
    fail(wrong, error);
  init->next[0] = 0;
  init->next_is_asked = false;
}

static int run(
    struct init *init, const struct listener *listening, int signals, bool asked_to_end) {
  int listener = listening->fd;
  for (;;) {
    client_flush(init);
    if (init->next[0]) {
      become(init, listening, asked_to_end);
      continue;
    }
    bool granted = init->client.ending && !init->client.answer_waits;
    if (granted || (asked_to_end && init->children.running == 0))
      return 0;
    struct pollfd polled[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = listener, .events = POLLIN},
        {.fd = init->client.fd, .events = client_events(init)},
    };
    if (poll(polled, 3, fence_look(listening->path)) < 0) {
      if (errno == EINTR)
        continue;
      return fail("poll", errno);
    }
    if (polled[0].revents && take_signals(init, signals))
      asked_to_end = true;
    /* Before the listener, which may put another in its place. */
    if (polled[2].revents & POLLIN)
      client_serve(init);
    else if (polled[2].revents & (POLLERR | POLLHUP))
      client_drop(init);
    if (polled[1].revents) {
      int fd = listener_accept(listener);
      if (fd >= 0)
        client_adopt(init, fd);
    }
  }
}

/* Descriptors 0, 1 and 2 exist from here on, so none that we get is one of them. */
static bool own_stdio(bool keep_errors) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0)
    return false;
  bool good = dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && (keep_errors || dup2(null, 2) >= 0);
  if (null > 2)
    close(null);
  return good;
}

/* Parent: waits for the child's word and returns its exit code. Child: returns -1. */
static int go_to_background(int *ready) {
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) < 0)
    return fail("pipe", errno);
  pid_t pid = fork();
  if (pid < 0)
    return fail("fork", errno);
  if (pid == 0) {
    close(pipe_fds[0]);
    *ready = pipe_fds[1];
    setsid();
    return -1;
  }
  close(pipe_fds[1]);
  char word;
  ssize_t got;
  do {
    got = read(pipe_fds[0], &word, 1);
  } while (got < 0 && errno == EINTR);
  /* Without a word it has said on stderr what went wrong. */
  return got == 1 ? 0 : 1;
}

static struct init init = {.client = {.fd = -1}};

/* What an image needs however it came to be started; 0: good. */
static int prepare(int *signals) {
  *signals = open_signals();
  if (*signals < 0)
    return fail("signalfd", errno);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
    return fail("subreaper", errno);
  if (!map_memory(&init))
    return fail("memory", ENOMEM);
  init.pid = getpid();
  init.start_time = process_start_time(init.pid);
  if (init.start_time == 0)
    return fail("/proc is not readable", errno);
  ssize_t length = readlink("/proc/self/exe", init.program, sizeof init.program - 1);
  if (length < 0)
    return fail("/proc/self/exe", errno);
  init.program[length] = 0;
  return 0;
}

static int start(const char *path, bool foreground, int ready) {
  struct listener listener;
  int signals;
  int bad = prepare(&signals);
  if (bad)
    return bad;
  const char *wrong = listener_open(&listener, path);
  if (wrong)
    return fail(wrong, errno);
  if (chdir("/") < 0 || !own_stdio(foreground))
    return fail("stdio", errno);
  if (ready >= 0) {
    if (write(ready, "+", 1) != 1)
      return fail("ready", errno);
    close(ready);
  }
  int answer = run(&init, &listener, signals, false);
  listener_close(&listener);
  return answer;
}

/* Goes on where the image before this one has stopped. */
static int take_over(int fd) {
  struct handover handover;
  int signals;
  int bad = prepare(&signals);
  if (bad)
    return bad;
  const char *wrong = upgrade_take(fd, &init, &handover);
  if (wrong)
    return fail(wrong, errno);
  if (handover.client >= 0) {
    client_adopt(&init, handover.client);
    answer_upgraded(&init.client.answer);
    init.client.answer_waits = true;
    client_flush(&init);
    client_drop(&init);
  }
  /* The signal of an end in between went with the old image. */
  children_reap(&init.children, false);
  int answer = run(&init, &handover.listener, signals, handover.ending);
  listener_close(&handover.listener);
  return answer;
}

/* Says who we are, and whether we could take over what is in `fd`. */
static int check(const char *fd) {
  struct handover handover;
  if (fd) {
    if (!children_init(&init.children))
      return fail("memory", ENOMEM);
    const char *wrong = upgrade_take(atoi(fd), &init, &handover);
    if (wrong)
      return fail(wrong, errno);
  }
  const char *name = build_name();
  if (write(STDOUT_FILENO, name, strlen(name)) < 0 || write(STDOUT_FILENO, "\n", 1) < 0)
    return fail("stdout", errno);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--take-over") == 0)
    return take_over(atoi(argv[2]));
  if ((argc == 2 || argc == 3) && strcmp(argv[1], "--check") == 0)
    return check(argv[2]);
  if (argc > 2 && strcmp(argv[1], "--exec") == 0)
    return exec_planned(argv + 2, environ);
  const char *path = NULL;
  bool foreground = false;
  if (argc == 2 && strcmp(argv[1], "--enter") == 0)
    return enter_main();
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--foreground") == 0)
      foreground = true;
    else if (strcmp(argv[i], "--socket") == 0 && i + 1 < argc)
      path = argv[++i];
    else
      return fail("usage: tendon-init --socket PATH [--foreground]", 0);
  }
  if (!path)
    return fail("usage: tendon-init --socket PATH [--foreground]", 0);
  while (true) { /* a caller may have closed 0, 1 or 2 */
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
      return fail("/dev/null", errno);
    if (fd > 2) {
      close(fd);
      break;
    }
  }
  close_range(3, ~0U, 0);
  int ready = -1;
  int answer = foreground ? -1 : go_to_background(&ready);
  return answer >= 0 ? answer : start(path, foreground, ready);
}
