/*
 * wall-clock OFFSET-FILE PROGRAM ARGUMENT...
 *
 * Becomes the program, which sees the wall clock moved by as many seconds as the file says, and at once when
 * the file changes; the monotonic clock stays. Works for programs that ask the kernel without the C library,
 * as those written in Go do, which is why it is not libfaketime: the kernel's shared code for clocks is hidden
 * from the program, and each question for the wall clock goes to a helper process, by seccomp. What the program
 * starts itself has the clock of everybody.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if !defined(__x86_64__)
#error "only written for x86-64"
#endif

static void die(const char *what) {
  perror(what);
  _exit(70);
}

/* Of clock_gettime only the clocks that are the wall's. */
static int filtered(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_gettimeofday, 5, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_time, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLOCK_REALTIME, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLOCK_REALTIME_COARSE, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("no_new_privs");
  int fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  if (fd < 0) die("seccomp");
  return fd;
}

static void give(int line, int fd) {
  char byte = 0, room[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(head), &fd, sizeof fd);
  if (sendmsg(line, &message, 0) != 1) die("sendmsg");
}

static int take(int line) {
  char byte, room[CMSG_SPACE(sizeof(int))];
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  if (recvmsg(line, &message, 0) != 1) die("recvmsg");
  int fd;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  return fd;
}

static uint64_t word(pid_t pid, uint64_t at) {
  errno = 0;
  long found = ptrace(PTRACE_PEEKDATA, pid, at, 0);
  if (errno != 0) die("peek");
  return (uint64_t)found;
}

/* Waits until it has become the program, and hides the kernel's shared code before its first instruction. */
static void hide(pid_t pid) {
  int status;
  do {
    if (waitpid(pid, &status, __WALL) != pid) die("wait");
    if (!WIFSTOPPED(status)) _exit(0);
    if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8))) break;
    ptrace(PTRACE_CONT, pid, 0, 0);
  } while (1);
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, pid, 0, &registers) != 0) die("registers");
  /* The count of arguments, these, the environment, each with a 0 behind, and then the pairs that are looked for. */
  uint64_t at = registers.rsp + 8 * (word(pid, registers.rsp) + 2);
  while (word(pid, at) != 0) at += 8;
  for (at += 8; word(pid, at) != AT_NULL; at += 16)
    if (word(pid, at) == AT_SYSINFO_EHDR && ptrace(PTRACE_POKEDATA, pid, at, AT_IGNORE) != 0) die("poke");
  if (ptrace(PTRACE_DETACH, pid, 0, 0) != 0) die("detach");
}

static long long offset_of(int file) {
  char text[64] = {0};
  if (pread(file, text, sizeof text - 1, 0) <= 0) return 0;
  return atoll(text);
}

static void answer(int listener, int file) {
  struct seccomp_notif question;
  struct seccomp_notif_resp reply;
  memset(&question, 0, sizeof question);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question) != 0) return;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  now.tv_sec += offset_of(file);
  struct timeval old = {now.tv_sec, now.tv_nsec / 1000};
  memset(&reply, 0, sizeof reply);
  reply.id = question.id;
  int nr = question.data.nr;
  uint64_t where = question.data.args[nr == SYS_clock_gettime ? 1 : 0];
  struct iovec from = {&now, sizeof now}, to = {(void *)where, sizeof now};
  if (nr == SYS_gettimeofday) from = (struct iovec){&old, sizeof old}, to.iov_len = sizeof old;
  if (nr == SYS_time) from.iov_len = to.iov_len = sizeof now.tv_sec, reply.val = now.tv_sec;
  if (where != 0 && process_vm_writev(question.pid, &from, 1, &to, 1, 0) < 0) reply.error = -EFAULT;
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static void serve(pid_t program, int line, const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) die(path);
  /* Not before the program has its signal of the first fork's end: a traced one stops for it, and nobody looks yet. */
  char byte;
  if (read(line, &byte, 1) != 1) die("the program has ended");
  if (ptrace(PTRACE_SEIZE, program, 0, PTRACE_O_TRACEEXEC) != 0) die("seize");
  if (write(line, "", 1) != 1) die("write");
  int listener = take(line);
  close(line);
  hide(program);
  struct pollfd look = {.fd = listener, .events = POLLIN};
  while (poll(&look, 1, -1) >= 0 || errno == EINTR) {
    if (look.revents & POLLHUP) _exit(0);
    if (look.revents & POLLIN) answer(listener, file);
  }
  _exit(0);
}

int main(int count, char **words) {
  if (count < 3) return fputs("wall-clock OFFSET-FILE PROGRAM ARGUMENT...\n", stderr), 64;
  int line[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) != 0) die("socketpair");
  pid_t program = getpid();
  pid_t helper = fork();
  if (helper < 0) die("fork");
  if (helper == 0) {
    close(line[0]);
    /* Not of the program's group, whose signals are not for it. A second fork, so that it is no child of the program. */
    setsid();
    if (fork() != 0) _exit(0);
    serve(program, line[1], words[1]);
  }
  close(line[1]);
  waitpid(helper, NULL, 0);
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  if (write(line[0], "", 1) != 1) die("write");
  char byte;
  if (read(line[0], &byte, 1) != 1) die("the helper has ended");
  int listener = filtered();
  give(line[0], listener);
  close(listener);
  execvp(words[2], words + 2);
  die(words[2]);
}
