/** The filled home of the synthetic market, and the server that shows it, on the market's clock. */
import { pino } from 'pino';
import { buildServer } from '../../src/app/server/server.js';
import { openTidewatch } from '../../src/app/tidewatch.js';
import { filledHome } from './filled-home.fixture.js';

export interface PostureHome {
  readonly url: string;
  close(): Promise<void>;
}

export async function postureHome(): Promise<PostureHome> {
  const { folder, file, simulator, close } = await filledHome();
  const services = await openTidewatch({
    home: folder,
    config: file,
    clock: { now: () => simulator.now() },
  });
  const server = await buildServer(services, {
    host: '127.0.0.1',
    token: null,
    log: pino({ level: 'silent' }),
    stream: { pollMs: 500, heartbeatMs: 30_000 },
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    async close() {
      await server.close();
      await services.close();
      await close();
    },
  };
}
