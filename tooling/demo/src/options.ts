import { Command, InvalidArgumentError } from 'commander';

/** What the command line of the demo says. */
export interface DemoOptions {
  /** Length of the measurement; undefined: until Ctrl-C. */
  readonly seconds?: number;
  readonly json: boolean;
  readonly record: string;
  readonly port: number;
  readonly host: string;
}

const EXAMPLES = `
Examples:
  npm start                                             run until Ctrl-C, with a live table
  npm start -- --seconds 20 --json --record out/        measure for 20 s, JSON on the last line of stdout
  npm start -- --port 8080 --host 0.0.0.0               let nodes on other machines join

Exit status: 0 when every link carried audio, 1 otherwise, 2 for a mistake on the command line.`;

/** Reads the command line. Throws commander's `CommanderError`. */
export function parseOptions(argv: readonly string[]): DemoOptions {
  return new Command('npm start --')
    .description(
      'Runs a signaling server and three mesh nodes as separate processes, and shows what each hears.',
    )
    .option(
      '--seconds <n>',
      'end by itself after so many seconds of audio (default: on Ctrl-C)',
      number(0.5, 1e7),
    )
    .option(
      '--json',
      'print a JSON summary as the last line of stdout, and nothing else there',
      false,
    )
    .option('--record <dir>', 'folder of the recordings: DIR/NODE/FROM.wav', 'out')
    .option('--port <n>', 'port of the signaling server; 0 is any free one', number(0, 65_535), 0)
    .option('--host <address>', 'address the signaling server listens on', '127.0.0.1')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help tells more)')
    .exitOverride()
    .parse([...argv], { from: 'user' })
    .opts<DemoOptions>();
}

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max))
      throw new InvalidArgumentError(`Give a number from ${min} to ${max}.`);
    return value;
  };
}
