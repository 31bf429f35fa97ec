/*
 * What programs put in front of a subject.  RFC 5256 2.1, as far as it goes:
 *
 *	subj-leader  = (*subj-blob subj-refwd) / WSP
 *	subj-blob    = "[" *BLOBCHAR "]" *WSP
 *	subj-refwd   = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
 *	subj-trailer = "(fwd)" / WSP
 *	subj-fwd     = "[fwd:" subject "]"
 */
#include "smtp/mail_subject.h"

#include <stddef.h>

enum {
	TAG_MAX = 60, /* longer ones are text */
	COUNT_MAX = 6,
};

enum kind { NEITHER = 0, REPLY = 1, FORWARD = 2, EITHER = 3 };

/*
 * Spelled as they are written; ASCII letters in any case, but for those of
 * one letter, which are capital.
 */
static const struct {
	const char *word;
	enum kind kind;
} words[] = {
	{ "re", REPLY },
	{ "aw", REPLY },
	{ "fwd", FORWARD },
	{ "fw", FORWARD },
	{ "wg", FORWARD },
	{ "antw", REPLY },             /* Dutch, German */
	{ "antwort", REPLY },          /* German */
	{ "weitergeleitet", FORWARD }, /* German */
	{ "rép", REPLY },              /* French */
	{ "RÉP", REPLY },
	{ "réf", REPLY }, /* French, Lotus */
	{ "RÉF", REPLY },
	{ "réponse", REPLY },
	{ "tr", FORWARD },     /* French */
	{ "sv", REPLY },       /* Swedish, Danish, Norwegian */
	{ "vb", FORWARD },     /* Swedish */
	{ "vs", EITHER },      /* Finnish: answer; Danish: passed on */
	{ "vl", FORWARD },     /* Finnish */
	{ "rv", FORWARD },     /* Spanish */
	{ "res", REPLY },      /* Portuguese */
	{ "enc", FORWARD },    /* Portuguese */
	{ "rif", REPLY },      /* Italian */
	{ "R", REPLY },        /* Italian */
	{ "I", FORWARD },      /* Italian */
	{ "doorst", FORWARD }, /* Dutch */
	{ "odp", REPLY },      /* Polish */
	{ "pd", FORWARD },     /* Polish */
	{ "atb", REPLY },      /* Latvian */
	{ "ynt", REPLY },      /* Turkish */
	{ "ilt", FORWARD },    /* Turkish */
	{ "İlt", FORWARD },
	{ "İLT", FORWARD },
	{ "bls", REPLY },      /* Indonesian */
	{ "vá", REPLY },       /* Hungarian */
	{ "VÁ", REPLY },       /* Hungarian */
	{ "tovább", FORWARD }, /* Hungarian */
	/* Russian: ответ, отв, пересл. */
	{ "ответ", REPLY },
	{ "Ответ", REPLY },
	{ "отв", REPLY },
	{ "Отв", REPLY },
	{ "Пересл", FORWARD },
	/* Greek: ΑΠ, ΠΡΘ. */
	{ "ΑΠ", REPLY },
	{ "ΠΡΘ", FORWARD },
	/* Chinese: answer, passed on, in both scripts; Japanese. */
	{ "回复", REPLY },
	{ "回覆", REPLY },
	{ "答复", REPLY },
	{ "答覆", REPLY },
	{ "转发", FORWARD },
	{ "轉寄", FORWARD },
	{ "返信", REPLY },
	{ "転送", FORWARD },
};

static struct str
skip_blanks(struct str s)
{
	struct str trimmed = str_trim(s);

	return trimmed.len ? str_skip(s, (size_t)(trimmed.p - s.p)) : STR_EMPTY;
}

/* Moves behind a colon, also a wide one. */
static bool
take_colon(struct str *s)
{
	static const char wide[] = "：";

	if (str_starts(*s, STR(":")))
		*s = str_skip(*s, 1);
	else if (str_starts(*s, str_c(wide)))
		*s = str_skip(*s, sizeof(wide) - 1);
	else
		return false;
	return true;
}

/* "[2]", "(2)", "^2", "*2": how often. */
static void
take_count(struct str *s)
{
	struct str in = *s;
	char open = in.len ? *in.p : '\0';
	size_t n = 0;

	if (!open || !strchr("[(^*", open))
		return;
	in = str_skip(in, 1);
	while (n < in.len && n < COUNT_MAX && in.p[n] >= '0' && in.p[n] <= '9')
		n++;
	in = str_skip(in, n);
	if (n > 0 && (open == '[' || open == '(')) {
		if (!str_starts(in, open == '[' ? STR("]") : STR(")")))
			return;
		in = str_skip(in, 1);
	}
	if (n > 0)
		*s = in;
}

static bool
is_word(struct str s, const char *word)
{
	struct str w = str_c(word);

	return w.len == 1 ? str_starts(s, w)
	                  : str_eq_nocase(str_head(s, w.len), w);
}

/* Moves behind one such word and its colon. */
static enum kind
take_word(struct str *s)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct str rest = *s;

		if (!is_word(rest, words[i].word))
			continue;
		rest = skip_blanks(str_skip(rest, strlen(words[i].word)));
		take_count(&rest);
		rest = skip_blanks(rest);
		if (!take_colon(&rest))
			continue;
		*s = skip_blanks(rest);
		return words[i].kind;
	}
	return NEITHER;
}

/* Moves behind one tag in brackets, if it is one. */
static bool
take_tag(struct str *s)
{
	ptrdiff_t end = str_find(str_head(*s, TAG_MAX), ']');
	struct str inside;

	if (!str_starts(*s, STR("[")) || end < 2)
		return false;
	inside = str_skip(str_head(*s, (size_t)end), 1);
	if (str_has(inside, '['))
		return false;
	*s = skip_blanks(str_skip(*s, (size_t)end + 1));
	return true;
}

/* "[Fwd: lunch]": the brackets go. */
static bool
take_brackets(struct str *s)
{
	struct str inside;

	if (s->len < 2 || *s->p != '[' || s->p[s->len - 1] != ']')
		return false;
	inside = skip_blanks(str_of(s->p + 1, s->len - 2));
	if (take_word(&inside) == NEITHER)
		return false;
	*s = str_trim(inside);
	return true;
}

static bool
take_trailer(struct str *s)
{
	static const struct str fwd = { "(fwd)", 5 };

	if (s->len < fwd.len ||
	    !str_eq_nocase(str_skip(*s, s->len - fwd.len), fwd))
		return false;
	*s = str_trim(str_head(*s, s->len - fwd.len));
	return true;
}

struct str
mail_subject_base(struct str subject)
{
	struct str s = str_trim(subject), behind;
	bool is_on = true;

	while (is_on) {
		behind = s;
		is_on = take_trailer(&s) || take_word(&s) != NEITHER ||
		    take_brackets(&s);
		/* A subject that is only a tag is called so. */
		if (!is_on && take_tag(&behind) && behind.len) {
			s = behind;
			is_on = true;
		}
	}
	return s;
}

struct str
mail_subject_plain(struct str subject)
{
	struct str s = str_trim(subject);

	while (take_word(&s) != NEITHER || take_brackets(&s))
		;
	return s;
}

/* Of the first word, behind tags. */
static enum kind
kind_of(struct str s)
{
	enum kind kind = NEITHER;
	struct str inside;

	s = str_trim(s);
	do {
		inside = str_skip(s, str_starts(s, STR("[")) ? 1 : 0);
		kind = take_word(&inside);
	} while (kind == NEITHER && take_tag(&s));
	return kind;
}

bool
mail_subject_is_reply(struct str subject)
{
	return kind_of(subject) & REPLY;
}

bool
mail_subject_is_forward(struct str subject)
{
	return (kind_of(subject) & FORWARD) || take_trailer(&subject);
}
