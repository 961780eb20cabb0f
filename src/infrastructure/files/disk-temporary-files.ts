import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import {
  type TemporaryFile,
  TemporaryFiles,
  TemporaryFilesUnavailable,
} from '../../application/attachments/temporary-files.js';
import { Config } from '../../config/config.js';

/**
 * Temporary files on a disk. Each loses its name as soon as it is open, so that the system deletes its bytes when the process closes
 * it or ends: no leftovers have to be searched for after a crash.
 */
@Injectable()
export class DiskTemporaryFiles extends TemporaryFiles {
  private readonly logger = new Logger(DiskTemporaryFiles.name);
  private readonly directory: string;

  constructor({ UPLOAD_DIR }: Config) {
    super();
    this.directory = UPLOAD_DIR ?? tmpdir();
  }

  async create(): Promise<TemporaryFile> {
    const path = join(this.directory, `incidents-upload-${randomUUID()}`);
    return this.orUnavailable(async () => {
      await mkdir(this.directory, { recursive: true });
      const handle = await open(path, 'wx+', 0o600);
      await unlink(path);
      return new DiskFile(handle, (write) => this.orUnavailable(write));
    });
  }

  private async orUnavailable<Result>(use: () => Promise<Result>): Promise<Result> {
    try {
      return await use();
    } catch (error) {
      this.logger.error(`could not write a temporary file in ${this.directory}: ${(error as Error).message}`);
      throw new TemporaryFilesUnavailable({ cause: error });
    }
  }
}

class DiskFile implements TemporaryFile {
  private bytes = 0;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly handle: FileHandle,
    private readonly orUnavailable: (write: () => Promise<void>) => Promise<void>,
  ) {}

  get size(): number {
    return this.bytes;
  }

  append(bytes: Buffer): Promise<void> {
    return this.orUnavailable(async () => {
      let written = 0;
      while (written < bytes.length) {
        const position = this.bytes + written;
        written += (await this.handle.write(bytes, written, bytes.length - written, position)).bytesWritten;
      }
      this.bytes += written;
    });
  }

  async read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(Math.max(Math.min(length, this.bytes - position), 0));
    let read = 0;
    while (read < buffer.length) {
      const { bytesRead } = await this.handle.read(buffer, read, buffer.length - read, position + read);
      if (bytesRead === 0) throw new Error('a temporary file is shorter than what was written to it');
      read += bytesRead;
    }
    return buffer;
  }

  close(): Promise<void> {
    this.closing ??= this.handle.close();
    return this.closing;
  }
}
