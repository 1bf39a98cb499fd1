/* SPDX-License-Identifier: BSD-2-Clause */
#include "sock.h"

/* Calls that any descriptor knows: fcntl() and ioctl(). */

enum fcntl_cmd {
	CMD_DUPFD = 0, CMD_GETFD = 1, CMD_SETFD = 2, CMD_GETFL = 3, CMD_SETFL = 4,
	CMD_DUPFD_CLOEXEC = 1030,
};

enum { REQUEST_FIONBIO = 0x5421 };

static void set_nonblocking(struct sock *k, bool on)
{
	k->file_flags = (k->file_flags & ~FILE_NONBLOCK) | (on ? FILE_NONBLOCK : 0);
	if (!k->ops->is_socket)
		return;
	k->ops->opts(k)->is_nonblocking = on;
	k->ops->opts_changed(k);
}

bool sut_is_nonblocking(struct sut *s, int h)
{
	const struct sock *k = sock_get(s, h);

	return k && k->file_flags & FILE_NONBLOCK;
}

static int dup_cloexec(struct sut *s, int h, int64_t arg, bool is_cloexec)
{
	int to = arg < 0 || arg >= HANDLE_MAX ? SUT_EINVAL : sut_dup(s, h, (int)arg);

	if (to >= 0)
		s->socks->slot[to].is_cloexec = is_cloexec;
	return to;
}

int sut_fcntl(struct sut *s, int h, int cmd, int64_t arg)
{
	const int settable = FILE_NONBLOCK | FILE_APPEND | FILE_ASYNC;
	struct sock *k = sock_get(s, h);

	if (!k)
		return SUT_EBADF;
	switch (cmd) {
	case CMD_DUPFD:
	case CMD_DUPFD_CLOEXEC:
		return dup_cloexec(s, h, arg, cmd == CMD_DUPFD_CLOEXEC);
	case CMD_GETFD:
		return s->socks->slot[h].is_cloexec;
	case CMD_SETFD:
		s->socks->slot[h].is_cloexec = arg & 1;
		return 0;
	case CMD_GETFL:
		return FILE_RDWR | k->file_flags;
	case CMD_SETFL:
		k->file_flags = (int)arg & settable;
		set_nonblocking(k, arg & FILE_NONBLOCK);
		return 0;
	default:
		return SUT_EINVAL;
	}
}

int sut_ioctl(struct sut *s, int h, uint64_t request, int *value)
{
	struct sock *k = sock_get(s, h);

	if (!k)
		return SUT_EBADF;
	if (!value)
		return SUT_EFAULT;
	if (request == REQUEST_FIONBIO) {
		set_nonblocking(k, *value != 0);
		return 0;
	}
	return k->ops->ioctl ? k->ops->ioctl(k, request, value) : SUT_ENOTTY;
}
