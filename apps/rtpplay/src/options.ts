import { Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from './errors.js';

/** How the delay is chosen. */
export type PolicyOption = 'adaptive' | 'neteq' | { readonly fixed: number };

/** Everything the command line says. Times are in ms. */
export interface PlayOptions {
  readonly file: string;
  readonly ssrc?: number;
  readonly payloadType?: number;
  readonly clockRate?: number;
  readonly policy: PolicyOption;
  readonly preset?: 'low-latency' | 'balanced' | 'robust';
  readonly minDelay?: number;
  readonly maxDelay?: number;
  readonly wav?: string;
  readonly events?: string;
  readonly plot?: string;
}

const EXAMPLES = `
Examples:
  How would this call have been heard?
    rm-rtpplay call.pcapng
  Listen to it, and see delay, target and losses over time:
    rm-rtpplay call.pcap --wav call.wav --plot call.svg
  The same packets with the delay that browsers would have chosen, and with 60 ms throughout:
    rm-rtpplay call.rtpdump --policy neteq
    rm-rtpplay call.rtpdump --policy fixed:60
  The table of arrivals that tshark makes, which holds no payloads:
    tshark -r call.pcap -Y rtp -T fields -E header=y -E separator=, \\
      -e frame.time_epoch -e rtp.seq -e rtp.timestamp -e rtp.p_type -e rtp.ssrc > call.csv
    rm-rtpplay call.csv --clock-rate 48000

Exit status: 0 when it was replayed, 1 when the file could not be, 2 for a mistake on the command line.`;

function command(version: string): Command {
  return new Command('rm-rtpplay')
    .description(
      'Replays captured RTP through the receiver of the mesh in virtual time, and prints how it was heard as one JSON object.',
    )
    .version(version)
    .argument(
      '<file>',
      'rtpdump, pcap, pcapng or a table of arrivals (sequence, timestamp, arrival_ms), gzip’d or not',
    )
    .option(
      '--ssrc <id>',
      'stream to replay, as 0x… or decimal (default: that of sound with most packets)',
      whole(2 ** 32 - 1),
    )
    .option(
      '--payload-type <n>',
      'payload type to replay (default: the most frequent one)',
      whole(127),
    )
    .option('--clock-rate <hz>', 'RTP clock rate (default: found out)', number(1000, 384_000))
    .option(
      '--policy <name>',
      'how the delay is chosen: adaptive, neteq or fixed:MS',
      policy,
      'adaptive' as const,
    )
    .addOption(
      new Option(
        '--preset <name>',
        'what the adaptive policy gives for 1 % less loss (default: balanced)',
      ).choices(['low-latency', 'balanced', 'robust']),
    )
    .option('--min-delay <ms>', 'smallest adaptive delay (default: 15)', number(0, 2000))
    .option('--max-delay <ms>', 'largest adaptive delay (default: 500)', number(0, 2000))
    .option('--wav <file>', 'write what was heard, 16-bit mono at 48 kHz')
    .option('--events <file>', 'write every packet and every 10 ms as NDJSON')
    .option('--plot <file>', 'draw delay, target and losses over time as SVG')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help tells more)')
    .exitOverride();
}

/** Reads the command line. Throws commander's `CommanderError`, or {@link UsageError} for options at odds. */
export function parseOptions(argv: readonly string[], version: string): PlayOptions {
  const parsed = command(version).parse([...argv], { from: 'user' });
  const options = { ...parsed.opts<Omit<PlayOptions, 'file'>>(), file: parsed.args[0]! };
  const { policy: chosen, preset, minDelay = 15, maxDelay = 500 } = options;
  for (const [name, value] of Object.entries({
    '--preset': preset,
    '--min-delay': options.minDelay,
    '--max-delay': options.maxDelay,
  }))
    if (value !== undefined && chosen !== 'adaptive')
      throw new UsageError(`${name} is for --policy adaptive: leave one of the two out`);
  if (minDelay > maxDelay)
    throw new UsageError(`--min-delay ${minDelay} is above --max-delay ${maxDelay}`);
  const outputs = [options.wav, options.events, options.plot, options.file].filter(
    (path) => path !== undefined,
  );
  if (new Set(outputs).size < outputs.length)
    throw new UsageError('one file is named twice: name another for each output');
  return options;
}

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max))
      throw new InvalidArgumentError(`Give a number from ${min} to ${max}.`);
    return value;
  };
}

function whole(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > max)
      throw new InvalidArgumentError(`Give a whole number from 0 to ${max}, in decimal or as 0x….`);
    return value;
  };
}

function policy(text: string): PolicyOption {
  if (text === 'adaptive' || text === 'neteq') return text;
  const match = /^fixed:(\d+(?:\.\d+)?)$/.exec(text);
  const fixed = Number(match?.[1]);
  if (!(fixed <= 2000))
    throw new InvalidArgumentError('Give adaptive, neteq or fixed:MS, MS up to 2000.');
  return { fixed };
}
