#include "smtp/mail_severity.h"

/* What syslog, Nagios, Zabbix, Alertmanager and others call it. */
static const struct {
	const char *word;
	enum mail_severity is;
} words[] = {
	{ "crit", MAIL_SEVERITY_CRIT },
	{ "critical", MAIL_SEVERITY_CRIT },
	{ "emerg", MAIL_SEVERITY_CRIT },
	{ "emergency", MAIL_SEVERITY_CRIT },
	{ "alert", MAIL_SEVERITY_CRIT },
	{ "err", MAIL_SEVERITY_CRIT },
	{ "error", MAIL_SEVERITY_CRIT },
	{ "fatal", MAIL_SEVERITY_CRIT },
	{ "disaster", MAIL_SEVERITY_CRIT },
	{ "high", MAIL_SEVERITY_CRIT },
	{ "down", MAIL_SEVERITY_CRIT },
	{ "warn", MAIL_SEVERITY_WARN },
	{ "warning", MAIL_SEVERITY_WARN },
	{ "average", MAIL_SEVERITY_WARN },
	{ "medium", MAIL_SEVERITY_WARN },
	{ "info", MAIL_SEVERITY_INFO },
	{ "information", MAIL_SEVERITY_INFO },
	{ "informational", MAIL_SEVERITY_INFO },
	{ "notice", MAIL_SEVERITY_INFO },
	{ "debug", MAIL_SEVERITY_INFO },
	{ "ok", MAIL_SEVERITY_INFO },
	{ "low", MAIL_SEVERITY_INFO },
};

static const struct {
	const char *name, *mark, *urgency;
} shown[MAIL_NSEVERITY] = {
	[MAIL_SEVERITY_NONE] = { "", "", "" },
	[MAIL_SEVERITY_INFO] = { "info", "", "low" },
	[MAIL_SEVERITY_WARN] = { "warn", "[WARN] ", "medium" },
	[MAIL_SEVERITY_CRIT] = { "crit", "[CRIT] ", "high" },
};

/* RFC 5424 6.2.1: 0 to 7. */
static enum mail_severity
of_syslog(uint64_t n)
{
	return n <= 3 ? MAIL_SEVERITY_CRIT
	    : n == 4  ? MAIL_SEVERITY_WARN
	              : MAIL_SEVERITY_INFO;
}

enum mail_severity
mail_severity_read(struct str word)
{
	uint64_t n;

	word = str_trim(word);
	if (str_to_uint(word, 7, &n))
		return of_syslog(n);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq_nocase(word, str_c(words[i].word)))
			return words[i].is;
	return MAIL_SEVERITY_NONE;
}

enum mail_severity
mail_severity_of_importance(struct str importance)
{
	/* Half of what mails is "important": no reason to wake anybody. */
	if (str_is(importance, "high"))
		return MAIL_SEVERITY_WARN;
	if (str_is(importance, "low"))
		return MAIL_SEVERITY_INFO;
	return MAIL_SEVERITY_NONE;
}

const char *
mail_severity_name(enum mail_severity s)
{
	return shown[s].name;
}

const char *
mail_severity_mark(enum mail_severity s)
{
	return shown[s].mark;
}

struct str
mail_severity_urgency(enum mail_severity s)
{
	return str_c(shown[s].urgency);
}
