/**
 * Where notices go. Each channel takes what reaches the outside (a logger, `fetch`, a command) as an argument, so that
 * none of them needs a network to be tried.
 */
import { execFile } from 'node:child_process';
import type { Logger } from '../logging.js';
import type { NoticeChannel } from './notifier.js';

const TIMEOUT_MS = 10_000;
/** Telegram takes 4096 characters. */
const TELEGRAM_LENGTH = 4_000;

/**
 * Notices as log lines: a cleared alert as info, a critical one as error, the rest as warnings. Never fails.
 */
export function logChannel(log: Logger): NoticeChannel {
  return {
    name: 'log',
    async send(_text, notices) {
      for (const { event, severity, message, ...facts } of notices) {
        const level = event === 'cleared' ? 'info' : severity === 'critical' ? 'error' : 'warn';
        log[level]({ event, severity, ...facts }, message);
      }
    },
  };
}

export interface WebhookOptions {
  readonly url: string;
  readonly fetch?: typeof fetch;
}

/** POSTs `{text, notices}` as JSON; anything but a 2xx answer is a failure. */
export function webhookChannel({ url, fetch: ask = fetch }: WebhookOptions): NoticeChannel {
  return {
    name: 'webhook',
    async send(text, notices) {
      await post(ask, url, { text, notices });
    },
  };
}

export interface TelegramOptions {
  readonly token: string;
  readonly chat: string;
  /** Of the bot service, with or without a slash at its end. */
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
}

/** Notices as one message of a bot, cut at the service's longest; `send` rejects when it was not taken. */
export function telegramChannel(options: TelegramOptions): NoticeChannel {
  const { token, chat, baseUrl, fetch: ask = fetch } = options;
  return {
    name: 'telegram',
    async send(text) {
      await post(ask, `${baseUrl.replace(/\/+$/, '')}/bot${token}/sendMessage`, {
        chat_id: chat,
        text: text.slice(0, TELEGRAM_LENGTH),
        disable_web_page_preview: true,
      });
    },
  };
}

export type RunCommand = (command: string, args: readonly string[]) => Promise<void>;

const run: RunCommand = (command, args) =>
  new Promise((resolve, reject) => {
    execFile(command, [...args], { timeout: TIMEOUT_MS }, (error) => (error ? reject(error) : resolve()));
  });

/** A notification of the desktop: notify-send on Linux, osascript on macOS, nothing elsewhere. */
export function desktopChannel(
  platform: NodeJS.Platform = process.platform,
  command: RunCommand = run,
): NoticeChannel {
  return {
    name: 'desktop',
    async send(text) {
      if (platform === 'linux') await command('notify-send', ['--app-name=Tidewatch', 'Tidewatch', text]);
      // the text is an argument of the script, never part of it
      if (platform === 'darwin')
        await command('osascript', [
          '-e',
          'on run argv',
          '-e',
          'display notification (item 1 of argv) with title "Tidewatch"',
          '-e',
          'end run',
          text,
        ]);
    },
  };
}

async function post(ask: typeof fetch, url: string, body: unknown): Promise<void> {
  const answer = await ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
}
