import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '../logging.js';
import type { Notice } from './alert-book.js';
import { desktopChannel, logChannel, telegramChannel, webhookChannel } from './channels.js';
import { type NoticeChannel, Notifier } from './notifier.js';

const SECRET = 'very-"secret"-token';
const notice = (message: string, more: Partial<Notice> = {}): Notice => ({
  event: 'fired',
  kind: 'stale',
  name: 'stale:BTC',
  severity: 'warning',
  message,
  details: {},
  at: 1,
  ...more,
});

let texts: string[];
let failures: string[];
const memory: NoticeChannel = { name: 'memory', send: async (text) => void texts.push(text) };
const open = (...channels: NoticeChannel[]) =>
  new Notifier({
    channels,
    secrets: [SECRET],
    least: 'warning',
    onFailure: (channel, reason) => failures.push(`${channel}: ${reason}`),
  });

beforeEach(() => {
  texts = [];
  failures = [];
});
afterEach(() => void vi.useRealTimers());

describe('a notifier', () => {
  it('sends ten a minute, and what comes beyond as one', async () => {
    vi.useFakeTimers();
    const notifier = open(memory);
    for (let at = 0; at < 40; at += 1) notifier.notify(notice(`bar ${at}`));
    await vi.advanceTimersByTimeAsync(0);
    expect(texts).toHaveLength(10);
    expect(texts[0]).toBe('ALERT warning: bar 0');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(texts).toHaveLength(11);
    expect(texts[10]).toMatch(/^30 notices:\nALERT warning: bar 10\n[\s\S]*\nand 10 more$/);
    notifier.notify(notice('later', { event: 'cleared' }));
    await notifier.close();
    expect(texts.at(-1)).toBe('OVER warning: later');
  });

  it('keeps secrets and whole addresses to itself, also when a channel fails', async () => {
    const failing: NoticeChannel = {
      name: 'failing',
      async send() {
        throw new Error(`https://example.org/${SECRET} does not answer`);
      },
    };
    const notifier = open(failing, memory);
    const address = '0x52908400098527886E0F7030069857D2E4169EE7';
    notifier.notify(notice(`${SECRET} of ${address}`, { severity: 'critical' }));
    notifier.notify(notice('too little', { severity: 'info' }));
    await notifier.close();
    expect(texts).toEqual(['ALERT critical: **** of 0x5290…9EE7']);
    expect(failures).toEqual(['failing: https://example.org/**** does not answer']);
  });
});

describe('channels', () => {
  it('of HTTP send to the webhook and to Telegram, and fail when they are refused', async () => {
    const got: { url: string; body: unknown }[] = [];
    let status = 200;
    const server = createServer((request: IncomingMessage, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        got.push({ url: request.url!, body: JSON.parse(body) });
        response.writeHead(status).end('{}');
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const base = `http://127.0.0.1:${port}`;
    const notifier = open(
      webhookChannel({ url: `${base}/hook` }),
      telegramChannel({ token: SECRET, chat: '42', baseUrl: base }),
    );
    notifier.notify(notice('late'));
    await notifier.close();
    expect(got.sort((a, b) => a.url.localeCompare(b.url))).toMatchObject([
      { url: `/bot${encodeURI(SECRET)}/sendMessage`, body: { chat_id: '42', text: 'ALERT warning: late' } },
      { url: '/hook', body: { text: 'ALERT warning: late', notices: [{ name: 'stale:BTC' }] } },
    ]);
    status = 403;
    notifier.notify(notice('late'));
    await notifier.close();
    expect(failures.sort()).toEqual(['telegram: answered 403', 'webhook: answered 403']);
    await new Promise<void>((done) => server.close(() => done()));
  });

  it('of the desktop hand the text over as an argument', async () => {
    const calls: string[][] = [];
    const note = async (command: string, args: readonly string[]) => void calls.push([command, ...args]);
    for (const platform of ['linux', 'darwin', 'win32'] as const)
      await desktopChannel(platform, note).send('"; rm -rf', []);
    expect(calls.map((call) => [call[0], call.at(-1)])).toEqual([
      ['notify-send', '"; rm -rf'],
      ['osascript', '"; rm -rf'],
    ]);
  });

  it('of the log write at the level of what is told', async () => {
    const lines: string[] = [];
    const to = (level: string) => (_facts: unknown, message: string) =>
      void lines.push(`${level} ${message}`);
    const log = { info: to('info'), warn: to('warn'), error: to('error') } as unknown as Logger;
    const notices = [
      notice('a'),
      notice('b', { severity: 'critical' }),
      notice('b', { severity: 'critical', event: 'cleared' }),
    ];
    await logChannel(log).send('', notices);
    expect(lines).toEqual(['warn a', 'error b', 'info b']);
  });
});
