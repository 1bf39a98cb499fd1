/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_GRAMMAR_PARSE_IMPL_H
#define TCPDRILL_GRAMMAR_PARSE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/parse.h"

struct arena;
struct diags;

/* How scan.c puts the lexer's tokens together. Set by parser.y right behind the token that opens. */
enum scan_mode {
	SCAN_NORMAL,
	SCAN_OPTIONS,   /* between < and >: runs without blank */
	SCAN_VALUE,     /* behind "--name=" */
	SCAN_DEFINE,    /* behind "--define=NAME=" */
};

/* One token of the lexer: its code (parser.tab.h) and where it stands. */
struct lexeme {
	int code;
	struct span span;
};

/* Tokens repeat: "win", "nop", "+", ".001". Their text is kept once while it is remembered here. */
enum { PARSE_RECENT = 256 };

/* The state of one grammar_parse(); parse.c makes it, lexer.l, scan.c and parser.y share it. */
struct parse {
	struct arena *arena;
	const struct source *src;
	struct diags *diags;
	const struct definition *outer_defs;   /* borrowed from the caller */
	struct definition *script_defs;        /* of --define, newest first */

	/* the tree so far */
	struct ast_script *script;
	struct ast_option *last_option;
	struct ast_event *last_event;
	struct ast_comment *last_comment;
	struct ast_header *last_outer;
	struct ast_packet *packet;             /* being built by the rules under "packet" */
	struct ast_tok untimed;                /* last command without a time, not yet the cleanup */
	struct ast_time time;                  /* of the event being built */
	struct ast_seq seq;                    /* the range just read */
	struct ast_item *outer_info;           /* of the outer header being built */
	struct ast_tok *gre_flags;             /* likewise */
	bool is_absolute;                      /* the sequence being built ends in "!" */
	bool has_statement;                    /* anything but an option was seen */

	/* reading */
	void *lexer;                           /* flex's yyscan_t */
	uint32_t start, off;                   /* of the lexer's newest token: begin and end */
	bool has_no_string_end;                /* no " that could close a string follows */
	bool has_no_code_end;                  /* no }% follows */
	struct lexeme unread[2];               /* given back, to be read again; newest last */
	size_t n_unread;
	struct lexeme last, before_last;       /* what the parser got */
	enum scan_mode mode;
	bool is_resyncing;                     /* after an error: skip to the next event */
	bool is_raw_next;                      /* behind "assert": the rest of the line */

	/* where we are, for words that mean something only in one place */
	bool at_head;                          /* protocol or outer header may follow */
	bool in_packet;                        /* "as" is ours */
	bool in_icmp;                          /* "mtu" and "id" are ours */
	bool in_tail;                          /* behind the sequence: names are not substituted */
	bool in_result;                        /* a "(" opens a note */
	struct lexeme suspect;                 /* see scan_suspect(); code 0: none */

	const char *recent[PARSE_RECENT];      /* texts of tokens by hash, newest wins */
};

/* What the parser waited for when it met something else, for message_syntax(). */
struct expectation {
	const char *found;          /* symbol names as in parser.y */
	const char *const *names;
	size_t n_names;
};

/** scan_open() - start the lexer, behind a byte order mark if there is one */
void scan_open(struct parse *p);

/** scan_close() - end the lexer */
void scan_close(struct parse *p);

/**
 * scan_nearest_word() - the structural word nearest to the word @t, NULL when none is near
 * @is_action: among the words that can stand behind a time; else those behind a direction
 */
const char *scan_nearest_word(const struct parse *p, struct lexeme t, bool is_action);

/** scan_end_event() - forget where we are: an event is complete, or lost to an error */
void scan_end_event(struct parse *p);

/**
 * scan_suspect() - remember the newest token if it looks as if it began an event without a time
 *
 * It is read as a part of the event before, as the language has it; but if that fails, the missing
 * time is the better explanation.
 */
void scan_suspect(struct parse *p);

/** scan_comment() - keep a comment of the source in the tree; called by the lexer */
void scan_comment(struct parse *p, struct span span);

/**
 * scan_string(), scan_code() - take the rest of a token behind its opening, or note that it has no
 * end (once for the whole script: the search is not repeated for each opening); return its code
 */
int scan_string(struct parse *p);
int scan_code(struct parse *p);

/** scan_skip() - make the lexer go on @n bytes further; defined in lexer.l */
void scan_skip(struct parse *p, size_t n);

/** text_bom_bytes() - length of the byte order mark the source begins with, 0 or 3 */
uint32_t text_bom_bytes(const struct source *src);

/** text_is_first_on_line() - whether only blanks stand before @off on its line */
bool text_is_first_on_line(const struct source *src, uint32_t off);

/** text_line_end() - offset of the newline that ends the line of @off, or of the end */
uint32_t text_line_end(const struct source *src, uint32_t off);

/** text_string_end() - offset behind the " that closes the string whose text begins at @off; 0 */
uint32_t text_string_end(const struct source *src, uint32_t off);

/** text_code_end() - offset behind the next }% from @off on; 0 when there is none */
uint32_t text_code_end(const struct source *src, uint32_t off);

/** text_note_end() - offset behind the ")" that closes the "(" at @off; 0 when none does */
uint32_t text_note_end(const struct source *src, uint32_t off);

/** text_assert_end() - offset of the end of the expression that begins at @off */
uint32_t text_assert_end(const struct source *src, uint32_t off);

/** text_looks_timed() - whether what follows a number at @off lets it be the time of an event */
bool text_looks_timed(const struct source *src, uint32_t off);

/** text_blank_comments() - a copy of @len bytes at @s with comments replaced by blanks */
char *text_blank_comments(struct arena *a, const char *s, size_t len);

/** define_lookup() - the value of the definition of the @len bytes at @word, or NULL */
const char *define_lookup(const struct parse *p, const char *word, size_t len);

/** define_apply() - make @t the token that the definition's @value stands for; raw is kept */
void define_apply(struct parse *p, const char *value, struct ast_tok *t);

/** define_add() - put a --define of the script in force */
void define_add(struct parse *p, const char *name, const char *value);

/** message_syntax() - report the unexpected token p->last in a person's words, with hints */
void message_syntax(struct parse *p, const struct expectation *e);

/** message_too_deep() - report nesting beyond what the parser's stack allows */
void message_too_deep(struct parse *p, struct span span);

#endif
