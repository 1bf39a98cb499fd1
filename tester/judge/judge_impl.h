/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_JUDGE_JUDGE_IMPL_H
#define TCPDRILL_JUDGE_JUDGE_IMPL_H

#include "judge/judge.h"
#include "judge/match.h"

/* Private to judge/. */

/* A descriptor that the script has open. */
struct judge_fd {
	int64_t label, handle;
	struct conn *conn;             /* NULL: a file, pipe, epoll, ... */
};

/* A packet bound by "as NAME". */
struct judge_named {
	const char *name;
	struct wire_view view;         /* mapped */
	int64_t at_us;
};

/* A piece of a scripted packet that the stack sent in several segments. */
struct judge_piece {
	struct wire_view live;
	int64_t at_us;
	bool has_wrong;
	struct match_byte wrong;       /* of its payload, counted from the first piece's start */
};

struct judge {
	struct arena *a;
	const struct plan *plan;
	struct judge_setup setup;
	struct conn *sut;              /* newest connection; older ones behind it */
	struct judge_fd *fd;
	size_t n_fd, cap_fd;
	struct judge_named *named;
	size_t n_named, cap_named;
	/* of the expectation that is waited for */
	const struct plan_step *waiting;
	struct judge_piece *piece;
	size_t n_piece, cap_piece;
	bool is_broken_off;            /* the last packet does not continue the pieces */
	struct judge_seen *seen;
	size_t n_seen, cap_seen;
	struct match *match;           /* of the packet being decided; its room is used again */
	struct arena *scratch;         /* views and texts until the next packet comes */
	struct finding *first, *last;
};

/** judge_reset_wait() - begin to wait for @step when it is not the one already waited for */
void judge_reset_wait(struct judge *j, const struct plan_step *step);

/** judge_report_mismatch() - the finding for a packet that differs from its line */
void judge_report_mismatch(struct judge *j, const struct plan_step *step, struct match *m);

/** judge_name_packet() - remember what "as" bound */
void judge_name_packet(struct judge *j, const char *name, const struct wire_view *view,
		       int64_t at_us);

/** judge_later_line() - line of a later step that the packet would match, times aside; 0: none */
uint32_t judge_later_line(struct judge *j, const struct plan_step *step,
			  const struct wire_view *mapped);

/** judge_earlier_line() - line of an earlier step (before @step; NULL: any) that the packet would
 * match, times aside; the last one. 0: none */
uint32_t judge_earlier_line(struct judge *j, const struct plan_step *step,
			    const struct wire_view *mapped);

/* ---- report.c: findings as text ---- */

enum { JUDGE_INDENT = 6 };

/* A finding before it is rendered. Texts in the arena or static. */
struct judge_report {
	enum finding_kind kind;
	bool is_warning;
	const struct span *span;       /* the first is the place; carets under all */
	size_t n_spans;
	const char *message;           /* one line */
	const char *body;              /* whole lines behind the excerpt, or NULL */
	const char *hint;              /* or NULL */
};

/** judge_put() - render and append a finding */
struct finding *judge_put(struct judge *j, const struct judge_report *r);

/** judge_add() - the same with one place */
struct finding *judge_add(struct judge *j, enum finding_kind kind, bool is_warning,
			  struct span span, const char *message, const char *body,
			  const char *hint);

/** judge_keep() - the text of @b in the arena; @b is released */
char *judge_keep(struct judge *j, struct buf *b);

/** judge_words() - a packet in a person's words: "a SYN-ACK", "1000 bytes of data" */
char *judge_words(struct judge *j, uint16_t flags, uint32_t len, enum wire_proto proto);

/* ---- report_packet.c ---- */

/** judge_script_packet() - the script's words for a step without its time, blanks folded */
char *judge_script_packet(struct judge *j, const struct plan_step *step);

/** judge_view_text() - a packet with script numbers in script notation, with as much of the IP
 * header as @want (NULL: nothing) speaks of */
void judge_view_text(struct judge *j, const struct wire_view *v, const struct plan_packet *want,
		     struct buf *out);

/** judge_table_text() - the fields that differ, expected beside actual, and the names of the rest */
void judge_table_text(const struct finding_field *field, size_t n, struct buf *out);

/** judge_seen_text() - "seen while waiting" lines into @out */
void judge_seen_text(struct judge *j, struct buf *out);

/** judge_numbers_note() - a line into @out when nobody knows yet where the stack's numbers begin */
void judge_numbers_note(const struct judge *j, const struct wire_view *v, struct buf *out);

/** judge_earlier_note() - a line into @out when the packet is one that a line before @step (NULL:
 * any line) got already */
void judge_earlier_note(struct judge *j, const struct plan_step *step, const struct wire_view *v,
			struct buf *out);

/** judge_fd_find() - by script label; NULL when not open */
struct judge_fd *judge_fd_find(const struct judge *j, int64_t label);

#endif
