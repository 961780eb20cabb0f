import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Author } from '../../domain/incident/incident-channel.js';
import { HttpProblem, invalidRequest } from './problems.js';

/** How long the name of an actor may be, in characters. */
export const MAX_ACTOR_LENGTH = 255;

/** What the name of an actor consists of, for a person. */
export const ACTOR_FORM = `1 to ${MAX_ACTOR_LENGTH} characters without control characters`;

/** The channels that a client can speak for; what comes by the others, the service sees itself. */
export const RELAYED_CHANNELS = ['rest', 'telegram'] as const;

/**
 * Who the request is from: the holder of the key, or whom X-Actor names, percent-encoded as UTF-8 since headers are ASCII.
 * @throws HttpProblem where a header is not fit, or the key is not one that acts for others.
 */
export function authorOf(request: Request): Author {
  const accessKey = request.accessKey!;
  const { name, actsForOthers } = accessKey;
  const { 'x-actor': actor, 'x-channel': channel } = request.headers;
  if (actor === undefined && channel === undefined) return { actor: name, accessKey, channel: 'rest' };
  if (!actsForOthers) {
    const detail = `The key ${name} does not act for others: X-Actor and X-Channel are for keys that do.`;
    throw new HttpProblem('request.forbidden', detail);
  }
  return {
    actor: actor === undefined ? name : actorIn(String(actor)),
    accessKey,
    channel: channelIn(channel),
  };
}

/** Who the request is from. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext) =>
  authorOf(context.switchToHttp().getRequest<Request>()),
);

function actorIn(header: string): string {
  const actor = decoded(header);
  if (!isActor(actor)) throw invalid('X-Actor', `X-Actor must be ${ACTOR_FORM}, percent-encoded as UTF-8`);
  return actor;
}

/** Whether this can be the name of an actor: see `ACTOR_FORM`. */
export function isActor(name: string): boolean {
  const isTooLong = Array.from(name).length > MAX_ACTOR_LENGTH;
  return name.trim() !== '' && !isTooLong && !/\p{Cc}/u.test(name);
}

/** Empty where it is not encoded as it should be: Node reads headers as Latin-1, so what is not ASCII here was not. */
function decoded(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) return '';
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function channelIn(header: string | string[] | undefined): Author['channel'] {
  if (header === undefined) return 'rest';
  const channel = RELAYED_CHANNELS.find((known) => known === header);
  if (!channel) throw invalid('X-Channel', `X-Channel must be one of ${RELAYED_CHANNELS.join(', ')}`);
  return channel;
}

function invalid(header: string, detail: string): HttpProblem {
  return invalidRequest([{ in: 'header', pointer: `/${header}`, detail }]);
}
