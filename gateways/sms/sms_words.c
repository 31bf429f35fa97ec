/*
 * Folded as addresses are (nodeprep), so accents count and case does not.
 */
#include "sms/sms_words.h"
#include "lib/text.h"

enum { WORD_MAX = 40 };

static const struct {
	const char *language; /* "": any */
	const char *stop, *start;
} table[] = {
	{ "", "stop stopall optout unsubscribe", "start unstop" },
	{ "cs", "zrušit odhlásit", "přihlásit" },
	{ "da", "afmeld", "tilmeld" },
	{ "de", "stopp abmelden abbestellen", "anmelden" },
	{ "en", "cancel end quit revoke", "subscribe resume" },
	{ "es", "alto baja parar cancelar", "alta iniciar" },
	{ "fi", "lopeta seis", "aloita" },
	{ "fr", "arret arrêt arreter arrêter desabo désabo", "reprise" },
	{ "hu", "leállít leiratkozás", "indít" },
	{ "it", "ferma basta annulla cancella", "inizia riprendi" },
	{ "nl", "stoppen afmelden", "aanmelden" },
	{ "no", "stopp avslutt", "gjenoppta" },
	{ "pl", "zakończ zakoncz rezygnuję rezygnuje", "wznów wznow" },
	{ "pt", "parar sair cancelar", "iniciar voltar" },
	{ "ro", "dezabonare", "abonare" },
	{ "ru", "стоп отписаться отписка", "старт подписаться" },
	{ "sv", "stopp avsluta", "återuppta" },
	{ "tr", "dur iptal", "başlat" },
	{ "uk", "стоп відписатися", "старт підписатися" },
};

enum { NTABLE = sizeof(table) / sizeof(table[0]) };

static bool
is_around(char c)
{
	return c != '\0' && strchr(" \t\r\n.,;:!?\"'()*-", c) != NULL;
}

static struct str
bare(struct str s)
{
	while (s.len && is_around(s.p[0]))
		s = str_skip(s, 1);
	while (s.len && is_around(s.p[s.len - 1]))
		s.len--;
	return s;
}

static bool
is_one_of(const char *words, struct str word)
{
	struct str rest = str_c(words), one;

	while (str_cut(&rest, ' ', &one))
		if (str_eq(one, word))
			return true;
	return false;
}

static bool
is_named(const char *language, const struct str *v, size_t n)
{
	if (!language[0])
		return true;
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(v[i], str_c(language)))
			return true;
	return false;
}

enum sms_word
sms_word_read(struct str text, const struct str *language, size_t nlanguage)
{
	char folded[TEXT_PREP_MAX];
	struct str word = bare(text);
	int len = -1;

	if (word.len > 0 && word.len <= WORD_MAX)
		len = text_prep_received(TEXT_NODEPREP, word, folded);
	if (len <= 0)
		return SMS_WORD_NONE;
	word = str_of(folded, (size_t)len);
	for (size_t i = 0; i < NTABLE; i++) {
		if (!is_named(table[i].language, language, nlanguage))
			continue;
		if (is_one_of(table[i].stop, word))
			return SMS_WORD_STOP;
		if (is_one_of(table[i].start, word))
			return SMS_WORD_START;
	}
	return SMS_WORD_NONE;
}

bool
sms_word_has_language(struct str language)
{
	for (size_t i = 0; i < NTABLE; i++)
		if (table[i].language[0] &&
		    str_eq_nocase(language, str_c(table[i].language)))
			return true;
	return false;
}
