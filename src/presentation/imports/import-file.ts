import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FileContent } from '../../application/attachments/temporary-files.js';
import type { ImportIdentity } from '../../application/imports/import-repository.js';
import {
  rejectedRow,
  type ImportRow,
  type ImportUpdate,
  type RowFile,
} from '../../application/imports/import-reports.js';
import type { KeyReference } from '../../domain/access/access-key.js';
import { turnPause } from '../../shared/event-loop-turns.js';
import { type ChosenColumns, type ColumnMapping, ignoredColumns, mapColumns } from './column-mapping.js';
import { openCsv } from './csv-source.js';
import { inspect, type Inspection } from './input-file.js';
import { openNdjson } from './ndjson-source.js';
import { type RowDefaults, RowMapper } from './row-mapper.js';
import type { ImportFormat, MediaFolder, Source, SourceRow } from './source.js';
import { openTelegram } from './telegram-source.js';
import { openXlsx } from './xlsx-source.js';

/** How a file is imported. */
export interface ImportSettings {
  readonly format: ImportFormat;
  readonly columns: ChosenColumns;
  readonly defaults: RowDefaults;
  /** Of times without an offset: an IANA name. */
  readonly timeZone: string;
  /** The key of the request that imports the file. */
  readonly accessKey?: KeyReference;
  /** The folder of the files that rows name. */
  readonly media?: MediaFolder;
}

/** As many as are stored together. */
const MAX_ROWS_AHEAD = 200;

/** A connection without progress is taken for idle. */
const ROWS_PER_PROGRESS = 10_000;

const READERS: Readonly<
  Record<ImportFormat, (file: FileContent, inspection: Inspection, media?: MediaFolder) => Promise<Source>>
> = {
  csv: openCsv,
  xlsx: openXlsx,
  ndjson: openNdjson,
  telegram: (file, _, media) => openTelegram(file, media),
};

/** A file whose rows are read as reports: of any size, since it holds one row at a time. */
export class ImportFile implements RowFile {
  private unread: Source | undefined;

  private constructor(
    readonly identity: ImportIdentity,
    readonly source: Source,
    readonly mapping: ColumnMapping,
    private readonly mapper: RowMapper,
    private readonly settings: ImportSettings,
    private readonly read: () => Promise<Source>,
  ) {
    this.unread = source;
  }

  /**
   * Reads a file once to know what it is, and its beginning again to know its columns.
   * @throws UnreadableFile
   */
  static async open(file: FileContent, settings: ImportSettings): Promise<ImportFile> {
    const inspection = await inspect(file);
    const { format, columns, defaults, timeZone, accessKey, media } = settings;
    const read = () => READERS[format](file, inspection, media);
    const source = await read();
    const mapping = mapColumns(source, columns);
    const mapper = new RowMapper(mapping, defaults, { timeZone, accessKey, media });
    return new ImportFile(
      { digest: inspection.digest, settings: canonical(settings) },
      source,
      mapping,
      mapper,
      settings,
      read,
    );
  }

  async *count(): AsyncGenerator<number> {
    let total = 0;
    for await (const _ of this.sourceRows()) if (++total % ROWS_PER_PROGRESS === 0) yield total;
    yield total;
  }

  rows(): AsyncIterable<ImportRow> {
    return Readable.from(this.mappedRows(), { highWaterMark: MAX_ROWS_AHEAD });
  }

  private async *mappedRows(): AsyncGenerator<ImportRow> {
    for await (const row of this.sourceRows()) yield this.mapper.map(row);
  }

  /** Reads all rows as an import does, and stores none. @param signal ends it. */
  async *check(signal: AbortSignal): AsyncGenerator<ImportUpdate> {
    let [position, rejected] = [0, 0];
    const progress = () => ({ position, accepted: position - rejected, rejected, finishedAt: undefined });
    for await (const row of this.rows()) {
      position++;
      if ('rejection' in row) {
        rejected++;
        yield rejectedRow(position, row);
      }
      if (position % ROWS_PER_PROGRESS === 0) yield { type: 'progress', progress: progress() };
      if (signal.aborted) {
        yield { type: 'stopped', progress: progress() };
        return;
      }
    }
    yield { type: 'finished', progress: progress() };
  }

  private async *sourceRows(): AsyncGenerator<SourceRow> {
    const { rows } = this.unread ?? (await this.read());
    this.unread = undefined;
    for await (const row of rows) {
      const pause = turnPause();
      if (pause) await pause;
      yield row;
    }
  }

  /** What is read from where, as sentences. */
  describe(): readonly string[] {
    const { source, status } = this.settings.defaults;
    const defaults = new Map<string, string>([
      ['source', source],
      ['status', status],
      ['urgent', 'false'],
      ['actor', this.settings.defaults.actor],
      ['reported_at', 'the time of the import'],
    ]);
    const ofFields = [...this.mapping].map(([field, column]) => `${field} is read from "${column}".`);
    const ofDefaults = [...defaults].flatMap(([field, value]) =>
      this.mapping.has(field as never) && this.source.isTable
        ? []
        : [`${field} is ${value} where a row has none.`],
    );
    const ignored = ignoredColumns(this.source, this.mapping);
    return [
      ...this.source.assumptions,
      ...(this.source.isTable ? ofFields : []),
      ...ofDefaults,
      ...(ignored.length > 0 ? [`These columns are ignored: ${ignored.join(', ')}.`] : []),
      `Times without an offset are those of ${this.settings.timeZone}.`,
    ];
  }
}

/** The same for the same meaning, and another one otherwise. Who imports the file does not matter. */
function canonical({
  format,
  columns,
  defaults: { source, status },
  timeZone,
  media,
}: ImportSettings): string {
  const chosen = [...columns].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify({
    format,
    columns: chosen,
    source,
    status,
    timeZone,
    media: media !== undefined,
  });
  return createHash('sha256').update(text).digest('base64url');
}
