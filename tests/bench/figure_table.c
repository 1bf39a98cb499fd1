/* SPDX-License-Identifier: BSD-2-Clause */
/* All figures, in the order in which they are measured and printed. */
#include "figure.h"

const struct group group_table[GROUP_COUNT] = {
	[GROUP_START] = { "start", "A passive handshake on the kernel, from exec on", { NULL } },
	[GROUP_LATE] = { "late", "Lateness of 1,000 injected packets, 1 ms apart", { "idle", "busy" } },
	[GROUP_JOBS] = { "jobs", "Small tests a second, by how many at once",
			 { "-j1", "-j2", "-j4", "-j8", "-j16" } },
	[GROUP_SUITE] = { "suite", "The shipped scripts, by how many at once",
			  { "-j1", "-j2", "-j4", "-j8", "-j16", "-j16 busy" } },
	[GROUP_GAIN] = { "gain", "A second worker on the bundled stack, all shipped scripts",
			 { "run scripts", "--variant all", "run, real-time", "all, real-time" } },
	[GROUP_SCRIPT] = { "script", "Reading and judging, by events of the script",
			   { "100", "1000", "10000", "100000", "1000000" } },
	[GROUP_COST] = { "cost", "An event that is played: processor time of all that takes part", { NULL } },
	[GROUP_BUNDLED] = { "bundled", "The bundled stack, in one process", { NULL } },
};

const struct figure figure_table[FIG_COUNT] = {
	[FIG_START_FIRST_FRAME] = { "start.first_frame", "to the first frame", "ms", "<= 8",
				    GROUP_START, false },
	[FIG_START_WALL] = { "start.wall", "whole process", "ms", "<= 45", GROUP_START, false },
	[FIG_START_CPU] = { "start.cpu", "its processor time", "ms", "<= 20", GROUP_START, false },

	[FIG_LATE_P50] = { "late.p50", "median", "ms", NULL, GROUP_LATE, false },
	[FIG_LATE_P99] = { "late.p99", "99th percentile", "ms", "<= 0.3", GROUP_LATE, false },
	[FIG_LATE_MAX] = { "late.max", "most", "ms", NULL, GROUP_LATE, false },

	[FIG_JOBS_KERNEL] = { "jobs.kernel", "kernel, 20 ms each", "1/s", NULL, GROUP_JOBS, false },
	[FIG_JOBS_BUNDLED] = { "jobs.bundled", "bundled", "1/s", NULL, GROUP_JOBS, false },

	[FIG_SUITE_KERNEL_WALL] = { "suite.kernel.wall", "kernel, an eighth", "s", NULL,
				    GROUP_SUITE, false },
	[FIG_SUITE_KERNEL_DIFFER] = { "suite.kernel.differ", "verdicts unlike -j1", "tests", "0",
				      GROUP_SUITE, true },
	[FIG_SUITE_KERNEL_INCONCLUSIVE] = { "suite.kernel.inconclusive", "of these inconclusive",
					    "tests", "0", GROUP_SUITE, true },
	[FIG_SUITE_KERNEL_RETRIED] = { "suite.kernel.retried", "run again", "tests", NULL,
				       GROUP_SUITE, true },
	[FIG_SUITE_BUNDLED_WALL] = { "suite.bundled.wall", "bundled, all", "s", NULL,
				     GROUP_SUITE, false },
	[FIG_SUITE_BUNDLED_DIFFER] = { "suite.bundled.differ", "verdicts unlike -j1", "tests", "0",
				       GROUP_SUITE, true },

	[FIG_GAIN_J1] = { "gain.j1", "-j1", "ms", NULL, GROUP_GAIN, false },
	[FIG_GAIN_J2] = { "gain.j2", "-j2", "ms", NULL, GROUP_GAIN, false },
	[FIG_GAIN] = { "gain.ratio", "-j2 is faster by", "times", ">= 1.7", GROUP_GAIN, false },
	[FIG_GAIN_MACHINE] = { "gain.machine", "two separate -j1 gain", "times", NULL, GROUP_GAIN,
			       false },

	[FIG_SCRIPT_PARSE] = { "script.parse", "parse", "ms", NULL, GROUP_SCRIPT, false },
	[FIG_SCRIPT_BIND] = { "script.bind", "bind", "ms", NULL, GROUP_SCRIPT, false },
	[FIG_SCRIPT_EVENT] = { "script.event", "both, an event", "us", NULL, GROUP_SCRIPT, false },
	[FIG_SCRIPT_CHECK] = { "script.check", "check, whole process", "ms", "1e5: < 1000",
			       GROUP_SCRIPT, false },
	[FIG_SCRIPT_PEAK] = { "script.peak", "its peak memory", "MiB", "1e6: < 1500",
			      GROUP_SCRIPT, false },
	[FIG_SCRIPT_TREE] = { "script.tree", "tree, an event", "B", NULL, GROUP_SCRIPT, false },
	[FIG_SCRIPT_PLAN] = { "script.plan", "plan, an event", "B", NULL, GROUP_SCRIPT, false },
	[FIG_SCRIPT_JUDGE] = { "script.judge", "judge, a packet", "us", NULL, GROUP_SCRIPT, false },
	[FIG_SCRIPT_JUDGE_MEMORY] = { "script.judge_memory", "judge, a packet", "B", NULL,
				      GROUP_SCRIPT, false },

	[FIG_COST_KERNEL] = { "cost.kernel", "kernel", "us", NULL, GROUP_COST, false },
	[FIG_COST_BUNDLED] = { "cost.bundled", "bundled", "us", NULL, GROUP_COST, false },

	[FIG_BUNDLED_TESTS] = { "bundled.tests", "handshake tests", "1/s", ">= 3000",
				GROUP_BUNDLED, false },
	[FIG_BUNDLED_GROWTH] = { "bundled.growth", "memory kept after a test", "B", "<= 0",
				 GROUP_BUNDLED, false },
	[FIG_BUNDLED_PEAK_FEW] = { "bundled.peak_1000", "peak after 1,000 tests", "MiB", NULL,
				   GROUP_BUNDLED, false },
	[FIG_BUNDLED_PEAK_MANY] = { "bundled.peak_100000", "peak after 100,000 tests", "MiB",
				    "the same", GROUP_BUNDLED, false },
	[FIG_BUNDLED_SYN] = { "bundled.syn", "131 s of resending a SYN", "ms", "< 5",
			      GROUP_BUNDLED, false },
	[FIG_BUNDLED_BULK] = { "bundled.bulk", "bulk data", "Gbit/s", NULL, GROUP_BUNDLED, false },
};
