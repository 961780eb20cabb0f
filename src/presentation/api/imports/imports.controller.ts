import { finished, Readable } from 'node:stream';
import { Controller, HttpCode, Post, Req, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { type TemporaryFile, TemporaryFiles } from '../../../application/attachments/temporary-files.js';
import { ImportReports } from '../../../application/imports/import-reports.js';
import { Needs } from '../../http/auth/access-key.guard.js';
import { discard, requireUnencoded, tooLarge } from '../../http/body/raw-body.js';
import { requireNoIdempotencyKey } from '../../http/headers/idempotency-key.js';
import { COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { toProblem } from '../../http/problems/problem.filter.js';
import { HttpProblem } from '../../http/problems/problems.js';
import { Draining } from '../../http/server/draining.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';
import { parseColumns } from '../../imports/column-mapping.js';
import { ImportFile } from '../../imports/import-file.js';
import { NDJSON } from '../incidents/bulk-intake.js';
import { DescribeImport } from './imports.documentation.js';
import { ImportLineResponse, ImportQuery } from './imports.dto.js';

const MAX_FILE_BYTES = 4 * 1024 ** 3;

/** A client that sends or reads nothing for so long is disconnected. */
const IDLE_TIMEOUT_MS = 30_000;

/** The number of imports of a process at once: each has a file on the disk. They store their batches in turn. */
const MAX_IMPORTS = 8;

/** `/api/v1/imports` */
@ApiTags('Imports')
@Problems(...COMMON_PROBLEMS)
@Controller('api/v1/imports')
export class ImportsController {
  private running = 0;

  constructor(
    private readonly importReports: ImportReports,
    private readonly temporaryFiles: TemporaryFiles,
    private readonly draining: Draining,
  ) {}

  /**
   * The file is on the disk before its first row is stored: only the digest of the whole says whether it was imported before, and only
   * the whole shows its encoding.
   */
  @Post()
  @HttpCode(200)
  @Needs('change')
  @DescribeImport()
  async importFile(@StrictQuery() query: ImportQuery, @Req() request: Request): Promise<StreamableFile> {
    requireAcceptable(request);
    if (this.running >= MAX_IMPORTS)
      throw new HttpProblem('store.unavailable', 'Too many imports are running; try again later.');
    this.running++;
    const file = await this.receive(request).catch((error: unknown) => {
      this.running--;
      throw error;
    });
    const close = async () => {
      this.running--;
      await file.close();
    };
    try {
      const { format, columns, source, status, time_zone: timeZone } = query;
      const accessKey = request.accessKey!;
      const imported = await ImportFile.open(file, {
        format,
        columns: (columns === undefined ? undefined : parseColumns(columns)) ?? new Map(),
        defaults: { source, status, actor: accessKey.name },
        timeZone,
        accessKey,
      });
      request.waitsSince = performance.now();
      const lines = Readable.from(this.linesOf(imported, query, request), {
        objectMode: true,
        highWaterMark: 1,
      });
      lines.once('close', () => void close());
      // Also a client that has closed the connection meanwhile.
      finished(request.res!, () => lines.destroy());
      return new StreamableFile(lines, { type: NDJSON });
    } catch (error) {
      await close();
      throw error;
    }
  }

  private async *linesOf(file: ImportFile, query: ImportQuery, request: Request): AsyncGenerator<string> {
    const closed = new AbortController();
    request.res!.once('close', () => closed.abort());
    const signal = AbortSignal.any([this.draining.signal, closed.signal]);
    const { principal } = request.accessKey!;
    const admit = () => request.requireKeyAgain!(request);
    try {
      yield lineOf({ type: 'started', mapping: file.describe() });
      const updates = query.dry_run
        ? file.check(signal)
        : this.importReports.execute(file, { principal, signal, admit });
      for await (const update of updates) yield lineOf(ImportLineResponse.from(update));
    } catch (error) {
      const { code, message: detail } = toProblem(error, request.requestId);
      yield lineOf({ type: 'failed', code, detail });
    }
  }

  /** @throws HttpProblem if the body is too large or broken off, or not the one that was signed. */
  private async receive(request: Request): Promise<TemporaryFile> {
    const file = await this.temporaryFiles.create();
    try {
      request.setTimeout(IDLE_TIMEOUT_MS, () => request.destroy());
      for await (const chunk of chunksOf(request)) {
        if (file.size + chunk.length > MAX_FILE_BYTES) throw tooLarge(MAX_FILE_BYTES);
        request.contentDigest?.update(chunk);
        await file.append(chunk);
      }
      request.contentDigest?.requireMatch();
      await request.requireKeyAgain?.(request);
      return file;
    } catch (error) {
      await file.close();
      if (!request.destroyed) discard(request);
      throw error;
    }
  }
}

/** The request stays open for its answer, whatever happens to the loop. */
async function* chunksOf(request: Request): AsyncGenerator<Buffer> {
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  try {
    yield* chunks;
  } catch {
    throw new HttpProblem('request.malformed-body', 'The connection was closed.');
  }
}

/** @throws HttpProblem if the request must not import, or has a body that cannot be stored as it is. */
function requireAcceptable(request: Request): void {
  const { name, canImpersonate } = request.accessKey!;
  if (!canImpersonate) {
    const detail = `Imports name authors, and are for keys that may impersonate; the key ${name} may not.`;
    throw new HttpProblem('request.forbidden', detail);
  }
  requireNoIdempotencyKey(request, 'the bytes of the file identify an import');
  requireUnencoded(request, MAX_FILE_BYTES);
}

const lineOf = (line: ImportLineResponse): string => `${JSON.stringify(line)}\n`;
