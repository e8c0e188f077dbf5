/** `dev mock-venue` from the built command line: serves the sample data, moves by itself, replays a seed. */
import { afterEach, describe, expect, it } from 'vitest';
import { askCli, startCli } from '../run-cli.js';

let running: Awaited<ReturnType<typeof startCli>> | undefined;
async function stop(): Promise<void> {
  running?.child.kill('SIGINT');
  await running?.exited;
  running = undefined;
}
afterEach(stop);

interface Ready {
  readonly data: { readonly port: number; readonly now: number; readonly venues: { url: string }[] };
}

async function start(...args: string[]): Promise<Ready> {
  running = await startCli(['dev', 'mock-venue', '--port', '0', '--json', ...args], /^.+\n/);
  return JSON.parse(running.match[0]) as Ready;
}

describe('dev mock-venue', () => {
  it('serves recorded minutes and moves on by itself', async () => {
    const { data } = await start('--venue', 'binanceusdm', '--speed', '1000');
    const { url } = data.venues[0]!;
    const page = await fetch(
      `${url}/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime=${Date.UTC(2025, 4, 20)}&limit=2`,
    );
    const rows = (await page.json()) as [number, ...string[]][];
    expect(rows.map(([time]) => time)).toEqual([0, 1].map((i) => Date.UTC(2025, 4, 20) + i * 60_000));
    expect(Number(rows[0]![1])).toBeGreaterThan(90_000);
    let now = data.now;
    while (now === data.now)
      now = ((await (await fetch(`${url}/fapi/v1/time`)).json()) as { serverTime: number }).serverTime;
    expect(now).toBeGreaterThan(data.now);
  });

  it('gives the same answers again for the same seed', async () => {
    const answers = async (seed: string): Promise<string[]> => {
      const { data } = await start(
        '--venue',
        'binanceusdm',
        '--speed',
        '0',
        '--seed',
        seed,
        '--faults',
        'empty_page=0.5',
      );
      const { url } = data.venues[0]!;
      const texts: string[] = [];
      for (let i = 0; i < 12; i++) {
        const from = Date.UTC(2025, 4, 20) + i * 3_600_000;
        texts.push(
          await (
            await fetch(`${url}/fapi/v1/klines?symbol=ETHUSDT&interval=1m&startTime=${from}&limit=3`)
          ).text(),
        );
      }
      await stop();
      return texts;
    };
    const first = await answers('7');
    expect(first).toContain('[]');
    expect(first.some((text) => text !== '[]')).toBe(true);
    expect(await answers('7')).toEqual(first);
  });

  it('refuses what it does not know, with exit code 2', async () => {
    for (const flags of [
      ['--faults', 'bad_luck=0.1'],
      ['--speed', 'fast'],
    ]) {
      const { code, stderr } = await askCli(['dev', 'mock-venue', '--port', '0', ...flags]);
      expect([flags[1], code]).toEqual([flags[1], 2]);
      expect(stderr).toContain(flags[1]!.split('=')[0]);
    }
  });
});
