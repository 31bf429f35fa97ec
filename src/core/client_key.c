#include <stdlib.h>

#include "core/account.h"
#include "core/client_key.h"
#include "core/commands.h"
#include "core/instance.h"
#include "core/router.h"
#include "core/services.h"
#include "lib/secret.h"
#include "lib/xalloc.h"
#include "net/identity.h"
#include "xmpp/adhoc.h"
#include "xmpp/form.h"

enum { KEEP_MS = 30000, TEXT_MAX = 1024 };

static const struct gw_setting setting = {
	.name = CLIENT_KEY_SETTING,
	.type = GW_SET_SECRET,
	.scopes = GW_SCOPE_NETWORK,
};

/* A step that waits for the account, or for the disk. */
struct waiting {
	struct gateway *gw;
	uint64_t token;
	char *network;
	struct buf text; /* to be told once it is kept */
};

static struct waiting *
wait_new(struct adhoc_call *call, struct inlet *in)
{
	struct waiting *w = xcalloc(1, sizeof(*w));

	w->gw = in->gw;
	w->network = str_dup(in->at.network);
	buf_init(&w->text, TEXT_MAX);
	w->token = adhoc_keep(call, KEEP_MS);
	return w;
}

/* NULL: nobody waits any more. */
static struct adhoc_call *
wait_call(const struct waiting *w)
{
	return adhoc_kept(commands_adhoc(w->gw), w->token);
}

static void
wait_free(struct waiting *w)
{
	buf_release(&w->text);
	free(w->network);
	free(w);
}

static void
describe(struct str pem, struct buf *out)
{
	char sha256[IDENTITY_SHA256_HEX], sha512[IDENTITY_SHA512_HEX];

	if (!identity_fingerprints(pem, sha256, sha512)) {
		buf_addf(out, "You have no client certificate here.");
		return;
	}
	buf_addf(out,
	    "The fingerprint of your client certificate:\n"
	    "SHA-256 %s\nSHA-512 %s",
	    sha256, sha512);
}

/* ---- the form --------------------------------------------------------- */

static void
show(struct adhoc_call *call, struct str pem)
{
	struct adhoc_form form = { .stage = 0, .last = true };
	struct buf text;
	struct form_field field[] = {
		{ .type = FORM_FIXED },
		{ .type = FORM_BOOL,
		    .var = "make",
		    .label = "Make a new one; an old one is forgotten" },
		{ .type = FORM_BOOL,
		    .var = "forget",
		    .label = "Forget the one there is" },
	};

	buf_init(&text, TEXT_MAX);
	describe(pem, &text);
	field[0].value = buf_str(&text);
	form_write(adhoc_show(call, &form), "form", "Client certificate",
	    "Networks that have been told its fingerprint know you by it, "
	    "without a password.",
	    field, pem.len ? 3 : 2);
	adhoc_shown(call);
	buf_release(&text);
}

static void
on_ready(struct account *a, void *arg)
{
	struct waiting *w = arg;
	struct adhoc_call *call = wait_call(w);

	if (call)
		show(call,
		    account_setting(
		        a, str_c(w->network), STR_EMPTY, CLIENT_KEY_SETTING));
	wait_free(w);
}

/* ---- the answer ------------------------------------------------------- */

static void
on_kept(bool ok, void *arg)
{
	struct waiting *w = arg;
	struct adhoc_call *call = wait_call(w);

	if (call && ok)
		adhoc_finish(call, ADHOC_INFO, buf_str(&w->text));
	else if (call)
		adhoc_finish(call, ADHOC_ERROR,
		    STR("Not saved: the disk is in trouble; try again."));
	wait_free(w);
}

static void
keep(struct adhoc_call *call, struct inlet *in, struct account *a, bool make)
{
	struct waiting *w = wait_new(call, in);
	struct err err = ERR_INIT;
	struct buf pem;

	buf_init(&pem, IDENTITY_MAX);
	if (make)
		identity_new(&pem);
	if (make)
		describe(buf_str(&pem), &w->text);
	else
		buf_addf(&w->text, "Forgotten.");
	buf_addf(&w->text, "\nIt counts from the next connection on.");
	if (account_set(a, str_c(w->network), STR_EMPTY, &setting,
	        buf_str(&pem), on_kept, w, &err) < 0)
		on_kept(false, w);
	secret_wipe(pem.p, pem.len);
	buf_release(&pem);
}

void
client_key_on_call(struct adhoc_call *call)
{
	struct inlet *in = services_inlet(call->ask);
	struct err err = ERR_INIT;
	struct account *a = account_get(in->gw, jid_bare(&in->from), &err);
	bool make = call->answer && form_bool(call->answer, "make");
	bool forget = call->answer && form_bool(call->answer, "forget");

	if (!a) {
		adhoc_fail(call, &err);
		return;
	}
	if (!call->answer)
		account_wait(a, on_ready, wait_new(call, in));
	else if (make || forget)
		keep(call, in, a, make);
	else
		adhoc_finish(call, ADHOC_INFO, STR("Nothing was changed."));
	if (call->answer)
		account_check(a);
}
