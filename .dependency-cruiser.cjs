/** The layers of docs/architecture.md. Arrows point one way.
 *  @type {import('dependency-cruiser').IConfiguration} */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: `^${from}/src` },
  to: { path: '^(packages|apps|tooling)/', pathNot: `^(${[from, ...allowed].join('|')})/` },
});
const p = (name) => `packages/${name}`;

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'rtp-sync-stands-alone',
      severity: 'error',
      comment: 'rtp-sync has no dependencies and no I/O',
      from: { path: '^packages/rtp-sync/src' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-peer', 'npm-optional'] },
    },
    {
      name: 'signaling-protocol-is-pure',
      severity: 'error',
      comment: 'schemas through zod; no node builtins, nothing else',
      from: { path: '^packages/signaling-protocol/src' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-peer', 'npm-optional'],
        pathNot: 'node_modules/zod/',
      },
    },
    only('rtp-sync-below-all', p('rtp-sync'), []),
    only('signaling-protocol-below-all', p('signaling-protocol'), []),
    only('codecs-native-stands-alone', p('codecs-native'), []),
    only('codecs-on-its-add-on', p('codecs'), [p('codecs-native')]),
    only('webrtc-peer-on-the-three', p('webrtc-peer'), [
      p('rtp-sync'),
      p('signaling-protocol'),
      p('codecs'),
    ]),
    only('pipeline-bridge-on-codecs', p('pipeline-bridge'), [p('codecs')]),
    {
      name: 'codecs-without-io',
      severity: 'error',
      comment: 'codecs works on bytes and samples; files and sockets belong above it',
      from: { path: '^packages/codecs/src' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?worker_threads$' },
    },
    {
      name: 'threads-behind-one-door',
      severity: 'error',
      comment: 'only video in WebAssembly brings threads of its own',
      from: { path: '^packages/codecs/src', pathNot: '^packages/codecs/src/video/wasm/' },
      to: { path: '^(node:)?worker_threads$' },
    },
    {
      name: 'wasm-video-behind-one-door',
      severity: 'error',
      from: { pathNot: '^packages/codecs/(src/video/wasm|test)/' },
      to: { path: 'node_modules/(@libav\\.js|h264decoder)/' },
    },
    {
      name: 'apps-compose',
      severity: 'error',
      from: { path: '^apps/([^/]+)/src' },
      to: { path: '^(apps|tooling)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'werift-behind-one-door',
      severity: 'error',
      comment: 'tests of codecs compare its payload formats with those of werift',
      from: { pathNot: '^packages/(webrtc-peer/(src/backend/werift|test)|codecs/test)/' },
      to: { path: 'node_modules/werift/' },
    },
    {
      name: 'libdatachannel-behind-one-door',
      severity: 'error',
      from: { pathNot: '^packages/webrtc-peer/(src/backend/libdatachannel|test)/' },
      to: { path: 'node_modules/node-datachannel/' },
    },
    {
      name: 'opus-engines-behind-one-door',
      severity: 'error',
      from: { pathNot: '^packages/codecs/(src/opus|test)/' },
      to: { path: 'node_modules/(libopus-wasm|opusscript)/' },
    },
    {
      name: 'voice-activity-behind-one-door',
      severity: 'error',
      from: { pathNot: '^packages/codecs/src/dsp/fvad\\.ts$' },
      to: { path: 'node_modules/@echogarden/' },
    },
    {
      name: 'native-video-behind-one-door',
      severity: 'error',
      comment: 'video is had through the providers of codecs, on machines without the add-on too',
      from: { pathNot: '^packages/(codecs-native|codecs/src/video/native\\.ts$)' },
      to: { path: '^packages/codecs-native/' },
    },
    {
      name: 'no-deep-import',
      severity: 'error',
      comment: 'other packages are used through their entry points',
      from: { path: '^(packages|apps|tooling)/([^/]+)/' },
      to: {
        path: '^packages/([^/]+)/src/(?!index\\.ts$)',
        pathNot: [
          '^packages/$2/',
          '^packages/signaling-protocol/src/(dialects|hub|openrpc)/index\\.ts$',
        ],
      },
    },
    { name: 'not-to-test', severity: 'error', from: { pathNot: '/test/' }, to: { path: '/test/' } },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'an import that cannot be resolved escapes every other rule',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|/\\.cache/)' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@rm/source', 'import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
