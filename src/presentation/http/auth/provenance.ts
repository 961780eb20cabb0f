import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ChannelRegistry } from '../../../application/intake/channel-registry.js';
import { invisibleCharacterIn } from '../../../shared/visible-name.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import { textLength } from '../../../domain/incident/incident-text.js';
import { HttpProblem, invalidInput } from '../problems/problems.js';
import { requestOf } from '../server/request-context.js';

/** In Unicode code points. */
export const MAX_ACTOR_LENGTH = 255;

/** The channel of a request that names no other in X-Channel. */
export const API_CHANNEL = 'rest';

/**
 * Reads the provenance of a request: the actor is the name of the key, or X-Actor, which is percent-encoded as UTF-8 since headers
 * are ASCII. A client may name a relayed channel in X-Channel.
 */
@Injectable()
export class ProvenanceReader {
  constructor(private readonly channels: ChannelRegistry) {}

  /** @throws HttpProblem if a header is invalid, or the key may not impersonate. */
  read(request: Request): Provenance {
    const accessKey = request.accessKey!;
    const { name, canImpersonate } = accessKey;
    const { 'x-actor': actor, 'x-channel': channel } = request.headers;
    if (actor === undefined && channel === undefined) return { actor: name, accessKey, channel: API_CHANNEL };
    if (!canImpersonate) {
      const detail = `X-Actor and X-Channel are for keys that may impersonate; the key ${name} may not.`;
      throw new HttpProblem('request.forbidden', detail);
    }
    return {
      actor: actor === undefined ? name : actorIn(String(actor)),
      accessKey,
      channel: channelIn(channel, [API_CHANNEL, ...this.channels.relayed]),
    };
  }
}

/** The provenance of the request. The reader comes with the request, since a pipe, which could inject it, takes Nest four promises. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = requestOf(context);
  return request.provenanceReader!.read(request);
});

function actorIn(header: string): string {
  const actor = decode(header);
  const error = actor === undefined ? 'must be percent-encoded as UTF-8' : actorError(actor);
  if (error) throw invalidInput('header', 'X-Actor', `X-Actor ${error}`);
  return actor!;
}

/** Why the name of an actor is invalid, as the predicate of a sentence; undefined if it is valid. */
export function actorError(name: string): string | undefined {
  if (name.trim() === '' || textLength(name) > MAX_ACTOR_LENGTH)
    return `must be 1 to ${MAX_ACTOR_LENGTH} characters long, and not blank`;
  if (!name.isWellFormed()) return 'must not contain a lone surrogate';
  const character = invisibleCharacterIn(name);
  return character && `must not contain ${character}, which is invisible or changes the direction of text`;
}

/** Undefined if it is not percent-encoded: Node decodes headers as Latin-1, so other characters than ASCII were not. */
function decode(text: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(text)) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function channelIn(header: string | string[] | undefined, allowed: readonly string[]): Provenance['channel'] {
  if (header === undefined) return API_CHANNEL;
  const channel = allowed.find((name) => name === header);
  if (channel) return channel;
  throw invalidInput('header', 'X-Channel', `X-Channel must be one of ${allowed.join(', ')}`);
}
