import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ReportIncident } from '../../application/incident/report-incident.js';
import { ChangeByDedupKey } from '../../application/intake/change-by-dedup-key.js';
import { type IntakeOutcome, outcomeOf } from '../../application/intake/intake-metrics.js';
import type { ReceivedMessage } from '../../application/intake/report-intake.js';
import { Clock } from '../../application/operations/clock.js';
import { Quarantine, QuarantineFull } from '../../application/quarantine/quarantine.js';
import type { KeyReference } from '../../domain/access/access-key.js';
import type { Workload } from '../../domain/access/workload.js';
import { textLength } from '../../domain/incident/incident-text.js';
import { digestOf } from '../http/body/json-body.js';
import { invalidInput } from '../http/problems/problems.js';
import { dedupKeyError, MAX_DEDUP_KEY_LENGTH } from '../http/validation/text-fields.js';
import { LongTexts } from './long-texts.js';
import type { ReportText } from './report-text.js';

/** What a message of a machine asks for. Its deduplication keys are the sender's own names of causes. */
export type ChannelAction =
  | {
      readonly kind: 'report';
      readonly text: ReportText;
      /** Undefined if the sender names no cause: each of its reports is another incident. */
      readonly dedupKey: string | undefined;
      readonly urgent?: boolean;
      /** The sender's own id of the message, with which it takes effect once; by default, bytes sent again count again. */
      readonly messageId?: string;
    }
  | {
      readonly kind: 'change';
      readonly dedupKey: string;
      readonly to?: 'IN_PROGRESS' | 'RESOLVED';
      /** Who takes the incident. */
      readonly taker?: string;
      /** A note. */
      readonly text?: ReportText;
    }
  /** It is about no incident: it is stored for reference. */
  | { readonly kind: 'archive'; readonly reason: string };

/** Who asks, and for what it is counted. */
export interface ActionContext {
  /** The key of the request, or that of the operator who retries. */
  readonly accessKey: KeyReference;
  /** Of the sender. */
  readonly principal: string;
  readonly workload: Workload;
  /** Of idempotency keys. */
  readonly scope: string;
}

/** Performs what messages ask for. An incident is changed only by the channel and the access key that have created it. */
@Injectable()
export class ChannelActions {
  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly changeByDedupKey: ChangeByDedupKey,
    private readonly longTexts: LongTexts,
    private readonly quarantine: Quarantine,
    private readonly clock: Clock,
  ) {}

  /**
   * Performs an action once for each idempotency key. A change of an unknown incident has no effect.
   * @throws InvalidText, HttpProblem or another rejection, for which the message is quarantined.
   */
  async perform(
    action: ChannelAction,
    message: ReceivedMessage,
    key: string,
    { accessKey, principal, workload, scope }: ActionContext,
  ): Promise<IntakeOutcome> {
    const { channel, payload } = message;
    if (action.kind === 'archive') {
      const id = await this.quarantine.archive({ ...message, reason: action.reason, at: this.clock.now() });
      // The message is nowhere else.
      if (id === undefined) throw new QuarantineFull(channel);
      return 'archived';
    }
    const { dedupKey = generatedDedupKey(key), text } = action;
    const command = {
      actor: channel,
      accessKey,
      channel,
      dedupKey: scopedDedupKey(principal, dedupKey),
      workload,
    };
    const description = text && (await this.longTexts.descriptionOf(text, () => message));
    const fingerprint = digestOf(payload);
    if (action.kind === 'change') {
      const { to, taker } = action;
      const idempotency = { scope, key, fingerprint };
      await this.changeByDedupKey.execute({ ...command, to, taker, text: description, idempotency });
      return 'updated';
    }
    const { urgent, messageId } = action;
    // A message that is sent again may be written in another way.
    const idempotency =
      messageId === undefined
        ? { scope, key, fingerprint }
        : {
            scope,
            key: hash('sha256', messageId, 'hex'),
            fingerprint: digestOf(Buffer.from(messageId)),
          };
    const report = { description: description!, source: 'monitoring', urgent } as const;
    return outcomeOf(await this.reportIncident.execute({ ...command, ...report, idempotency }));
  }
}

/** The deduplication key of a report that has none. @param key its idempotency key: an attempt and its retries get the same. */
export function generatedDedupKey(key: string): string {
  return hash('sha256', key, 'hex').slice(0, 32);
}

/**
 * The deduplication key within the channel: two access keys may use the same name for different causes, and neither may resolve
 * the incidents of the other. A name that is too long is replaced by its digest.
 * @throws HttpProblem if it is no valid text.
 */
function scopedDedupKey(principal: string, dedupKey: string): string {
  const scoped = `${principal}/${dedupKey}`;
  const isTooLong = textLength(scoped) > MAX_DEDUP_KEY_LENGTH;
  const fitting = isTooLong ? `${principal}/sha256:${hash('sha256', dedupKey, 'hex')}` : scoped;
  const error = dedupKeyError(fitting);
  if (error) throw invalidInput('body', undefined, `the deduplication key ${error}`);
  return fitting;
}
