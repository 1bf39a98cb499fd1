/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_GRAMMAR_BUILD_H
#define TCPDRILL_GRAMMAR_BUILD_H

#include "grammar/ast.h"

struct parse;

/*
 * What the actions of parser.y do: put nodes together in the arena of the parse. Tokens are
 * copied; a NULL token means that the part is absent.
 */

struct item_list {
	struct ast_item *head, *tail;
};

struct expr_list {
	struct ast_expr *head, *tail;
};

struct opt_list {
	struct ast_opt *head, *tail;
};

struct tok_list {
	struct ast_tok *head, *tail;
};

struct mpls_list {
	struct ast_mpls *head, *tail;
};

/* X_list() - @list with one more at its end; NULL begins a list. expr_lists() - both, not empty */
struct item_list item_list(const struct item_list *list, struct ast_item *item);
struct expr_list expr_list(const struct expr_list *list, struct ast_expr *expr);
struct expr_list expr_lists(struct expr_list a, struct expr_list b);
/* build_kept() - a token in the arena, for places where it is rare; NULL for an absent one */
struct ast_tok *build_kept(struct parse *p, const struct ast_tok *tok);

struct tok_list tok_list(struct parse *p, const struct tok_list *list, const struct ast_tok *tok);
struct opt_list opt_list(struct parse *p, const struct opt_list *list, struct span span,
			 struct ast_tok *toks);
struct mpls_list mpls_list(struct parse *p, const struct mpls_list *list, struct span span,
			   struct ast_item *items);

/* build_joined() - one token of many, with @sep between their texts and @raw_sep in raw;
   build_pair() - of two; build_bracketed() - [word] */
struct ast_tok build_joined(struct parse *p, struct span span, const struct ast_tok *toks,
			    const char *sep, const char *raw_sep);
struct ast_tok build_pair(struct parse *p, struct span span, const struct ast_tok *a,
			  const char *sep, const struct ast_tok *b);
struct ast_tok build_bracketed(struct parse *p, struct span span, const struct ast_tok *word);

/* script level */
void build_option(struct parse *p, struct span span, const struct ast_tok *name,
		  const struct ast_tok *define, const struct ast_tok *value);
void build_untimed(struct parse *p, const struct ast_tok *command);
void build_event(struct parse *p, struct ast_event *e);
void build_end(struct parse *p);

/* events: the time is put into p->time */
void build_time(struct parse *p, enum ast_time_kind kind, struct span span,
		const struct ast_tok *start, const struct ast_tok *end);
struct ast_event *build_timed(struct parse *p, struct span span, struct ast_event *e);
struct ast_event *build_packet_event(struct parse *p);
struct ast_event *build_call_event(struct parse *p, struct ast_call *call);
struct ast_event *build_text_event(struct parse *p, enum ast_event_kind kind,
				   const struct ast_tok *word, const struct ast_tok *text);
struct ast_call *build_call(struct parse *p, const struct ast_tok *name, struct ast_expr *args,
			    struct ast_expr *result, const struct ast_tok *err,
			    const struct ast_tok *note);

/* packets: the parts are put into p->packet, a sequence range into p->seq */
void build_packet_start(struct parse *p, bool is_inbound);
void build_packet_end(struct parse *p, struct ast_expr *overrides, const struct ast_tok *as_name);
struct ast_item *build_item(struct parse *p, struct span span, const struct ast_tok *name,
			    const struct ast_tok *value, const struct ast_tok *value_end);
void build_ip_info(struct parse *p, char bracket, struct ast_item *items);
void build_take_ip_info(struct parse *p);
void build_outer(struct parse *p, struct span span, struct ast_header *h);
struct ast_header *build_ip_header(struct parse *p, enum ast_header_kind kind,
				   const struct ast_tok *src, const struct ast_tok *dst);
struct ast_header *build_gre_header(struct parse *p, struct ast_item *items);
struct ast_header *build_mpls_header(struct parse *p, struct ast_mpls *entries);
void build_encap(struct parse *p, struct span span, const struct ast_tok *psp,
		 const struct ast_tok *spi, const struct ast_tok *value);
/* build_flags() - false, with an error reported, when the parts do not touch each other */
bool build_flags(struct parse *p, struct span span, const struct ast_tok *a,
		 const struct ast_tok *b, const struct ast_tok *c, struct ast_tok *flags);
void build_seq(struct parse *p, struct span span, const struct ast_tok *start,
	       const struct ast_tok *end, const struct ast_tok *len);
/* build_length() - ...(len), or ...(low~high) */
void build_length(struct parse *p, struct span span, const struct ast_tok *low,
		  const struct ast_tok *high);
void build_ports(struct parse *p, const struct ast_tok *src, const struct ast_tok *dst);
void build_tcp(struct parse *p, struct ast_item *fields);
void build_opts(struct parse *p, struct span span, struct ast_opt *opts);
void build_udp(struct parse *p, const struct ast_tok *word, const struct ast_tok *len);
void build_raw_bytes(struct parse *p, const struct ast_tok *word, const struct ast_tok *bytes);
void build_icmp(struct parse *p, const struct ast_tok *word, const struct ast_tok *type,
		const struct ast_tok *code, struct ast_item *fields);
void build_echo(struct parse *p, const struct ast_tok *word, const struct ast_tok *len);
void build_echo_tcp(struct parse *p);

/* expressions */
struct ast_expr *build_expr(struct parse *p, enum ast_expr_kind kind, struct span span,
			    struct ast_expr *kids);
struct ast_expr *build_token(struct parse *p, const struct ast_tok *tok);
struct ast_expr *build_or(struct parse *p, struct span span, struct expr_list terms);
struct ast_expr *build_strings(struct parse *p, struct span span, struct expr_list strings);
struct ast_expr *build_named_call(struct parse *p, struct span span, const struct ast_tok *name,
				  struct ast_expr *args);
struct ast_expr *build_field(struct parse *p, struct span span, const struct ast_tok *name,
			     bool has_equals, struct ast_expr *value);
/* build_counted() - name(count) = value out of what looked like a call */
struct ast_expr *build_counted(struct parse *p, struct span span, struct ast_expr *call,
			       struct ast_expr *value);

#endif
