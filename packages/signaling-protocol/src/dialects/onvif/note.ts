import { note as noteSchema } from './params.js';
import type { Note } from './params.js';

/**
 * The line that carries a note: an attribute of the session level, which receivers that do not
 * know it ignore (RFC 8866 §5.13). JSON has no line ends outside its strings, and none in them.
 */
const LINE = /^a=x-rm-onvif:([^\r\n]*)(?:\r\n|\n|$)/m;

/** A session description without media, for a note that goes with no offer. */
const NO_MEDIA = 'v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n';

/** `sdp` with `note` in it, or one without media if none is given. */
export function withNote(note: Note, sdp: string = NO_MEDIA): string {
  const line = `a=x-rm-onvif:${JSON.stringify(note)}\r\n`;
  const media = sdp.indexOf('\nm=') + 1;
  if (media > 0) return `${sdp.slice(0, media)}${line}${sdp.slice(media)}`;
  return `${sdp}${sdp.endsWith('\n') ? '' : '\r\n'}${line}`;
}

/** Separates the two again; a note that is none is taken for an attribute of the description. */
export function withoutNote(sdp: string): { readonly sdp: string; readonly note: Note } {
  const match = LINE.exec(sdp);
  const note = match?.[1] === undefined ? undefined : parsed(match[1]);
  if (match === null || note === undefined) return { sdp, note: {} };
  return { sdp: sdp.slice(0, match.index) + sdp.slice(match.index + match[0].length), note };
}

function parsed(json: string): Note | undefined {
  try {
    return noteSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}
