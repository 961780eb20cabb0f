import { Readable } from 'node:stream';
import { Injectable, StreamableFile } from '@nestjs/common';
import type { Request } from 'express';
import { IntakeMetrics } from '../../application/ports/intake-metrics.js';
import { ReportIncident } from '../../application/incident/report-incident.js';
import type { Author } from '../../domain/incident/incident-channel.js';
import { inOrder } from './in-order.js';
import { hasIdempotencyKey, REPORT, scopeOf } from './idempotency-header.js';
import { ReportLineDto } from './incidents.dto.js';
import { digestOf, MAX_BODY, unsupported } from './json-body.js';
import { jsonIn } from './json-bytes.js';
import { type Line, linesOf } from './lines.js';
import { HttpProblem, invalidRequest, PROBLEMS } from './problems.js';
import { tell } from './problem.filter.js';
import { StrictPipe } from './strict.pipe.js';

export const NDJSON = 'application/x-ndjson';

/** Enough to fill the batches on their way to the database, and a bound for the memory of one stream. */
const WINDOW = { items: 1_024, bytes: 4 * 1024 * 1024 };

/** How long a stream may be silent, in milliseconds. */
const SILENCE = 30_000;

/**
 * Reports by the stream: a line in, a line out, in the same order. Each answer follows the commit of its line, so a
 * connection that is cut loses nothing that was answered; a bad line is answered, and stops no other.
 */
@Injectable()
export class BulkIntake {
  private readonly pipe = new StrictPipe('body');

  constructor(
    private readonly reportIncident: ReportIncident,
    private readonly intakeMetrics: IntakeMetrics,
  ) {}

  /** Whether the request is such a stream. */
  accepts(request: Request): boolean {
    return Boolean(request.is(NDJSON));
  }

  /** The answers as a stream, which takes lines from the request as fast as its own lines are taken. */
  answer(request: Request, author: Author): StreamableFile {
    this.requireFit(request, author);
    request.setTimeout(SILENCE, () => request.destroy());
    const scope = scopeOf(request, REPORT);
    let number = 0;
    const lines = inOrder(
      linesOf(request as AsyncIterable<Buffer>, MAX_BODY),
      (line) => this.answerLine(++number, line, author, request, scope),
      (line) => ('bytes' in line ? line.bytes.length : 0),
      WINDOW,
    );
    return new StreamableFile(Readable.from(lines, { objectMode: true, highWaterMark: 1 }), { type: NDJSON });
  }

  /** Of a stream that is not begun nobody knows how many lines it has: it has one account. */
  private requireFit(request: Request, { channel }: Author): void {
    const unfit = unfitnessOf(request);
    if (!unfit) return;
    this.intakeMetrics.received(channel);
    this.intakeMetrics.settled(channel, 'refused');
    throw unfit;
  }

  private async answerLine(
    number: number,
    line: Line,
    author: Author,
    request: Request,
    scope: string,
  ): Promise<string> {
    try {
      const { incident, isRepeat } = await this.intakeMetrics.counted(author.channel, async () => {
        // A stream may last longer than its key.
        await request.requireKeyAgain!(request);
        const { dedup_key: dedupKey, idempotency_key: key, ...report } = await this.read(line);
        // A line that was too long has not come as far as this.
        const bytes = (line as { bytes: Buffer }).bytes;
        const idempotency = key === undefined ? undefined : { scope, key, fingerprint: digestOf(bytes) };
        return this.reportIncident.execute({ ...report, dedupKey, ...author, idempotency });
      });
      const status = incident.isUnchanged ? 201 : 200;
      return `{"line":${number},"id":${incident.id},"status":${status}${isRepeat ? ',"replayed":true' : ''}}\n`;
    } catch (error) {
      const { code, detail, facts } = tell(error);
      return `${JSON.stringify({ line: number, status: PROBLEMS[code].status, code, detail, ...facts })}\n`;
    }
  }

  private async read(line: Line): Promise<ReportLineDto> {
    if ('tooLong' in line)
      throw new HttpProblem('request.body-too-large', `The line is over ${MAX_BODY} bytes long.`);
    return (await this.pipe.transform(jsonIn(line.bytes, 'line'), {
      type: 'body',
      metatype: ReportLineDto,
    })) as ReportLineDto;
  }
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
