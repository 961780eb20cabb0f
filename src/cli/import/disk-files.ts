import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { FileContent } from '../../application/attachments/temporary-files.js';
import type { MediaFolder } from '../../presentation/imports/source.js';

/** A file that is only read. */
export class DiskInput implements FileContent {
  private constructor(
    private readonly handle: FileHandle,
    readonly size: number,
  ) {}

  /** @throws an error of the file system. */
  static async open(path: string): Promise<DiskInput> {
    const handle = await open(path, 'r');
    return new DiskInput(handle, (await handle.stat()).size);
  }

  async read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(Math.max(Math.min(length, this.size - position), 0));
    let read = 0;
    while (read < buffer.length) {
      const { bytesRead } = await this.handle.read(buffer, read, buffer.length - read, position + read);
      if (bytesRead === 0) throw new Error('the file became shorter while it was read');
      read += bytesRead;
    }
    return buffer;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** The files in a folder, and in no other one: neither a path nor a link leads out of it. */
export class DiskMediaFolder implements MediaFolder {
  constructor(private readonly directory: string) {}

  async sizeOf(path: string): Promise<number | undefined> {
    const found = await this.find(path);
    if (found === undefined) return undefined;
    const stats = await lstat(found);
    return stats.isFile() ? stats.size : undefined;
  }

  async open(path: string): Promise<DiskInput> {
    const found = await this.find(path);
    if (found === undefined) throw new Error(`${path} is no longer in the folder of the export`);
    return DiskInput.open(found);
  }

  private async find(path: string): Promise<string | undefined> {
    if (path.includes('\0')) return undefined;
    try {
      const directory = await realpath(this.directory);
      // An export of Windows may have its separators.
      const found = await realpath(resolve(directory, path.replaceAll('\\', '/')));
      return found.startsWith(directory + sep) ? found : undefined;
    } catch (error) {
      if (MISSING.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }
}

const MISSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES']);

/** A file that replaces an earlier one. Only its owner may read it. */
export const openForWriting = (path: string): Promise<FileHandle> =>
  open(path, constants.O_CREAT | constants.O_WRONLY | constants.O_TRUNC, 0o600);
