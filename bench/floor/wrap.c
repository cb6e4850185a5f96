/* The floor for a wrapper: fork, exec, wait4, exit with the command's status. */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 2) return 125;
  pid_t pid = fork();
  if (pid < 0) return perror("fork"), 125;
  if (pid == 0) {
    execvp(argv[1], argv + 1);
    int status = errno == ENOENT ? 127 : 126;
    perror(argv[1]);
    _exit(status);
  }
  int status;
  struct rusage usage;
  while (wait4(pid, &status, 0, &usage) < 0)
    if (errno != EINTR) return perror("wait4"), 125;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
