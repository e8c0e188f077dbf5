/**
 * Several processes want one home at the same moment, again and again, some of them killed while they own it: exactly one
 * owns it each time, the others are refused within a second and told by whom, and a killed owner leaves the home free.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterAll, expect, it } from 'vitest';
import { createHome, resolveHome } from '../../src/platform/home.js';
import { askOwner, socketPath } from '../../src/platform/home-owner.js';
import { cleanEnvironment } from '../run-cli.js';
import { generator, NIGHTLY, SEED } from './lake-process.js';

const RACES = NIGHTLY ? 100 : 10;
/** Every second winner is killed. */
const KILLS = RACES / 2;
const CONTENDERS = 3;

interface Answer {
  readonly owned: boolean;
  readonly code?: string;
  readonly pid?: number | null;
  readonly ms?: number;
}

class Contender {
  private readonly lines: AsyncIterator<string>;

  private constructor(
    readonly child: ChildProcess,
    output: Interface,
  ) {
    this.lines = output[Symbol.asyncIterator]();
  }

  static async start(home: string): Promise<Contender> {
    const child = spawn(process.execPath, ['test/chaos/home-contender.mjs', home], {
      env: cleanEnvironment(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const contender = new Contender(child, createInterface({ input: child.stdout! }));
    await contender.answer();
    return contender;
  }

  async ask(word: 'try' | 'release'): Promise<Answer> {
    this.child.stdin!.write(`${word}\n`);
    return this.answer();
  }

  async kill(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private async answer(): Promise<Answer> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the contender has ended');
    return JSON.parse(value) as Answer;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'home-owner-'));
afterAll(() => rmSync(folder, { recursive: true }));

it(`gives a home to one process, over ${RACES} races with ${KILLS} kills (seed ${SEED})`, async () => {
  const path = join(folder, 'home');
  const home = createHome(resolveHome({ flag: path, env: {}, cwd: folder }));
  const random = generator(7);
  let slowest = 0;
  let killed = 0;
  const contenders = await Promise.all(Array.from({ length: CONTENDERS }, () => Contender.start(path)));
  for (let race = 0; race < RACES; race += 1) {
    const answers = await Promise.all(contenders.map((each) => each.ask('try')));
    const winner = answers.findIndex(({ owned }) => owned);
    expect(answers.filter(({ owned }) => owned)).toHaveLength(1);
    const owner = contenders[winner]!;
    expect(await askOwner(home, 'ping', null)).toEqual({ result: { pid: owner.child.pid } });
    for (const { owned, code, pid, ms } of answers) {
      if (owned) continue;
      expect([code, pid]).toEqual(['home_in_use', owner.child.pid]);
      slowest = Math.max(slowest, ms!);
    }
    const others = contenders.filter((each) => each !== owner);
    const late = others[random.below(others.length)]!;
    expect(await late.ask('try'), 'while the home is owned').toMatchObject({
      owned: false,
      code: 'home_in_use',
    });
    if (race % 2 === 0) {
      await owner.kill();
      killed += 1;
      expect(await askOwner(home, 'ping', null), 'a killed owner does not answer').toBeUndefined();
      contenders[winner] = await Contender.start(path);
    } else await owner.ask('release');
  }
  expect(killed).toBe(KILLS);
  expect(slowest, 'slowest refusal, ms').toBeLessThan(1_000);
  expect(readdirSync(home.run).filter((name) => name.endsWith('.new'))).toEqual([]);
  console.info(`${RACES} races, ${killed} kills: never two owners; slowest refusal ${slowest.toFixed(0)} ms`);
  for (const each of contenders) await each.kill();
}, 600_000);

it('listens under the home, or where a long path is not cut off', () => {
  const short = createHome(resolveHome({ flag: join(folder, 'short'), env: {}, cwd: folder }));
  expect(socketPath(short)).toMatch(/short\/run\/tw\.sock$/);
  const long = createHome(resolveHome({ flag: join(folder, 'x'.repeat(90)), env: {}, cwd: folder }));
  expect(socketPath(long)).toMatch(new RegExp(`^${tmpdir()}/tw-[0-9a-f]{16}\\.sock$`));
});
