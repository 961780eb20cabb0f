import { Controller, Get, Logger, type OnModuleInit, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Public } from '../http/auth/access-key.guard.js';
import { includesTag } from '../http/headers/etag.js';
import { HttpProblem } from '../http/problems/problems.js';
import { setConsoleHeaders } from '../http/server/security-headers.js';
import { type ConsoleFile, ConsoleFiles } from './console-files.js';

const ONE_YEAR_SECONDS = 31_536_000;

/** The last segment of a path that names a file: it has an extension. */
const FILE = /\.[^/]*$/;

/**
 * Serves the console from memory. Every path that no other route has below its first segment is one of its pages: the page itself reads
 * the path, and asks for the data with a session.
 */
@ApiExcludeController()
@Public()
@Controller()
export class ConsoleController implements OnModuleInit {
  private readonly logger = new Logger('Console');

  constructor(private readonly files: ConsoleFiles) {}

  onModuleInit(): void {
    if (!this.files.page) this.logger.warn('the console is not built, and no page is served: run make build');
  }

  @Get('{*path}')
  serve(@Req() request: Request, @Res() response: Response): void {
    const file = this.fileAt(request.path);
    const form = file.forms.find(({ coding }) => !coding || request.acceptsEncodings(coding))!;
    setConsoleHeaders(response);
    response.setHeader('Vary', 'Accept-Encoding');
    response.setHeader('ETag', form.etag);
    if (file.isImmutable)
      response.setHeader('Cache-Control', `public, max-age=${ONE_YEAR_SECONDS}, immutable`);
    if (includesTag(request.headers['if-none-match'], form.etag)) {
      response.status(304).end();
      return;
    }
    response.setHeader('Content-Type', file.mediaType);
    if (form.coding) response.setHeader('Content-Encoding', form.coding);
    response.setHeader('Content-Length', form.content.length);
    response.end(form.content);
  }

  private fileAt(path: string): ConsoleFile {
    const file = this.files.at(path);
    if (file) return file;
    // A page in place of a missing script would fail where nobody looks for the reason.
    if (FILE.test(path)) throw new HttpProblem('request.route-not-found', `There is nothing at ${path}.`);
    const { page } = this.files;
    if (page) return page;
    throw new HttpProblem('request.route-not-found', 'The console is not built: run make build.');
  }
}
