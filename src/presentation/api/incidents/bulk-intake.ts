import { Readable } from 'node:stream';
import { Injectable, StreamableFile } from '@nestjs/common';
import type { Request } from 'express';
import { IntakeMetrics } from '../../../application/intake/intake-metrics.js';
import { RateLimiter } from '../../../application/access/rate-limits.js';
import { ReportIncident } from '../../../application/incident/report-incident.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import type { Workload } from '../../../domain/access/workload.js';
import { orderedConcurrency } from '../../http/body/ordered-concurrency.js';
import { hasIdempotencyKey, REPORT, scopeOf } from '../../http/headers/idempotency-key.js';
import { ReportLineDto } from './incidents.dto.js';
import { digestOf, isPlainJson, MAX_BODY, unsupported } from '../../http/body/json-body.js';
import { parseJson } from '../../http/body/parse-json.js';
import { LineLimit } from '../../http/body/line-limit.js';
import { type Line, splitLines } from '../../http/body/split-lines.js';
import { HttpProblem, invalidRequest, PROBLEMS } from '../../http/problems/problems.js';
import { toProblem } from '../../http/problems/problem.filter.js';
import { StreamWindows } from '../../http/body/stream-windows.js';
import { StrictPipe } from '../../http/validation/strict.pipe.js';

export const NDJSON = 'application/x-ndjson';

/** How long a stream may be silent, in milliseconds. */
const SILENCE = 30_000;

/** What the lines of a stream have in common. */
interface Stream {
  readonly author: Provenance;
  /** Where the idempotency keys of its lines count. */
  readonly scope: string;
  readonly workload: Workload;
  /** Rejects for a line that must not be accepted, whatever it says. */
  readonly admit: () => Promise<void>;
}

/**
 * Reports by the stream: a line in, a line out, in the same order. Each answer follows the commit of its line, so a
 * connection that is cut loses nothing that was answered; a bad line is answered, and stops no other. A blank line counts
 * as a line, and has no answer.
 *
 * Lines wait for the capacity that single requests leave; whoever sends them is held up, and not refused.
 */
@Injectable()
export class BulkIntake {
  private readonly pipe = new StrictPipe('body');
  private readonly windows = new StreamWindows();

  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly limits: RateLimiter,
    private readonly intakeMetrics: IntakeMetrics,
  ) {}

  /** Whether the request is such a stream. */
  accepts(request: Request): boolean {
    return !isPlainJson(request) && Boolean(request.is(NDJSON));
  }

  /** The answers as a stream, which takes lines from the request as fast as its own lines are taken. */
  answer(request: Request, author: Provenance): StreamableFile {
    this.requireFit(request, author);
    request.setTimeout(SILENCE, () => request.destroy());
    const { principal } = request.accessKey!;
    const workload = { principal, isBulk: true };
    const stream = { author, scope: scopeOf(request, REPORT), workload, admit: this.admissionOf(request) };
    const window = this.windows.open(principal);
    let number = 0;
    const lines = orderedConcurrency(
      splitLines(request as AsyncIterable<Buffer>, MAX_BODY),
      (line) => this.answerLine(++number, line, stream),
      (line) => ('bytes' in line ? line.bytes.length : 0),
      window,
    );
    const answers = Readable.from(lines, { objectMode: true, highWaterMark: 1 });
    answers.once('close', () => window.close());
    return new StreamableFile(answers, { type: NDJSON });
  }

  /** Of a stream that is not begun nobody knows how many lines it has: it has one account. */
  private requireFit(request: Request, { channel }: Provenance): void {
    const unfit = unfitnessOf(request);
    if (!unfit) return;
    this.intakeMetrics.received(channel);
    this.intakeMetrics.settled(channel, 'rejected');
    throw unfit;
  }

  /** What is asked of each line before it is read: a stream may last longer than its key, and each line is a request. */
  private admissionOf(request: Request): () => Promise<void> {
    const limit = this.limits.limitsRequests ? new LineLimit(this.limits, request.accessKey!) : undefined;
    return async () => {
      await request.requireKeyAgain!(request);
      await limit?.count();
    };
  }

  private async answerLine(
    number: number,
    line: Line,
    { author, scope, workload, admit }: Stream,
  ): Promise<string> {
    if ('bytes' in line && isBlank(line.bytes)) return '';
    try {
      const { incident, isReplay } = await this.intakeMetrics.counted(author.channel, async () => {
        await admit();
        const { dedup_key: dedupKey, idempotency_key: key, ...report } = await this.read(line);
        // A line that was too long has not come as far as this.
        const bytes = (line as { bytes: Buffer }).bytes;
        const idempotency = key === undefined ? undefined : { scope, key, fingerprint: digestOf(bytes) };
        return this.reportIncident.execute({ ...report, dedupKey, ...author, idempotency, workload });
      });
      const status = incident.isUnchanged ? 201 : 200;
      return `{"line":${number},"id":${incident.id},"status":${status}${isReplay ? ',"replayed":true' : ''}}\n`;
    } catch (error) {
      const { code, detail, facts } = toProblem(error);
      return `${JSON.stringify({ line: number, status: PROBLEMS[code].status, code, detail, ...facts })}\n`;
    }
  }

  private async read(line: Line): Promise<ReportLineDto> {
    if ('tooLong' in line)
      throw new HttpProblem('request.body-too-large', `The line is over ${MAX_BODY} bytes long.`);
    return (await this.pipe.transform(parseJson(line.bytes, 'line'), {
      type: 'body',
      metatype: ReportLineDto,
    })) as ReportLineDto;
  }
}

/** Nothing but white space of JSON (RFC 8259, 2): such a line separates others, and is no report. */
function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function unfitnessOf(request: Request): HttpProblem | undefined {
  const { 'content-encoding': encoding = 'identity' } = request.headers;
  if (encoding !== 'identity') return unsupported(request, `${NDJSON}, not packed`);
  return hasIdempotencyKey(request) ? keyOfStream() : undefined;
}

/** One key for all lines would say nothing of those that a cut connection left behind. */
function keyOfStream(): HttpProblem {
  const detail = 'a stream has no Idempotency-Key: its lines have, as idempotency_key';
  return invalidRequest([{ in: 'header', pointer: '/Idempotency-Key', detail }]);
}
