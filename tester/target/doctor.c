/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each check looks at one thing that the kernel target or the scripts need, preferably by trying
 * it in a sandbox, and names the command that mends it. Nothing of the system is changed.
 */
#include "target/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/capability.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/util.h"
#include "target/clock.h"
#include "target/kernel.h"
#include "target/sockdiag.h"

enum { TEXT_BYTES = 512, LO_INDEX = 1, N_SLEEPS = 20 };

#define TUN_PATH "/dev/net/tun"

/* ---- helpers ---- */

/* Tries something; on failure says why in @text (TEXT_BYTES) and returns non-zero. */
typedef int probe_fn(char *text);

struct probe {
	probe_fn *fn;
	int fd;
};

static int run_probe(void *arg)
{
	const struct probe *p = arg;
	char text[TEXT_BYTES] = "";
	int rc = p->fn(text);

	if (write(p->fd, text, strlen(text)) < 0)
		return 1;
	return rc ? 1 : 0;
}

/* Runs @fn in a sandbox. NULL when all went well, else the reason. */
static const char *try_in_sandbox(struct arena *a, probe_fn *fn)
{
	struct probe p = { .fn = fn };
	char text[TEXT_BYTES] = "";
	const char *why = "";
	int fds[2], status = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return arena_strdup(a, strerror(errno));
	p.fd = fds[1];
	if (sandbox_spawn(a, run_probe, &p, &pid, &why) < 0) {
		close(fds[0]);
		close(fds[1]);
		return why;
	}
	close(fds[1]);
	if (read(fds[0], text, sizeof(text) - 1) < 0)
		snprintf(text, sizeof(text), "%s", strerror(errno));
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return NULL;
	return arena_strdup(a, *text ? text : "it ended without a word");
}

/* The first line of a small file, "" when there is none. */
static const char *read_line(struct arena *a, const char *path)
{
	char text[TEXT_BYTES] = "";
	FILE *f = fopen(path, "re");

	if (!f)
		return "";
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	return arena_strdup(a, text);
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if ((at == text || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
			return true;
	return false;
}

static bool has_capability(unsigned int cap)
{
	struct __user_cap_header_struct hdr = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (syscall(SYS_capget, &hdr, data) < 0)
		return false;
	return data[cap / 32].effective & (1u << (cap % 32));
}

/* ---- the kernel target ---- */

static enum doctor_result check_tun(struct arena *a, const char **found, const char **advice)
{
	struct stat st;
	int fd;

	if (stat(TUN_PATH, &st) < 0) {
		*found = "no " TUN_PATH;
		*advice = "sudo modprobe tun; sudo mkdir -p /dev/net; "
			  "sudo mknod -m 0666 " TUN_PATH " c 10 200";
		return DOCTOR_MISSING;
	}
	fd = open(TUN_PATH, O_RDWR | O_CLOEXEC);
	*found = arena_printf(a, TUN_PATH ", mode %04o%s%s", (unsigned int)st.st_mode & 07777,
			      fd < 0 ? ": " : "", fd < 0 ? strerror(errno) : "");
	if (fd >= 0) {
		close(fd);
		return DOCTOR_OK;
	}
	*advice = errno == EACCES || errno == EPERM ? "sudo chmod 0666 " TUN_PATH
						    : "sudo modprobe tun";
	return DOCTOR_MISSING;
}

/* Switches that forbid user namespaces; value: the one that does. */
static const struct {
	const char *path, *value, *advice;
} user_ns_switches[] = {
	{ "/proc/sys/user/max_user_namespaces", "0",
	  "sudo sysctl -w user.max_user_namespaces=10000" },
	{ "/proc/sys/kernel/unprivileged_userns_clone", "0",
	  "sudo sysctl -w kernel.unprivileged_userns_clone=1" },
	{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
	  "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" },
};

static enum doctor_result check_user_ns(struct arena *a, const char **found, const char **advice)
{
	for (size_t i = 0; i < ARRAY_LEN(user_ns_switches); i++) {
		const char *path = user_ns_switches[i].path;

		if (strcmp(read_line(a, path), user_ns_switches[i].value) != 0)
			continue;
		*found = arena_printf(a, "forbidden: %s is %s", path, user_ns_switches[i].value);
		*advice = user_ns_switches[i].advice;
		/* Root gets by without. */
		return has_capability(CAP_SYS_ADMIN) ? DOCTOR_WARNING : DOCTOR_MISSING;
	}
	if (access("/proc/self/ns/user", F_OK) < 0) {
		*found = "the kernel has none";
		*advice = "run as root: sudo tcpdrill ...";
		return has_capability(CAP_SYS_ADMIN) ? DOCTOR_WARNING : DOCTOR_MISSING;
	}
	*found = "nothing forbids them";
	return DOCTOR_OK;
}

static enum doctor_result check_capabilities(struct arena *a, const char **found,
					     const char **advice)
{
	bool admin = has_capability(CAP_SYS_ADMIN), net = has_capability(CAP_NET_ADMIN);

	*found = arena_printf(a, "CAP_SYS_ADMIN %s, CAP_NET_ADMIN %s%s", admin ? "yes" : "no",
			      net ? "yes" : "no",
			      admin && net ? "" : ": user namespaces are used instead");
	if (!admin || net)
		return DOCTOR_OK;
	*advice = "run as an ordinary user, or give both: docker run --cap-add SYS_ADMIN "
		  "--cap-add NET_ADMIN ...";
	return DOCTOR_WARNING;
}

static int probe_nothing(char *text)
{
	(void)text;
	return 0;
}

static enum doctor_result check_sandbox(struct arena *a, const char **found, const char **advice)
{
	const char *why = try_in_sandbox(a, probe_nothing);

	*found = why ? why : "network and PID namespaces can be made";
	if (!why)
		return DOCTOR_OK;
	*advice = "run as root: sudo tcpdrill ...; in a container: docker run --privileged ...";
	return DOCTOR_MISSING;
}

static int probe_target(char *text)
{
	struct target_config config = { .ip_version = 4,
					.local_prefix = 16,
					.remote_prefix = 32,
					.mtu_bytes = 1500,
					.watchdog_ns = NS_PER_S };
	struct arena *a = arena_new();
	struct target *t = NULL;
	const char *why = "";
	int rc;

	ip_addr_parse("192.168.0.1", &config.local);
	ip_addr_parse("192.168.0.1", &config.gateway);
	ip_addr_parse("192.0.2.1", &config.remote);
	rc = kernel_ops.open(a, &config, &t, &why);
	if (rc == 0)
		kernel_ops.close(t);
	snprintf(text, TEXT_BYTES, "%s", rc < 0 ? why : "");
	arena_free(a);
	return rc;
}

static enum doctor_result check_target(struct arena *a, const char **found, const char **advice)
{
	const char *why = try_in_sandbox(a, probe_target);

	*found = why ? why : "tun0 was made, configured and captured in a sandbox";
	*advice = "mend what the rows above name, then: tcpdrill doctor";
	return why ? DOCTOR_MISSING : DOCTOR_OK;
}

static enum doctor_result check_ipv6(struct arena *a, const char **found, const char **advice)
{
	(void)a;
	if (access("/proc/net/if_inet6", F_OK) == 0) {
		*found = "present";
		return DOCTOR_OK;
	}
	*found = "the kernel runs without IPv6";
	*advice = "sudo modprobe ipv6; when the kernel was started with ipv6.disable=1: remove "
		  "that and restart";
	return DOCTOR_WARNING;
}

/* ---- what scripts use of the kernel ---- */

static int add_qdisc(const char *kind)
{
	char buf[1024];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct mnl_socket *sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct tcmsg *tc;
	ssize_t n = -1;
	int rc = -1;

	if (!sock)
		return -1;
	nlh->nlmsg_type = RTM_NEWQDISC;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
	tc = mnl_nlmsg_put_extra_header(nlh, sizeof(*tc));
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = LO_INDEX;
	tc->tcm_parent = TC_H_ROOT;
	mnl_attr_put_strz(nlh, TCA_KIND, kind);
	if (mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) >= 0)
		n = mnl_socket_recvfrom(sock, buf, sizeof(buf));
	if (n > 0)
		rc = mnl_cb_run(buf, (size_t)n, 0, mnl_socket_get_portid(sock), NULL, NULL);
	mnl_socket_close(sock);
	return rc < 0 ? -1 : 0;
}

static int probe_qdisc(const char *kind, char *text)
{
	if (add_qdisc(kind) == 0)
		return 0;
	snprintf(text, TEXT_BYTES, "the kernel has no queueing discipline %s: %s", kind,
		 strerror(errno));
	return 1;
}

static int probe_pfifo(char *text)
{
	return probe_qdisc("pfifo", text);
}

static int probe_fq(char *text)
{
	return probe_qdisc("fq", text);
}

static enum doctor_result check_pfifo(struct arena *a, const char **found, const char **advice)
{
	const char *why = try_in_sandbox(a, probe_pfifo);

	*found = why ? why : "can be set";
	*advice = "use a kernel with CONFIG_NET_SCHED=y";
	return why ? DOCTOR_WARNING : DOCTOR_OK;
}

static enum doctor_result check_fq(struct arena *a, const char **found, const char **advice)
{
	const char *why = try_in_sandbox(a, probe_fq);

	*found = why ? why : "can be set";
	*advice = "sudo modprobe sch_fq (else a kernel with CONFIG_NET_SCH_FQ)";
	return why ? DOCTOR_WARNING : DOCTOR_OK;
}

static int probe_diag(char *text)
{
	struct target_tuple any = { .local = { .family = 4 }, .local_port = 1 };
	struct arena *a = arena_new();
	struct sockdiag *d = NULL;
	enum tcp_state state;
	int rc = sockdiag_open(a, &d);

	if (rc == 0)
		rc = sockdiag_state(d, &any, &state);
	sockdiag_close(d);
	arena_free(a);
	snprintf(text, TEXT_BYTES, "%s", rc < 0 ? "the kernel does not tell TCP states" : "");
	return rc;
}

static enum doctor_result check_diag(struct arena *a, const char **found, const char **advice)
{
	const char *why = try_in_sandbox(a, probe_diag);

	*found = why ? why : "TCP states can be asked for";
	*advice = "sudo modprobe -a inet_diag tcp_diag";
	return why ? DOCTOR_WARNING : DOCTOR_OK;
}

/* In a namespace of its own, a script may choose only what the whole system allows. */
static enum doctor_result check_congestion(struct arena *a, const char **found, const char **advice)
{
	static const char *const wanted[] = { "cubic", "reno" };
	const char *allowed = read_line(a, "/proc/sys/net/ipv4/tcp_allowed_congestion_control");
	const char *available = read_line(a, "/proc/sys/net/ipv4/tcp_available_congestion_control");
	const char *list = allowed, *load = "";

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		if (has_word(allowed, wanted[i]))
			continue;
		list = arena_printf(a, "%s %s", list, wanted[i]);
		if (!has_word(available, wanted[i]))
			load = arena_printf(a, "%ssudo modprobe tcp_%s; ", load, wanted[i]);
	}
	*found = arena_printf(a, "allowed in namespaces: %s", *allowed ? allowed : "(unknown)");
	if (list == allowed)
		return DOCTOR_OK;
	*advice = arena_printf(a, "%ssudo sysctl -w net.ipv4.tcp_allowed_congestion_control=\"%s\"",
			       load, list);
	return DOCTOR_WARNING;
}

/* ---- programs ---- */

/* A package's name for each package manager, in the order of managers[]. */
enum { N_MANAGERS = 4 };

static const struct {
	const char *program, *install;
} managers[N_MANAGERS] = {
	{ "apt-get", "apt-get install -y" },
	{ "dnf", "dnf install -y" },
	{ "apk", "apk add" },
	{ "pacman", "pacman -S --noconfirm" },
};

static const char *find_program(struct arena *a, const char *name)
{
	const char *path = getenv("PATH");

	/* Where administrators' programs are, though a user's PATH may not say so. */
	path = arena_printf(a, "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
	while (*path) {
		size_t n = strcspn(path, ":");
		const char *file = arena_printf(a, "%.*s/%s", (int)n, path, name);

		if (n > 0 && access(file, X_OK) == 0)
			return file;
		path += n + (path[n] == ':');
	}
	return NULL;
}

static enum doctor_result check_program(struct arena *a, const char *name,
					const char *const package[N_MANAGERS], const char **found,
					const char **advice)
{
	*found = find_program(a, name);
	if (*found)
		return DOCTOR_OK;
	*found = arena_printf(a, "no %s in PATH", name);
	*advice = arena_printf(a, "install the package %s", package[0]);
	for (size_t i = 0; i < N_MANAGERS; i++) {
		if (!find_program(a, managers[i].program))
			continue;
		*advice = arena_printf(a, "sudo %s %s", managers[i].install, package[i]);
		break;
	}
	return DOCTOR_WARNING;
}

/* X(program, packages for apt, dnf, apk, pacman) */
#define PROGRAMS(X)                                                                                \
	X(python3, "python3", "python3", "python3", "python")                                      \
	X(ethtool, "ethtool", "ethtool", "ethtool", "ethtool")                                     \
	X(tc, "iproute2", "iproute-tc", "iproute2-tc", "iproute2")                                 \
	X(ip, "iproute2", "iproute", "iproute2", "iproute2")                                       \
	X(sysctl, "procps", "procps-ng", "procps-ng", "procps-ng")

#define X(program, ...)                                                                            \
	static enum doctor_result check_##program(struct arena *a, const char **found,             \
						  const char **advice)                             \
	{                                                                                          \
		static const char *const package[N_MANAGERS] = { __VA_ARGS__ };                    \
                                                                                                   \
		return check_program(a, #program, package, found, advice);                         \
	}
PROGRAMS(X)
#undef X

/* ---- punctuality ---- */

static int probe_real_time(char *text)
{
	struct sched_param param = { .sched_priority = sched_get_priority_min(SCHED_FIFO) };

	if (sched_setscheduler(0, SCHED_FIFO, &param) == 0)
		return 0;
	snprintf(text, TEXT_BYTES, "not permitted: %s", strerror(errno));
	return 1;
}

static enum doctor_result check_real_time(struct arena *a, const char **found, const char **advice)
{
	const char *why = try_in_sandbox(a, probe_real_time);

	*found = why ? why : "permitted";
	*advice = "echo '* - rtprio 1' | sudo tee /etc/security/limits.d/tcpdrill.conf; then log "
		  "in again (or run as root)";
	return why ? DOCTOR_WARNING : DOCTOR_OK;
}

static int by_value(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static enum doctor_result check_timers(struct arena *a, const char **found, const char **advice)
{
	int64_t late_ns[N_SLEEPS];
	int slack_ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
	int64_t median_ns;

	prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
	for (size_t i = 0; i < N_SLEEPS; i++) {
		int64_t at_ns = clock_now_ns() + NS_PER_MS;
		struct timespec at = clock_timespec(at_ns);

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		late_ns[i] = clock_now_ns() - at_ns;
	}
	prctl(PR_SET_TIMERSLACK, (unsigned long)slack_ns, 0, 0, 0);
	qsort(late_ns, N_SLEEPS, sizeof(late_ns[0]), by_value);
	median_ns = late_ns[N_SLEEPS / 2];
	*found = arena_printf(a, "sleeps end %.3f ms late (median), %.3f ms at worst, %ld CPUs",
			      (double)median_ns / NS_PER_MS,
			      (double)late_ns[N_SLEEPS - 1] / NS_PER_MS,
			      sysconf(_SC_NPROCESSORS_ONLN));
	*advice = "end other programs, or run fewer tests at once: tcpdrill run -j 1 ...";
	return median_ns > 300 * (int64_t)NS_PER_US ? DOCTOR_WARNING : DOCTOR_OK;
}

const struct doctor_row doctor_table[] = {
	{ "TUN device", check_tun, "kernel target" },
	{ "user namespaces", check_user_ns, "kernel target without root" },
	{ "capabilities", check_capabilities, "kernel target" },
	{ "sandbox", check_sandbox, "kernel target" },
	{ "kernel target", check_target, "kernel target" },
	{ "IPv6", check_ipv6, "variant ipv6" },
	{ "qdisc pfifo", check_pfifo, "scripts that set a plain queue on tun0" },
	{ "qdisc fq", check_fq, "scripts that test pacing" },
	{ "congestion control", check_congestion, "scripts that choose cubic or reno" },
	{ "sock_diag", check_diag, "state() by connection" },
	{ "python3", check_python3, "code blocks beyond the built-in evaluator" },
	{ "ethtool", check_ethtool, "commands of scripts" },
	{ "tc", check_tc, "commands of scripts" },
	{ "ip", check_ip, "commands of scripts" },
	{ "sysctl", check_sysctl, "commands of scripts" },
	{ "real-time scheduling", check_real_time, "punctual packets on a busy machine" },
	{ "timers", check_timers, "timing of tests" },
};

const size_t doctor_table_len = ARRAY_LEN(doctor_table);
