/** A WebSocket client that keeps what it gets, for tests of streams. */
import WebSocket from 'ws';

export interface Listening {
  readonly socket: WebSocket;
  /** Text frames in order. */
  readonly texts: string[];
  /** Binary frames in order. */
  readonly binaries: Buffer[];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  /** Sends a message and resolves when the server has read it. */
  say(message: unknown): Promise<void>;
}

/** @returns a rejection with the HTTP status when the upgrade is refused */
export async function listen(url: string): Promise<Listening> {
  const socket = new WebSocket(url);
  const texts: string[] = [];
  const binaries: Buffer[] = [];
  socket.on('message', (data, isBinary) => {
    if (isBinary) binaries.push(data as Buffer);
    else texts.push(String(data));
  });
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve);
  });
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  return {
    socket,
    texts,
    binaries,
    closed,
    say(message) {
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      return answered(socket);
    },
  };
}

/** Resolves when the server has read everything before: it answers pings in order. */
export function answered(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('pong', () => resolve());
    socket.ping();
  });
}
