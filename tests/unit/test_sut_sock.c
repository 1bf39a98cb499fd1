/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sockopt.h"
#include "sut_one_host.h"
#include "unit.h"

/* Handles, descriptors and options, with the errno Linux gives for bad arguments. */

static int stream(void)
{
	return sut_socket(host.s, DOMAIN_INET, TYPE_STREAM, 0);
}

static int set_int(int h, int level, int name, int v)
{
	return sut_setsockopt(host.s, h, level, name, &v, sizeof(v));
}

static int get_int(int h, int level, int name)
{
	int v = -77;
	uint32_t n = sizeof(v);
	int rc = sut_getsockopt(host.s, h, level, name, &v, &n);

	return rc ? rc : v;
}

/* ---- socket() and handles ---- */

static const struct {
	int domain, type, protocol, rc;
} socket_calls[] = {
	{ 2, 1, 0, 0 }, { 2, 1, 6, 0 }, { 2, 2, 0, 0 }, { 2, 2, 17, 0 },
	{ 10, 1, 0, 0 }, { 10, 2, 17, 0 },
	{ 2, 1 | 04000 | 02000000, 0, 0 },
	{ 1, 1, 0, SUT_EAFNOSUPPORT }, { 99, 1, 0, SUT_EAFNOSUPPORT },
	{ 2, 1, 17, SUT_EPROTONOSUPPORT }, { 2, 2, 6, SUT_EPROTONOSUPPORT },
	{ 2, 1, 132, SUT_EPROTONOSUPPORT },
	{ 2, 1, 263, SUT_EINVAL }, { 2, 1, -1, SUT_EINVAL },
	{ 2, 3, 1, SUT_ESOCKTNOSUPPORT }, { 2, 5, 0, SUT_ESOCKTNOSUPPORT },
	{ 2, 11, 0, SUT_EINVAL }, { 2, 15, 0, SUT_EINVAL }, { 2, 1 | 0x100, 0, SUT_EINVAL },
};

START_TEST(socket_checks_its_arguments)
{
	ck_assert_int_eq(sut_socket(host.s, socket_calls[_i].domain, socket_calls[_i].type,
				    socket_calls[_i].protocol), socket_calls[_i].rc);
}
END_TEST

START_TEST(handles_are_the_lowest_free)
{
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(stream(), i);
	ck_assert_int_eq(sut_close(host.s, 17), 0);
	ck_assert_int_eq(sut_close(host.s, 4), 0);
	ck_assert_int_eq(sut_close(host.s, 4), SUT_EBADF);
	ck_assert_int_eq(sut_dup(host.s, 0, 10), 17);
	ck_assert_int_eq(sut_epoll_create(host.s, 0), 4);
	ck_assert_int_eq(stream(), 20);
}
END_TEST

START_TEST(handles_run_out)
{
	int h = 0;

	for (int i = 0; i < 1024; i++)
		h = sut_socket(host.s, DOMAIN_INET, TYPE_DGRAM, 0);
	ck_assert_int_eq(h, 1023);
	ck_assert_int_eq(stream(), SUT_EMFILE);
	ck_assert_int_eq(sut_dup(host.s, 0, 0), SUT_EMFILE);
	ck_assert_int_eq(sut_epoll_create(host.s, 0), SUT_EMFILE);
	ck_assert_int_eq(sut_close(host.s, 100), 0);
	ck_assert_int_eq(stream(), 100);
}
END_TEST

START_TEST(duplicates_share_the_socket)
{
	int h = stream(), d = sut_dup(host.s, h, 7);

	ck_assert_int_eq(d, 7);
	ck_assert_int_eq(set_int(d, LEVEL_SOCKET, 2, 1), 0);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 2), 1);
	ck_assert_int_eq(sut_fcntl(host.s, d, 4, FILE_NONBLOCK), 0);
	ck_assert(sut_is_nonblocking(host.s, h));
	ck_assert_int_eq(sut_close(host.s, h), 0);
	ck_assert_int_eq(get_int(d, LEVEL_SOCKET, 2), 1);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 2), SUT_EBADF);
	ck_assert_int_eq(sut_dup(host.s, h, 0), SUT_EBADF);
	ck_assert_int_eq(sut_dup(host.s, d, -1), SUT_EINVAL);
	ck_assert_int_eq(sut_dup(host.s, d, 1024), SUT_EINVAL);
}
END_TEST

/* ---- bad handles ---- */

static int call_bad(int which, int h)
{
	struct sut_endpoint e = { sut_local4, 7 };
	struct sut_iovec iov = { NULL, 1 };
	struct sut_msg m = { .iov = &iov, .n_iov = 1 };
	int v = 0;
	uint32_t n = sizeof(v);

	switch (which) {
	case 0: return sut_bind(host.s, h, &e);
	case 1: return sut_listen(host.s, h, 1);
	case 2: return sut_accept(host.s, h, 0, NULL);
	case 3: return sut_connect(host.s, h, &e);
	case 4: return (int)sut_sendmsg(host.s, h, &m, 0);
	case 5: return (int)sut_recvmsg(host.s, h, &m, 0);
	case 6: return sut_shutdown(host.s, h, 1);
	case 7: return sut_getsockopt(host.s, h, 1, 2, &v, &n);
	case 8: return sut_setsockopt(host.s, h, 1, 2, &v, n);
	case 9: return sut_getsockname(host.s, h, &e);
	case 10: return sut_getpeername(host.s, h, &e);
	case 11: return sut_fcntl(host.s, h, 3, 0);
	case 12: return sut_ioctl(host.s, h, 0x541B, &v);
	case 13: return sut_close(host.s, h);
	}
	return 0;
}

START_TEST(bad_handles_are_refused)
{
	ck_assert_int_eq(call_bad(_i, -1), SUT_EBADF);
	ck_assert_int_eq(call_bad(_i, 0), SUT_EBADF);
	ck_assert_int_eq(call_bad(_i, 1 << 30), SUT_EBADF);
	ck_assert_int_eq(sut_state(host.s, 5), SUT_CLOSED);
	ck_assert(!sut_is_nonblocking(host.s, 5));
}
END_TEST

START_TEST(epoll_is_no_socket)
{
	int ep = sut_epoll_create(host.s, 0);

	if (_i < 11)
		ck_assert_int_eq(call_bad(_i, ep), SUT_ENOTSOCK);
	else if (_i == 12)
		ck_assert_int_eq(call_bad(_i, ep), SUT_ENOTTY);
	ck_assert_int_eq(sut_state(host.s, ep), SUT_CLOSED);
	ck_assert(sut_ready(host.s, ep, SUT_WAIT_READ));
}
END_TEST

START_TEST(null_pointers_are_faults)
{
	int h = stream();
	uint32_t n = 4;

	ck_assert_int_eq(sut_bind(host.s, h, NULL), SUT_EFAULT);
	ck_assert_int_eq(sut_getsockname(host.s, h, NULL), SUT_EFAULT);
	ck_assert_int_eq(sut_sendmsg(host.s, h, NULL, 0), SUT_EFAULT);
	ck_assert_int_eq(sut_recvmsg(host.s, h, NULL, 0), SUT_EFAULT);
	ck_assert_int_eq(sut_setsockopt(host.s, h, 1, 2, NULL, 4), SUT_EFAULT);
	ck_assert_int_eq(sut_setsockopt(host.s, h, 1, 13, NULL, 8), SUT_EFAULT);
	ck_assert_int_eq(sut_setsockopt(host.s, h, 6, 1, NULL, 4), SUT_EFAULT);
	ck_assert_int_eq(sut_getsockopt(host.s, h, 1, 2, NULL, &n), SUT_EFAULT);
	ck_assert_int_eq(sut_getsockopt(host.s, h, 1, 2, &n, NULL), SUT_EFAULT);
	ck_assert_int_eq(sut_ioctl(host.s, h, 0x541B, NULL), SUT_EFAULT);
	ck_assert_int_eq(sut_poll(host.s, NULL, 1), SUT_EFAULT);
}
END_TEST

/* ---- fcntl and ioctl ---- */

START_TEST(file_flags_are_kept)
{
	int type = TYPE_STREAM | TYPE_NONBLOCK | TYPE_CLOEXEC, off = 0;
	int h = sut_socket(host.s, DOMAIN_INET, type, 0);

	ck_assert(sut_is_nonblocking(host.s, h));
	ck_assert_int_eq(sut_fcntl(host.s, h, 3, 0), 2 | 04000);
	ck_assert_int_eq(sut_fcntl(host.s, h, 1, 0), 1);
	ck_assert_int_eq(sut_fcntl(host.s, h, 4, 2), 0);
	ck_assert_int_eq(sut_fcntl(host.s, h, 3, 0), 2);
	ck_assert(!sut_is_nonblocking(host.s, h));
	ck_assert_int_eq(sut_fcntl(host.s, h, 4, 2 | 04000), 0);
	ck_assert_int_eq(sut_fcntl(host.s, h, 3, 0), 2 | 04000);
	ck_assert_int_eq(sut_ioctl(host.s, h, 0x5421, &off), 0);
	ck_assert_int_eq(sut_fcntl(host.s, h, 3, 0), 2);
	ck_assert_int_eq(sut_fcntl(host.s, h, 4, 02000 | 0400000), 0);
	ck_assert_int_eq(sut_fcntl(host.s, h, 3, 0), 2 | 02000);
	ck_assert_int_eq(sut_fcntl(host.s, h, 2, 0), 0);
	ck_assert_int_eq(sut_fcntl(host.s, h, 1, 0), 0);
	ck_assert_int_eq(sut_fcntl(host.s, h, 0, 9), 9);
	ck_assert_int_eq(sut_fcntl(host.s, 9, 1, 0), 0);
	ck_assert_int_eq(sut_fcntl(host.s, h, 1030, 9), 10);
	ck_assert_int_eq(sut_fcntl(host.s, 10, 1, 0), 1);
	ck_assert_int_eq(sut_fcntl(host.s, h, 0, -1), SUT_EINVAL);
	ck_assert_int_eq(sut_fcntl(host.s, h, 0, 1024), SUT_EINVAL);
	ck_assert_int_eq(sut_fcntl(host.s, h, 77, 0), SUT_EINVAL);
}
END_TEST

START_TEST(addresses_must_fit_the_socket)
{
	int h4 = stream(), h6 = sut_socket(host.s, DOMAIN_INET6, TYPE_STREAM, 0);
	struct sut_endpoint e4 = { sut_local4, 7 }, e6 = { sut_local6, 7 }, none = { { 0 }, 7 };
	struct sut_endpoint odd = { { 0, { 1, 2, 3, 4 } }, 7 };

	ck_assert_int_eq(sut_bind(host.s, h4, &e6), SUT_EAFNOSUPPORT);
	ck_assert_int_eq(sut_bind(host.s, h6, &e4), SUT_EINVAL);
	ck_assert_int_eq(sut_bind(host.s, h6, &none), SUT_EAFNOSUPPORT);
	ck_assert_int_eq(sut_bind(host.s, h4, &odd), SUT_EAFNOSUPPORT);
	ck_assert_int_eq(sut_connect(host.s, h4, &e6), SUT_EAFNOSUPPORT);
	ck_assert_int_eq(sut_connect(host.s, h6, &e4), SUT_EINVAL);
	ck_assert_int_eq(sut_bind(host.s, h4, &none), 0);
	ck_assert_int_eq(sut_accept(host.s, h4, 1, NULL), SUT_EINVAL);
	ck_assert_int_eq(sut_shutdown(host.s, h4, -1), SUT_EINVAL);
	ck_assert_int_eq(sut_shutdown(host.s, h4, 3), SUT_EINVAL);
}
END_TEST

/* ---- the table of options ---- */

static int n_rows(void)
{
	int n = 0;

	while (sockopt_at((size_t)n))
		n++;
	return n;
}

/* A socket on which the row's option exists. */
static int socket_for(const struct sockopt_row *r)
{
	int h = sut_socket(host.s, DOMAIN_INET6, r->only_type ? r->only_type : TYPE_STREAM, 0);

	ck_assert_int_ge(h, 0);
	return h;
}

START_TEST(rows_are_unique_and_found)
{
	const struct sockopt_row *r = sockopt_at((size_t)_i);

	ck_assert_ptr_eq(sockopt_find(r->level, r->name), r);
	ck_assert_ptr_nonnull(r->text);
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(sockopt_at((size_t)i)->text, r->text);
}
END_TEST

START_TEST(numbers_are_kept_within_their_range)
{
	const struct sockopt_row *r = sockopt_at((size_t)_i);
	int h = socket_for(r);

	if (r->is_read_only) {
		ck_assert_int_eq(set_int(h, r->level, r->name, 1), SUT_ENOPROTOOPT);
	} else if (r->form == OPT_BOOL) {
		ck_assert_int_eq(set_int(h, r->level, r->name, 5), 0);
		ck_assert_int_eq(get_int(h, r->level, r->name), 1);
		ck_assert_int_eq(set_int(h, r->level, r->name, 0), 0);
		ck_assert_int_eq(get_int(h, r->level, r->name), 0);
	} else if (r->form == OPT_U8) {
		ck_assert_int_eq(set_int(h, r->level, r->name, (int)r->max), 0);
		ck_assert_int_eq(get_int(h, r->level, r->name), (int)r->max);
		ck_assert_int_eq(set_int(h, r->level, r->name, (int)r->max + 1), SUT_EINVAL);
		ck_assert_int_eq(set_int(h, r->level, r->name, (int)r->min), 0);
		ck_assert_int_eq(get_int(h, r->level, r->name), (int)r->min);
		ck_assert_int_eq(set_int(h, r->level, r->name, -2), SUT_EINVAL);
	} else if (r->form == OPT_U32) {
		ck_assert_int_eq(set_int(h, r->level, r->name, 123456), 0);
		ck_assert_int_eq(get_int(h, r->level, r->name), 123456);
	}
}
END_TEST

START_TEST(lengths_are_checked)
{
	const struct sockopt_row *r = sockopt_at((size_t)_i);
	int h = socket_for(r), v = 0, want = r->level == LEVEL_IP ? 0 : SUT_EINVAL;
	/* too short for a structure, and no options of IP */
	static const uint8_t cut[3] = { 131, 7, 4 };
	uint8_t out[64];

	if (!r->is_read_only && r->form != OPT_BYTES && strcmp(r->text, "IP_TTL"))
		ck_assert_int_eq(sut_setsockopt(host.s, h, r->level, r->name, &v, 3), want);
	if (!r->is_read_only && r->form == OPT_BYTES)
		ck_assert_int_eq(sut_setsockopt(host.s, h, r->level, r->name, cut, 3), SUT_EINVAL);
	ck_assert_int_eq(sut_setsockopt(host.s, h, r->level, r->name, &v, UINT32_MAX), SUT_EINVAL);
	for (uint32_t room = 0; room < sizeof(out); room++) {
		uint8_t *exact = malloc(room ? room : 1);
		uint32_t n = room;
		int rc = sut_getsockopt(host.s, h, r->level, r->name, exact, &n);

		ck_assert(rc == 0 || rc == SUT_ENOTCONN || rc == SUT_ENOPROTOOPT);
		ck_assert_uint_le(n, room);
		free(exact);
	}
}
END_TEST

START_TEST(unknown_options_are_refused)
{
	static const int level_name[][2] = {
		{ 1, 60 }, { 1, 37 }, { 1, 999 }, { 1, -1 }, { 0, 999 }, { 41, 999 }, { 77, 1 },
		{ 17, 1 },
	};
	int h = stream(), h6 = sut_socket(host.s, DOMAIN_INET6, TYPE_STREAM, 0), v = 1;
	uint32_t n = sizeof(v);

	for (size_t i = 0; i < sizeof(level_name) / sizeof(level_name[0]); i++) {
		int level = level_name[i][0], name = level_name[i][1];

		ck_assert_int_eq(set_int(h, level, name, 1), SUT_ENOPROTOOPT);
		ck_assert_int_eq(sut_getsockopt(host.s, h, level, name, &v, &n),
				 level < 2 ? SUT_ENOPROTOOPT : SUT_EOPNOTSUPP);
		ck_assert_int_eq(sut_getsockopt(host.s, h6, level, name, &v, &n), SUT_ENOPROTOOPT);
	}
	ck_assert_int_eq(set_int(h, 41, 26, 1), SUT_ENOPROTOOPT);
	h = sut_socket(host.s, DOMAIN_INET, TYPE_DGRAM, 0);
	ck_assert_int_eq(set_int(h, 6, 1, 1), SUT_ENOPROTOOPT);
}
END_TEST

START_TEST(sockets_know_what_they_are)
{
	int h = sut_socket(host.s, DOMAIN_INET6, TYPE_DGRAM, 0);

	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 3), 2);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 38), 17);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 39), 10);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 30), 0);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 4), 0);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 19), 1);
	h = stream();
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 3), 1);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 38), 6);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 39), 2);
}
END_TEST

static const struct {
	int name, value, got;
} buffers[] = {
	{ 7, 1000, 4608 }, { 7, 2304, 4608 }, { 7, 2305, 4610 }, { 7, 30000, 60000 },
	{ 7, 2000000, 2000000 }, { 7, -1, 2000000 }, { 7, 0, 4608 },
	{ 8, 1000, 2304 }, { 8, 1153, 2306 }, { 8, 1000000, 1000000 }, { 8, -1, 1000000 },
	{ 32, 2000000, 4000000 }, { 32, -1, 4608 }, { 32, INT32_MAX, INT32_MAX - 1 },
	{ 33, 1000000, 2000000 }, { 33, -1, 2304 },
};

START_TEST(buffer_sizes_are_doubled_and_capped)
{
	int h = _i % 2 ? stream() : sut_socket(host.s, DOMAIN_INET, TYPE_DGRAM, 0);
	int name = buffers[_i].name;

	ck_assert_int_eq(sut_sysctl_set(host.s, "net.core.wmem_max", "1000000"), 0);
	ck_assert_int_eq(sut_sysctl_set(host.s, "net.core.rmem_max", "500000"), 0);
	ck_assert_int_eq(set_int(h, LEVEL_SOCKET, name, buffers[_i].value), 0);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, name > 8 ? name - 25 : name), buffers[_i].got);
}
END_TEST

START_TEST(low_water_mark_is_at_most_half_the_buffer)
{
	int h = stream();

	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 18), 1);
	ck_assert_int_eq(set_int(h, LEVEL_SOCKET, 18, 0), 0);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 18), 1);
	ck_assert_int_eq(set_int(h, LEVEL_SOCKET, 8, 10000), 0);
	ck_assert_int_eq(set_int(h, LEVEL_SOCKET, 18, 50000), 0);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 18), 10000);
	ck_assert_int_eq(set_int(h, LEVEL_SOCKET, 18, 77), 0);
	ck_assert_int_eq(get_int(h, LEVEL_SOCKET, 18), 77);
}
END_TEST

static const struct {
	int64_t sec, usec, got_sec, got_usec;
	int rc;
} timeouts[] = {
	{ 5, 250000, 5, 250000, 0 }, { 0, 0, 0, 0, 0 }, { 0, 999999, 0, 999999, 0 },
	{ 0, 1000000, 0, 0, SUT_EDOM }, { 1, -1, 0, 0, SUT_EDOM }, { -1, 0, 0, 0, 0 },
	{ INT64_MAX, 0, 0, 0, 0 },
};

START_TEST(timeouts_are_timevals)
{
	static const int names[] = { 20, 21, 66, 67 };
	int64_t tv[2] = { timeouts[_i].sec, timeouts[_i].usec };
	int h = stream();

	for (size_t i = 0; i < 4; i++) {
		int64_t got[2] = { -1, -1 };
		uint32_t n = sizeof(got);

		ck_assert_int_eq(sut_setsockopt(host.s, h, 1, names[i], tv, 16), timeouts[_i].rc);
		ck_assert_int_eq(sut_getsockopt(host.s, h, 1, names[i], got, &n), 0);
		ck_assert_uint_eq(n, 16);
		ck_assert_int_eq(got[0], timeouts[_i].got_sec);
		ck_assert_int_eq(got[1], timeouts[_i].got_usec);
	}
}
END_TEST

START_TEST(linger_is_a_structure)
{
	int h = stream(), v[2] = { 7, 30 }, got[2] = { -1, -1 };
	uint32_t n = sizeof(got);

	ck_assert_int_eq(sut_setsockopt(host.s, h, 1, 13, v, 8), 0);
	ck_assert_int_eq(sut_getsockopt(host.s, h, 1, 13, got, &n), 0);
	ck_assert_int_eq(got[0], 1);
	ck_assert_int_eq(got[1], 30);
	v[0] = 0;
	ck_assert_int_eq(sut_setsockopt(host.s, h, 1, 13, v, 8), 0);
	ck_assert_int_eq(sut_getsockopt(host.s, h, 1, 13, got, &n), 0);
	ck_assert_int_eq(got[0], 0);
	ck_assert_int_eq(sut_setsockopt(host.s, h, 1, 13, v, 7), SUT_EINVAL);
}
END_TEST

START_TEST(pacing_rate_is_of_either_width)
{
	uint64_t wide = UINT64_C(5000000000), got = 0;
	uint32_t narrow = 0, n = sizeof(got), m = sizeof(narrow);
	int h = stream();

	ck_assert_int_eq(sut_getsockopt(host.s, h, 1, 47, &got, &n), 0);
	ck_assert_uint_eq(got, UINT64_MAX);
	ck_assert_int_eq(sut_setsockopt(host.s, h, 1, 47, &wide, 8), 0);
	ck_assert_int_eq(sut_getsockopt(host.s, h, 1, 47, &got, &n), 0);
	ck_assert_uint_eq(got, wide);
	ck_assert_int_eq(sut_getsockopt(host.s, h, 1, 47, &narrow, &m), 0);
	ck_assert_uint_eq(narrow, UINT32_MAX);
	ck_assert_int_eq(set_int(h, 1, 47, 1000), 0);
	ck_assert_int_eq(sut_getsockopt(host.s, h, 1, 47, &got, &n), 0);
	ck_assert_uint_eq(got, 1000);
	ck_assert_int_eq(set_int(h, 1, 47, -1), 0);
	ck_assert_int_eq(sut_getsockopt(host.s, h, 1, 47, &got, &n), 0);
	ck_assert_uint_eq(got, UINT64_MAX);
}
END_TEST

START_TEST(ecn_bits_belong_to_tcp)
{
	int h = sut_socket(host.s, DOMAIN_INET6, TYPE_STREAM, 0);
	uint8_t byte = 0xff;
	uint32_t n = 1;

	ck_assert_int_eq(set_int(h, LEVEL_IP, 1, 0xbb), 0);
	ck_assert_int_eq(get_int(h, LEVEL_IP, 1), 0xb8);
	ck_assert_int_eq(set_int(h, LEVEL_IPV6, 67, 0xbb), 0);
	ck_assert_int_eq(get_int(h, LEVEL_IPV6, 67), 0xb8);
	ck_assert_int_eq(set_int(h, LEVEL_IPV6, 67, -1), 0);
	ck_assert_int_eq(get_int(h, LEVEL_IPV6, 67), 0);
	ck_assert_int_eq(set_int(h, LEVEL_IPV6, 67, 256), SUT_EINVAL);
	ck_assert_int_eq(sut_getsockopt(host.s, h, LEVEL_IP, 1, &byte, &n), 0);
	ck_assert_uint_eq(byte, 0xb8);
	h = sut_socket(host.s, DOMAIN_INET, TYPE_DGRAM, 0);
	byte = 0x13;
	ck_assert_int_eq(sut_setsockopt(host.s, h, LEVEL_IP, 1, &byte, 1), 0);
	ck_assert_int_eq(get_int(h, LEVEL_IP, 1), 0x13);
}
END_TEST

START_TEST(hop_limits_have_defaults)
{
	int h = sut_socket(host.s, DOMAIN_INET6, TYPE_STREAM, 0), zero = 0;

	ck_assert_int_eq(get_int(h, LEVEL_IP, 2), 64);
	ck_assert_int_eq(get_int(h, LEVEL_IPV6, 16), 64);
	ck_assert_int_eq(sut_sysctl_set(host.s, "net.ipv4.ip_default_ttl", "9"), 0);
	ck_assert_int_eq(get_int(h, LEVEL_IP, 2), 9);
	ck_assert_int_eq(set_int(h, LEVEL_IP, 2, 7), 0);
	ck_assert_int_eq(get_int(h, LEVEL_IP, 2), 7);
	ck_assert_int_eq(set_int(h, LEVEL_IP, 2, -1), 0);
	ck_assert_int_eq(get_int(h, LEVEL_IP, 2), 9);
	ck_assert_int_eq(sut_setsockopt(host.s, h, LEVEL_IP, 2, &zero, 0), SUT_EINVAL);
	ck_assert_int_eq(get_int(h, LEVEL_IP, 14), SUT_ENOTCONN);
}
END_TEST

START_TEST(v6only_is_settled_by_bind)
{
	int h = sut_socket(host.s, DOMAIN_INET6, TYPE_DGRAM, 0);

	ck_assert_int_eq(get_int(h, LEVEL_IPV6, 26), 0);
	ck_assert_int_eq(set_int(h, LEVEL_IPV6, 26, 1), 0);
	ck_assert_int_eq(sut_bind(host.s, h, &(struct sut_endpoint){ { 6, { 0 } }, 7 }), 0);
	ck_assert_int_eq(set_int(h, LEVEL_IPV6, 26, 0), SUT_EINVAL);
	ck_assert_int_eq(get_int(h, LEVEL_IPV6, 26), 1);
	ck_assert_int_eq(sut_sysctl_set(host.s, "net.ipv6.bindv6only", "1"), 0);
	h = sut_socket(host.s, DOMAIN_INET6, TYPE_DGRAM, 0);
	ck_assert_int_eq(get_int(h, LEVEL_IPV6, 26), 1);
}
END_TEST

/* ---- poll ---- */

START_TEST(poll_reports_each_handle)
{
	int u = sut_socket(host.s, DOMAIN_INET, TYPE_DGRAM, 0), t = stream();
	struct sut_pollfd p[] = { { u, POLL_OUT, 99 }, { u, POLL_IN, 99 }, { -1, POLL_OUT, 99 },
				  { 77, 0, 99 }, { t, POLL_OUT, 99 }, { t, 0, 99 } };

	ck_assert_int_eq(sut_poll(host.s, p, 6), 4);
	ck_assert_int_eq(p[0].revents, POLL_OUT);
	ck_assert_int_eq(p[1].revents, 0);
	ck_assert_int_eq(p[2].revents, 0);
	ck_assert_int_eq(p[3].revents, 0x20);
	ck_assert_int_eq(p[4].revents, POLL_OUT | POLL_HUP);
	ck_assert_int_eq(p[5].revents, POLL_HUP);
	ck_assert_int_eq(sut_poll(host.s, NULL, 0), 0);
}
END_TEST

static Suite *sock_suite(void)
{
	Suite *s = suite_create("sut_sock");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, socket_checks_its_arguments, 0,
			    sizeof(socket_calls) / sizeof(socket_calls[0]));
	tcase_add_test(t, handles_are_the_lowest_free);
	tcase_add_test(t, handles_run_out);
	tcase_add_test(t, duplicates_share_the_socket);
	tcase_add_loop_test(t, bad_handles_are_refused, 0, 14);
	tcase_add_loop_test(t, epoll_is_no_socket, 0, 13);
	tcase_add_test(t, null_pointers_are_faults);
	tcase_add_test(t, file_flags_are_kept);
	tcase_add_test(t, addresses_must_fit_the_socket);
	tcase_add_loop_test(t, rows_are_unique_and_found, 0, n_rows());
	tcase_add_loop_test(t, numbers_are_kept_within_their_range, 0, n_rows());
	tcase_add_loop_test(t, lengths_are_checked, 0, n_rows());
	tcase_add_test(t, unknown_options_are_refused);
	tcase_add_test(t, sockets_know_what_they_are);
	tcase_add_loop_test(t, buffer_sizes_are_doubled_and_capped, 0,
			    sizeof(buffers) / sizeof(buffers[0]));
	tcase_add_test(t, low_water_mark_is_at_most_half_the_buffer);
	tcase_add_loop_test(t, timeouts_are_timevals, 0, sizeof(timeouts) / sizeof(timeouts[0]));
	tcase_add_test(t, linger_is_a_structure);
	tcase_add_test(t, pacing_rate_is_of_either_width);
	tcase_add_test(t, ecn_bits_belong_to_tcp);
	tcase_add_test(t, hop_limits_have_defaults);
	tcase_add_test(t, v6only_is_settled_by_bind);
	tcase_add_test(t, poll_reports_each_handle);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(sock_suite());
}
