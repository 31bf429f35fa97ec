/*
 * What one line of a mail says about what is quoted around it.  ASCII letters
 * are compared without case; other scripts are spelled as programs spell them.
 */
#include "smtp/mail_quote.h"

#include <stddef.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
	SHORT_MAX = 120,    /* bytes of a line between two mails */
	FOOTER_MAX = 160,   /* of what a phone puts below */
	FIELD_MAX = 40,     /* of the name of a field */
	ADDRESS_DIGITS = 4, /* of a date beside an address */
	DATE_DIGITS = 6,    /* of one with a time, and no address */
	DISCLAIMER_MIN = 80,
	DISCLAIMER_HEAD = 300, /* where its words are looked for */
};

/* Without blanks, also those that do not break, and stars of bold type. */
static struct str
bare(struct str s)
{
	for (;;) {
		s = str_trim(s);
		if (str_starts(s, STR("\xc2\xa0")))
			s = str_skip(s, 2);
		else if (str_ends(s, STR("\xc2\xa0")))
			s.len -= 2;
		else if (str_starts(s, STR("*")))
			s = str_skip(s, 1);
		else if (str_ends(s, STR("*")))
			s.len--;
		else
			return s;
	}
}

static bool
begins(struct str s, const char *with)
{
	struct str w = str_c(with);

	return str_eq_nocase(str_head(s, w.len), w);
}

static bool
contains(struct str s, const char *what)
{
	struct str w = str_c(what);

	for (; s.len >= w.len; s = str_skip(s, 1))
		if (begins(s, what))
			return true;
	return false;
}

static bool
begins_any(struct str s, const char *const *with, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (begins(s, with[i]))
			return true;
	return false;
}

static bool
contains_any(struct str s, const char *const *what, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (contains(s, what[i]))
			return true;
	return false;
}

bool
mail_quote_is_marked(struct str line)
{
	return str_starts(line, STR(">")) || str_starts(line, STR(" >"));
}

/* Between lines of dashes, or as Apple has them, alone and with a colon. */
static const char *const forwarded[] = { "forwarded message", "forwarded mail",
	"forwarded by", "forwarded email", "begin forwarded message",
	"weitergeleitete nachricht", "weitergeleitete mail",
	"weitergeleitet von", "anfang der weitergeleiteten",
	"message transféré", "début du message transféré",
	"début du message réexpédié", "mensaje reenviado",
	"inicio del mensaje reenviado", "messaggio inoltrato",
	"inizio messaggio inoltrato", "doorgestuurd bericht",
	"begin doorgestuurd bericht", "mensagem encaminhada",
	"início da mensagem reencaminhada", "vidarebefordrat meddelande",
	"videresendt meddelelse", "videresendt melding", "välitetty viesti",
	"przekazana wiadomość", "přeposlaná zpráva", "továbbított",
	"Пересылаемое", "Переадресованное" };

static const char *const original[] = { "original message", "original email",
	"reply message", "ursprüngliche nachricht", "originalnachricht",
	"original-nachricht", "ursprüngliche mail", "message d'origine",
	"message d’origine", "message original", "courriel original",
	"mensaje original", "messaggio originale", "oorspronkelijk bericht",
	"origineel bericht", "mensagem original", "ursprungligt meddelande",
	"originalmeddelande", "oprindelig meddelelse", "oprindelig besked",
	"opprinnelig e-post", "opprinnelig melding", "alkuperäinen viesti",
	"oryginalna wiadomość", "wiadomość oryginalna", "původní zpráva",
	"eredeti üzenet", "orijinal mesaj", "Исходное сообщение", "原始邮件",
	"原始郵件", "原始メッセージ" };

/* What help desks put on top of what they send. */
static const char *const above[] = { "reply above this line",
	"type your reply above", "please reply above",
	"antworten sie oberhalb dieser", "antwort bitte über dieser",
	"répondez au-dessus de cette ligne" };

/* Dashes on the left, as such lines have. */
static bool
is_dashed(struct str s)
{
	return begins(s, "--") || begins(s, "==") || begins(s, "__") ||
	    begins(s, "—") || begins(s, "–");
}

bool
mail_quote_is_forward(struct str line)
{
	struct str s = bare(line);

	if (s.len > SHORT_MAX || mail_quote_is_marked(line))
		return false;
	return (is_dashed(s) || str_ends(s, STR(":"))) &&
	    contains_any(s, forwarded, COUNT(forwarded));
}

bool
mail_quote_is_original(struct str line)
{
	struct str s = bare(line);

	if (s.len > SHORT_MAX || mail_quote_is_marked(line))
		return false;
	return (is_dashed(s) && contains_any(s, original, COUNT(original))) ||
	    contains_any(s, above, COUNT(above));
}

/* The names of fields, as programs translate them. */
static const struct {
	const char *name;
	enum mail_quote_field field;
} fields[] = {
	{ "from", MAIL_QUOTE_FROM },
	{ "von", MAIL_QUOTE_FROM },
	{ "de", MAIL_QUOTE_FROM },
	{ "expéditeur", MAIL_QUOTE_FROM },
	{ "da", MAIL_QUOTE_FROM },
	{ "van", MAIL_QUOTE_FROM },
	{ "od", MAIL_QUOTE_FROM },
	{ "från", MAIL_QUOTE_FROM },
	{ "fra", MAIL_QUOTE_FROM },
	{ "lähettäjä", MAIL_QUOTE_FROM },
	{ "feladó", MAIL_QUOTE_FROM },
	{ "kimden", MAIL_QUOTE_FROM },
	{ "От", MAIL_QUOTE_FROM },
	{ "Від", MAIL_QUOTE_FROM },
	{ "Από", MAIL_QUOTE_FROM },
	{ "发件人", MAIL_QUOTE_FROM },
	{ "寄件者", MAIL_QUOTE_FROM },
	{ "差出人", MAIL_QUOTE_FROM },
	{ "sent", MAIL_QUOTE_DATE },
	{ "date", MAIL_QUOTE_DATE },
	{ "date sent", MAIL_QUOTE_DATE },
	{ "message du", MAIL_QUOTE_DATE }, /* Orange */
	{ "sent on", MAIL_QUOTE_DATE },
	{ "gesendet", MAIL_QUOTE_DATE },
	{ "gesendet am", MAIL_QUOTE_DATE },
	{ "datum", MAIL_QUOTE_DATE },
	{ "envoyé", MAIL_QUOTE_DATE },
	{ "envoyé le", MAIL_QUOTE_DATE },
	{ "date d'envoi", MAIL_QUOTE_DATE },
	{ "enviado", MAIL_QUOTE_DATE },
	{ "enviado el", MAIL_QUOTE_DATE },
	{ "enviada em", MAIL_QUOTE_DATE },
	{ "enviado em", MAIL_QUOTE_DATE },
	{ "fecha", MAIL_QUOTE_DATE },
	{ "inviato", MAIL_QUOTE_DATE },
	{ "data", MAIL_QUOTE_DATE },
	{ "verzonden", MAIL_QUOTE_DATE },
	{ "wysłano", MAIL_QUOTE_DATE },
	{ "skickat", MAIL_QUOTE_DATE },
	{ "sendt", MAIL_QUOTE_DATE },
	{ "dato", MAIL_QUOTE_DATE },
	{ "lähetetty", MAIL_QUOTE_DATE },
	{ "odesláno", MAIL_QUOTE_DATE },
	{ "elküldve", MAIL_QUOTE_DATE },
	{ "gönderildi", MAIL_QUOTE_DATE },
	{ "gönderme tarihi", MAIL_QUOTE_DATE },
	{ "Отправлено", MAIL_QUOTE_DATE },
	{ "Дата", MAIL_QUOTE_DATE },
	{ "发送时间", MAIL_QUOTE_DATE },
	{ "日期", MAIL_QUOTE_DATE },
	{ "送信日時", MAIL_QUOTE_DATE },
	{ "to", MAIL_QUOTE_TO },
	{ "an", MAIL_QUOTE_TO },
	{ "empfänger", MAIL_QUOTE_TO },
	{ "à", MAIL_QUOTE_TO },
	{ "À", MAIL_QUOTE_TO },
	{ "destinataire", MAIL_QUOTE_TO },
	{ "a", MAIL_QUOTE_TO },
	{ "para", MAIL_QUOTE_TO },
	{ "aan", MAIL_QUOTE_TO },
	{ "do", MAIL_QUOTE_TO },
	{ "till", MAIL_QUOTE_TO },
	{ "til", MAIL_QUOTE_TO },
	{ "vastaanottaja", MAIL_QUOTE_TO },
	{ "komu", MAIL_QUOTE_TO },
	{ "címzett", MAIL_QUOTE_TO },
	{ "kime", MAIL_QUOTE_TO },
	{ "Кому", MAIL_QUOTE_TO },
	{ "Προς", MAIL_QUOTE_TO },
	{ "收件人", MAIL_QUOTE_TO },
	{ "收件者", MAIL_QUOTE_TO },
	{ "宛先", MAIL_QUOTE_TO },
	{ "subject", MAIL_QUOTE_SUBJECT },
	{ "betreff", MAIL_QUOTE_SUBJECT },
	{ "objet", MAIL_QUOTE_SUBJECT },
	{ "sujet", MAIL_QUOTE_SUBJECT },
	{ "asunto", MAIL_QUOTE_SUBJECT },
	{ "assunto", MAIL_QUOTE_SUBJECT },
	{ "oggetto", MAIL_QUOTE_SUBJECT },
	{ "onderwerp", MAIL_QUOTE_SUBJECT },
	{ "temat", MAIL_QUOTE_SUBJECT },
	{ "ämne", MAIL_QUOTE_SUBJECT },
	{ "Ämne", MAIL_QUOTE_SUBJECT },
	{ "emne", MAIL_QUOTE_SUBJECT },
	{ "aihe", MAIL_QUOTE_SUBJECT },
	{ "předmět", MAIL_QUOTE_SUBJECT },
	{ "tárgy", MAIL_QUOTE_SUBJECT },
	{ "konu", MAIL_QUOTE_SUBJECT },
	{ "Тема", MAIL_QUOTE_SUBJECT },
	{ "Θέμα", MAIL_QUOTE_SUBJECT },
	{ "主题", MAIL_QUOTE_SUBJECT },
	{ "主旨", MAIL_QUOTE_SUBJECT },
	{ "件名", MAIL_QUOTE_SUBJECT },
};

/* What stands before the first colon, also a wide one; empty: no colon. */
static struct str
before_colon(struct str s)
{
	struct str wide = STR("：");

	for (size_t i = 0; i < s.len && i <= FIELD_MAX; i++)
		if (s.p[i] == ':' || str_starts(str_skip(s, i), wide))
			return bare(str_head(s, i));
	return STR_EMPTY;
}

unsigned
mail_quote_field(struct str line)
{
	struct str name;

	if (mail_quote_is_marked(line))
		return 0;
	name = before_colon(bare(line));
	for (size_t i = 0; name.len && i < COUNT(fields); i++)
		if (str_eq_nocase(name, str_c(fields[i].name)))
			return fields[i].field;
	return 0;
}

/* Who wrote: words in the middle or at the end of the line above a quote. */
static const char *const verbs[] = { " wrote", " writes", "schrieb", " a écrit",
	" escribió", " escribio", " ha scritto", " schreef", " geschreven",
	" napisał", " skrev", " kirjoitti", " escreveu", " napsal", " írta",
	" yazdı", " έγραψε", " написал", " пишет", " пише", " написав",
	" a scris", " va escriure", " ha escrit", " je napisao", "写道", "寫道",
	"님이 작성", " menulis", " đã viết", " rašė", " rakstīja",
	" kirjutas" };

/* How such lines begin where they begin with a date. */
static const char *const starts[] = { "on ", "am ", "le ", "el ", "il ", "op ",
	"em ", "w dniu", "dnia ", "den ", "på ", "dne ", "tor. ", "a las ",
	"în ", "na ", "---- on ", "вт", "пн", "ср", "чт", "пт", "сб", "вс",
	"mon", "tue", "wed", "thu", "fri", "sat", "sun", "mo", "di", "mi", "do",
	"fr", "sa", "so", "lun", "mar", "mer", "jeu", "ven", "sam", "dim",
	"en date", "στις ", "në ", "vào " };

/* Other ways of saying it; the whole line is no sentence then. */
static const char *const quoting[] = { "quoting ", "zitat von ", "citando a ",
	"citat av ", "en réponse à ", "in reply to ", "selon " };

struct signs {
	size_t ndigit;
	bool has_time; /* 10:12, 10.12, 10h12 */
	bool has_address;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct signs
signs_of(struct str s)
{
	struct signs got = { 0, false, str_has(s, '@') };

	for (size_t i = 0; i < s.len; i++) {
		got.ndigit += is_digit(s.p[i]);
		if (i > 0 && i + 2 < s.len && is_digit(s.p[i - 1]) &&
		    strchr(":.h", s.p[i]) && s.p[i] && is_digit(s.p[i + 1]) &&
		    is_digit(s.p[i + 2]))
			got.has_time = true;
	}
	return got;
}

/* Its end says that something follows. */
static bool
is_open(struct str s)
{
	return str_ends(s, STR(":")) || str_ends(s, STR("：")) ||
	    str_ends(s, STR("---")) || str_ends(s, STR(" wrote"));
}

/* As one line, with ordinary blanks. */
static struct str
one_line(struct str s, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		bool is_nbsp = str_starts(str_skip(s, i), STR("\xc2\xa0"));

		to[n++] = s.p[i] == '\n' || is_nbsp ? ' ' : s.p[i];
		i += is_nbsp;
	}
	return str_of(to, n);
}

/* A verb; or, in languages that have none there, "<juliet@example.org>:". */
static enum mail_quote_said
said(struct str s)
{
	bool has_verb = contains_any(s, verbs, COUNT(verbs));
	bool is_sender = str_ends(s, STR(">:"));
	struct signs got = signs_of(s);

	if (has_verb && got.has_address && got.ndigit >= ADDRESS_DIGITS)
		return MAIL_QUOTE_CERTAIN;
	if ((has_verb || (is_sender && got.has_address)) && got.has_time &&
	    got.ndigit >= DATE_DIGITS && mail_quote_may_begin(s))
		return MAIL_QUOTE_CERTAIN;
	if (has_verb || begins_any(s, quoting, COUNT(quoting)))
		return MAIL_QUOTE_MAYBE;
	return got.has_address && got.ndigit >= ADDRESS_DIGITS
	    ? MAIL_QUOTE_MAYBE
	    : MAIL_QUOTE_NO;
}

enum mail_quote_said
mail_quote_said(struct str line)
{
	char copy[MAIL_QUOTE_LINE_MAX];
	struct str s = bare(line);

	if (s.len > MAIL_QUOTE_LINE_MAX || mail_quote_is_marked(line) ||
	    !is_open(s))
		return MAIL_QUOTE_NO;
	return said(one_line(s, copy));
}

bool
mail_quote_may_begin(struct str line)
{
	struct str s = bare(line);
	struct signs got;

	if (s.len == 0 || s.len > MAIL_QUOTE_LINE_MAX ||
	    mail_quote_is_marked(line))
		return false;
	got = signs_of(s);
	return is_digit(s.p[0]) || begins_any(s, starts, COUNT(starts)) ||
	    begins_any(s, quoting, COUNT(quoting)) ||
	    (got.has_time && got.ndigit >= DATE_DIGITS);
}

bool
mail_quote_is_rule(struct str line)
{
	struct str s = str_trim(line);

	for (size_t i = 0; i < s.len; i++)
		if (!strchr("_-=*# ", s.p[i]) || !s.p[i])
			return false;
	return s.len >= 4;
}

/*
 * The beginnings of what phones and free services put below; each long enough
 * that it is no last sentence of a person ("Sent with love").
 */
static const char *const footers[] = { "sent from my ", "sent from mail for",
	"sent from outlook", "sent from yahoo", "sent from proton",
	"sent from aol", "sent from samsung", "sent from typeapp",
	"sent from mailbird", "sent from tuta", "sent from nine",
	"sent from spark", "sent from blue", "sent from a mobile",
	"sent via the samsung", "sent via blackberry", "sent with proton",
	"sent with [proton", "sent with tuta", "sent with spark",
	"sent with airmail", "sent with mailspring", "sent using zoho",
	"sent by my ", "get outlook for ", "get bluemail for", "virus-free",
	"this email has been checked for viruses", "this email was sent from",
	"please excuse my brevity", "please excuse brevity", "from my iphone",
	"from my ipad", "from my android", "typed on a phone",
	"von meinem iphone", "von meinem ipad", "von meinem handy",
	"von meinem smartphone", "von meinem samsung",
	"von meinem mobiltelefon", "von meinem/meiner ", "von meinem galaxy",
	"von meinem android", "von unterwegs gesendet", "von mobile gesendet",
	"vom smartphone gesendet", "gesendet von mail", "gesendet von mein",
	"gesendet von outlook", "gesendet von yahoo", "gesendet von iphone",
	"gesendet mit der gmx", "gesendet mit der web.de",
	"gesendet mit der telekom", "gesendet mit der t-online",
	"gesendet mit der 1&1", "gesendet mit mein", "gesendet mit tuta",
	"gesendet mit proton", "gesendet über ", "holen sie sich outlook",
	"outlook für ios", "outlook für android",
	"diese nachricht wurde von meinem", "diese nachricht wurde mit k-9",
	"diese e-mail wurde von avast", "bitte entschuldigen sie meine kürze",
	"bitte verzeihen sie die kürze", "virenfrei", "envoyé de mon ",
	"envoyé depuis mon", "envoyé depuis l'application",
	"envoyé depuis yahoo", "envoyé depuis outlook",
	"envoyé à partir de mon", "envoyé à partir de outlook",
	"envoyé à partir d'outlook", "envoyé à partir de courrier",
	"envoyé avec proton", "envoyé avec la messagerie", "envoyé d'un ",
	"télécharger outlook", "obtenir outlook", "de mon iphone",
	"veuillez excuser ma brièveté", "sans virus", "enviado desde mi",
	"enviado desde yahoo", "enviado desde outlook", "enviado desde correo",
	"enviado con proton", "obtener outlook", "descargar outlook",
	"enviado do meu", "enviado de meu", "enviado do outlook",
	"enviado do yahoo", "enviado do correio", "obter o outlook",
	"baixar o outlook", "inviato da iphone", "inviato da ipad",
	"inviato da yahoo", "inviato da posta", "inviato da libero",
	"inviato da outlook", "inviato dal mio", "inviato con proton",
	"scarica outlook", "ottieni outlook", "mandata da ",
	"verstuurd vanaf mijn", "verzonden vanaf mijn",
	"verzonden vanaf samsung", "verzonden vanaf outlook",
	"verzonden met proton", "outlook voor ", "download outlook",
	"wysłane z iphone", "wysłane z mojego", "wysłane z programu",
	"wysłane z aplikacji", "wysłane z systemu", "wysłano z ",
	"pobierz program outlook", "pobierz outlook", "skickat från min",
	"skickat från outlook", "skickat från e-post", "hämta outlook",
	"sendt fra min", "sendt fra outlook", "sendt fra mail", "hent outlook",
	"få outlook", "lähetetty iphone", "lähetetty ipad",
	"lähetetty laitteesta", "lähetetty windows", "odesláno z iphone",
	"odesláno z mobil", "odesláno z aplikace", "odesláno z pošty",
	"odoslané z iphone", "iphone'umdan gönderildi",
	"iphone’umdan gönderildi", "trimis de pe ", "отправлено с iphone",
	"отправлено с моего", "Отправлено с iPhone", "Отправлено с моего",
	"Отправлено из", "Надіслано з", "Στάλθηκε από το iPhone", "发自我的",
	"從我的", "iphoneから送信", "나의 iPhone에서" };

bool
mail_quote_is_footer(struct str line)
{
	struct str s = bare(line);

	/* "- Sent from my phone", "(Sent from ...)" */
	while (s.len && strchr("-(<[", s.p[0]) && s.p[0])
		s = bare(str_skip(s, 1));
	return s.len <= FOOTER_MAX && begins_any(s, footers, COUNT(footers));
}

bool
mail_quote_is_disclaimer(struct str paragraph)
{
	static const char *const head[] = { "this e-mail", "this email",
		"this message", "this communication", "the information",
		"the contents of this", "the content of this",
		"confidentiality", "disclaimer", "important notice",
		"privileged", "if you are not the intended", "diese e-mail",
		"diese email", "diese nachricht", "der inhalt dieser",
		"die information", "vertraulichkeit", "haftungsausschluss",
		"ce message", "ce courriel", "cet e-mail", "cet email",
		"les informations contenues", "este mensaje", "este correo",
		"la información contenida", "questo messaggio", "questa e-mail",
		"questa email", "le informazioni contenute", "dit bericht",
		"deze e-mail", "de informatie", "esta mensagem" };
	static const char *const word[] = { "confidential", "privileged",
		"intended recipient", "intended solely", "vertraulich",
		"bestimmt", "confidentiel", "destinataire", "confidencial",
		"confidenziali", "riservat", "destinatari", "vertrouwelijk",
		"bestemd", "geadresseerde" };
	struct str s = bare(paragraph);

	return s.len >= DISCLAIMER_MIN && begins_any(s, head, COUNT(head)) &&
	    contains_any(str_head(s, DISCLAIMER_HEAD), word, COUNT(word));
}

bool
mail_quote_is_list_footer(struct str line)
{
	static const char *const word[] = { "mailing list", "mailingliste",
		"mailing-liste", "liste de diffusion", "lista de correo",
		"mailinglijst", "listinfo", "/postorius/", "unsubscribe",
		"to leave this group", "google groups", "groups.io",
		"abbestellen", "désabonner", "désinscrire" };
	struct str s = bare(line);

	return s.len <= MAIL_QUOTE_LINE_MAX &&
	    contains_any(s, word, COUNT(word));
}

bool
mail_quote_says_inline(struct str text)
{
	static const char *const word[] = { "inline", "in-line", "in line",
		"below", "in red", "in blue", "in green", "in bold",
		"between the lines", "interspersed", "siehe unten", "s. unten",
		"s.u.", "s. u.", "weiter unten", "unten stehend", "im text",
		"in rot", "in blau", "in grün", "dazwischen", "ci-dessous",
		"ci dessous", "plus bas", "dans le texte", "dans le corps",
		"en rouge", "en bleu", "en vert", "más abajo", "mas abajo",
		"a continuación", "en rojo", "en azul", "qui sotto",
		"di seguito", "in rosso", "in blu", "nel testo", "hieronder",
		"in het rood", "tussen de regels", "abaixo", "em vermelho",
		"nedan", "nedenfor", "poniżej", "ниже" };

	return contains_any(text, word, COUNT(word));
}
