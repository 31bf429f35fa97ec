/*
 * mail_frames.h - what the daemon and the worker that sends mail tell each
 * other (lib/frame.h)
 *
 *	daemon                        worker
 *	SETUP smart host   ------->
 *	                   <-------   NEXT
 *	LETTER             ------->
 *	                   <-------   COMMITTING
 *	                   <-------   RESULT
 *	                   <-------   NEXT
 *
 * A letter is given only to who has asked for the next.  COMMITTING is written
 * before the end of the mail may leave: without it, the mail was not sent.
 */
#ifndef MAIL_FRAMES_H
#define MAIL_FRAMES_H

enum {
	MAIL_FRAME_SETUP = 'S',  /* mail_submit_pack(); the first one */
	MAIL_FRAME_LETTER = 'L', /* mail_letter_pack() */
	MAIL_FRAME_NEXT = 'N',
	MAIL_FRAME_COMMITTING = 'C',
	MAIL_FRAME_RESULT = 'R', /* mail_result_pack() */
};

#endif
