/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "sut_host.h"
#include "unit.h"

/* epoll on UDP sockets: what is ready is made by packets. */

enum { IN = 1, OUT = 4, ERR = 8, HUP = 16, ADD = 1, DEL = 2, MOD = 3 };

#define EDGE (UINT32_C(1) << 31)
#define ONESHOT (UINT32_C(1) << 30)
#define EXCLUSIVE (UINT32_C(1) << 28)

static struct sut_host host;
static int ep, sock;

static int udp(uint16_t port)
{
	int h = sut_socket(host.s, 2, 2, 0);

	ck_assert_int_ge(h, 0);
	ck_assert_int_eq(sut_bind(host.s, h, &(struct sut_endpoint){ { 4, { 0 } }, port }), 0);
	return h;
}

static void setup(void)
{
	host = (struct sut_host){ 0 };
	ck_assert_ptr_nonnull(sut_host_start(&host));
	ep = sut_epoll_create(host.s, 0);
	sock = udp(7);
}

static void teardown(void)
{
	sut_host_stop(&host);
}

static int ctl(int e, int op, int h, uint32_t events)
{
	struct sut_epoll_event ev = { events, (uint64_t)h + 1000 };

	return sut_epoll_ctl(host.s, e, op, h, &ev);
}

static void feed(uint16_t port)
{
	struct sut_pkt p = sut_udp_pkt(sut_remote4, sut_local4, 9, port, "abc", 3);

	sut_feed(&host, &p);
}

static void read_one(int h)
{
	char b[8];
	struct sut_iovec iov = { b, sizeof(b) };
	struct sut_msg m = { .iov = &iov, .n_iov = 1 };

	ck_assert_int_eq(sut_recvmsg(host.s, h, &m, 0), 3);
}

/* Events of the one ready entry, 0 when there is none. */
static uint32_t wait_one(int e)
{
	struct sut_epoll_event ev[4];
	int n = sut_epoll_wait(host.s, e, ev, 4);

	ck_assert_int_ge(n, 0);
	ck_assert_int_le(n, 1);
	return n ? ev[0].events : 0;
}

START_TEST(level_triggered_is_reported_while_true)
{
	ck_assert_int_eq(ctl(ep, ADD, sock, IN), 0);
	ck_assert_uint_eq(wait_one(ep), 0);
	feed(7);
	feed(7);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(wait_one(ep), IN);
	read_one(sock);
	ck_assert_uint_eq(wait_one(ep), IN);
	read_one(sock);
	ck_assert_uint_eq(wait_one(ep), 0);
	feed(7);
	ck_assert_uint_eq(wait_one(ep), IN);
}
END_TEST

START_TEST(edge_triggered_is_reported_once_per_wake)
{
	ck_assert_int_eq(ctl(ep, ADD, sock, IN | OUT | EDGE), 0);
	ck_assert_uint_eq(wait_one(ep), OUT);
	ck_assert_uint_eq(wait_one(ep), 0);
	feed(7);
	feed(7);
	ck_assert_uint_eq(wait_one(ep), IN | OUT);
	ck_assert_uint_eq(wait_one(ep), 0);
	feed(7);
	ck_assert_uint_eq(wait_one(ep), IN | OUT);
	read_one(sock);
	ck_assert_uint_eq(wait_one(ep), 0);
}
END_TEST

START_TEST(edge_that_was_undone_is_no_event)
{
	ck_assert_int_eq(ctl(ep, ADD, sock, IN | EDGE), 0);
	feed(7);
	read_one(sock);
	ck_assert_uint_eq(wait_one(ep), 0);
}
END_TEST

START_TEST(unwanted_events_do_not_wake)
{
	ck_assert_int_eq(ctl(ep, ADD, sock, OUT | EDGE), 0);
	ck_assert_uint_eq(wait_one(ep), OUT);
	feed(7);
	ck_assert_uint_eq(wait_one(ep), 0);
}
END_TEST

START_TEST(one_shot_waits_to_be_armed_again)
{
	ck_assert_int_eq(ctl(ep, ADD, sock, IN | ONESHOT), 0);
	feed(7);
	ck_assert_uint_eq(wait_one(ep), IN);
	feed(7);
	ck_assert_uint_eq(wait_one(ep), 0);
	ck_assert_int_eq(ctl(ep, MOD, sock, IN | ONESHOT), 0);
	ck_assert_uint_eq(wait_one(ep), IN);
	ck_assert_uint_eq(wait_one(ep), 0);
}
END_TEST

START_TEST(change_reports_what_is_true_already)
{
	feed(7);
	ck_assert_int_eq(ctl(ep, ADD, sock, IN | EDGE), 0);
	ck_assert_uint_eq(wait_one(ep), IN);
	ck_assert_int_eq(ctl(ep, MOD, sock, IN | OUT | EDGE), 0);
	ck_assert_uint_eq(wait_one(ep), IN | OUT);
	ck_assert_int_eq(ctl(ep, MOD, sock, 0), 0);
	ck_assert_uint_eq(wait_one(ep), 0);
}
END_TEST

/* Errors and hang-ups need not be asked for. */
START_TEST(errors_are_always_wanted)
{
	struct sut_pkt quoted = sut_udp_pkt(sut_local4, sut_remote4, 7, 9, "abc", 3);
	struct sut_pkt p = sut_icmp_pkt(sut_remote4, sut_local4, 3, 3, 0, quoted.b, quoted.n);

	ck_assert_int_eq(sut_connect(host.s, sock, &(struct sut_endpoint){ sut_remote4, 9 }), 0);
	ck_assert_int_eq(ctl(ep, ADD, sock, EDGE), 0);
	sut_feed(&host, &p);
	ck_assert_uint_eq(wait_one(ep), ERR);
	ck_assert_uint_eq(wait_one(ep), 0);
	ck_assert_int_eq(sut_shutdown(host.s, sock, 2), 0);
	ck_assert_uint_eq(wait_one(ep), ERR | HUP);
}
END_TEST

/* Each new entry of the error queue is an edge, read or not. */
START_TEST(error_queue_wakes_each_time)
{
	struct sut_pkt quoted = sut_udp_pkt(sut_local4, sut_remote4, 7, 9, "abc", 3);
	struct sut_pkt p = sut_icmp_pkt(sut_remote4, sut_local4, 3, 3, 0, quoted.b, quoted.n);
	int on = 1;

	ck_assert_int_eq(sut_setsockopt(host.s, sock, 0, 11, &on, sizeof(on)), 0);
	ck_assert_int_eq(ctl(ep, ADD, sock, OUT | EDGE), 0);
	ck_assert_uint_eq(wait_one(ep), OUT);
	sut_feed(&host, &p);
	sut_feed(&host, &p);
	ck_assert_uint_eq(wait_one(ep), OUT | ERR);
	ck_assert_uint_eq(wait_one(ep), 0);
	sut_feed(&host, &p);
	ck_assert_uint_eq(wait_one(ep), OUT | ERR);
}
END_TEST

START_TEST(ready_entries_take_turns)
{
	struct sut_epoll_event ev;
	int other = udp(8);
	uint64_t first;

	ck_assert_int_eq(ctl(ep, ADD, sock, IN), 0);
	ck_assert_int_eq(ctl(ep, ADD, other, IN), 0);
	feed(8);
	feed(7);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &ev, 1), 1);
	first = ev.data;
	ck_assert_uint_eq(first, (uint64_t)other + 1000);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &ev, 1), 1);
	ck_assert_uint_eq(ev.data, (uint64_t)sock + 1000);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &ev, 1), 1);
	ck_assert_uint_eq(ev.data, first);
}
END_TEST

START_TEST(removed_entries_are_silent)
{
	feed(7);
	ck_assert_int_eq(ctl(ep, ADD, sock, IN), 0);
	ck_assert_int_eq(ctl(ep, DEL, sock, 0), 0);
	ck_assert_uint_eq(wait_one(ep), 0);
	ck_assert_int_eq(ctl(ep, ADD, sock, IN), 0);
	ck_assert_int_eq(sut_close(host.s, sock), 0);
	ck_assert_uint_eq(wait_one(ep), 0);
	ck_assert_int_eq(sut_close(host.s, ep), 0);
}
END_TEST

/* Whatever place in the order the removed entry had. */
START_TEST(removal_keeps_the_others)
{
	int h[3] = { sock, udp(8), udp(9) };
	struct sut_epoll_event ev[4];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ctl(ep, ADD, h[i], IN | EDGE), 0);
	feed(7);
	feed(8);
	ck_assert_int_eq(ctl(ep, DEL, h[_i], 0), 0);
	feed(9);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, ev, 4), 2);
	feed(7);
	feed(8);
	feed(9);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, ev, 4), 2);
}
END_TEST

/* The entry watches what the handle stood for, as long as any handle does. */
START_TEST(duplicates_keep_the_entry)
{
	int d = sut_dup(host.s, sock, 0);

	ck_assert_int_eq(ctl(ep, ADD, sock, IN), 0);
	ck_assert_int_eq(ctl(ep, ADD, d, IN | EDGE), 0);
	ck_assert_int_eq(ctl(ep, DEL, d, 0), 0);
	ck_assert_int_eq(sut_close(host.s, sock), 0);
	feed(7);
	ck_assert_uint_eq(wait_one(ep), IN);
	ck_assert_int_eq(sut_close(host.s, d), 0);
	ck_assert_uint_eq(wait_one(ep), 0);
}
END_TEST

START_TEST(instances_can_be_nested)
{
	int outer = sut_epoll_create(host.s, 0);
	struct sut_pollfd p = { outer, IN, 0 };

	ck_assert_int_eq(ctl(ep, ADD, sock, IN), 0);
	ck_assert_int_eq(ctl(outer, ADD, ep, IN | EDGE), 0);
	ck_assert_uint_eq(wait_one(outer), 0);
	ck_assert_int_eq(sut_poll(host.s, &p, 1), 0);
	feed(7);
	ck_assert_int_eq(sut_poll(host.s, &p, 1), 1);
	ck_assert_uint_eq(wait_one(outer), IN);
	ck_assert_uint_eq(wait_one(outer), 0);
	ck_assert_uint_eq(wait_one(ep), IN);
	ck_assert_int_eq(ctl(ep, ADD, outer, IN), SUT_ELOOP);
}
END_TEST

START_TEST(nesting_has_an_end)
{
	int last = ep, rc = 0, depth = 0;

	while (!rc && depth < 20) {
		int next = sut_epoll_create(host.s, 0);

		rc = ctl(next, ADD, last, IN);
		last = next;
		depth++;
	}
	ck_assert_int_eq(rc, SUT_ELOOP);
	ck_assert_int_eq(depth, 5);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	struct sut_epoll_event ev;

	ck_assert_int_eq(sut_epoll_create(host.s, 1), SUT_EINVAL);
	ck_assert_int_eq(ctl(77, ADD, sock, IN), SUT_EBADF);
	ck_assert_int_eq(ctl(ep, ADD, 77, IN), SUT_EBADF);
	ck_assert_int_eq(ctl(sock, ADD, ep, IN), SUT_EINVAL);
	ck_assert_int_eq(ctl(ep, ADD, ep, IN), SUT_EINVAL);
	ck_assert_int_eq(ctl(ep, 9, sock, IN), SUT_EINVAL);
	ck_assert_int_eq(sut_epoll_ctl(host.s, ep, ADD, sock, NULL), SUT_EFAULT);
	ck_assert_int_eq(ctl(ep, MOD, sock, IN), SUT_ENOENT);
	ck_assert_int_eq(ctl(ep, DEL, sock, IN), SUT_ENOENT);
	ck_assert_int_eq(ctl(ep, ADD, sock, IN), 0);
	ck_assert_int_eq(ctl(ep, ADD, sock, IN), SUT_EEXIST);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, &ev, 0), SUT_EINVAL);
	ck_assert_int_eq(sut_epoll_wait(host.s, ep, NULL, 1), SUT_EFAULT);
	ck_assert_int_eq(sut_epoll_wait(host.s, 77, &ev, 1), SUT_EBADF);
	ck_assert_int_eq(sut_epoll_wait(host.s, sock, &ev, 1), SUT_EINVAL);
}
END_TEST

START_TEST(exclusive_has_rules)
{
	int outer = sut_epoll_create(host.s, 0);

	ck_assert_int_eq(ctl(ep, ADD, sock, IN | EXCLUSIVE | ONESHOT), SUT_EINVAL);
	ck_assert_int_eq(ctl(ep, ADD, sock, 2 | EXCLUSIVE), SUT_EINVAL);
	ck_assert_int_eq(ctl(outer, ADD, ep, IN | EXCLUSIVE), SUT_EINVAL);
	ck_assert_int_eq(ctl(ep, ADD, sock, IN | EXCLUSIVE | EDGE), 0);
	ck_assert_int_eq(ctl(ep, MOD, sock, IN), SUT_EINVAL);
	feed(7);
	ck_assert_uint_eq(wait_one(ep), IN);
	ck_assert_uint_eq(wait_one(ep), 0);
}
END_TEST

START_TEST(failing_allocations_are_survived)
{
	host.fail_at = host.allocations + 1;
	ck_assert_int_eq(sut_epoll_create(host.s, 0), SUT_ENOMEM);
	host.fail_at = host.allocations + 2;
	ck_assert_int_eq(sut_epoll_create(host.s, 0), SUT_ENOMEM);
	host.fail_at = host.allocations + 1;
	ck_assert_int_eq(ctl(ep, ADD, sock, IN), SUT_ENOMEM);
	ck_assert_int_eq(ctl(ep, ADD, sock, IN), 0);
}
END_TEST

static Suite *epoll_suite(void)
{
	Suite *s = suite_create("sut_sock_epoll");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, level_triggered_is_reported_while_true);
	tcase_add_test(t, edge_triggered_is_reported_once_per_wake);
	tcase_add_test(t, edge_that_was_undone_is_no_event);
	tcase_add_test(t, unwanted_events_do_not_wake);
	tcase_add_test(t, one_shot_waits_to_be_armed_again);
	tcase_add_test(t, change_reports_what_is_true_already);
	tcase_add_test(t, errors_are_always_wanted);
	tcase_add_test(t, error_queue_wakes_each_time);
	tcase_add_test(t, ready_entries_take_turns);
	tcase_add_test(t, removed_entries_are_silent);
	tcase_add_loop_test(t, removal_keeps_the_others, 0, 2);
	tcase_add_test(t, duplicates_keep_the_entry);
	tcase_add_test(t, instances_can_be_nested);
	tcase_add_test(t, nesting_has_an_end);
	tcase_add_test(t, bad_arguments_are_refused);
	tcase_add_test(t, exclusive_has_rules);
	tcase_add_test(t, failing_allocations_are_survived);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(epoll_suite());
}
