import { ERROR_MEANINGS, ErrorCode } from '../error-codes.js';
import type { ErrorName } from '../error-codes.js';
import { openRpcDocument } from './document.js';
import type { ContentDescriptor, Direction, OpenRpcMethod } from './document.js';
import { meetingTranscript } from './transcript.js';

const DIRECTIONS: Readonly<Record<Direction, string>> = {
  'to-server': 'client to server',
  'to-client': 'server to client',
  both: 'both',
};

/** The generated sections of a page about the protocol, as Markdown by name. */
export const protocolSections = (): Readonly<Record<'methods' | 'errors' | 'flow', string>> => ({
  methods: table(
    ['Method', 'Kind', 'Direction', 'Parameters', 'What it does'],
    openRpcDocument().methods.map(methodRow),
  ),
  errors: table(
    ['Code', 'Name', 'Cause', 'What the caller does'],
    Object.entries(ERROR_MEANINGS).map(([name, { cause, remedy }]) => [
      String(ErrorCode[name as ErrorName]),
      code(name),
      cause,
      remedy,
    ]),
  ),
  flow: ['```text', ...meetingTranscript(), '```'].join('\n'),
});

/**
 * Puts each section of `sections` between its markers in `page`, `<!-- name:begin -->` and
 * `<!-- name:end -->`; `undefined` if a pair is missing.
 */
export function withSections(
  page: string,
  sections: Readonly<Record<string, string>>,
): string | undefined {
  let whole = page;
  for (const [name, section] of Object.entries(sections)) {
    const begin = `<!-- ${name}:begin -->\n`;
    const end = `\n<!-- ${name}:end -->`;
    const from = whole.indexOf(begin);
    const to = whole.indexOf(end, from);
    if (from === -1 || to === -1) return undefined;
    whole = `${whole.slice(0, from + begin.length)}\n${section}\n${whole.slice(to)}`;
  }
  return whole;
}

const methodRow = (method: OpenRpcMethod): string[] => [
  code(method.name),
  method.result === undefined ? 'notification' : 'request',
  DIRECTIONS[method['x-direction']],
  method.params.map(parameter).join(', '),
  method.summary,
];

const code = (text: string): string => `\`${text}\``;

const parameter = ({ name, required }: ContentDescriptor): string =>
  code(required ? name : `${name}?`);

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [titles, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = titles.map((_, c) => Math.max(3, ...cells.map((row) => row[c]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, c) => cell.padEnd(widths[c] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}
