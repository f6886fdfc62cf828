import { afterEach, expect, jest, test } from '@jest/globals';
import { commandLine } from '../src/command-line.js';

afterEach(() => {
  jest.restoreAllMocks();
});

/** What is said on stderr before it gives up. */
function saidOf(args: readonly string[]): string {
  let said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  expect(() => commandLine(args)).toThrow(expect.objectContaining({ exitCode: 1 }));
  return said;
}

const MISTAKES: readonly (readonly [args: string[], message: string])[] = [
  [['--port', 'http'], "argument 'http' is invalid. Give a whole number from 0 to 65535."],
  [['--port', '65536'], "argument '65536' is invalid."],
  [['--max-peers-per-room', '0'], 'Give a whole number from 1 to 10000.'],
  [['--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
  [['--log-level', 'loud'], "argument 'loud' is invalid."],
  [['now'], 'too many arguments.'],
  [['--auth', 'jwt'], '--auth jwt needs --jwt-keys FILE'],
  [['--jwt-keys', 'keys.json'], 'need --auth jwt'],
  [['--tls-cert', 'cert.pem'], '--tls-cert and --tls-key need each other'],
  [['--turn-url', 'turn:a.example'], '--turn-url and --turn-secret-file need each other'],
  [['--turn-ttl', '60'], '--turn-ttl needs --turn-url and --turn-secret-file'],
  [['--turn-url', 'a.example'], 'Give a URI such as turn:turn.example.org:3478.'],
  [['--stun-url', 'turn:a.example'], 'Give a URI such as stun:stun.example.org:3478.'],
  [['--resume-window', '3601'], 'Give a whole number from 0 to 3600.'],
  [['--drain-spread', '601'], 'Give a whole number from 0 to 600.'],
  [['--allow-origin', 'app.example'], 'Give an origin, such as https://app.example.'],
];

test.each(MISTAKES)('usage error %j is told in one line', (args, message) => {
  const said = saidOf(args);
  expect(said).toContain(message);
  expect(said.trim().split('\n')).toHaveLength(1);
});

const optionsOf = (...args: string[]): object => commandLine(args).options;

test.each<[string, object]>([
  ['--port 0', { port: 0 }],
  ['--host ::1', { host: '::1' }],
  ['--insecure', { insecure: true }],
  ['--auth jwt --jwt-keys k', { auth: { keysFile: 'k' } }],
  [
    '--auth jwt --jwt-keys k --jwt-audience a --jwt-issuer i',
    { auth: { keysFile: 'k', audience: 'a', issuer: 'i' } },
  ],
  ['--tls-cert c --tls-key k', { tls: { certFile: 'c', keyFile: 'k' } }],
  [
    '--allow-origin https://a.example --allow-origin http://b.example:81',
    { allowedOrigins: ['https://a.example', 'http://b.example:81'] },
  ],
  ['--max-peers-per-room 3', { maxPeersPerRoom: 3 }],
  ['--max-connections 3', { maxConnections: 3 }],
  ['--max-connections-per-address 3', { maxConnectionsPerAddress: 3 }],
  ['--max-messages-per-second 3', { maxMessagesPerSecond: 3 }],
  ['--socket-messages-per-second 3', { socketMessagesPerSecond: 3 }],
  ['--room-messages-per-second 3', { roomMessagesPerSecond: 3 }],
  ['--max-message-bytes 2048', { maxMessageBytes: 2_048 }],
  ['--max-outbound-bytes 65536', { maxOutboundBytes: 65_536 }],
  ['--handshake-timeout 3', { handshakeTimeoutMs: 3_000 }],
  ['--announce-timeout 3', { announceTimeoutMs: 3_000 }],
  ['--resume-window 3', { resumeWindowMs: 3_000 }],
  ['--resume-window 0', { resumeWindowMs: 0 }],
  ['--stun-url stun:a --stun-url stuns:b', { iceServers: { stunUrls: ['stun:a', 'stuns:b'] } }],
  [
    '--turn-url turn:a --turn-url turns:b --turn-secret-file s --turn-ttl 60',
    { iceServers: { turn: { urls: ['turn:a', 'turns:b'], secretFile: 's', ttlSeconds: 60 } } },
  ],
])('%s is an option of the server', (args, option) => {
  const withFlag = optionsOf(...args.split(' '));
  expect(withFlag).toMatchObject(option);
  expect(optionsOf()).not.toMatchObject(option);
});

test('log level and spread of the end are told apart from the options of the server', () => {
  expect(commandLine([])).toMatchObject({ logLevel: 'info', drainSpreadMs: 5_000 });
  const args = ['--log-level', 'debug', '--drain-spread', '0'];
  expect(commandLine(args)).toMatchObject({ logLevel: 'debug', drainSpreadMs: 0 });
});

test('every example of --help is a command line that it takes', () => {
  let help = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    help += String(text);
    return true;
  });
  expect(() => commandLine(['--help'])).toThrow(expect.objectContaining({ exitCode: 0 }));
  const examples = Array.from(help.matchAll(/^ {2}rm-signaling-server(.*?)(?: +#.*)?$/gm));
  expect(examples.length).toBeGreaterThan(5);
  for (const [, args = ''] of examples) {
    const given = args.split(' ').filter((arg) => arg !== '');
    expect(commandLine(given).options).not.toEqual(given.length === 0 ? {} : optionsOf());
  }
});
