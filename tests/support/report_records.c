/* SPDX-License-Identifier: BSD-2-Clause */
#include "report_records.h"

#include "base/util.h"

static struct finding_field fields[] = {
	{ "tcp.seq", "1", "1001", true },
	{ "tcp.ack", "1", "1", false },
};

static struct finding warning = {
	.kind = FINDING_UNEXPECTED_PACKET,
	.is_warning = true,
	.line = 9,
	.col = 1,
	.message = "a packet that no line wanted",
	.text = "suite/a.pkt:9:1: warning: a packet that no line wanted\n",
};

static struct finding failure = {
	.kind = FINDING_PACKET,
	.line = 7,
	.col = 12,
	.message = "tcp.seq differs",
	.field = fields,
	.n_fields = ARRAY_LEN(fields),
	.text = "suite/a.pkt:7:12: error: tcp.seq differs\n"
		"    7 | +0 > P. 1:1001(1000) ack 1\n"
		"      |         ^~~~~~\n",
	.next = &warning,
};

static struct finding script_error = {
	.kind = FINDING_INTERNAL,
	.message = "unknown system call 'sokcet'",
	.text = "suite/b.pkt:1:3: error: unknown system call 'sokcet'\n",
};

static struct finding hostile = {
	.kind = FINDING_CALL,
	.line = 3,
	.message = "read(): said \x1b]0;owned\x07 \xff",
	.text = "said \x1b]0;owned\x07 \xff\n",
};

#define FORTY "0123456789012345678901234567890123456789"
#define LONG_LINE FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY

/* What would be markup, a directive or a command to some reader. */
static struct finding markup = {
	.kind = FINDING_ASSERT,
	.line = 5,
	.col = 2,
	.message = "\"a\" & 'b' < c > d ]]> <![CDATA[ <!-- -->",
	.text = "\"a\" & 'b' < c > d ]]> <![CDATA[ <!-- -->\n"
		"```\n````\n</details>\n"
		"::error file=x::y\n##[group]z\n%0A\n"
		"ok 1 - forged\nnot ok 2 # TODO\n1..1\nBail out!\n  ...\n---\n- \"x\": {y}\n"
		"\xef\xbf\xbf\xef\xbf\xbe\t|\\|\n\n" LONG_LINE "\n",
};

static struct finding deviation = {
	.kind = FINDING_PACKET,
	.is_warning = true,
	.line = 8,
	.message = "no window update [RFC9293 SHLD-14]",
};

#define TEST_OF(name)                                                                              \
	.id = name "[ipv4]@kernel", .script = name ".pkt", .case_name = "", .variant = "ipv4",     \
	.stack = "kernel", .title = "", .seed = 1

static const struct test_record late[] = {
	{ .verdict = VERDICT_INCONCLUSIVE, .reason = "line 4: injected 7.5 ms late", .late_us = 7500,
	  .wall_us = 5000 },
	{ .verdict = VERDICT_INCONCLUSIVE, .reason = "line 7: tcp.seq differs \x1b" "[31m <&",
	  .late_us = 2100, .wall_us = 6000, .findings = &failure, .before = &late[0] },
};

const struct test_record report_record[] = {
	{ TEST_OF("suite/ok"), .verdict = VERDICT_PASS, .reason = "", .wall_us = 12345, .output = "" },
	{ TEST_OF("suite/a"), .verdict = VERDICT_FAIL, .reason = "line 7: tcp.seq differs",
	  .wall_us = 1500, .late_us = 40, .findings = &failure, .output = "printed by a\n" },
	{ TEST_OF("suite/s1"), .verdict = VERDICT_SKIP, .reason = "needs kernel 99.1 or newer",
	  .output = "" },
	{ .id = "suite/s2[ipv4]@kernel", .script = "suite/s2\x1b[2J.pkt", .case_name = "",
	  .variant = "ipv4", .stack = "kernel", .title = "", .seed = 1, .verdict = VERDICT_SKIP, .reason = "needs kernel 99.1 or newer",
	  .output = "" },
	{ TEST_OF("suite/b"), .verdict = VERDICT_ERROR, .reason = "unknown system call 'sokcet'",
	  .findings = &script_error, .output = "" },
	{ TEST_OF("suite/e"), .verdict = VERDICT_ENVIRONMENT, .reason = "there is no qdisc 'fq'",
	  .output = "" },
	{ TEST_OF("suite/t"), .verdict = VERDICT_TIMEOUT,
	  .reason = "did not end within 2 s and was killed", .wall_us = 4000000, .output = "" },
	{ TEST_OF("suite/c it's"), .verdict = VERDICT_CRASH,
	  .reason = "the worker was killed by signal 11 (Segmentation fault)", .output = "" },
	{ .id = "suite/i[slow][ipv6]@kernel", .script = "suite/i.pkt", .case_name = "slow",
	  .variant = "ipv6", .stack = "kernel", .title = "A title", .seed = 4,
	  .verdict = VERDICT_INCONCLUSIVE, .reason = "line 4: injected 9.1 ms late", .retries = 2,
	  .late_us = 9100, .wall_us = 20000, .before = &late[1], .output = "" },
	{ TEST_OF("suite/h"), .verdict = VERDICT_FAIL, .reason = "said \x1b]0;owned\x07 \xff",
	  .findings = &hostile, .output = "\x9b" "2J\r\n" },
	{ TEST_OF("suite/sub.d/dev"), .verdict = VERDICT_DEVIATES, .wall_us = 7000,
	  .reason = "line 8: no window update [RFC9293 SHLD-14]", .findings = &deviation,
	  .output = "" },
	{ TEST_OF("suite/xf"), .verdict = VERDICT_XFAIL,
	  .reason = "expected: a|b since 4.9", .wall_us = 3000, .retries = 1, .before = &late[0],
	  .output = "" },
	{ TEST_OF("suite/xp"), .profile = "rfc", .verdict = VERDICT_XPASS,
	  .reason = "expected to fail, but passed: fixed upstream", .output = "" },
	{ TEST_OF("suite/fl"), .verdict = VERDICT_PASS, .reason = "", .wall_us = 8000,
	  .late_us = 120, .retries = 2, .before = &late[1], .output = "" },
	{ .id = "top # SKIP \"`|<&\n\t[ipv4]@kernel", .script = "top # SKIP \"`|<&\n\t.pkt",
	  .case_name = "", .variant = "ipv4", .stack = "kernel", .seed = 1,
	  .title = "# TODO ``|<&>\"\n::error::\\ \x1b", .verdict = VERDICT_FAIL, .wall_us = 1,
	  .reason = "\"a\" & 'b' < c > d ]]> `|` ``\n::error::# TODO", .findings = &markup,
	  .output = "\\x1b and \\ ]]>" },
	{ TEST_OF("suite/late"), .verdict = VERDICT_PASS, .reason = "", .wall_us = 100000,
	  .late_us = 3660, .output = "" },
	{ TEST_OF("suite/sub.d/late"), .verdict = VERDICT_DEVIATES, .wall_us = 7000,
	  .late_us = 1000, .reason = "line 8: no window update [RFC9293 SHLD-14]",
	  .findings = &deviation, .output = "" },
	{ TEST_OF("suite/fq1"), .verdict = VERDICT_ENVIRONMENT,
	  .reason = "'fq' is not in this kernel; then line 47: came 4.300 ms too early", .output = "" },
	{ TEST_OF("suite/fq2"), .verdict = VERDICT_ENVIRONMENT,
	  .reason = "'fq' is not in this kernel; then line 47: came 4.247 ms too early", .output = "" },
	{ TEST_OF("suite/pie"), .verdict = VERDICT_ENVIRONMENT,
	  .reason = "'pie' is not in this kernel; then line 9: came 4.189 ms too early", .output = "" },
};

const size_t report_record_len = ARRAY_LEN(report_record);
