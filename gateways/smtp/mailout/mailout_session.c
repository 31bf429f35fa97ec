/*
 * One connection, by libesmtp.
 *
 *	MAILSTATUS    not taken: the letter has ended, the next one is added
 *	RCPTSTATUS    the same (libesmtp goes on to DATA, which is refused)
 *	the mail is asked for, then its end: COMMITTING
 *	MESSAGESENT   the letter has ended, the next one is added
 *
 * A message that is added inside such an event goes over the same connection.
 * Not so in the MESSAGESENT of a refused DATA: by then libesmtp has looked for
 * a next one already.
 *
 * What libesmtp returns is of no use: it says that all went well when nothing
 * did.  mailout_verdict.c has the rules.
 */
#include <errno.h>
#include <stdarg.h>

#include <auth-client.h>
#include <openssl/ssl.h> /* before libesmtp.h: declares more then */

#include <libesmtp.h>

#include "lib/xalloc.h"
#include "smtp/mailout/mailout_session.h"
#include "smtp/mailout/mailout_socket.h"
#include "smtp/mailout/mailout_tls.h"
#include "smtp/mailout/mailout_verdict.h"
#include "smtp/mailout/mailout_wire.h"

struct mailout_session {
	const struct mail_submit *to;
	struct mailout_jobs *jobs;
	struct mailout_job *job; /* under way; NULL: it has ended */
	smtp_session_t smtp;
	smtp_message_t message; /* of the job */
	smtp_recipient_t recipient;
	auth_context_t auth;
	SSL_CTX *tls;
	char *helo, *user, *password;
	unsigned nmessages;
	char early[MAILOUT_TEXT_MAX]; /* said before the mail was over */
	int early_code;               /* 0: nothing was */
	struct err login; /* why there was none; ERR_NONE: not known */
	bool is_login_broken;
	struct mailout_wire wire;
};

enum { LOGIN_WRONG = 535 };

/* ---- ends of letters -------------------------------------------------- */

static struct mailout_answer
answer(const smtp_status_t *status)
{
	if (!status)
		return (struct mailout_answer){ .code = 0 };
	return (struct mailout_answer){ .code = status->code,
		.text = str_c(status->text) };
}

static void
tell_story(const struct mailout_session *s, struct mailout_story *story)
{
	*story = (struct mailout_story){
		.host = s->to->host,
		.mail = answer(smtp_reverse_path_status(s->message)),
		.rcpt = answer(smtp_recipient_status(s->recipient)),
		.data = answer(smtp_message_transfer_status(s->message)),
		.last = { .code = s->wire.is_answered ? s->wire.code : 0,
		    .text = buf_str(&s->wire.text) },
		.was_committed = s->job->was_committed,
	};
	if (s->early_code)
		story->data = (struct mailout_answer){ .code = s->early_code,
			.text = str_c(s->early) };
	story->failure = *mailout_socket_failure(&story->is_broken);
}

static void
end_job(struct mailout_session *s)
{
	struct mailout_story story;
	struct mail_result r;

	tell_story(s, &story);
	mailout_verdict(&story, &r);
	mailout_job_end(&s->job, &r);
}

/* ---- messages --------------------------------------------------------- */

/*
 * A server that does not want to hear the rest says so before it has heard
 * all, and hangs up.  libesmtp would not look.
 */
static void
hear_early(struct mailout_session *s)
{
	char said[MAILOUT_TEXT_MAX] = "";
	size_t n = mailout_socket_peek(said, sizeof(said) - 1);
	struct str line = str_of(said, n), first;
	uint64_t code;

	/* Within TLS nobody can read it here. */
	if (s->wire.is_tls || !str_cut(&line, '\n', &first) || first.len < 4 ||
	    !str_to_uint(str_head(first, 3), 599, &code) || code < 400)
		return;
	s->early_code = (int)code;
	snprintf(s->early, sizeof(s->early), STR_FMT,
	    STR_ARG(str_trim(str_skip(first, 4))));
}

/* Will anybody hear the end?  Then it may leave. */
static bool
can_commit(struct mailout_session *s)
{
	s->early_code = 0;
	hear_early(s);
	return !s->early_code && !mailout_socket_is_dead();
}

/*
 * The mail in one piece, then its end.  arg is the session: the job may have
 * ended.  With errno set, libesmtp drops the connection.
 */
static const char *
on_body(void **ctx, int *len, void *arg)
{
	struct mailout_session *s = arg;
	struct mailout_job *j = s->job;

	(void)ctx;
	if (!len) {
		if (j)
			j->was_given = false;
		return NULL;
	}
	*len = 0;
	errno = ECONNABORTED;
	if (!j || mailout_socket_has_failed())
		return NULL;
	if (j->was_given && !can_commit(s))
		return NULL;
	if (j->was_given)
		mailout_job_commit(j);
	else
		*len = (int)j->bytes.len;
	j->was_given = true;
	errno = 0;
	return *len ? j->bytes.p : NULL;
}

static void
add_dsn(struct mailout_session *s, const struct mailout_job *j)
{
	int notify = Notify_FAILURE | Notify_DELAY;

	if (!j->env_from[0])
		return; /* nobody would get it */
	if (j->wants_dsn)
		notify |= Notify_SUCCESS;
	smtp_dsn_set_notify(s->recipient, (enum notify_flags)notify);
	smtp_dsn_set_ret(s->message, Ret_HDRS);
	if (j->envid)
		smtp_dsn_set_envid(s->message, j->envid);
}

static void
add_message(struct mailout_session *s, struct mailout_job *j)
{
	s->job = j;
	s->nmessages++;
	s->message = smtp_add_message(s->smtp);
	if (!s->message)
		abort(); /* no memory */
	if (j->env_from[0])
		smtp_set_reverse_path(s->message, j->env_from);
	s->recipient = smtp_add_recipient(s->message, j->env_to);
	if (!s->recipient)
		abort();
	smtp_set_messagecb(s->message, on_body, s);
	smtp_size_set_estimate(s->message, j->bytes.len);
	add_dsn(s, j);
}

/* On the same connection, if one comes soon. */
static void
go_on(struct mailout_session *s)
{
	struct mailout_job *j;

	if (mailout_socket_has_failed() ||
	    s->nmessages >= s->to->per_connection)
		return;
	j = mailout_jobs_next(s->jobs, (int)s->to->keep_ms);
	if (j)
		add_message(s, j);
}

/* ---- events ----------------------------------------------------------- */

/* Not taken by MAIL or RCPT; with 421 the connection is about to end, too. */
static void
on_status(struct mailout_session *s, const smtp_status_t *status)
{
	int code = status ? status->code : 0;
	struct mailout_story story;

	if (!s->job || code < 400 || code > 599)
		return;
	tell_story(s, &story);
	if (mailout_verdict_is_of_connection(&story))
		return;
	end_job(s);
	go_on(s);
}

static void
on_sent(struct mailout_session *s, smtp_message_t message)
{
	bool goes_on = s->job && s->job->was_committed;

	if (!s->job || message != s->message)
		return; /* it had ended before */
	end_job(s);
	if (goes_on)
		go_on(s);
}

static void
no_starttls(struct mailout_session *s)
{
	struct err err;

	err_set(&err, ERR_UNSUPPORTED,
	    STR_FMT " does not offer STARTTLS; nothing is sent without it",
	    STR_ARG(s->to->host));
	mailout_socket_fail(&err, true);
}

/* OpenSSL has looked, while hands were shaken; libesmtp looks otherwise. */
static void
on_event(smtp_session_t smtp, int event, void *arg, ...)
{
	struct mailout_session *s = arg;
	va_list ap;

	(void)smtp;
	va_start(ap, arg);
	switch (event) {
	case SMTP_EV_MAILSTATUS:
		(void)va_arg(ap, const char *);
		on_status(
		    s, smtp_reverse_path_status(va_arg(ap, smtp_message_t)));
		break;
	case SMTP_EV_RCPTSTATUS:
		(void)va_arg(ap, const char *);
		on_status(
		    s, smtp_recipient_status(va_arg(ap, smtp_recipient_t)));
		break;
	case SMTP_EV_MESSAGESENT:
		on_sent(s, va_arg(ap, smtp_message_t));
		break;
	case SMTP_EV_EXTNA_STARTTLS:
		no_starttls(s);
		break;
	case SMTP_EV_STARTTLS_OK:
		s->wire.is_tls = true;
		break;
	case SMTP_EV_INVALID_PEER_CERTIFICATE:
		(void)va_arg(ap, long);
		*va_arg(ap, int *) = !s->to->verify && !s->to->has_pin;
		break;
	case SMTP_EV_WRONG_PEER_CERTIFICATE:
		*va_arg(ap, int *) = 1;
		break;
	default:
		break;
	}
	va_end(ap);
}

/* ---- what passes ------------------------------------------------------ */

/* libesmtp would go on without, or with another way to log in. */
static void
login_refused(struct mailout_session *s)
{
	err_set(&s->login, ERR_AUTH,
	    STR_FMT " did not let us log in: %d " STR_FMT, STR_ARG(s->to->host),
	    s->wire.code, STR_ARG(buf_str(&s->wire.text)));
	s->is_login_broken = s->wire.code >= 500;
	if (s->wire.code == LOGIN_WRONG)
		mailout_socket_fail(&s->login, true);
}

static void
not_logged_in(struct mailout_session *s)
{
	if (s->login.kind == ERR_NONE) {
		err_set(&s->login, ERR_AUTH,
		    STR_FMT " offers no way to log in that we know (PLAIN, "
		            "LOGIN)",
		    STR_ARG(s->to->host));
		s->is_login_broken = true;
	}
	mailout_socket_fail(&s->login, s->is_login_broken);
}

static void
too_large(struct mailout_session *s)
{
	struct mail_result r = { .fate = GW_REFUSED,
		.code = 552,
		.enhanced = "5.3.4",
		.text = STR_EMPTY };

	err_set(&r.err, ERR_TOO_BIG,
	    STR_FMT " takes mails of %llu bytes, this one has %zu",
	    STR_ARG(s->to->host), (unsigned long long)s->wire.size_max,
	    s->job->bytes.len);
	mailout_socket_fail(&r.err, false);
	mailout_job_end(&s->job, &r);
}

/* MAIL is about to leave: has all been done that was to be done before? */
static void
check_before_mail(struct mailout_session *s)
{
	if (s->to->tls == MAIL_TLS_STARTTLS && !s->wire.is_tls)
		no_starttls(s);
	else if (s->auth && !s->wire.is_logged_in)
		not_logged_in(s);
	else if (s->job && s->wire.size_max > 0 &&
	    s->job->bytes.len > s->wire.size_max)
		too_large(s);
}

static void
injected(struct mailout_session *s)
{
	struct err err;

	err_set(&err, ERR_PROTOCOL,
	    STR_FMT " sent something in the clear behind its answer to "
	            "STARTTLS: somebody may be in between",
	    STR_ARG(s->to->host));
	mailout_socket_fail(&err, true);
}

static void
check_answer(struct mailout_session *s)
{
	if (s->wire.is_injected)
		injected(s);
	else if (s->wire.last == MAILOUT_AUTH && s->wire.is_answered &&
	    s->wire.code >= 400)
		login_refused(s);
}

/* libesmtp's own buffer, before it looks at it itself, or before it leaves. */
static void
on_passing(const char *bytes, int n, int writing, void *arg)
{
	struct mailout_session *s = arg;

	if (n <= 0)
		return;
	if (writing == SMTP_CB_WRITING) {
		mailout_wire_wrote(&s->wire, str_of(bytes, (size_t)n));
		if (s->wire.last == MAILOUT_MAIL)
			check_before_mail(s);
	} else if (writing == SMTP_CB_READING) {
		mailout_wire_read(
		    &s->wire, (char *)(uintptr_t)bytes, (size_t)n);
		check_answer(s);
	}
}

/* ---- logging in ------------------------------------------------------- */

static int
on_asked(auth_client_request_t request, char **result, int fields, void *arg)
{
	struct mailout_session *s = arg;

	for (int i = 0; i < fields; i++)
		result[i] = request[i].flags & AUTH_PASS ? s->password
		    : request[i].flags & AUTH_USER       ? s->user
		                                         : NULL;
	return 1;
}

/* mail_submit_check() has seen to it that nobody listens in. */
static void
prepare_login(struct mailout_session *s)
{
	if (s->to->user.len == 0)
		return;
	s->user = str_dup(s->to->user);
	s->password = str_dup(s->to->password);
	s->auth = auth_create_context();
	if (!s->auth)
		abort();
	auth_set_mechanism_flags(s->auth, AUTH_PLUGIN_PLAIN, 0);
	auth_set_interact_cb(s->auth, on_asked, s);
	smtp_auth_set_context(s->smtp, s->auth);
}

/* ---- the session ------------------------------------------------------ */

static int
prepare_tls(struct mailout_session *s)
{
	struct err err = ERR_INIT;

	if (s->to->tls != MAIL_TLS_STARTTLS) {
		smtp_starttls_enable(s->smtp, Starttls_DISABLED);
		return 0;
	}
	s->tls = mailout_tls_new(s->to, &err);
	if (!s->tls) {
		mailout_socket_fail(&err, true);
		return -1;
	}
	smtp_starttls_enable(s->smtp, Starttls_REQUIRED);
	smtp_starttls_set_ctx(s->smtp, s->tls);
	return 0;
}

static void
set_time(struct mailout_session *s, int which, int64_t ms)
{
	smtp_set_timeout(
	    s->smtp, which | (int)Timeout_OVERRIDE_RFC2822_MINIMUM, (long)ms);
}

static void
prepare_times(struct mailout_session *s)
{
	set_time(s, Timeout_GREETING, s->to->reply_ms);
	set_time(s, Timeout_ENVELOPE, s->to->reply_ms);
	set_time(s, Timeout_DATA, s->to->reply_ms);
	set_time(s, Timeout_TRANSFER, s->to->reply_ms);
	set_time(s, Timeout_DATA2, s->to->final_ms);
}

static int
prepare(struct mailout_session *s, struct mailout_job *first)
{
	s->smtp = smtp_create_session();
	if (!s->smtp)
		abort();
	s->helo = str_dup(s->to->helo);
	mailout_wire_init(&s->wire);
	smtp_set_server(s->smtp, MAILOUT_SERVER);
	smtp_set_hostname(s->smtp, s->helo);
	smtp_set_eventcb(s->smtp, on_event, s);
	smtp_set_monitorcb(s->smtp, on_passing, s, 0);
	prepare_times(s);
	prepare_login(s);
	add_message(s, first);
	return prepare_tls(s);
}

/* STARTTLS was agreed on and did not come about. */
static void
note_tls_failure(struct mailout_session *s)
{
	struct err err;
	bool is_broken;

	mailout_tls_why(s->to, &err, &is_broken);
	mailout_socket_fail(&err, is_broken);
}

static void
release(struct mailout_session *s)
{
	smtp_destroy_session(s->smtp);
	if (s->auth)
		auth_destroy_context(s->auth);
	SSL_CTX_free(s->tls);
	mailout_wire_release(&s->wire);
	free(s->helo);
	free(s->user);
	free(s->password);
}

/* The connection is no more, and a letter is still with us. */
static struct mailout_job *
leftover(struct mailout_session *s)
{
	struct mailout_job *j = s->job;
	struct mailout_story story;

	if (!j)
		return NULL;
	tell_story(s, &story);
	if (s->nmessages > 1 && !j->was_tried &&
	    mailout_verdict_is_of_connection(&story)) {
		j->was_tried = true;
		return j;
	}
	end_job(s);
	return NULL;
}

struct mailout_job *
mailout_session_run(const struct mail_submit *to, struct mailout_jobs *js,
    struct mailout_job *first)
{
	struct mailout_session s = { .to = to, .jobs = js };
	struct mailout_job *left;

	mailout_socket_begin(to);
	if (prepare(&s, first) == 0)
		(void)smtp_start_session(s.smtp); /* says nothing */
	if (s.wire.last == MAILOUT_STARTTLS && s.wire.code / 100 == 2 &&
	    !s.wire.is_tls)
		note_tls_failure(&s);
	mailout_socket_end();
	left = leftover(&s);
	release(&s);
	return left;
}
