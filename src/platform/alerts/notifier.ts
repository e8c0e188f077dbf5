/**
 * Sends notices to people (operations spec §5): log, webhook, Telegram, desktop. More than ten within a minute become
 * one. Known secrets never leave, addresses are shortened. That a channel fails is logged and stops nothing.
 */
import { SEVERITIES, type Severity } from '../store/alerts.js';
import type { Notice } from './alert-book.js';

export interface NoticeChannel {
  readonly name: string;
  /** @param text one or more lines for a person; `notices` are what it says */
  send(text: string, notices: readonly Notice[]): Promise<void>;
}

export interface NotifierOptions {
  readonly channels: readonly NoticeChannel[];
  /** Values that must never be sent. */
  readonly secrets: readonly string[];
  /** Notices of less are not sent. */
  readonly least: Severity;
  /** Told which channel failed and why, without secrets. */
  readonly onFailure: (channel: string, reason: string) => void;
}

const WINDOW_MS = 60_000;
const MOST = 10;
const LISTED = 20;

export class Notifier {
  private sent: number[] = [];
  private held: Notice[] = [];
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: NotifierOptions) {}

  /** Never throws. */
  notify(notice: Notice): void {
    if (SEVERITIES.indexOf(notice.severity) < SEVERITIES.indexOf(this.options.least)) return;
    const now = Date.now();
    this.sent = this.sent.filter((time) => time > now - WINDOW_MS);
    if (this.held.length === 0 && this.sent.length < MOST) {
      this.sent.push(now);
      this.send([notice]);
      return;
    }
    this.held.push(notice);
    this.timer ??= setTimeout(() => this.release(), (this.sent[0] ?? now) + WINDOW_MS - now);
    this.timer.unref();
  }

  /** Sends what is held and waits for what is on its way. */
  async close(): Promise<void> {
    this.release();
    await this.sending;
  }

  private release(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const held = this.held.splice(0);
    if (held.length === 0) return;
    this.sent.push(Date.now());
    this.send(held);
  }

  private send(notices: readonly Notice[]): void {
    const clean = notices.map((notice) => this.clean(notice));
    const lines = clean.slice(0, LISTED).map(wordsOf);
    if (clean.length > 1) lines.unshift(`${clean.length} notices:`);
    if (clean.length > LISTED) lines.push(`and ${clean.length - LISTED} more`);
    const text = lines.join('\n');
    const all = this.options.channels.map(async (channel) => {
      try {
        await channel.send(text, clean);
      } catch (error) {
        this.options.onFailure(channel.name, this.scrub(reasonOf(error)));
      }
    });
    this.sending = Promise.all([this.sending, ...all]);
  }

  private clean(notice: Notice): Notice {
    return JSON.parse(this.scrub(JSON.stringify(notice))) as Notice;
  }

  private scrub(text: string): string {
    let clean = text;
    for (const secret of this.options.secrets) {
      // a secret stands in JSON as JSON writes it
      const written = JSON.stringify(secret).slice(1, -1);
      if (secret.length >= 4) clean = clean.replaceAll(written, '****').replaceAll(secret, '****');
    }
    return clean.replace(ADDRESS, (address) => `${address.slice(0, 6)}…${address.slice(-4)}`);
  }
}

/** Of EVM chains and of Solana. */
const ADDRESS = /\b0x[0-9a-fA-F]{40}\b|\b[1-9A-HJ-NP-Za-km-z]{43,44}\b/g;

const MARK: Readonly<Record<Notice['event'], string>> = {
  fired: 'ALERT',
  graver: 'WORSE',
  cleared: 'OVER',
  told: 'NOTE',
};

function wordsOf({ event, severity, message }: Notice): string {
  return `${MARK[event]} ${severity}: ${message}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} · ${error.cause.message}` : error.message;
}
