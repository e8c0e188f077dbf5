import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRedact } from './redact.js';
import { HOST, type ServedHome, SYMBOL, serveHome, TOKEN } from './served-home.fixture.js';
import { buildServer } from './server.js';

let home: ServedHome;
let wide: ServedHome;
let dashboard: string;

beforeAll(async () => {
  home = await serveHome(400, { hasStore: true });
  wide = await serveHome(0, { host: '0.0.0.0', token: TOKEN, limits: { reads: 20, changes: 3 } });
  dashboard = join(home.folder, 'web');
  mkdirSync(join(dashboard, 'assets'), { recursive: true });
  writeFileSync(join(dashboard, 'index.html'), '<!doctype html><title>dashboard</title>');
  writeFileSync(join(dashboard, 'assets', 'app-1a2b3c4d.js'), 'export {};');
  writeFileSync(join(dashboard, '.secret'), 'hidden');
});
afterAll(async () => {
  await home.close();
  await wide.close();
});

const call = (
  server: ServedHome['server'],
  headers: Record<string, string>,
  method = 'GET',
  ip = '10.0.0.9',
) =>
  server.inject({
    method: method as 'GET',
    url: method === 'GET' ? '/healthz' : '/api/models/none',
    headers,
    remoteAddress: ip,
  });

describe('who may call', () => {
  it.each([
    ['an address of loopback', { host: HOST }, 200],
    ['its name', { host: 'localhost:8080' }, 200],
    ['IPv6', { host: '[::1]:8080' }, 200],
    ['a rebound name', { host: 'evil.example:8080' }, 403],
    ['a name that begins like loopback', { host: '127.0.0.1.evil.example' }, 403],
    ['an address that is none', { host: '0.0.0.0:8080' }, 403],
    ['its own origin', { host: HOST, origin: `http://${HOST}` }, 200],
    ['another origin', { host: HOST, origin: 'http://evil.example' }, 403],
    ['another port of this machine', { host: HOST, origin: 'http://127.0.0.1:3000' }, 403],
    ['no origin of a sandbox', { host: HOST, origin: 'null' }, 403],
    [
      'a picture in a foreign page',
      { host: HOST, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      403,
    ],
    [
      'a link in a foreign page',
      {
        host: HOST,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      },
      200,
    ],
    [
      'a frame in a foreign page',
      {
        host: HOST,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'iframe',
      },
      403,
    ],
  ])('on loopback: %s', async (_name, headers, status) => {
    expect((await call(home.server, headers as Record<string, string>)).statusCode).toBe(status);
  });

  it('beyond loopback: addresses, but no name that a foreign page could have', async () => {
    expect((await call(wide.server, { host: '192.168.1.5:8080' }, 'GET', '10.1.0.1')).statusCode).toBe(200);
    expect((await call(wide.server, { host: 'rebound.example:8080' }, 'GET', '10.1.0.1')).statusCode).toBe(
      403,
    );
  });

  it('beyond loopback: changing needs the token, and guessing it is slow', async () => {
    const guess = (token: string) =>
      call(wide.server, { host: '10.0.0.1', authorization: `Bearer ${token}` }, 'DELETE', '10.2.0.1');
    expect((await guess(TOKEN)).statusCode).toBe(404);
    expect((await guess(`${TOKEN}x`)).statusCode).toBe(401);
    expect((await guess('')).statusCode).toBe(401);
    const late = await guess(TOKEN);
    expect([late.statusCode, late.json().code]).toEqual([429, 'rate_limited']);
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('beyond loopback: reading is limited per address', async () => {
    const statuses = [];
    for (let time = 0; time < 21; time += 1) {
      statuses.push((await call(wide.server, { host: '10.0.0.1' }, 'GET', '10.3.0.1')).statusCode);
    }
    expect(statuses).toEqual([...new Array(20).fill(200), 429]);
    expect((await call(wide.server, { host: '10.0.0.1' }, 'GET', '10.3.0.2')).statusCode).toBe(200);
  });

  it('a server beyond loopback does not start without a token', async () => {
    const options = { host: '192.168.1.5', token: null, log: home.server.log as never };
    await expect(buildServer(home.services, options)).rejects.toMatchObject({ code: 'missing_secret' });
  });
});

describe('text that cannot be stored', () => {
  it.each(['/api/jobs?kind=%00', '/api/jobs?key=a%00b', '/api/hmm/latest?symbol=%00'])('%s', async (url) => {
    const answer = await home.get(url);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'bad_parameter']);
  });

  it.each([
    { settings: { target_duration: 'a\0' } },
    { settings: { 'a\0': 1 } },
    { model: 'student-t', settings: { degrees_of_freedom: '\ud800' } },
    { features: ['\udc00'] },
  ])('a training with %j', async (body) => {
    const answer = await home.post('/api/hmm/train', { symbol: SYMBOL, timeframe: '1h', ...body });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'bad_parameter']);
  });

  it('leaves every other character alone', async () => {
    expect((await home.get(`/api/jobs?key=${encodeURIComponent('é 😀 "\\u0000"')}`)).statusCode).toBe(200);
  });
});

describe('what a page may do', () => {
  const policyOf = (headers: Record<string, unknown>): string => String(headers['content-security-policy']);

  it('data: nothing', async () => {
    const { headers } = await home.get('/api/status');
    expect(policyOf(headers)).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    const failed = await home.get('/api/nothing');
    expect(policyOf(failed.headers)).toBe("default-src 'none'; frame-ancestors 'none'");
  });

  it('the reference: no script, its own style sheet', async () => {
    const page = await home.get('/docs');
    expect(policyOf(page.headers)).toContain("script-src 'self'");
    expect(policyOf(page.headers)).not.toMatch(/unsafe-(inline'|eval).*script|script-src[^;]*unsafe/);
    expect(page.body).not.toMatch(/<script|<style|style=|onclick/i);
    expect(page.body).toContain('/api/series/{instrument}/{timeframe}');
    expect((await home.get('/docs/style.css')).headers['content-type']).toContain('text/css');
  });

  it('a report: its own hashed scripts, and no call to anybody', async () => {
    const { reports } = home.services.home;
    const hash = `sha256-${createHash('sha256').update('run()').digest('base64')}`;
    const own = `default-src &#39;none&#39;; script-src &#39;${hash}&#39;`;
    const head = `<meta http-equiv="Content-Security-Policy" content="${own}">`;
    writeFileSync(
      join(reports, 'one.html'),
      `<!doctype html>${head}<title>one</title><script>run()</script>`,
    );
    writeFileSync(join(reports, 'foreign.html'), '<!doctype html><script>run()</script>');
    const { headers } = await home.get('/reports/one.html');
    expect(policyOf(headers)).toContain("default-src 'none'");
    expect(policyOf(headers)).toContain(`script-src '${hash}';`);
    expect(policyOf(headers)).not.toContain('connect-src');
    const foreign = await home.get('/reports/foreign.html');
    expect(policyOf(foreign.headers)).toContain("script-src 'none';");
  });

  it('the dashboard: only what comes from this server', async () => {
    const options = { host: '127.0.0.1', token: null, log: home.server.log as never, dashboard };
    const server = await buildServer(home.services, options);
    const get = (url: string, accept = 'text/html') =>
      server.inject({ method: 'GET', url, headers: { host: HOST, accept } });
    for (const url of ['/', '/lab/file:spot:BTCUSDT?tf=1h', '/runs']) {
      const page = await get(url);
      expect([page.statusCode, page.body]).toEqual([200, '<!doctype html><title>dashboard</title>']);
      expect(policyOf(page.headers)).toContain("script-src 'self'");
      expect(policyOf(page.headers)).not.toMatch(/script-src[^;]*unsafe/);
    }
    const script = await get('/assets/app-1a2b3c4d.js', '*/*');
    expect(script.headers['cache-control']).toContain('immutable');
    expect(script.headers['content-type']).toContain('javascript');
    for (const url of ['/api/nothing', '/assets/none.js', '/.secret', '/assets/..%2f.secret', '/lab.js']) {
      expect((await get(url)).statusCode).toBe(404);
    }
    expect((await get('/lab', 'application/json')).statusCode).toBe(404);
    expect((await get('/', '*/*')).statusCode).toBe(200);
    expect((await get('/reports/one.html')).body).toContain('<title>one</title>');
    await server.close();
  });
});

describe('no way out of the folders', () => {
  const outside = ['..%2f..%2fetc%2fpasswd', '%2e%2e%2fmodels', '....//', '.hidden', 'a%00b', 'a%5c..%5cb'];

  it.each(outside)('%s', async (text) => {
    for (const url of [
      `/api/models/${text}`,
      `/api/runs/${text}`,
      `/api/runs/x/tables/${text}.json`,
      `/reports/${text}`,
      `/reports/${text}.html`,
      `/api/series/${text}/1h`,
      `/api/hmm/latest?model_id=${text}`,
    ]) {
      const answer = await home.get(url);
      expect([400, 404], url).toContain(answer.statusCode);
      expect(answer.body).not.toContain('root:');
    }
  });

  it('paths as they come over the wire, not cleaned by a client', async () => {
    await home.server.listen({ host: '127.0.0.1', port: 0 });
    const address = home.server.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const raw = (path: string): Promise<string> =>
      new Promise((done, failed) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`);
        });
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk.toString();
        });
        socket.on('end', () => done(text));
        socket.on('error', failed);
      });
    for (const path of [
      '/../../etc/passwd',
      '/reports/../models/',
      '/docs/../../package.json',
      '//etc/passwd',
    ]) {
      expect(await raw(path)).toMatch(/^HTTP\/1\.1 40[034]/);
    }
  });
});

describe('errors tell no path and no secret', () => {
  const isClean = (body: string): void => {
    expect(body).not.toContain(home.folder);
    expect(body).not.toContain(homedir());
    expect(body).not.toContain(process.cwd());
    expect(body).not.toMatch(/\/(tmp|home|usr|root)\//);
    expect(body).not.toMatch(/\bat .*\.(ts|js):\d+/);
  };

  it('a damaged lake file', async () => {
    const damaged = await serveHome(100);
    const folder = join(damaged.services.home.lake, 'bars');
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (name.endsWith('.parquet')) truncateSync(join(folder, name), 200);
    }
    for (const url of [`/api/series/${SYMBOL}/1h`, `/api/hmm/price/latest?symbol=${SYMBOL}&timeframe=1h`]) {
      const answer = await damaged.get(url);
      expect([answer.statusCode, answer.json().code]).toEqual([500, 'corrupt_file']);
      expect(answer.json().detail).toContain('.parquet');
      expect(answer.body).not.toContain(damaged.folder);
      isClean(answer.body);
    }
    await damaged.close();
  });

  it('a model and a run that cannot be read', async () => {
    writeFileSync(join(home.services.home.models, 'broken.json'), '{');
    mkdirSync(join(home.services.home.runs, 'broken'));
    writeFileSync(join(home.services.home.runs, 'broken', 'manifest.json'), '{');
    for (const url of ['/api/models/broken', '/api/runs/broken', '/api/hmm/latest?model_id=broken']) {
      const answer = await home.get(url);
      expect([answer.statusCode, answer.json().code]).toEqual([422, 'unreadable_file']);
      isClean(answer.body);
    }
    expect((await home.get('/api/models')).json().unreadable).toEqual([
      { id: 'broken', code: 'unreadable_file' },
    ]);
  });

  it('a bug', async () => {
    const options = { host: '127.0.0.1', token: TOKEN, log: home.server.log as never };
    const server = await buildServer(home.services, { ...options, dashboard });
    server.get('/api/bug', async () => readFileSync(join(home.folder, TOKEN)));
    const answer = await server.inject({ method: 'GET', url: '/api/bug', headers: { host: HOST } });
    expect(answer.json()).toEqual({ detail: 'internal error · see the log of the server', code: 'internal' });
    await server.close();
  });

  it('redacts what looks like a path and leaves addresses, routes and ratios', () => {
    const redact = makeRedact('/data/home', [TOKEN]);
    expect(redact('cannot read the model /data/home/models/x.json · it is not JSON')).toBe(
      'cannot read the model <home>/models/x.json · it is not JSON',
    );
    expect(redact('ENOENT: /var/lib/other/file.txt')).toBe('ENOENT: file.txt');
    expect(redact('C:\\Users\\somebody\\file.txt is locked')).toBe('file.txt is locked');
    expect(redact(`the token ${TOKEN} is wrong`)).toBe('the token **** is wrong');
    for (const plain of [
      'BTC/USDT',
      'see /api/runs/one',
      'http://127.0.0.1:8080/docs',
      '1/2 of 3/4',
      'see /openapi.json',
    ]) {
      expect(redact(plain)).toBe(plain);
    }
  });
});
