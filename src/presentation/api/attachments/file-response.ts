import { create as contentDisposition } from 'content-disposition';
import type { Request, Response } from 'express';
import type { ByteRange } from '../../../application/attachments/attachment-repository.js';
import { isInline } from '../../../domain/attachments/content-types.js';
import { includesTag, satisfiesIfMatch } from '../../http/headers/etag.js';
import { HttpProblem } from '../../http/problems/problems.js';

/**
 * A browser that opens a file as a page runs nothing of it, whatever its bytes are: even what passes for an image may be a document as
 * well.
 */
const FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** A file to answer with. */
export interface ServedFile {
  readonly name: string;
  readonly contentType: string;
  /** In bytes. */
  readonly size: number;
  /** Strong: equal tags are equal bytes. */
  readonly etag: string;
}

/** What the preconditions of a request ask for. */
interface Answer {
  readonly status: 200 | 206 | 304;
  readonly range: ByteRange;
}

/**
 * Which part of a file a request asks for, by its preconditions and its range.
 * @throws HttpProblem if a precondition fails, or no part of the file is in Range.
 */
export function answerOf(request: Request, file: ServedFile): Answer {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
  if (!satisfiesIfMatch(ifMatch, file.etag)) {
    throw new HttpProblem('request.precondition-failed', 'The file has another entity tag.');
  }
  if (includesTag(ifNoneMatch, file.etag)) return { status: 304, range: { start: 0, end: 0 } };
  const range = rangeOf(request, file);
  return range ? { status: 206, range } : { status: 200, range: { start: 0, end: file.size } };
}

/** Sets the headers and the status of an answer with a file. Call it only when its first bytes are there. */
export function beginFileAnswer(response: Response, file: ServedFile, { status, range }: Answer): void {
  response.status(status).setHeader('ETag', file.etag);
  response.set({
    'Accept-Ranges': 'bytes',
    'Content-Disposition': contentDisposition(file.name, {
      type: isInline(file.contentType) ? 'inline' : 'attachment',
    }),
    'Content-Security-Policy': FILE_POLICY,
    'X-Content-Type-Options': 'nosniff',
    // The console shows images and plays audio; no other site does.
    'Cross-Origin-Resource-Policy': 'same-origin',
  });
  if (status === 304) return;
  if (status === 206) {
    response.setHeader('Content-Range', `bytes ${range.start}-${range.end - 1}/${file.size}`);
  }
  response.setHeader('Content-Type', file.contentType);
  response.setHeader('Content-Length', range.end - range.start);
}

/**
 * The single range that a request asks for; undefined for the whole file: without Range, with several ranges or an invalid one, which
 * may be ignored (RFC 9110, 14.2), with another method than GET, or if the client has a part of another file (If-Range).
 */
function rangeOf(request: Request, { size, etag }: ServedFile): ByteRange | undefined {
  const { 'if-range': ifRange } = request.headers;
  if (request.method !== 'GET' || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const ranges = request.range(size);
  if (ranges === -1) {
    const headers = { 'Content-Range': `bytes */${size}` };
    throw new HttpProblem('request.range-not-satisfiable', `The file is ${size} bytes long.`, {}, headers);
  }
  if (!Array.isArray(ranges) || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  const { start, end } = ranges[0]!;
  return { start, end: end + 1 };
}
