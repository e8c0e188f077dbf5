/** Which messages of the stream answer what is listened to. */
import type { z } from 'zod';
import type { serverMessage, Topic } from '../../../src/app/server/stream-messages.js';

export type StreamMessage = z.infer<typeof serverMessage>;

/** Equal topics, equal keys, in whatever order they were written. */
export function topicKey(topic: Topic): string {
  return JSON.stringify(Object.entries(topic).sort());
}

/** True for a message about the topic; messages about the connection itself belong to none. */
export function belongs(message: StreamMessage, topic: Topic): boolean {
  switch (message.type) {
    case 'bars':
      return (
        topic.topic === 'bars' &&
        topic.instrument_id === message.instrument_id &&
        topic.timeframe === message.timeframe
      );
    case 'uptrend_state_change':
      return (
        topic.topic === 'uptrend' &&
        topic.instrument_id === message.instrument_id &&
        topic.timeframe === message.timeframe &&
        topic.profile === message.profile
      );
    case 'regime':
      return topic.topic === 'regime' && topic.model_id === message.model_id;
    case 'job':
      return topic.topic === 'jobs';
    default:
      return false;
  }
}
