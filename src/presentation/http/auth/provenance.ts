import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { invisibleCharacterIn } from '../../../shared/visible-name.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import { textLength } from '../../../domain/incident/incident-text.js';
import { HttpProblem, invalidRequest } from '../problems/problems.js';

/** How long the name of an actor may be, in characters. */
export const MAX_ACTOR_LENGTH = 255;

/** The channels that a client can speak for; what comes by the others, the service sees itself. */
export const RELAYED_CHANNELS = ['rest', 'telegram'] as const;

/**
 * Who the request is from: the holder of the key, or whom X-Actor names, percent-encoded as UTF-8 since headers are ASCII.
 * @throws HttpProblem where a header is not fit, or the key is not one that acts for others.
 */
export function provenanceOf(request: Request): Provenance {
  const accessKey = request.accessKey!;
  const { name, canImpersonate } = accessKey;
  const { 'x-actor': actor, 'x-channel': channel } = request.headers;
  if (actor === undefined && channel === undefined) return { actor: name, accessKey, channel: 'rest' };
  if (!canImpersonate) {
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
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext) =>
  provenanceOf(context.switchToHttp().getRequest<Request>()),
);

function actorIn(header: string): string {
  const actor = decoded(header);
  const problem = actor === undefined ? 'must be percent-encoded as UTF-8' : actorProblem(actor);
  if (problem) throw invalid('X-Actor', `X-Actor ${problem}`);
  return actor!;
}

/** What keeps a name from being that of an actor, as the end of a sentence; undefined where it is fit. */
export function actorProblem(name: string): string | undefined {
  if (name.trim() === '' || textLength(name) > MAX_ACTOR_LENGTH)
    return `must be 1 to ${MAX_ACTOR_LENGTH} characters long, and not blank`;
  if (!name.isWellFormed()) return 'must not contain a lone surrogate';
  const character = invisibleCharacterIn(name);
  return character && `must not contain ${character}, which is invisible or changes the direction of text`;
}

/** Undefined where it is not encoded as it should be: Node reads headers as Latin-1, so what is not ASCII here was not. */
function decoded(text: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(text)) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function channelIn(header: string | string[] | undefined): Provenance['channel'] {
  if (header === undefined) return 'rest';
  const channel = RELAYED_CHANNELS.find((known) => known === header);
  if (!channel) throw invalid('X-Channel', `X-Channel must be one of ${RELAYED_CHANNELS.join(', ')}`);
  return channel;
}

function invalid(header: string, detail: string): HttpProblem {
  return invalidRequest([{ in: 'header', pointer: `/${header}`, detail }]);
}
