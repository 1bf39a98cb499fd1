/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packetdrill, in network namespaces that we make, since it would change the one it finds itself in.
 * We enter a new one, start the program there and go back to our own.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum { CAPTURE_BYTES = 8 * 1024 * 1024, JOBS_MAX = 64 };

static int bring_up_loopback(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -1;
	rc = ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return rc;
}

/* Sees the frames of all devices in this namespace, of those to come, too. */
static int open_capture(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
	int bytes = CAPTURE_BYTES, on = 1;

	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 ||
			setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The time of the next frame that came in; false when there is no more. */
static bool next_arrival(int capture, int64_t *ns)
{
	char frame[64];
	_Alignas(struct cmsghdr) char control[256];
	struct sockaddr_ll from;

	for (;;) {
		struct iovec iov = { frame, sizeof(frame) };
		struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov,
				    .msg_iovlen = 1, .msg_control = control,
				    .msg_controllen = sizeof(control) };
		struct timespec t = { 0 };

		if (recvmsg(capture, &m, 0) < 0)
			return false;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
				memcpy(&t, CMSG_DATA(c), sizeof(t));
		}
		*ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
		if (from.sll_pkttype != PACKET_OUTGOING)
			return true;
	}
}

static int run_inside(const char *const argv[], struct measured *m, struct samples *arrived)
{
	int capture = arrived ? open_capture() : -1, rc;
	int64_t ns;

	if (arrived && capture < 0)
		return -1;
	rc = process_run(argv, m);
	while (arrived && next_arrival(capture, &ns))
		samples_add(arrived, (double)(ns - m->exec_ns));
	if (capture >= 0)
		close(capture);
	return rc;
}

int apart_run(const char *const argv[], struct measured *m, struct samples *arrived)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), rc = -1;

	if (home < 0)
		return -1;
	if (unshare(CLONE_NEWNET) == 0) {
		rc = bring_up_loopback() < 0 ? -1 : run_inside(argv, m, arrived);
		/* Nothing else may run in a namespace that is not its own. */
		if (setns(home, CLONE_NEWNET) < 0)
			abort();
	}
	close(home);
	return rc;
}

/* One of several that share the scripts. */
static void run_part(const char *program, char *const script[], size_t n, size_t first, size_t step,
		     int *status)
{
	for (size_t i = first; i < n; i += step) {
		const char *argv[] = { program, script[i], NULL };
		struct measured m;

		status[i] = apart_run(argv, &m, NULL) < 0 ? -1 : m.status;
	}
}

double apart_run_all(const char *program, char *const script[], size_t n, int jobs, int *status)
{
	int *shared = process_share(n * sizeof(*shared));
	double start_ms = now_ms(), ms = -1;
	pid_t pid[JOBS_MAX];
	int made = 0, broken = 0;

	while (made < jobs && made < JOBS_MAX && (pid[made] = fork()) >= 0) {
		if (pid[made] == 0) {
			run_part(program, script, n, (size_t)made, (size_t)jobs, shared);
			_exit(0);
		}
		made++;
	}
	for (int i = 0; i < made; i++) {
		int how;

		if (waitpid(pid[i], &how, 0) < 0 || how != 0)
			broken++;
	}
	if (made == jobs && !broken)
		ms = now_ms() - start_ms;
	if (status)
		memcpy(status, shared, n * sizeof(*shared));
	process_unshare(shared, n * sizeof(*shared));
	return ms;
}
