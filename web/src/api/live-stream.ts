/**
 * One WebSocket for the page: what is listened to is counted, it comes back by itself with growing pauses, and who
 * listens hears about the connection too, because what was missed meanwhile must be asked for again.
 */
import type { Topic } from '../../../src/app/server/stream-messages.js';
import { storedToken } from './request.js';
import { belongs, type StreamMessage, topicKey } from './stream-topics.js';

interface Listener {
  readonly topic: Topic;
  hear(message: StreamMessage): void;
  /** The connection is there (again). */
  connected?(): void;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** Without a heartbeat for this many of its intervals the connection counts as dead. */
const MISSED_HEARTBEATS = 3;
/** ms that a connection is kept which nobody listens to. */
const KEPT_IDLE = 5_000;

const listeners = new Set<Listener>();
let socket: WebSocket | undefined;
let pause = FIRST_PAUSE;
let retry: ReturnType<typeof setTimeout> | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;
let heartbeatMs = 30_000;
let idle: ReturnType<typeof setTimeout> | undefined;

function send(message: object): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function watchSilence(): void {
  clearTimeout(silence);
  silence = setTimeout(() => socket?.close(), MISSED_HEARTBEATS * heartbeatMs);
}

function subscribeAll(): void {
  const topics = [...new Map([...listeners].map(({ topic }) => [topicKey(topic), topic])).values()];
  if (topics.length > 0) send({ type: 'subscribe', topics });
}

function receive(message: StreamMessage): void {
  watchSilence();
  if (message.type === 'hello') {
    heartbeatMs = message.heartbeat_ms;
    pause = FIRST_PAUSE;
    if (message.token_required && storedToken() !== '') send({ type: 'auth', token: storedToken() });
    else if (!message.token_required) subscribeAll();
  } else if (message.type === 'authorized') subscribeAll();
  else if (message.type === 'subscribed') for (const listener of listeners) listener.connected?.();
  else for (const listener of listeners) if (belongs(message, listener.topic)) listener.hear(message);
}

function connect(): void {
  if (socket || listeners.size === 0) return;
  const made = new WebSocket(
    `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/stream`,
  );
  socket = made;
  made.addEventListener('message', ({ data }) => receive(JSON.parse(String(data)) as StreamMessage));
  made.addEventListener('close', () => {
    if (socket !== made) return;
    socket = undefined;
    clearTimeout(silence);
    if (listeners.size === 0) return;
    retry = setTimeout(connect, pause);
    pause = Math.min(LONGEST_PAUSE, pause * 2);
  });
}

/** A page that is left for another often listens again at once. */
function hangUp(): void {
  if (listeners.size > 0) return;
  clearTimeout(retry);
  clearTimeout(silence);
  const leaving = socket;
  socket = undefined;
  if (leaving?.readyState === WebSocket.CONNECTING) leaving.addEventListener('open', () => leaving.close());
  else leaving?.close();
}

/** @returns ends the listening; after the last one the connection is closed */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  if (socket) send({ type: 'subscribe', topics: [listener.topic] });
  else {
    clearTimeout(retry);
    connect();
  }
  return () => {
    listeners.delete(listener);
    const key = topicKey(listener.topic);
    if (![...listeners].some(({ topic }) => topicKey(topic) === key)) {
      send({ type: 'unsubscribe', topics: [listener.topic] });
    }
    if (listeners.size > 0) return;
    clearTimeout(idle);
    idle = setTimeout(hangUp, KEPT_IDLE);
  };
}
