import { Readable } from 'node:stream';
import { Injectable, StreamableFile } from '@nestjs/common';
import type { Request } from 'express';
import { IntakeMetrics } from '../../../application/intake/intake-metrics.js';
import { RateLimiter } from '../../../application/access/rate-limits.js';
import { ReportIntake } from '../../../application/intake/report-intake.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import type { Workload } from '../../../domain/access/workload.js';
import { digestOf, isPlainJson, MAX_BODY_BYTES } from '../../http/body/json-body.js';
import { LineLimit } from '../../http/body/line-limit.js';
import { orderedConcurrency } from '../../http/body/ordered-concurrency.js';
import { parseJson } from '../../http/body/parse-json.js';
import { readBytes, requireUnencoded } from '../../http/body/raw-body.js';
import { type Chunks, type Line, splitLines } from '../../http/body/split-lines.js';
import { StreamWindows } from '../../http/body/stream-windows.js';
import { REPORT, requireNoIdempotencyKey, scopeOf } from '../../http/headers/idempotency-key.js';
import { toProblem } from '../../http/problems/problem.filter.js';
import { HttpProblem, PROBLEMS } from '../../http/problems/problems.js';
import { validated } from '../../http/validation/strict-validation.js';
import { fieldsOf, ReportLineDto } from '../../intake/report.dto.js';

export const NDJSON = 'application/x-ndjson';

/** A stream is closed after so long without bytes. */
const IDLE_TIMEOUT_MS = 30_000;

/** A longer signed stream is rejected: it is in memory as a whole. */
const MAX_SIGNED_BYTES = 4 * 1024 * 1024;

/** What all lines of a stream have in common. */
interface Stream {
  readonly provenance: Provenance;
  /** The scope of the idempotency keys of its lines. */
  readonly scope: string;
  readonly workload: Workload;
  /** Rejects if no further line may be accepted, whatever its content. */
  readonly admit: () => Promise<void>;
}

/**
 * Receives reports as a stream: each line is one report, and gets one line as its answer, in the same order. Each answer follows
 * the commit of its line, so a broken connection loses nothing that was answered. An invalid line is answered with its error, and
 * stops no other. A blank line is counted, and gets no answer.
 *
 * Lines wait for the capacity that single requests leave: their sender is slowed down, not rejected.
 */
@Injectable()
export class BulkIntake {
  private readonly windows = new StreamWindows();

  constructor(
    private readonly reportIntake: ReportIntake,
    private readonly rateLimiter: RateLimiter,
    private readonly intakeMetrics: IntakeMetrics,
  ) {}

  /** Whether the request is a stream of reports. */
  accepts(request: Request): boolean {
    return !isPlainJson(request) && Boolean(request.is(NDJSON));
  }

  /**
   * The answers as a stream, which reads lines from the request as fast as its own lines are read. A signed stream is read as a whole
   * first: its digest is known to match only at its end.
   * @throws HttpProblem if the stream as a whole is rejected.
   */
  async answer(request: Request, provenance: Provenance): Promise<StreamableFile> {
    const body = await this.bodyOf(request, provenance);
    request.setTimeout(IDLE_TIMEOUT_MS, () => request.destroy());
    const { principal } = request.accessKey!;
    const stream = {
      provenance,
      scope: scopeOf(request, REPORT),
      workload: { principal, isBulk: true },
      admit: this.admissionCheck(request),
    };
    const window = this.windows.open(principal);
    let number = 0;
    const lines = orderedConcurrency(
      splitLines(body, MAX_BODY_BYTES),
      (line) => this.answerLine(++number, line, stream),
      (line) => ('bytes' in line ? line.bytes.length : 0),
      window,
    );
    const answers = Readable.from(lines, { objectMode: true, highWaterMark: 1 });
    answers.once('close', () => window.close());
    return new StreamableFile(answers, { type: NDJSON });
  }

  /** The number of lines of a stream that is rejected as a whole is unknown: it counts as one in the metrics. */
  private async bodyOf(request: Request, { channel }: Provenance): Promise<Chunks> {
    try {
      requireStream(request);
      return request.contentDigest ? [await readBytes(request, MAX_SIGNED_BYTES)] : request;
    } catch (error) {
      this.intakeMetrics.received(channel);
      this.intakeMetrics.processed(channel, 'rejected');
      throw error;
    }
  }

  /** Each line counts as a request, and needs a key that is still valid: a stream may last longer than its key. */
  private admissionCheck(request: Request): () => Promise<void> {
    const limit = this.rateLimiter.limitsRequests
      ? new LineLimit(this.rateLimiter, request.accessKey!)
      : undefined;
    return async () => {
      await request.requireKeyAgain!(request);
      await limit?.count();
    };
  }

  private async answerLine(
    number: number,
    line: Line,
    { provenance, scope, workload, admit }: Stream,
  ): Promise<string> {
    if ('bytes' in line && isBlank(line.bytes)) return '';
    try {
      const { incident, isReplay } = await this.reportIntake.submit(provenance.channel, async () => {
        await admit();
        const bytes = bytesOf(line);
        const report = validated('body', ReportLineDto, parseJson(bytes, 'line'));
        const { idempotency_key: key } = report;
        const idempotency = key === undefined ? undefined : { scope, key, fingerprint: digestOf(bytes) };
        return { ...fieldsOf(report), ...provenance, idempotency, workload };
      });
      const status = incident.isUnchanged ? 201 : 200;
      return `{"line":${number},"id":${incident.id},"status":${status}${isReplay ? ',"replayed":true' : ''}}\n`;
    } catch (error) {
      const { code, message: detail, facts } = toProblem(error);
      return `${JSON.stringify({ line: number, status: PROBLEMS[code].status, code, detail, ...facts })}\n`;
    }
  }
}

function bytesOf(line: Line): Buffer {
  if ('bytes' in line) return line.bytes;
  throw new HttpProblem('request.body-too-large', `The line must be at most ${MAX_BODY_BYTES} bytes long.`);
}

/** Only white space of JSON (RFC 8259, 2): such a line is no report. */
function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** @throws HttpProblem if the stream is encoded, or has a key: one key could not tell which lines a broken connection left. */
function requireStream(request: Request): void {
  requireUnencoded(request);
  requireNoIdempotencyKey(request, 'each line has its own idempotency_key');
}
