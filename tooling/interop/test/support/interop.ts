import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { type ListeningSignalingServer, createSignalingServer } from '@rm/signaling-server';
import {
  type Backend,
  type BackendName,
  type MeshVideoOptions,
  loadBackend,
} from '@rm/webrtc-peer';
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core';
import { CHROMIUM, chromiumInstalled } from '../../src/chromium.js';
import { openPage } from '../../src/open-page.js';
import type { PageOptions } from '../../src/page/mesh-page.js';
import { type Site, serveSite } from '../../src/site.js';
import { DEADLINE_MS, Node } from './node.js';

if (!chromiumInstalled) {
  const line = 'chromium is not installed (apt-get install chromium)';
  if (process.env['CI'] === 'true') throw new Error(line);
  process.stderr.write(`${line}: tests with a browser are skipped\n`);
}

/** Tests that need a browser. */
export const describeWithChromium: typeof describe.skip = chromiumInstalled
  ? describe
  : describe.skip;

/** In Hz. */
export const NODE_TONE = 600;
export const PAGE_TONE = 450;

/**
 * A page without leave to use the microphone, as most are, has its addresses hidden behind mDNS names by the
 * browser; one with leave shows them.
 */
export type Addresses = 'hidden' | 'shown';

/** How a node takes part. */
export interface NodeOptions {
  /** In Hz. */
  readonly tone?: number;
  /** Which pictures it takes and sends; default none. */
  readonly video?: MeshVideoOptions;
  /** What it uses of the backend; default the backend itself. */
  readonly through?: (backend: Backend) => Backend;
}

/** What nodes and pages meet in: a signaling server, a browser, and for each test a room of its own. */
export class Interop {
  #backend: Backend | undefined;
  #server: ListeningSignalingServer | undefined;
  #site: Site | undefined;
  #browser: Browser | undefined;
  #contexts: Record<Addresses, BrowserContext> | undefined;
  #rooms = 0;
  readonly #nodes: Node[] = [];
  readonly #pages: Page[] = [];
  readonly #pageErrors: string[] = [];

  /** To be called in a `describe`. */
  constructor(backend: BackendName = 'werift') {
    beforeAll(async () => {
      this.#server = await createSignalingServer({ port: 0 });
      this.#site = await serveSite();
      this.#browser = await chromium.launch(CHROMIUM);
      this.#contexts = {
        hidden: await this.#browser.newContext(),
        shown: await this.#browser.newContext({ permissions: ['microphone'] }),
      };
      this.#backend = await loadBackend(backend);
    });
    afterEach(async () => {
      await Promise.all(this.#nodes.splice(0).map((node) => node.mesh.close()));
      await Promise.all(this.#pages.splice(0).map((page) => page.close()));
      this.#rooms++;
      const errors = this.#pageErrors.splice(0);
      if (errors.length > 0) throw new Error(`a page failed: ${errors.join('; ')}`);
    });
    afterAll(async () => {
      await this.#browser?.close();
      await this.#site?.close();
      await this.#server?.close();
    });
  }

  /** A node that joins the room of this test. */
  async node(
    id = 'node',
    { tone = NODE_TONE, video, through = (backend: Backend) => backend }: NodeOptions = {},
  ): Promise<Node> {
    const node = await Node.join({
      backend: through(this.#backend!),
      signaling: this.#server!.url,
      room: `room-${this.#rooms}`,
      id,
      tone,
      video,
    });
    this.#nodes.push(node);
    return node;
  }

  /** A page that joins the room of this test. */
  async page(
    options: Partial<PageOptions> = {},
    context: BrowserContext = this.#contexts!.hidden,
  ): Promise<Page> {
    const page = await openPage(context, this.#site!, {
      signaling: this.#server!.url,
      room: `room-${this.#rooms}`,
      id: 'page',
      tone: PAGE_TONE,
      ...options,
    });
    page.on('pageerror', (error) => this.#pageErrors.push(String(error)));
    this.#pages.push(page);
    return page;
  }

  /** A node and a page that are connected, in the order in which they join: the later calls the other. */
  async pair(
    first: 'node' | 'page' = 'node',
    addresses: Addresses = 'hidden',
  ): Promise<{ node: Node; page: Page }> {
    const context = this.#contexts![addresses];
    let page = first === 'page' ? await this.page({}, context) : undefined;
    const node = await this.node();
    page ??= await this.page({}, context);
    await connected(page, 'node');
    return { node, page };
  }
}

/** Resolves when the page and that node can send each other messages. */
export async function connected(page: Page, nodeId: string): Promise<void> {
  await page.waitForFunction(
    (id) => window.mesh.events.some(({ kind, peerId }) => kind === 'connected' && peerId === id),
    nodeId,
    { timeout: DEADLINE_MS },
  );
}

/** Measures until it fits, at most `times`, as a busy machine may disturb a measurement; returns the last. */
export async function measureUntil<T>(
  fits: (measured: T) => boolean,
  measure: () => Promise<T>,
  times = 20,
): Promise<T> {
  let measured = await measure();
  for (let i = 1; i < times && !fits(measured); i++) measured = await measure();
  return measured;
}
