// npm run generate: writes openrpc.json and the generated sections of docs/protocol.md from the built package.
import { readFileSync, writeFileSync } from 'node:fs';
import { openRpcDocument } from '../dist/openrpc/document.js';
import { protocolSections, withSections } from '../dist/openrpc/markdown.js';

const DOCUMENT = new URL('../openrpc.json', import.meta.url);
const PAGE = new URL('../../../docs/protocol.md', import.meta.url);

const page = withSections(readFileSync(PAGE, 'utf8'), protocolSections());
if (page === undefined) {
  console.error('docs/protocol.md lacks a pair of markers, such as <!-- methods:begin -->: add it');
  process.exit(1);
}
writeFileSync(DOCUMENT, `${JSON.stringify(openRpcDocument(), undefined, 2)}\n`);
writeFileSync(PAGE, page);
