import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import { type PreboundSeries, PreboundCounter } from './prebound-counter.js';

/** Counts what this process stores of files, and whether their bytes are still what they were. */
@Injectable()
export class AttachmentMetrics {
  private readonly files: PreboundSeries;
  private readonly bytes: PreboundSeries;
  private readonly corrupted: PreboundSeries;
  private readonly objectFailures: PreboundSeries;

  constructor(registry: Registry) {
    const counter = (name: string, help: string) => new PreboundCounter(registry, name, help, []).series({});
    this.files = counter('attachments_stored_total', 'Files that this process has attached to incidents.');
    this.bytes = counter(
      'attachments_stored_bytes_total',
      'Bytes of files that this process has attached to incidents.',
    );
    this.corrupted = counter(
      'attachments_corrupted_total',
      'Reads of files by this process that ended because the stored bytes do not match their digest.',
    );
    this.objectFailures = counter(
      'object_store_failures_total',
      'Requests of this process to the object store that failed.',
    );
  }

  /** Counts a committed attachment. @param bytes its size. */
  stored(bytes: number): void {
    this.files.count++;
    this.bytes.count += bytes;
  }

  corruptionFound(): void {
    this.corrupted.count++;
  }

  objectStoreFailed(): void {
    this.objectFailures.count++;
  }
}
