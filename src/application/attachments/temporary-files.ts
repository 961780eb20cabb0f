import { StoreUnavailable } from '../operations/store-unavailable.js';

/** The disk is full, or no file can be created on it. A retry may succeed. */
export class TemporaryFilesUnavailable extends StoreUnavailable {}

/** Bytes that are somewhere else than in memory. */
export interface FileContent {
  /** In bytes. */
  readonly size: number;
  /** The bytes from a position on: as many as this, or fewer at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
}

/** A file that nobody else sees. It is gone once it is closed, or the process has ended, however that ended. */
export interface TemporaryFile extends FileContent {
  /** Appends bytes. @throws TemporaryFilesUnavailable */
  append(bytes: Buffer): Promise<void>;
  /** Deletes the file. Further calls do nothing. */
  close(): Promise<void>;
}

/** Files for what is too large for memory while a request is processed. */
export abstract class TemporaryFiles {
  /** @throws TemporaryFilesUnavailable */
  abstract create(): Promise<TemporaryFile>;
}
