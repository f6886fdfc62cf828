import type { VideoEncodingName } from '@rm/codecs';
import type { BackendName, IceServer } from '@rm/webrtc-peer';
import { Command, Option } from 'commander';
import { UsageError } from './errors.js';
import { codecs, iceServer, list, number, type PictureSize, pictureSize } from './option-values.js';
import { stateDirectory } from './resume-token.js';

/** Everything the command line says. */
export interface NodeOptions {
  readonly signaling: string;
  readonly room: string;
  readonly id: string;
  /** WAV file, `tone:HZ`, `silence` or `none`. */
  readonly source: string;
  /** Manifest file. */
  readonly pipeline?: string;
  /** Peers whose audio goes through the pipeline; undefined: the source, or all peers without one. */
  readonly from?: readonly string[];
  /** Who gets the audio; undefined: everyone. */
  readonly to?: readonly string[];
  /** Which pictures are taken and sent: none, those of others, or a test pattern to them too. */
  readonly video: 'none' | 'receive' | 'testpattern';
  readonly videoSize: PictureSize;
  /** Frames per second of the test pattern. */
  readonly fps: number;
  /** Most bit/s of pictures to a peer. */
  readonly videoBitrate: number;
  /** In order of preference. */
  readonly videoCodec: readonly VideoEncodingName[];
  readonly record?: string;
  /** File for what was received in the last seconds. */
  readonly capture?: string;
  /** How many of them; default 60. */
  readonly captureSeconds?: number;
  readonly seconds?: number;
  readonly json: boolean;
  readonly statsInterval: number;
  readonly iceServers: readonly IceServer[];
  readonly bitrate: number;
  readonly minBitrate?: number;
  readonly maxBitrate?: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly alignDelay: number;
  readonly connectTimeout: number;
  readonly backend: BackendName;
  /** File with the token that the signaling server asks for. */
  readonly tokenFile?: string;
  readonly stateDir: string;
  readonly logLevel: string;
}

const EXAMPLES = `
Examples:
  Send a file and record everyone else for half a minute:
    rm-mesh-node --signaling ws://localhost:8080 --room demo --id alice --source speech.wav --record out/ --seconds 30
  Turn alice down by 6 dB and send the result to everyone:
    rm-mesh-node --signaling ws://localhost:8080 --room demo --id filter --pipeline gain.yaml --from alice
  Listen only, with statistics as JSON lines:
    rm-mesh-node --signaling ws://localhost:8080 --room demo --id ears --json --stats-interval 1
  Send a tone and a test pattern, see and record those of others, and how late and how whole they come:
    rm-mesh-node --signaling ws://localhost:8080 --room demo --id eyes --source tone:440 --video testpattern --record out/
  Keep the packets of the last two minutes, write them on kill -USR2 and at the end, and see how they were heard:
    rm-mesh-node --signaling ws://localhost:8080 --room demo --id ears --capture ears.rtpdump --capture-seconds 120
    rm-rtpplay ears.rtpdump --plot ears.svg

Exit status: 0 when it ran as asked, 1 when it could not, 2 for a mistake on the command line.`;

/** The command line of the node; `parse` it with {@link parseOptions}. */
function command(version: string): Command {
  return new Command('rm-mesh-node')
    .description(
      'A node of a RemoteMedia mesh: joins a room, sends and takes audio and video, processes it, records it.',
    )
    .version(version)
    .requiredOption('--signaling <url>', 'signaling server, ws:// or wss://')
    .requiredOption('--id <id>', "this node's id in the room: letters, digits and . _ ~ -")
    .option('--room <name>', 'room to join', 'default')
    .option(
      '--source <what>',
      'audio to send: a WAV file (repeated), tone:HZ, silence, none',
      'none',
    )
    .option('--pipeline <file>', 'manifest (YAML or JSON) to process audio with')
    .option(
      '--from <ids>',
      'peers whose audio enters the pipeline, comma-separated (default: the source, or everyone)',
      list,
    )
    .option('--to <ids>', 'peers to send audio to, comma-separated (default: everyone)', list)
    .addOption(
      new Option(
        '--video <what>',
        'pictures: none, receive those of others, testpattern to them too',
      )
        .choices(['none', 'receive', 'testpattern'])
        .default('none'),
    )
    .addOption(
      new Option('--video-size <WxH>', 'size of the test pattern in pixels, both even')
        .argParser(pictureSize)
        .default({ width: 640, height: 360 }, '640x360'),
    )
    .option('--fps <n>', 'frames per second of the test pattern', number(1, 100), 30)
    .option(
      '--video-bitrate <bit/s>',
      'never more to a peer, however good the path',
      number(50_000, 100_000_000),
      1_000_000,
    )
    .addOption(
      new Option('--video-codec <list>', 'of vp9, h264 and vp8, the best first, comma-separated')
        .argParser(codecs)
        .default(['VP9', 'H264', 'VP8'], 'vp9,h264,vp8'),
    )
    .option(
      '--record <dir>',
      'record what is heard of each peer to DIR/ID/PEER.wav, its pictures as they come beside it',
    )
    .option(
      '--capture <file>',
      'write what was received last, as rtpdump, at the end and on SIGUSR2',
    )
    .option(
      '--capture-seconds <n>',
      'how much of it to keep, 256 KiB of memory each (default: 60)',
      number(1, 3600),
    )
    .option('--seconds <n>', 'leave after so many seconds (default: on Ctrl-C)', number(0.1, 1e7))
    .option('--json', 'print JSON lines to stdout, the summary last', false)
    .option('--stats-interval <s>', 'seconds between statistics', number(0.1, 3600), 5)
    .option(
      '--ice-server <url>',
      'stun:HOST[:PORT] or turn:USER:SECRET@HOST[:PORT], may be repeated',
      iceServer,
      [],
    )
    .option('--token-file <file>', 'show the signaling server the token (JWT) in this file')
    .option(
      '--state-dir <dir>',
      'keep here what lets a node that was killed take its place in the room again',
      stateDirectory(),
    )
    .option(
      '--bitrate <bit/s>',
      'Opus bitrate to begin with, the most while packets are lost',
      number(6000, 510_000),
      48_000,
    )
    .option(
      '--min-bitrate <bit/s>',
      'never less, however bad a path (default: 16000, or --bitrate if that is less)',
      number(6000, 510_000),
    )
    .option(
      '--max-bitrate <bit/s>',
      'never more, however good the paths (default: --bitrate)',
      number(6000, 510_000),
    )
    .option('--min-delay <ms>', 'smallest jitter buffer delay', number(0, 2000), 15)
    .option('--max-delay <ms>', 'largest jitter buffer delay', number(0, 2000), 500)
    .option(
      '--align-delay <ms>',
      'play peers in step, none later than this after capture for it; 0: each as soon as it can be',
      number(0, 10_000),
      60,
    )
    .option(
      '--connect-timeout <s>',
      'give a connection up after so many seconds and try again',
      number(0.1, 600),
      5,
    )
    .addOption(
      new Option(
        '--backend <name>',
        'what carries connections: werift (TypeScript), libdatachannel (faster, needs the package node-datachannel), auto',
      )
        .choices(['werift', 'libdatachannel', 'auto'])
        .default('werift'),
    )
    .addOption(
      new Option('--log-level <level>', 'log to stderr from this level on')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help tells more)')
    .exitOverride();
}

/** Reads the command line. Throws commander's `CommanderError`, or {@link UsageError} for options at odds. */
export function parseOptions(argv: readonly string[], version: string): NodeOptions {
  const program = command(version).parse([...argv], { from: 'user' });
  const { iceServer: iceServers, ...options } = program.opts<
    NodeOptions & { iceServer: readonly IceServer[] }
  >();
  checkVideo(options, (name) => program.getOptionValueSource(name) === 'cli');
  if (options.from !== undefined && options.pipeline === undefined)
    throw new UsageError('--from chooses what enters the pipeline: give --pipeline too');
  if (options.from !== undefined && options.source !== 'none')
    throw new UsageError(
      '--from and --source both feed the one stream that is sent: give one of them, or run two nodes',
    );
  if (options.captureSeconds !== undefined && options.capture === undefined)
    throw new UsageError('--capture-seconds says how much is kept: give --capture FILE too');
  if (options.minDelay > options.maxDelay)
    throw new UsageError(
      `--min-delay ${options.minDelay} is above --max-delay ${options.maxDelay}`,
    );
  const { bitrate, minBitrate = Math.min(16_000, bitrate), maxBitrate = bitrate } = options;
  if (minBitrate > bitrate || bitrate > maxBitrate)
    throw new UsageError(
      `--min-bitrate ${minBitrate}, --bitrate ${bitrate} and --max-bitrate ${maxBitrate} are not in this order`,
    );
  return { ...options, iceServers };
}

/** Throws {@link UsageError} for an option that would have no effect. */
function checkVideo(
  { video }: Pick<NodeOptions, 'video'>,
  given: (name: keyof NodeOptions) => boolean,
): void {
  const needs: readonly [keyof NodeOptions, string][] = [
    ['videoSize', '--video-size'],
    ['fps', '--fps'],
    ['videoBitrate', '--video-bitrate'],
  ];
  for (const [name, flag] of needs)
    if (given(name) && video !== 'testpattern')
      throw new UsageError(`${flag} says how pictures are sent: give --video testpattern too`);
  if (given('videoCodec') && video === 'none')
    throw new UsageError(
      '--video-codec says how pictures are encoded: give --video receive or testpattern too',
    );
}
