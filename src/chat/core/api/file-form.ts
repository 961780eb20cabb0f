import { randomUUID } from 'node:crypto';

/** A file on its way to the API. Its bytes are read once, while they are sent, so that little of it is in memory. */
export interface OpenFile {
  readonly name: string;
  /** @throws FileInterrupted, also in the middle. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Ends the reading, wherever it is. */
  close(): void;
}

/** The bytes of a file could not be read to their end. They can be read again. */
export class FileInterrupted extends Error {}

const encoder = new TextEncoder();

/** A form with one file (RFC 7578), as the body of one request. */
export class FileForm {
  private readonly boundary = `incidents-${randomUUID()}`;
  private readFailure: Error | undefined;

  constructor(private readonly file: OpenFile) {}

  get contentType(): string {
    return `multipart/form-data; boundary=${this.boundary}`;
  }

  /** Why the file could not be read; undefined if it could. A form that breaks off has no end, so the API rejects it. */
  get failure(): Error | undefined {
    return this.readFailure;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    const { boundary, file } = this;
    yield encoder.encode(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${quoted(file.name)}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    );
    try {
      yield* file.bytes;
    } catch (error) {
      this.readFailure = error as Error;
      throw error;
    }
    yield encoder.encode(`\r\n--${boundary}--\r\n`);
  }

  close(): void {
    this.file.close();
  }
}

/** As a quoted string of HTTP. Browsers write %22 for a quote, which the API would take literally. */
function quoted(name: string): string {
  return name
    .toWellFormed()
    .replaceAll(/[\r\n]/g, ' ')
    .replaceAll(/["\\]/g, String.raw`\$&`);
}
