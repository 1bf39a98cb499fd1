/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program is a list of pieces; each block's piece knows the script line it came from, so that a
 * traceback can be told in script lines. python3 reads it from a memory file by the name of its
 * descriptor: nothing is written anywhere, and tracebacks can still quote the source.
 *
 * The interpreter runs in a process group of its own. It is watched by its pid descriptor and the
 * pipe of its output at once, so it may close its output, leave children behind or print without
 * end: it is over when it ends or the deadline comes, and then its whole group is killed and it is
 * reaped.
 */
#include "run/pycode.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/util.h"
#include "script/code_names.h"
#include "target/clock.h"
#include "target/target.h"

enum { OUTPUT_MAX_BYTES = 64 * 1024, ARGS_MAX = 15, ASK_NS = 200000000 };

struct piece {
	const char *text;
	size_t len;
	uint32_t first_line;    /* in the program, from 1 */
	uint32_t n_lines;
	uint32_t script_line;   /* of its first line; 0: assignments of ours */
	struct piece *next;
};

struct pycode {
	struct arena *arena;
	struct piece *first, *last;
	uint32_t n_lines;
};

/* What one run needs, and gives back in run_fini(). */
struct run {
	struct pycode *code;
	struct arena *arena;
	char *argv[ARGS_MAX + 3];
	char **envp;
	int program_fd, output_fd, error_fd, pid_fd;
	int child_output_fd, child_error_fd, null_fd;
	pid_t pid;
	int64_t deadline_ns;
	struct buf output;
};

struct pycode *pycode_new(struct arena *a)
{
	struct pycode *p = ARENA_NEW(a, struct pycode);

	p->arena = a;
	return p;
}

static void add_piece(struct pycode *p, const char *text, size_t len, uint32_t script_line)
{
	struct piece *piece = ARENA_NEW(p->arena, struct piece);

	piece->text = text;
	piece->len = len;
	piece->first_line = p->n_lines + 1;
	piece->script_line = script_line;
	for (size_t i = 0; i < len; i++)
		piece->n_lines += text[i] == '\n';
	p->n_lines += piece->n_lines;
	if (p->last)
		p->last->next = piece;
	else
		p->first = piece;
	p->last = piece;
}

void pycode_add(struct pycode *p, const struct target_info *info, size_t n, const char *text,
		size_t len, uint32_t line)
{
	struct buf b = { 0 };
	char *block;

	for (size_t i = 0; !p->first && i < code_names_len; i++)
		buf_printf(&b, "%s = %lld\n", code_names[i].name, (long long)code_names[i].value);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s = %" PRIu64 "\n", info[i].name, (uint64_t)info[i].value);
	add_piece(p, arena_strndup(p->arena, buf_str(&b), b.len), b.len, 0);
	buf_fini(&b);
	block = arena_alloc(p->arena, len + 1, 1);
	if (len)
		memcpy(block, text, len);
	block[len] = '\n';
	add_piece(p, block, len + 1, line);
}

static uint32_t script_line(const struct pycode *p, uint32_t program_line)
{
	for (const struct piece *piece = p->first; piece; piece = piece->next) {
		if (program_line >= piece->first_line &&
		    program_line < piece->first_line + piece->n_lines)
			return piece->script_line ? piece->script_line + program_line -
							    piece->first_line
						  : 0;
	}
	return 0;
}

static int write_program(struct run *r)
{
	r->program_fd = memfd_create("program", MFD_CLOEXEC);
	if (r->program_fd < 0)
		return -ERR_ENVIRONMENT;
	for (const struct piece *piece = r->code->first; piece; piece = piece->next) {
		if (file_write(r->program_fd, piece->text, piece->len) < 0)
			return -ERR_ENVIRONMENT;
	}
	return 0;
}

/* @interpreter may have arguments: "python3 -B". */
static void split_command(struct run *r, const char *interpreter)
{
	char *rest = arena_strdup(r->arena, interpreter), *word, *save = NULL;
	size_t n = 0;

	for (word = strtok_r(rest, " \t", &save); word && n < ARGS_MAX;
	     word = strtok_r(NULL, " \t", &save))
		r->argv[n++] = word;
	if (n == 0)
		r->argv[n++] = rest;
	r->argv[n] = arena_printf(r->arena, "/dev/fd/%d", r->program_fd);
}

/*
 * Modules that a block imports shall leave no compiled copies behind; PACKETDRILL_PID is what a
 * script's commands see, so that both find the same files.
 */
static void copy_environment(struct run *r)
{
	char *const own[] = {
		arena_strdup(r->arena, "PYTHONDONTWRITEBYTECODE=1"),
		arena_printf(r->arena, "PACKETDRILL_PID=%ld", (long)getpid()),
	};
	size_t n = 0, kept = 0;

	while (environ[n])
		n++;
	r->envp = ARENA_ARRAY(r->arena, char *, n + ARRAY_LEN(own) + 1);
	for (size_t i = 0; i < n; i++) {
		size_t name = strcspn(environ[i], "=") + 1;
		bool is_own = false;

		for (size_t k = 0; k < ARRAY_LEN(own); k++)
			is_own |= strncmp(environ[i], own[k], name) == 0;
		if (!is_own)
			r->envp[kept++] = environ[i];
	}
	for (size_t k = 0; k < ARRAY_LEN(own); k++)
		r->envp[kept++] = own[k];
}

static int open_pipes(struct run *r)
{
	int out[2], error[2];

	r->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (r->null_fd < 0 || pipe2(out, O_CLOEXEC) < 0)
		return -ERR_ENVIRONMENT;
	r->output_fd = out[0];
	r->child_output_fd = out[1];
	if (pipe2(error, O_CLOEXEC) < 0)
		return -ERR_ENVIRONMENT;
	r->error_fd = error[0];
	r->child_error_fd = error[1];
	fcntl(r->output_fd, F_SETFL, O_NONBLOCK);
	return 0;
}

/* In the child, where only async-signal-safe functions may be called; never returns. */
static void child(struct run *r)
{
	sigset_t none;
	ssize_t told;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);        /* by which it is asked where it is */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(r->null_fd, 0) >= 0 && dup2(r->child_output_fd, 1) >= 0 &&
	    dup2(r->child_output_fd, 2) >= 0 && fcntl(r->program_fd, F_SETFD, 0) >= 0)
		execvpe(r->argv[0], r->argv, r->envp);
	err = errno;
	told = write(r->child_error_fd, &err, sizeof(err));
	_exit(told == sizeof(err) ? 127 : 126);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Return: 0, or -ERR_ENVIRONMENT with errno when the interpreter could not be started */
static int spawn(struct run *r)
{
	int err = 0;
	ssize_t n;

	r->pid = fork();
	if (r->pid < 0)
		return -ERR_ENVIRONMENT;
	if (r->pid == 0)
		child(r);
	setpgid(r->pid, r->pid);
	close_fd(&r->child_output_fd);
	close_fd(&r->child_error_fd);
	do
		n = read(r->error_fd, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	if (n == sizeof(err)) {
		errno = err;
		return -ERR_ENVIRONMENT;
	}
	r->pid_fd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	return r->pid_fd < 0 ? -ERR_ENVIRONMENT : 0;
}

/* Keeps the end of the output, where a traceback is. */
static bool drain(struct run *r)
{
	char block[4096];
	ssize_t n;

	while ((n = read(r->output_fd, block, sizeof(block))) > 0) {
		buf_add(&r->output, block, (size_t)n);
		if (r->output.len > 2 * OUTPUT_MAX_BYTES) {
			memmove(r->output.data, r->output.data + r->output.len - OUTPUT_MAX_BYTES,
				OUTPUT_MAX_BYTES);
			r->output.len = OUTPUT_MAX_BYTES;
		}
		if (clock_now_ns() > r->deadline_ns)
			return true;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Until the interpreter ends: 0, or -ERR_TIMEOUT */
static int watch(struct run *r)
{
	for (;;) {
		int64_t left_ns = r->deadline_ns - clock_now_ns();
		struct timespec left = { left_ns / 1000000000, left_ns % 1000000000 };
		struct pollfd fds[2] = { { .fd = r->pid_fd, .events = POLLIN },
					 { .fd = r->output_fd, .events = POLLIN } };

		if (left_ns <= 0)
			return -ERR_TIMEOUT;
		if (ppoll(fds, 2, &left, NULL) <= 0)
			continue;
		if (fds[1].revents && !drain(r))
			close_fd(&r->output_fd);
		if (fds[0].revents) {
			if (r->output_fd >= 0)
				drain(r);
			return 0;
		}
	}
}

/* Interrupted, Python says where it was: that is the line to blame. */
static void ask_where(struct run *r)
{
	r->deadline_ns = clock_now_ns() + ASK_NS;
	kill(-r->pid, SIGINT);
	watch(r);
}

/* Ends what is left of the group, then reaps: while the leader is unreaped, its id is ours. */
static int reap(struct run *r)
{
	int status = 0;

	kill(-r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	r->pid = -1;
	return status;
}

/* "File "/dev/fd/7", line 31" becomes "script line 12"; the last of them is the line to blame. */
static uint32_t translate(const struct run *r, const char *text, struct buf *out)
{
	const char *mark = arena_printf(r->arena, "File \"/dev/fd/%d\", line ", r->program_fd);
	uint32_t blame = 0;

	for (const char *at; (at = strstr(text, mark)) != NULL;) {
		char *end;
		unsigned long line = strtoul(at + strlen(mark), &end, 10);
		uint32_t here = line > UINT32_MAX ? 0 : script_line(r->code, (uint32_t)line);

		buf_add(out, text, (size_t)(at - text));
		if (here) {
			buf_printf(out, "script line %u", here);
			blame = here;
		} else {
			buf_puts(out, "a variable's assignment");
		}
		text = end;
	}
	buf_puts(out, text);
	return blame;
}

/* The last line that is not blank. */
static const char *last_line(struct arena *a, const char *text)
{
	size_t end = strlen(text), from;

	while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == ' '))
		end--;
	for (from = end; from > 0 && text[from - 1] != '\n'; from--)
		continue;
	return arena_strndup(a, text + from, end - from);
}

static void report(struct run *r, int status, struct pycode_failure *f)
{
	size_t skip = r->output.len > OUTPUT_MAX_BYTES ? r->output.len - OUTPUT_MAX_BYTES : 0;
	struct buf text = { 0 };

	/* a NUL byte would hide what follows it */
	for (size_t i = 0; i < r->output.len; i++) {
		if (!r->output.data[i])
			r->output.data[i] = '?';
	}
	f->line = translate(r, buf_str(&r->output) + skip, &text);
	f->output = arena_strdup(r->arena, buf_str(&text));
	buf_fini(&text);
	if (status == 0)
		f->line = 0;
	else if (f->line)
		f->message = last_line(r->arena, f->output);
	else if (WIFSIGNALED(status))
		f->message = arena_printf(r->arena, "%s was killed by signal %d", r->argv[0],
					  WTERMSIG(status));
	else
		f->message = arena_printf(r->arena, "%s ended with status %d", r->argv[0],
					  WEXITSTATUS(status));
}

static void run_fini(struct run *r)
{
	if (r->pid > 0)
		reap(r);
	close_fd(&r->program_fd);
	close_fd(&r->output_fd);
	close_fd(&r->error_fd);
	close_fd(&r->pid_fd);
	close_fd(&r->child_output_fd);
	close_fd(&r->child_error_fd);
	close_fd(&r->null_fd);
	buf_fini(&r->output);
}

int pycode_run(struct pycode *p, const char *interpreter, int64_t limit_ns,
	       struct pycode_failure *f, struct arena *a)
{
	struct run r = { .code = p, .arena = a, .deadline_ns = clock_now_ns() + limit_ns };
	int rc, status;

	*f = (struct pycode_failure){ .message = "", .output = "" };
	r.program_fd = r.output_fd = r.error_fd = r.pid_fd = -1;
	r.child_output_fd = r.child_error_fd = r.null_fd = -1;
	r.pid = -1;
	rc = write_program(&r);
	if (rc == 0) {
		split_command(&r, interpreter);
		copy_environment(&r);
		rc = open_pipes(&r);
	}
	if (rc == 0)
		rc = spawn(&r);
	if (rc < 0) {
		f->message = arena_printf(a, "cannot run %s: %s", interpreter, strerror(errno));
		goto out;
	}
	rc = watch(&r);
	if (rc < 0)
		ask_where(&r);
	status = reap(&r);
	report(&r, status, f);
	if (rc < 0)
		f->message = arena_printf(a, "%s did not end in time", r.argv[0]);
	else
		rc = status != 0;
out:
	run_fini(&r);
	return rc;
}
