/*
 * ns.h - XML namespaces, each with the document that defines it
 */
#ifndef XMPP_NS_H
#define XMPP_NS_H

#define NS_COMPONENT   "jabber:component:accept"                /* XEP-0114 */
#define NS_STANZAS     "urn:ietf:params:xml:ns:xmpp-stanzas"    /* RFC 6120 */
#define NS_DATA        "jabber:x:data"                          /* XEP-0004 */
#define NS_DISCO_INFO  "http://jabber.org/protocol/disco#info"  /* XEP-0030 */
#define NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items" /* XEP-0030 */
#define NS_MUC         "http://jabber.org/protocol/muc"         /* XEP-0045 */
#define NS_MUC_USER    "http://jabber.org/protocol/muc#user"    /* XEP-0045 */
#define NS_MUC_ADMIN   "http://jabber.org/protocol/muc#admin"   /* XEP-0045 */
#define NS_MUC_OWNER   "http://jabber.org/protocol/muc#owner"   /* XEP-0045 */
#define NS_COMMANDS    "http://jabber.org/protocol/commands"    /* XEP-0050 */
#define NS_ADDRESS     "http://jabber.org/protocol/address"     /* XEP-0033 */
#define NS_CHATSTATES  "http://jabber.org/protocol/chatstates"  /* XEP-0085 */
#define NS_VCARD       "vcard-temp"                             /* XEP-0054 */
#define NS_VERSION     "jabber:iq:version"                      /* XEP-0092 */
#define NS_GATEWAY     "jabber:iq:gateway"                      /* XEP-0100 */
#define NS_REGISTER    "jabber:iq:register"                     /* XEP-0077 */
#define NS_CAPS        "http://jabber.org/protocol/caps"        /* XEP-0115 */
#define NS_SHIM        "http://jabber.org/protocol/shim"        /* XEP-0131 */
#define NS_NICK        "http://jabber.org/protocol/nick"        /* XEP-0172 */
#define NS_RECEIPTS    "urn:xmpp:receipts"                      /* XEP-0184 */
#define NS_BLOCKED     "urn:xmpp:blocking:errors"               /* XEP-0191 */
#define NS_PING        "urn:xmpp:ping"                          /* XEP-0199 */
#define NS_TIME        "urn:xmpp:time"                          /* XEP-0202 */
#define NS_DELAY       "urn:xmpp:delay"                         /* XEP-0203 */
#define NS_SID         "urn:xmpp:sid:0"                         /* XEP-0359 */
#define NS_OOB         "jabber:x:oob"                           /* XEP-0066 */
#define NS_UPLOAD      "urn:xmpp:http:upload:0"                 /* XEP-0363 */
#define NS_FALLBACK    "urn:xmpp:fallback:0"                    /* XEP-0428 */
#define NS_CONFERENCE  "jabber:x:conference"                    /* XEP-0249 */
#define NS_CLIENT      "jabber:client"                          /* RFC 6120 */
#define NS_RSM         "http://jabber.org/protocol/rsm"         /* XEP-0059 */
#define NS_FORWARD     "urn:xmpp:forward:0"                     /* XEP-0297 */
#define NS_MAM         "urn:xmpp:mam:2"                         /* XEP-0313 */
#define NS_EME         "urn:xmpp:eme:0"                         /* XEP-0380 */
#define NS_MARKUP      "urn:xmpp:markup:0"                      /* XEP-0394 */
#define NS_STYLING     "urn:xmpp:styling:0"                     /* XEP-0393 */
#define NS_HATS        "urn:xmpp:hats:0"                        /* XEP-0317 */
#define NS_CORRECT     "urn:xmpp:message-correct:0"             /* XEP-0308 */
#define NS_REFERENCE   "urn:xmpp:reference:0"                   /* XEP-0372 */
#define NS_OCCUPANT_ID "urn:xmpp:occupant-id:0"                 /* XEP-0421 */
#define NS_FASTEN      "urn:xmpp:fasten:0"                      /* XEP-0422 */
#define NS_RETRACT     "urn:xmpp:message-retract:1"             /* XEP-0424 */
#define NS_RETRACT_0   "urn:xmpp:message-retract:0"             /* XEP-0424 */
#define NS_MODERATE    "urn:xmpp:message-moderate:1"            /* XEP-0425 */
#define NS_REACTIONS   "urn:xmpp:reactions:0"                   /* XEP-0444 */
#define NS_SFS         "urn:xmpp:sfs:0"                         /* XEP-0447 */
#define NS_HINTS       "urn:xmpp:hints"                         /* XEP-0334 */
#define NS_REPLY       "urn:xmpp:reply:0"                       /* XEP-0461 */

/* Feature names that are not namespaces. */
#define FEATURE_MAM_EXTENDED "urn:xmpp:mam:2#extended" /* XEP-0313 */
#define FEATURE_ESCAPING     "jid\\20escaping"         /* XEP-0106 */
#define FEATURE_STABLE_ID                                                      \
	"http://jabber.org/protocol/muc#stable_id" /* XEP-0045 */
#define FEATURE_SELF_PING                                                      \
	"http://jabber.org/protocol/muc#self-ping-optimization" /* XEP-0410 */

/* The type of a form. */
#define FORM_SERVERINFO "http://jabber.org/network/serverinfo" /* XEP-0157 */

#endif
