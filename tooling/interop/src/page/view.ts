/** What the page shows of a peer. */
export interface PeerRow {
  readonly peerId: string;
  /** State of the connection. */
  readonly state: string;
  readonly roundTripMs: number | undefined;
  /** Peak of what is heard, 0 to 1. */
  readonly peak: number;
}

const LOG_LINES = 12;

const element = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text: string,
): HTMLElementTagNameMap[Name] => {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
};

/** What a human sees: a row for each peer with state, round trip and level, and the latest events. */
export class View {
  readonly #peers = document.querySelector<HTMLElement>('#peers')!;
  readonly #pictures = document.querySelector<HTMLElement>('#pictures')!;
  readonly #log = document.querySelector<HTMLElement>('#log')!;

  constructor(title: string) {
    document.title = title;
    document.querySelector('h1')!.textContent = title;
  }

  show(rows: readonly PeerRow[]): void {
    this.#peers.replaceChildren(
      ...rows.map(({ peerId, state, roundTripMs, peak }) => {
        const row = document.createElement('tr');
        const roundTrip = roundTripMs === undefined ? '–' : `${roundTripMs.toFixed(1)} ms`;
        const level = element('td', '');
        const meter = document.createElement('meter');
        meter.value = peak;
        level.append(meter, peak > 0 ? `${(20 * Math.log10(peak)).toFixed(0)} dBFS` : 'silence');
        row.append(element('td', peerId), element('td', state), element('td', roundTrip), level);
        row.dataset['state'] = state;
        return row;
      }),
    );
  }

  log(line: string): void {
    this.#log.prepend(element('li', `${new Date().toLocaleTimeString()} ${line}`));
    while (this.#log.childElementCount > LOG_LINES) this.#log.lastElementChild!.remove();
  }

  /** Shows a picture, sent or received, until its element is removed. */
  picture(picture: HTMLElement, title: string): void {
    picture.title = title;
    this.#pictures.append(picture);
  }
}
