/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: a request is marshalled argument by argument, by kind, into slots
 * (kernel_call_in.c); a thunk per call takes the slots to the C library; what the call left is
 * collected by kind again (kernel_call_out.c). So calls differ here by one line only, and the time
 * between the two clock readings is that of the call alone.
 *
 * Buffers are pages of their own. A buffer that was sent without copying may be unmapped at once:
 * the kernel holds the pages until they are acknowledged, and nothing else will write to them.
 */
#include "target/kernel_call.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "target/kernel_call_impl.h"

typedef int64_t thunk(const struct slot *s);

/* A thunk: the expression sees its arguments as N(i) numbers, L(i) lengths and P(i) pointers. */
#define N(i) ((int)s[i].n)
#define L(i) ((size_t)s[i].n)
#define P(i) (s[i].p)
#define THUNK(name, expr)                                                                          \
	static int64_t do_##name(const struct slot *s)                                             \
	{                                                                                          \
		return expr;                                                                       \
	}

THUNK(socket, socket(N(0), N(1), N(2)))
THUNK(bind, bind(N(0), P(1), (socklen_t)N(2)))
THUNK(listen, listen(N(0), N(1)))
THUNK(accept, accept(N(0), P(1), P(2)))
THUNK(accept4, accept4(N(0), P(1), P(2), N(3)))
THUNK(connect, connect(N(0), P(1), (socklen_t)N(2)))
THUNK(read, read(N(0), P(1), L(2)))
THUNK(readv, readv(N(0), P(1), N(2)))
THUNK(recv, recv(N(0), P(1), L(2), N(3)))
THUNK(recvfrom, recvfrom(N(0), P(1), L(2), N(3), P(4), P(5)))
THUNK(recvmsg, recvmsg(N(0), P(1), N(2)))
THUNK(recvmmsg, recvmmsg(N(0), P(1), (unsigned int)N(2), N(3), P(4)))
THUNK(write, write(N(0), P(1), L(2)))
THUNK(writev, writev(N(0), P(1), N(2)))
THUNK(send, send(N(0), P(1), L(2), N(3)))
THUNK(sendto, sendto(N(0), P(1), L(2), N(3), P(4), (socklen_t)N(5)))
THUNK(sendmsg, sendmsg(N(0), P(1), N(2)))
THUNK(sendmmsg, sendmmsg(N(0), P(1), (unsigned int)N(2), N(3)))
THUNK(fcntl, fcntl(N(0), N(1), (long)s[2].n))
THUNK(ioctl, ioctl(N(0), (unsigned long)s[1].n, P(2)))
THUNK(close, close(N(0)))
THUNK(shutdown, shutdown(N(0), N(1)))
THUNK(getsockopt, getsockopt(N(0), N(1), N(2), P(3), P(4)))
THUNK(setsockopt, setsockopt(N(0), N(1), N(2), P(3), (socklen_t)N(4)))
THUNK(getsockname, getsockname(N(0), P(1), P(2)))
THUNK(getpeername, getpeername(N(0), P(1), P(2)))
THUNK(dup, dup(N(0)))
/* A label that is not open yet can get any descriptor: dup() then, as labels are not handles. */
THUNK(dup2, N(1) < 0 ? dup(N(0)) : dup2(N(0), N(1)))
THUNK(poll, poll(P(0), (nfds_t)s[1].n, N(2)))
THUNK(ppoll, ppoll(P(0), (nfds_t)s[1].n, P(2), NULL))
THUNK(epoll_create, epoll_create(N(0)))
THUNK(epoll_create1, epoll_create1(N(0)))
THUNK(epoll_ctl, epoll_ctl(N(0), N(1), N(2), P(3)))
THUNK(epoll_wait, epoll_wait(N(0), P(1), N(2), N(3)))
THUNK(pipe, pipe(P(0)))
THUNK(splice, splice(N(0), NULL, N(2), NULL, L(4), (unsigned int)N(5)))
THUNK(open, open(P(0), N(1), 0644))
THUNK(sendfile, sendfile(N(0), N(1), P(2), L(3)))

/* cap_set(set, capability, CAP_SET or CAP_CLEAR) of the calling thread */
static int64_t do_cap_set(const struct slot *s)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	uint32_t *set[3], bit;
	int64_t cap = s[1].n;

	if (s[0].n < 0 || s[0].n > 2 || cap < 0 || cap > CAP_LAST_CAP || s[2].n < 0 || s[2].n > 1) {
		errno = EINVAL;
		return -1;
	}
	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	set[0] = &data[cap / 32].effective;
	set[1] = &data[cap / 32].permitted;
	set[2] = &data[cap / 32].inheritable;
	bit = UINT32_C(1) << (cap % 32);
	if (s[2].n)
		*set[s[0].n] |= bit;
	else
		*set[s[0].n] &= ~bit;
	return syscall(SYS_capset, &head, data);
}

/* Without an entry: calls that Linux does not have. */
static thunk *const thunks[CALL_COUNT] = {
	[CALL_SOCKET] = do_socket, [CALL_BIND] = do_bind, [CALL_LISTEN] = do_listen,
	[CALL_ACCEPT] = do_accept, [CALL_ACCEPT4] = do_accept4, [CALL_CONNECT] = do_connect,
	[CALL_READ] = do_read, [CALL_READV] = do_readv, [CALL_RECV] = do_recv,
	[CALL_RECVFROM] = do_recvfrom, [CALL_RECVMSG] = do_recvmsg, [CALL_RECVMMSG] = do_recvmmsg,
	[CALL_WRITE] = do_write, [CALL_WRITEV] = do_writev, [CALL_SEND] = do_send,
	[CALL_SENDTO] = do_sendto, [CALL_SENDMSG] = do_sendmsg, [CALL_SENDMMSG] = do_sendmmsg,
	[CALL_FCNTL] = do_fcntl, [CALL_IOCTL] = do_ioctl, [CALL_CLOSE] = do_close,
	[CALL_SHUTDOWN] = do_shutdown, [CALL_GETSOCKOPT] = do_getsockopt,
	[CALL_SETSOCKOPT] = do_setsockopt, [CALL_GETSOCKNAME] = do_getsockname,
	[CALL_GETPEERNAME] = do_getpeername, [CALL_DUP] = do_dup, [CALL_DUP2] = do_dup2,
	[CALL_POLL] = do_poll, [CALL_PPOLL] = do_ppoll, [CALL_EPOLL_CREATE] = do_epoll_create,
	[CALL_EPOLL_CREATE1] = do_epoll_create1, [CALL_EPOLL_CTL] = do_epoll_ctl,
	[CALL_EPOLL_WAIT] = do_epoll_wait, [CALL_PIPE] = do_pipe, [CALL_SPLICE] = do_splice,
	[CALL_OPEN] = do_open, [CALL_SENDFILE] = do_sendfile, [CALL_CAP_SET] = do_cap_set,
};

static int64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void give_back(struct kernel_call *kc, bool keep_sent)
{
	for (struct region *r = kc->regions; r; r = r->next) {
		if (!keep_sent || !r->is_sent)
			munmap(r->p, r->n_bytes);
	}
	kc->regions = NULL;
}

int kernel_call_prepare(struct arena *a, const struct call_request *req, struct kernel_call **out,
			const char **why)
{
	const struct call_spec *spec = req->spec;
	struct kernel_call *kc;

	if (!thunks[spec->row->id]) {
		*why = arena_printf(a, "this kernel has no call %s", spec->row->name);
		return -ERR_UNSUPPORTED;
	}
	kc = ARENA_NEW(a, struct kernel_call);
	kc->a = a;
	kc->req = req;
	kc->payload = req->payload;
	for (size_t i = 0; i < spec->n_args; i++) {
		int rc = kernel_call_marshal(kc, i);

		if (rc < 0) {
			*why = arena_printf(a, "no memory for the buffers of %s", spec->row->name);
			give_back(kc, false);
			return rc;
		}
	}
	*out = kc;
	return 0;
}

void kernel_call_invoke(struct kernel_call *kc)
{
	thunk *call = thunks[kc->req->spec->row->id];

	kc->start_ns = clock_now_ns();
	kc->value = call(kc->slot);
	kc->err = kc->value < 0 ? errno : 0;
	kc->end_ns = clock_now_ns();
}

void kernel_call_finish(struct kernel_call *kc, struct call_result *res)
{
	*res = (struct call_result){
		.value = kc->value, .err = kc->err, .start_ns = kc->start_ns, .end_ns = kc->end_ns,
	};
	for (size_t i = 0; i < kc->req->spec->n_args; i++)
		kernel_call_collect(kc, i, res);
	give_back(kc, kc->req->keep_buffers);
}

int kernel_call_run(struct arena *a, const struct call_request *req, struct call_result *res,
		    const char **why)
{
	struct kernel_call *kc;
	int rc = kernel_call_prepare(a, req, &kc, why);

	if (rc < 0)
		return rc;
	kernel_call_invoke(kc);
	kernel_call_finish(kc, res);
	return 0;
}
